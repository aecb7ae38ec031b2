"""Command `publish`: a run's review into a shared PostGIS database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli.instances import DatumOption, JsonOption, Language, LanguageOption
from siting.cli.plans import ROOT
from siting.cli.screen import out, print_json, show_findings, stages
from siting.errors import InstanceError

if TYPE_CHECKING:  # keeps the start of every command quick
    from siting.report.labels import Lang
    from siting.review.database.publishing import Published


def publish(  # noqa: PLR0917  the command line names its options
    run: Annotated[str, typer.Argument(help="A run's folder or id.", show_default=False)],
    url: Annotated[
        str,
        typer.Argument(
            metavar="DATABASE",
            help="postgresql://user@host:port/database; the password best in ~/.pgpass.",
            show_default=False,
        ),
    ],
    crs: Annotated[
        str, typer.Option(help="CRS of all layers, EPSG:4548 or WKT; the instance's by default.")
    ] = "",
    public: Annotated[
        bool,
        typer.Option("--public", help="Without the places of sensitive sites, in its own schema."),
    ] = False,
    reviewers: Annotated[
        list[str] | None,
        typer.Option(help="Role that may read all and fill in the review; several if repeated."),
    ] = None,
    moved: Annotated[
        Path | None, typer.Option("--instance", help="The instance, where it is not where it was.")
    ] = None,
    datum: DatumOption = "",
    lang: LanguageOption = Language.EN,
    json: JsonOption = False,
) -> None:
    """Put a run into a shared PostGIS database; what reviewers entered there is kept."""
    from siting.review.database.address import address_of, driver
    from siting.review.prices import read_prices
    from siting.review.returns.checks import in_language
    from siting.review.run import reviewed_run

    try:
        address = address_of(url)
        driver(address)
        from siting.review.database.publishing import publish_review

        with stages() as shown:
            shown.status.update("reading the run and re-computing its plan ...")
            reviewed = reviewed_run(
                run, root=ROOT, instance_path=moved, datum=datum, lang=lang.value
            )
            published = publish_review(
                reviewed,
                address,
                lang=lang.value,
                crs=crs,
                public=public,
                prices=read_prices(reviewed.folder, lang.value),
                reviewers=reviewers or (),
            )
    except InstanceError as error:
        said = [in_language(finding, lang.value) for finding in error.findings]
        raise InstanceError(error.place, said) from None
    if json:
        print_json(_values(reviewed.run_id, published))
        return
    show_findings([in_language(finding, lang.value) for finding in published.findings])
    _show(published, lang.value)


def _show(published: Published, lang: Lang) -> None:
    def line(en: str, zh: str) -> None:
        text = zh if lang == "zh" else en
        out.print(text, markup=False, highlight=False, soft_wrap=True)

    again, anew = (" again", "重新") if published.again else ("", "")
    line(
        f"{published.address}: published{again} in schema {published.schema}",
        f"{published.address}：已{anew}发布到模式 {published.schema}",
    )
    for (name, count), view in zip(published.rows.items(), published.views, strict=True):
        line(f"  siting.{view}: {name}, {count} rows", f"  siting.{view}：{name}，{count} 行")
    if published.kept:
        line(
            f"  {published.kept} rows hold what reviewers entered before; they were kept",
            f"  {published.kept} 行含审查人此前填写的内容，均已保留",
        )


def _values(run_id: str, published: Published) -> dict[str, object]:
    return {
        "run": run_id,
        "database": published.address,
        "schema": published.schema,
        "views": [f"siting.{view}" for view in published.views],
        "rows": dict(published.rows),
        "srid": published.srid,
        "again": published.again,
        "kept": published.kept,
        "findings": [finding.as_dict() for finding in published.findings],
    }
