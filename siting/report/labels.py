"""Words, headings and numbers as people see them, in both languages."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

from siting.instance.instance import Instance
from siting.instance.tables import BUILDINGS, TABLES

Lang = Literal["en", "zh"]
"""Language of what people see."""

HeadingKind = Literal["text", "name", "long", "whole", "money", "share", "number", "tenth"]


@dataclass(frozen=True)
class Heading:
    """What people see above a column.

    Attributes
    ----------
    en, zh
        The heading; the unit follows in brackets.
    kind
        How cells are shown: `name` and `long` are wrapped, `whole` has no decimals,
        `tenth` one.
    unit
        Unit of the values; ``money`` stands for the instance's money unit.
    """

    en: str
    zh: str
    kind: HeadingKind = "text"
    unit: str = ""
    unit_zh: str = ""

    def text(self, lang: Lang, money_unit: str) -> str:
        """Return the heading with its unit."""
        name, unit = (self.zh, self.unit_zh or self.unit) if lang == "zh" else (self.en, self.unit)
        unit = money_unit if unit == "money" else unit
        if not unit:
            return name
        return f"{name}（{unit}）" if lang == "zh" else f"{name} ({unit})"


HEADINGS: dict[str, Heading] = {
    "acquisition": Heading("Acquisition", "取得费", "money", "money"),
    "acquisition_cost": Heading("Acquisition", "取得费", "money", "money"),
    "added": Heading("Added by the plan", "规划新增", "number"),
    "address": Heading("Address", "地址", "name"),
    "agency": Heading("Responsible agency", "责任单位"),
    "area": Heading("Area", "片区编号"),
    "area_name": Heading("Community", "社区", "name"),
    "area_share": Heading("Share of the community", "占社区比例", "share"),
    "available": Heading("Available", "可用资金", "money", "money"),
    "base_people": Heading("People behind the base value", "基期人口", "whole"),
    "base_value": Heading("Base value", "基期值", "number"),
    "base_year": Heading("Base year", "基期年份"),
    "below_min_load": Heading("Below minimum load", "低于最低负荷"),
    "benefit": Heading("Expected social benefit", "预期社会效益", "long"),
    "binding": Heading("Binding", "约束性"),
    "budget": Heading("Budget", "预算", "money", "money"),
    "building_id": Heading("Building", "建筑编号"),
    "calibre": Heading("What is counted", "统计口径", "long"),
    "capacity": Heading("Capacity", "容量", "whole"),
    "carried_over": Heading("Carried over", "结转下年", "money", "money"),
    "change": Heading("Change", "变化", "tenth"),
    "class": Heading("Class of building", "建筑类别"),
    "closings": Heading("Closed", "关闭数", "whole"),
    "comparison": Heading("Floor or ceiling", "比较"),
    "content": Heading("Size and content", "建筑规模及内容", "long"),
    "cost": Heading("Capital cost", "总投资", "money", "money"),
    "dear": Heading("In the upper quarter", "高于上四分位"),
    "demand_id": Heading("Demand point", "需求点"),
    "distance_m": Heading("Straight line", "直线距离", "whole", "m", "米"),
    "equipment": Heading("Equipment", "设备费", "money", "money"),
    "equipment_cost": Heading("Equipment", "设备费", "money", "money"),
    "facility": Heading("Facility", "设施", "name"),
    "facility_id": Heading("Facility", "设施编号"),
    "floor_area_m2": Heading("Floor area", "建筑面积", "whole", "m²"),
    "gap": Heading("Gap", "缺口", "whole"),
    "hard": Heading("Must be met", "须达到"),
    "heading": Heading("Heading", "类别", "name"),
    "hub": Heading("Hub", "中心机构", "name"),
    "hub_id": Heading("Hub id", "中心编号"),
    "hub_service": Heading("Service of the hub", "中心服务"),
    "index_plan": Heading("Index, plan", "规划后指数", "tenth"),
    "index_today": Heading("Index today", "现状指数", "tenth"),
    "investment": Heading("Total investment", "总投资", "money", "money"),
    "link_id": Heading("Link", "关联"),
    "load": Heading("Load", "负荷", "whole"),
    "location": Heading("Location", "建设地点", "name"),
    "minutes": Heading("On foot", "步行", "tenth", "min", "分钟"),
    "mode": Heading("Mode", "取得方式"),
    "module_id": Heading("Module", "规模模块"),
    "name": Heading("Name", "名称", "name"),
    "need": Heading("Need", "需求量", "whole"),
    "need_first": Heading("Need, first year", "首年需求量", "whole"),
    "need_last": Heading("Need, last year", "末年需求量", "whole"),
    "needs_approval": Heading("Needs approval", "需审批"),
    "open_places": Heading("Open places", "开放场所数", "whole"),
    "open_plan": Heading("Places in the plan", "规划设施数", "whole"),
    "open_today": Heading("Places today", "现状设施数", "whole"),
    "openings": Heading("Opened", "新开数", "whole"),
    "over": Heading("Above capacity", "超出容量", "whole"),
    "owner": Heading("Owner", "产权单位"),
    "people": Heading("People", "人数", "whole"),
    "people_new": Heading("People newly within the standard", "新增达标覆盖人口", "whole"),
    "people_within_plan": Heading("People within the standard, plan", "规划达标人口", "whole"),
    "people_within_today": Heading("People within the standard today", "现状达标人口", "whole"),
    "place": Heading("Place", "设施或建筑", "name"),
    "place_id": Heading("Place id", "地点编号"),
    "plan_value": Heading("With the plan", "规划后", "number"),
    "private_cost": Heading("Private money beside", "社会资金（另计）", "money", "money"),
    "project": Heading("Project", "项目名称", "name"),
    "pupils": Heading("Pupils", "学生数", "whole"),
    "rank": Heading("Rank", "次序"),
    "ratio": Heading("Load / capacity", "负荷率", "share"),
    "reason": Heading("Reason", "原因"),
    "rent": Heading("Rent", "租金", "money", "money"),
    "rent_cost": Heading("Rent over the plan", "规划期租金", "money", "money"),
    "seq": Heading("No.", "序号"),
    "served": Heading("Need served", "服务量", "whole"),
    "served_new": Heading("Newly served", "新增服务量", "whole"),
    "served_plan": Heading("Served by the plan", "规划服务量", "whole"),
    "served_today": Heading("Served today", "现状服务量", "whole"),
    "service": Heading("Service", "服务"),
    "service_id": Heading("Service id", "服务编号"),
    "share": Heading("Share served", "服务率", "share"),
    "share_plan": Heading("Share served, plan", "规划服务率", "share"),
    "share_today": Heading("Share served today", "现状服务率", "share"),
    "shortfall": Heading("Shortfall", "缺口", "number"),
    "shortfall_share": Heading("Shortfall / target", "缺口比例", "share"),
    "site": Heading("Site no.", "图中编号"),
    "sites": Heading("New sites", "新增场所", "whole"),
    "spent": Heading("Spent", "支出", "money", "money"),
    "standard_min": Heading("Standard", "标准", "whole", "min", "分钟"),
    "station": Heading("Station", "站点", "name"),
    "station_id": Heading("Station id", "站点编号"),
    "status": Heading("Status", "状态"),
    "supply": Heading("Supply (capacity)", "供给（容量）", "whole"),
    "target_id": Heading("Indicator", "指标"),
    "text": Heading("Explanation", "说明（英文）", "long"),
    "text_zh": Heading("Explanation (Chinese)", "说明", "long"),
    "to_check": Heading("To be checked", "待核查", "long"),
    "unit": Heading("Unit", "单位"),
    "unit_cost": Heading("Cost per unit newly served", "单位新增服务成本", "number", "money"),
    "until": Heading("Open until", "使用至"),
    "unused": Heading("Unused capacity", "闲置容量", "whole"),
    "unused_share": Heading("Share unused", "闲置比例", "share"),
    "utilisation": Heading("Used", "使用率", "share"),
    "value": Heading("Target", "目标值", "number"),
    "value_today": Heading("Score today", "现状得分", "share"),
    "without_plan": Heading("People without service, plan", "规划未服务人口", "whole"),
    "without_share": Heading("Share without service", "未服务比例", "share"),
    "without_today": Heading("People without service today", "现状未服务人口", "whole"),
    "works": Heading("Works", "工程费", "money", "money"),
    "works_cost": Heading("Works", "工程费", "money", "money"),
    "yard_m2": Heading("Yard", "场地面积", "whole", "m²"),
    "year": Heading("Year", "年份"),
    "yearly_cost": Heading("Running cost per year", "年运行费", "money", "money"),
    "zone": Heading("Zone", "分区"),
    "zone_id": Heading("Zone id", "分区编号"),
}
"""Heading of every column of the results."""

_VALUES: dict[str, tuple[str, str]] = {
    "agreed": ("agreed", "同意"),
    "at_least": ("at least", "不小于"),
    "at_most": ("at most", "不大于"),
    "already_served": ("already served", "需求已满足"),
    "clear": ("clear", "清晰"),
    "committed": ("committed", "已定"),
    "disputed": ("disputed", "有争议"),
    "false": ("no", "否"),
    "forbidden": ("forbidden", "禁止"),
    "keep": ("kept as it is", "保留"),
    "less_useful": ("less useful", "效益较低"),
    "new": ("new", "新增"),
    "nobody_in_reach": ("nobody in reach", "服务范围内无需求"),
    "not_affordable": ("not affordable", "资金不足"),
    "none": ("none", "无"),
    "not_eligible": ("not eligible", "不符合条件"),
    "open": ("open", "待定"),
    "refused": ("refused", "拒绝"),
    "too_small": ("too small", "规模不足"),
    "true": ("yes", "是"),
}

_UNITS: dict[str, tuple[str, str]] = {
    "bed": ("beds", "床位"),
    "day place": ("day places", "日间照料名额"),
    "facility": ("facilities", "处"),
    "meal": ("meals", "份餐"),
    "meal per day": ("meals per day", "份餐/日"),
    "nursery place": ("nursery places", "托位"),
    "person": ("people", "人"),
    "person listed": ("people listed", "签约人"),
    "place": ("places", "名额"),
    "school place": ("school places", "学位"),
    "space": ("spaces", "车位"),
    "visit": ("visits", "人次"),
}

WHOLE_TOWN: dict[Lang, str] = {"en": "Whole area", "zh": "全区"}
NO_ZONE: dict[Lang, str] = {"en": "(no zone)", "zh": "（未分区）"}
NO_AGENCY: dict[Lang, str] = {"en": "(no agency)", "zh": "（未指定）"}


def in_lang(lang: Lang, en: str, zh: str) -> str:
    """Return the text of a language."""
    return zh if lang == "zh" else en


def value_label(value: object, lang: Lang) -> str:
    """Return what people see for a code or a yes/no; other text stays."""
    if isinstance(value, bool):
        return ({"zh": "是", "en": "yes"} if value else {"zh": "", "en": ""})[lang]
    en, zh = _VALUES.get(str(value), (str(value), str(value)))
    return zh if lang == "zh" else en


def unit_name(unit: str, lang: Lang) -> str:
    """Return a service's unit after a number; a unit not known here stays as it is."""
    en, zh = _UNITS.get(unit, (unit, unit))
    return zh if lang == "zh" else en


