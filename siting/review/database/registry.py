"""Which runs are published: one row each in `siting.published`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import Connection, sql

from siting.report.labels import Lang, in_lang
from siting.review.database.address import Address
from siting.review.database.catalogue import columns_of, has_schema
from siting.review.database.names import PUBLISHED, REGISTRY
from siting.review.database.problems import problem
from siting.review.database.tables import say

if TYPE_CHECKING:
    from siting.review.run import ReviewedRun

_TABLE = sql.Identifier(REGISTRY, PUBLISHED)

_COLUMNS: dict[str, tuple[str, str, str]] = {
    "schema_name": ("text PRIMARY KEY", "Schema of the run", "方案所在模式"),
    "run_id": ("text NOT NULL", "Run", "方案编号"),
    "instance": ("text NOT NULL", "Instance", "实例"),
    "instance_hash": ("text NOT NULL", "Hash of the instance", "实例校验码"),
    "scenario": ("text NOT NULL", "Scenario", "情景"),
    "round": ("integer NOT NULL CHECK (round >= 1)", "Round of the review", "审查轮次"),
    "previous": ("text", "Run of the round before", "上一轮方案编号"),
    "lang": ("text NOT NULL CHECK (lang IN ('en', 'zh'))", "Language", "语言"),
    "srid": ("integer NOT NULL", "Reference system of its layers", "坐标系 SRID"),
    "public": ("boolean NOT NULL", "Whether sensitive sites are without a place", "是否公开版"),
    "is_current": (
        "boolean NOT NULL", "Whether the views show this run", "视图是否显示该方案",
    ),
    "published_at": (
        "timestamptz NOT NULL DEFAULT now()", "When it was published last", "最近发布时间",
    ),
    "published_by": ("text NOT NULL DEFAULT session_user", "By whom", "发布者"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A published run, as `siting.published` has it."""

    schema: str
    run_id: str
    instance_hash: str
    lang: str
    srid: int
    public: bool


def prepare(connection: Connection, lang: Lang) -> None:
    """Make the schema and the table of published runs, where they are not there; one at a time."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('siting publish'))")
    if not has_schema(connection, REGISTRY):
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(REGISTRY)))
        text = in_lang(
            lang,
            "Runs under review: table of what is published, views of the current run of each "
            "instance",
            "审查中的方案：已发布方案表，以及各实例当前方案的视图",
        )
        say(connection, sql.SQL("SCHEMA {}").format(sql.Identifier(REGISTRY)), text)
    if columns_of(connection, REGISTRY, PUBLISHED):
        return
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
        for name, (kind, _, _) in _COLUMNS.items()
    ]
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(_TABLE, sql.SQL(", ").join(columns)))
    connection.execute(
        sql.SQL("CREATE UNIQUE INDEX one_current ON {} (instance, public) WHERE is_current").format(
            _TABLE
        )
    )
    text = in_lang(lang, "Published runs, one row each", "已发布方案，每个一行")
    say(connection, sql.SQL("TABLE {}").format(_TABLE), text)
    for name, (_, en, zh) in _COLUMNS.items():
        column = sql.SQL("COLUMN {}.{}").format(_TABLE, sql.Identifier(name))
        say(connection, column, in_lang(lang, en, zh))


def publications(connection: Connection) -> tuple[Publication, ...]:
    """Return all published runs, the latest first; none where nothing was ever published."""
    if not columns_of(connection, REGISTRY, PUBLISHED):
        return ()
    rows = connection.execute(
        sql.SQL(
            "SELECT schema_name, run_id, instance_hash, lang, srid, public FROM {} "
            "ORDER BY published_at DESC, schema_name"
        ).format(_TABLE)
    ).fetchall()
    return tuple(
        Publication(
            schema=schema, run_id=run, instance_hash=digest, lang=lang, srid=srid, public=public
        )
        for schema, run, digest, lang, srid, public in rows
    )


def claim(
    connection: Connection, schema: str, run: ReviewedRun, address: Address
) -> Publication | None:
    """Return what is published in the schema of a run already; None where it is new.

    Raises
    ------
    InstanceError
        When the schema is somebody else's, or another run's.
    """
    provenance = run.solution.provenance
    before = next((p for p in publications(connection) if p.schema == schema), None)
    if before is None and has_schema(connection, schema):
        raise problem(address.shown, "schema_taken", schema=schema)
    ours = (run.run_id, provenance.instance_hash)
    if before is not None and (before.run_id, before.instance_hash) != ours:
        raise problem(address.shown, "another_run", schema=schema)
    return before


def enter(
    connection: Connection, schema: str, run: ReviewedRun, *, lang: Lang, srid: int, public: bool
) -> None:
    """Say that a run is published, and that it is the current one of its instance."""
    provenance = run.solution.provenance
    connection.execute(
        sql.SQL("UPDATE {} SET is_current = false WHERE instance = %s AND public = %s").format(
            _TABLE
        ),
        [provenance.instance, public],
    )
    values: dict[str, Any] = {
        "schema_name": schema,
        "run_id": run.run_id,
        "instance": provenance.instance,
        "instance_hash": provenance.instance_hash,
        "scenario": provenance.scenario,
        "round": run.round.number,
        "previous": run.round.previous or None,
        "lang": lang,
        "srid": srid,
        "public": public,
        "is_current": True,
    }
    names = list(values)
    connection.execute(
        sql.SQL(
            "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (schema_name) DO UPDATE SET {}, "
            "published_at = now(), published_by = session_user"
        ).format(
            _TABLE,
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join([sql.Placeholder()] * len(names)),
            sql.SQL(", ").join(
                sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in names
            ),
        ),
        list(values.values()),
    )
