"""zones.png: how each zone fares in one plan after another, as dumbbells."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.report.basemap import GREY, INK, LINE
from siting.report.comparison.drawing import (
    GAIN,
    LOSS,
    as_png,
    axes_at,
    both,
    clear_frame,
    drawing,
    fit,
    heading,
    new_figure,
    titles_of,
)
from siting.report.comparison.maps_picture import chosen_labels
from siting.report.fonts import drawable
from siting.report.labels import Lang, zone_names
from siting.scenarios.comparing.comparison import TODAY, Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS, MOST_ZONES = 6, 40
_NAMES_IN, _PANEL_IN, _GAP_IN, _LEFT_IN = 2.3, 2.35, 0.3, 0.35
_ROW_IN, _TOP_IN, _LOW_IN = 0.3, 1.95, 1.0


def draw_zones(comparison: Comparison, lang: Lang, points: Collection[str] = ()) -> bytes:
    """Return a dumbbell chart of the zones as PNG, the worst served today first.

    The first panel goes from today to the first plan; every further one from the first plan to
    another, gains and losses in their colours. Shares are of all services by weight. Of more runs
    than panels some are drawn (`chosen_labels`); of more zones than rows, the worst served today.

    Parameters
    ----------
    points
        Labels of the runs of a frontier.
    """
    shares = _shares(comparison)
    labels = chosen_labels(comparison.planned, MOST_PANELS, points)
    order = shares[TODAY].sort_values(kind="stable").index[:MOST_ZONES]
    shares = shares.loc[order]
    rows = max(len(shares), 1)
    wide = max(_LEFT_IN + _NAMES_IN + len(labels) * (_PANEL_IN + _GAP_IN) + _LEFT_IN + 0.2, 9.5)
    tall = _TOP_IN + rows * _ROW_IN + _LOW_IN
    with drawing():
        figure = new_figure(wide, tall)
        heading(
            figure, comparison, lang, "Zones: share of need served, plan by plan",
            "各分区：不同方案下的需求服务率",
        )  # fmt: skip
        low, high = _range(shares[[TODAY, *labels]])
        titles = titles_of(comparison, [TODAY, *labels], lang)
        for i, label in enumerate(labels):
            before = TODAY if i == 0 else labels[0]
            left = _LEFT_IN + _NAMES_IN + i * (_PANEL_IN + _GAP_IN)
            axes = axes_at(figure, left, _LOW_IN, _PANEL_IN, rows * _ROW_IN)
            _panel(axes, shares[before], shares[label])
            axes.set_xlim(low, high)
            axes.set_ylim(rows - 0.4, -0.6)
            axes.set_yticks([])
            axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
            _panel_title(figure, (left, _LOW_IN + rows * _ROW_IN), titles[before], titles[label])
            if i == 0:
                _names(axes, comparison, list(shares.index), lang)
        _key(figure, lang)
        hidden = [len(comparison.planned) - len(labels), len(_shares(comparison)) - len(shares)]
        if any(hidden):
            _said(figure, comparison, (len(labels), len(shares)), hidden, lang)
        return as_png(figure, comparison)


def _shares(comparison: Comparison) -> pd.DataFrame:
    """Return the share served of every zone (rows) by run (columns), all services by weight."""
    table = comparison.zones[comparison.zones["service_id"] == ""]
    return table.pivot_table(index="zone_id", columns="run", values="share", sort=False)


def _range(shares: pd.DataFrame) -> tuple[float, float]:
    values = shares.to_numpy(float)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    pad = max(0.05 * (high - low), 0.01)
    return max(-0.02, low - pad), min(1.02, high + pad)


def _panel(axes: Axes, before: pd.Series[float], after: pd.Series[float]) -> None:
    clear_frame(axes)
    axes.grid(axis="x", color="#E6E9ED", lw=0.7, zorder=0)
    axes.set_axisbelow(True)
    for y, (a, b) in enumerate(zip(before, after, strict=True)):
        colour = _colour(float(a), float(b))
        axes.plot([a, b], [y, y], color=colour, lw=2.4, alpha=0.55, zorder=2, solid_capstyle="butt")
        axes.plot(a, y, "o", ms=5.2, mfc="white", mec=colour, mew=1.2, zorder=3, clip_on=False)
        axes.plot(b, y, "o", ms=6.4, mfc=colour, mec="white", mew=0.6, zorder=4, clip_on=False)


def _colour(before: float, after: float) -> str:
    if abs(after - before) < 0.0005:  # noqa: PLR2004  no dumbbell to be seen
        return LINE
    return GAIN if after > before else LOSS


def _panel_title(figure: Figure, place: tuple[float, float], before: str, after: str) -> None:
    across, along = figure.get_size_inches()
    left, top = place
    for height, text, size, colour in (
        (0.34, f"→ {after}", 9.0, INK),
        (0.12, before, 7.6, GREY),
    ):
        written = figure.text(
            left / across, (top + height) / along, text, fontsize=size, color=colour
        )
        fit(written, _PANEL_IN + 0.1)


def _names(axes: Axes, comparison: Comparison, zones: list[str], lang: Lang) -> None:
    names, other = (
        zone_names(comparison.base, lang),
        zone_names(comparison.base, "en" if lang == "zh" else "zh"),
    )
    for y, zone_id in enumerate(zones):
        text = drawable(" ".join(dict.fromkeys([names[zone_id], other[zone_id]])))
        label = axes.text(
            -0.03, y, text, transform=axes.get_yaxis_transform(), ha="right", va="center",
            fontsize=8, color=INK,
        )  # fmt: skip
        fit(label, _NAMES_IN - 0.1)


def _key(figure: Figure, lang: Lang) -> None:
    tall = figure.get_figheight()
    axes = axes_at(figure, _LEFT_IN, tall - 1.28, figure.get_figwidth() - 2 * _LEFT_IN, 0.3)
    axes.set_axis_off()
    axes.set_xlim(0, figure.get_figwidth() - 2 * _LEFT_IN)
    axes.set_ylim(0, 0.3)
    x = 0.05
    entries = [("open", "before", "之前"), (GAIN, "after, more served", "之后，提高")]
    entries += [(LOSS, "after, less served", "之后，降低")]
    for colour, en, zh in entries:
        if colour == "open":
            axes.plot(x, 0.15, "o", ms=5.2, mfc="white", mec=GREY, mew=1.2)
        else:
            axes.plot(x, 0.15, "o", ms=6.4, mfc=colour, mec="white", mew=0.6)
        text = axes.text(x + 0.1, 0.15, both(lang, en, zh, " "), fontsize=8, color=INK, va="center")
        x += 0.4 + text.get_window_extent().width / figure.dpi
    note = both(lang, "all services by weight", "各服务按权重平均", " ")
    axes.text(x + 0.1, 0.15, note, fontsize=8, color=GREY, va="center")


def _said(
    figure: Figure,
    comparison: Comparison,
    drawn: tuple[int, int],
    hidden: list[int],
    lang: Lang,
) -> None:
    """Say what is left out of the picture."""
    runs, zones = drawn
    parts = []
    if hidden[0]:
        total = len(comparison.planned)
        parts.append(
            both(lang, f"{runs} of {total} plans are drawn", f"共{total}个方案，图示{runs}个")
        )
    if hidden[1]:
        parts.append(
            both(
                lang,
                f"the {zones} zones worst served today",
                f"仅列现状服务最差的{zones}个分区",
            )
        )
    width, height = figure.get_size_inches()
    figure.text(
        1 - 0.35 / width, 0.5 / height, " · ".join(parts), fontsize=8, color=GREY, ha="right",
        va="center",
    )  # fmt: skip
