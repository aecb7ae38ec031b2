"""The process in which one case is measured: ``python -m siting.bench.worker``.

Reads a case as JSON from its arguments and writes what was measured as the last line of stdout.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from siting.bench.case import Case, Goal, Measured, Part

PARTS = ("startup", "travel", "xicheng", "districts", "covering", "cities")
"""Parts by name, in their order; each is the module of that name in `siting.bench.parts`."""


def part_named(name: str) -> Part:
    """Return a part; its packages are imported only where it runs."""
    part = import_module(f"siting.bench.parts.{name}").PART
    if not isinstance(part, Part):
        raise TypeError(name)
    return part


def case_from(values: dict[str, Any]) -> Case:
    """Return a case from what `dataclasses.asdict` made of it."""
    return Case(**{**values, "goal": Goal(**values["goal"])})


def main(action: str, case_json: str, folder: str) -> None:
    """Prepare or run one case."""
    case = case_from(json.loads(case_json))
    part = part_named(case.part)
    if action == "prepare":
        part.prepare(case, Path(folder))
        return
    measured = part.run(case, Path(folder))
    if not isinstance(measured, Measured):
        raise TypeError(case.part)
    sys.stdout.write(f"\n{json.dumps(asdict(measured))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
