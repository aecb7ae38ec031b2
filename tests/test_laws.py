"""What must hold for every town, whatever its optimum: laws between two solves of random towns."""

from __future__ import annotations

from random import Random

import pandas as pd
import pytest
from hypothesis import assume, given
from test_brute_force import examples, seeds
from towns import random_town

from siting.instance.instance import KEEP, Instance
from siting.plan import Options, solve
from siting.solution import Solution, Termination

IDS = ("demand_id", "service_id", "module_id", "building_id", "facility_id", "zone_id")
ALIASES = {"origin_id": "demand_id", "destination_id": "place_id", "zone_part": "zone_id"}
MONEY = ("works_cost", "equipment_cost", "yearly_cost", "acquisition_cost")
MONEY_PER_M2 = ("yearly_rent_per_m2", "extra_works_per_m2")


def answer(instance: Instance) -> Solution:
    plan = solve(instance, Options(gap=0.0))
    assert plan.verification.passed, [str(f) for f in plan.verification.findings]
    return plan.solution


def never_worse(before: Instance, after: Instance) -> None:
    """The best of tier 1 may not fall, nor a plan be lost; tier 2 may give up what it is told."""
    old, new = answer(before), answer(after)
    if old.termination is Termination.INFEASIBLE:
        return
    assert new.termination is not Termination.INFEASIBLE
    assert new.tiers[0].bound >= old.tiers[0].bound - 1e-9


def the_same(before: Instance, after: Instance, *, money: int = 1) -> None:
    """Values agree; of two plans that are equally good either may be chosen."""
    old, new = answer(before), answer(after)
    if old.termination is Termination.INFEASIBLE:
        assert new.termination is Termination.INFEASIBLE
        return
    assert new.tiers[0].bound == pytest.approx(old.tiers[0].bound, abs=1e-9)
    assert new.tiers[1].value == pytest.approx(old.tiers[1].value * money, abs=1e-6)
    assert new.today == pytest.approx(old.today, abs=1e-12)


def with_settings(instance: Instance, **changes: object) -> Instance:
    return instance.replace(settings=instance.settings.model_copy(update=changes))


def more_money_never_hurts(seed: int) -> None:
    instance = random_town(seed)
    budget = instance.settings.budget
    more = {
        "total": None if budget.total is None else budget.total + 15,
        "yearly_cost": None if budget.yearly_cost is None else budget.yearly_cost + 1,
        "agencies": {agency: limit + 15 for agency, limit in budget.agencies.items()},
    }
    never_worse(instance, with_settings(instance, budget=budget.model_copy(update=more)))


def one_more_candidate_never_hurts(seed: int) -> None:
    """The last building is taken out, unless a lock or a facility speaks of it."""
    instance = random_town(seed)
    last = instance.buildings["building_id"].iloc[-1]
    assume(last not in {*instance.locks["building_id"], *instance.facilities["building_id"]})
    travel = instance.travel[instance.travel["destination_id"] != last]
    fewer = instance.replace(
        buildings=instance.buildings.iloc[:-1], travel=travel.reset_index(drop=True)
    )
    never_worse(fewer, instance)


def more_capacity_never_hurts(seed: int) -> None:
    instance = random_town(seed)
    larger = {
        name: table.assign(capacity=table["capacity"].astype(float) + 5)
        for name, table in instance.tables.items()
        if name in {"modules", "facilities"} and len(table)
    }
    caps = instance.services.assign(people_cap=instance.services["people_cap"].astype(float) + 5)
    never_worse(instance, instance.replace(services=caps, **larger))


def order_and_names_change_nothing(seed: int) -> None:
    """Rows are shuffled, and every id becomes one that sorts the other way round."""
    instance = random_town(seed)
    rng = Random(seed)  # noqa: S311
    shuffled = {}
    for name, table in instance.tables.items():
        order = rng.sample(range(len(table)), len(table))
        shuffled[name] = table.iloc[order].reset_index(drop=True)
    mixed = instance.replace(**shuffled)
    assert mixed.content_hash == instance.content_hash
    minima = tuple(
        m.model_copy(
            update={
                "service_id": new_id("service_id", m.service_id),
                "zones": tuple(new_id("zone_id", zone) for zone in m.zones),
            }
        )
        for m in instance.settings.minimum_per_zone
    )
    other = mixed.replace(**{name: renamed(table) for name, table in shuffled.items()})
    the_same(instance, with_settings(other, minimum_per_zone=minima))


def renamed(table: pd.DataFrame) -> pd.DataFrame:
    changes = {}
    for column in table.columns:
        kind = ALIASES.get(column, column)
        if kind in IDS or column in ALIASES:
            changes[column] = pd.Series([new_id(kind, v) for v in table[column]], dtype=object)
    return table.assign(**changes)


def new_id(kind: str, old: object) -> object:
    """Return a name whose letters run backwards; buildings and facilities share their names."""
    if not isinstance(old, str) or old == KEEP:
        return old
    places = {"building_id", "facility_id", "place_id"}
    stem = "place" if kind in places else kind.removesuffix("_id")
    return f"{stem} {''.join(chr(ord('z') - ord(letter) % 26) for letter in old)} {old}"


def the_unit_of_money_changes_nothing(seed: int) -> None:
    """Amounts ten times as large in a unit of a tenth, counted with one decimal less."""
    instance = random_town(seed)
    tables = {
        name: table.assign(
            **{c: table[c].astype(float) * 10 for c in (*MONEY, *MONEY_PER_M2) if c in table}
        )
        for name, table in instance.tables.items()
    }
    settings = instance.settings
    budget, goals = settings.budget, settings.objective
    scaled = {
        "money": settings.money.model_copy(update={"decimals": settings.money.decimals - 1}),
        "budget": budget.model_copy(
            update={
                "total": budget.total and budget.total * 10,
                "yearly_cost": budget.yearly_cost and budget.yearly_cost * 10,
                "agencies": {agency: limit * 10 for agency, limit in budget.agencies.items()},
            }
        ),
        "objective": goals.model_copy(update={"worth": goals.worth and goals.worth * 10}),
    }
    the_same(instance, with_settings(instance.replace(**tables), **scaled), money=10)


LAWS = [
    more_money_never_hurts,
    one_more_candidate_never_hurts,
    more_capacity_never_hurts,
    order_and_names_change_nothing,
    the_unit_of_money_changes_nothing,
]


@pytest.mark.parametrize("law", LAWS)
@given(seed=seeds)
@examples(5)
def test_law_holds(law, seed):
    law(seed)


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
@given(seed=seeds)
@examples(60)
def test_law_holds_in_many_towns(law, seed):
    law(seed)
