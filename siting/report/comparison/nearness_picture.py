"""Need served against walking: what is given up, and what it spares people."""

from __future__ import annotations

import pandas as pd

from siting.report.basemap import GREY, INK, halo
from siting.report.comparison.drawing import (
    BLUE,
    ORANGE,
    PALE_BLUE,
    as_png,
    axes_at,
    both,
    clear_frame,
    drawing,
    heading,
    new_figure,
)
from siting.report.labels import Lang
from siting.scenarios.comparing.comparison import Comparison

_WIDTH_IN, _HEIGHT_IN, _LEFT_IN, _LOW_IN = 7.6, 4.4, 0.95, 0.95


def draw_nearness(comparison: Comparison, rows: pd.DataFrame, lang: Lang) -> bytes:
    """Return the trade-off of need served against walking as PNG.

    Each plan with its mean walk, what no plan that serves as much as was kept goes below, and the
    mean walk of those served alone.

    Parameters
    ----------
    rows
        As `siting.scenarios.tradeoffs.giving_up.nearness_rows` returns them.
    """
    with drawing():
        figure = new_figure(_LEFT_IN + _WIDTH_IN + 0.5, _LOW_IN + _HEIGHT_IN + 1.1)
        heading(figure, comparison, lang, "Need served against walking", "服务率与步行距离的取舍")
        axes = axes_at(figure, _LEFT_IN, _LOW_IN, _WIDTH_IN, _HEIGHT_IN)
        rows = rows.sort_values("objective")
        x, kept = 100 * rows["objective"].to_numpy(float), 100 * rows["kept"].to_numpy(float)
        walk, bound = rows["walk_min"].to_numpy(float), rows["walk_bound_min"].to_numpy(float)
        axes.vlines(x, bound, walk, color=PALE_BLUE, lw=4.5, zorder=2)
        axes.plot(
            kept, bound, "_", ms=9, color=BLUE, mew=1.4, zorder=3,
            label=both(lang, "no plan that serves so much is below", "服务至此的方案均不低于此"),
        )  # fmt: skip
        axes.plot(
            x, walk, "-o", color=BLUE, lw=1.4, ms=5.5, mec="white", mew=0.7, zorder=4,
            label=both(
                lang, "all who need a service; those not served: the longest way that counts",
                "全部需求；未获服务者按标准上限计",
            ),
        )  # fmt: skip
        axes.plot(
            x, rows["served_walk_min"], "-D", color=ORANGE, lw=1.0, ms=4.5, mfc="white", zorder=4,
            label=both(lang, "those served", "获服务者"),
        )  # fmt: skip
        marks = zip(x.round(3), walk.round(3), strict=True)
        for at, given_up in rows["give_up"].groupby(pd.Series(list(marks), rows.index)):
            axes.annotate(
                ", ".join(f"−{100 * share:g}%" for share in given_up), xy=at,
                xytext=(0, 8), textcoords="offset points", ha="center", fontsize=8, color=INK,
                path_effects=halo(2.2), zorder=5,
            )  # fmt: skip
        clear_frame(axes, keep=("bottom", "left"))
        axes.grid(axis="y", color="#E6E9ED", lw=0.7, zorder=0)
        axes.set_axisbelow(True)
        axes.margins(x=0.06, y=0.16)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}%")
        axes.set_xlabel(
            both(lang, "Need served, weighted", "加权需求服务率"), fontsize=9, color=INK
        )
        axes.set_ylabel(both(lang, "Mean walk, minutes", "平均步行（分钟）"), fontsize=9, color=INK)
        low, high = axes.get_ylim()
        axes.set_ylim(max(0.0, low), high + 0.22 * (high - low))
        axes.legend(loc="upper left", fontsize=7.5, frameon=False, labelcolor=GREY)
        return as_png(figure, comparison)
