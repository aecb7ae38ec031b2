"""The next round: what was decided, planned again, and how it differs from the round before."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from siting import plan, store
from siting.errors import Finding, InstanceError
from siting.explain import Interval
from siting.explain.intervals import Best, best_of, price_between
from siting.instance.instance import NEED_GRID, Instance
from siting.instance.reading import read_instance
from siting.instance.scenario import apply
from siting.instance.settings import Scenario
from siting.plan import Options, Plan
from siting.report import run_files
from siting.report.labels import Lang, for_reader
from siting.report.results import gather_results
from siting.review import log as review_log
from siting.review.log import LOG_FILE, Entry
from siting.review.run import ROUND_FILE, ReviewedRun, Round
from siting.review.standing import (
    Standing,
    State,
    contradictions,
    latest,
    scenario_after,
    standings,
)
from siting.solution import PROVEN_GAP
from siting.solvers.control import Progress

log = logging.getLogger(__name__)

AGREED = frozenset({State.ADMISSIBLE, State.COMMITTED})
"""Where a chosen site must stand for a round to be agreed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NextRound:
    """What became of the verdicts on a round.

    Attributes
    ----------
    held
        Where every use stands after all verdicts of all rounds.
    made
        The plan that respects them, or why there is none.
    number
        Of the new round.
    folder
        Of the new run; None where nothing is kept.
    cost
        What all verdicts together cost: how much more the best plan of the first round serves,
        in shares of the score; None without a plan.
    """

    before: ReviewedRun
    held: tuple[Standing, ...]
    made: Plan
    number: int
    folder: Path | None
    cost: Interval | None

    @property
    def verified(self) -> bool:
        """Whether there is a plan and it passed every check."""
        return self.made.solution.has_plan and self.made.verification.passed

    @property
    def open(self) -> tuple[tuple[str, str], ...]:
        """Sites of the new plan that are still to be decided on, by building and service."""
        stand = {(s.building_id, s.service_id): s.state for s in self.held}
        return tuple(use for use in opened_in(self.made) if stand.get(use) not in AGREED)

    @property
    def agreed(self) -> bool:
        """Whether every site that the new plan opens is admissible or approved as a project."""
        return self.verified and not self.open


def opened_in(made: Plan) -> tuple[tuple[str, str], ...]:
    """Return what a plan newly opens, by building and service in their order."""
    chosen = made.solution.chosen
    new = chosen[chosen["status"] == "new"]
    return tuple(sorted({(str(b), str(s)) for b, s in zip(*_columns(new), strict=True)}))


def _columns(chosen: Any) -> tuple[Any, Any]:
    return chosen["building_id"], chosen["service_id"]