def field_name(field: str, lang: Lang) -> str:
    """Return a column of `buildings` in words."""
    column = BUILDINGS.column(field)
    return column.alias_zh if lang == "zh" and column else field.replace("_", " ")


def field_names(fields: str, lang: Lang) -> str:
    """Return several building columns, separated by ``;``, in words."""
    separator = "、" if lang == "zh" else ", "
    return separator.join(field_name(f, lang) for f in fields.split(";") if f)


def service_names(instance: Instance, lang: Lang) -> dict[str, str]:
    """Return the name of each service by id."""
    return _names(instance.services, "service_id", lang)


def zone_names(instance: Instance, lang: Lang) -> dict[str, str]:
    """Return the name of each zone by id; the empty id stands for no zone."""
    nowhere = NO_ZONE if instance.zone_kind else WHOLE_TOWN
    return {"": nowhere[lang]} | _names(instance.zones, "zone_id", lang)


def place_names(instance: Instance) -> dict[str, str]:
    """Return the name of each building and facility by id; the id where it has none."""
    b, f = instance.buildings, instance.facilities
    ids = [*b["building_id"], *f["facility_id"]]
    return {str(i): filled(n) or str(i) for i, n in zip(ids, [*b["name"], *f["name"]], strict=True)}


def title(instance: Instance, lang: Lang) -> str:
    """Return the instance's title; its name where it has none."""
    s = instance.settings
    return (s.title_zh if lang == "zh" else s.title) or s.title or s.title_zh or instance.name


