"""Explanations as plain values, for JSON and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from siting.explain.differences import Site, served_by
from siting.explain.gains import GAIN_COLUMNS
from siting.explain.intervals import Interval
from siting.explain.more_money import MoneyStep, NextSites
from siting.explain.rule_prices import RulePrice, RulePrices
from siting.explain.site_prices import SitePrices
from siting.explain.site_questions import SitePrice
from siting.instance.rulebook import RULES
from siting.solution import Solution

MARK = "|"
"""Separates the sites of one cell."""


def base_values(solution: Solution, served: Mapping[str, float]) -> dict[str, Any]:
    """Return what is known of the plan that is explained."""
    return {
        "termination": solution.termination.value,
        "objective": solution.objective,
        "bound": solution.bound,
        "gap": solution.gap,
        "today": solution.today,
        "served": dict(served),
        "cost": solution.cost.get("total"),
        "scenario": solution.provenance.scenario,
        "instance": solution.provenance.instance,
        "instance_hash": solution.provenance.instance_hash,
    }


def rule_values(prices: RulePrices) -> dict[str, Any]:
    """Return the prices of rules; prices are shares of the score, 0.01 is one point."""
    base = prices.base
    served = served_by(base.solution.service, base.instance.years[-1])
    compared = prices.compared
    best = None if compared is None else compared.best
    return {
        "base": base_values(base.solution, served) | {"verified": base.verification.passed},
        "compared_with": {
            "objective": None if best is None else best.objective,
            "bound": None if best is None else best.bound,
            "served": {} if compared is None else compared.served,
            "cost": None if compared is None else compared.cost,
        },
        "rules": [_rule(price) for price in prices.prices],
        "does_not_bind": list(prices.idle),
        "changes_the_measure": list(prices.measuring),
        "switched_off": list(prices.off),
        "not_reached": list(prices.not_reached),
        "seconds": round(prices.seconds, 3),
    }


def rule_table(prices: RulePrices) -> pd.DataFrame:
    """Return one row per rule, priced ones first; `kind` says why a rule has no price."""
    services = list(prices.base.instance.services["service_id"])
    rows = [
        {
            "kind": "priced",
            **_without(_rule(price), "served"),
            **_by_service(services, price.served),
        }
        for price in prices.prices
    ]
    for kind, rules in (
        ("not_reached", prices.not_reached),
        ("does_not_bind", prices.idle),
        ("changes_the_measure", prices.measuring),
        ("switched_off", prices.off),
    ):
        rows += [{"kind": kind, **_names(rule)} for rule in rules]
    columns = [
        "rule", "name_en", "name_zh", "kind", "price_low", "price_high", "distinguishable",
        "termination", "cost_difference", *_by_service(services, {}),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def site_values(price: SitePrice) -> dict[str, Any]:
    """Return what a building means to a plan."""
    return {
        "building_id": price.building_id,
        "asked": price.asked,
        **_interval(price.price),
        "termination": price.termination.value,
        "gains": price.gains.to_dict("records"),
        "comes": [site._asdict() for site in price.comes],
        "goes": [site._asdict() for site in price.goes],
        "served": price.served,
        "cost_difference": price.cost,
        "kept_out": None if price.kept_out is None else price.kept_out.to_dict("records"),
    }


def sites_values(prices: SitePrices) -> dict[str, Any]:
    """Return what all chosen buildings mean to a plan."""
    return {
        "sites": [site_values(price) for price in prices.prices],
        "not_reached": list(prices.not_reached),
        "committed": list(prices.committed),
        "seconds": round(prices.seconds, 3),
    }


def site_table(prices: Sequence[SitePrice], services: Sequence[str]) -> pd.DataFrame:
    """Return one row per building; sites of a cell are ``building:service:module``."""
    rows = [
        {
            "building_id": price.building_id,
            "asked": price.asked,
            **_interval(price.price),
            "termination": price.termination.value,
            "served_here": round(float(price.gains["served"].sum()), 3),
            "people_new": round(float(price.gains["people_new"].sum()), 3),
            "comes": joined(price.comes),
            "goes": joined(price.goes),
            "cost_difference": price.cost,
            **_by_service(services, price.served),
        }
        for price in prices
    ]
    columns = [
        "building_id", "asked", "price_low", "price_high", "distinguishable", "termination",
        "served_here", "people_new", "comes", "goes", "cost_difference",
        *_by_service(services, {}),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def gains_table(prices: Sequence[SitePrice]) -> pd.DataFrame:
    """Return who gains from each building, one row per building, service and zone."""
    gains = [price.gains.assign(building_id=price.building_id) for price in prices]
    columns = ["building_id", *GAIN_COLUMNS]
    return pd.concat(gains)[columns] if gains else pd.DataFrame(columns=columns)


def money_values(found: NextSites, solution: Solution, served: Mapping[str, float]
) -> dict[str, Any]:  # fmt: skip
    """Return what more money would buy."""
    return {
        "base": base_values(solution, served),
        "budget": found.budget,
        "steps": [_step(step) for step in found.steps],
        "not_reached": list(found.not_reached),
        "seconds": round(found.seconds, 3),
    }


def money_table(found: NextSites, services: Sequence[str]) -> pd.DataFrame:
    """Return one row per step."""
    rows = [
        {
            **_without(_step(step), "served"),
            "comes": joined(step.comes),
            "goes": joined(step.goes),
            **_by_service(services, step.served),
        }
        for step in found.steps
    ]
    columns = [
        "more", "budget", "gain_low", "gain_high", "distinguishable", "termination", "comes",
        "goes", "cost_difference", *_by_service(services, {}),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def joined(sites: Sequence[Site]) -> str:
    """Return sites as one cell."""
    return MARK.join(":".join(site) for site in sites)


def _rule(price: RulePrice) -> dict[str, Any]:
    return {
        **_names(price.rule),
        **_interval(price.price),
        "served": price.served,
        "cost_difference": price.cost,
        "termination": price.termination.value,
    }


def _step(step: MoneyStep) -> dict[str, Any]:
    return {
        "more": step.more,
        "budget": step.budget,
        **_interval(step.gain, "gain"),
        "termination": step.termination.value,
        "comes": [site._asdict() for site in step.comes],
        "goes": [site._asdict() for site in step.goes],
        "served": step.served,
        "cost_difference": step.cost,
    }


def _names(rule: str) -> dict[str, str]:
    return {"rule": rule, "name_en": RULES[rule].name_en, "name_zh": RULES[rule].name_zh}


def _interval(price: Interval | None, name: str = "price") -> dict[str, Any]:
    return {
        f"{name}_low": None if price is None else price.low,
        f"{name}_high": None if price is None else price.high,
        "distinguishable": None if price is None else price.distinguishable,
    }


def _by_service(services: Sequence[str], amounts: Mapping[str, float]) -> dict[str, float | None]:
    return {f"served_{service_id}": amounts.get(service_id) for service_id in services}


def _without(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != key}
