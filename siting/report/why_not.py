"""Why each building was not chosen, from the instance, its reach and the plan alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import KEEP, NEED_GRID, Instance
from siting.model.build import admit
from siting.model.conversions import UNLIMITED, mode_prices
from siting.reach import Arcs
from siting.report.affordable import limits_of, not_affordable, price_of
from siting.report.answers import Answer, Row, Town
from siting.report.balance import of_services, place_zones
from siting.report.labels import (
    Lang,
    filled,
    money,
    place_names,
    service_names,
    unit_name,
    whole,
    zone_names,
)
from siting.report.not_admitted import not_admitted
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

_ADMISSION = (
    "forbidden", "not_eligible", "unsuitable", "not_planned", "not_available", "too_large",
    "not_approved", "too_small", "too_few_people", "",
)  # fmt: skip
"""Codes of the admission rules, the more hopeful the later; the last is admitted."""


_NO_USE = Answer(
    reason="forbidden",
    hope=-1.0,
    text="no module of any service is offered for it",
    text_zh="没有可用于此建筑的服务模块",
)


def not_chosen_table(
    instance: Instance,
    solution: Solution,
    balance: pd.DataFrame,
    reach: Mapping[str, Arcs],
    lang: Lang = "en",
    *,
    listed: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return one row per building that the plan never uses, with the reason.

    Every conversion of the building is tested in this order, rules that are switched off left
    out; the first test that it fails is its reason:

    1. ``forbidden``: a lock forbids it;
    2. ``not_eligible``: the class of building may not become the service, the building fails one
       of its conditions, its planned use names others, the module is larger than a site may be or
       than the approval of the building says, or it could open in no year of the plan;
    3. ``too_small``: the module does not fit into the building, its spaces or its yard;
    4. ``nobody_in_reach``: no need for the service lies within its standard, or too little for
       the module;
    5. ``already_served``: all of that need is served by other places;
    6. ``not_affordable``: it costs more than a whole budget;
    7. ``less_useful``: none of these; the plan does better without it.

    Of a module that could open in several years, or in several ways, the most hopeful speaks; so
    does the most hopeful (latest) of a building's conversions for the building. ``text`` and
    ``text_zh`` say it in words.

    Parameters
    ----------
    instance
        As it is planned, with all its years; the solution likewise.
    balance
        Who is served in the last year.
    listed
        All conversions with what keeps them out (`Model.listed`); worked out where not given.
    """
    listed = admit(instance, reach) if listed is None else listed
    town = _look_up(instance, solution, balance, reach, listed)
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


def not_admitted_use(
    instance: Instance,
    solution: Solution,
    use: tuple[str, str],
    *,
    balance: pd.DataFrame,
    reach: Mapping[str, Arcs],
    listed: pd.DataFrame,
) -> Answer | None:
    """Return why a service may not be opened in a building at all; None where it may.

    Parameters
    ----------
    use
        Building and service.
    balance
        Who is served in the last year.
    listed
        All conversions with what keeps them out (`Model.listed`).
    """
    building_id, service_id = use
    ours = listed["building_id"].eq(building_id) & listed["service_id"].eq(service_id)
    ours &= listed["status"].eq("new")
    if listed.loc[ours, "reason"].eq("").any():
        return None
    town = _look_up(instance, solution, balance, reach, listed[ours])
    position = int(np.flatnonzero(instance.buildings["building_id"].eq(building_id))[0])
    building = instance.buildings.iloc[position].to_dict()
    answers = [
        not_admitted(town, building, module)
        for module in _most_hopeful(listed[ours], set()).get(building_id, [])
    ]
    known = [answer for answer in answers if answer is not None]
    return max(known, key=lambda a: (REASONS.index(a.reason), a.hope), default=_NO_USE)