def scenario_title(instance: Instance, lang: Lang) -> str:
    """Return the title of the scenario that was applied, and what was changed beside it.

    Empty for none.
    """
    words = instance.scenario.split("+")
    changes: list[str] = []
    while words and (said := _change(words[-1], lang)):
        changes.insert(0, said)
        words.pop()
    name = "+".join(words)
    scenario = instance.settings.scenarios.get(name)
    if scenario is not None:
        name = (scenario.title_zh if lang == "zh" else scenario.title) or name
    return in_lang(lang, ", ", "，").join(filter(None, [name, *changes]))


_CHANGES: dict[str, tuple[str, str]] = {
    "budget": ("budget {}", "预算 {}"),
    "give_up": ("{}% given up for the worst-served zone", "为最差分区让出{}%"),
    "nearer": ("{}% given up to walk less", "为就近服务让出{}%"),
    "people": ("people × {}", "人口 × {}"),
    "prices": ("prices × {}", "价格 × {}"),
    "round": ("round {}", "第{}轮"),
    "standards": ("standards × {}", "标准 × {}"),
}
"""What cases change beside their scenario, as their names say it."""


_DIGITS = 6


def _change(word: str, lang: Lang) -> str:
    """Return ``people=0.9`` in words; nothing where it is no change."""
    key, _, value = word.partition("=")
    if key not in _CHANGES:
        return ""
    try:
        return in_lang(lang, *_CHANGES[key]).format(money(float(value), _DIGITS))
    except ValueError:
        return ""


