"""Command `compare`: plans of one town under many scenarios and budgets, side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.caching import user_folder
from siting.cli.beside import Beside, answer
from siting.cli.instances import DatumOption, JsonOption, Language, LanguageOption
from siting.cli.many_plans import (
    AddressOption,
    Asked,
    ExecutorOption,
    Made,
    Planning,
    WorkersOption,
    deadline_of,
)
from siting.cli.plans import INFEASIBLE, NO_PLAN, ROOT, UNVERIFIED
from siting.cli.screen import err, out, print_json, show_findings, stages
from siting.errors import Finding, InstanceError

if TYPE_CHECKING:  # keeps the start of every command quick
    from siting.plan import Options
    from siting.scenarios.run import Run
    from siting.scenarios.tradeoffs.frontier import Frontier


def compare(  # noqa: PLR0917  the command line names its options
    context: typer.Context,
    targets: Annotated[
        list[str],
        typer.Argument(help="An instance, or two or more runs.", show_default=False),
    ],
    scenarios: Annotated[
        str, typer.Option(help="Scenarios by name, a,b,c; base for none of them; or all.")
    ] = "",
    budgets: Annotated[
        str, typer.Option(help="Total budgets: FROM:TO:STEP, ends included, or 1,2,3.")
    ] = "",
    frontier: Annotated[
        int | None, typer.Option(help="So many budgets, most where the curve bends.", min=2)
    ] = None,
    grid: Annotated[
        str, typer.Option(help='A grid: "budget=5..60 step 5; people=0.9|1|1.1", or its name.')
    ] = "",
    nested: Annotated[
        bool, typer.Option("--nested", help="One order: each budget keeps what a smaller chose.")
    ] = False,
    robust: Annotated[
        bool, typer.Option("--robust", help="Sites in every plan, and plans lived elsewhere.")
    ] = False,
    least_regret: Annotated[
        bool, typer.Option("--least-regret", help="One plan whose largest regret is least.")
    ] = False,
    best_expected: Annotated[
        bool, typer.Option("--best-expected", help="One plan that serves most on average.")
    ] = False,
    now_share: Annotated[
        float, typer.Option(help="Part of the money that such a plan decides now.", min=0, max=1)
    ] = 0.5,
    alternatives: Annotated[
        int, typer.Option(help="So many of the best plans of the instance as it is.", min=0)
    ] = 0,
    within: Annotated[
        float | None,
        typer.Option(help="Instead: plans as different as can be, within so many per cent."),
    ] = None,
    executor: ExecutorOption = "processes",
    workers: WorkersOption = None,
    address: AddressOption = "",
    gap: Annotated[
        float, typer.Option(help="Relative gap at which each search may stop.", min=0)
    ] = 0.005,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds for the whole command, shared out.", min=0)
    ] = None,
    engine: Annotated[str, typer.Option(help="As of `siting solve`.")] = "auto",
    memory_limit: Annotated[
        float | None, typer.Option(help="GiB that all searches together may hold.", min=0)
    ] = None,
    moved: Annotated[
        Path | None,
        typer.Option("--instance", help="With runs: the instance, where it is not where it was."),
    ] = None,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="A new folder for the comparison.")
    ] = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Plan many scenarios and budgets, or take runs, and hold them against one another."""
    from siting import store
    from siting.instance.settings import BASE
    from siting.plan import Options

    store.refuse_existing(out_folder)
    beside = Beside(
        nested=nested,
        robust=robust,
        least_regret=least_regret,
        best_expected=best_expected,
        alternatives=alternatives,
        within=within,
        now_share=now_share,
    )
    asked = Asked(scenarios=scenarios, budgets=budgets, frontier=frontier, grid=grid)
    if alternatives and len(targets) == 1 and not asked.any:
        asked = replace(asked, scenarios=BASE)  # of the instance as it is, which is beside them
    options = Options(
        gap=gap,
        time_limit_s=time_limit,
        engine=engine,
        memory_limit_gib=memory_limit,
        cache_dir=user_folder(),
    )
    _refuse_mixed(targets, asked)
    try:
        if len(targets) == 1:
            planning = Planning(
                options, executor=executor, workers=workers, address=address, started=context.obj
            )
            made = planning.plan(Path(targets[0]), asked, datum)
        else:
            made = _kept(targets, moved, datum)
        _tell(made, beside, options, out_folder, started=context.obj, lang=lang, json=json)
    except KeyboardInterrupt:
        err.print("stopped; what is finished is kept, the same command goes on from there")
        raise typer.Exit(NO_PLAN) from None


