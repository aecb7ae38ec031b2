"""What verdicts cost: of every chosen site the price of a rejection, of others what they bring."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from siting import store
from siting.explain import Interval, SitePrice, SiteQuestion, price_questions
from siting.explain.gains import weight_served
from siting.explain.intervals import best_of, price_between
from siting.explain.values import joined
from siting.instance.instance import Instance
from siting.plan import Options
from siting.report.labels import Lang
from siting.review.price_words import Price, price_sentence
from siting.review.run import ReviewedRun
from siting.review.standing import Standing, State
from siting.review.verdicts import Decision
from siting.solution import Termination
from siting.solvers.control import Progress

log = logging.getLogger(__name__)

PRICES_FILE = "review_prices.csv"
"""Prices as they were computed, beside a run's other files."""

Asked = Literal["reject", "admit", "hold", "committed"]

COLUMNS = (
    "building_id", "service_id", "asked", "price_low", "price_high", "price_says",
    "price_says_zh", "open_low", "open_high", "people", "comes", "goes", "cost_difference",
    "termination", "gap",
)  # fmt: skip
"""Of the table of prices.

``asked``: ``reject`` (the plan opens it), ``admit`` (rejected, or turned to another use), ``hold``
(both) or ``committed`` (no price). ``price_low, price_high``: what its rejection costs, in shares
of the score; ``open_low, open_high``: what having it open costs, where it is held and the plan
does without. ``people`` (``service:difference`` separated by ``|``), ``comes, goes`` and
``cost_difference`` are the other plan less this one. ``termination`` of the other plan is empty
where the time did not suffice, ``gap`` what was asked for.
"""

_KEY = ["building_id", "service_id", "asked"]

_SETTLED = {t.value for t in (Termination.OPTIMAL, Termination.WITHIN_GAP, Termination.INFEASIBLE)}
"""Of other plans that more time would not better."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Use:
    """One use of a building and what its price is made from."""

    building_id: str
    service_id: str
    asked: Asked
    chosen: bool
    question: SiteQuestion | None


def prices_of(
    run: ReviewedRun,
    options: Options | None = None,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
    sites: Collection[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """Return the price of a verdict on every chosen and every contested use.

    Rejecting a use closes its whole building. What was settled before, at this gap or a narrower
    one, is read from the run's folder; what is new is kept there. A plan that is found at once
    limits every price from above; searches then narrow the widest first, as far as the time goes.
    Sites that not even that suffices for say so.

    Parameters
    ----------
    watch
        Called with the progress of each search.
    started
        `time.monotonic` from which the time limit counts; now by default.
    sites
        Building and service of the uses that are asked for; all where None.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, one row per use; ``price_says`` in the language of the run's tables.
    """
    options = options or Options()
    uses = [u for u in _uses(run) if sites is None or (u.building_id, u.service_id) in sites]
    kept = _kept(run.folder)
    known = {
        tuple(row[name] for name in _KEY): row
        for row in kept.to_dict("records")
        if row["termination"]
    }
    settled = {
        key
        for key, row in known.items()
        if row["termination"] in _SETTLED and row["gap"] <= options.gap
    }
    asked = [use for use in uses if _key(use) not in settled]
    answers = _answers(run, asked, options, watch, started)
    found = {_key(use): _row(run, use, answers, options) for use in asked}
    rows = [
        min((rows[_key(u)] for rows in (found, known) if _key(u) in rows), key=_width) for u in uses
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(_NUMBERS, float))
    if asked:
        _keep(run.folder, kept, table, run.instance.settings.synthetic)
    return in_language(table, run.results.lang)


def read_prices(folder: Path, lang: Lang) -> pd.DataFrame:
    """Return the prices that were computed for a run; without rows where there are none."""
    return in_language(_kept(folder), lang)


def in_language(prices: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return prices with their sentence in a language as ``price_says``."""
    return prices.assign(price_says=prices["price_says_zh"]) if lang == "zh" else prices


def without_locks(instance: Instance, use: tuple[str, str]) -> Instance:
    """Return the instance as if verdicts had not kept a use out.

    One lock of a scenario on the whole building and one on the use are lifted; a lock that the
    instance or its first scenario states beside stays.
    """
    locks = instance.locks
    building, service = use
    ours = locks["status"].eq("forbidden") & locks["building_id"].eq(building)
    ours &= locks["source"].eq("scenario") & locks["module_id"].isna()
    lifted = [
        np.flatnonzero((ours & about).to_numpy(bool))[-1:]  # verdicts come last
        for about in (locks["service_id"].isna(), locks["service_id"].eq(service))
    ]
    kept = np.ones(len(locks), bool)
    kept[np.concatenate(lifted)] = False
    return instance.replace(locks=locks[kept].reset_index(drop=True))


def _uses(run: ReviewedRun) -> Iterator[_Use]:
    """Yield the uses that have a price: chosen ones that serve most first, then contested ones."""
    chosen = run.solution.chosen
    new = chosen[chosen["status"] == "new"].drop_duplicates(["building_id", "service_id"])
    worth = weight_served(run.instance, run.solution)
    opened = [(str(b), str(s)) for b, s in zip(new["building_id"], new["service_id"], strict=True)]
    held = {(s.building_id, s.service_id): s for s in run.standings}
    for use in sorted(opened, key=lambda use: (-worth.get(use[0], 0.0), use)):
        yield _opened(use, held.get(use))
    buildings = set(run.instance.buildings["building_id"])
    for use, standing in held.items():
        if use not in opened and use[0] in buildings:
            yield from _contested(run.instance, use, standing)


