"""Command `scenarios`: what the scenarios of an instance change, and how two of them differ."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from siting.cli.instances import (
    DatumOption,
    InstanceArgument,
    JsonOption,
    Language,
    LanguageOption,
)
from siting.cli.screen import out, print_json, show_findings, stages


def scenarios(  # noqa: PLR0917  the command line names its options
    instance: InstanceArgument,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Two scenarios to compare; `base` is the instance as it is."),
    ] = None,
    grid: Annotated[
        str,
        typer.Option(help="List the plans of a grid: its name, or `budget=5..60 step 5; people=1`"),
    ] = "",
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """List the scenarios of an instance in words, or all that two of them have differently."""
    from siting.instance.reading import read_instance
    from siting.report.scenarios import difference_table, scenarios_summary
    from siting.scenarios.grid import grid_cases
    from siting.scenarios.listing import differences, list_scenarios

    with stages():
        base, warnings = read_instance(instance, datum=datum)
    if grid:
        names = [case.name for case in grid_cases(base, grid)]
        if json:
            print_json({"plans": names})
        else:
            out.print("\n".join(names), markup=False, highlight=False)
            counted = {"en": f"{len(names)} plans", "zh": f"共 {len(names)} 个方案"}
            out.print(counted[lang.value])
    elif diff:
        told = differences(base, *diff)
        if json:
            rows = [asdict(difference) for difference in told]
            print_json({"first": diff[0], "second": diff[1], "differences": rows})
        else:
            out.print(difference_table(base, *diff, told, lang.value))
    else:
        listed = list_scenarios(base)
        if json:
            grids = {name: len(grid_cases(base, g)) for name, g in base.settings.grids.items()}
            print_json({"scenarios": [asdict(scenario) for scenario in listed], "grids": grids})
        else:
            show_findings(warnings)
            out.print(scenarios_summary(base, listed, lang.value))
