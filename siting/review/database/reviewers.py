"""Who may fill in a review: roles that see everything and write to the reviewers' fields alone."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import Connection, sql

from siting.review.database.names import PUBLISHED, REGISTRY
from siting.review.database.tables import KEY_COLUMN, Table
from siting.review.fields import LAYER, REVIEWERS


def let_review(
    connection: Connection, role: str, tables: Sequence[Table], views: Sequence[str]
) -> None:
    """Let a role read a published run, decide in its review, and add rows to that."""
    to = sql.Identifier(role)
    for schema in (tables[0].schema, REGISTRY):
        connection.execute(
            sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), to)
        )
    shown = [sql.Identifier(REGISTRY, name) for name in (PUBLISHED, *views)]
    for relation in [*(table.identifier for table in tables), *shown]:
        connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(relation, to))
    decided = sql.SQL(", ").join(map(sql.Identifier, REVIEWERS))
    filled = [name for t in tables if t.name == LAYER for name in t.structure]
    added = sql.SQL(", ").join(sql.Identifier(n) for n in filled if n != KEY_COLUMN)
    for relation in _reviewed(tables, views):
        connection.execute(
            sql.SQL("GRANT UPDATE ({}), INSERT ({}) ON {} TO {}").format(
                decided, added, relation, to
            )
        )


def _reviewed(tables: Sequence[Table], views: Sequence[str]) -> list[sql.Identifier]:
    """Return the reviewed table and its view."""
    return [
        relation
        for table, view in zip(tables, views, strict=True)
        if table.name == LAYER
        for relation in (table.identifier, sql.Identifier(REGISTRY, view))
    ]
