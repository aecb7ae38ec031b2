"""Command `allocate`: one budget for many districts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siting.caching import user_folder
from siting.cli.instances import DatumOption, JsonOption, Language, LanguageOption
from siting.cli.many_plans import AddressOption, ExecutorOption, WorkersOption
from siting.cli.plans import NO_PLAN, ROOT
from siting.cli.progress import told_on_screen
from siting.cli.screen import err, out, print_json, show_findings, stages
from siting.errors import Finding, InstanceError

if TYPE_CHECKING:  # keeps the start of every command quick
    from siting.plan import Options
    from siting.scenarios.case import Case
    from siting.scenarios.country.allocating import CarriedOut
    from siting.scenarios.country.districts import District
    from siting.scenarios.run import Run
    from siting.scenarios.running.crew import Crew


def allocate(  # noqa: PLR0917  the command line names its options
    context: typer.Context,
    country: Annotated[
        Path, typer.Argument(help="Folder with an instance for every district.", show_default=False)
    ],
    budget: Annotated[float, typer.Option(help="Money for all districts together.", min=0)],
    points: Annotated[int, typer.Option(help="Budgets of each district to begin with.", min=2)] = 6,
    rounds: Annotated[
        int, typer.Option(help="How often districts get further budgets, at most.", min=1)
    ] = 8,
    weights: Annotated[
        Path | None,
        typer.Option(help="CSV of district, weight; districts count by their people without."),
    ] = None,
    executor: ExecutorOption = "processes",
    workers: WorkersOption = None,
    address: AddressOption = "",
    gap: Annotated[
        float, typer.Option(help="Relative gap of the country that is good enough.", min=0)
    ] = 0.005,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds for the whole command.", min=0)
    ] = None,
    out_folder: Annotated[Path | None, typer.Option("--out", help="A new folder.")] = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Share one budget out among districts so that the most need is served, with a proven gap."""
    from siting import store
    from siting.plan import Options
    from siting.report.allocation import (
        allocation_values,
        on_screen,
        write_allocation,
    )
    from siting.scenarios.country.allocating import allocate as share_out
    from siting.scenarios.country.districts import read_districts
    from siting.scenarios.running.crew import crew_of

    store.refuse_existing(out_folder)
    with stages():
        districts, warnings = read_districts(country, _weights(weights), datum=datum)
    show_findings(warnings)
    deadline = None if time_limit is None else context.obj + time_limit
    options = Options(gap=gap / 2, cache_dir=user_folder())
    try:
        with crew_of(executor, workers=workers, address=address) as crew:
            made = share_out(
                districts,
                budget,
                _carrying(options, deadline, crew),
                points=points,
                gap=gap,
                rounds=rounds,
                enough=lambda: deadline is not None and time.monotonic() > deadline,
            )
    except KeyboardInterrupt:
        err.print("stopped; what is finished is kept, the same command goes on from there")
        raise typer.Exit(NO_PLAN) from None

    def write(partial_folder: Path, folder: Path) -> None:
        seconds = time.monotonic() - context.obj
        values = allocation_values(made, folder=folder, seconds=seconds)
        write_allocation(partial_folder, made, values, lang.value)

    folder = store.save_folder(
        write,
        ROOT / country.resolve().name,
        districts[0].base.content_hash,
        prefix="allocation-",
        out=out_folder,
    )
    if json:
        seconds = time.monotonic() - context.obj
        print_json(allocation_values(made, folder=folder, seconds=seconds))
    else:
        out.print(on_screen(made, lang.value))
        out.print(f"{folder}", markup=False)


def _carrying(options: Options, deadline: float | None, crew: Crew) -> CarriedOut:
    """Return what plans cases of districts within a limit of time for all of them."""
    from siting.scenarios.running.many import Wanted, run_all

    def carry_out(asked: Sequence[tuple[District, Sequence[Case]]]) -> list[list[Run]]:
        left = None if deadline is None else max(1.0, deadline - time.monotonic())
        wanted = [
            Wanted(base=d.base, instance_path=d.path, cases=tuple(cases)) for d, cases in asked
        ]
        with told_on_screen() as watch:
            return run_all(
                wanted, replace(options, time_limit_s=left), root=ROOT, watch=watch, crew=crew
            )

    return carry_out


def _weights(file: Path | None) -> dict[str, float]:
    """Return weights by district from a CSV.

    Raises
    ------
    InstanceError
        When it cannot be read, or a cell is not right; with all such cells.
    """
    import pandas as pd

    if file is None:
        return {}
    try:
        table = pd.read_csv(file, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InstanceError("--weights", [Finding(place=str(file), rule=str(error))]) from None
    missing = [name for name in ("district", "weight") if name not in table]
    if missing:
        rule = f"has no column {' and '.join(missing)}"
        raise InstanceError("--weights", [Finding(place=str(file), rule=rule)])
    weights = pd.to_numeric(table["weight"], errors="coerce")
    findings = [
        Finding(
            place=str(file),
            row=int(at) + 2,
            column="weight",
            value=f'"{table["weight"].iloc[at]}"',
            rule="is no number",
        )
        for at in weights.isna().to_numpy().nonzero()[0]
    ]
    if findings:
        raise InstanceError("--weights", findings)
    return dict(zip(table["district"], weights.astype(float), strict=True))
