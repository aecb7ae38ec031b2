"""What became of the uses that reviewers proposed instead of the planned ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from siting.explain import SitePrice, SiteQuestion, price_questions
from siting.plan import Options
from siting.report.answers import Answer
from siting.report.labels import Lang, for_reader, in_lang, service_names
from siting.report.why_not import not_admitted_use
from siting.review.price_words import opening_sentence
from siting.review.run import ReviewedRun
from siting.review.standing import Standing, State
from siting.solvers.control import Progress


@dataclass(frozen=True, kw_only=True, eq=False)
class Proposal:
    """A use that was proposed for a building, and what became of it.

    Attributes
    ----------
    service_id, instead_of
        Proposed, and planned before.
    rejected
        Whether another verdict rejects the whole building.
    came
        Whether the plan opens it.
    not_admitted
        Why no rule lets it in; None where it is admitted.
    forced
        What having it open would cost; None where it came, is not admitted, or time was short.
    """

    building_id: str
    service_id: str
    instead_of: str
    rejected: bool = False
    came: bool = False
    not_admitted: Answer | None = None
    forced: SitePrice | None = None


def proposals_in(
    run: ReviewedRun,
    options: Options,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> tuple[Proposal, ...]:
    """Return what became of every use that a verdict of the rounds before proposed.

    One that is admitted but that the plan does without gets the price of forcing it open.

    Parameters
    ----------
    run
        The round that was planned with the verdicts.
    """
    first = [_looked_at(run, *asked) for asked in _asked(run.standings)]
    forced = [
        SiteQuestion(building_id=p.building_id, asked="open", service_id=p.service_id)
        for p in first
        if not p.came and not p.rejected and p.not_admitted is None
    ]
    prices: dict[tuple[str, str], SitePrice | None] = {}
    if forced:
        found = price_questions(
            run.instance,
            run.solution,
            forced,
            options,
            model=run.plan.model,
            watch=watch,
            started=started,
        )
        keys = [(q.building_id, q.service_id) for q in forced]
        prices = dict(zip(keys, found, strict=True))
    return tuple(
        Proposal(
            building_id=p.building_id,
            service_id=p.service_id,
            instead_of=p.instead_of,
            rejected=p.rejected,
            came=p.came,
            not_admitted=p.not_admitted,
            forced=prices.get((p.building_id, p.service_id)),
        )
        for p in first
    )


def proposal_sentence(run: ReviewedRun, proposal: Proposal, lang: Lang) -> str:
    """Return what became of a proposed use: it came, or why it did not."""
    names = service_names(for_reader(run.instance, lang), lang)
    new, old = names[proposal.service_id], names.get(proposal.instead_of, proposal.instead_of)
    where = proposal.building_id + in_lang(lang, ": ", "：")
    if proposal.came:
        return where + in_lang(
            lang, f"{new} comes instead of {old}.", f"由{old}改为{new}，已列入。"
        )
    lead = in_lang(lang, f"{new} instead of {old} does not come. ", f"未能由{old}改为{new}。")
    if proposal.rejected:
        why = in_lang(lang, "The whole building is rejected.", "该建筑已整栋否决。")
    elif proposal.not_admitted is not None:
        answer = proposal.not_admitted
        said = in_lang(lang, answer.text, answer.text_zh)
        why = in_lang(lang, f"It is not admitted: {said}.", f"不可准入：{said}。")
    else:
        worth = in_lang(
            lang, "It is admitted, and the plan does without. ", "可准入，但方案未采用。"
        )
        why = worth + opening_sentence(run.instance, run.solution, proposal.forced, lang)
    return where + lead + why


def _asked(held: Iterable[Standing]) -> list[tuple[Standing, str]]:
    return [(standing, use) for standing in held for use in standing.proposed_uses]


def _looked_at(run: ReviewedRun, standing: Standing, proposed: str) -> Proposal:
    building, chosen = standing.building_id, run.solution.chosen
    here = chosen["building_id"].eq(building) & chosen["service_id"].eq(proposed)
    came = bool(here.any())
    rejected = any(
        other.building_id == building and other.state == State.REJECTED for other in run.standings
    )
    model = run.plan.model
    reason = None
    if not came and not rejected:
        reason = not_admitted_use(
            run.instance,
            run.solution,
            (building, proposed),
            balance=run.results.balance,
            reach=model.decisions.reach,
            listed=model.listed,
        )
    return Proposal(
        building_id=building,
        service_id=proposed,
        instead_of=standing.service_id,
        rejected=rejected,
        came=came,
        not_admitted=reason,
    )
