"""How soon the command line answers."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from siting.bench.case import Case, Goal, Measured, Part, nothing_to_prepare

ROOT = Path(__file__).parents[3]


def cases(quick: bool, data: Path) -> list[Case]:
    """Return the one case."""
    del quick, data
    return [Case(part="startup", instance="run.py --help", limit_s=10, goal=Goal(seconds=0.4))]


def run(case: Case, folder: Path) -> Measured:
    """Start it twice, the first time for the caches of the disk."""
    del case, folder
    seconds = 0.0
    for _ in range(2):
        began = time.monotonic()
        subprocess.run(  # noqa: S603  our own program
            [sys.executable, str(ROOT / "run.py"), "--help"], check=True, stdout=subprocess.DEVNULL
        )
        seconds = time.monotonic() - began
    return Measured(ended="done", proof_s=seconds)


PART = Part(
    title="Start-up",
    about="`python run.py --help`, the second of two in a row.",
    cases=cases,
    prepare=nothing_to_prepare,
    run=run,
)
