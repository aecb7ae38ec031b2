"""Rule `targets`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from siting.instance.cells import items_of
from siting.model.decisions import Decisions
from siting.model.program import Extra, Row
from siting.model.rules.stocks import Floats, Stock, added, change, people_at_end, standing


def targets(decisions: Decisions) -> Iterator[Row]:
    r"""Stocks reach their targets in the last year; what a soft one misses is made least.

    .. math:: base + \sum_c change_c \, y_c + short_i \ge wanted_i, \qquad
        \min \sum_i short_i / wanted_i

    and the other way round for a ceiling. A hard target has no :math:`short_i`. Wanted is the value
    itself, times the people of the last year for a stock per head; for a share the stock of the
    whole moves with the plan: :math:`stock \ge value \cdot whole`, and the shortfall is measured by
    the value times the whole of today. A target per year speaks of what opens in each year; in a
    plan of one period of what opens in all its years. Source: standards S024, S033, S041, S105,
    S112.
    """
    for target in decisions.instance.targets.itertuples():
        for goal in _goals(decisions, target):
            row = _row(decisions, target, goal)
            if row is not None:
                yield row


@dataclass(frozen=True, kw_only=True, eq=False)
class _Goal:
    """``base + change @ open`` against what is wanted; a shortfall counts by `scale`."""

    base: float
    change: Floats
    wanted: float
    scale: float
    year: int | None = None


def _goals(decisions: Decisions, target: Any) -> Iterator[_Goal]:
    instance = decisions.instance
    stock = Stock(
        services=frozenset([str(target.service_id), *items_of(target.also_services)]),
        measure=str(target.measure),
        tag=_text(target.tag),
        zone_id=_text(target.zone_id),
    )
    value = float(target.value)
    if target.per == "per_year":
        yield from _per_year(decisions, stock, value)
        return
    if target.per == "share":
        yield _share(decisions, target, stock)
        return
    per = {"per_1000": 1000.0, "per_person": 1.0}.get(str(target.per))
    base = float(target.base_value)
    if np.isnan(base):
        base = float(standing(instance, stock).sum())
    elif per is not None:
        base *= float(target.base_people) / per
    wanted = value if per is None else value * people_at_end(instance, stock.zone_id) / per
    by_conversion, closing = change(decisions, stock)
    yield _Goal(base=base + closing, change=by_conversion, wanted=wanted, scale=wanted)


def _per_year(decisions: Decisions, stock: Stock, value: float) -> Iterator[_Goal]:
    opened = added(decisions, stock)
    plan = decisions.instance.settings.plan
    if not plan.yearly:
        wanted = value * plan.years
        yield _Goal(base=0.0, change=opened, wanted=wanted, scale=wanted)
        return
    when = decisions.conversions["year"].to_numpy()
    for year in decisions.years:
        now = np.where(when == year, opened, 0.0)
        yield _Goal(base=0.0, change=now, wanted=value, scale=value, year=year)


def _share(decisions: Decisions, target: Any, stock: Stock) -> _Goal:
    instance, value = decisions.instance, float(target.value)
    of = _text(target.share_of) or str(target.service_id)
    whole = Stock(services=frozenset([of]), measure=stock.measure, zone_id=stock.zone_id)
    all_today = float(target.base_stock)
    if np.isnan(all_today):
        all_today = float(standing(instance, whole).sum())
    today = float(target.base_value) * all_today
    if np.isnan(today):
        today = float(standing(instance, stock).sum())
    by_conversion, closing = change(decisions, stock)
    by_whole, closing_whole = change(decisions, whole)
    return _Goal(
        base=today + closing - value * (all_today + closing_whole),
        change=by_conversion - value * by_whole,
        wanted=0.0,
        scale=value * all_today,
    )


def _row(decisions: Decisions, target: Any, goal: _Goal) -> Row | None:
    """Return the row of a goal; None where no plan could miss it, or a soft one wants nothing."""
    floor = target.comparison == "at_least"
    sign = 1.0 if floor else -1.0
    # Most that any choice could miss it by.
    worst = sign * (goal.wanted - goal.base) - np.minimum(sign * goal.change, 0).sum()
    soft = not bool(target.hard)
    if worst <= 0 or (soft and goal.scale <= 0):
        return None
    columns = np.flatnonzero(goal.change)
    name = decisions.label("targets", str(target.target_id), year=goal.year)
    limit = goal.wanted - goal.base
    short: tuple[tuple[Extra, float], ...] = ()
    if soft:
        extra = Extra(
            name=name.replace("targets[", "shortfall["),
            upper=float(worst),
            integer=False,
            tier="targets",
            worth=1.0 / goal.scale,
        )
        short = ((extra, sign),)
    return decisions.row_of(
        name,
        columns,
        coefficients=goal.change[columns],
        lower=limit if floor else -np.inf,
        upper=np.inf if floor else limit,
        extra=short,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
