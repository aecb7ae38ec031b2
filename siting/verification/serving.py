"""Recomputed rules on who is served where."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from siting.errors import Finding
from siting.instance.instance import NEED_GRID, Instance
from siting.verification.conversions import records
from siting.verification.outcome import breach, figure
from siting.verification.recount import OFFER, STANDARD_TOLERANCE_MIN, UNIT, Recount

_MINUTES_TOLERANCE = 1e-6


def check_need(recount: Recount) -> Iterator[Finding]:
    """Check that parts of every unit of need add up to it, and units follow from the tables."""
    yield from _check_units(recount)
    parts = recount.rows.groupby(UNIT)["grains"].sum()
    need = recount.units.set_index(UNIT)["need"]
    both = pd.concat([parts, need], axis=1, keys=["planned", "needed"]).fillna(0)
    wrong = both[both["planned"] != both["needed"]]
    for unit, planned, needed in zip(wrong.index, wrong["planned"], wrong["needed"], strict=True):
        words = (
            f"served and unserved parts add up to {_amount(planned)}, the need is {_amount(needed)}"
        )
        yield breach("need", "/".join(unit), words)


def check_reach(recount: Recount) -> Iterator[Finding]:
    """Check that everyone served is within the standard, by the minutes that the plan states."""
    rows = recount.served_rows
    rows = rows[rows["service_id"].isin(recount.services)]
    minutes = recount.minutes(rows)
    standards = {s: float(row["standard_min"]) for s, row in recount.services.items()}
    standard = rows["service_id"].map(standards).to_numpy(float)
    stated = rows["minutes"].to_numpy(float)
    late = ~(minutes <= standard + STANDARD_TOLERANCE_MIN)
    misstated = ~late & ~(np.abs(stated - minutes) <= _MINUTES_TOLERANCE)
    wrong = np.flatnonzero(late | misstated)
    for at, row in zip(wrong, records(rows.iloc[wrong]), strict=True):
        place = f"{row['demand_id']}/{row['group']}/{row['service_id']} to {row['place_id']}"
        amount = _amount(row["grains"])
        if np.isinf(minutes[at]):
            words = f"{amount} are served, but no way is known"
        elif late[at]:
            words = (
                f"{amount} are served at {figure(minutes[at])} min, "
                f"the standard is {figure(standard[at])} min"
            )
        else:
            words = (
                f"the plan states {figure(stated[at])} min, the way takes {figure(minutes[at])} min"
            )
        yield breach("reach", place, words)


def check_capacity(recount: Recount) -> Iterator[Finding]:
    """Check that only open places serve, each up to its capacity."""
    load = recount.served_rows.groupby(OFFER)["grains"].sum()
    capacity = recount.open_in_plan.set_index(OFFER)["capacity"]
    both = pd.concat([load, capacity], axis=1, keys=["load", "capacity"]).dropna(subset="load")
    over = both[~(both["load"] <= both["capacity"])]
    for place, served, most in zip(over.index, over["load"], over["capacity"], strict=True):
        if np.isnan(most):
            words = f"{_amount(served)} are served, but the service is not open here"
        else:
            words = f"{_amount(served)} are served, the capacity is {_amount(most)}"
        yield breach("capacity", "/".join(place), words)


def _check_units(recount: Recount) -> Iterator[Finding]:
    """Yield where `Instance.units` departs from people times need per person, as published."""
    raw = _raw_need(recount.instance)
    units = recount.units.set_index(UNIT)["need"]
    both = pd.concat([units, raw], axis=1, keys=["unit", "raw"]).fillna(0.0)
    wrong = both[(both["unit"] - both["raw"]).abs() >= 1 + 1e-6]
    for unit, counted, given in zip(wrong.index, wrong["unit"], wrong["raw"], strict=True):
        words = (
            f"the instance counts a need of {_amount(counted)}, its tables give {_amount(given)}"
        )
        yield breach("need", "/".join(unit), words)
    totals = both.groupby(level="service_id").sum()
    # Half a grain of rounding, and what summing floats may add to it.
    wrong = totals[(totals["unit"] - totals["raw"]).abs() > 0.5 + 1e-6 + 1e-12 * totals["raw"]]
    for service_id, counted, given in zip(wrong.index, wrong["unit"], wrong["raw"], strict=True):
        words = f"the instance counts {_amount(counted)} in all, its tables give {_amount(given)}"
        yield breach("need", str(service_id), words)


def _raw_need(instance: Instance) -> pd.Series:
    """Return the need of every unit before rounding, in 1/`NEED_GRID` unit."""
    columns = [c for c in instance.demand.columns if c.startswith("people_")]
    people = instance.demand.melt("demand_id", columns, var_name="group", value_name="people")
    people["group"] = people["group"].str.removeprefix("people_")
    raw = people.merge(instance.needs[["service_id", "group", "need_per_person"]], on="group")
    raw["need"] = raw["people"].astype(float) * raw["need_per_person"].astype(float)
    published = instance.services.set_index("service_id")["published_need"].astype(float)
    total = raw.groupby("service_id")["need"].sum()
    factor = (published / total.where(total > 0)).fillna(1.0)
    raw["need"] *= raw["service_id"].map(factor) * NEED_GRID
    return raw[raw["need"] > 0].set_index(UNIT)["need"]


def _amount(grains: float) -> str:
    return figure(grains / NEED_GRID)