_HAN = re.compile("[\u4e00-\u9fff]")

BILINGUAL = " · "
"""Separates the Chinese from the English of a text that is given in both."""


def spoken(text: str, lang: Lang) -> str:
    """Return the reader's part of a text given as ``中文 · English``; other text stays."""
    parts = text.split(BILINGUAL)
    if len(parts) != len(get_args(Lang)):
        return text
    chinese = [bool(_HAN.search(part)) for part in parts]
    if chinese == [True, False]:
        return parts[lang == "en"]
    return parts[lang == "zh"] if chinese == [False, True] else text


def for_reader(instance: Instance, lang: Lang) -> Instance:
    """Return the instance with every text that is given in both languages in the reader's."""
    tables = {
        name: table.assign(
            **{
                column.name: table[column.name].map(
                    lambda text: spoken(text, lang) if isinstance(text, str) else text
                )
                for column in TABLES[name].columns
                if column.type == "text" and column.name in table
            }
        )
        for name, table in instance.tables.items()
        if name in ("services", "buildings", "facilities", "targets")
    }
    settings = instance.settings
    agencies = {spoken(agency, lang): limit for agency, limit in settings.budget.agencies.items()}
    budget = settings.budget.model_copy(update={"agencies": agencies})
    changes = {"budget": budget, "synthetic": spoken(settings.synthetic, lang)}
    return instance.replace(settings=settings.model_copy(update=changes), **tables)


def filled(value: object) -> str:
    """Return a cell as text; empty where nothing is known."""
    return "" if value is None or pd.isna(value) else str(value)


def number(value: float | None, unknown: float = math.nan) -> float:
    """Return a cell as a number; `unknown` where nothing is known."""
    return unknown if value is None or pd.isna(value) else float(value)


def whole(value: float) -> str:
    """Return a number without decimals: ``1,234``; a dash where it is not finite."""
    return f"{value:,.0f}" if math.isfinite(value) else "–"


def money(value: float, decimals: int) -> str:
    """Return an amount with at most `decimals` decimals: ``1,234.5``."""
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(value: float) -> str:
    """Return a share as ``83.2%``; a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.1%}"


def percent_up(value: float) -> str:
    """Return a gap as ``0.81%``, rounded up so that it never claims too much."""
    hundredths = math.ceil(round(value * 10_000, 6))
    return f"{hundredths / 100:.2f}%"


def _names(frame: pd.DataFrame, key: str, lang: Lang) -> dict[str, str]:
    first, second = ("name_zh", "name") if lang == "zh" else ("name", "name_zh")
    rows = zip(frame[key], frame[first], frame[second], strict=True)
    return {str(i): filled(a) or filled(b) or str(i) for i, a, b in rows}
