"""A PostgreSQL with PostGIS of the tests' own: made, started and stopped by them.

From the packages `postgresql` and `postgresql-NN-postgis-3`, whichever version is there.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OWNER, WRITER, READER = "planner", "publisher", "reviewer"
"""Roles: who may everything; who may publish, with a password; who may only review."""

PASSWORD = "päss@w/rd#1"  # noqa: S105
WITHIN_S = 60.0


@dataclass(frozen=True)
class Server:
    port: int

    def url(self, database: str, role: str = OWNER) -> str:
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"


def programs() -> Path | None:
    """Return the folder with `initdb` and `postgres` of a PostgreSQL that has PostGIS."""
    folders = [
        Path(found).parent for name in ("postgres", "initdb") if (found := shutil.which(name))
    ]
    by_version = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0,
        reverse=True,
    )
    for folder in [*by_version, *folders]:
        if not all((folder / name).exists() for name in ("initdb", "postgres", "pg_config")):
            continue
        asked = [folder / "pg_config", "--sharedir"]
        shared = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
        if (Path(shared) / "extension" / "postgis.control").exists():
            return folder
    return None


def _user() -> dict[str, object]:
    """Return as whom the server runs: it refuses to be root."""
    if os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a server on this machine alone until the block ends."""
    base = Path(tempfile.mkdtemp(prefix="siting-postgres-"))
    data, log = base / "data", base / "log"
    who = _user()
    if who:
        shutil.chown(base, "postgres", "postgres")
    started = None
    try:
        subprocess.run(  # noqa: S603
            [folder / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8",
             "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd=base, **who,
        )  # fmt: skip
        rules = (data / "pg_hba.conf").read_text()
        (data / "pg_hba.conf").write_text(f"host all {WRITER} 127.0.0.1/32 scram-sha-256\n{rules}")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = {
            "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": base,
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
            "shared_buffers": "32MB",
        }  # fmt: skip
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with log.open("w") as said:
            started = subprocess.Popen(  # noqa: S603
                [folder / "postgres", "-D", data, *words],
                stdout=said, stderr=said, cwd=base, **who,
            )  # fmt: skip
        _wait(started, port, log)
        yield Server(port)
    finally:
        if started is not None:
            started.send_signal(2)  # fast shutdown: whoever is connected is sent away
            started.wait(timeout=WITHIN_S)
        shutil.rmtree(base, ignore_errors=True)


def _wait(started: subprocess.Popen[bytes], port: int, log: Path) -> None:
    import psycopg

    until = time.monotonic() + WITHIN_S
    while True:
        assert started.poll() is None, log.read_text()
        try:
            psycopg.connect(f"postgresql://{OWNER}@127.0.0.1:{port}/postgres").close()
        except psycopg.OperationalError:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        else:
            return
