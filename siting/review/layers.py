"""The layers that reviewers get: sites, what was not chosen, who is served, what was checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from siting.report.geopackage import field_aliases
from siting.report.gpkg_layers import (
    allocation_layer,
    at_buildings,
    demand_layer,
    facilities_layer,
    not_chosen_layer,
    zones_layer,
)
from siting.report.labels import (
    Lang,
    in_lang,
    place_names,
    service_names,
    title,
    unit_name,
    value_label,
    whole,
)
from siting.report.tables import told
from siting.review.codes import choices
from siting.review.fields import FIELDS, LAYER
from siting.review.reach_areas import reach_areas
from siting.review.rule_checks import rule_checks
from siting.review.run import ReviewedRun

if TYPE_CHECKING:
    import geopandas as gpd

Shape = Literal["", "Point", "LineString", "MultiPolygon"]

RUNS = "siting_review"
"""Table of the runs that a file is about; what an import knows the file by."""

_WORDS: dict[str, tuple[Shape, str, str, str, str]] = {
    LAYER: (
        "Point", "Sites to review", "待审查场所",
        "One row per site and department: fill in the first fields, leave the others",
        "每处场所、每个部门一行：填写前面的审查字段，其余字段请勿修改",
    ),
    "candidates": (
        "Point", "Candidates not chosen, and why", "未选候选建筑及原因",
        "Buildings that the plan does not use, each with its most hopeful reason",
        "方案未选用的建筑，各附其最有希望的用途未入选的原因",
    ),
    "facilities": (
        "Point", "Existing facilities", "现有设施",
        "Facilities as they are today, and what the plan makes of them",
        "现状设施及其在方案中的去向",
    ),
    "demand": (
        "Point", "Demand, and what is served", "需求点及服务情况",
        "Where people live: share of need served today and in the plan, by whom, what is missing",
        "需求点：现状与规划服务率、由谁服务、未服务需求",
    ),
    "allocation": (
        "LineString", "Who is served where", "服务分配",
        "One straight line per demand point, service and place: the planner's best case, not ways",
        "每个需求点、服务和场所一条直线：规划最优分配，并非步行路线",
    ),
    "reach_areas": (
        "MultiPolygon", "Reach areas of chosen sites", "选定场所的服务范围",
        (
            "Drawn around the demand points within the standard of a chosen site, 60 m beyond the "
            "outermost: no isochrone, ways between the points were not measured"
        ),
        "围绕选定场所标准时间内的需求点勾画，外扩60米；并非等时圈，点间路径未作测量",
    ),
    "zones": (
        "MultiPolygon", "Zones, before and after", "分区服务水平（规划前后）",
        "Share of need served today and in the plan, people left without each service",
        "现状与规划服务率、各项服务的未服务人口",
    ),
    "rule_checks": (
        "", "Rules and scores, re-checked", "规则与得分核验",
        "Each rule and score, recomputed from the instance by separate code",
        "由独立代码根据实例重新计算的各条规则与得分",
    ),
    RUNS: ("", "Runs in this file", "本文件所含方案", "What the file is about", "本文件的来源信息"),
}  # fmt: skip

GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("To be reviewed", "审查", (LAYER, "sites")),
    ("The plan", "规划方案", ("candidates", "allocation", "reach_areas")),
    ("The town", "现状与分区", ("facilities", "demand", "zones")),
    ("Checked", "核验与来源", ("rule_checks", RUNS)),
)
"""Groups of the layer tree from the top: English, Chinese, layers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """One layer or table with what people are told of it.

    Attributes
    ----------
    table
        Its rows; with a column ``geometry`` where `shape` is not empty.
    title, description
        What it is called and what it is.
    aliases
        What people see above each field; no two alike.
    kinds
        Field types that the values do not show: ``day``, or ``time`` where a format has no days.
    choices
        Codes of a field with what people see for them.
    ranges
        Least and largest value of a field.
    """

    name: str
    table: pd.DataFrame
    shape: Shape
    title: str
    description: str
    aliases: Mapping[str, str]
    kinds: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def review_layers(run: ReviewedRun, rows: gpd.GeoDataFrame, lang: Lang) -> dict[str, Layer]:
    """Return the layers of a run's review, from the top; those without rows are left out.

    Parameters
    ----------
    rows
        As `siting.review.sites.review_rows` gives them.
    """
    tables: dict[str, Callable[[], pd.DataFrame]] = {
        "candidates": lambda: _candidates(run, lang),
        "facilities": lambda: _facilities(run, lang),
        "demand": lambda: _demand(run, lang),
        "allocation": lambda: _allocation(run, lang),
        "reach_areas": lambda: reach_areas(run),
        "zones": lambda: _zones(run),
        "rule_checks": lambda: rule_checks(run.plan.verification, lang),
    }
    layers = {LAYER: review_layer(rows, run, lang)}
    for name, make in tables.items():
        table = make().assign(run_id=run.run_id)
        if len(table):
            layers[name] = described(name, table, _aliases(table, run, lang), run, lang)
    return layers


