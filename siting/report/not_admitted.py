"""Why a conversion may not be chosen at all, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from siting.instance.cells import items_of
from siting.report.answers import LANGS, Answer, Condition, Row, Town, called
from siting.report.labels import (
    Lang,
    field_name,
    filled,
    in_lang,
    number,
    unit_name,
    value_label,
    whole,
)

_COMPARISONS = {
    "at_least": ("at least", "不小于"),
    "at_most": ("at most", "不大于"),
    "equals": ("equal to", "等于"),
    "one_of": ("one of", "属于"),
}


def not_admitted(town: Town, building: Row, module: Row) -> Answer | None:
    """Return the answer of the admission rule that keeps a conversion out, if any."""
    match module["reason"]:
        case "":
            return None
        case "forbidden":
            return _forbidden(town, building, module)
        case "not_eligible":
            return Answer(
                reason="not_eligible",
                hope=0.0,
                text=f"its class ({building['class']}) may become none of the services",
                text_zh=f"其建筑类别（{building['class']}）不得转换为任何服务",
            )
        case "too_small":
            return _too_small(town, building, module)
    words = {
        "unsuitable": _unsuitable,
        "not_planned": _not_planned,
        "not_available": _not_available,
        "too_large": _too_large,
        "not_approved": _not_approved,
        "too_few_people": _too_few_people,
    }[module["reason"]]
    service_id = module["service_id"]
    text, text_zh = (words(town, building, module, lang) for lang in LANGS)
    few = module["reason"] == "too_few_people"
    return Answer(
        reason="nobody_in_reach" if few else "not_eligible",
        hope=1.0 / (1.0 + float(town.services[service_id]["rank"])),
        service_id=service_id,
        module_id=module["module_id"],
        text=text,
        text_zh=text_zh,
    )


def _forbidden(town: Town, building: Row, module: Row) -> Answer:
    locks = [
        lock
        for lock in town.locks.get(building["building_id"], [])
        if filled(lock["service_id"]) in ("", module["service_id"])
        and filled(lock["module_id"]) in ("", module["module_id"])
    ]
    lock = locks[0]
    source = filled(lock["source"])
    return Answer(
        reason="forbidden",
        hope=0.0,
        service_id=filled(lock["service_id"]),
        module_id=filled(lock["module_id"]),
        text="a lock forbids it" + (f" ({source})" if source else ""),
        text_zh="锁定为禁止" + (f"（{source}）" if source else ""),
    )


def _unsuitable(town: Town, building: Row, module: Row, lang: Lang) -> str:
    name = in_lang(lang, town.names[module["service_id"]], town.names_zh[module["service_id"]])
    for condition in _conditions(town, module):
        if town.fails(building["building_id"], condition):
            return _unmet(name, building, condition, lang)
    field = field_name(module["field"], lang)
    return in_lang(lang, f"{name}: {field} does not suit", f"{name}：{field}不符合条件")


def _not_planned(town: Town, building: Row, module: Row, lang: Lang) -> str:
    names = town.names_zh if lang == "zh" else town.names
    uses = in_lang(lang, ", ", "、").join(
        names.get(s, s) for s in items_of(building["allowed_services"])
    )
    return in_lang(
        lang,
        f"its planned use allows only {uses}, not {names[module['service_id']]}",
        f"规划用途仅允许{uses}，不含{names[module['service_id']]}",
    )


def _not_available(town: Town, building: Row, module: Row, lang: Lang) -> str:
    what = called(town, module, lang)
    plan = town.instance.settings.plan
    last_opening = town.services[module["service_id"]]["last_opening_year"]
    opening = module["year"] if plan.yearly else (plan.start_year or 1) + plan.years - 1
    earliest = int(opening + module["lacking"])
    end = town.instance.years[-1] if plan.yearly else opening
    if plan.yearly and not pd.isna(last_opening) and earliest <= end:
        return in_lang(
            lang,
            f"{what} may open only up to {int(last_opening)}, before it could here",
            f"{what}仅可于{int(last_opening)}年前开放，此处届时尚不可用",
        )
    delay = int(np.ceil(float(module["delay_years"])))
    free = building["available_from_year"]
    why = ""
    if not pd.isna(free):
        why = in_lang(lang, f" (free from {int(free)})", f"（{int(free)}年起可用）")
    elif delay:
        why = in_lang(lang, f" (approval takes {delay} years)", f"（审批需{delay}年）")
    why += _in_approval(town, module, "delay_years", lang)
    return in_lang(
        lang,
        f"{what} could not open here before {earliest}{why}; the plan ends with {end}",
        f"{what}最早{earliest}年方可在此开放{why}，规划期至{end}年",
    )


def _too_large(town: Town, building: Row, module: Row, lang: Lang) -> str:
    del building
    most = whole(float(town.services[module["service_id"]]["site_max_m2"]))
    area, what = whole(float(module["floor_area_m2"])), called(town, module, lang)
    return in_lang(
        lang,
        f"{what} takes {area} m²; one site may have at most {most} m²",
        f"{what}需{area}平方米，单处上限为{most}平方米",
    )


def _not_approved(town: Town, building: Row, module: Row, lang: Lang) -> str:
    del building
    area = float(module["floor_area_m2"])
    most, what = whole(area - float(module["lacking"])), called(town, module, lang)
    said = _in_approval(town, module, "max_area_m2", lang)
    return in_lang(
        lang,
        f"{what} takes {whole(area)} m²; its approval allows at most {most} m²{said}",
        f"{what}需{whole(area)}平方米，附加条件限{most}平方米以内{said}",
    )


def _in_approval(town: Town, module: Row, column: str, lang: Lang) -> str:
    """Return the words of the conditions that say something under a column, in brackets."""
    if not town.instance.rule_on("conditions"):
        return ""
    said = [
        filled(row["condition"])
        for row in town.approvals.get(module["building_id"], [])
        if filled(row["service_id"]) in ("", module["service_id"]) and number(row[column], 0.0) > 0
    ]
    words = in_lang(lang, "; ", "；").join(dict.fromkeys(filter(None, said)))
    return in_lang(lang, f" ({words})", f"（{words}）") if words else ""


def _too_few_people(town: Town, building: Row, module: Row, lang: Lang) -> str:
    del building
    service = town.services[module["service_id"]]
    missing = f"{whole(np.ceil(float(module['lacking'])))} "
    unit, what = unit_name(service["unit"], lang), called(town, module, lang)
    return in_lang(
        lang,
        f"too little need within reach for {what}: {missing}{unit} are missing",
        f"{what}服务范围内需求不足，尚缺{missing.strip()}{unit}",
    )


def _too_small(town: Town, building: Row, module: Row) -> Answer:
    is_yard = module["field"] == "yard_m2"
    asked = float(module["yard_m2" if is_yard else "floor_area_m2"])
    lacking = float(module["lacking"])
    what, what_zh = ("yard", "场地") if is_yard else ("floor area", "建筑面积")
    if not is_yard and building["building_id"] in set(town.instance.spaces["building_id"]):
        what, what_zh = "floor area in the spaces that suit", "适用空间面积"
    service_id = module["service_id"]
    return Answer(
        reason="too_small",
        hope=-lacking,
        service_id=service_id,
        module_id=module["module_id"],
        text=f"{called(town, module, 'en')} needs {whole(asked)} m² of {what}; "
        f"{whole(np.ceil(lacking))} m² are missing",
        text_zh=f"{called(town, module, 'zh')}需{what_zh}{whole(asked)}平方米，"
        f"尚缺{whole(np.ceil(lacking))}平方米",
    )


def _unmet(service: str, building: Row, condition: Condition, lang: Lang) -> str:
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


def _conditions(town: Town, module: Row) -> Iterator[Condition]:
    """Yield field, comparison and value of the conditions on the building of a module."""
    for service_id in (module["service_id"], ""):
        for row in town.suitability.get(service_id, []):
            if filled(row["module_id"]) in ("", module["module_id"]):
                yield str(row["field"]), str(row["comparison"]), str(row["value"])
    if filled(module["own_entrance"]) == "True":
        yield "independent_access", "equals", "true"


def _in_words(value: object, lang: Lang) -> str:
    options = [value_label(option.strip(), lang) for option in _as_text(value).split("|")]
    return in_lang(lang, " or ", "或").join(options)


def _as_text(value: object) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)