def _refuse_mixed(targets: Sequence[str], asked: Asked) -> None:
    """Raise where instances and runs, or what belongs to either, are mixed."""
    instances = [target for target in targets if _is_instance(target)]
    rule = remedy = ""
    if len(targets) == 1 and not instances:
        rule = "is no instance, and one run alone cannot be compared"
        remedy = "name an instance, or two or more runs"
    elif len(targets) > 1 and instances:
        rule = "is an instance among other targets"
        remedy = "name one instance, or two or more runs of one instance"
    elif len(targets) == 1 and not asked.any:
        rule = "nothing is said of what to compare"
        remedy = "add --scenarios all, --budgets FROM:TO:STEP, --frontier N or --grid"
    elif len(targets) > 1 and asked.any:
        rule = "runs are compared as they are"
        remedy = "name an instance to plan scenarios or budgets"
    if rule:
        place = instances[0] if instances else targets[0]
        raise InstanceError("compare", [Finding(place=place, rule=rule, remedy=remedy)])


def _is_instance(name: str) -> bool:
    path = Path(name)
    return path.suffix.lower() in {".xlsx", ".gpkg"} or (path / "instance.toml").exists()


def _kept(targets: Sequence[str], moved: Path | None, datum: str) -> Made:
    from siting import store
    from siting.scenarios.comparing.kept import kept_runs

    with stages():
        folders = [store.find_run(target, ROOT) for target in targets]
        base, path, runs = kept_runs(folders, moved=moved, datum=datum)
    return Made(base=base, path=path, runs=runs)


def _frontier(runs: Sequence[Run]) -> Frontier | None:
    """Return what money buys, from the runs that differ in their budget alone; of each the best."""
    from siting.instance.scenario import name_with_budget
    from siting.scenarios.comparing.kept import differs_in_budget_alone
    from siting.scenarios.tradeoffs.frontier import frontier_of

    best: dict[float, Run] = {}
    for run in runs:
        budget = run.case.scenario.budget
        if budget is None or not differs_in_budget_alone(run):
            continue
        if run.case.name == name_with_budget("", budget):
            known = best.setdefault(budget, run)
            best[budget] = max(known, run, key=lambda r: r.objective or 0.0)
    return frontier_of(list(best.values())) if best else None


def _tell(
    made: Made,
    beside: Beside,
    options: Options,
    out_folder: Path | None,
    *,
    started: float,
    lang: Language,
    json: bool,
) -> None:
    """Compare, write the folder, say what was found, and end with the exit code."""
    from siting import plan, store
    from siting.report.comparison.folder import comparison_values, write_comparison
    from siting.report.comparison.summary import on_screen, sections_of
    from siting.report.labels import for_reader
    from siting.scenarios.comparing.comparison import compare_runs
    from siting.scenarios.comparing.measures.account import Crowd

    if not made.runs:
        show_findings(list(made.failed))
        raise typer.Exit(NO_PLAN)
    with stages() as shown:
        shown.status.update("who is served today ...")
        travel, today = plan.assess(Crowd(made.base).at_end, cache_dir=user_folder())
        frontier = _frontier(made.runs)
        told = answer(
            made.base,
            made.path,
            made.runs,
            frontier,
            beside,
            options=options,
            deadline=deadline_of(options, started),
            lang=lang.value,
            shown=shown,
        )
        compared = compare_runs(
            made.base,
            [*made.runs, *told.runs],
            travel,
            today,
            watch=lambda label: shown.status.update(f"comparing {label} ..."),
        )
        compared = replace(compared, base=for_reader(compared.base, lang.value))
        shown.status.update("writing tables, pictures and workbook ...")

        def values_of(folder: Path) -> dict[str, Any]:
            seconds = time.monotonic() - started
            return comparison_values(
                compared, frontier, folder=folder, seconds=seconds, further=told.further
            )

        def write(partial_folder: Path, folder: Path) -> None:
            write_comparison(
                partial_folder,
                compared,
                frontier,
                values_of(folder),
                lang=lang.value,
                further=told.further,
            )

        folder = store.save_folder(
            write,
            ROOT / made.base.name,
            made.base.content_hash,
            prefix="comparison-",
            out=out_folder,
        )
    show_findings(list(made.failed))
    if json:
        print_json(values_of(folder))
    else:
        sections = sections_of(compared, frontier, lang.value, told.further.sections)
        out.print(on_screen(compared, sections, lang.value))
        out.print(f"{folder}", markup=False)
    _end(made)


def _end(made: Made) -> None:
    """End with the exit code: runs that failed verification, none with a plan, or all well."""
    planned = [run for run in made.runs if run.objective is not None]
    if any(not run.values["verified"] for run in planned):
        raise typer.Exit(UNVERIFIED)
    if not planned:
        proven = all(run.values["termination"] == "infeasible" for run in made.runs)
        raise typer.Exit(INFEASIBLE if proven and not made.failed else NO_PLAN)
    if made.failed:
        raise typer.Exit(NO_PLAN)
