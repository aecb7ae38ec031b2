"""Command `review export`: out to the reviewers of sites."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from siting.cli.instances import DatumOption, JsonOption, Language, LanguageOption
from siting.cli.plans import ROOT
from siting.cli.screen import Stages, out, print_json, stages

if TYPE_CHECKING:  # keeps the start of every command quick
    import pandas as pd

    from siting.geo import Datum
    from siting.review.run import ReviewedRun

review_app = typer.Typer(
    help="Out to the reviewers of sites, and their verdicts back into the next plan.",
    no_args_is_help=True,
)

GAP, SECONDS = 0.001, 120.0


@review_app.command("export")
def export(  # noqa: PLR0917  the command line names its options
    context: typer.Context,
    run: Annotated[
        list[str],
        typer.Argument(
            help="A run's folder or id; several for a file that compares them.", show_default=False
        ),
    ],
    crs: Annotated[
        str, typer.Option(help="CRS of all layers, EPSG:4548 or WKT; the instance's by default.")
    ] = "",
    to_datum: Annotated[
        str, typer.Option(help="Lon and lat as map services shift them: gcj02 or bd09.")
    ] = "",
    formats: Annotated[
        str, typer.Option("--format", help="Of gpkg,gdb,shp,geojson,dxf,xlsx,sheets, with commas.")
    ] = "gpkg",
    department: Annotated[str, typer.Option(help="Only the rows of this department.")] = "",
    public: Annotated[
        bool, typer.Option("--public", help="Without the places of sensitive sites.")
    ] = False,
    prices: Annotated[
        bool, typer.Option(help="Price of each verdict; may take the time limit.")
    ] = True,
    time_limit: Annotated[
        float, typer.Option(help="Seconds for the prices; those not reached stay wide.", min=0)
    ] = SECONDS,
    gap: Annotated[
        float, typer.Option(help="Relative gap at which each price may stop; 0 is exact.", min=0)
    ] = GAP,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="The file to write; RUN/review.gpkg by default.")
    ] = None,
    moved: Annotated[
        Path | None, typer.Option("--instance", help="The instance, where it is not where it was.")
    ] = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Write a file that opens ready to be reviewed in QGIS or ArcGIS; other formats on demand."""
    from siting.review.export import Edition, check_edition, export_review, files_of
    from siting.review.export import refuse_to_replace as refuse
    from siting.review.run import reviewed_run

    edition = Edition(
        formats=tuple(dict.fromkeys(part.strip() for part in formats.split(",") if part.strip())),
        crs=crs,
        datum=cast("Datum", to_datum),
        lang=lang.value,
        department=department,
        public=public,
    )
    with stages() as shown:
        runs = []
        for name in dict.fromkeys(run):
            shown.status.update(f"reading {name} and re-computing its plan ...")
            runs.append(
                reviewed_run(name, root=ROOT, instance_path=moved, datum=datum, lang=lang.value)
            )
        for path in files_of(runs, edition, out_file).values():
            refuse(path)  # before the prices, which take time
        check_edition(runs, edition)
        priced = None
        if prices and len(runs) == 1:
            priced = _prices(runs[0], time_limit, gap, shown, context.obj)
        files = export_review(runs, edition, prices=priced, out=out_file)
    if json:
        print_json(
            {
                "files": {name: str(path) for name, path in files.items()},
                "runs": [r.run_id for r in runs],
                "round": runs[0].round.number,
            }
        )
        return
    for path in files.values():
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)


def _prices(
    run: ReviewedRun, time_limit: float, gap: float, shown: Stages, started: float | None
) -> pd.DataFrame:
    from siting.caching import user_folder
    from siting.cli.explain import watching
    from siting.plan import Options
    from siting.review.prices import prices_of

    options = Options(gap=gap, time_limit_s=time_limit, cache_dir=user_folder())
    return prices_of(run, options, watch=watching(shown), started=started)
