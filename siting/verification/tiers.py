"""Recomputed tiers between need served and money, and the rules that speak through them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from siting.errors import Finding
from siting.solution import Tier
from siting.verification.admission import meets
from siting.verification.attainable import attainable
from siting.verification.conversions import number, records, text
from siting.verification.outcome import breach, figure
from siting.verification.recount import Recount
from siting.verification.space import synergies
from siting.verification.targets import soft_shortfall
from siting.verification.value import Value
from siting.verification.ways import LIMIT_TOLERANCE_MIN

SCORE_TOLERANCE = 1e-9
HALF_A_GRAIN = 0.5 + 1e-6
"""How far money that bonuses and worth are taken off may be from what it is, in its grid."""

_SUM_TOLERANCE = 1e-6
_ORDER = ("served", "equity", "targets", "nearness", "money")


def check_priorities(recount: Recount) -> Iterator[Finding]:
    """Check that the objective counts need as often as its priorities say."""
    value = Value(recount)
    if not np.all(value.factors == 1):
        yield from _check_objective(recount, value, "priorities", "with its priorities")


def check_decay(recount: Recount) -> Iterator[Finding]:
    """Check that the objective counts service less with distance, up to the last step."""
    limits = recount.ways.limits
    rows = recount.served_rows[recount.served_rows["service_id"].isin(recount.ways.decay)]
    last = rows["service_id"].map(limits).astype(float)
    for row in records(rows[~(rows["way_min"] <= last + LIMIT_TOLERANCE_MIN)]):
        ids = f"{row['demand_id']}/{row['group']}/{row['service_id']} to {row['place_id']}"
        words = (
            f"served at {figure(row['way_min'])} min, "
            f"nothing counts beyond {figure(limits[row['service_id']])} min"
        )
        yield breach("decay", recount.place(ids, year=row["year"]), words)
    if recount.ways.decay:
        words = "with service that counts less with distance"
        yield from _check_objective(recount, Value(recount), "decay", words)


def check_preferences(recount: Recount) -> Iterator[Finding]:
    """Check that better sites count in the money tier by their bonus."""
    if len(recount.instance.preferences):
        yield from _check_net(recount, "preferences")


def check_synergy(recount: Recount) -> Iterator[Finding]:
    """Check that services that are better together count in the money tier by their bonus."""
    if (recount.instance.pairs["kind"] == "synergy").any():
        yield from _check_net(recount, "synergy")


def check_tiers(recount: Recount) -> Iterator[Finding]:
    """Check the order of tiers, and the value of those between need served and money."""
    tiers = recount.solution.tiers
    kinds = [tier.name.split("[")[0] for tier in tiers]
    strange = [tier.name for tier, kind in zip(tiers, kinds, strict=True) if kind not in _ORDER]
    if strange:
        yield breach("score.tiers", "tiers", f"there are no such tiers: {', '.join(strange)}")
    elif kinds != sorted(kinds, key=_ORDER.index):
        names = ", ".join(tier.name for tier in tiers)
        yield breach("score.tiers", "tiers", f"they come in the order {names}")
    for tier in tiers:
        if tier.floor is not None and tier.name in {"equity", "targets", "nearness"}:
            yield from _check_floor(tier, tier.floor)
        yield from _check_value(recount, tier)


def _check_value(recount: Recount, tier: Tier) -> Iterator[Finding]:
    if tier.name == "equity":
        least = equity(recount)
        if not abs(tier.value - least) <= SCORE_TOLERANCE:
            words = f"the plan states {tier.value:.9f}, recomputed it is {least:.9f}"
            yield breach("score.tiers", "tier equity", words)
    if tier.name == "nearness":
        spared = nearness(recount)
        if not abs(tier.value - spared) <= SCORE_TOLERANCE * max(1.0, spared):
            words = f"the plan states {tier.value:.9f} min, recomputed it is {spared:.9f} min"
            yield breach("score.tiers", "tier nearness", words)
    if tier.name == "targets":
        missed = soft_shortfall(recount)
        if not abs(tier.value - missed) <= _SUM_TOLERANCE * max(1.0, missed):
            words = f"the plan states {figure(tier.value)}, the stocks miss by {figure(missed)}"
            yield breach("score.tiers", "tier targets", words)


def equity(recount: Recount) -> float:
    """Return the least share of a zone: what is served there over what could be, as it counts."""
    value = Value(recount)
    kind = recount.instance.settings.objective.equity_zone_kind
    homes = recount.homes(kind)
    could = attainable(recount, *recount.services)
    service = recount.units["service_id"].to_numpy(object)
    credit, whole = np.zeros(len(homes)), np.zeros(len(homes))
    rows = value.credited_rows[value.credited_rows["unit"] >= 0]
    for year in recount.years:
        each: dict[str, float] = {}
        for rank in value.ranks:
            each |= value.per_grain(year, rank)
        worth = np.array([each.get(s, 0.0) for s in service])
        whole += np.where(could, value.factors * recount.need(year) * worth, 0.0)
        then = rows[rows["year"] == year]
        unit = then["unit"].to_numpy(np.int64)
        np.add.at(credit, unit, then["credit"].to_numpy(float) * worth[unit])
    shares = [
        credit[homes == zone_id].sum() / whole[homes == zone_id].sum()
        for zone_id in recount.zones(kind, ())
        if whole[homes == zone_id].sum() > 0
    ]
    return float(min(shares, default=1.0))


def nearness(recount: Recount) -> float:
    """Return by how many minutes ways on foot are shorter than their limit in the mean.

    Over all need by weight, those not served with nothing; the mean of the years.
    """
    value, ways = Value(recount), recount.ways
    rows = recount.served_rows[recount.served_rows["unit"] >= 0]
    saved = rows["service_id"].map(ways.limits).to_numpy(float) - rows["way_min"].to_numpy(float)
    grains = rows["grains"].to_numpy() * value.factors[rows["unit"].to_numpy(np.int64)]
    minutes = pd.Series(np.maximum(saved, 0.0) * grains)
    keys = [rows["service_id"].to_numpy(object), rows["year"].to_numpy(np.int64)]
    spared = minutes.groupby(keys).sum().to_dict()
    total = 0.0
    for year in recount.years:
        base = value.base(year)
        weights = {
            s: float(row["weight"])
            for s, row in recount.services.items()
            if ways.modes[s] == "walk" and base[s] > 0 and float(row["weight"]) > 0
        }
        by_service = (w * spared.get((s, year), 0.0) / base[s] for s, w in weights.items())
        total += sum(by_service) / sum(weights.values()) if weights else 0.0
    return total / len(recount.years)


def net_cost(recount: Recount) -> float:
    """Return what the money tier counts, in the smallest unit of money.

    Capital, less bonuses, less what the service is worth; a point is a hundredth of tier 1.
    """
    settings = recount.instance.settings
    less = bonuses(recount)
    if settings.objective.worth is not None:
        value = Value(recount)
        less += settings.objective.worth * 100 * value.tier(value.of_plan, value.ranks[0])
    return float(recount.capital - less * 10**settings.money.decimals)


def bonuses(recount: Recount) -> float:
    """Return what better sites and services together are worth, in units of money."""
    total = 0.0
    if recount.instance.rule_on("preferences"):
        rows = records(recount.instance.preferences)
        total += sum(
            number(row["bonus"])
            for c in recount.new
            for row in rows
            if text(row["service_id"]) in ("", c.service_id) and meets(row, c.building)
        )
    if recount.instance.rule_on("synergy"):
        total += sum(bonus for _, bonus, _ in synergies(recount))
    return total


def _check_floor(tier: Tier, floor: float) -> Iterator[Finding]:
    """Yield where a plan does not keep what an earlier tier came to."""
    lost = tier.value - floor if tier.name == "targets" else floor - tier.value
    if lost > _SUM_TOLERANCE * max(1.0, abs(floor)):
        words = f"the plan has {figure(tier.value)}, later tiers had to keep {figure(floor)}"
        yield breach("score.tiers", f"tier {tier.name}", words)


def _check_net(recount: Recount, rule: str) -> Iterator[Finding]:
    decimals = recount.instance.settings.money.decimals
    for tier in recount.solution.tiers:
        due = net_cost(recount) / 10**decimals
        if tier.name == "money" and not abs(tier.value - due) <= HALF_A_GRAIN / 10**decimals:
            words = (
                f"the plan states {figure(tier.value)}, "
                f"with bonuses of {figure(bonuses(recount))} it is {figure(due)}"
            )
            yield breach(rule, "tier money", words)


def _check_objective(recount: Recount, value: Value, rule: str, how: str) -> Iterator[Finding]:
    due = value.tier(value.of_plan, value.ranks[0])
    stated = recount.solution.objective
    if stated is None or not abs(stated - due) <= SCORE_TOLERANCE:
        said = "nothing" if stated is None else f"{stated:.9f}"
        yield breach(rule, "plan", f"the plan states {said}, {how} it is {due:.9f}")
