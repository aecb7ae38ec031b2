"""Commands `review resolve` and `review history`: the next round, and all rounds so far."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siting.caching import user_folder
from siting.cli.instances import DatumOption, JsonOption, Language, LanguageOption
from siting.cli.plans import INFEASIBLE, NO_PLAN, ROOT, UNVERIFIED
from siting.cli.screen import Stages, err, out, print_json, show_findings, stages
from siting.errors import InstanceError

if TYPE_CHECKING:  # keeps the start of every command quick
    from siting.errors import Finding
    from siting.plan import Options
    from siting.review.rounds import NextRound
    from siting.review.rounds.proposals import Proposal
    from siting.review.run import ReviewedRun

RunArgument = Annotated[str, typer.Argument(help="A run's folder or id.", show_default=False)]

SOLVE_SHARE = 0.6
"""Part of a time limit that planning again may use; the rest is for prices and the export."""

PRICES_S = 120.0
"""Seconds for the prices of the next round where there is no time limit."""

PROPOSALS_SHARE = 1 / 3
"""Part of the time for prices that those of proposed uses may use."""

BROKEN = 2


def resolve(  # noqa: PLR0917  the command line names its options
    context: typer.Context,
    run: RunArgument,
    verdicts: Annotated[
        list[str] | None,
        typer.Option(
            help="What came back, as of `review import`; several for several departments. "
            "Without: what was imported before."
        ),
    ] = None,
    crs: Annotated[
        str, typer.Option(help="CRS of the points, in place of what the file states.")
    ] = "",
    encoding: Annotated[
        str, typer.Option(help="Of the text of a Shapefile without .cpg: GB18030 or UTF-8.")
    ] = "",
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds for the whole command.", min=0)
    ] = None,
    gap: Annotated[
        float, typer.Option(help="Relative gap at which each search may stop.", min=0)
    ] = 0.005,
    engine: Annotated[str, typer.Option(help="As of `siting solve`.")] = "auto",
    memory_limit: Annotated[
        float | None, typer.Option(help="GiB that the search may hold.", min=0)
    ] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="The new run's own new folder; not in the index.")
    ] = None,
    prices: Annotated[
        bool, typer.Option(help="Price of each verdict on the next round, in its export.")
    ] = True,
    moved: Annotated[
        Path | None, typer.Option("--instance", help="The instance, where it is not where it was.")
    ] = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Plan again with all verdicts, say what changed and what it cost, export the next round."""
    from siting import plan, store
    from siting.cli.explain import watching
    from siting.report.console import plan_summary
    from siting.review.rounds import next_run
    from siting.review.rounds import resolve as plan_again
    from siting.review.rounds.proposals import proposals_in
    from siting.review.rounds.words import round_summary
    from siting.review.run import reviewed_run

    store.refuse_existing(out_folder)
    options = plan.Options(
        gap=gap,
        time_limit_s=time_limit,
        engine=engine,
        memory_limit_gib=memory_limit,
        cache_dir=user_folder(),
    )
    share = None if time_limit is None else SOLVE_SHARE * time_limit
    proposals: tuple[Proposal, ...] = ()
    following: ReviewedRun | None = None
    with stages() as shown:
        shown.status.update("reading the run and re-computing its plan ...")
        reviewed = reviewed_run(run, root=ROOT, instance_path=moved, datum=datum, lang=lang.value)
        warnings = _import(reviewed, verdicts or (), crs, encoding, lang)
        done = plan_again(
            reviewed,
            replace(options, time_limit_s=share),
            root=ROOT,
            out=out_folder,
            datum=datum,
            lang=lang.value,
            watch=shown.watch,
            started=context.obj,
        )
        if done.verified:
            following = next_run(done, lang.value)
            limited, began = _part_of_rest(options, context.obj, PROPOSALS_SHARE)
            watch = watching(shown)
            proposals = proposals_in(following, limited, watch=watch, started=began)
            limited, began = _part_of_rest(options, context.obj, 1.0)
            _export(following, prices, limited, shown, began, lang)
    if json:
        print_json(_line(done, following, proposals))
    else:
        show_findings(warnings)
        if following is not None:
            out.print(round_summary(done, following, proposals, lang.value))
        else:
            made = done.made
            out.print(plan_summary(made.instance, made.solution, made.verification, lang.value))
        if done.folder is not None:
            out.print(f"{done.folder}", markup=False)
    _end(done)


