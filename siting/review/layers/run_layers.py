"""The layers that reviewers get: sites, what was not chosen, who is served, what was checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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
from siting.review.layers.layer import Layer, described
from siting.review.layers.reach_areas import reach_areas
from siting.review.layers.rule_checks import rule_checks
from siting.review.run import ReviewedRun

if TYPE_CHECKING:
    import geopandas as gpd


def review_layers(run: ReviewedRun, rows: gpd.GeoDataFrame, lang: Lang) -> dict[str, Layer]:
    """Return the layers of a run's review, from the top; those without rows are left out.

    Parameters
    ----------
    rows
        As `siting.review.layers.sites.review_rows` gives them.
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
