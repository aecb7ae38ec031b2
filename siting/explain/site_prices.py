"""What sites bring to a plan, what would stand in for them, what forcing or admitting one does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from siting.errors import Finding, InstanceError, nearest
from siting.explain.desk import Desk, open_desk
from siting.explain.gains import weight_served
from siting.explain.site_questions import Asked, SitePrice, SiteQuestion
from siting.explain.trials import shared_out
from siting.instance.instance import Instance
from siting.model.build import Model
from siting.plan import Options
from siting.solution import Solution
from siting.solvers.control import Control, Progress

log = logging.getLogger(__name__)

NARROWING_S = 40.0
"""Seconds that a search gets at least: one that is cut short narrows nothing that is known."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SitePrices:
    """What all chosen buildings mean to a plan.

    Attributes
    ----------
    prices
        The surest and dearest first.
    not_reached
        Chosen buildings that not even a plan found at once prices.
    committed
        Buildings that are open whatever the plan says.
    """

    prices: tuple[SitePrice, ...]
    not_reached: tuple[str, ...] = ()
    committed: tuple[str, ...] = ()
    seconds: float = 0.0


def price_site(
    instance: Instance,
    solution: Solution,
    building_id: str,
    options: Options | None = None,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> SitePrice:
    """Return what one building means to a plan: without it if it is used, with it if not.

    Parameters
    ----------
    instance
        With its scenario applied; what the plan was made from.
    watch
        Called with the progress of the search.

    Raises
    ------
    InstanceError
        When there is no such building.
    ValueError
        When the solution has no plan.
    """
    options = options or Options()
    known = list(instance.buildings["building_id"].astype(str))
    if building_id not in known:
        finding = Finding(
            place="BUILDING",
            value=f'"{building_id}"',
            rule="no such building in this instance",
            remedy=nearest(building_id, known),
        )
        raise InstanceError("explain site", [finding])
    control = options.control(time.monotonic() if started is None else started, watch)
    desk = open_desk(instance, solution, options, control, 1)
    used = building_id in set(solution.chosen["building_id"])
    question = SiteQuestion(building_id=building_id, asked="closed" if used else "open")
    return desk.price(question, control, f"other plan for {building_id}")


def price_sites(
    instance: Instance,
    solution: Solution,
    options: Options | None = None,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> SitePrices:
    """Return what every building that a plan opens means to it, within one time limit.

    A plan that is found at once limits each price from above, for those that serve the most
    weighted need first. Then searches narrow the widest; each gets at least `NARROWING_S`,
    so that the last may not be reached. Committed buildings are left out.

    Raises
    ------
    ValueError
        When the solution has no plan.
    """
    options = options or Options()
    started = time.monotonic() if started is None else started
    control = options.control(started, watch)
    chosen = solution.chosen
    new = list(dict.fromkeys(chosen.loc[chosen["status"] == "new", "building_id"].astype(str)))
    worth = weight_served(instance, solution)
    new.sort(key=lambda building_id: (-worth.get(building_id, 0.0), building_id))
    questions = [SiteQuestion(building_id=building_id, asked="closed") for building_id in new]
    found = _answered(open_desk(instance, solution, options, control, len(new)), questions, control)
    prices = [price for price in found if price is not None]
    done = {price.building_id for price in prices}
    committed = chosen.loc[chosen["status"] == "committed", "building_id"].astype(str)
    return SitePrices(
        prices=tuple(sorted(prices, key=_order)),
        not_reached=tuple(b for b in new if b not in done),
        committed=tuple(dict.fromkeys(committed)),
        seconds=time.monotonic() - started,
    )


def price_questions(
    instance: Instance,
    solution: Solution,
    questions: Sequence[SiteQuestion],
    options: Options | None = None,
    *,
    model: Model | None = None,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> tuple[SitePrice | None, ...]:
    """Answer questions about buildings within one time limit, in their order.

    Plans without a building that are found at once limit its price from above. Then each gets at
    least `NARROWING_S`, widest first, so that the last may not be reached; None for
    those that neither reached. Of the plans that serve as much, the cheapest that was found
    answers (unless `Options.least_money` is off).

    Parameters
    ----------
    instance
        With its scenario applied; what the plan was made from.
    model
        What the plan was made with, where it is at hand.

    Raises
    ------
    ValueError
        When the solution has no plan.
    """
    options = options or Options()
    control = options.control(time.monotonic() if started is None else started, watch)
    desk = open_desk(instance, solution, options, control, len(questions), model=model)
    desk.least_money = options.least_money
    return tuple(_answered(desk, questions, control))


_STAGES: dict[Asked, str] = {
    "closed": "without",
    "open": "with",
    "admitted": "admitting",
}


def _answered(
    desk: Desk, questions: Sequence[SiteQuestion], control: Control
) -> list[SitePrice | None]:
    """Return the answers to questions, as far as the time goes; Ctrl-C keeps what is done.

    First every building has a price by the plan without it that is found at once, then those of
    which least is known are searched for.
    """
    prices: list[SitePrice | None] = []
    try:
        prices.extend(desk.at_once(questions, control))
        prices += [None] * (len(questions) - len(prices))
        order = sorted(range(len(questions)), key=lambda at: _known(prices[at]))
        for done, (at, limited) in enumerate(shared_out(order, control, least_s=NARROWING_S)):
            question = questions[at]
            stage = f"{_STAGES[question.asked]} {question.building_id}"
            stage += f", {done + 1} of {len(questions)}"
            log.info("%s ...", stage)
            found = desk.price(question, limited, stage)
            if prices[at] is None or found.price is not None:
                prices[at] = found
    except KeyboardInterrupt:
        control.cancelled.set()
    return prices + [None] * (len(questions) - len(prices))


def _known(price: SitePrice | None) -> tuple[bool, float]:
    """Return a key that puts prices first of which least is known."""
    if price is None or price.price is None or price.price.high is None:
        return False, 0.0
    return True, -price.price.high


def _order(priced: SitePrice) -> tuple[bool, tuple[float, float], str]:
    price = priced.price
    return price is None, price.order if price else (0.0, 0.0), priced.building_id