def described(
    name: str, table: pd.DataFrame, aliases: Mapping[str, str], run: ReviewedRun, lang: Lang
) -> Layer:
    """Return a layer of `_WORDS` with what is made up in the data and whom it comes from."""
    shape, en, zh, about_en, about_zh = _WORDS[name]
    settings = run.results.instance.settings
    about = [in_lang(lang, about_en, about_zh), settings.synthetic, settings.credit]
    return Layer(
        name=name,
        table=table,
        shape=shape if "geometry" in table else "",
        title=in_lang(lang, en, zh),
        description=" · ".join(filter(None, about)),
        aliases=aliases,
    )


def review_layer(rows: gpd.GeoDataFrame, run: ReviewedRun, lang: Lang) -> Layer:
    """Return the layer that reviewers fill in."""
    plain = described(LAYER, rows, field_labels(run, lang), run, lang)
    coded = choices(run.results.instance, run.departments, lang)
    return Layer(
        **{name: getattr(plain, name) for name in ("name", "table", "shape", "title")},
        description=plain.description,
        aliases=plain.aliases,
        kinds={field.name: field.type for field in FIELDS},
        choices=coded,
        ranges={"extra_cost": (0.0, 1e12), "delay_years": (0, 50), "max_area_m2": (0.0, 1e9)},
    )


def field_labels(run: ReviewedRun, lang: Lang) -> dict[str, str]:
    """Return what people see above each field of the review."""
    money = run.results.instance.settings.money.unit
    units = {
        "money": (money, money),
        "years": ("years", "年"),
        "m2": ("m²", "m²"),
        "percentage points": ("percentage points", "百分点"),
    }
    labels = {}
    for f in FIELDS:
        unit = in_lang(lang, *units[f.unit]) if f.unit else ""
        brackets = in_lang(lang, f" ({unit})", f"（{unit}）") if unit else ""
        labels[f.name] = in_lang(lang, f.en, f.zh) + brackets
    return labels


def runs_table(
    runs: list[ReviewedRun], *, lang: Lang, crs: str, datum: str, department: str, public: bool
) -> pd.DataFrame:
    """Return one row per run of a file: where it comes from and what it reaches."""
    rows = []
    for run in runs:
        solution, provenance = run.solution, run.solution.provenance
        rows.append(
            {
                "run_id": run.run_id,
                "instance": provenance.instance,
                "title": title(run.results.instance, lang),
                "instance_hash": provenance.instance_hash,
                "base_hash": provenance.base_hash,
                "scenario": provenance.scenario or None,
                "round": run.round.number,
                "previous": run.round.previous or None,
                "objective": solution.objective,
                "bound": solution.bound,
                "gap": solution.gap,
                "today": solution.today,
                "cost": solution.cost["total"],
                "money_unit": run.instance.settings.money.unit,
                "sites": int((solution.chosen["status"] == "new").sum()),
                "lang": lang,
                "departments": " | ".join(run.departments) or None,
                "department": department or None,
                "crs": crs,
                "datum": datum or None,
                "public": public,
                "synthetic": run.results.instance.settings.synthetic or None,
                "credit": run.results.instance.settings.credit or None,
            }
        )
    return pd.DataFrame(rows)


def _candidates(run: ReviewedRun, lang: Lang) -> pd.DataFrame:
    table = not_chosen_layer(run.results)
    text, other = ("text_zh", "text") if lang == "zh" else ("text", "text_zh")
    names = service_names(run.results.instance, lang)
    table = table.drop(columns=other).rename(columns={text: "text"})
    labels = table["reason"].map(lambda reason: value_label(reason, lang))
    return table.assign(
        reason_label=labels, service=table["service_id"].map(lambda s: names.get(s, s))
    )


