"""Commands that plan: `assess`, `solve`, `verify`, `runs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siting.caching import user_folder
from siting.cli.instances import (
    DatumOption,
    InstanceArgument,
    JsonOption,
    Language,
    LanguageOption,
)
from siting.cli.screen import err, out, print_json, show_findings, stages

ROOT = Path("solutions")
"""Where runs are kept, relative to the current folder."""

UNVERIFIED, INFEASIBLE, NO_PLAN = 5, 3, 4


ScenarioOption = Annotated[str, typer.Option(help="Scenario of instance.toml.")]


def solve(  # noqa: PLR0917  the command line names its options
    context: typer.Context,
    instance: InstanceArgument,
    scenario: ScenarioOption = "",
    budget: Annotated[
        float | None, typer.Option(help="Total budget, in the instance's unit of money.")
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds for the whole command.", min=0)
    ] = None,
    gap: Annotated[
        float, typer.Option(help="Relative gap at which the search may stop.", min=0)
    ] = 0.005,
    engine: Annotated[
        str,
        typer.Option(help="auto, highs, race, mathopt, mathopt:scip, cpsat, pulp or pulp:SOLVER."),
    ] = "auto",
    memory_limit: Annotated[
        float | None, typer.Option(help="GiB that the search may hold.", min=0)
    ] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="The run's own new folder; not in the index.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option(help="Also write the program as .lp or .mps.")
    ] = None,
    after: Annotated[str, typer.Option(help="Plan on from this run: what it built stands.")] = "",
    from_year: Annotated[
        int, typer.Option("--from", help="With --after: the first year to plan anew.")
    ] = 0,
    drop: Annotated[
        list[str] | None, typer.Option(help="With --after: a building that fell through.")
    ] = None,
    lock: Annotated[
        list[str] | None, typer.Option(help="With --after: a building that stays in the plan.")
    ] = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Plan a town: which building becomes what, proven, re-checked and drawn."""
    from siting import plan, store
    from siting.instance.instance import NEED_GRID
    from siting.instance.reading import read_instance
    from siting.report import run_files
    from siting.report.console import plan_summary
    from siting.travel.findings import travel_findings

    store.refuse_existing(out_folder)
    with stages() as shown:
        base, warnings = read_instance(instance, datum=datum)
        if after:
            solution, _ = store.load_run(store.find_run(after, ROOT))
            town = plan.prepare_after(
                base, solution, from_year, dropped=drop or (), locked=lock or ()
            )
        else:
            town = plan.prepare(base, scenario=scenario, budget=budget)
        warnings += travel_findings(town)
        options = plan.Options(
            gap=gap,
            time_limit_s=time_limit,
            engine=engine,
            memory_limit_gib=memory_limit,
            cache_dir=user_folder(),
        )
        made = plan.solve(town, options, watch=shown.watch, started=context.obj, export=export)
        solution, verified = made.solution, made.verification.passed
        need = {s: amount / NEED_GRID for s, amount in town.base_need.items()}
        folder = None
        if solution.has_plan or solution.conflict is not None:
            shown.status.update("writing tables, map and workbook ...")
            files = (
                run_files(
                    made.instance,
                    made.travel,
                    solution,
                    made.service_today,
                    made.verification,
                    lang.value,
                    afterwards=made.afterwards,
                    model=made.model,
                )
                if solution.has_plan
                else {}
            )
            folder = store.save_run(
                solution,
                need,
                files,
                root=ROOT,
                verified=verified,
                instance_path=instance,
                out=out_folder,
            )
    if json:
        values = store.result_values(
            solution, need, verified=verified if folder else None, folder=folder
        )
        print_json(values)
    else:
        show_findings(warnings)
        by_year = made.afterwards.years
        summary = plan_summary(town, solution, made.verification, lang.value, years=by_year)
        out.print(summary)
        if folder is not None:
            out.print(f"{folder}", markup=False)
    if not verified:
        show_findings(list(made.verification.findings))
        raise typer.Exit(UNVERIFIED)
    if not solution.has_plan:
        raise typer.Exit(INFEASIBLE if solution.conflict is not None else NO_PLAN)


def verify(  # noqa: PLR0917  the command line names its options
    run: Annotated[str, typer.Argument(help="A run's folder or id.", show_default=False)],
    instance: Annotated[
        Path | None, typer.Option(help="The instance, where it is not where it was.")
    ] = None,
    bound: Annotated[
        bool, typer.Option("--bound", help="Also re-compute the certified bound, without a solver.")
    ] = False,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Re-compute every rule and score of a stored run; exit code 5 if anything fails."""
    from siting import plan, store
    from siting.report.certified import certified
    from siting.report.console import verification_summary

    with stages():
        folder = store.find_run(run, ROOT)
        solution, values = store.load_run(folder)
        verification = plan.verify(
            instance or Path(values["instance_path"]),
            solution,
            datum=datum,
            cache_dir=user_folder(),
            bound=bound,
        )
    if json:
        print_json(
            {
                "verified": verification.passed,
                "checks": {c.rule: c.passed for c in verification.checks},
                "findings": [f.as_dict() for f in verification.findings],
                "certified_bound": solution.certified_bound if bound else None,
            }
        )
    else:
        show_findings(list(verification.findings))
        out.print(verification_summary(verification, folder))
        if bound and verification.passed:
            out.print(certified(solution, lang.value))
    if not verification.passed:
        raise typer.Exit(UNVERIFIED)


def assess(
    instance: InstanceArgument,
    scenario: ScenarioOption = "",
    out_folder: Annotated[Path | None, typer.Option("--out", help="A new folder.")] = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
) -> None:
    """Show need, supply and gap as they are today; nothing is optimised."""
    from siting import plan, store
    from siting.instance.reading import read_instance
    from siting.report.assess import write_assessment
    from siting.report.console import assessment_summary

    store.refuse_existing(out_folder)
    with stages() as shown:
        base, warnings = read_instance(instance, datum=datum)
        town = plan.prepare(base, scenario=scenario)
        travel, today = plan.assess(town, cache_dir=user_folder())
        shown.status.update("writing tables, maps and sheets ...")
        folder = store.save_folder(
            lambda path, _: write_assessment(path, town, travel, today, lang.value),
            ROOT / town.name,
            town.content_hash,
            prefix="assessment-",
            out=out_folder,
        )
    show_findings(warnings)
    out.print(assessment_summary(town, today, lang.value))
    out.print(f"{folder}", markup=False)


def runs(  # noqa: PLR0917  the command line names its options
    instance: Annotated[str, typer.Option(help="Runs of this instance only.")] = "",
    where: Annotated[
        str,
        typer.Option(help="Runs that meet a condition: `budget > 100000 and gap < 0.01`."),
    ] = "",
    show_all: Annotated[
        bool, typer.Option("--all", help="Also runs that failed verification or have no plan.")
    ] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the index anew from the folders.")
    ] = False,
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """List the runs that are kept here, newest first."""
    from siting import store
    from siting.report.console import runs_table

    if rebuild:
        err.print(f"{store.rebuild_index(ROOT)} runs found")
    table = store.query_runs(ROOT, where)
    if instance:
        table = table[table["instance"] == instance]
    if not show_all:
        table = table[(table["verified"] == 1) & table["objective"].notna()]
    if json:
        print_json({"runs": table.astype(object).where(table.notna(), None).to_dict("records")})
    else:
        out.print(runs_table(table, lang.value))
