"""Commands that make and check instances: `check`, `new`, `adopt`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli.screen import err, out, print_json, show_findings, stages
from siting.errors import Finding, InstanceError

if TYPE_CHECKING:  # keeps the start of every command quick
    from siting.instance.adopt.adoption import Adoption


class Language(StrEnum):
    """Language of what people read."""

    ZH = "zh"
    EN = "en"


InstanceArgument = Annotated[
    Path, typer.Argument(help="Folder of an instance, or an .xlsx workbook.", show_default=False)
]
DatumOption = Annotated[
    str,
    typer.Option(help="Datum that lon and lat were given in: gcj02 or bd09; put right on reading."),
]
LanguageOption = Annotated[Language, typer.Option(help="Language of tables, maps and workbook.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One line of JSON on stdout.")]

adopt_app = typer.Typer(help="Turn foreign data into an instance.", no_args_is_help=True)


def check(instance: InstanceArgument, datum: DatumOption = "", json: JsonOption = False) -> None:
    """Find everything that is wrong with an instance; exit code 2 if anything must be mended."""
    from siting import plan

    with stages():
        findings = plan.check(instance, datum=datum)
    errors = sum(f.severity == "error" for f in findings)
    if json:
        print_json({"findings": [f.as_dict() for f in findings], "errors": errors})
    else:
        show_findings(findings)
        warnings = len(findings) - errors
        out.print(f"{instance}: {errors} to mend, {warnings} to look at")
    if errors:
        raise typer.Exit(2)


def new(  # noqa: PLR0917  the command line names its options
    folder: Annotated[Path, typer.Argument(help="Folder to make.", show_default=False)],
    template: Annotated[
        bool, typer.Option("--template", help="Empty tables with headers, to be filled in.")
    ] = False,
    workbook: Annotated[
        bool, typer.Option("--workbook", help="The template as one .xlsx with Chinese headers.")
    ] = False,
    points: Annotated[int, typer.Option(help="Demand points of a made-up town.")] = 400,
    buildings: Annotated[int, typer.Option(help="Candidate buildings of a made-up town.")] = 60,
    district: Annotated[
        int,
        typer.Option(
            help="A clustered district with so many services, to measure on, and no town.", max=10
        ),
    ] = 0,
    country: Annotated[
        int, typer.Option(help="So many districts in folders of their own, no town.", min=0)
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of what is made up.")] = 1,
) -> None:
    """Make a new instance: templates to fill in, or a made-up town to try things on."""
    if folder.suffix.lower() == ".xlsx":
        finding = Finding(
            place=str(folder), rule="is a file's name", remedy="name a folder, and add --workbook"
        )
        raise InstanceError("new", [finding])
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        finding = Finding(
            place=str(folder), rule="exists and is not empty", remedy="name a new folder"
        )
        raise InstanceError("new", [finding])
    if template or workbook:
        from siting.instance.templates import write_template

        paths = write_template(folder, file_format="xlsx" if workbook else "csv")
        out.print(f"{folder}: {len(paths)} files to fill in; then `siting check {folder}`")
        return
    import numpy as np

    from siting.instance.generate import (
        TownSpec,
        generate_country,
        generate_district,
        generate_town,
    )
    from siting.instance.writing import write_instance

    rng = np.random.default_rng(seed)
    with stages():
        if country:
            services = district or 3
            for name, made in generate_country(
                rng, districts=country, points=points, buildings=buildings, services=services
            ):
                write_instance(made, folder / name, file_format="parquet")
        elif district:
            made = generate_district(rng, points=points, buildings=buildings, services=district)
            write_instance(made, folder, file_format="parquet")
        else:
            write_instance(generate_town(TownSpec(points=points, buildings=buildings), rng), folder)
    kind = "country" if country else "district" if district else "town"
    then = f"siting allocate {folder} --budget N" if country else f"siting solve {folder}"
    out.print(f"{folder}: a made-up {kind}; try `{then}`")


@adopt_app.command("tables")
def adopt_tables(
    mapping: Annotated[Path, typer.Argument(help="Mapping file (.toml) or a shipped one's name.")],
    data: Annotated[Path, typer.Option(help="Folder that the mapping's file names are in.")],
    out_folder: Annotated[Path, typer.Option("--out", help="Folder of the new instance.")],
    lang: LanguageOption = Language.EN,
) -> None:
    """Turn foreign tables into an instance through a mapping file."""
    from siting.instance.adopt.tables import adopt_tables as adopt

    with stages():
        adoption = adopt(mapping, data, out_folder)
    _report(adoption, lang)


@adopt_app.command("osm")
def adopt_osm(
    extract: Annotated[Path, typer.Argument(help="OpenStreetMap extract (.osm.pbf).")],
    out_folder: Annotated[Path, typer.Option("--out", help="Folder of the new instance.")],
    demand: Annotated[
        Path | None, typer.Option(help="Table of demand points; without it, a template.")
    ] = None,
    lang: LanguageOption = Language.EN,
) -> None:
    """Build network, buildings and facilities from an OpenStreetMap extract."""
    from siting.instance.adopt.osm import adopt_osm as adopt

    with stages():
        adoption = adopt(extract, out_folder, demand)
    _report(adoption, lang)


def _report(adoption: Adoption, lang: Language) -> None:
    show_findings(list(adoption.findings))
    for line in adoption.describe(lang.value):
        out.print(line, markup=False, highlight=False)
    then = "" if adoption.to_fill else f" and `siting solve {adoption.folder}`"
    err.print(f"next: `siting check {adoption.folder}`{then}")
