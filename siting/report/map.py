"""plan.png: the plan on one sheet, in both languages."""

from __future__ import annotations

from io import BytesIO
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.report.balance import people_by_point, share_by_point
from siting.report.basemap import (
    GREY,
    INK,
    LINE,
    MARKER_SCALE,
    NEED_CLASSES,
    STREET,
    WARNING,
    draw_ground,
    draw_notice,
    draw_scale,
    ground_bounds,
    halo,
    metres_per_point,
    need_colours,
    point_sizes,
    service_symbols,
    write_within,
)
from siting.report.fonts import drawable, map_font
from siting.report.labels import Lang, money, scenario_title, service_names, share, title
from siting.report.results import Results
from siting.report.sentences import proof, verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT_IN, _PANEL_IN, _MARGIN_IN = 11.2, 5.5, 0.3
_MAP_HEIGHT_IN, _MAP_WIDTH_IN = 9.5, (6.0, 12.0)
_ROW_IN, _ROWS_IN = 0.35, 4.2
_DPI = 170
_KEPT, _PLAIN = "#B8C0C9", "#4A5A6C"
_SITE_PT = (8.0, 10.5, 13.5)
"""Diameters of chosen sites in points: smallest, middle and largest module of the service."""


def draw_plan(results: Results) -> bytes:
    """Return the map of a plan as PNG.

    Chosen sites by service (colour and shape) and size, numbered as in the tables; every demand
    point by the share of its need that the plan serves; existing facilities, zones, streets; and
    the share served by service, before and after.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    picture = BytesIO()
    with mpl.rc_context({"font.family": [map_font()], "axes.unicode_minus": False}):
        across, along = np.ptp(ground_bounds(results.instance), axis=0)
        map_width = float(np.clip(_MAP_HEIGHT_IN * across / along, *_MAP_WIDTH_IN))
        width = map_width + _PANEL_IN + 3 * _MARGIN_IN
        figure = Figure(figsize=(width, _HEIGHT_IN), dpi=_DPI, facecolor="white")
        FigureCanvasAgg(figure)
        panel = map_width + 2 * _MARGIN_IN

        def axes(left: float, low: float, across: float, along: float) -> Axes:
            return figure.add_axes(
                (left / width, low / _HEIGHT_IN, across / width, along / _HEIGHT_IN)
            )

        _heading(figure, results)
        _map(axes(_MARGIN_IN, 0.7, map_width, _MAP_HEIGHT_IN), results)
        _key_figures(axes(panel, 9.35, _PANEL_IN, 0.85), results)
        rows = min(_ROW_IN * (len(results.services) + 1), _ROWS_IN)
        _before_after(axes(panel + 2.0, 8.55 - rows, 1.8, rows), results)
        _legend(axes(panel, 4.9 - rows, _PANEL_IN, 3.1), results)
        _footer(figure, results)
        figure.savefig(picture, format="png", metadata={"Title": title(results.instance, "en")})
    return picture.getvalue()


def _both(lang: Lang, en: str, zh: str, separator: str = "  ") -> str:
    """Return a text in both languages, the reader's first."""
    pair = (zh, en) if lang == "zh" else (en, zh)
    return drawable(separator.join(dict.fromkeys(pair)))


def _heading(figure: Figure, results: Results) -> None:
    instance, lang, p = results.instance, results.lang, results.solution.provenance
    other: Lang = "en" if lang == "zh" else "zh"
    names = list(dict.fromkeys([title(instance, lang), title(instance, other)]))
    when = _both(lang, f"end of {results.planned.years[-1]}", f"{results.planned.years[-1]}年末")
    dated = when if results.planned.settings.plan.yearly else ""
    second = " · ".join(filter(None, [*names[1:], scenario_title(instance, lang), dated]))
    run = f"{p.instance} · {p.instance_hash[:12]} · {p.engine} · {p.started[:10]}"
    x = _MARGIN_IN / figure.get_figwidth()
    write_within(figure, x, 0.962, names[0], size=22, colour=INK)
    write_within(figure, x, 0.93, second, size=11, colour=GREY)
    for y, text in ((0.982, run), (0.968, instance.settings.credit)):
        figure.text(1 - x, y, drawable(text), fontsize=7, color=GREY, va="center", ha="right")


def _map(axes: Axes, results: Results) -> None:
    instance = results.instance
    used = instance.buildings["building_id"].isin(_at_end(results)["building_id"])
    draw_ground(axes, instance, avoid=instance.buildings.loc[used, ["x", "y"]].to_numpy(float))
    shares = share_by_point(instance, results.balance, "plan")
    people = people_by_point(instance)
    known = ~np.isnan(shares)
    demand = instance.demand[known]
    axes.scatter(
        demand["x"], demand["y"], s=point_sizes(axes, people[known], filled=0.05),
        c=need_colours(shares[known]), linewidths=0.25, edgecolors="#7A8490", zorder=3,
    )  # fmt: skip
    axes.scatter(
        instance.facilities["x"], instance.facilities["y"], s=6, marker="s", facecolors="white",
        edgecolors=_PLAIN, linewidths=0.5, alpha=0.7, zorder=4,
    )  # fmt: skip
    _sites(axes, results)
    draw_scale(axes)


