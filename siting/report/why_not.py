"""Why each building was not chosen, from the instance, its reach and the plan alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import KEEP, Instance
from siting.reach import Arcs
from siting.report.balance import of_services, place_zones
from siting.report.labels import (
    Lang,
    field_name,
    filled,
    in_lang,
    money,
    place_names,
    service_names,
    unit_name,
    value_label,
    whole,
    zone_names,
)
from siting.solution import Solution

REASONS = (
    "forbidden",
    "not_eligible",
    "too_small",
    "nobody_in_reach",
    "already_served",
    "not_affordable",
    "less_useful",
)
"""Reasons in the order in which they are tested; a later one is more hopeful."""

_AREA_TOLERANCE_M2 = 1e-6
_COMPARISONS = {
    "at_least": ("at least", "不小于"),
    "at_most": ("at most", "不大于"),
    "equals": ("equal to", "等于"),
    "one_of": ("one of", "属于"),
}

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """Why one conversion was not chosen.

    `hope` orders answers of the same reason: the largest speaks for the building.
    """

    reason: str
    hope: float
    service_id: str = ""
    module_id: str = ""
    text: str
    text_zh: str


@dataclass(frozen=True, kw_only=True, eq=False)
class _Town:
    """What the answers look up.

    Attributes
    ----------
    wanted, unserved
        Need within the standard by service, and its part that the plan does not serve, in units
        of the service by position of the place.
    spent
        Capital of the plan by agency.
    given_up
        Conversions dropped because they cost more than their worth.
    """

    instance: Instance
    solution: Solution
    wanted: dict[str, NDArray[np.float64]]
    unserved: dict[str, NDArray[np.float64]]
    modules: dict[str, list[Row]]
    terms: dict[tuple[str, str], Row]
    services: dict[str, Row]
    locks: dict[str, list[Row]]
    conditions: dict[str, list[Row]]
    staying: dict[str, list[str]]
    spent: dict[str, float]
    given_up: set[tuple[str, ...]]
    names: dict[str, str]
    names_zh: dict[str, str]


def not_chosen_table(
    instance: Instance,
    solution: Solution,
    balance: pd.DataFrame,
    reach: dict[str, Arcs],
    lang: Lang = "en",
) -> pd.DataFrame:
    """Return one row per building that the plan does not use, with the reason.

    Every conversion of the building is tested in this order, rules that are switched off left
    out; the first test that it fails is its reason:

    1. ``forbidden``: a lock forbids it;
    2. ``not_eligible``: the class of building may not become the service, or the building fails
       one of its conditions;
    3. ``too_small``: the module does not fit into the building or its yard;
    4. ``nobody_in_reach``: no need for the service lies within its standard;
    5. ``already_served``: all of that need is served by other places;
    6. ``not_affordable``: it costs more than a whole budget (total, agency or yearly);
    7. ``less_useful``: none of these; the plan does better without it.

    The building's reason is the most hopeful (latest) of its conversions. ``text`` and
    ``text_zh`` say it in words.
    """
    town = _look_up(instance, solution, balance, reach)
    zones, names = place_zones(instance, instance.zone_kind), place_names(instance)
    called = zone_names(instance, lang)
    used = set(solution.chosen["building_id"])
    rows = []
    for position, building in enumerate(instance.buildings.to_dict("records")):
        if building["building_id"] in used:
            continue
        answer = max(
            _answers(town, building, position),
            key=lambda answer: (REASONS.index(answer.reason), answer.hope),
        )
        zone_id = zones[building["building_id"]]
        rows.append(
            {
                "building_id": building["building_id"],
                "name": names[building["building_id"]],
                "address": filled(building["address"]),
                "zone_id": zone_id,
                "zone": called[zone_id],
                "class": building["class"],
                "owner": filled(building["owner"]),
                "floor_area_m2": building["floor_area_m2"],
                "reason": answer.reason,
                "service_id": answer.service_id,
                "module_id": answer.module_id,
                "text": answer.text,
                "text_zh": answer.text_zh,
            }
        )
    columns = [
        "building_id", "name", "address", "zone_id", "zone", "class", "owner", "floor_area_m2",
        "reason", "service_id", "module_id", "text", "text_zh",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _look_up(
    instance: Instance, solution: Solution, balance: pd.DataFrame, reach: dict[str, Arcs]
) -> _Town:
    def within(arcs: Arcs, amounts: pd.Series[float]) -> NDArray[np.float64]:
        weights = amounts.to_numpy(float)[arcs.unit]
        return np.asarray(np.bincount(arcs.place, weights, minlength=len(instance.places)), float)

    locks = instance.locks[instance.locks["status"] == "forbidden"]
    changing = instance.facilities[instance.facilities["building_id"].notna()]
    agencies = solution.chosen["service_id"].map(of_services(instance, "agency"))
    return _Town(
        instance=instance,
        solution=solution,
        wanted={s: within(arcs, balance["need"]) for s, arcs in reach.items()},
        unserved={s: within(arcs, balance["unserved_plan"]) for s, arcs in reach.items()},
        modules=_grouped(instance.modules, "service_id"),
        terms={(t["class"], t["service_id"]): t for t in instance.eligibility.to_dict("records")},
        services={str(s["service_id"]): s for s in instance.services.to_dict("records")},
        locks=_grouped(locks, "building_id"),
        conditions=_grouped(instance.suitability, "service_id"),
        staying={
            b: [str(row["service_id"]) for row in rows]
            for b, rows in _grouped(changing, "building_id").items()
        },
        spent=solution.chosen.groupby(agencies)["cost"].sum().to_dict(),
        given_up=set(solution.given_up.itertuples(index=False, name=None)),
        names=service_names(instance, "en"),
        names_zh=service_names(instance, "zh"),
    )


def _grouped(table: pd.DataFrame, key: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in table.to_dict("records"):
        groups.setdefault(str(row[key]), []).append(row)
    return groups


def _answers(town: _Town, building: Row, position: int) -> Iterator[_Answer]:
    for service_id, modules in town.modules.items():
        for module in modules:
            yield (
                _forbidden(town, building, module)
                or _not_eligible(town, building, module)
                or _too_small(town, building, module)
                or _not_needed(town, service_id, module["module_id"], position)
                or _not_affordable(town, building, module)
                or _less_useful(town, building, module, position)
            )
    for service_id in town.staying.get(building["building_id"], []):
        yield _not_needed(town, service_id, KEEP, position) or _Answer(
            reason="less_useful",
            hope=float("inf"),
            service_id=service_id,
            module_id=KEEP,
            text=f"closing {town.names[service_id]} here serves as much or more",
            text_zh=f"撤并此处{town.names_zh[service_id]}后服务量不减",
        )


def _forbidden(town: _Town, building: Row, module: Row) -> _Answer | None:
    if not town.instance.rule_on("forbidden"):
        return None
    for lock in town.locks.get(building["building_id"], []):
        if filled(lock["service_id"]) not in ("", module["service_id"]):
            continue
        if filled(lock["module_id"]) not in ("", module["module_id"]):
            continue
        source = filled(lock["source"])
        return _Answer(
            reason="forbidden",
            hope=0.0,
            service_id=filled(lock["service_id"]),
            module_id=filled(lock["module_id"]),
            text="a lock forbids it" + (f" ({source})" if source else ""),
            text_zh="锁定为禁止" + (f"（{source}）" if source else ""),
        )
    return None


def _not_eligible(town: _Town, building: Row, module: Row) -> _Answer | None:
    service_id = str(module["service_id"])
    terms = town.terms.get((building["class"], service_id))
    status = terms["status"] if terms else "forbidden"
    if town.instance.rule_on("eligibility") and status == "forbidden":
        return _Answer(
            reason="not_eligible",
            hope=0.0,
            text=f"its class ({building['class']}) may become none of the services",
            text_zh=f"其建筑类别（{building['class']}）不得转换为任何服务",
        )
    if not town.instance.rule_on("suitability"):
        return None
    for field, comparison, value in _conditions(town, module):
        known = filled(building[field])
        if known and not _meets(building[field], comparison, value):
            return _Answer(
                reason="not_eligible",
                hope=1.0 / (1.0 + float(town.services[service_id]["rank"])),
                service_id=service_id,
                module_id=module["module_id"],
                text=_unmet(town.names[service_id], building, (field, comparison, value), "en"),
                text_zh=_unmet(
                    town.names_zh[service_id], building, (field, comparison, value), "zh"
                ),
            )
    return None


def _unmet(service: str, building: Row, condition: tuple[str, str, str], lang: Lang) -> str:
    """Say which condition of a service a building does not meet."""
    field, comparison, value = condition
    name, known = field_name(field, lang), _in_words(building[field], lang)
    if comparison == "differs":
        return in_lang(
            lang,
            f"{service} needs {name} not to be {known}, as it is here",
            f"{service}要求{name}不为{known}，该建筑为{known}",
        )
    asked = f"{in_lang(lang, *_COMPARISONS[comparison])}{in_lang(lang, ' ', '')}"
    asked += _in_words(value, lang)
    return in_lang(
        lang,
        f"{service} needs {name} {asked}; here it is {known}",
        f"{service}要求{name}{asked}，该建筑为{known}",
    )


def _conditions(town: _Town, module: Row) -> Iterator[tuple[str, str, str]]:
    """Yield field, comparison and value of the conditions on the building of a module."""
    for row in town.conditions.get(module["service_id"], []):
        if filled(row["module_id"]) in ("", module["module_id"]):
            yield str(row["field"]), str(row["comparison"]), str(row["value"])
    if filled(module["own_entrance"]) == "True":
        yield "independent_access", "equals", "true"


def _meets(known: object, comparison: str, value: str) -> bool:
    if comparison in {"at_least", "at_most"}:
        number, limit = float(str(known)), float(value)
        return number >= limit if comparison == "at_least" else number <= limit
    options = [option.strip() for option in value.split("|")] if comparison == "one_of" else [value]
    return (_as_text(known) in [option.strip() for option in options]) != (comparison == "differs")


def _in_words(value: object, lang: Lang) -> str:
    options = [value_label(option.strip(), lang) for option in _as_text(value).split("|")]
    return in_lang(lang, " or ", "或").join(options)


def _as_text(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)


def _too_small(town: _Town, building: Row, module: Row) -> _Answer | None:
    if not town.instance.rule_on("fit"):
        return None
    usable, yard = _usable_area(building, module), float(building["yard_m2"])
    lacking = float(module["floor_area_m2"]) - usable
    what, what_zh, has = "floor area", "建筑面积", usable
    if lacking <= _AREA_TOLERANCE_M2:
        lacking = float(module["yard_m2"]) - yard
        what, what_zh, has = "yard", "场地", yard
    if lacking <= _AREA_TOLERANCE_M2:
        return None
    service_id = str(module["service_id"])
    return _Answer(
        reason="too_small",
        hope=-lacking,
        service_id=service_id,
        module_id=module["module_id"],
        text=f"{town.names[service_id]} ({module['module_id']}) needs {whole(lacking + has)} m² of "
        f"{what}; {whole(np.ceil(lacking))} m² are missing",
        text_zh=f"{town.names_zh[service_id]}（{module['module_id']}）需{what_zh}"
        f"{whole(lacking + has)}平方米，尚缺{whole(np.ceil(lacking))}平方米",
    )


def _usable_area(building: Row, module: Row) -> float:
    """Return the floor area that a module may use, m2: all, or up to its highest floor."""
    total = float(building["floor_area_m2"])
    if not filled(module["max_floor"]):
        return total
    above = total - float(filled(building["basement_area_m2"]) or 0)
    floors, highest = filled(building["floors"]), float(module["max_floor"])
    if not floors or float(floors) <= highest:
        return above
    ground = float(filled(building["ground_area_m2"]) or above / float(floors))
    return ground + (above - ground) * (highest - 1) / (float(floors) - 1)


def _not_needed(town: _Town, service_id: str, module_id: str, position: int) -> _Answer | None:
    minutes = f"{town.services[service_id]['standard_min']:g}"
    en, zh = town.names[service_id], town.names_zh[service_id]
    if town.wanted[service_id][position] <= 0:
        reason = "nobody_in_reach"
        text = f"nobody who needs {en} lives within {minutes} minutes"
        text_zh = f"{minutes}分钟范围内无{zh}需求"
    elif town.unserved[service_id][position] <= 0:
        reason = "already_served"
        text = f"all need for {en} within {minutes} minutes is served by other places"
        text_zh = f"{minutes}分钟范围内的{zh}需求已由其他设施满足"
    else:
        return None
    return _Answer(
        reason=reason,
        hope=float(town.wanted[service_id][position]),
        service_id=service_id,
        module_id=module_id,
        text=text,
        text_zh=text_zh,
    )


def _price(town: _Town, building: Row, module: Row) -> tuple[float, float]:
    """Return capital with the whole acquisition, and with the part charged to the agency."""
    instance = town.instance
    service_id, area = str(module["service_id"]), float(module["floor_area_m2"])
    terms = town.terms.get((building["class"], service_id), {})
    works = float(module["works_cost"]) * float(terms.get("cost_factor", 1.0))
    works += float(terms.get("extra_works_per_m2", 0.0)) * area
    rent = float(building["yearly_rent_per_m2"]) * area * instance.settings.plan.years
    bought = float(building["acquisition_cost"])
    parts = [works, float(module["equipment_cost"]), rent]
    steps = 10.0**instance.settings.money.decimals
    own = sum(instance.money(part) for part in parts)
    charged = instance.money(bought * area / float(building["floor_area_m2"]))
    return (own + instance.money(bought)) / steps, (own + charged) / steps


def _limits(
    town: _Town, building: Row, module: Row
) -> Iterator[tuple[str, str, float, float, float]]:
    """Yield each budget that a conversion draws on: names, limit, price, what the plan left."""
    instance, plan = town.instance, town.solution
    budget = instance.settings.budget
    whole_price, charged = _price(town, building, module)
    if instance.rule_on("budget") and budget.total is not None:
        yield "budget", "总预算", budget.total, whole_price, budget.total - plan.cost["total"]
    agency = filled(town.services[str(module["service_id"])]["agency"])
    if instance.rule_on("agency_budget") and agency in budget.agencies:
        limit = budget.agencies[agency]
        left = limit - town.spent.get(agency, 0.0)
        yield f"budget of {agency}", f"{agency}预算", limit, charged, left
    if instance.rule_on("yearly_cost") and budget.yearly_cost is not None:
        limit, yearly = budget.yearly_cost, float(module["yearly_cost"])
        yield "yearly limit", "年运行费上限", limit, yearly, limit - plan.cost["yearly"]


def _not_affordable(town: _Town, building: Row, module: Row) -> _Answer | None:
    s = town.instance.settings.money
    for en, zh, limit, price, _ in _limits(town, building, module):
        if price > limit + 10.0**-s.decimals / 2:
            service_id = str(module["service_id"])
            costs, most = money(price, s.decimals), money(limit, s.decimals)
            return _Answer(
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


def _less_useful(town: _Town, building: Row, module: Row, position: int) -> _Answer:
    instance, service_id = town.instance, str(module["service_id"])
    service, s = town.services[service_id], instance.settings.money
    room = filled(module["capacity"]) or filled(service["people_cap"])
    more = min(town.unserved[service_id][position], float(room or "inf"))
    price, _ = _price(town, building, module)
    value = float(service["weight"]) * more / instance.base_need[service_id]
    left = [(en, zh) for en, zh, _, cost, rest in _limits(town, building, module) if cost > rest]
    if (building["building_id"], service_id, module["module_id"]) in town.given_up:
        why = "more than the worth set for what it would serve"
        why_zh = "超出其服务量对应的资金价值"
    elif left:
        why = f"more than is left of the {left[0][0]}, which does more elsewhere"
        why_zh = f"超出{left[0][1]}余额，资金用于效益更高的场所"
    else:
        why = "what is left would pay for it, so it lies within the plan's gap"
        why_zh = "余额可承担，属方案最优性间隙之内"
    return _Answer(
        reason="less_useful",
        hope=value / max(price, 10.0**-s.decimals),
        service_id=service_id,
        module_id=module["module_id"],
        text=f"{town.names[service_id]} ({module['module_id']}) could serve at most {whole(more)} "
        f"more {unit_name(service['unit'], 'en')} for {money(price, s.decimals)} {s.unit}: {why}",
        text_zh=f"{town.names_zh[service_id]}（{module['module_id']}）至多再服务{whole(more)}"
        f"{unit_name(service['unit'], 'zh')}，需{money(price, s.decimals)}{s.unit}：{why_zh}",
    )
