"""maps.png: the plans of several runs as small maps beside one another."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.report.balance import people_by_point
from siting.report.basemap import (
    GREY,
    INK,
    MARKER_SCALE,
    NEED_CLASSES,
    draw_ground,
    draw_scale,
    ground_bounds,
    metres_per_point,
    need_colours,
    point_sizes,
    service_symbols,
)
from siting.report.comparison.drawing import (
    as_png,
    axes_at,
    both,
    drawing,
    fit,
    heading,
    new_figure,
    titles_of,
)
from siting.report.comparison.naming import score_of, spelled
from siting.report.labels import Lang, service_names, share
from siting.scenarios.comparing.comparison import TODAY, Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

MOST = 12
"""Maps on one sheet, today among them; more runs are thinned out evenly."""

_MAP_IN, _TALLEST_IN, _GAP_IN, _TITLE_IN, _LEFT_IN = 4.2, 5.4, 0.3, 0.62, 0.35
_SITE_PT = 4.8
_SHAPE = 1.5


def draw_maps(comparison: Comparison, lang: Lang, points: Collection[str] = ()) -> bytes:
    """Return small maps as PNG: chosen sites by service, every point by the share served.

    The first map is today; where there are more runs than maps, some are drawn and the sheet says
    so, see `chosen_labels`.

    Parameters
    ----------
    points
        Labels of the runs of a frontier.
    """
    labels = chosen_labels(comparison.planned, MOST - 1, points)
    shown = [TODAY, *labels]
    across, along = np.ptp(ground_bounds(comparison.base), axis=0)
    height = float(np.clip(_MAP_IN * along / across, 0.8 * _MAP_IN, _TALLEST_IN))
    width = _MAP_IN if height < _TALLEST_IN else max(_TALLEST_IN * across / along, 2.6)
    columns = _columns(len(shown), width, height + _TITLE_IN)
    rows = math.ceil(len(shown) / columns)
    services = _services(comparison, labels)
    wide = max(columns * (width + _GAP_IN) + 2 * _LEFT_IN, 9.0)
    per_row = max(1, int((wide - 2 * _LEFT_IN) / 2.6))
    legend = 0.75 + 0.34 * math.ceil(len(services) / per_row)
    tall = 1.15 + rows * (height + _TITLE_IN) + legend + 0.45
    with drawing():
        figure = new_figure(wide, tall)
        heading(figure, comparison, lang, "The plans side by side", "各方案对比图")
        if len(labels) < len(comparison.planned):
            said = both(
                lang,
                f"{len(labels)} of {len(comparison.planned)} plans are drawn",
                f"共{len(comparison.planned)}个方案，图示{len(labels)}个",
            )
            figure.text(
                1 - _LEFT_IN / wide, 1 - 0.72 / tall, said, fontsize=8, color=GREY, ha="right",
                va="center",
            )  # fmt: skip
        titles = titles_of(comparison, shown, lang)
        for i, label in enumerate(shown):
            row, column = divmod(i, columns)
            left = _LEFT_IN + column * (width + _GAP_IN)
            low = tall - 1.15 - (row + 1) * (height + _TITLE_IN)
            axes = axes_at(figure, left, low, width, height)
            _map(axes, comparison, label)
            place = left, low + height, width
            _title(figure, comparison, label, titles[label], place, lang=lang)
            if i == 0:
                draw_scale(axes)
        _legend(figure, comparison, services, (per_row, legend), lang)
        return as_png(figure, comparison)


def chosen_labels(labels: Sequence[str], most: int, points: Collection[str] = ()) -> list[str]:
    """Return at most so many of the labels, in their order.

    Points of a frontier make room for other runs, but for two of them; of either the first, the
    last and an even choice between them are taken.
    """
    others = [label for label in labels if label not in points]
    own = [label for label in labels if label in points]
    some = _evenly(others, most - min(len(own), 2))
    some += _evenly(own, most - len(some))
    return [label for label in labels if label in some]


def _evenly(labels: Sequence[str], most: int) -> list[str]:
    if len(labels) <= most:
        return list(labels)
    at = np.linspace(0, len(labels) - 1, most).round().astype(int)
    return [labels[i] for i in np.unique(at)]


def _columns(maps: int, width: float, height: float) -> int:
    """Return in how many columns maps stand: a sheet somewhat wide, with few empty places."""

    def badness(columns: int) -> float:
        rows = math.ceil(maps / columns)
        shape = math.log(columns * width / (rows * height) / _SHAPE)
        return abs(shape) + (columns * rows - maps) / maps

    return min(range(2, max(2, maps) + 1), key=badness)


def _services(comparison: Comparison, labels: Sequence[str]) -> list[str]:
    """Return the services that a drawn plan opens, by rank."""
    opened = comparison.sites
    if opened.empty or "service_id" not in opened:
        return []
    own = opened[opened["run"].isin(labels) & (opened["status"] != "keep")]
    used = set(own["service_id"])
    return [service for service in service_symbols(comparison.base) if service in used]


def _map(axes: Axes, comparison: Comparison, label: str) -> None:
    base = comparison.base
    draw_ground(axes, base)
    axes.add_artist(_panel(axes))
    points = comparison.points[comparison.points["run"] == label]
    shares = points["share"].to_numpy(float)
    known = ~np.isnan(shares)
    demand, people = base.demand[known], people_by_point(base)[known]
    axes.scatter(
        demand["x"], demand["y"], s=point_sizes(axes, people, filled=0.08),
        c=need_colours(shares[known]), linewidths=0.15, edgecolors="#7A8490", zorder=3,
    )  # fmt: skip
    if label != TODAY:
        _sites(axes, comparison, label)


def _panel(axes: Axes) -> Rectangle:
    """Return the frame that tells the maps apart."""
    from matplotlib.patches import Rectangle

    return Rectangle(
        (0, 0), 1, 1, transform=axes.transAxes, fill=False, ec="#E2E6EB", lw=0.8, clip_on=False
    )


def _sites(axes: Axes, comparison: Comparison, label: str) -> None:
    """Draw the new sites of a plan; the services of one building side by side."""
    opened = comparison.sites
    opened = opened[(opened["run"] == label) & (opened["status"] != "keep")]
    if opened.empty:
        return
    unit = metres_per_point(axes)
    buildings = comparison.base.buildings
    places = dict(
        zip(buildings["building_id"], buildings[["x", "y"]].to_numpy(float).tolist(), strict=True)
    )
    size = _SITE_PT * float(np.clip(14 / math.sqrt(len(opened)), 0.62, 1.5))
    drawn = []
    rows = opened[["building_id", "service_id"]].to_dict("records")
    for building_id, group in groupby(rows, itemgetter("building_id")):
        own, (x, y) = list(group), places[building_id]
        left = x - 0.9 * size * unit * (len(own) - 1) / 2
        drawn += [{**s, "x": left + 0.9 * size * unit * i, "y": y} for i, s in enumerate(own)]
    symbols = service_symbols(comparison.base)
    for service_id, sites in pd.DataFrame(drawn).groupby("service_id"):
        colour, marker = symbols[str(service_id)]
        axes.scatter(
            sites["x"], sites["y"], marker=marker, c=colour, edgecolors="white", linewidths=0.5,
            zorder=6, s=(size * MARKER_SCALE.get(marker, 1.0)) ** 2,
        )  # fmt: skip


def _title(
    figure: Figure,
    comparison: Comparison,
    label: str,
    name: str,
    place: tuple[float, float, float],
    *,
    lang: Lang,
) -> None:
    across, along = figure.get_size_inches()
    left, top, width = place
    title = figure.text(left / across, (top + 0.36) / along, name, fontsize=11, color=INK)
    fit(title, width)
    much = share(score_of(comparison, label))
    if label == TODAY:
        said = {"en": f"{much} served", "zh": f"服务率{much}"}[lang]
    else:
        facts = comparison.facts(label)
        amount = spelled(float(facts["cost"]), comparison.base.settings.money.unit, lang)
        count = int(facts["sites"])
        said = {
            "en": f"{much} served · {count} new · {amount}",
            "zh": f"服务率{much} · 新增{count}处 · {amount}",
        }[lang]
    figure.text(left / across, (top + 0.13) / along, said, fontsize=8.5, color=GREY)


def _legend(
    figure: Figure,
    comparison: Comparison,
    services: Sequence[str],
    size: tuple[int, float],
    lang: Lang,
) -> None:
    per_row, height = size
    width = figure.get_figwidth() - 2 * _LEFT_IN
    axes = axes_at(figure, _LEFT_IN, 0.4, width, height)
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    y = height - 0.2
    axes.text(0, y, both(lang, "Need served", "需求服务率"), fontsize=8.5, color=INK, va="center")
    x = 1.75
    for _, colour, en, zh in NEED_CLASSES:
        axes.plot(x, y, "o", ms=7, mfc=colour, mec="#7A8490", mew=0.4)
        text = axes.text(x + 0.11, y, both(lang, en, zh, " "), fontsize=8, color=INK, va="center")
        x += 0.35 + text.get_window_extent().width / figure.dpi
    note = both(
        lang, "mean of services by weight; circles by people",
        "各服务按权重平均；圆面积与人数成比例", " ",
    )  # fmt: skip
    axes.text(0, y - 0.27, note, fontsize=7.5, color=GREY, va="center")
    symbols = service_symbols(comparison.base)
    names, names_zh = service_names(comparison.base, "en"), service_names(comparison.base, "zh")
    step = width / per_row
    for i, service_id in enumerate(services):
        row, column = divmod(i, per_row)
        colour, marker = symbols[service_id]
        x, low = 0.08 + column * step, y - 0.62 - 0.34 * row
        axes.plot(
            x, low, marker=marker, ms=8 * MARKER_SCALE.get(marker, 1.0), mfc=colour, mec="white"
        )
        label = axes.text(
            x + 0.15, low, both(lang, names[service_id], names_zh[service_id], " "), fontsize=8,
            color=INK, va="center",
        )  # fmt: skip
        fit(label, step - 0.3)
