"""A result as plain values, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.certificate import CERTIFICATE_FILE, read_certificate
from siting.errors import Finding, InstanceError
from siting.solution import (
    ACQUISITION_COLUMNS,
    CHOSEN_COLUMNS,
    SERVICE_COLUMNS,
    Conflict,
    Limit,
    Provenance,
    Solution,
    Termination,
    Tier,
)

SOLUTION_FILE = "solution.json"
"""What makes a folder a run."""


def result_values(
    solution: Solution, need: Mapping[str, float], *, verified: bool | None, folder: Path | None
) -> dict[str, Any]:
    """Return the result as plain values: the keys of the JSON line, then what a reload needs.

    Parameters
    ----------
    need
        Need of each service in the last year, in its unit.
    verified
        Whether every check passed; None where nothing was checked.
    folder
        The run's folder; None where nothing is stored.
    """
    kept = None
    if solution.has_plan:
        kept = solution.service[solution.service["place_id"] != ""]
        kept = kept[kept["year"] == solution.service["year"].max()]
    served = {} if kept is None else kept.groupby("service_id")["amount"].sum().to_dict()
    return {
        "termination": solution.termination.value,
        "objective": solution.objective,
        "bound": solution.bound,
        "gap": solution.gap,
        "gap_of_gain": solution.gap_of_gain,
        "certified_bound": solution.certified_bound,
        "tiers": [asdict(tier) for tier in solution.tiers],
        "cost": solution.cost.get("total"),
        "served": {
            service: {
                "need": amount,
                "served": round(float(served.get(service, 0.0)), 3) if solution.has_plan else None,
                "share": (
                    float(served.get(service, 0.0)) / amount
                    if solution.has_plan and amount
                    else None
                ),
            }
            for service, amount in need.items()
        },
        "chosen": _records(solution.chosen) if solution.has_plan else None,
        "solution_dir": None if folder is None else str(folder),
        "verified": verified,
        "seconds": round(solution.seconds, 3),
        "certified_gap": solution.certified_gap,
        "limit": None if solution.limit is None else solution.limit.value,
        "today": solution.today,
        "served_today": solution.served_today,
        "costs": solution.cost,
        "acquisitions": _records(solution.acquisitions),
        "overload": _records(solution.overload),
        "given_up": _records(solution.given_up),
        "conflict": None if solution.conflict is None else asdict(solution.conflict),
        "provenance": asdict(solution.provenance),
    }


def write_need(service: pd.DataFrame, path: Path) -> None:
    """Write who is served where, the columns of `SERVICE_COLUMNS`."""
    service[list(SERVICE_COLUMNS)].assign(minutes=service["minutes"].round(6)).to_csv(
        path, index=False, encoding="utf-8-sig", float_format="%.10g"
    )


def load_run(folder: Path) -> tuple[Solution, dict[str, Any]]:
    """Return a stored solution and the values of its `solution.json`.

    Raises
    ------
    InstanceError
        When the folder holds no readable run.
    """
    try:
        values = json.loads((folder / SOLUTION_FILE).read_text(encoding="utf-8"))
        service = pd.DataFrame(columns=SERVICE_COLUMNS)
        if values["objective"] is not None:
            service = pd.read_csv(
                folder / "need.csv",
                dtype=dict.fromkeys(SERVICE_COLUMNS[:4], str),
                encoding="utf-8-sig",
                keep_default_na=False,
                na_values={"minutes": [""]},
            )
        return _solution(folder, values, _dated(service, values, ["year"])), values
    except (OSError, ValueError, KeyError, TypeError) as error:
        finding = Finding(
            place=str(folder),
            rule=f"is no readable run ({type(error).__name__}: {error})",
            remedy="name a folder that `siting solve` wrote, or a run id that `siting runs` lists",
        )
        raise InstanceError("run", [finding]) from error


def _solution(folder: Path, values: dict[str, Any], service: pd.DataFrame) -> Solution:
    conflict, certified = values["conflict"], values["certified_bound"]
    chosen = _dated(pd.DataFrame(values["chosen"] or []), values, CHOSEN_COLUMNS)
    return Solution(
        termination=Termination(values["termination"]),
        limit=None if values["limit"] is None else Limit(values["limit"]),
        objective=values["objective"],
        bound=values["bound"],
        certificate=None
        if certified is None
        else read_certificate(folder / CERTIFICATE_FILE, certified),
        today=values["today"],
        tiers=tuple(Tier(**tier) for tier in values["tiers"]),
        chosen=chosen.reindex(columns=list(CHOSEN_COLUMNS)).astype({"capacity": float}),
        acquisitions=_dated(
            pd.DataFrame(values["acquisitions"]), values, ACQUISITION_COLUMNS
        ).reindex(columns=list(ACQUISITION_COLUMNS)),
        service=service,
        served_today=values["served_today"],
        overload=pd.DataFrame(
            values["overload"], columns=["place_id", "service_id", "capacity", "load"]
        ),
        given_up=pd.DataFrame(
            values["given_up"], columns=["building_id", "service_id", "module_id"]
        ),
        cost=values["costs"],
        conflict=None
        if conflict is None
        else Conflict(
            rows=tuple(conflict["rows"]),
            irreducible=conflict["irreducible"],
            ways_out=tuple(conflict["ways_out"]),
        ),
        provenance=Provenance(**values["provenance"]),
        seconds=values["seconds"],
    )


def _dated(rows: pd.DataFrame, values: dict[str, Any], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows with those columns that runs from before plans by year did not have."""
    label = values["provenance"]["settings"]["plan"]["start_year"] or 1
    usual = {"mode": "", "year": label, "until": label, "private_cost": 0.0}
    missing = {name: usual[name] for name in columns if name in usual and name not in rows}
    return rows.assign(**missing)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.astype(object).where(table.notna(), None)
    return [
        {str(key): plain(value) for key, value in row.items()} for row in rows.to_dict("records")
    ]


def plain(value: Any) -> Any:
    """Return a numpy scalar as a value of Python; other values stay."""
    return value.item() if isinstance(value, np.generic) else value
