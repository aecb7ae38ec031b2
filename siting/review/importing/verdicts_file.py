"""Verdicts as a CSV that people read and `resolve` takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from siting.review.fields import KEY, REVIEWERS
from siting.review.verdicts import Verdict

COLUMNS = (*(name for name in KEY if name not in REVIEWERS), *REVIEWERS, "run_id", "instance_hash")


def write_verdicts(
    verdicts: Sequence[Verdict], path: Path, *, run_id: str, instance_hash: str
) -> None:
    """Write verdicts as CSV, UTF-8 with BOM, machine names and codes.

    It can be imported like a return; what is not in it says nothing.
    """
    rows = [
        {**asdict(verdict), "run_id": run_id, "instance_hash": instance_hash}
        for verdict in verdicts
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    table["decision"] = [None if v.decision is None else v.decision.value for v in verdicts]
    table["commit"] = ["true" if v.commit else "" for v in verdicts]
    for name in ("extra_cost", "delay_years"):
        table[name] = table[name].where(table[name] != 0, None)
    table.to_csv(path, index=False, encoding="utf-8-sig")
