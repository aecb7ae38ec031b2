"""Views of the current run of each instance: ``siting.<instance>_review`` and the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg import Connection, sql

from siting.report.labels import Lang
from siting.review.database.catalogue import (
    Grant,
    columns_of,
    grant_again,
    grants_on,
    names_in,
)
from siting.review.database.names import REGISTRY
from siting.review.database.tables import Table, comment

Grants = Mapping[str, tuple[Grant, ...]]
"""What was granted on each view that gave way."""


def release(
    connection: Connection, prefix: str, tables: Sequence[Table], known: Sequence[str]
) -> Grants:
    """Drop the views of an instance that cannot stay as they are; return what was granted on them.

    Views of layers that the run lacks, and views with other columns than its tables have.

    Parameters
    ----------
    known
        Names of all layers that there may be.
    """
    wanted = {f"{prefix}_{table.name}": table.structure for table in tables}
    ours = {f"{prefix}_{layer}" for layer in known} & set(names_in(connection, REGISTRY, "v"))
    granted = {}
    for name in sorted(ours):
        there = columns_of(connection, REGISTRY, name)
        if list(there.items()) != list(wanted.get(name, {}).items()):  # a view keeps its order
            granted[name] = grants_on(connection, REGISTRY, name)
            connection.execute(sql.SQL("DROP VIEW {}").format(sql.Identifier(REGISTRY, name)))
    return granted


def show_current(
    connection: Connection, prefix: str, tables: Sequence[Table], granted: Grants, lang: Lang
) -> tuple[str, ...]:
    """Let the views of an instance show the tables of a run; return the names of the views."""
    names = []
    for table in tables:
        name = f"{prefix}_{table.name}"
        view = sql.Identifier(REGISTRY, name)
        columns = sql.SQL(", ").join(map(sql.Identifier, table.structure))
        connection.execute(
            sql.SQL("CREATE OR REPLACE VIEW {} AS SELECT {} FROM {}").format(
                view, columns, table.identifier
            )
        )
        grant_again(connection, REGISTRY, name, granted.get(name, ()))
        comment(connection, "VIEW", view, table.layer, lang)
        names.append(name)
    return tuple(names)
