"""sites.docx: one page per site, for those who decide on it at a desk."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from siting.instance.tables import BUILDINGS
from siting.report.balance import of_services
from siting.report.building_words import building_word
from siting.report.labels import (
    HEADINGS,
    Lang,
    field_name,
    filled,
    in_lang,
    money,
    service_names,
    share,
    title,
    unit_name,
    whole,
)
from siting.review.layers.layer import Layer
from siting.review.run import ReviewedRun
from siting.review.sheets import word
from siting.review.sheets.site_map import SiteMaps
from siting.review.sheets.who_gains import who_gains

log = logging.getLogger(__name__)

_TITLE = ("owner", "owner_level", "owner_consent", "title_status", "heritage_level")
_USE = ("class", "land_use", "planned_use", "available_from_year")
_STRUCTURE = (
    "floor_area_m2", "yard_m2", "basement_area_m2", "floors", "year_built", "seismic_category",
    "fire_grade", "lift", "independent_access", "winter_sun_h",
)  # fmt: skip
_UNITS = {"m2": ("m²", "平方米"), "h": ("h", "小时")}
_OFTEN_NONE = ("yard_m2", "basement_area_m2")
_LEFT_CM = 9.6
_PICTURE_CM = 7.4
_MONEY = ("works_cost", "equipment_cost", "acquisition_cost", "rent_cost", "cost", "yearly_cost")


def write_site_pages(
    path: Path, run: ReviewedRun, review: Layer, hidden: Collection[str], lang: Lang
) -> None:
    """Write a page for every building that the plan newly uses, in the order of the map's numbers.

    Title, present and planned use, structure, area, money, who gains, what a rejection costs and
    what was said so far.

    Parameters
    ----------
    review
        The layer that reviewers fill in, for what it says of prices and verdicts.
    hidden
        Buildings of which nothing may say where they are or whose.
    """
    results = run.results
    planned = results.planned
    called = title(planned, lang)
    rounds = in_lang(lang, f"round {run.round.number}", f"第{run.round.number}轮")
    settings = planned.settings
    header = " · ".join(filter(None, [called, f"{run.run_id}", rounds, settings.synthetic]))
    document = word.new_document(lang, called, header, settings.credit)
    new = results.chosen[results.chosen["status"] == "new"]
    said = review.table.drop_duplicates(["building_id", "service_id"])
    buildings = results.instance.buildings.set_index("building_id")
    maps = SiteMaps(results.instance, results.at_end)
    pages = new["building_id"].nunique()
    for number, (key, uses) in enumerate(new.groupby("building_id", sort=False)):
        log.info("writing page %d of %d ...", number + 1, pages)
        building_id = str(key)
        secret = building_id in hidden
        first = uses.iloc[0]
        heading = document.add_heading(
            f"{first['site']}  {building_id if secret else first['name']}", level=1
        )
        heading.paragraph_format.page_break_before = number > 0
        where = [building_id, first["zone"], "" if secret else first["address"]]
        document.add_paragraph(" · ".join(filter(None, where)))
        left, right = word.side_by_side(document, _LEFT_CM)
        known = _facts(buildings.loc[building_id], lang, secret=secret)
        word.facts(left, known, _LEFT_CM - 0.4)
        if not secret:
            word.picture(right, maps.draw(building_id), _PICTURE_CM)
        _uses(document, run, uses, lang)
        _money(document, run, uses, lang)
        _gains(document, run, building_id, lang)
        _said(document, said[said["building_id"] == building_id], lang)
    document.save(str(path))


def _facts(building: pd.Series[Any], lang: Lang, *, secret: bool) -> list[tuple[str, str]]:
    names = [*_USE, *(() if secret else _TITLE), *_STRUCTURE]
    rows = []
    for name in names:
        value = building[name]
        if value is None or pd.isna(value) or value == "" or (name in _OFTEN_NONE and value == 0):
            continue
        label = field_name(name, lang).removesuffix(" m2").removesuffix(" h")
        rows.append((label.capitalize(), _shown(name, value, lang)))
    return rows


def _shown(name: str, value: Any, lang: Lang) -> str:
    column = BUILDINGS.column(name)
    kind = column.type if column else "text"
    if kind == "boolean":
        return in_lang(lang, *(("yes", "是") if value else ("no", "否")))
    if kind == "number":
        unit = in_lang(lang, *_UNITS.get(column.unit if column else "", ("", "")))
        return f"{money(float(value), 1)} {unit}".strip()
    if kind == "integer":
        return str(int(value))
    return building_word(str(value), lang)


def _heading(document: Any, lang: Lang, en: str, zh: str) -> None:
    document.add_heading(in_lang(lang, en, zh), level=2)


def _uses(document: Any, run: ReviewedRun, uses: pd.DataFrame, lang: Lang) -> None:
    yearly = run.results.planned.settings.plan.yearly
    _heading(document, lang, "What it becomes", "拟建用途")
    names = ["service", "module_id", "floor_area_m2", "capacity", "served", "utilisation"]
    names += ["people_new", *(["year"] if yearly else []), "agency"]
    rows = [
        [
            use["service"],
            use["module_id"],
            f"{whole(use['floor_area_m2'])} m²",
            "–" if pd.isna(use["capacity"]) else f"{whole(use['capacity'])} {_unit(use, lang)}",
            f"{whole(use['served'])} {_unit(use, lang)}",
            share(float(use["utilisation"])),
            whole(use["people_new"]),
            *([_open(use, run.results.planned.years[-1])] if yearly else []),
            use["agency"],
        ]
        for use in uses.to_dict("records")
    ]
    wide = [3.0, 2.4, 1.6, 2.2, 2.2, 1.6, 2.0, *([1.6] if yearly else []), 2.9 - 1.6 * yearly]
    header = [HEADINGS[name].text(lang, "") for name in names]
    word.grid(document, header, rows, widths_cm=_fitted(wide), numbers=range(2, 7))


def _unit(use: Mapping[str, Any], lang: Lang) -> str:
    return unit_name(use["unit"], lang)


def _open(use: Mapping[str, Any], last: int) -> str:
    return str(use["year"]) if use["until"] >= last else f"{use['year']}–{use['until']}"


def _money(document: Any, run: ReviewedRun, uses: pd.DataFrame, lang: Lang) -> None:
    settings = run.results.planned.settings.money
    _heading(document, lang, f"Money ({settings.unit})", f"投资（{settings.unit}）")
    kinds = [name for name in _MONEY if name in {"cost", "yearly_cost"} or uses[name].any()]
    kinds += ["private_cost"] if uses["private_cost"].any() else []
    rows = [
        [use["service"], *(money(float(use[kind]), settings.decimals) for kind in kinds)]
        for use in uses.to_dict("records")
    ]
    if len(rows) > 1:
        sums = [money(float(uses[kind].sum()), settings.decimals) for kind in kinds]
        rows.append([in_lang(lang, "Together", "合计"), *sums])
    bought = run.solution.acquisitions
    own = bought[bought["building_id"] == uses.iloc[0]["building_id"]]
    header = [HEADINGS["service"].text(lang, "")]
    header += [HEADINGS[kind].text(lang, "").strip() for kind in kinds]
    word.grid(
        document, header, rows, widths_cm=_fitted([3.4, *([2.2] * len(kinds))]),
        numbers=range(1, len(header)), strong_last=len(rows) > 1,
    )  # fmt: skip
    left = float(own["unallocated"].sum())
    if left > 0:
        amount = money(left, settings.decimals)
        document.add_paragraph(
            in_lang(
                lang,
                f"The price of floor area that is bought and not used, {amount}, is beside.",
                f"另有已购未用面积的取得费{amount}，未分摊至各项目。",
            )
        )


def _gains(document: Any, run: ReviewedRun, building_id: str, lang: Lang) -> None:
    table = who_gains(run.results, building_id)
    if table.empty:
        return
    instance = run.results.instance
    names, units = service_names(instance, lang), of_services(instance, "unit")
    _heading(document, lang, "Who gains: where they live", "受益居民分布")
    others = in_lang(lang, "other zones", "其他分区")
    rows = []
    for row in table.to_dict("records"):
        unit = unit_name(units[row["service_id"]], lang)
        minutes = "" if pd.isna(row["minutes"]) else f"{row['minutes']:.1f}"
        rows.append(
            [
                names[row["service_id"]],
                row["zone"] or others,
                f"{whole(row['amount'])} {unit}",
                minutes,
            ]
        )
    header = [HEADINGS[name].text(lang, "") for name in ("service", "zone", "served", "minutes")]
    word.grid(document, header, rows, widths_cm=_fitted([5, 6, 4, 3]), numbers=(2, 3))


def _said(document: Any, said: pd.DataFrame, lang: Lang) -> None:
    """Write what is to be weighed; what holds of several uses alike is said once."""
    labels = {
        "price_says": in_lang(lang, "If it is rejected", "若否决"),
        "to_check": in_lang(lang, "To be checked", "待核查"),
        "earlier": in_lang(lang, "Verdicts so far", "此前意见"),
    }
    services: dict[tuple[str, str], list[str]] = {}
    for row in said.to_dict("records"):
        for name, label in labels.items():
            if filled(row[name]):
                services.setdefault((label, filled(row[name])), []).append(str(row["service"]))
    if services:
        _heading(document, lang, "To be weighed", "审查要点")
    for (label, text), named in services.items():
        paragraph = document.add_paragraph(style="List Bullet")
        of = [] if len(named) == len(said) else [in_lang(lang, ", ", "、").join(named)]
        about = in_lang(lang, ", ", "，").join([label, *of])
        paragraph.add_run(in_lang(lang, f"{about}: ", f"{about}：")).bold = True
        paragraph.add_run(text)


def _fitted(widths: list[float]) -> list[float]:
    """Return widths that fill the page."""
    return [width * word.WIDTH_CM / sum(widths) for width in widths]
