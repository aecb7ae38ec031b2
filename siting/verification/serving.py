"""Recomputed rules on who is served where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from siting.errors import Finding
from siting.instance.instance import NEED_GRID
from siting.verification.conversions import records
from siting.verification.outcome import breach, figure
from siting.verification.recount import OFFER, UNIT, Recount
from siting.verification.ways import LIMIT_TOLERANCE_MIN

_MINUTES_TOLERANCE = 1e-6


def check_need(recount: Recount) -> Iterator[Finding]:
    """Check that parts of every unit of need add up to it, and units follow from the tables."""
    yield from _check_units(recount)
    for year in recount.years:
        rows = recount.rows[recount.rows["year"] == year]
        known = rows["unit"].to_numpy() >= 0
        needed = recount.need(year)
        planned = np.zeros_like(needed)
        np.add.at(planned, rows["unit"].to_numpy()[known], rows["grains"].to_numpy()[known])
        astray = np.flatnonzero(planned != needed)
        units = recount.units[UNIT].iloc[astray].itertuples(index=False, name=None)
        amounts = zip(planned[astray], needed[astray], strict=True)
        wrong = dict(zip(units, amounts, strict=True))
        strange = rows[~known].groupby(UNIT)["grains"].sum()
        wrong |= {unit: (amount, 0) for unit, amount in strange.items() if amount}
        for unit, (served, need) in sorted(wrong.items()):
            words = (
                f"served and unserved parts add up to {_amount(served)}, "
                f"the need is {_amount(need)}"
            )
            yield breach("need", recount.place(*unit, year=year), words)


def check_reach(recount: Recount) -> Iterator[Finding]:
    """Check that everyone served is within the standard, by the minutes that the plan states."""
    rows = recount.served_rows
    rows = rows[rows["service_id"].isin(recount.services)]
    minutes = rows["way_min"].to_numpy(float)
    limit = rows["service_id"].map(recount.ways.limits).to_numpy(float)
    stated = rows["minutes"].to_numpy(float)
    late = ~(minutes <= limit + LIMIT_TOLERANCE_MIN)
    misstated = ~late & ~(np.abs(stated - minutes) <= _MINUTES_TOLERANCE)
    wrong = np.flatnonzero(late | misstated)
    for at, row in zip(wrong, records(rows.iloc[wrong]), strict=True):
        ids = f"{row['demand_id']}/{row['group']}/{row['service_id']} to {row['place_id']}"
        amount = _amount(row["grains"])
        if np.isinf(minutes[at]):
            words = f"{amount} are served, but no way is known"
        elif late[at]:
            words = (
                f"{amount} are served at {figure(minutes[at])} min, "
                f"the standard is {figure(limit[at])} min"
            )
        else:
            words = (
                f"the plan states {figure(stated[at])} min, the way takes {figure(minutes[at])} min"
            )
        yield breach("reach", recount.place(ids, year=row["year"]), words)


def check_capacity(recount: Recount) -> Iterator[Finding]:
    """Check that only open places serve, each up to what of its capacity may be used."""
    for year in recount.years:
        load = recount.served_in(year).groupby(OFFER)["grains"].sum()
        capacity = recount.open_in(year).set_index(OFFER)["capacity"].reindex(load.index)
        over = ~(load.to_numpy() <= capacity.to_numpy())
        for place, served, most in zip(load.index[over], load[over], capacity[over], strict=True):
            if np.isnan(most):
                words = f"{_amount(served)} are served, but the service is not open here"
            else:
                words = f"{_amount(served)} are served, the capacity is {_amount(most)}"
            yield breach("capacity", recount.place(*place, year=year), words)


def _check_units(recount: Recount) -> Iterator[Finding]:
    """Yield where need departs from people times need per person, as published, in any year."""
    counted = recount.units["need"].to_numpy(np.int64)
    yield from _check_rounding(recount, counted, recount.headcount.raw_need(), None)
    if recount.yearly:
        for year in recount.years:
            raw = recount.headcount.raw_need(year)
            yield from _check_rounding(recount, recount.need(year), raw, year)


def _check_rounding(
    recount: Recount,
    counted: NDArray[np.int64],
    raw: Mapping[tuple[str, str], NDArray[np.float64]],
    year: int | None,
) -> Iterator[Finding]:
    """Yield where need is further from what the tables give than one rounding may bring it."""
    ids = np.append(recount.instance.demand["demand_id"].to_numpy(object), "no such point")
    point = recount.demand_positions(recount.units["demand_id"])
    members = recount.units.groupby(["service_id", "group"], sort=True).indices
    totals: dict[str, NDArray[np.float64]] = {}
    for service_id, group in sorted({*members, *raw}):
        of_unit = np.zeros(len(ids))
        rows = members.get((service_id, group), np.empty(0, np.int64))
        np.add.at(of_unit, point[rows], counted[rows])
        given = np.append(raw.get((service_id, group), np.zeros(len(ids) - 1)), 0.0)
        for at in np.flatnonzero(np.abs(of_unit - given) >= 1 + 1e-6):
            words = (
                f"the instance counts a need of {_amount(of_unit[at])}, "
                f"its tables give {_amount(given[at])}"
            )
            yield breach("need", recount.place(ids[at], group, service_id, year=year), words)
        both = np.array([of_unit.sum(), given.sum()])
        totals[service_id] = totals.get(service_id, np.zeros(2)) + both
    for service_id, (sum_counted, sum_given) in sorted(totals.items()):
        # Half a grain of rounding, and what summing floats may add to it.
        if abs(sum_counted - sum_given) > 0.5 + 1e-6 + 1e-12 * sum_given:
            words = (
                f"the instance counts {_amount(sum_counted)} in all, "
                f"its tables give {_amount(sum_given)}"
            )
            yield breach("need", recount.place(service_id, year=year), words)


def _amount(grains: float) -> str:
    return figure(grains / NEED_GRID)