def _sites(axes: Axes, results: Results) -> None:
    """Draw chosen sites; the services of one building side by side, its number above them."""
    chosen = _at_end(results)
    if chosen.empty:
        return
    unit = metres_per_point(axes)
    buildings = results.instance.buildings
    places = dict(
        zip(
            buildings["building_id"],
            buildings[["x", "y"]].to_numpy(float).tolist(),
            strict=True,
        )
    )
    chosen = chosen.assign(diameter=_site_sizes(results.instance, chosen))
    drawn = []
    for building_id, group in groupby(chosen.to_dict("records"), itemgetter("building_id")):
        own, (x, y) = list(group), places[building_id]
        across = 0.92 * np.array([site["diameter"] for site in own])
        centres = x + (np.cumsum(across) - across / 2 - across.sum() / 2) * unit
        drawn += [{**site, "x": at, "y": y} for at, site in zip(centres, own, strict=True)]
        axes.text(
            x, y + (across.max() / 2 + 0.5) * unit, str(own[0]["site"]), ha="center",
            va="bottom", fontsize=6, color=INK, zorder=8, path_effects=halo(1.6),
        )  # fmt: skip
    symbols = service_symbols(results.instance)
    for service_id, sites in pd.DataFrame(drawn).groupby("service_id"):
        colour, marker = symbols[str(service_id)]
        axes.scatter(
            sites["x"], sites["y"], marker=marker, edgecolors="white", linewidths=1.0, zorder=6,
            s=(sites["diameter"] * MARKER_SCALE.get(marker, 1.0)) ** 2,
            c=np.where(sites["status"] == "keep", _KEPT, colour),
        )  # fmt: skip


def _at_end(results: Results) -> pd.DataFrame:
    """Return the chosen sites that are open in the last year, which the map shows."""
    return results.chosen[results.chosen["until"] >= results.planned.years[-1]]


def _site_sizes(instance: Instance, chosen: pd.DataFrame) -> NDArray[np.float64]:
    """Return diameters in points by the rank of the capacity among the service's modules."""
    smallest = instance.modules.groupby("service_id")["capacity"].min()
    largest = instance.modules.groupby("service_id")["capacity"].max()
    sizes = np.full(len(chosen), _SITE_PT[1])
    for i, site in enumerate(chosen.to_dict("records")):
        low, high = float(smallest[site["service_id"]]), float(largest[site["service_id"]])
        if high > low:
            step = (float(site["capacity"]) - low) / (high - low)
            sizes[i] = np.interp(step, [0.0, 0.5, 1.0], _SITE_PT)
    return sizes


def _before_after(axes: Axes, results: Results) -> None:
    instance, lang = results.instance, results.lang
    services, symbols = results.services, service_symbols(instance)
    names, names_zh = service_names(instance, "en"), service_names(instance, "zh")
    shown = _at_end(results)
    counts = shown[shown["status"] != "keep"].groupby("service_id").size()
    rows = np.arange(len(services))[::-1]
    size = min(7.6, 115.0 / max(len(services), 1))
    for y, row in zip(rows, services.to_dict("records"), strict=True):
        colour, marker = symbols[row["service_id"]]
        before, after = row["share_today"], row["share_plan"]
        axes.plot([0, 1], [y, y], color="#E6E9ED", lw=0.8, zorder=0)
        axes.plot([before, after], [y, y], color=colour, lw=2.4, alpha=0.55, zorder=1)
        axes.plot(before, y, "o", ms=5, mfc="white", mec=colour, mew=1.2, clip_on=False)
        axes.plot(after, y, "o", ms=6.5, mfc=colour, mec="white", mew=0.6, clip_on=False)
        axes.plot(
            -0.09, y, marker=marker, ms=8 * MARKER_SCALE.get(marker, 1.0), mfc=colour, mec="white",
            clip_on=False,
        )  # fmt: skip
        axes.text(
            -0.16, y, _both(lang, names[row["service_id"]], names_zh[row["service_id"]], "\n"),
            ha="right", va="center", fontsize=size, color=INK, linespacing=1.2,
        )  # fmt: skip
        axes.text(
            1.07, y, f"{share(before)} → {share(after)}", va="center", fontsize=size, color=INK
        )
        axes.text(
            1.93, y, str(counts.get(row["service_id"], 0)), va="center", ha="right",
            fontsize=size, color=INK,
        )  # fmt: skip
    for x, align, en, zh in (
        (-0.16, "right", "Service", "服务"),
        (0.0, "left", "Share served ○ today ● plan", "服务率 ○ 现状 ● 规划"),
        (1.93, "right", "New", "新增"),
    ):
        axes.text(
            x, len(services) - 0.1, _both(lang, en, zh, "\n"), ha=align, va="bottom",
            fontsize=7.6, color=GREY, linespacing=1.15,
        )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.7, len(services) - 0.3)
    axes.set_xticks([0, 0.5, 1], ["0", "50%", "100%"])
    axes.set_yticks([])
    axes.tick_params(axis="x", labelsize=7, colors=GREY, length=2)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINE)


