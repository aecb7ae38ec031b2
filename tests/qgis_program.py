"""QGIS of the system, run beside the tests."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PYTHON = Path("/usr/bin/python3")
SCRIPT = Path(__file__).with_name("qgis_review.py")
WHY_NOT = "QGIS is not there (Debian: python3-qgis, qgis-providers)"
WITHIN_S = 600


def has_qgis() -> bool:
    if not PYTHON.exists():
        return False
    asked = [str(PYTHON), "-c", "import qgis.core"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0  # noqa: S603


def command(*arguments: object) -> list[str]:
    return [str(PYTHON), str(SCRIPT), *map(str, arguments)]


def qgis(*arguments: object) -> dict[str, Any]:
    """Run the script and return what it says."""
    done = subprocess.run(  # noqa: S603
        command(*arguments), capture_output=True, text=True, timeout=WITHIN_S, check=False
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def edited(source: object, edits: list[Any]) -> Iterator[dict[str, Any]]:
    """Have QGIS fill in cells and save; it holds the source open until the block ends.

    What it says of the layer then is in the dictionary that is yielded.
    """
    said: dict[str, Any] = {}
    with subprocess.Popen(  # noqa: S603
        command("edit", source, json.dumps(edits)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "saved"
            yield said
            assert process.poll() is None  # it was open all the time
        finally:
            answer, _ = process.communicate("done\n", timeout=WITHIN_S)
    said |= json.loads(answer.splitlines()[-1])
