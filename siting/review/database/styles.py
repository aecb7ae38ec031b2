"""Styles where QGIS looks for them: the table `public.layer_styles`."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import Connection, sql

from siting.report.labels import Lang
from siting.report.results import Results
from siting.review.database.catalogue import columns_of
from siting.review.database.names import REGISTRY
from siting.review.database.tables import SHAPE_COLUMN, Table
from siting.review.qgis.styling import qml, style

_PUBLIC, _STYLES = "public", "layer_styles"
_TABLE = sql.Identifier(_PUBLIC, _STYLES)
_NAME = "siting"

_CREATE = """CREATE TABLE {} (
    id serial PRIMARY KEY, f_table_catalog varchar, f_table_schema varchar, f_table_name varchar,
    f_geometry_column varchar, stylename text, styleqml xml, stylesld xml, useasdefault boolean,
    description text, owner varchar(63), ui xml, update_time timestamp DEFAULT CURRENT_TIMESTAMP,
    type varchar)"""
"""As QGIS makes it."""


def write_styles(
    connection: Connection,
    tables: Sequence[Table],
    views: Sequence[str],
    results: Results,
    lang: Lang,
) -> bool:
    """Give tables and views their styles; return whether that is allowed here."""
    if not _may_write(connection):
        return False
    if not columns_of(connection, _PUBLIC, _STYLES):
        connection.execute(sql.SQL(_CREATE).format(_TABLE))
    for table, view in zip(tables, views, strict=True):
        if not table.layer.shape:
            continue
        look = qml(style(table.layer, results, lang))
        for schema, name in ((table.schema, table.name), (REGISTRY, view)):
            key = [schema, name, _NAME]
            connection.execute(
                sql.SQL(
                    "DELETE FROM {} WHERE f_table_catalog = current_database() "
                    "AND f_table_schema = %s AND f_table_name = %s AND stylename = %s"
                ).format(_TABLE),
                key,
            )
            connection.execute(
                sql.SQL(
                    "INSERT INTO {} (f_table_catalog, f_table_schema, f_table_name, stylename, "
                    "f_geometry_column, styleqml, useasdefault, description, owner) VALUES "
                    "(current_database(), %s, %s, %s, %s, XMLPARSE(DOCUMENT %s), true, %s, "
                    "current_user)"
                ).format(_TABLE),
                [*key, SHAPE_COLUMN, look, table.layer.title],
            )
    return True


def _may_write(connection: Connection) -> bool:
    found = connection.execute(
        "SELECT CASE WHEN to_regclass('public.layer_styles') IS NULL "
        "THEN coalesce(has_schema_privilege(to_regnamespace('public'), 'CREATE'), false) "
        "ELSE has_table_privilege(to_regclass('public.layer_styles'), 'INSERT') "
        "AND has_table_privilege(to_regclass('public.layer_styles'), 'DELETE') "
        "AND has_table_privilege(to_regclass('public.layer_styles'), 'SELECT') END"
    ).fetchone()
    return bool(found and found[0])
