"""Command that measures: `bench`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from siting.cli.screen import err, out
from siting.errors import Finding, InstanceError

PROJECT = Path(__file__).parents[2]


def bench(  # noqa: PLR0917  the command line names its options
    names: Annotated[
        list[str] | None,
        typer.Argument(help="startup, travel, xicheng, districts, covering, cities; all if none."),
    ] = None,
    page: Annotated[
        Path, typer.Option("--out", help="Report to write, from all results that are stored.")
    ] = PROJECT / "docs" / "benchmarks.md",
    results: Annotated[Path, typer.Option(help="Folder of the stored results.")] = (
        PROJECT / "benchmarks" / "results"
    ),
    data: Annotated[Path, typer.Option(help="Folder of real data.")] = Path("data"),
    only: Annotated[str, typer.Option(help="Only instances whose name contains this.")] = "",
    method: Annotated[str, typer.Option(help="Only this method, as the report names it.")] = "",
    repeats: Annotated[int, typer.Option(help="How often each method runs.", min=1)] = 3,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small sizes once, shown and not stored.")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Only write the report of what is stored.")
    ] = False,
) -> None:
    """Measure this project and others on the same files; write one report."""
    from siting.bench.page import store_results, table, write_page
    from siting.bench.running import run_all
    from siting.bench.worker import PARTS, part_named

    unknown = [name for name in names or () if name not in PARTS]
    if unknown:
        rule, remedy = "is no part of the benchmarks", f"choose of {', '.join(PARTS)}"
        faults = [Finding(place="bench", value=n, rule=rule, remedy=remedy) for n in unknown]
        raise InstanceError("bench", faults)
    if not report:
        with tempfile.TemporaryDirectory() as files:
            for name in names or PARTS:
                cases = part_named(name).cases(quick, data.resolve())
                runs = []
                for run in run_all(
                    [c for c in cases if only in c.instance and method in {"", c.method}],
                    Path(files),
                    repeats=1 if quick else repeats,
                    say=lambda line: err.print(line, markup=False, highlight=False),
                ):
                    runs.append(run)
                    if not quick:  # after each, since all of them take hours
                        store_results(results, name, runs)
                for line in table(runs):
                    out.print(line, markup=False, highlight=False, soft_wrap=True)
    if report or not quick:
        write_page(results, page)
        out.print(f"{page} written", markup=False)