def _opened(use: tuple[str, str], standing: Standing | None) -> _Use:
    building, service = use
    asked: Asked = "reject"
    question: SiteQuestion | None = SiteQuestion(building_id=building, asked="closed")
    if standing is not None and standing.state == State.COMMITTED:
        asked, question = "committed", None
    elif standing is not None and any(v.decision == Decision.HOLD for v in standing.verdicts):
        asked = "hold"
    return _Use(
        building_id=building, service_id=service, asked=asked, chosen=True, question=question
    )


def _contested(instance: Instance, use: tuple[str, str], standing: Standing) -> Iterator[_Use]:
    building, service = use
    if standing.state in {State.REJECTED, State.OTHER}:
        town = without_locks(instance, use)
        question = SiteQuestion(
            building_id=building, asked="admitted", service_id=service, town=town
        )
        asked: Asked = "admit"
    elif standing.state == State.OPEN:
        question = SiteQuestion(building_id=building, asked="open", service_id=service)
        asked = "hold"
    else:
        return
    yield _Use(
        building_id=building, service_id=service, asked=asked, chosen=False, question=question
    )


def _answers(
    run: ReviewedRun,
    uses: Sequence[_Use],
    options: Options,
    watch: Callable[[Progress], None] | None,
    started: float | None,
) -> dict[tuple[str, ...], SitePrice]:
    """Return the answers to the questions about uses, one for all uses of a building closed."""
    questions = {_of(u.question): u.question for u in uses if u.question is not None}
    if not questions:
        return {}
    found = price_questions(
        run.instance,
        run.solution,
        list(questions.values()),
        options,
        model=run.plan.model,
        watch=watch,
        started=started,
    )
    return {key: price for key, price in zip(questions, found, strict=True) if price is not None}


def _key(use: _Use) -> tuple[str, str, str]:
    return use.building_id, use.service_id, use.asked


def _of(question: SiteQuestion) -> tuple[str, ...]:
    return question.building_id, question.asked, question.service_id


def _row(
    run: ReviewedRun, use: _Use, answers: dict[tuple[str, ...], SitePrice], options: Options
) -> dict[str, Any]:
    answer = None if use.question is None else answers.get(_of(use.question))
    rejection = None if answer is None else answer.price
    opening: Interval | None = None
    if use.asked == "hold" and not use.chosen:
        # This plan does without: it is a plan of the town that rejects, and of this one.
        own = best_of(run.solution)
        rejection, opening = price_between(own, own), rejection
    price = Price(
        service_id=use.service_id,
        asked=use.asked,
        chosen=use.chosen,
        rejection=rejection,
        opening=opening,
        answer=answer,
    )
    says, says_zh = (price_sentence(run.instance, run.solution, price, lg) for lg in _LANGS)
    people = {} if answer is None else answer.people
    ended = "" if answer is None else answer.termination.value
    return {
        "building_id": use.building_id,
        "service_id": use.service_id,
        "asked": use.asked,
        "price_low": None if rejection is None else rejection.low,
        "price_high": None if rejection is None else rejection.high,
        "price_says": says,
        "price_says_zh": says_zh,
        "open_low": None if opening is None else opening.low,
        "open_high": None if opening is None else opening.high,
        "people": "|".join(f"{s}:{n:g}" for s, n in people.items() if n),
        "comes": "" if answer is None else joined(answer.comes),
        "goes": "" if answer is None else joined(answer.goes),
        "cost_difference": None if answer is None else answer.cost,
        "termination": "optimal" if use.asked == "committed" else ended,
        "gap": options.gap,
    }


def _width(row: Mapping[str, Any]) -> float:
    """Return how far apart the ends are of what was sought; infinity where one is not known.

    That no plan keeps all rules is known for certain.
    """
    if row["termination"] == Termination.INFEASIBLE:
        return 0.0
    sought = "price" if pd.isna(row["open_low"]) else "open"
    low, high = row[f"{sought}_low"], row[f"{sought}_high"]
    known = row["termination"] and not pd.isna(low) and not pd.isna(high)
    return float(high - low) if known else np.inf


_LANGS: tuple[Lang, Lang] = ("en", "zh")

_NUMBERS = ("price_low", "price_high", "open_low", "open_high", "cost_difference", "gap")


def _kept(folder: Path) -> pd.DataFrame:
    path = folder / PRICES_FILE
    if not path.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    numbers = {name: table[name].map(lambda cell: float(cell or "nan")) for name in _NUMBERS}
    return table.assign(**numbers)[list(COLUMNS)]


def _keep(folder: Path, kept: pd.DataFrame, table: pd.DataFrame, synthetic: str) -> None:
    """Keep prices in the folder of their run, in the place of those that they replace."""
    if len(kept):
        rest = kept.set_index(_KEY).index.difference(table.set_index(_KEY).index)
        others = kept[kept.set_index(_KEY).index.isin(rest)]
        table = pd.concat([table, others], ignore_index=True) if len(others) else table
        (folder / PRICES_FILE).unlink(missing_ok=True)
    store.add_files(folder, {PRICES_FILE: partial(_write, table, synthetic)})


def _write(table: pd.DataFrame, synthetic: str, path: Path) -> None:
    shown = table.assign(synthetic=synthetic) if synthetic else table
    shown.to_csv(path, index=False, encoding="utf-8-sig")  # in full: bounds are not rounded
