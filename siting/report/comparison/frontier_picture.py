"""frontier.png: what money buys, as proven intervals, and where each scenario stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from siting.report.basemap import GREY, INK, LINE, WARNING, halo
from siting.report.comparison.drawing import (
    BLUE,
    ORANGE,
    PALE_BLUE,
    as_png,
    axes_at,
    both,
    clear_frame,
    drawing,
    fit,
    heading,
    new_figure,
    number_offsets,
    titles_of,
)
from siting.report.comparison.naming import (
    Scale,
    money_scale,
    on_frontier,
    percent_above,
    today_share,
)
from siting.report.labels import Lang, share
from siting.scenarios.comparing.comparison import Comparison
from siting.scenarios.tradeoffs.frontier import Frontier, FrontierPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PLOT_IN, _LIST_IN, _LEFT_IN = 7.6, 4.6, 0.95
_MAIN_IN, _GAINS_IN, _LOW_IN = 4.3, 1.5, 0.95
_ROW_IN = 0.27
_MOST_LISTED = 30
_BOX, _INTERVAL = "#E6EEF7", "#9DBEDF"


def draw_frontier(comparison: Comparison, frontier: Frontier | None, lang: Lang) -> bytes:
    """Return the trade-off of need served against money as PNG.

    Where the best plan of every budget lies for certain, the plans found, today, each scenario at
    its budget, and what one more unit of money adds.
    """
    known = [] if frontier is None else _known(frontier)
    single = on_frontier(comparison, frontier)
    listed = [label for label in comparison.planned if label not in single]
    amounts = [p.budget for p in known] + [_money(comparison, label) for label in listed]
    scale = money_scale(comparison.base.settings.money.unit, max(amounts, default=0.0))
    gains = len(known) > 1
    rows_in = _ROW_IN * (min(len(listed), _MOST_LISTED) + 2) + 2.3
    plot_in = max(_MAIN_IN + (_GAINS_IN + 0.75 if gains else 0.0), rows_in)
    with drawing():
        figure = new_figure(_LEFT_IN + _PLOT_IN + _LIST_IN + 0.7, plot_in + _LOW_IN + 1.1)
        heading(
            figure, comparison, lang, "What money buys: need served against budget",
            "资金与服务水平：不同预算下的需求服务率",
        )  # fmt: skip
        below = _GAINS_IN + 0.75 if gains else 0.0
        main = axes_at(figure, _LEFT_IN, _LOW_IN + below, _PLOT_IN, plot_in - below)
        _band(main, known, scale)
        none = [] if frontier is None else [p.budget for p in frontier.points if p.infeasible]
        _today(main, comparison, lang)
        _limits(main, comparison, known, listed, scale)
        _without_plan(main, [budget / scale.step for budget in none])
        _scenarios(main, comparison, listed, scale)
        _axis(main, lang)
        if gains and frontier is not None:
            lower = axes_at(figure, _LEFT_IN, _LOW_IN, _PLOT_IN, _GAINS_IN)
            _marginal(lower, frontier, scale, lang)
            lower.set_xlim(main.get_xlim())
        bottom = lower if gains else main
        bottom.set_xlabel(
            both(lang, f"Budget, {scale.en}", f"预算（{scale.zh}）"), fontsize=9, color=INK
        )
        side = axes_at(
            figure, _LEFT_IN + _PLOT_IN + 0.4, _LOW_IN + plot_in - rows_in, _LIST_IN, rows_in
        )
        _list(side, comparison, listed, rows_in, lang, band=bool(known), none=bool(none))
        return as_png(figure, comparison)


def _known(frontier: Frontier) -> list[FrontierPoint]:
    return [point for point in frontier.points if point.objective is not None]


def _money(comparison: Comparison, label: str) -> float:
    """Return where a run stands on the axis of money: its budget, its cost where none limits it."""
    facts = comparison.facts(label)
    budget = facts["budget"]
    return float(facts["cost"]) if budget is None or np.isnan(budget) else float(budget)


def _share(comparison: Comparison, label: str) -> float:
    facts = comparison.facts(label)
    return float(facts["objective"] if facts["same_score"] else facts["score"])


def _band(axes: Axes, known: Sequence[FrontierPoint], scale: Scale) -> None:
    """Draw where the best plan lies: from the plan found so far to the bound of the next budget."""
    if not known:
        return
    x = np.array([p.budget for p in known]) / scale.step
    low = 100 * np.array([p.objective for p in known], float)
    high = 100 * np.array([np.nan if p.bound is None else p.bound for p in known], float)
    for i in range(len(known) - 1):
        axes.fill_between(x[i : i + 2], low[i], high[i + 1], color=_BOX, lw=0, zorder=1)
    axes.vlines(x, low, high, color=_INTERVAL, lw=4.5, zorder=2)
    axes.plot(x, low, color=BLUE, lw=1.4, zorder=3)
    axes.plot(x, low, "o", ms=4.6, mfc=BLUE, mec="white", mew=0.7, zorder=4)
    axes.plot(x, high, "_", ms=6, color=BLUE, mew=1.0, zorder=4)


def _today(axes: Axes, comparison: Comparison, lang: Lang) -> None:
    value = 100 * today_share(comparison)
    axes.axhline(value, color=GREY, lw=0.9, ls=(0, (5, 3)), zorder=2)
    axes.annotate(
        both(lang, f"today {value:.1f}%", f"现状 {value:.1f}%"), xy=(1.0, value),
        xycoords=("axes fraction", "data"), xytext=(-4, 4), textcoords="offset points",
        ha="right", va="bottom", fontsize=8, color=GREY, path_effects=halo(),
    )  # fmt: skip


def _limits(
    axes: Axes,
    comparison: Comparison,
    known: Sequence[FrontierPoint],
    listed: Sequence[str],
    scale: Scale,
) -> None:
    x = [p.budget for p in known] + [_money(comparison, label) for label in listed]
    y = [float(p.objective or 0.0) for p in known] + [p.bound for p in known if p.bound is not None]
    y += [_share(comparison, label) for label in listed]
    y += [
        float(comparison.facts(label)["bound"] or 0.0)
        for label in listed
        if _own(comparison, label)
    ]
    y.append(today_share(comparison))
    left, right = min(x, default=0.0) / scale.step, max(x, default=1.0) / scale.step
    pad = 0.04 * (right - left) or 0.1 * abs(right) or 1.0
    axes.set_xlim(left - pad, right + pad)
    low, high = 100 * min(y), 100 * max(y)
    room = max(high - low, 0.5)
    axes.set_ylim(max(0.0, low - 0.08 * room), min(101.0, high + 0.14 * room))


def _own(comparison: Comparison, label: str) -> bool:
    """Whether the bound of a run is of the same score as the axis."""
    facts = comparison.facts(label)
    return bool(facts["same_score"]) and facts["bound"] is not None


def _scenarios(axes: Axes, comparison: Comparison, listed: Sequence[str], scale: Scale) -> None:
    if not listed:
        return
    x = np.array([_money(comparison, label) for label in listed]) / scale.step
    y = 100 * np.array([_share(comparison, label) for label in listed])
    own = [_own(comparison, label) for label in listed]
    for i, label in enumerate(listed):
        if own[i]:
            bound = 100 * float(comparison.facts(label)["bound"])
            axes.plot([x[i], x[i]], [y[i], bound], color=ORANGE, lw=1.6, zorder=5)
        axes.plot(
            x[i], y[i], "D", ms=6, mfc=ORANGE if own[i] else "white", mec=ORANGE, mew=1.2, zorder=6
        )
    pixels = axes.transData.transform(np.column_stack([x, y]))
    places = pixels * 72 / axes.figure.dpi
    for i, offset in enumerate(number_offsets(places[:_MOST_LISTED])):
        axes.annotate(
            str(i + 1), xy=(x[i], y[i]), xytext=tuple(offset), textcoords="offset points",
            ha="center", va="center", fontsize=8, color=INK, zorder=8, path_effects=halo(2.2),
        )  # fmt: skip


def _without_plan(axes: Axes, budgets: Sequence[float]) -> None:
    """Mark budgets with which no plan keeps all rules."""
    left, right = axes.get_xlim()
    if budgets:
        pad = 0.04 * (right - left)
        axes.set_xlim(min(left, min(budgets) - pad), right)
    low, _ = axes.get_ylim()
    axes.plot(budgets, [low] * len(budgets), "x", ms=6, color=WARNING, mew=1.4, clip_on=False)


def _axis(axes: Axes, lang: Lang) -> None:
    clear_frame(axes, keep=("bottom", "left"))
    axes.grid(axis="y", color="#E6E9ED", lw=0.7, zorder=0)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
    axes.set_ylabel(both(lang, "Need served, weighted", "加权需求服务率"), fontsize=9, color=INK)


def _marginal(axes: Axes, frontier: Frontier, scale: Scale, lang: Lang) -> None:
    """Draw what a unit of money adds between two budgets, as an interval."""
    clear_frame(axes, keep=("bottom", "left"))
    axes.grid(axis="y", color="#E6E9ED", lw=0.7, zorder=0)
    axes.set_axisbelow(True)
    top = 0.0
    for step in frontier.steps:
        across = (step.high - step.low) / scale.step
        unit = 100 * scale.step
        low = unit * step.per_unit.low
        high = low if step.per_unit.high is None else unit * step.per_unit.high
        top = max(top, high)
        middle = step.low / scale.step + across / 2
        width = 0.86 * across
        axes.bar(middle, low, color=BLUE, alpha=0.75, lw=0, width=width, zorder=2)
        axes.bar(
            middle,
            max(high - low, 0.0),
            bottom=low,
            color=PALE_BLUE,
            ec=BLUE,
            lw=0.5,
            width=width,
            zorder=2,
        )
    axes.set_ylim(0, 1.1 * top if top > 0 else 1.0)
    unit_en, unit_zh = scale.en, scale.zh
    axes.set_title(
        both(
            lang,
            f"Points that one more adds ({unit_en}): dark at least, pale at most",
            f"每增加一单位（{unit_zh}）提高的百分点：深色为下限，浅色为上限",
            "   ",
        ),
        fontsize=8.2, color=INK, loc="left", pad=5,
    )  # fmt: skip


def _list(
    axes: Axes,
    comparison: Comparison,
    listed: Sequence[str],
    height_in: float,
    lang: Lang,
    *,
    band: bool,
    none: bool,
) -> None:
    """Write what the marks mean, and the scenarios by number."""
    axes.set_axis_off()
    axes.set_xlim(0, _LIST_IN)
    axes.set_ylim(0, height_in)
    y = height_in - 0.12
    entries: list[tuple[str, str, str]] = []
    if band:
        entries += [
            ("plan", "plan found, up to what no plan beats", "所得方案，至任何方案不能超过的上界"),
            ("band", "between budgets the best plan lies in here", "预算之间最优方案必在此范围内"),
        ]
    if none:
        entries += [("none", "no plan keeps all rules", "无满足全部规则的方案")]
    if listed:
        entries += [
            ("own", "scenario at its budget, up to its bound", "情景（按其预算），线至上界")
        ]
    if any(not _own(comparison, label) for label in listed):
        entries += [
            ("other", "counts otherwise: placed by the given weights", "目标不同：按原权重定位")
        ]
    for kind, en, zh in entries:
        _key(axes, kind, y)
        axes.text(
            0.42, y, both(lang, en, zh, "\n"), fontsize=7.6, color=INK, va="center",
            linespacing=1.2,
        )  # fmt: skip
        y -= 0.4
    if not listed:
        return
    y -= 0.08
    axes.plot([0, _LIST_IN], [y + 0.14, y + 0.14], color=LINE, lw=0.8)
    titles = titles_of(comparison, listed, lang)
    more = len(listed) - _MOST_LISTED
    if more > 0:
        said = both(lang, f"{more} more without a number", f"另有{more}个未编号")
        low = y - _ROW_IN * (_MOST_LISTED + 1) + 0.14
        axes.text(0.42, low, said, fontsize=7.6, color=GREY, va="center")
    for i, label in enumerate(listed[:_MOST_LISTED]):
        y -= _ROW_IN
        facts = comparison.facts(label)
        shown = share(_share(comparison, label))
        if _own(comparison, label) and facts["termination"] != "optimal":
            shown += f" – {percent_above(float(facts['bound']), 1)}"
        axes.text(0.2, y + 0.14, str(i + 1), fontsize=8, color=INK, ha="center", va="center")
        name = axes.text(0.42, y + 0.14, titles[label], fontsize=8, color=INK, va="center")
        axes.text(_LIST_IN, y + 0.14, shown, fontsize=8, color=INK, ha="right", va="center")
        fit(name, _LIST_IN - 0.42 - 1.25)


def _key(axes: Axes, kind: str, y: float) -> None:
    if kind == "band":
        axes.fill_between([0.04, 0.34], y - 0.09, y + 0.09, color=_BOX, lw=0)
        return
    if kind == "none":
        axes.plot(0.19, y, "x", ms=6, color=WARNING, mew=1.4)
        return
    if kind == "plan":
        axes.plot([0.19, 0.19], [y - 0.06, y + 0.08], color=_INTERVAL, lw=4.5)
        axes.plot(0.19, y - 0.06, "o", ms=4.6, mfc=BLUE, mec="white", mew=0.7)
        axes.plot(0.19, y + 0.09, "_", ms=6, color=BLUE, mew=1.0)
        return
    if kind == "own":
        axes.plot([0.19, 0.19], [y - 0.03, y + 0.14], color=ORANGE, lw=1.6)
    axes.plot(
        0.19, y - 0.03, "D", ms=6, mfc=ORANGE if kind == "own" else "white", mec=ORANGE, mew=1.2
    )
