"""Who decided what, when, why and at what price: a log that is only ever added to.

One line of JSON per entry. Every line holds the SHA-256 of the line before it, so that a line that
was changed, left out or put in later shows.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from siting.errors import Finding, InstanceError
from siting.review.verdicts import Decision, Verdict

LOG_FILE = "review.jsonl"
"""Name of the log in the folder of a run."""

Event = Literal["export", "verdict", "resolve"]

_WAIT_S = 60.0
"""How long another process may keep the log to itself."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the log.

    Attributes
    ----------
    at
        When it was written, UTC; left empty, it is when it is added.
    event
        ``export``: sites were handed out; ``verdict``: one came back; ``resolve``: it was planned
        again.
    run_id, round
        The run that was reviewed, and which round of the review it is.
    file, file_sha256
        What was handed out or came back.
    price_low, price_high
        What was known of the price when the verdict came, in shares of the score; None for nothing.
    outcome
        Of ``resolve``: how it ended, and the run that it made.
    previous
        SHA-256 of the line before; empty for the first.
    """

    event: Event
    run_id: str
    round: int
    verdict: Verdict | None = None
    file: str = ""
    file_sha256: str = ""
    price_low: float | None = None
    price_high: float | None = None
    outcome: dict[str, Any] = field(default_factory=dict)
    at: str = ""
    previous: str = ""


def append(path: Path, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Add entries to a log, all or none, and return them as they were written.

    Only one process at a time adds; a log that does not hold together is not added to.

    Raises
    ------
    InstanceError
        When the chain of the log is broken, or another process keeps it too long.
    """
    with _alone_with(path):
        lines = _lines(path)
        _refuse_broken(path, lines)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        added: list[Entry] = []
        for entry in entries:
            previous = sha256_of(lines[-1]) if lines else ""
            added.append(replace(entry, at=entry.at or at, previous=previous))
            lines.append(_as_line(added[-1]))
        if added:
            _write(path, lines)
    return tuple(added)


def read(path: Path) -> tuple[Entry, ...]:
    """Return the entries of a log; none where there is no log.

    Raises
    ------
    InstanceError
        When the chain is broken, naming the lines.
    """
    lines = _lines(path)
    _refuse_broken(path, lines)
    return tuple(_entry(line) for line in lines)


def examine(path: Path, *, heads: Sequence[str] = ()) -> tuple[tuple[Entry, ...], list[Finding]]:
    """Return the entries that can be read, and what is wrong with the log.

    Parameters
    ----------
    heads
        SHA-256 of lines that the log must hold, as later rounds noted them: a log whose end was
        cut off holds together all the same.
    """
    lines = _lines(path)
    findings = list(_breaks(path, lines))
    known = {sha256_of(line) for line in lines}
    findings += [
        Finding(
            place=path.name,
            row=len(lines),
            value=head[:12],
            rule="a line that a later round knew is missing or was changed",
            remedy=_REMEDY,
        )
        for head in heads
        if head and head not in known
    ]
    return tuple(entry for line in lines if (entry := _readable(line)) is not None), findings


def head_of(path: Path) -> str:
    """Return the SHA-256 of the last line; empty where there is none."""
    lines = _lines(path)
    return sha256_of(lines[-1]) if lines else ""


def verdicts_in(entries: Iterable[Entry]) -> tuple[Verdict, ...]:
    """Return all verdicts in the order in which they came."""
    return tuple(entry.verdict for entry in entries if entry.verdict is not None)


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of a line or a file."""
    return hashlib.sha256(content).hexdigest()


_REMEDY = "restore the file as it was; each later round begins with a copy of it"

_OWN = ("at", "event", "run_id", "round")
_REST = ("file", "file_sha256", "price_low", "price_high", "outcome", "previous")
_OF_VERDICT = tuple(f.name for f in fields(Verdict))


def values_of(entry: Entry) -> dict[str, Any]:
    """Return an entry as plain values, as its line has them."""
    said = asdict(entry)
    verdict = said.pop("verdict") or {}
    return {name: said[name] for name in _OWN} | verdict | {name: said[name] for name in _REST}


def _as_line(entry: Entry) -> bytes:
    return json.dumps(values_of(entry), ensure_ascii=False, allow_nan=False).encode()


def _entry(line: bytes) -> Entry:
    """Return what a line says.

    Raises
    ------
    ValueError, KeyError, TypeError
        When it is no entry.
    """
    values = json.loads(line)
    if values["event"] not in get_args(Event) or not isinstance(values["previous"], str):
        raise ValueError("no entry")
    verdict = None
    if values["event"] == "verdict":
        said = {name: values[name] for name in _OF_VERDICT}
        decision = said["decision"]
        said["decision"] = None if decision is None else Decision(decision)
        verdict = Verdict(**said)
    return Entry(verdict=verdict, **{name: values[name] for name in (*_OWN, *_REST)})


def _readable(line: bytes) -> Entry | None:
    try:
        return _entry(line)
    except (ValueError, KeyError, TypeError):
        return None


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.exists() else []


def _refuse_broken(path: Path, lines: Sequence[bytes]) -> None:
    findings = list(_breaks(path, lines))
    if findings:
        raise InstanceError(str(path), findings)


def _breaks(path: Path, lines: Sequence[bytes]) -> Iterator[Finding]:
    """Yield where a log does not hold together, each with the line at fault."""
    before = ""
    for number, line in enumerate(lines, start=1):
        entry = _readable(line)
        if entry is None:
            yield Finding(place=path.name, row=number, rule="is no entry", remedy=_REMEDY)
        elif entry.previous != before:
            yield Finding(
                place=path.name,
                row=max(1, number - 1),
                column="previous",
                rule=f"is not what line {number} was written after: changed since, or lines "
                "between the two are missing"
                if number > 1
                else "lines before it are missing",
                remedy=_REMEDY,
            )
        before = sha256_of(line)


def _write(path: Path, lines: Sequence[bytes]) -> None:
    """Write a log so that a crash leaves the old or the new."""
    handle, name = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(b"\n".join([*lines, b""]))
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _alone_with(path: Path) -> Iterator[None]:
    """Keep other processes from adding to a log; a process that dies lets go of it.

    An empty SQLite file beside the log serves as the lock: its locks work on every system.
    """
    beside = path.with_name(f".{path.name}.lock")
    with closing(sqlite3.connect(beside, timeout=_WAIT_S, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            finding = Finding(
                place=path.name, rule=f"cannot be written ({error})", remedy="try again later"
            )
            raise InstanceError(str(path), [finding]) from None
        yield
