"""What a round changed, for the terminal and as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from siting.explain.differences import served_by
from siting.instance.instance import NEED_GRID
from siting.report.balance import of_services
from siting.report.labels import (
    Lang,
    for_reader,
    in_lang,
    money,
    place_names,
    service_names,
    share,
    title,
    unit_name,
    whole,
)
from siting.report.sentences import proof, verdict
from siting.review.price_words import points, signed_money
from siting.review.rounds import NextRound, opened_in
from siting.review.rounds.proposals import Proposal, proposal_sentence
from siting.review.run import ReviewedRun
from siting.review.standing import STATES
from siting.solution import Solution

_LARGE = 10_000
"""Capital above which amounts are shown without decimals."""


def round_summary(
    done: NextRound,
    run: ReviewedRun,
    proposals: Sequence[Proposal],
    lang: Lang = "en",
) -> RenderableType:
    """Return what the next round changed, what that cost, and what is still open.

    Parameters
    ----------
    run
        The new round.
    """
    town = for_reader(done.made.instance, lang)
    heading = in_lang(lang, f"Round {done.number}", f"第{done.number}轮")
    parts: list[RenderableType] = [Text(f"{title(town, lang)}  {heading}", style="bold"), ""]
    came, went = changed_sites(done)
    for lead, uses in (
        (in_lang(lang, "New in this round", "本轮新增"), came),
        (in_lang(lang, "No longer", "本轮不再"), went),
    ):
        named = in_lang(lang, ", ", "、").join(_named(done, use, lang) for use in uses)
        none = in_lang(lang, "none", "无")
        parts.append(Text(in_lang(lang, f"{lead}: ", f"{lead}：") + (named or none)))
    parts += ["", _served(done, lang), "", *(Text(line) for line in _money(done, lang))]
    parts.append(Text(proof(done.made.solution, lang), style="bold"))
    parts.append(Text(verdict(verified=done.verified, lang=lang)))
    if proposals:
        parts.append(Text(in_lang(lang, "\nProposed uses", "\n建议用途"), style="bold"))
        parts += [Text(proposal_sentence(run, proposal, lang)) for proposal in proposals]
    parts += ["", *_still_open(done, lang)]
    return Group(*parts)


def round_extras(done: NextRound, run: ReviewedRun, proposals: Sequence[Proposal]
) -> dict[str, Any]:  # fmt: skip
    """Return what the JSON line of a round says beyond that of a plan."""
    came, went = changed_sites(done)
    return {
        "round": done.number,
        "agreed": done.agreed,
        "open": _uses(done.open),
        "previous": done.before.run_id,
        "came": _uses(came),
        "went": _uses(went),
        "price_low": None if done.cost is None else done.cost.low,
        "price_high": None if done.cost is None else done.cost.high,
        "proposals": [
            {
                "building_id": p.building_id,
                "service_id": p.service_id,
                "instead_of": p.instead_of,
                "came": p.came,
                "says": proposal_sentence(run, p, "en"),
                "says_zh": proposal_sentence(run, p, "zh"),
            }
            for p in proposals
        ],
    }


def changed_sites(
    done: NextRound,
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Return the uses that came and that went, by building and service."""
    before, after = opened_in(done.before.plan), opened_in(done.made)
    came = tuple(use for use in after if use not in before)
    return came, tuple(use for use in before if use not in after)


def _uses(uses: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"building_id": b, "service_id": s} for b, s in uses]


def _named(done: NextRound, use: tuple[str, str], lang: Lang) -> str:
    town = for_reader(done.made.instance, lang)
    building, service = use
    name = place_names(town)[building]
    called = building if name == building else f"{building} {name}"
    return in_lang(
        lang,
        f"{called} ({service_names(town, lang)[service]})",
        f"{called}（{service_names(town, lang)[service]}）",
    )


def _served(done: NextRound, lang: Lang) -> Table:
    town = for_reader(done.made.instance, lang)
    year, need = town.years[-1], town.base_need
    old, new = (served_by(s.service, year) for s in (done.before.solution, done.made.solution))
    names, units = service_names(town, lang), of_services(town, "unit")
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    headings = (
        ("Service", "服务"), ("Served before", "上轮服务量"), ("Now", "本轮服务量"),
        ("Change", "变化"), ("Share", "服务率"),
    )  # fmt: skip
    for number, (en, zh) in enumerate(headings):
        table.add_column(in_lang(lang, en, zh), justify="right" if number else "left")
    for service_id in town.services["service_id"]:
        if not need[service_id]:
            continue
        before, after = old.get(service_id, 0.0), new.get(service_id, 0.0)
        unit = unit_name(units[service_id], lang)
        table.add_row(
            Text(in_lang(lang, f"{names[service_id]}, {unit}", f"{names[service_id]}（{unit}）")),
            whole(before),
            whole(after),
            f"{after - before:+,.0f}" if round(after - before) else "±0",
            share(after * NEED_GRID / need[service_id]),
        )
    return table


def _money(done: NextRound, lang: Lang) -> Iterator[str]:
    town, before, after = done.made.instance, done.before.solution, done.made.solution
    unit = town.settings.money.unit
    now, difference = after.cost["total"], after.cost["total"] - before.cost["total"]
    amount = money(now, 0 if now >= _LARGE else town.settings.money.decimals)
    change = signed_money(town, after, difference)
    yield in_lang(
        lang,
        f"Capital: {amount} {unit} ({change} on the round before)",
        f"总投资：{amount} {unit}（较上轮{change}）",
    )
    yield in_lang(
        lang,
        f"Need served: {_interval(before)} before, {_interval(after)} now",
        f"服务需求：上轮{_interval(before)}，本轮{_interval(after)}",
    )
    if done.cost is not None:
        cost = points(done.cost, lang)
        yield in_lang(
            lang, f"All verdicts together cost: {cost}", f"全部审查意见的合计代价：{cost}"
        )


def _interval(solution: Solution) -> str:
    """Return the score with what no plan exceeds: ``71.25 – 71.40 %``."""
    low = 100 * (solution.objective or 0.0)
    if solution.bound is None or 100 * solution.bound - low < 0.005:  # noqa: PLR2004  one digit
        return f"{low:.2f} %"
    return f"{low:.2f} – {100 * solution.bound:.2f} %"


def _still_open(done: NextRound, lang: Lang) -> Iterator[Text]:
    if done.agreed:
        yield Text(
            in_lang(
                lang,
                "Agreed: every site of this round is admissible or approved as a project.",
                "已达成一致：本轮全部场所均可实施或已立项。",
            ),
            style="bold green",
        )
        return
    stand = {(s.building_id, s.service_id): s for s in done.held}
    yield Text(in_lang(lang, "Still to be decided:", "尚待审查："), style="bold")
    for use in done.open:
        held = stand.get(use)
        says = in_lang(lang, "no verdict yet", "尚无意见")
        if held is not None:
            says = in_lang(lang, *STATES[held.state])
            if held.waiting_for:
                waiting = in_lang(lang, ", ", "、").join(held.waiting_for)
                says += in_lang(lang, f", waiting for {waiting}", f"，待{waiting}")
        yield Text(f"  {_named(done, use, lang)}{in_lang(lang, ': ', '：')}{says}")