def _key_figures(axes: Axes, results: Results) -> None:
    solution, lang, s = results.solution, results.lang, results.instance.settings
    new = results.chosen[results.chosen["status"] != "keep"]
    spent = f"{money(solution.cost['total'], 0)} {s.money.unit}"
    limit = s.budget.total
    if limit is None and results.planned.settings.plan.yearly and s.budget.years:
        limit = sum(s.budget.years.values())
    budget = "" if limit is None else money(limit, 0)
    figures = (
        (
            f"{share(solution.today)} → {share(solution.objective or 0.0)}",
            _both(lang, "need served, weighted", "加权服务率", "\n")
            if not results.planned.settings.plan.yearly
            else _both(lang, "need served, mean of the years", "加权服务率（各年平均）", "\n"),
        ),
        (
            f"{len(new)} / {new['building_id'].nunique()}",
            _both(lang, "new services / buildings", "新增服务项数 / 建筑数", "\n"),
        ),
        (
            drawable(spent),
            _both(lang, f"capital, budget {budget}", f"总投资，预算{budget}", "\n")
            if budget
            else _both(lang, "capital", "总投资", "\n"),
        ),
    )
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    for x, (figure, label) in zip((0.0, 0.38, 0.68), figures, strict=True):
        axes.text(x, 1.0, figure, fontsize=15, color=INK, va="top")
        axes.text(x, 0.55, label, fontsize=7.6, color=GREY, va="top", linespacing=1.25)


def _legend(axes: Axes, results: Results) -> None:
    lang = results.lang
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 12)
    left, right = 0.0, 0.44

    def section(x: float, across: float, en: str, zh: str) -> None:
        axes.text(x, 11.4, _both(lang, en, zh), fontsize=9, color=INK, va="center")
        axes.plot([x, x + across], [10.85, 10.85], color=LINE, lw=0.8)

    def entry(x: float, y: float, label: str) -> None:
        axes.text(x + 0.055, y, label, fontsize=7.6, color=INK, va="center")

    section(left, 0.4, "Need served", "需求服务率")
    for i, (_, colour, en, zh) in enumerate(NEED_CLASSES):
        y = 10.1 - i * 1.25
        axes.plot(left + 0.025, y, "o", ms=7.5, mfc=colour, mec="#7A8490", mew=0.5)
        entry(left, y, _both(lang, en, zh))
    note = _both(
        lang,
        "mean of the services by weight; area of a circle\nin proportion to people",
        "各服务按权重平均；圆面积与人数成比例",
        "\n",
    )
    axes.text(left, 4.2, note, fontsize=7, color=GREY, va="top", linespacing=1.3)

    section(right, 0.56, "Places and ground", "场所与底图")
    for x, size in zip((0.0, 0.022, 0.05), _SITE_PT, strict=True):
        axes.plot(right + x, 10.1, "o", ms=size * 0.9, mfc=_PLAIN, mec="white", mew=0.8)
    entry(right + 0.03, 10.1, _both(lang, "chosen, small to large", "选定场所，规模由小到大"))
    lines = (
        ("number as in the tables", "编号与各表一致"),
        ("kept as it is", "保留的现有设施"),
        ("existing facility", "现有设施"),
        ("zone", "分区边界"),
        ("street", "街道"),
    )
    rows = [10.1 - (i + 1) * 1.25 for i in range(len(lines))]
    x = right + 0.025
    axes.text(x, rows[0], "12", fontsize=7, color=INK, ha="center", va="center")
    axes.plot(x, rows[1], "o", ms=7.5, mfc=_KEPT, mec="white", mew=0.8)
    axes.plot(x, rows[2], "s", ms=3, mfc="white", mec=_PLAIN, mew=0.6)
    axes.plot([x - 0.025, x + 0.025], [rows[3]] * 2, color=LINE, lw=1.2)
    axes.plot([x - 0.025, x + 0.025], [rows[4]] * 2, color=STREET, lw=1.6)
    for y, (en, zh) in zip(rows, lines, strict=True):
        entry(right + 0.03, y, _both(lang, en, zh))
    note = _both(lang, "colour and shape: service, as above", "颜色与形状表示服务，见上", "\n")
    axes.text(right, rows[-1] - 0.8, note, fontsize=7, color=GREY, va="top", linespacing=1.3)


def _footer(figure: Figure, results: Results) -> None:
    lang, x = results.lang, _MARGIN_IN / figure.get_figwidth()
    says = [proof(results.solution, lang), verdict(verified=results.verified, lang=lang)]
    colour = INK if results.verified else WARNING
    write_within(figure, x, 0.04, " ".join(says), size=8, colour=colour)
    draw_notice(figure, x, 0.018, results.instance.settings.synthetic)
