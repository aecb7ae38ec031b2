"""Need, supply and gap as they are today, before anything is optimised."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.reach import find_reach
from siting.report.balance import (
    as_of,
    facility_supply,
    need_balance,
    of_services,
    open_today,
    people_within,
)
from siting.report.basemap import (
    GREY,
    INK,
    NEED_CLASSES,
    draw_ground,
    draw_notice,
    ground_bounds,
    need_colours,
    point_sizes,
    write_within,
)
from siting.report.fonts import drawable, map_font
from siting.report.labels import (
    Heading,
    Lang,
    for_reader,
    in_lang,
    place_names,
    service_names,
    share,
    title,
    zone_names,
)
from siting.report.sheets import (
    DARK,
    Book,
    fit_columns,
    head,
    page,
    picture_sheet,
    sheet_name,
    table,
    table_sheet,
)
from siting.report.workbook import open_book
from siting.report.writing import write_csv
from siting.travel.times import Travel

_PANEL_HEIGHT_IN, _PANEL_WIDTH_IN = 4.2, (2.6, 5.0)
_WIDEST_ROW_IN = 16.0

_COLUMNS = [
    "service_id", "service", "unit", "need", "supply", "open_today", "served_today",
    "share_today", "gap", "people", "people_within_today", "without_today", "without_share",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Assessment:
    """Need, supply and gap of today.

    Attributes
    ----------
    services, zones
        Per service, and per zone and service: ``need, supply`` (capacity there, infinite without
        a limit), ``open_today, served_today, share_today, gap`` (need not served), ``people`` of
        the service's groups, ``people_within_today`` the standard of an open place,
        ``without_today`` (people behind the gap) and ``without_share``; most people without
        service first, in the order of zones.
    facilities
        Every facility with its zone, capacity (infinite without a limit), load and use today.
    balance
        One row per unit of need, see `need_balance`.
    """

    services: pd.DataFrame
    zones: pd.DataFrame
    facilities: pd.DataFrame
    balance: pd.DataFrame


def assess_tables(
    instance: Instance, travel: Travel, service_today: pd.DataFrame, lang: Lang = "en"
) -> Assessment:
    """Return need, supply and gap of today; no solver takes part.

    Parameters
    ----------
    instance
        As of one year (`Instance.in_year`).
    service_today
        Who is served where by what is open today, columns as `Solution.service`.
    """
    reach = find_reach(instance, travel)
    balance = need_balance(instance, service_today, service_today)
    within = np.zeros(len(balance))
    for service_id, arcs in reach.items():
        within += people_within(balance, arcs, open_today(instance, service_id))
    names, units = service_names(instance, lang), of_services(instance, "unit")
    facilities = facility_supply(instance)
    load = facilities["facility_id"].map(service_today.groupby("place_id")["amount"].sum())
    facilities = facilities.assign(
        facility=facilities["facility_id"].map(place_names(instance)),
        service=facilities["service_id"].map(names),
        load=load.astype(float).fillna(0.0),
    )
    limited = facilities["capacity"].replace(np.inf, np.nan)
    facilities["utilisation"] = facilities["load"] / limited
    balance = balance.assign(within=within)
    services = _summed(balance, facilities, ["service_id"])
    zones = _summed(balance, facilities, ["zone_id", "service_id"])
    zones["zone"] = zones["zone_id"].map(zone_names(instance, lang))
    order = {zone_id: i for i, zone_id in enumerate(instance.zones["zone_id"])}
    zones["order"] = zones["zone_id"].map(order).fillna(len(order))
    services = services.sort_values("without_today", ascending=False, ignore_index=True)
    zones = zones.sort_values(
        ["order", "without_today"], ascending=[True, False], ignore_index=True
    )
    for frame in (services, zones):
        frame["service"] = frame["service_id"].map(names)
        frame["unit"] = frame["service_id"].map(units)
    return Assessment(
        services=services[_COLUMNS],
        zones=zones[["zone_id", "zone", *_COLUMNS]],
        facilities=facilities,
        balance=balance,
    )


def write_assessment(
    folder: Path,
    instance: Instance,
    travel: Travel,
    service_today: pd.DataFrame,
    lang: Lang = "en",
) -> None:
    """Write services.csv, zones.csv, maps.png and assessment.xlsx into a folder.

    The workbook has a sheet per zone of the listing kind, the maps a panel per service. Need is
    that of the first year of the plan.
    """
    instance = as_of(for_reader(instance, lang), instance.years[0])
    made = assess_tables(instance, travel, service_today, lang)
    synthetic = instance.settings.synthetic
    write_csv(made.services, synthetic, folder / "services.csv")
    write_csv(made.zones, synthetic, folder / "zones.csv")
    picture = draw_needs(instance, made, lang)
    (folder / "maps.png").write_bytes(picture)
    _write_workbook(folder / "assessment.xlsx", instance, made, picture, lang)


def draw_needs(instance: Instance, made: Assessment, lang: Lang) -> bytes:
    """Return one small map per service as PNG: the share of need served at every demand point."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    needed = made.services[made.services["need"] > 0]
    across, along = np.ptp(ground_bounds(instance), axis=0)
    panel = float(np.clip(_PANEL_HEIGHT_IN * across / along, *_PANEL_WIDTH_IN))
    columns = max(min(len(needed), int(_WIDEST_ROW_IN / panel)), 1)
    columns = -(-len(needed) // -(-len(needed) // columns)) if len(needed) else 1
    rows = max(-(-len(needed) // columns), 1)
    width, height = max(columns * panel + 0.6, 9.0), rows * (_PANEL_HEIGHT_IN + 0.6) + 1.7
    picture = BytesIO()
    with mpl.rc_context({"font.family": [map_font()], "axes.unicode_minus": False}):
        figure = Figure(figsize=(width, height), dpi=150, facecolor="white")
        FigureCanvasAgg(figure)
        for i, service in enumerate(needed.to_dict("records")):
            row, column = divmod(i, columns)
            low = height - 0.95 - (row + 1) * (_PANEL_HEIGHT_IN + 0.6)
            axes = figure.add_axes(
                (
                    (0.3 + column * (width - 0.6) / columns) / width,
                    low / height,
                    (width - 0.6) / columns / width * 0.97,
                    _PANEL_HEIGHT_IN / height,
                )
            )
            _panel(axes, instance, made, service, lang)
        _around(figure, instance, lang)
        figure.savefig(picture, format="png")
    return picture.getvalue()


def _summed(balance: pd.DataFrame, facilities: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    sums = balance.groupby(key)[["need", "served_today", "people", "within", "without_today"]].sum()
    supply = facilities.groupby(key)["capacity"].agg(["sum", "size"])
    sums = sums.join(supply, how="outer").fillna(0.0)
    need, people = sums["need"].where(sums["need"] > 0), sums["people"].where(sums["people"] > 0)
    return pd.DataFrame(
        {
            "need": sums["need"],
            "supply": sums["sum"],
            "open_today": sums["size"].astype(int),
            "served_today": sums["served_today"],
            "share_today": sums["served_today"] / need,
            "gap": sums["need"] - sums["served_today"],
            "people": sums["people"],
            "people_within_today": sums["within"],
            "without_today": sums["without_today"],
            "without_share": sums["without_today"] / people,
        }
    ).reset_index()


_SHEETS = {
    "services": ("Summary", "概要"),
    "people": ("People without", "未服务人口"),
    "maps": ("Maps", "地图"),
}


def _write_workbook(
    path: Path, instance: Instance, made: Assessment, picture: bytes, lang: Lang
) -> None:
    book = open_book(path, instance, lang)
    names = {key: words[lang == "zh"] for key, words in _SHEETS.items()}
    taken = {name.lower() for name in names.values()}
    columns = [
        "service", "unit", "without_today", "without_share", "gap", "need", "served_today",
        "share_today", "supply", "open_today", "people", "people_within_today",
    ]  # fmt: skip
    table_sheet(
        book, names["services"], title(instance, lang),
        in_lang(lang, "Need, supply and gap today, most people without service first",
             "现状需求、供给与缺口，按未服务人口由多到少排列"),
        made.services[columns], frozen=1, bars=["without_share", "share_today"],
    )  # fmt: skip
    _people_sheet(book, made, names["people"], lang)
    note = in_lang(lang, "Need served today", "现状需求服务率")
    picture_sheet(book, names["maps"], note, picture)
    for (zone_id, zone), own in made.zones.groupby(["zone_id", "zone"], sort=False):
        facilities = made.facilities[made.facilities["zone_id"] == zone_id]
        _zone_sheet(book, sheet_name(str(zone), taken), str(zone), own[columns], facilities)
    book.workbook.close()


def _people_sheet(book: Book, made: Assessment, name: str, lang: Lang) -> None:
    """Write people without service by zone and service, the worst cells the darkest."""
    wide = made.zones.pivot_table(
        index="zone_id", columns="service_id", values="without_today", aggfunc="sum"
    )
    wide = wide.reindex(made.zones["zone_id"].drop_duplicates())[list(made.services["service_id"])]
    zones = dict(zip(made.zones["zone_id"], made.zones["zone"], strict=True))
    shown = wide.fillna(0.0).rename(index=zones).rename_axis("zone").reset_index()
    names = zip(made.services["service_id"], made.services["service"], strict=True)
    headings = {service_id: Heading(called, called, "whole") for service_id, called in names}
    sheet = book.workbook.add_worksheet(name)
    note = in_lang(lang, "People without service by zone", "各分区未服务人口")
    top = head(book, sheet, name, note, len(shown.columns))
    widths = fit_columns(book, sheet, shown, headings)
    end = table(book, sheet, top, shown, widths=widths, headings=headings)
    for column in range(1, len(shown.columns)):
        sheet.conditional_format(
            top + 1, column, end - 1, column,
            {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#E4713A"},
        )  # fmt: skip
    sheet.freeze_panes(top + 1, 1)
    page(book, sheet, landscape=True)


def _zone_sheet(
    book: Book, name: str, zone: str, services: pd.DataFrame, facilities: pd.DataFrame
) -> None:
    lang = book.lang
    sheet = book.workbook.add_worksheet(name)
    note = in_lang(
        lang, "Today, most people without service first", "现状，按未服务人口由多到少排列"
    )
    row = head(book, sheet, zone, note, len(services.columns))
    shown = facilities[["facility", "service", "capacity", "load", "utilisation"]]
    shown = shown.sort_values(["service", "utilisation"], ascending=[True, False])
    widths = fit_columns(book, sheet, services)
    widths = [max(widths[0], 36.0), max(widths[1], 24.0), *widths[2:]]
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    bars = ["without_share", "share_today"]
    row = table(book, sheet, row, services, widths=widths, bars=bars) + 1
    section = book.style(bold=True, font_size=12, font_color=DARK)
    sheet.write_string(row, 0, in_lang(lang, "Facilities here", "辖区内现有设施"), section)
    table(book, sheet, row + 1, shown, widths=widths, bars=["utilisation"])
    page(book, sheet, landscape=True)


def _panel(axes: Any, instance: Instance, made: Assessment, service: Any, lang: Lang) -> None:
    draw_ground(axes, instance)
    own = made.balance[made.balance["service_id"] == service["service_id"]]
    sums = own.groupby("demand")[["need", "served_today", "people"]].sum()
    points = instance.demand.iloc[sums.index]
    shares = (sums["served_today"] / sums["need"]).to_numpy(float)
    axes.scatter(
        points["x"], points["y"], c=need_colours(shares), linewidths=0, zorder=3,
        s=point_sizes(axes, sums["people"].to_numpy(float), filled=0.07),
    )  # fmt: skip
    here = instance.facilities[instance.facilities["service_id"] == service["service_id"]]
    axes.scatter(
        here["x"], here["y"], s=9, marker="s", facecolors="white", edgecolors=INK, linewidths=0.6,
        zorder=4,
    )  # fmt: skip
    other = service_names(instance, "en" if lang == "zh" else "zh")[service["service_id"]]
    names = dict.fromkeys([service["service"], other])
    axes.text(
        0.5, 1.01, drawable(f"{' '.join(names)}\n{share(service['share_today'])}"), fontsize=9,
        color=INK, ha="center", va="bottom", linespacing=1.3, transform=axes.transAxes,
    )  # fmt: skip


def _around(figure: Any, instance: Instance, lang: Lang) -> None:
    """Write title, legend and notice around the panels."""
    width, height = figure.get_size_inches()
    x = 0.3 / width
    other: Lang = "en" if lang == "zh" else "zh"
    names = dict.fromkeys([title(instance, lang), title(instance, other)])
    write_within(figure, x, 1 - 0.35 / height, "  ".join(names), size=15, colour=INK)
    says = ("Need served today, by service", "各服务现状需求服务率")
    subtitle = "  ".join(says if lang == "en" else reversed(says))
    write_within(figure, x, 1 - 0.72 / height, subtitle, size=10, colour=GREY)
    axes = figure.add_axes((x, 0.34 / height, 1 - 2 * x, 0.3 / height))
    axes.set_axis_off()
    axes.set_xlim(0, 6.2)
    axes.set_ylim(-1, 1)
    for i, (_, colour, en, zh) in enumerate(NEED_CLASSES):
        axes.plot(i + 0.05, 0, "o", ms=7, mfc=colour, mec="#7A8490", mew=0.4)
        axes.text(i + 0.13, 0, zh if lang == "zh" else en, fontsize=8, color=INK, va="center")
    axes.plot(5.05, 0, "s", ms=4, mfc="white", mec=INK, mew=0.6)
    axes.text(5.13, 0, in_lang(lang, "facility", "现有设施"), fontsize=8, color=INK, va="center")
    draw_notice(figure, x, 0.18 / height, instance.settings.synthetic)
    credit = drawable(instance.settings.credit)
    figure.text(1 - x, 1 - 0.35 / height, credit, fontsize=7, color=GREY, va="center", ha="right")
