"""What a conversion costs, and the budgets that it draws on."""

from __future__ import annotations

from collections.abc import Iterator

from siting.report.answers import LANGS, Answer, Row, Town
from siting.report.labels import filled, money, zone_names


def price_of(town: Town, building: Row, module: Row) -> tuple[float, float]:
    """Return capital with the whole acquisition, and with the part charged to the agency."""
    steps = 10.0**town.instance.settings.money.decimals
    own = float(module["works"] + module["equipment"] + module["rent"])
    bought = town.prices[building["building_id"], module["mode"]]
    return own / steps + bought, (own + float(module["acquisition_share"])) / steps


def limits_of(
    town: Town, building: Row, module: Row
) -> Iterator[tuple[str, str, float, float, float]]:
    """Yield each budget that a conversion draws on: names, limit, price, what the plan left."""
    instance, plan = town.instance, town.solution
    budget, steps = instance.settings.budget, 10.0**instance.settings.money.decimals
    whole_price, charged = price_of(town, building, module)
    if instance.rule_on("budget") and budget.total is not None:
        yield "budget", "总预算", budget.total, whole_price, budget.total - plan.cost["total"]
    yearly = instance.settings.plan.yearly and instance.rule_on("yearly_budget")
    if yearly and budget.carry_over and set(budget.years) >= set(instance.years):
        limit = sum(budget.years[year] for year in instance.years)
        yield "budget of the years", "各年预算合计", limit, whole_price, limit - plan.cost["total"]
    agency = filled(town.services[str(module["service_id"])]["agency"])
    if instance.rule_on("agency_budget") and agency in budget.agencies:
        limit = budget.agencies[agency]
        left = limit - town.spent.get(agency, 0.0)
        yield f"budget of {agency}", f"{agency}预算", limit, charged, left
    if instance.rule_on("yearly_cost") and budget.yearly_cost is not None:
        limit, running = budget.yearly_cost, float(module["yearly"]) / steps
        yield "yearly limit", "年运行费上限", limit, running, limit - plan.cost["yearly"]
    if instance.rule_on("yearly_rent") and budget.yearly_rent is not None:
        limit, rent = budget.yearly_rent, float(module["yearly_rent"]) / steps
        yield "limit of rent", "年租金上限", limit, rent, limit - town.rent
    yield from _zone_limits(town, building, whole_price)


def _zone_limits(
    town: Town, building: Row, price: float
) -> Iterator[tuple[str, str, float, float, float]]:
    instance = town.instance
    if not instance.rule_on("zone_budget"):
        return
    for zone_id, limit in instance.settings.budget.zones.items():
        if building["building_id"] in town.buildings_of[zone_id]:
            name, name_zh = (zone_names(instance, lang)[zone_id] for lang in LANGS)
            left = limit - town.paid_in[zone_id]
            yield f"budget of {name}", f"{name_zh}预算", limit, price, left


def not_affordable(town: Town, building: Row, module: Row) -> Answer | None:
    """Return the answer that a conversion costs more than a whole budget, if it does."""
    s = town.instance.settings.money
    for en, zh, limit, price, _ in limits_of(town, building, module):
        if price > limit + 10.0**-s.decimals / 2:
            service_id = str(module["service_id"])
            costs, most = money(price, s.decimals), money(limit, s.decimals)
            return Answer(
                reason="not_affordable",
                hope=-price,
                service_id=service_id,
                module_id=module["module_id"],
                text=f"{town.names[service_id]} ({module['module_id']}) costs {costs} {s.unit}; "
                f"the whole {en} is {most}",
                text_zh=f"{town.names_zh[service_id]}（{module['module_id']}）需{costs}{s.unit}，"
                f"而{zh}仅{most}{s.unit}",
            )
    return None