def _look_up(
    instance: Instance,
    solution: Solution,
    balance: pd.DataFrame,
    reach: Mapping[str, Arcs],
    listed: pd.DataFrame,
) -> Town:
    def within(arcs: Arcs, amounts: pd.Series[float]) -> NDArray[np.float64]:
        weights = amounts.to_numpy(float)[arcs.unit]
        return np.asarray(np.bincount(arcs.place, weights, minlength=len(instance.places)), float)

    locks = instance.locks[instance.locks["status"] == "forbidden"]
    changing = instance.facilities[instance.facilities["building_id"].notna()]
    agencies = solution.chosen["service_id"].map(of_services(instance, "agency"))
    prices = mode_prices(instance)
    steps = 10**instance.settings.money.decimals
    keys = zip(prices["building_id"], prices["mode"], strict=True)
    return Town(
        instance=instance,
        solution=solution,
        wanted={s: within(arcs, balance["need"]) for s, arcs in reach.items()},
        unserved={s: within(arcs, balance["unserved_plan"]) for s, arcs in reach.items()},
        listed=_most_hopeful(listed, set(solution.chosen["building_id"])),
        prices=dict(zip(keys, prices["price"] / steps, strict=True)),
        services={str(s["service_id"]): s for s in instance.services.to_dict("records")},
        locks=_grouped(locks, "building_id"),
        suitability=_grouped(instance.suitability, "service_id"),
        approvals=_grouped(instance.conditions, "building_id"),
        staying={
            b: [str(row["service_id"]) for row in rows]
            for b, rows in _grouped(changing, "building_id").items()
        },
        spent=solution.chosen.groupby(agencies)["cost"].sum().to_dict(),
        given_up=set(solution.given_up.itertuples(index=False, name=None)),
        names=service_names(instance, "en"),
        names_zh=service_names(instance, "zh"),
    )


def _most_hopeful(listed: pd.DataFrame, used: set[str]) -> dict[str, list[Row]]:
    """Return the conversions of the buildings not used; of each the year that comes nearest."""
    listed = listed[(listed["status"] == "new") & ~listed["building_id"].isin(used)]
    listed = listed.assign(
        hope=listed["reason"].map({code: i for i, code in enumerate(_ADMISSION)}).astype(float),
        near=-listed["lacking"].fillna(0.0),
        early=-listed["year"],
    )
    key = ["building_id", "service_id", "module_id", "mode"]
    listed = listed.sort_values(["hope", "near", "early"], kind="stable")
    listed = listed.drop_duplicates(key, keep="last").sort_index()
    return _grouped(listed.astype(object), "building_id")


def _grouped(table: pd.DataFrame, key: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in table.to_dict("records"):
        groups.setdefault(filled(row[key]), []).append(row)
    return groups


def _answers(town: Town, building: Row, position: int) -> Iterator[Answer]:
    for module in town.listed.get(building["building_id"], []):
        yield (
            not_admitted(town, building, module)
            or _not_needed(town, module["service_id"], module["module_id"], position)
            or not_affordable(town, building, module)
            or _less_useful(town, building, module, position)
        )
    for service_id in town.staying.get(building["building_id"], []):
        yield _not_needed(town, service_id, KEEP, position) or Answer(
            reason="less_useful",
            hope=float("inf"),
            service_id=service_id,
            module_id=KEEP,
            text=f"closing {town.names[service_id]} here serves as much or more",
            text_zh=f"撤并此处{town.names_zh[service_id]}后服务量不减",
        )
    yield _NO_USE


def _not_needed(town: Town, service_id: str, module_id: str, position: int) -> Answer | None:
    minutes = f"{town.instance.limits_min[service_id]:g}"
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
    return Answer(
        reason=reason,
        hope=float(town.wanted[service_id][position]),
        service_id=service_id,
        module_id=module_id,
        text=text,
        text_zh=text_zh,
    )


def _less_useful(town: Town, building: Row, module: Row, position: int) -> Answer:
    instance, service_id = town.instance, str(module["service_id"])
    service, s = town.services[service_id], instance.settings.money
    room = module["capacity"] / NEED_GRID if module["capacity"] != UNLIMITED else float("inf")
    more = min(town.unserved[service_id][position], room)
    price, _ = price_of(town, building, module)
    need = max(instance.base_need[service_id], 1)
    value = float(service["weight"]) * more / need
    left = [(en, zh) for en, zh, _, cost, rest in limits_of(town, building, module) if cost > rest]
    if (building["building_id"], service_id, module["module_id"]) in town.given_up:
        why = "more than the worth set for what it would serve"
        why_zh = "超出其服务量对应的资金价值"
    elif left:
        why = f"more than is left of the {left[0][0]}, which does more elsewhere"
        why_zh = f"超出{left[0][1]}余额，资金用于效益更高的场所"
    else:
        why = "what is left would pay for it, so it lies within the plan's gap"
        why_zh = "余额可承担，属方案最优性间隙之内"
    return Answer(
        reason="less_useful",
        hope=value / max(price, 10.0**-s.decimals),
        service_id=service_id,
        module_id=module["module_id"],
        text=f"{town.names[service_id]} ({module['module_id']}) could serve at most {whole(more)} "
        f"more {unit_name(service['unit'], 'en')} for {money(price, s.decimals)} {s.unit}: {why}",
        text_zh=f"{town.names_zh[service_id]}（{module['module_id']}）至多再服务{whole(more)}"
        f"{unit_name(service['unit'], 'zh')}，需{money(price, s.decimals)}{s.unit}：{why_zh}",
    )
