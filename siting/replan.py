"""Planning on from where a plan stands: built, locked and dropped sites as a scenario."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from siting.errors import Finding, InstanceError, nearest
from siting.instance.instance import KEEP, Instance
from siting.instance.settings import Budget, Lock, Plan, Scenario
from siting.solution import Solution


def replan(
    instance: Instance,
    solution: Solution,
    year: int,
    *,
    dropped: Collection[str] = (),
    locked: Collection[str] = (),
) -> Scenario:
    """Return the scenario that plans on from the beginning of a year.

    What opened before stands and is paid; facilities closed before stay closed; the rest of the
    years and of the money is planned anew, what a year left being carried over where that is
    allowed. Temporary uses are decided anew. Money of `funds` is not followed through: state
    what is left of it as `fund_amounts`.

    Parameters
    ----------
    instance
        As the plan had it, its scenario applied.
    solution
        A yearly plan of that instance.
    year
        First year of the new plan, within the years of the old one.
    dropped
        Buildings that fell through: nothing opens there any more, unless it is open already.
    locked
        Buildings of the old plan that must open as it says, though not yet built.

    Raises
    ------
    InstanceError
        When the plan is not yearly, the year not one of its later ones, or a building unknown.
    """
    _check(instance, year, [*dropped, *locked])
    chosen = solution.chosen
    built = chosen[(chosen["year"] < year) & (chosen["until"] == instance.years[-1])]
    locks = [_lock(row, "committed") for row in built[built["status"] != "keep"].itertuples()]
    locks += [
        Lock(building_id=b, service_id=s, module_id=KEEP, status="forbidden")
        for b, s in _closed(instance, chosen, year)
    ]
    standing = {lock.building_id for lock in locks if lock.status == "committed"}
    locks += [Lock(building_id=b, status="forbidden") for b in dropped if b not in standing]
    later = chosen[(chosen["year"] >= year) & chosen["building_id"].isin(list(locked))]
    locks += [_lock(row, "required") for row in later.itertuples()]
    last = instance.years[-1]
    budget = _left(instance, solution, year)
    old = Scenario.model_validate(dict(instance.overrides))
    changes = {
        "plan": Plan.model_validate(
            {
                **(old.plan.model_dump(exclude_unset=True) if old.plan else {}),
                "start_year": year,
                "years": last - year + 1,
                "yearly": True,
            }
        ),
        "locks": (*old.locks, *locks),
        "agency_budgets": budget.agencies,
        "zone_budgets": budget.zones,
        "year_budgets": budget.years,
    }
    if budget.total is not None:
        changes["budget"] = budget.total
    return old.model_copy(update=changes)


def _lock(row: tuple[object, ...], status: str) -> Lock:
    """Return a lock on one row of `Solution.chosen`."""
    return Lock.model_validate(
        {
            "building_id": row.building_id,  # type: ignore[attr-defined]
            "service_id": row.service_id,  # type: ignore[attr-defined]
            "module_id": row.module_id,  # type: ignore[attr-defined]
            "status": status,
        }
    )


def _closed(instance: Instance, chosen: pd.DataFrame, year: int) -> list[tuple[str, str]]:
    """Return building and service of the facilities that are no longer kept in a year."""
    kept = chosen[(chosen["status"] == "keep") & (chosen["until"] >= year)]
    here = set(zip(kept["building_id"], kept["service_id"], strict=True))
    changing = instance.facilities[instance.facilities["building_id"].notna()]
    all_of_them = set(zip(changing["building_id"], changing["service_id"], strict=True))
    return sorted(all_of_them - here)


def _left(instance: Instance, solution: Solution, year: int) -> Budget:
    """Return what is left of every budget at the beginning of a year."""
    budget = instance.settings.budget
    chosen, bought = solution.chosen, solution.acquisitions
    own = chosen["works_cost"] + chosen["equipment_cost"]
    begun = (year - chosen["year"]).clip(lower=0)
    term = chosen["until"] - chosen["year"] + 1
    spent = own.where(begun > 0, 0.0) + chosen["rent_cost"] * (begun.clip(upper=term) / term)
    paid = bought[bought["year"] < year]
    decimals = instance.settings.money.decimals
    agency = chosen["service_id"].map(instance.services.set_index("service_id")["agency"])
    charged = (spent + chosen["acquisition_cost"].where(begun > 0, 0.0)).groupby(agency).sum()
    total = float(spent.sum() + paid["acquisition_cost"].sum())

    def rest(limit: float, used: float) -> float:
        return max(0.0, round(limit - used, decimals))

    years = {y: amount if y >= year else 0.0 for y, amount in budget.years.items()}
    if budget.carry_over and year in years:
        before = sum(amount for y, amount in budget.years.items() if y < year)
        years[year] = max(0.0, round(years[year] + before - total, decimals))
    kinds = dict(zip(instance.zones["zone_id"], instance.zones["kind"], strict=True))
    zones = {}
    for zone, limit in budget.zones.items():
        inside = instance.buildings[f"zone_{kinds[zone]}"].eq(zone)
        homes = set(instance.buildings.loc[inside, "building_id"])
        used = spent[chosen["building_id"].isin(homes)].sum()
        used += paid.loc[paid["building_id"].isin(homes), "acquisition_cost"].sum()
        zones[zone] = rest(limit, float(used))
    return budget.model_copy(
        update={
            "total": None if budget.total is None else rest(budget.total, total),
            "agencies": {
                a: rest(limit, float(charged.get(a, 0.0))) for a, limit in budget.agencies.items()
            },
            "zones": zones,
            "years": years,
        }
    )


def _check(instance: Instance, year: int, buildings: list[str]) -> None:
    findings = []
    if not instance.settings.plan.yearly or year not in instance.years[1:]:
        years = ", ".join(str(y) for y in instance.years[1:]) or "none: its plan is one period"
        rule = f"must be a later year of the plan ({years})"
        findings.append(Finding(place="--from", value=str(year), rule=rule))
    known = list(instance.buildings["building_id"])
    findings += [
        Finding(place="building", value=f'"{b}"', rule="no such building", remedy=nearest(b, known))
        for b in buildings
        if b not in known
    ]
    if findings:
        raise InstanceError("planning on", findings)