def resolve(
    run: ReviewedRun,
    options: Options,
    *,
    root: Path,
    out: Path | None = None,
    datum: str = "",
    lang: Lang = "en",
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> NextRound:
    """Plan again with all verdicts that the log of a round holds, and keep the plan as a new run.

    The search begins at the plan of the round; where the verdicts ask nothing new of it, and it is
    proven to the gap that is asked for, it stays. The run of the round itself is left as it is, but
    for its log, which says how this ended. A plan that fails verification, or a conflict, is kept
    as `siting solve` keeps it, and is no round.

    Parameters
    ----------
    root, out
        Where the new run goes, as in `siting.store.save_run`.
    datum
        Of the instance's coordinates, as in `read_instance`.
    lang
        Of the files of the new run.

    Raises
    ------
    InstanceError
        When there is no verdict yet, verdicts of different rounds cannot hold together, a rule
        that they need is switched off, or the log is broken.
    """
    store.refuse_existing(out)
    verdicts = review_log.verdicts_in(review_log.read(run.folder / LOG_FILE))
    held = standings(verdicts, run.departments)
    scenario = scenario_after(run.round.base, held)
    number = run.round.number + 1
    base, _ = read_instance(run.instance_path, datum=datum)
    name = f"{run.round.scenario}+round={number}".lstrip("+")
    town = apply(base, scenario, name=name)
    _refuse(run, list(contradictions(latest(verdicts))), verdicts=len(verdicts))
    _refuse(run, list(_switched_off(town, scenario)), verdicts=len(verdicts))
    if town.content_hash == run.instance.content_hash and _near_enough(run, options):
        made = _unchanged(run, town)
    else:
        made = plan.solve(town, options, watch=watch, started=started, start=run.solution.chosen)
    cost = None
    if made.solution.has_plan:
        cost = price_between(first_of(run) or best_of(run.solution), best_of(made.solution))
    draft = NextRound(before=run, held=held, made=made, number=number, folder=None, cost=cost)
    folder = _keep(draft, root, out, lang)
    done = replace(draft, folder=folder)
    _record(done)
    return done


def next_run(done: NextRound, lang: Lang) -> ReviewedRun:
    """Return the new round as it is reviewed.

    Raises
    ------
    ValueError
        When no run was kept.
    """
    if done.folder is None:
        raise ValueError("no run was kept")
    made, run = done.made, done.before
    results = gather_results(
        for_reader(made.instance, lang),
        made.travel,
        made.solution,
        made.service_today,
        verified=True,
        lang=lang,
        afterwards=made.afterwards,
        model=made.model,
    )
    return replace(
        run,
        folder=done.folder.resolve(),
        instance=made.instance,
        plan=made,
        results=results,
        round=_round(done),
        earlier=review_log.verdicts_in(review_log.read(run.folder / LOG_FILE)),
        standings=done.held,
    )


def round_values(folder: Path) -> dict[str, Any]:
    """Return what a run says of its round, as plain values; nothing where it says none."""
    path = folder / ROUND_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        finding = Finding(place=str(path), rule=f"cannot be read ({error})")
        raise InstanceError("review", [finding]) from None
    return values if isinstance(values, dict) else {}


def first_of(run: ReviewedRun) -> Best | None:
    """Return what is known of the best plan of the first round; None where nothing is said."""
    if run.round.number == 1:
        return best_of(run.solution)
    first = round_values(run.folder).get("first")
    return None if not first else Best(objective=first["objective"], bound=first["bound"])


def _refuse(run: ReviewedRun, findings: Sequence[Finding], *, verdicts: int) -> None:
    found = list(findings)
    if not verdicts:
        remedy = "name a file that came back by --verdicts"
        found.append(Finding(place=LOG_FILE, rule="holds no verdict yet", remedy=remedy))
    if found:
        raise InstanceError(f"review of {run.run_id}", found)


def _switched_off(town: Instance, scenario: Scenario) -> list[Finding]:
    """Return what is wrong where a rule that verdicts need is switched off."""
    needed = {str(lock.status) for lock in scenario.locks} - {"committed"}
    if scenario.conditions:
        needed.add("conditions")
    return [
        Finding(
            place="instance.toml",
            column=f"rules.{rule}",
            value="false",
            rule="is switched off, so that verdicts would not hold",
            remedy="switch it on, and solve the first round again",
        )
        for rule in sorted(needed)
        if not town.rule_on(rule)
    ]


def _near_enough(run: ReviewedRun, options: Options) -> bool:
    gap = run.solution.gap
    return gap is not None and gap <= max(options.gap, PROVEN_GAP)


def _unchanged(run: ReviewedRun, town: Instance) -> Plan:
    """Return the plan of a round as that of the next, which differs in its name alone."""
    provenance = replace(
        run.solution.provenance, scenario=town.scenario, overrides=dict(town.overrides)
    )
    solution = replace(run.solution, provenance=provenance)
    return replace(run.plan, instance=town, solution=solution)


def _round(done: NextRound) -> Round:
    return replace(done.before.round, number=done.number, previous=done.before.run_id)


def _keep(done: NextRound, root: Path, out: Path | None, lang: Lang) -> Path | None:
    """Keep the new run whole, with its round and its log; nothing where nothing was found."""
    made, solution = done.made, done.made.solution
    if not solution.has_plan and solution.conflict is None:
        return None
    files: dict[str, store.FileWriter] = {}
    if solution.has_plan:
        log.info("writing tables, map and workbook ...")
        files |= run_files(
            made.instance,
            made.travel,
            solution,
            made.service_today,
            made.verification,
            lang,
            afterwards=made.afterwards,
            model=made.model,
        )
    if done.verified:
        content = (done.before.folder / LOG_FILE).read_bytes()
        parent = (root / solution.provenance.instance if out is None else out.parent).resolve()
        files[LOG_FILE] = lambda path: _write(path, content)
        files[ROUND_FILE] = partial(_write_round, done, parent)
    return store.save_run(
        solution,
        {s: amount / NEED_GRID for s, amount in made.instance.base_need.items()},
        files,
        root=root,
        verified=made.verification.passed,
        instance_path=done.before.instance_path,
        out=out,
    )


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _write_round(done: NextRound, parent: Path, path: Path) -> None:
    """Write which round a run is, where the one before lies, and where its log stood then."""
    number, before = _round(done), done.before
    first = first_of(before)
    try:
        previous = Path(os.path.relpath(before.folder, parent / "run")).as_posix()
    except ValueError:  # on another drive
        previous = before.folder.as_posix()
    values = {
        "number": number.number,
        "previous": number.previous,
        "scenario": number.scenario,
        "overrides": dict(number.overrides),
        "previous_folder": previous,
        "log_head": review_log.head_of(path.with_name(LOG_FILE)),
        "first": None if first is None else {"objective": first.objective, "bound": first.bound},
    }
    path.write_text(json.dumps(values, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _record(done: NextRound) -> None:
    """Say in the log of the round, and of the next where there is one, how it ended."""
    solution, run = done.made.solution, done.before
    entry = Entry(
        event="resolve",
        run_id=run.run_id,
        round=run.round.number,
        outcome={
            "run_id": None if done.folder is None else done.folder.name,
            "round": done.number if done.verified else None,
            "termination": solution.termination.value,
            "objective": solution.objective,
            "bound": solution.bound,
            "cost": solution.cost.get("total"),
            "price_low": None if done.cost is None else done.cost.low,
            "price_high": None if done.cost is None else done.cost.high,
            "verified": done.verified,
            "conflict": [] if solution.conflict is None else list(solution.conflict.rows),
            "agreed": done.agreed,
        },
    )
    written = review_log.append(run.folder / LOG_FILE, [entry])
    if done.verified and done.folder is not None:
        review_log.append(done.folder / LOG_FILE, written)
