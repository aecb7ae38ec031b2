"""Commands that explain a plan: `explain rules`, `explain site`, `explain sites`, ..."""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.caching import user_folder
from siting.cli.instances import (
    DatumOption,
    InstanceArgument,
    JsonOption,
    Language,
    LanguageOption,
)
from siting.cli.plans import (
    INFEASIBLE,
    NO_PLAN,
    ROOT,
    UNVERIFIED,
    ScenarioOption,
)
from siting.cli.screen import Stages, out, print_json, show_findings, stages
from siting.errors import Finding, InstanceError

if TYPE_CHECKING:  # keeps the start of every command quick
    import pandas as pd

    from siting.explain import SitePrice
    from siting.instance.instance import Instance
    from siting.plan import Options, Plan
    from siting.solution import Solution
    from siting.solvers.control import Progress

explain_app = typer.Typer(
    help="Why a plan is as it is: prices of rules and sites, and what more money would buy.",
    no_args_is_help=True,
)

RunArgument = Annotated[str, typer.Argument(help="A run's folder or id.", show_default=False)]
MovedOption = Annotated[
    Path | None, typer.Option("--instance", help="The instance, where it is not where it was.")
]
BudgetOption = Annotated[
    float | None, typer.Option(help="Total budget, in the instance's unit of money.")
]
TimeOption = Annotated[
    float | None, typer.Option(help="Seconds for the whole command, shared by all plans.", min=0)
]
GapOption = Annotated[
    float,
    typer.Option(help="Relative gap at which each search may stop; prices are as exact.", min=0),
]
EngineOption = Annotated[str, typer.Option(help="As of `siting solve`.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="A new folder for tables and explain.json.")
]

GAP = 0.001


@explain_app.command("rules")
def rules(  # noqa: PLR0917  the command line names its options
    context: typer.Context,
    instance: InstanceArgument,
    scenario: ScenarioOption = "",
    budget: BudgetOption = None,
    time_limit: TimeOption = None,
    gap: GapOption = GAP,
    engine: EngineOption = "auto",
    out_folder: OutOption = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """What each rule costs: the best plan without it against the best plan with all rules."""
    from siting import store
    from siting.explain import price_rules
    from siting.explain.values import rule_table, rule_values
    from siting.report.explanation import rule_prices_summary

    store.refuse_existing(out_folder)
    with stages() as shown:
        town = _read(instance, scenario, budget, datum)
        options = _options(time_limit, gap, engine)
        prices = price_rules(town, options, watch=watching(shown), started=context.obj)
        folder = None
        if prices.base.solution.has_plan:
            tables = {"prices.csv": rule_table(prices)}
            folder = _keep(town, tables, rule_values(prices), out_folder)
    if prices.base.solution.has_plan:
        _say(rule_values(prices), folder, json, lambda: rule_prices_summary(prices, lang.value))
    _end(prices.base, json)


@explain_app.command("site")
def site(  # noqa: PLR0917  the command line names its options
    context: typer.Context,
    run: RunArgument,
    building: Annotated[str, typer.Argument(help="Id of a building.", show_default=False)],
    moved: MovedOption = None,
    time_limit: TimeOption = None,
    gap: GapOption = GAP,
    engine: EngineOption = "auto",
    out_folder: OutOption = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Who gains from a site and what would stand in for it; why not, and what forcing costs."""
    from siting import store
    from siting.explain import price_site
    from siting.explain.values import site_values
    from siting.report.explanation import site_summary

    store.refuse_existing(out_folder)
    with stages() as shown:
        town, solution = _kept(run, moved, datum)
        options = _options(time_limit, gap, engine)
        price = price_site(
            town, solution, building, options, watch=watching(shown), started=context.obj
        )
        reasons = _not_chosen(town, solution, lang)
        column = "text_zh" if lang == Language.ZH else "text"
        why = dict(zip(reasons["building_id"], reasons[column], strict=True))
        values = site_values(price) | {"why_not": why.get(building)}
        folder, values = _keep_sites(town, solution, [price], values, out_folder=out_folder)
    _say(values, folder, json, lambda: site_summary(town, solution, price, why, lang.value))


@explain_app.command("sites")
def sites(  # noqa: PLR0917  the command line names its options
    context: typer.Context,
    run: RunArgument,
    moved: MovedOption = None,
    time_limit: TimeOption = None,
    gap: GapOption = GAP,
    engine: EngineOption = "auto",
    out_folder: OutOption = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """What every chosen site means to a plan, and why the others are not chosen."""
    from siting import store
    from siting.explain import price_sites
    from siting.explain.values import sites_values
    from siting.report.explanation import sites_summary

    store.refuse_existing(out_folder)
    with stages() as shown:
        town, solution = _kept(run, moved, datum)
        options = _options(time_limit, gap, engine)
        prices = price_sites(town, solution, options, watch=watching(shown), started=context.obj)
        reasons = _not_chosen(town, solution, lang)
        told = reasons[["building_id", "reason", "text", "text_zh"]].to_dict("records")
        values = sites_values(prices) | {"not_chosen": told}
        folder, values = _keep_sites(
            town,
            solution,
            prices.prices,
            values,
            out_folder=out_folder,
            tables={"not_chosen.csv": reasons},
        )
    _say(values, folder, json, lambda: sites_summary(town, solution, prices, reasons, lang.value))


@explain_app.command("budget")
def budget(  # noqa: PLR0917  the command line names its options
    context: typer.Context,
    run: Annotated[
        str, typer.Argument(help="A run's folder or id, or an instance.", show_default=False)
    ],
    moved: MovedOption = None,
    scenario: ScenarioOption = "",
    amount: Annotated[
        float | None, typer.Option("--budget", help="Total budget to start from (an instance's).")
    ] = None,
    more: Annotated[
        list[float] | None, typer.Option(help="Per cent more to try; may be given several times.")
    ] = None,
    time_limit: TimeOption = None,
    gap: GapOption = GAP,
    engine: EngineOption = "auto",
    out_folder: OutOption = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Which sites come next with more money, and how much more they serve."""
    from siting import store
    from siting.explain import next_sites
    from siting.explain.more_money import STEPS, budget_of
    from siting.explain.rule_prices import plan_in_share
    from siting.explain.values import money_table, money_values
    from siting.report.explanation import money_summary

    store.refuse_existing(out_folder)
    steps = [percent / 100 for percent in more] if more else list(STEPS)
    if min(steps) <= 0:
        finding = Finding(place="--more", value=str(min(more or [])), rule="must be above 0")
        raise InstanceError("explain budget", [finding])
    with stages() as shown:
        options = _options(time_limit, gap, engine)
        watch, made = watching(shown), None
        if _is_instance(run):
            town = _read(Path(run), scenario, amount, datum)
            budget_of(town)  # refuses before the work
            made = plan_in_share(town, options, watch=watch, started=context.obj)
            solution = made.solution
            if not solution.has_plan:
                _end(made, json)
                return
        else:
            _refuse_other_money(scenario, amount)
            town, solution = _kept(run, moved, datum)
        found = next_sites(town, solution, options, steps=steps, watch=watch, started=context.obj)
        services = list(town.services["service_id"])
        values = money_values(found, solution, _served(solution, town))
        folder = _keep(town, {"budget.csv": money_table(found, services)}, values, out_folder)
    _say(values, folder, json, lambda: money_summary(town, solution, found, lang.value))
    if made is not None:
        _end(made, json)


def watching(shown: Stages) -> Callable[[Progress], None]:
    """Return what shows the progress of a search that names itself."""

    def watch(progress: Progress) -> None:
        if " " not in progress.stage:  # a tier of the plan that all is compared with
            shown.watch(progress)
            return

        def say(value: float | None) -> str:
            return "-" if value is None else f"{100 * value:.3f} %"

        shown.status.update(
            f"{progress.stage}: best {say(progress.incumbent)}, bound {say(progress.bound)}, "
            f"{progress.seconds:.0f} s (Ctrl-C keeps what is done)"
        )

    return watch


def _options(time_limit: float | None, gap: float, engine: str) -> Options:
    from siting.plan import Options

    return Options(gap=gap, time_limit_s=time_limit, engine=engine, cache_dir=user_folder())


def _read(path: Path, scenario: str, budget: float | None, datum: str) -> Instance:
    from siting import plan
    from siting.instance.reading import read_instance

    base, _ = read_instance(path, datum=datum)
    return plan.prepare(base, scenario=scenario, budget=budget)


def _kept(run: str, moved: Path | None, datum: str) -> tuple[Instance, Solution]:
    """Return the instance and the solution of a stored run."""
    from siting import store
    from siting.explain.kept_runs import instance_of_run

    folder = store.find_run(run, ROOT)
    solution, values = store.load_run(folder)
    if solution.has_plan and not values["verified"]:
        finding = Finding(
            place=str(folder),
            rule="failed verification and is no result",
            remedy="see `siting verify`, and solve again",
        )
        raise InstanceError("explain", [finding])
    path = moved or Path(values["instance_path"])
    return instance_of_run(solution, path, datum=datum), solution


def _is_instance(name: str) -> bool:
    path = Path(name)
    return path.suffix.lower() in {".xlsx", ".gpkg"} or (path / "instance.toml").exists()


def _refuse_other_money(scenario: str, amount: float | None) -> None:
    for place, given in (("--scenario", scenario), ("--budget", amount)):
        if given not in {"", None}:
            finding = Finding(
                place=place,
                value=str(given),
                rule="a run has its own",
                remedy="name an instance instead of a run",
            )
            raise InstanceError("explain budget", [finding])


def _not_chosen(town: Instance, solution: Solution, lang: Language) -> pd.DataFrame:
    """Return why each building that the plan does not use is not chosen."""
    from siting import plan
    from siting.reach import find_reach
    from siting.report.balance import as_of, need_balance
    from siting.report.labels import for_reader
    from siting.report.why_not import not_chosen_table

    last = town.years[-1]
    town = for_reader(town, lang.value)
    at_end = as_of(town, last)
    travel, today = plan.assess(at_end, cache_dir=user_folder())
    balance = need_balance(at_end, today, solution.in_year(last).service)
    return not_chosen_table(town, solution, balance, find_reach(at_end, travel), lang.value)


def _served(solution: Solution, town: Instance) -> dict[str, float]:
    from siting.explain.differences import served_by

    return served_by(solution.service, town.years[-1])


def _keep_sites(
    town: Instance,
    solution: Solution,
    prices: Sequence[SitePrice],
    values: Mapping[str, Any],
    *,
    out_folder: Path | None,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> tuple[Path, dict[str, Any]]:
    """Write what sites mean to a plan; return the folder, and the values with the plan's own."""
    from siting.explain.values import base_values, gains_table, site_table

    values = {**values, "base": base_values(solution, _served(solution, town))}
    own = {
        "sites.csv": site_table(prices, list(town.services["service_id"])),
        "gains.csv": gains_table(prices),
    }
    return _keep(town, own | dict(tables or {}), values, out_folder), values


def _keep(
    town: Instance,
    tables: Mapping[str, pd.DataFrame],
    values: Mapping[str, Any],
    out_folder: Path | None,
) -> Path:
    """Write tables and explain.json into a new folder: `out_folder`, or beside the runs."""
    from siting import store
    from siting.report.writing import write_csv

    def write(partial_folder: Path, _: Path) -> None:
        for name, table in tables.items():
            write_csv(table, town.settings.synthetic, partial_folder / name)
        text = json_text.dumps(values, ensure_ascii=False, indent=1, default=str)
        (partial_folder / "explain.json").write_text(text + "\n", encoding="utf-8")

    return store.save_folder(
        write, ROOT / town.name, town.content_hash, prefix="explanation-", out=out_folder
    )


def _say(
    values: Mapping[str, Any], folder: Path | None, json: bool, summary: Callable[[], Any]
) -> None:
    if json:
        print_json({**values, "folder": None if folder is None else str(folder)})
        return
    out.print(summary())
    if folder is not None:
        out.print(f"{folder}", markup=False)


def _end(made: Plan, json: bool) -> None:
    """End with the exit code of the plan that all is compared with."""
    from siting.instance.instance import NEED_GRID
    from siting.report.console import plan_summary
    from siting.store import result_values

    solution, verified = made.solution, made.verification.passed
    if not solution.has_plan:
        if json:
            need = {s: amount / NEED_GRID for s, amount in made.instance.base_need.items()}
            print_json(result_values(solution, need, verified=None, folder=None))
        else:
            out.print(plan_summary(made.instance, solution, made.verification))
        raise typer.Exit(INFEASIBLE if solution.conflict is not None else NO_PLAN)
    if not verified:
        show_findings(list(made.verification.findings))
        raise typer.Exit(UNVERIFIED)
