"""Whether a plan is well formed: its names, its numbers and what it was made from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.errors import Finding
from siting.instance.instance import KEEP, NEED_GRID
from siting.verification.admission import facts_to_check
from siting.verification.conversions import (
    Conversion,
    allows,
    is_known,
    listed,
    number,
    records,
)
from siting.verification.outcome import breach, figure
from siting.verification.recount import NO_YEAR, Recount

_GRID_TOLERANCE = 1e-3
"""How far from the grid a float may lie, in grid units: float noise, not a rounding."""

_IDS = ["building_id", "service_id", "module_id"]

_CONVERSION = [*_IDS, "mode", "year"]
"""What tells chosen conversions apart."""

_MONEY_COLUMNS = (
    "works_cost",
    "equipment_cost",
    "acquisition_cost",
    "rent_cost",
    "cost",
    "yearly_cost",
    "private_cost",
)


def check_provenance(recount: Recount) -> Iterator[Finding]:
    """Check that the instance is the one that the plan was made from."""
    made_from = recount.solution.provenance.instance_hash
    if made_from != recount.instance.content_hash:
        words = (
            f"the plan was made from content {made_from[:12]}, "
            f"the instance now has {recount.instance.content_hash[:12]}: it has changed since"
        )
        yield breach("provenance", recount.solution.provenance.instance, words)


def check_ids(recount: Recount) -> Iterator[Finding]:
    """Check that everything that the plan names exists, and no conversion is listed twice."""
    yield from _check_conversions(recount)
    yield from _check_rows(recount)


def _check_conversions(recount: Recount) -> Iterator[Finding]:
    chosen = recount.solution.chosen[_CONVERSION].fillna("").astype("str")
    known = {c.position for c in recount.conversions}
    for position, (ids, mode) in enumerate(
        zip(chosen[_IDS].itertuples(index=False, name=None), chosen["mode"], strict=True)
    ):
        if position not in known:
            words = "the instance has no such building, or no such module of the service"
            yield breach("ids", "/".join(ids), words)
        elif ids[2] != KEEP and mode not in recount.catalogue.modes(ids[0]):
            known_modes = [m for m in recount.catalogue.modes(ids[0]) if m]
            words = f'the building cannot be got hold of as "{mode}", but {_either(known_modes)}'
            yield breach("ids", "/".join(ids), words)
    for c in recount.new:
        if c.tenure and not allows(c.tenure["services"], c.service_id):
            words = (
                f"as {c.mode} the building is for {', '.join(listed(c.tenure['services']))} only"
            )
            yield breach("ids", c.name, words)
    counts = chosen.value_counts()
    for ids, count in zip(counts.index, counts, strict=True):
        if count > 1:
            yield breach("ids", "/".join(ids[:3]), f"the conversion is listed {count} times")


def _check_rows(recount: Recount) -> Iterator[Finding]:
    instance, rows = recount.instance, recount.rows
    for column, ids_known in (
        ("demand_id", instance.demand["demand_id"]),
        ("group", pd.Series(instance.groups)),
        ("service_id", instance.services["service_id"]),
        ("place_id", pd.concat([instance.places["place_id"], pd.Series([""])])),
    ):
        which, named = pd.factorize(rows[column], use_na_sentinel=False)
        strange = rows[~pd.Index(named).isin(ids_known)[which]]
        for name, part in strange.groupby(column)["grains"]:
            amount = figure(part.sum() / NEED_GRID)
            words = f"the instance has no such {column}; {len(part)} rows, {amount} in all"
            yield breach("ids", str(name), words)
    for year, part in rows[~rows["year"].isin(recount.years)].groupby("year")["grains"]:
        words = (
            f"the plan has no such year; {len(part)} rows, {figure(part.sum() / NEED_GRID)} in all"
        )
        yield breach("ids", "no year" if year == NO_YEAR else str(year), words)


def check_grid(recount: Recount) -> Iterator[Finding]:
    """Check that amounts are multiples of 0.001 and not negative; money is in its smallest unit."""
    amount = recount.rows["amount"].to_numpy(float)
    off = ~_on_grid(amount, NEED_GRID) | ~(amount >= 0)
    for row in recount.rows[off].itertuples():
        words = f"the amount {row.amount} must be a multiple of 0.001, and not negative"
        yield breach("grid", f"{row.demand_id}/{row.group}/{row.service_id}", words)
    solution = recount.solution
    units = 10**recount.instance.settings.money.decimals
    for table, names, columns in (
        (solution.chosen, ["building_id", "service_id", "module_id"], _MONEY_COLUMNS),
        (
            solution.acquisitions,
            ["building_id"],
            ("acquisition_cost", "allocated", "unallocated"),
        ),
    ):
        for column in columns:
            wrong = table[~_on_grid(table[column].to_numpy(float), units)]
            for part in records(wrong):
                words = f"{column} {part[column]} must be a multiple of {figure(1 / units)}"
                yield breach("grid", "/".join(str(part[name]) for name in names), words)
    for name, value in solution.cost.items():
        if not _on_grid(np.array([value], dtype=float), units).all():
            words = f"{name} {value} must be a multiple of {figure(1 / units)}"
            yield breach("grid", "cost", words)


def check_details(recount: Recount) -> Iterator[Finding]:
    """Check that what the plan repeats about a conversion is what the tables say."""
    for c in recount.conversions:
        row = recount.stated[c.position]
        for column, due in (
            ("floor_area_m2", float(c.module["floor_area_m2"])),
            ("yard_m2", float(c.module["yard_m2"])),
            ("capacity", c.capacity),
        ):
            stated = float("inf") if pd.isna(row[column]) else float(row[column])
            if stated != due and not abs(stated - due) <= 0.5 / NEED_GRID:
                words = f"{column}: the plan states {figure(stated)}, the tables {figure(due)}"
                yield breach("details", c.name, words)
        if row["status"] != c.status:
            words = f"status: the plan states {row['status']}, it is {c.status}"
            yield breach("details", c.name, words)
        stated_facts = "" if pd.isna(row["to_check"]) else str(row["to_check"])
        missing = facts_to_check(recount, c) - {f.strip() for f in stated_facts.split(";")}
        if missing:
            words = f"to_check lacks {len(missing)} unknown facts: {', '.join(sorted(missing))}"
            yield breach("details", c.name, words)
        yield from _check_times(recount, c)


def _check_times(recount: Recount, c: Conversion) -> Iterator[Finding]:
    """Yield where a conversion is not open in years of the plan, or not as long as it must be."""
    first, last = recount.years[0], recount.last_year
    if not first <= c.year <= c.until <= last:
        words = f"open from {c.year} to {c.until}, the plan is from {first} to {last}"
        yield breach("details", c.name, words)
        return
    if c.status == "keep":
        if c.year != first:
            yield breach("details", c.name, f"kept from {c.year}, what is kept is so from {first}")
        if c.mode:
            yield breach("details", c.name, f"kept as {c.mode}, what is kept has no mode")
        return
    due = last
    if c.status == "new" and recount.yearly and c.tenure and is_known(c.tenure["years"]):
        due = min(last, c.year + int(number(c.tenure["years"])) - 1)
    if c.until != due:
        as_mode = f"as {c.mode} " if c.mode else ""
        words = f"open until {c.until}, opened {as_mode}in {c.year} it is so until {due}"
        yield breach("details", c.name, words)
    if c.status == "committed":
        mode = recount.catalogue.modes(c.building_id)[0]
        if c.mode != mode:
            yield breach("details", c.name, f'mode: the plan states "{c.mode}", it is "{mode}"')


def _either(modes: list[str]) -> str:
    """Return ways to get hold of a building in words."""
    return f"as {' or '.join(modes)}" if modes else "as it is"


def _on_grid(values: NDArray[np.float64], units: int) -> NDArray[np.bool_]:
    scaled = values * units
    finite = np.where(np.isfinite(scaled), scaled, 0.5)
    off: NDArray[np.float64] = np.abs(finite - np.rint(finite))
    return off <= _GRID_TOLERANCE