def _facilities(run: ReviewedRun, lang: Lang) -> pd.DataFrame:
    """Return existing facilities, and places that are committed already."""
    import geopandas as gpd

    results, instance = run.results, run.results.instance
    kept = set(results.chosen.loc[results.chosen["status"] == "keep", "building_id"])
    changing = instance.facilities["building_id"]
    fate = [
        in_lang(lang, "stays", "保留")
        if pd.isna(building) or building in kept
        else in_lang(lang, "gives way to another use", "让出作他用")
        for building in changing
    ]
    layer = facilities_layer(results)
    layer.insert(3, "building_id", changing.to_numpy())
    layer["fate"] = fate
    committed = results.chosen[results.chosen["status"] == "committed"]
    if committed.empty:
        return layer
    own = at_buildings(told(committed, results.planned), results)
    own = own.assign(fate=in_lang(lang, "committed, to be built", "已定，待实施"))
    own["facility_id"] = own["building_id"]
    return gpd.GeoDataFrame(
        pd.concat([layer, own[layer.columns]], ignore_index=True), crs=layer.crs
    )


def _demand(run: ReviewedRun, lang: Lang) -> pd.DataFrame:
    """Return the demand points with who serves them in words."""
    layer = demand_layer(run.results)
    place = layer.columns.get_loc("share_plan") + 1
    layer.insert(place, "served_by", served_by(run, layer["demand_id"], set(), lang))
    return layer


def served_by(
    run: ReviewedRun, demand_ids: pd.Series[Any], hidden: set[str], lang: Lang
) -> list[str | None]:
    """Return who serves each demand point: ``Clinic: Old office 300; ...``.

    Parameters
    ----------
    hidden
        Places that are not named.
    """
    instance = run.results.instance
    names, places = service_names(instance, lang), place_names(instance)
    served = run.results.at_end.service
    served = served[(served["place_id"] != "") & ~served["place_id"].isin(hidden)]
    key = ["demand_id", "service_id", "place_id"]
    amounts = served.groupby(key, as_index=False)["amount"].sum()
    colon, comma = in_lang(lang, ": ", "："), in_lang(lang, ", ", "、")
    said: dict[str, dict[str, list[str]]] = {}
    rows = zip(*(amounts[c] for c in [*key, "amount"]), strict=True)
    for demand_id, service_id, place_id, amount in rows:
        listed = said.setdefault(demand_id, {}).setdefault(service_id, [])
        listed.append(f"{places[place_id]} {whole(amount)}")
    texts = {
        demand_id: in_lang(lang, "; ", "；").join(
            f"{names[s]}{colon}{comma.join(listed)}" for s, listed in by_service.items()
        )
        for demand_id, by_service in said.items()
    }
    return [texts.get(demand_id) for demand_id in demand_ids]


def _allocation(run: ReviewedRun, lang: Lang) -> pd.DataFrame:
    layer = allocation_layer(run.results)
    instance = run.results.instance
    names, places = service_names(instance, lang), place_names(instance)
    units = {
        str(s["service_id"]): unit_name(s["unit"], lang)
        for s in instance.services.to_dict("records")
    }
    layer.insert(2, "service", layer["service_id"].map(names))
    layer.insert(4, "place", layer["place_id"].map(places))
    layer.insert(6, "unit", layer["service_id"].map(units))
    return layer


def _zones(run: ReviewedRun) -> pd.DataFrame:
    """Return the zones, all of them as shapes of several parts."""
    import shapely

    layer = zones_layer(run.results)
    if "geometry" not in layer:
        return layer
    parts = [shapely.get_parts(shape) for shape in layer["geometry"]]
    return layer.assign(geometry=[shapely.multipolygons(list(part)) for part in parts])


_EXTRA: dict[str, tuple[str, str]] = {
    "run_id": ("Run", "方案编号"),
    "reason_label": ("Reason in words", "未选原因"),
    "text": ("Explanation", "说明"),
    "served_by": ("Served by", "由谁服务"),
    "fate": ("In the plan", "规划去向"),
    "points": ("Demand points", "需求点数"),
    "rule": ("Rule", "规则编号"),
    "rule_title": ("What is checked", "核验内容"),
    "rule_title_en": ("What is checked (English)", "核验内容（英文）"),
    "rule_title_zh": ("What is checked (Chinese)", "核验内容（中文）"),
    "passed": ("Kept", "是否符合"),
    "amount": ("By how much it is broken", "超出数量"),
    "place": ("Where", "位置"),
}


def _aliases(table: pd.DataFrame, run: ReviewedRun, lang: Lang) -> dict[str, str]:
    extra = {name: words for name, words in _EXTRA.items() if name in table}
    if "demand_id" in table or "facility_id" in table:
        extra.pop("amount", None)
        extra.pop("place", None)
    plain = field_aliases(run.results, table.drop(columns=list(extra)))
    aliases: dict[str, str] = {}
    for name in table.columns.drop("geometry", errors="ignore"):
        alias = in_lang(lang, *extra[name]) if name in extra else plain[name]
        aliases[name] = f"{alias} [{name}]" if alias in aliases.values() else alias
    return aliases
