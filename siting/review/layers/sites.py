"""The rows that reviewers fill in: one per use of a building and department."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.report.balance import place_zones
from siting.report.building_words import building_word
from siting.report.labels import (
    Lang,
    field_names,
    filled,
    in_lang,
    place_names,
    service_names,
    zone_names,
)
from siting.report.results import Results
from siting.review.fields import FIELDS
from siting.review.standing import STATES, Standing, State
from siting.review.verdicts import DECISIONS, Verdict

if TYPE_CHECKING:
    import geopandas as gpd

PRICES = ("price_low", "price_high", "price_says")
_POINT_DECIMALS = 6
_KEY = ["building_id", "service_id"]
_DTYPES = {"number": "float64", "whole": "Int64", "yes_no": "bool"}
_CONTESTED = {State.REJECTED, State.OTHER, State.OPEN}


def review_rows(
    results: Results,
    *,
    departments: Sequence[str],
    run_id: str = "",
    standings: Sequence[Standing] = (),
    prices: pd.DataFrame | None = None,
    lang: Lang = "en",
) -> gpd.GeoDataFrame:
    """Return what is laid before the reviewers, with all their fields still empty.

    One row per site that the plan newly opens and required department (one with an empty
    department where none is required), then one per use that was rejected, held or turned to
    another use in an earlier round and that this plan does not open. Several modules of one
    service in a building are one row.

    Parameters
    ----------
    results
        The plan, with its names in `lang`.
    run_id
        Name of the run, for every row.
    standings
        Where uses stand after the earlier rounds.
    prices
        ``building_id, service_id, price_low, price_high, price_says``, in shares of the score;
        shown in percentage points, empty without.

    Returns
    -------
    geopandas.GeoDataFrame
        The columns of `FIELDS` and the point of the building in the instance's CRS; text that is
        not known is None, except the department, which is part of the key.
    """
    import geopandas as gpd

    held = {(s.building_id, s.service_id): s for s in standings}
    sites = _sites(results, held, lang)
    if prices is not None and len(prices):
        known = prices.drop_duplicates(_KEY)[[*_KEY, *PRICES]]
        known = known.assign(
            **{
                name: (known[name].astype(float) * 100).round(_POINT_DECIMALS)
                for name in PRICES[:2]
            }
        )
        sites = sites.drop(columns=list(PRICES)).merge(known, on=_KEY, how="left")
    asked = pd.DataFrame({"department": list(departments) or [""]})
    rows = sites.drop(columns="department").merge(asked, how="cross")
    rows = rows.assign(run_id=run_id, instance_hash=results.solution.provenance.instance_hash)
    rows = pd.DataFrame({f.name: _typed(rows[f.name], f.type, f.name) for f in FIELDS})
    buildings = results.instance.buildings.set_index("building_id")[["x", "y"]].astype(float)
    own = buildings.loc[rows["building_id"]]
    points = gpd.points_from_xy(own["x"], own["y"])
    return gpd.GeoDataFrame(rows, geometry=points, crs=results.instance.settings.crs)


def _typed(column: pd.Series[Any], kind: str, name: str) -> pd.Series[Any]:
    if kind == "yes_no":
        return column.map(bool).astype("bool")
    if kind in _DTYPES:
        return pd.to_numeric(column).astype(_DTYPES[kind])
    empty = "" if name == "department" else None
    return pd.Series([filled(text) or empty for text in column], column.index, dtype=object)


def _sites(results: Results, held: Mapping[tuple[str, str], Standing], lang: Lang) -> pd.DataFrame:
    """Return one row per use: those that the plan opens, then those that it does not."""
    blank: dict[str, object] = {field.name: None for field in FIELDS}
    opened = [
        _opened(results, own, held.get((str(key[0]), str(key[1]))), lang)
        for key, own in results.chosen[results.chosen["status"] == "new"].groupby(_KEY, sort=False)
    ]
    chosen = {(row["building_id"], row["service_id"]) for row in opened}
    known = set(results.instance.buildings["building_id"])
    contested = [
        _contested(results, standing, lang)
        for key, standing in held.items()
        if key not in chosen and standing.state in _CONTESTED and key[0] in known
    ]
    facts = _facts(results, lang)
    rows = [{**blank, **facts[row["building_id"]], **row} for row in [*opened, *contested]]
    return pd.DataFrame(rows, columns=list(blank)).astype(object)


def _opened(
    results: Results, own: pd.DataFrame, standing: Standing | None, lang: Lang
) -> dict[str, Any]:
    """Return what is said of a use that the plan opens; `own` are its conversions."""
    last = results.planned.years[-1]
    at_end = own[own["until"] >= last]
    at_end = at_end if len(at_end) else own
    years = results.planned.settings.plan.yearly
    approval = in_lang(lang, "change of use needs approval", "用途变更须审批")
    to_check = field_names(";".join(dict.fromkeys(own["to_check"])), lang)
    checks = [approval if own["needs_approval"].any() else "", to_check]
    first = own.iloc[0]
    return {
        "building_id": first["building_id"],
        "service_id": first["service_id"],
        "service": first["service"],
        "module_id": " + ".join(dict.fromkeys(at_end["module_id"])),
        "state": _state(in_lang(lang, "Chosen", "选定"), standing, lang),
        "capacity": at_end["capacity"].astype(float).sum(skipna=False),
        "served": round(float(at_end["served"].sum()), 3),
        "people_new": round(float(own["people_new"].max())),
        "floor_area_m2": at_end["floor_area_m2"].sum(),
        "cost": round(float(own["cost"].sum()), results.planned.settings.money.decimals),
        "year": int(own["year"].min()) if years else None,
        "to_check": in_lang(lang, "; ", "；").join(filter(None, checks)),
        "earlier": said_so_far(standing, lang),
    }


def _contested(results: Results, standing: Standing, lang: Lang) -> dict[str, Any]:
    return {
        "building_id": standing.building_id,
        "service_id": standing.service_id,
        "service": service_names(results.instance, lang).get(
            standing.service_id, standing.service_id
        ),
        "state": _state(in_lang(lang, "Not chosen", "未选"), standing, lang),
        "earlier": said_so_far(standing, lang),
    }


def _facts(results: Results, lang: Lang) -> dict[str, dict[str, object]]:
    """Return what the instance says of each building."""
    instance = results.instance
    zones, called = place_zones(instance, instance.zone_kind), zone_names(instance, lang)
    names = place_names(instance)
    table = instance.buildings[
        ["building_id", "address", "owner", "title_status", "planned_use"]
    ].astype(object)
    coded = ("title_status", "planned_use")
    return {
        row["building_id"]: {
            **row,
            **{name: building_word(filled(row[name]), lang) for name in coded},
            "name": names[row["building_id"]],
            "zone": called[zones[row["building_id"]]],
        }
        for row in table.to_dict("records")
    }


def _state(chosen: str, standing: Standing | None, lang: Lang) -> str:
    if standing is None:
        return chosen
    return f"{chosen}{in_lang(lang, ': ', '：')}{in_lang(lang, *STATES[standing.state])}"


def said_so_far(standing: Standing | None, lang: Lang) -> str:
    """Return the verdicts that hold on a use, in words: who, what and why."""
    if standing is None:
        return ""
    return in_lang(lang, "; ", "；").join(_said(verdict, lang) for verdict in standing.verdicts)


def _said(verdict: Verdict, lang: Lang) -> str:
    decided = in_lang(lang, *DECISIONS[verdict.decision]) if verdict.decision else ""
    project = in_lang(lang, "project approved", "已立项") if verdict.commit else ""
    who = in_lang(lang, ", ", "，").join(
        filter(None, [verdict.department, verdict.reviewer, verdict.date])
    )
    what = in_lang(lang, ", ", "，").join(
        filter(None, [decided, project, verdict.reason, verdict.condition])
    )
    return in_lang(lang, ": ", "：").join(filter(None, [who, what]))


def is_chosen(rows: pd.DataFrame) -> np.ndarray:
    """Return which rows are of sites that the plan opens, as a mask."""
    return rows["module_id"].notna().to_numpy(bool)
