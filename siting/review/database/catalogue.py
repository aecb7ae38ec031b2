"""What is in the database already: columns, and who may do what with them."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import Connection, sql


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a role may do with a table or view, or with one column of it."""

    privilege: str
    role: str
    column: str
    onwards: bool


def columns_of(connection: Connection, schema: str, name: str) -> dict[str, str]:
    """Return the columns of a table or view with their types; empty where there is none."""
    rows = connection.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relname = %s AND attnum > 0 AND NOT attisdropped "
        "ORDER BY attnum",
        [schema, name],
    ).fetchall()
    return {str(column): str(kind) for column, kind in rows}


def names_in(connection: Connection, schema: str, kind: str) -> list[str]:
    """Return the tables (``r``) or views (``v``) of a schema."""
    rows = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relkind = %s ORDER BY 1",
        [schema, kind],
    ).fetchall()
    return [str(row[0]) for row in rows]


def has_schema(connection: Connection, schema: str) -> bool:
    """Whether there is a schema of this name."""
    found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema])
    return found.fetchone() is not None


def grants_on(connection: Connection, schema: str, name: str) -> tuple[Grant, ...]:
    """Return what others than its owner may do with a table or view."""
    rows = connection.execute(
        "WITH it AS (SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relname = %s), "
        "acl AS (SELECT relowner, '' AS attname, x.* FROM it, aclexplode(relacl) x UNION ALL "
        "SELECT relowner, attname, x.* FROM it JOIN pg_attribute a ON a.attrelid = it.oid, "
        "aclexplode(attacl) x) "
        "SELECT privilege_type, coalesce(rolname, ''), attname, is_grantable FROM acl "
        "LEFT JOIN pg_roles r ON r.oid = grantee WHERE grantee <> relowner",
        [schema, name],
    ).fetchall()
    return tuple(
        Grant(privilege=str(p), role=str(role), column=str(column), onwards=bool(onwards))
        for p, role, column, onwards in rows
    )


def grant_again(connection: Connection, schema: str, name: str, grants: tuple[Grant, ...]) -> None:
    """Give what was granted on a table or view that has been made anew."""
    there = columns_of(connection, schema, name)
    for grant in grants:
        if grant.column and grant.column not in there:
            continue
        about = (
            sql.SQL(" ({})").format(sql.Identifier(grant.column)) if grant.column else sql.SQL("")
        )
        connection.execute(
            sql.SQL("GRANT {}{} ON {} TO {}{}").format(
                sql.SQL(grant.privilege),
                about,
                sql.Identifier(schema, name),
                sql.Identifier(grant.role) if grant.role else sql.SQL("PUBLIC"),
                sql.SQL(" WITH GRANT OPTION" if grant.onwards else ""),
            )
        )