def history(run: RunArgument, lang: LanguageOption = Language.EN, json: JsonOption = False) -> None:
    """List the rounds of a review and all that was said; exit code 2 if a log was tampered with."""
    from siting import store
    from siting.review.rounds.history import history_of, history_summary, history_values

    told = history_of(store.find_run(run, ROOT))
    if json:
        print_json(history_values(told))
    else:
        out.print(history_summary(told, lang.value))
        show_findings(list(told.findings))
    if any(finding.severity == "error" for finding in told.findings):
        raise typer.Exit(BROKEN)


def _import(
    run: ReviewedRun, sources: Sequence[str], crs: str, encoding: str, lang: Language
) -> list[Finding]:
    """Check all that came back, then record it; return the warnings."""
    from siting.review.importing import import_verdicts, read_source, verdicts_of
    from siting.review.returns.checks import in_language

    try:
        checked = []
        for source in sources:
            returned = read_source(
                source, crs=crs or None, encoding=encoding or None, run=run.run_id
            )
            checked.append((source, *verdicts_of(returned, run)))
    except InstanceError as error:
        said = [in_language(finding, lang.value) for finding in error.findings]
        raise InstanceError(error.place, said) from None
    for source, given, found in checked:
        import_verdicts(given, run, source, found)
    return [in_language(finding, lang.value) for _, _, found in checked for finding in found]


def _line(
    done: NextRound, following: ReviewedRun | None, proposals: Sequence[Proposal]
) -> dict[str, object]:
    """Return the JSON line of `solve` with what it says of the round."""
    from siting import store
    from siting.instance.instance import NEED_GRID
    from siting.review.rounds.words import round_extras

    made = done.made
    values = store.result_values(
        made.solution,
        {s: amount / NEED_GRID for s, amount in made.instance.base_need.items()},
        verified=made.verification.passed if done.folder is not None else None,
        folder=done.folder,
    )
    if following is None:
        return values | {"round": None, "agreed": False, "open": []}
    return values | round_extras(done, following, proposals)


def _part_of_rest(options: Options, started: float, part: float) -> tuple[Options, float]:
    """Return options with a part of the time that is left, and from when it counts."""
    now = time.monotonic()
    limit = options.time_limit_s
    left = PRICES_S if limit is None else max(0.0, limit - (now - started))
    return replace(options, time_limit_s=part * left), now


def _export(  # noqa: PLR0917
    run: ReviewedRun, priced: bool, options: Options, shown: Stages, started: float, lang: Language
) -> None:
    """Export the next round; the run stays where that fails."""
    from siting.cli.explain import watching
    from siting.review.export import Edition, export_review
    from siting.review.prices import prices_of

    try:
        prices = None
        if priced:
            prices = prices_of(run, options, watch=watching(shown), started=started)
        shown.status.update("writing the review file ...")
        export_review([run], Edition(lang=lang.value), prices=prices)
    except KeyboardInterrupt:
        err.print(f"{run.folder} is kept; `siting review export {run.run_id}` hands it out")


def _end(done: NextRound) -> None:
    """Exit as the next round ended."""
    solution = done.made.solution
    if not done.made.verification.passed:
        show_findings(list(done.made.verification.findings))
        raise typer.Exit(UNVERIFIED)
    if not solution.has_plan:
        raise typer.Exit(INFEASIBLE if solution.conflict is not None else NO_PLAN)
