"""What must hold for every town, whatever its optimum: laws between two solves of random towns."""

from __future__ import annotations

from random import Random

import pandas as pd
import pytest
from full_towns import random_full_town
from hypothesis import assume, given
from test_brute_force import examples, seeds
from towns import random_town
from towns import table as table_of

from siting.instance.instance import KEEP, Instance
from siting.plan import Options, solve
from siting.solution import Solution, Termination

IDS = ("demand_id", "service_id", "module_id", "building_id", "facility_id", "zone_id")
ALIASES = {"origin_id": "demand_id", "destination_id": "place_id", "zone_part": "zone_id"}
MONEY = ("works_cost", "equipment_cost", "yearly_cost", "acquisition_cost")
MONEY_PER_M2 = ("yearly_rent_per_m2", "extra_works_per_m2")
ALSO_MONEY = {"funds": ["amount"], "pairs": ["bonus"], "preferences": ["bonus"]}

RESTRICTING = (
    *("required", "standalone", "floor_area", "yard", "compatibility", "first_refusal", "hub"),
    *("budget", "agency_budget", "agency_share", "zone_budget", "yearly_budget", "funds"),
    *("yearly_cost", "yearly_rent", "land_quota", "minimum_per_zone", "maximum_per_zone"),
    *("keep_cover", "backup", "self_sufficiency", "reserve", "targets"),
    *("zone_floor", "min_load", "own_zone", "outside_supply"),
)
"""Rules that only ever take plans away; a rule of admission also says what could be served."""


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
    assert [tier.name for tier in new.tiers] == [tier.name for tier in old.tiers]
    for former, latter in zip(old.tiers[:-1], new.tiers[:-1], strict=True):
        assert latter.bound == pytest.approx(former.bound, abs=1e-6)
    assert new.tiers[0].bound == pytest.approx(old.tiers[0].bound, abs=1e-9)
    assert new.tiers[-1].value == pytest.approx(old.tiers[-1].value * money, abs=1e-6)
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


# --- with all rules -------------------------------------------------------------------------------


def more_money_of_any_kind_never_hurts(seed: int) -> None:
    """One limit is raised: of a year, an agency, a zone, a fund, land, rent or in total."""
    rng = Random(seed)  # noqa: S311
    instance = random_full_town(seed)
    budget, plan = instance.settings.budget, instance.settings.plan
    raised = [
        {"budget": budget.model_copy(update={name: getattr(budget, name) + 15})}
        for name in ("total", "yearly_cost", "yearly_rent")
        if getattr(budget, name) is not None
    ]
    for name in ("years", "agencies", "zones"):
        limits = getattr(budget, name)
        for key in limits:
            more = limits | {key: limits[key] + 15}
            raised.append({"budget": budget.model_copy(update={name: more})})
    for year, quota in plan.land_quota_m2.items():
        more = plan.land_quota_m2 | {year: quota + 100}
        raised.append({"plan": plan.model_copy(update={"land_quota_m2": more})})
    assume(raised or len(instance.funds))
    if len(instance.funds):
        amounts = instance.funds["amount"].astype(float) + 15
        never_worse(instance, instance.replace(funds=instance.funds.assign(amount=amounts)))
    else:
        never_worse(instance, with_settings(instance, **rng.choice(raised)))


def without_a_rule_more_is_served(seed: int) -> None:
    rng = Random(seed)  # noqa: S311
    instance = random_full_town(seed)
    rules = instance.settings.rules | {rng.choice(RESTRICTING): False for _ in range(8)}
    never_worse(instance, with_settings(instance, rules=rules))


def order_changes_nothing(seed: int) -> None:
    """But for zones and tenures, whose order says which kind or way comes first."""
    instance = random_full_town(seed)
    rng = Random(seed)  # noqa: S311
    shuffled = {}
    for name, table in instance.tables.items():
        if name not in {"zones", "tenures"}:
            order = rng.sample(range(len(table)), len(table))
            shuffled[name] = table.iloc[order].reset_index(drop=True)
    the_same(instance, instance.replace(**shuffled))


def the_unit_of_all_money_changes_nothing(seed: int) -> None:
    instance = random_full_town(seed)
    tables = {}
    for name, table in instance.tables.items():
        columns = [*MONEY, *MONEY_PER_M2, *ALSO_MONEY.get(name, [])]
        scaled = {c: table[c].astype(float) * 10 for c in columns if c in table}
        tables[name] = table.assign(**scaled)
    settings = instance.settings
    budget, goals = settings.budget, settings.objective
    larger = {
        name: getattr(budget, name) and getattr(budget, name) * 10
        for name in ("total", "yearly_cost", "yearly_rent")
    }
    for name in ("years", "agencies", "zones"):
        larger[name] = {key: limit * 10 for key, limit in getattr(budget, name).items()}
    scaled_settings = {
        "money": settings.money.model_copy(update={"decimals": settings.money.decimals - 1}),
        "budget": budget.model_copy(update=larger),
        "objective": goals.model_copy(update={"worth": goals.worth and goals.worth * 10}),
    }
    the_same(instance, with_settings(instance.replace(**tables), **scaled_settings), money=10)


def one_year_is_one_period(seed: int) -> None:
    """Without what only a plan by years knows, a year alone is planned as a period of one year."""
    instance = random_full_town(seed)
    budget = instance.settings.budget.model_copy(update={"years": {}})
    only = {"years": 1, "land_quota_m2": {}}
    period, year = (
        with_settings(
            instance.replace(
                population=instance.population.iloc[:0],
                cohorts=instance.cohorts.iloc[:0],
                locks=instance.locks.assign(year=float("nan")),
                services=instance.services.assign(last_opening_year=float("nan")),
            ),
            budget=budget,
            plan=instance.settings.plan.model_copy(update=only | {"yearly": yearly}),
        )
        for yearly in (False, True)
    )
    the_same(period, year)


def people_that_stay_change_nothing(seed: int) -> None:
    """A table of population whose factors are all 1 is no table."""
    instance = random_full_town(seed)
    alone = instance.replace(
        population=instance.population.iloc[:0], cohorts=instance.cohorts.iloc[:0]
    )
    rows = [{"year": float(year), "factor": 1.0} for year in instance.years]
    the_same(alone, alone.replace(population=table_of("population", rows)))


LAWS = [
    more_money_never_hurts,
    one_more_candidate_never_hurts,
    more_capacity_never_hurts,
    order_and_names_change_nothing,
    the_unit_of_money_changes_nothing,
    more_money_of_any_kind_never_hurts,
    without_a_rule_more_is_served,
    order_changes_nothing,
    the_unit_of_all_money_changes_nothing,
    one_year_is_one_period,
    people_that_stay_change_nothing,
]


@pytest.mark.parametrize("law", LAWS)
@given(seed=seeds)
@examples(3)
def test_law_holds(law, seed):
    law(seed)


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
@given(seed=seeds)
@examples(20)
def test_law_holds_in_many_towns(law, seed):
    law(seed)
