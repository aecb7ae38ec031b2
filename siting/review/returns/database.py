"""The review of a published run, read from its database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.review.database.address import Address, address_of, connected, driver
from siting.review.database.problems import problem
from siting.review.fields import LAYER
from siting.review.returns.checks import Spot
from siting.review.returns.returned import Return, make_return

if TYPE_CHECKING:
    from psycopg import Connection

    from siting.review.database.registry import Publication


def read_database(url: str, run: str = "") -> Return:
    """Return what reviewers entered in a shared database, as of one moment.

    Parameters
    ----------
    url
        ``postgresql://user@host:port/database``; with ``?schema=...`` that schema is read.
    run
        Run, by its folder or id; not needed where the schema is named or one run is published.

    Raises
    ------
    InstanceError
        When there is no connection, no such schema or table, or no right to read them.
    """
    address = address_of(url)
    driver(address)
    with connected(address, reading=True) as connection:
        schema = _schema(connection, address, Path(run).name)
        return _read(connection, address, schema)


def _schema(connection: Connection, address: Address, run: str) -> str:
    """Return the schema to read: the one named, else that of the run, else the only one."""
    from siting.review.database.catalogue import has_schema
    from siting.review.database.registry import publications

    if address.schema and has_schema(connection, address.schema):
        return address.schema
    published = publications(connection)
    there = ", ".join(p.schema for p in published) or "-"
    if address.schema:
        raise problem(address.shown, "no_schema", schema=address.schema, there=there)
    if not published:
        raise problem(address.shown, "not_published")
    found = [p for p in published if run in {"", p.run_id}]
    if not found:
        runs = ", ".join(p.run_id for p in published)
        raise problem(address.shown, "run_not_published", run=run, there=runs)
    return _one_of(found, address, there)


def _one_of(found: list[Publication], address: Address, there: str) -> str:
    """Return the schema of the only run among some; the public edition where there is no other."""
    whole = [p for p in found if not p.public] or found
    if len({(p.run_id, p.instance_hash) for p in whole}) > 1:
        raise problem(address.shown, "which_run", there=there)
    return whole[0].schema


def _read(connection: Connection, address: Address, schema: str) -> Return:
    import shapely
    from psycopg import sql
    from psycopg.rows import dict_row

    from siting.review.database.catalogue import columns_of
    from siting.review.database.systems import crs_of_srid
    from siting.review.database.tables import KEY_COLUMN, SHAPE_COLUMN

    columns = columns_of(connection, schema, LAYER)
    if not columns:
        raise problem(f"{address.shown}#{schema}", "no_table", table=LAYER)
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            sql.SQL("SELECT * FROM {} ORDER BY {}").format(
                sql.Identifier(schema, LAYER),
                sql.Identifier(KEY_COLUMN if KEY_COLUMN in columns else next(iter(columns))),
            )
        )
        rows: list[dict[str, Any]] = cursor.fetchall()
    names = [name for name in columns if name not in {KEY_COLUMN, SHAPE_COLUMN}]
    shapes, crs = None, ""
    if SHAPE_COLUMN in columns:
        shapes = [row[SHAPE_COLUMN] and shapely.from_wkb(row[SHAPE_COLUMN]) for row in rows]
        srid = connection.execute(
            "SELECT srid FROM geometry_columns WHERE f_table_schema = %s AND f_table_name = %s "
            "AND f_geometry_column = %s",
            [schema, LAYER, SHAPE_COLUMN],
        ).fetchone()
        crs = crs_of_srid(connection, int(srid[0])) if srid else ""
    return make_return(
        Spot(file=address.shown, layer=f"{schema}.{LAYER}"),
        names,
        [[row[name] for row in rows] for name in names],
        [f"fid {row.get(KEY_COLUMN, number)}" for number, row in enumerate(rows, start=1)],
        shapes=shapes,
        crs=crs,
    )
