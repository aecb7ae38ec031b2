"""A run's review into PostGIS: all of it in one transaction, and again without harm."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from psycopg import Connection, sql
from psycopg.rows import dict_row

from siting.errors import Finding, InstanceError
from siting.report.labels import Lang, in_lang, title
from siting.review.database.address import Address, connected
from siting.review.database.catalogue import columns_of, grant_again, grants_on, names_in
from siting.review.database.merging import Merged, merge
from siting.review.database.names import instance_part, schema_of
from siting.review.database.problems import finding
from siting.review.database.registry import Publication, claim, enter, prepare
from siting.review.database.reviewers import let_review
from siting.review.database.styles import write_styles
from siting.review.database.systems import srid_of
from siting.review.database.tables import Table, create, fill, finish, say, table_of
from siting.review.database.views import release, show_current
from siting.review.export import Edition, check_edition, layers_of, record
from siting.review.fields import LAYER
from siting.review.layers.layer import GROUPS, Layer
from siting.review.run import ReviewedRun

log = logging.getLogger(__name__)

COMMAND = "publish"

KNOWN_LAYERS = tuple(name for _, _, names in GROUPS for name in names)


@dataclass(frozen=True, kw_only=True)
class Published:
    """What was published.

    Attributes
    ----------
    address
        Of the database, without a password.
    views
        That show the run now, without their schema.
    rows
        How many each table has.
    kept
        Rows of the review that hold what reviewers entered before.
    again
        Whether the run was published there before.
    findings
        Warnings.
    """

    address: str
    schema: str
    views: tuple[str, ...]
    rows: Mapping[str, int]
    srid: int
    kept: int
    again: bool
    findings: tuple[Finding, ...]


def publish_review(
    run: ReviewedRun,
    address: Address,
    *,
    lang: Lang = "en",
    crs: str = "",
    public: bool = False,
    prices: pd.DataFrame | None = None,
    reviewers: Sequence[str] = (),
) -> Published:
    """Put the layers of a review into a database: the whole, or nothing where anything fails.

    Parameters
    ----------
    crs
        Of all layers; the instance's where empty.
    public
        Whether sensitive sites leave no place; into a schema of its own.
    prices
        As `siting.review.prices.read_prices` gives them.
    reviewers
        Roles that may see everything and fill in the fields of the review.

    Raises
    ------
    InstanceError
        When the CRS cannot be reached safely, or the database refuses.
    """
    edition = Edition(crs=crs, lang=lang, public=public)
    try:
        check_edition([run], edition)
    except InstanceError as error:
        raise InstanceError(COMMAND, error.findings) from None
    layers = layers_of([run], edition, prices)
    system = crs or run.instance.settings.crs
    with connected(address) as connection:
        log.info("publishing to %s ...", address.shown)
        prepare(connection, lang)
        schema = schema_of(run.solution, run.run_id, public=public)
        before = claim(connection, schema, run, address)
        srid = srid_of(connection, system, address)
        tables = [table_of(layer, schema, srid) for layer in layers.values()]
        prefix = instance_part(run.solution, public=public)
        granted = release(connection, prefix, tables, KNOWN_LAYERS)
        if before is None:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        _describe(connection, schema, run, layers[LAYER], lang)
        merged = _put(connection, tables, run, before, lang, f"{address.shown}#{schema}")
        views = show_current(connection, prefix, tables, granted, lang)
        enter(connection, schema, run, lang=lang, srid=srid, public=public)
        for role in reviewers:
            let_review(connection, role, tables, views)
        styled = write_styles(connection, tables, views, run.results, lang)
        unstyled = [] if styled else [finding(address.shown, "no_styles")]
        record(run, {f"{address.shown}#{schema}": ""})
    return Published(
        address=address.shown,
        schema=schema,
        views=views,
        rows={table.name: len(table.rows) for table in tables} | {LAYER: len(merged.rows)},
        srid=srid,
        kept=merged.kept,
        again=before is not None,
        findings=(*merged.findings, *unstyled),
    )


def _describe(
    connection: Connection, schema: str, run: ReviewedRun, layer: Layer, lang: Lang
) -> None:
    called = title(run.results.instance, lang)
    about = in_lang(
        lang,
        f"{called}: review of run {run.run_id}, round {run.round.number}. {layer.description}",
        f"{called}：方案 {run.run_id} 第 {run.round.number} 轮审查。{layer.description}",
    )
    say(connection, sql.SQL("SCHEMA {}").format(sql.Identifier(schema)), about)


def _put(  # noqa: PLR0917  what is put where, in order
    connection: Connection,
    tables: Sequence[Table],
    run: ReviewedRun,
    before: Publication | None,
    lang: Lang,
    place: str,
) -> Merged:
    """Bring the tables of a run's schema to what they are now; return the reviewed rows."""
    merged = Merged(rows=(), kept=0, findings=())
    schema = tables[0].schema
    there = names_in(connection, schema, "r")
    for table in tables:
        rows: Sequence[Mapping[str, object]] = table.rows
        columns = columns_of(connection, schema, table.name)
        if table.name == LAYER:
            merged = merge(
                _held(connection, table) if columns else [],
                table.rows,
                run.departments,
                f"{place}.{LAYER}",
                same_place=before is not None and columns.get("geom") == table.columns["geom"],
                same_lang=before is not None and before.lang == lang,
            )
            rows = merged.rows
        granted = grants_on(connection, schema, table.name)
        if columns and columns != table.structure:
            connection.execute(sql.SQL("DROP TABLE {}").format(table.identifier))
            columns = {}
        if not columns:
            create(connection, table)
            grant_again(connection, schema, table.name, granted)
        fill(connection, table, rows)
        finish(connection, table, lang)
    for name in set(there) & set(KNOWN_LAYERS) - {table.name for table in tables}:
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(schema, name)))
    return merged


def _held(connection: Connection, table: Table) -> list[dict[str, object]]:
    """Return all rows of the reviewed table; nobody writes to it until this is through."""
    connection.execute(
        sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table.identifier)
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} ORDER BY fid").format(table.identifier))
        return cursor.fetchall()
