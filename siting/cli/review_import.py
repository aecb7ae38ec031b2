"""Command `review import`: what reviewers sent back, checked and recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siting.cli.instances import DatumOption, JsonOption, Language, LanguageOption
from siting.cli.plans import ROOT
from siting.cli.screen import out, print_json, show_findings, stages
from siting.errors import InstanceError


def import_(  # noqa: PLR0917  the command line names its options
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="What came back: .gpkg, .gdb, .shp, .geojson, .xlsx, .csv or postgresql://...",
            show_default=False,
        ),
    ],
    run: Annotated[
        str, typer.Option(help="The run's folder or id, where the file does not say it.")
    ] = "",
    crs: Annotated[
        str, typer.Option(help="CRS of the points, in place of what the file states.")
    ] = "",
    encoding: Annotated[
        str, typer.Option(help="Of the text of a Shapefile without .cpg: GB18030 or UTF-8.")
    ] = "",
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="A new folder for verdicts.csv and scenario.toml.")
    ] = None,
    moved: Annotated[
        Path | None, typer.Option("--instance", help="The instance, where it is not where it was.")
    ] = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Check what reviewers sent back, record their verdicts, and write the next scenario."""
    from siting import store
    from siting.review.importing import import_verdicts, read_source, run_of, verdicts_of
    from siting.review.importing.summary import import_summary, import_values
    from siting.review.returns.checks import in_language
    from siting.review.run import reviewed_run

    store.refuse_existing(out_folder)
    try:
        with stages() as shown:
            returned = read_source(source, crs=crs or None, encoding=encoding or None, run=run)
            shown.status.update("reading the run and re-computing its plan ...")
            reviewed = reviewed_run(
                run or run_of(returned),
                root=ROOT,
                instance_path=moved,
                datum=datum,
                lang=lang.value,
            )
            verdicts, warnings = verdicts_of(returned, reviewed)
            imported = import_verdicts(verdicts, reviewed, source, warnings, out=out_folder)
    except InstanceError as error:
        said = [in_language(finding, lang.value) for finding in error.findings]
        raise InstanceError(error.place, said) from None
    if json:
        print_json(import_values(reviewed, imported, returned.spot.file))
        return
    show_findings([in_language(finding, lang.value) for finding in imported.findings])
    out.print(import_summary(reviewed, imported, lang.value))
    out.print(imported.scenario, markup=False, highlight=False)
    for path in imported.written:
        out.print(f"{path}", markup=False, highlight=False)
