"""The command `classic`: the location problems of the textbooks, on points or a matrix."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.cli.instances import JsonOption, Language, LanguageOption
from siting.cli.plans import INFEASIBLE, NO_PLAN
from siting.cli.screen import out, print_json, show_findings, stages
from siting.errors import Finding, InstanceError

if TYPE_CHECKING:  # keeps the start of every command quick
    from siting.classic import Answer


class ProblemName(StrEnum):
    """The problems by the names that people know them by."""

    LSCP = "lscp"
    LSCP_B = "lscp-b"
    MCLP = "mclp"
    BCLP = "bclp"
    P_MEDIAN = "p-median"
    K_NEAREST_P_MEDIAN = "k-nearest-p-median"
    P_CENTER = "p-center"
    P_DISPERSION = "p-dispersion"
    CFLP = "cflp"
    CMCLP = "cmclp"


def classic(  # noqa: PLR0917  the command line names its options
    context: typer.Context,
    problem: Annotated[ProblemName, typer.Argument(help="Which problem.", show_default=False)],
    sites: Annotated[Path, typer.Option(help="site_id, x, y or lon, lat; capacity, cost, status.")],
    demand: Annotated[
        Path | None, typer.Option(help="demand_id, x, y or lon, lat, weight (.csv or .parquet).")
    ] = None,
    matrix: Annotated[
        Path | None, typer.Option(help="demand_id, site_id, cost; absent is unreachable.")
    ] = None,
    network: Annotated[
        Path | None, typer.Option(help="Folder with network_nodes and network_edges.")
    ] = None,
    cutoff: Annotated[
        float | None, typer.Option(help="Largest cost that serves, in its unit; itself included.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Strictly below the cutoff.")] = False,
    p: Annotated[
        int | None, typer.Option("-p", help="Sites to choose, beside the existing ones.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(help="What the chosen sites may cost together.")
    ] = None,
    backup: Annotated[
        int | None, typer.Option(help="Open sites that it takes to cover a point.")
    ] = None,
    share: Annotated[
        float | None, typer.Option(help="Least share of the weight to cover, 0 to 1.")
    ] = None,
    decay: Annotated[
        str, typer.Option(help='Value by cost, instead of the cutoff: "300:1,600:0.5".')
    ] = "",
    k: Annotated[
        int | None, typer.Option("-k", help="Nearest sites that each point starts with.")
    ] = None,
    single: Annotated[
        bool, typer.Option("--single", help="With capacities: each point from one site.")
    ] = False,
    fill_required: Annotated[
        bool, typer.Option("--fill-required", help="Required sites work at their capacity.")
    ] = False,
    skip_unreachable: Annotated[
        bool, typer.Option("--skip-unreachable", help="Leave out points that no site reaches.")
    ] = False,
    gap: Annotated[
        float, typer.Option(help="Relative gap at which the search may stop.", min=0)
    ] = 0.0,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds for the whole command.", min=0)
    ] = None,
    engine: Annotated[str, typer.Option(help="As of `siting solve`.")] = "auto",
    allocation: Annotated[
        Path | None, typer.Option(help="Also write who is served where as a CSV file.")
    ] = None,
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Solve a classic location problem, proven and recounted."""
    from siting.classic.wording import answer_summary

    solve = _function(problem)
    given: dict[str, Any] = {
        "cutoff": cutoff,
        "strict": strict or None,
        "p": p,
        "budget": budget,
        "backup": backup,
        "share": share,
        "decay": _steps(decay) or None,
        "k": k,
        "single": single or None,
        "fill_required": fill_required or None,
        "skip_unreachable": skip_unreachable or None,
    }
    tables = {"demand": demand, "sites": sites}
    _check_options(problem, solve, given | {"demand": demand})
    with stages() as shown:
        answer = solve(
            **{name: table for name, table in tables.items() if table is not None},
            **{name: value for name, value in given.items() if value is not None},
            matrix=matrix,
            network=None if network is None else str(network),
            gap=gap,
            time_limit=time_limit,
            engine=engine,
            watch=shown.watch,
            started=context.obj,
        )
    if allocation is not None and answer.objective is not None:
        answer.allocation.to_csv(allocation, index=False, encoding="utf-8-sig")
    if json:
        print_json(answer.as_dict())
    else:
        show_findings(list(answer.findings))
        out.print(answer_summary(answer, lang.value), markup=False, highlight=False)
    if answer.termination == "infeasible":
        raise typer.Exit(INFEASIBLE)
    if answer.objective is None:
        raise typer.Exit(NO_PLAN)


def _function(problem: ProblemName) -> Callable[..., Answer]:
    from siting import classic as problems

    function: Callable[..., Answer] = getattr(problems, problem.value.replace("-", "_"))
    return function


def _check_options(
    problem: ProblemName, solve: Callable[..., Answer], given: dict[str, Any]
) -> None:
    """Refuse options that the problem does not have, and name those that it lacks."""
    known = inspect.signature(solve).parameters
    findings = [
        Finding(place=_option(name), rule=f"is no option of {problem.value}")
        for name, value in given.items()
        if value is not None and name not in known
    ]
    findings += [
        Finding(place=_option(name), rule=f"must be given for {problem.value}")
        for name, parameter in known.items()
        if parameter.default is parameter.empty and name in given and given[name] is None
    ]
    if findings:
        raise InstanceError(f"classic {problem.value}", findings)


def _option(name: str) -> str:
    return f"-{name}" if len(name) == 1 else f"--{name.replace('_', '-')}"


def _steps(decay: str) -> list[tuple[float, float]]:
    """Return the steps that ``300:1,600:0.5`` says."""
    try:
        pairs = [step.split(":") for step in decay.split(",")] if decay else []
        return [(float(cost), float(value)) for cost, value in pairs]
    except ValueError:
        rule = 'must be costs and values, as "300:1,600:0.5"'
        finding = Finding(place="--decay", value=f'"{decay}"', rule=rule)
        raise InstanceError("classic", [finding]) from None
