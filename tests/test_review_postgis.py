# ruff: noqa: S608 - names of tables are ours
"""The shared database: published, filled in through SQL, published again, read back.

A real PostgreSQL with PostGIS runs on this machine alone. The town is that of `review_exports`:
A clinic, A station and B station before two departments, A being sensitive.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

psycopg = pytest.importorskip("psycopg", reason="needs the extra postgis")

from command_line import siting  # noqa: E402
from postgis_server import OWNER, PASSWORD, READER, WRITER, Server, programs, running  # noqa: E402
from qgis_program import WHY_NOT, command, edited, has_qgis  # noqa: E402
from review_exports import (  # noqa: E402
    DEPARTMENTS,
    FIRE,
    PLANNING,
    SECRET_ADDRESS,
    SECRET_NAME,
    SECRET_X,
    SECRET_Y,
    run_of,
)

from siting.errors import InstanceError  # noqa: E402
from siting.geo import crs_wkt, transform  # noqa: E402
from siting.review import log  # noqa: E402
from siting.review.database.address import address_of  # noqa: E402
from siting.review.database.names import plain_part  # noqa: E402
from siting.review.database.problems import PROBLEMS  # noqa: E402
from siting.review.database.publishing import Published, publish_review  # noqa: E402
from siting.review.fields import FIELDS  # noqa: E402
from siting.review.importing import exported_rows, verdicts_of  # noqa: E402
from siting.review.layers.layer import GROUPS  # noqa: E402
from siting.review.returns.checks import in_language  # noqa: E402
from siting.review.returns.database import read_database  # noqa: E402
from siting.review.run import ReviewedRun  # noqa: E402
from siting.review.verdicts import Decision  # noqa: E402

RUN = "20261122-101010-abc123"
SCHEMA = "siting_tiny_20261122_101010_abc123"
LOCAL = (
    re.sub(r',ID\["EPSG",\d+\]', "", crs_wkt("EPSG:4548"))
    .replace("CGCS2000 / 3-degree Gauss-Kruger CM 117E", "Local grid")
    .replace('"Longitude of natural origin",117', '"Longitude of natural origin",116.3502518')
)
_databases = (f"town_{number}" for number in itertools.count())


@pytest.fixture(scope="session")
def server():
    folder = programs()
    if folder is None:
        pytest.skip("needs the packages postgresql and postgresql-NN-postgis-3")
    with running(folder) as started:
        with psycopg.connect(started.url("postgres"), autocommit=True) as owner:
            owner.execute(f"CREATE ROLE {WRITER} LOGIN PASSWORD '{PASSWORD}'")
            owner.execute(f"CREATE ROLE {READER} LOGIN")
            owner.execute("CREATE DATABASE with_postgis")
        with psycopg.connect(started.url("with_postgis"), autocommit=True) as owner:
            owner.execute("CREATE EXTENSION postgis")
        yield started


@pytest.fixture
def url(server: Server) -> str:
    name = next(_databases)
    with psycopg.connect(server.url("postgres"), autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name} TEMPLATE with_postgis")
    return server.url(name)


@cache
def _made(lang: Any) -> ReviewedRun:
    return run_of(Path(tempfile.mkdtemp()) / RUN, lang)


def run_in(folder: Path, lang: str = "zh") -> ReviewedRun:
    """Return the run in a folder of its own."""
    folder.mkdir(exist_ok=True)
    return replace(_made(lang), folder=folder)


@pytest.fixture
def run(tmp_path: Path) -> ReviewedRun:
    return run_in(tmp_path / RUN)


def publish(run: ReviewedRun, url: str, **how: Any) -> Published:
    return publish_review(run, address_of(url), **({"lang": "zh"} | how))


def ask(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows, if it has any."""
    with psycopg.connect(url) as connection:
        done = connection.execute(statement, values)
        return done.fetchall() if done.description else []


def one(url: str, statement: str, *values: object) -> Any:
    return ask(url, statement, *values)[0][0]


def decide(url: str, *key: str, **fields: object) -> None:
    """Fill in fields of the row of a building, service and department."""
    said = ", ".join(f'"{name}" = %s' for name in fields)
    with psycopg.connect(url) as connection:
        done = connection.execute(
            f"UPDATE {SCHEMA}.review SET {said} "
            "WHERE (building_id, service_id, department) = (%s, %s, %s)",
            [*fields.values(), *key],
        )
        assert done.rowcount == 1


def findings_of(error: pytest.ExceptionInfo[InstanceError]) -> list[str]:
    return [finding.check for finding in error.value.findings]


# What is there after a publication


def test_layers_are_those_of_the_review_with_their_rows(run, url):
    published = publish(run, url)
    assert published.schema == SCHEMA
    assert not published.again
    layers = [name for _, _, names in GROUPS for name in names]
    assert set(published.rows) == set(layers) - {"sites"}
    for layer, rows in published.rows.items():
        assert one(url, f"SELECT count(*) FROM {SCHEMA}.{layer}") == rows
        assert one(url, f"SELECT count(*) FROM siting.tiny_{layer}") == rows
    assert published.rows["review"] == 3 * len(DEPARTMENTS)


def test_rows_say_what_was_laid_before_reviewers(run, url):
    publish(run, url)
    names = [field.name for field in FIELDS]
    listed = ", ".join(f'"{name}"' for name in names)
    table = ask(url, f"SELECT {listed}, geom FROM siting.tiny_review ORDER BY fid")
    ours = exported_rows(run, "zh").to_dict("records")
    for cells, row in zip(table, ours, strict=True):
        for name, cell in zip(names, cells, strict=False):
            known = None if row[name] is None or row[name] != row[name] else row[name]
            assert cell == known, name
        point = shapely.from_wkb(cells[-1])
        assert (point.x, point.y) == (row["geometry"].x, row["geometry"].y)
        assert shapely.get_srid(point) == 4548
    assert any("𠮷" in str(cell) for cells in table for cell in cells)


def test_every_table_has_a_key_and_every_shape_an_index(run, url):
    published = publish(run, url)
    keyed = ask(
        url,
        "SELECT table_name FROM information_schema.table_constraints "
        "WHERE table_schema = %s AND constraint_type = 'PRIMARY KEY'",
        SCHEMA,
    )
    assert {name for (name,) in keyed} == set(published.rows)
    shaped = ask(
        url,
        "SELECT f_table_name, srid, type FROM geometry_columns WHERE f_table_schema = %s",
        SCHEMA,
    )
    indexed = ask(
        url,
        "SELECT tablename FROM pg_indexes WHERE schemaname = %s AND indexdef LIKE '%%gist%%'",
        SCHEMA,
    )
    assert sorted(name for name, _, _ in shaped) == sorted(name for (name,) in indexed)
    assert {name: (srid, kind) for name, srid, kind in shaped} == {
        **dict.fromkeys(("review", "candidates", "facilities", "demand"), (4548, "POINT")),
        "allocation": (4548, "LINESTRING"),
        **dict.fromkeys(("reach_areas", "zones"), (4548, "MULTIPOLYGON")),
    }


@pytest.mark.parametrize(
    ("lang", "table", "column"),
    [
        ("zh", "待审查场所", "审查意见: approve = 同意"),
        ("en", "Sites to review", "Decision: approve = Approve"),
    ],
)
def test_comments_are_in_the_language(run, url, lang, table, column):
    publish(run, url, lang=lang)
    described = "SELECT obj_description(to_regclass(%s))"
    assert one(url, described, f"{SCHEMA}.review").startswith(table)
    assert one(url, described, "siting.tiny_review").startswith(table)
    said = "SELECT col_description(to_regclass(%s), 5)"  # fid, building, service, department, 5th
    assert one(url, said, f"{SCHEMA}.review").startswith(column)
    assert one(url, said, "siting.tiny_review").startswith(column)
    schema = one(url, "SELECT obj_description(%s::regnamespace)", SCHEMA)
    assert RUN in schema
    undescribed = ask(
        url,
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace IN (%s::regnamespace, 'siting'::regnamespace) "
        "AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND a.attname <> 'geom' "
        "AND col_description(c.oid, a.attnum) IS NULL",
        SCHEMA,
    )
    assert undescribed == []


BAD = {
    "decision": ({"decision": "aprove"}, "review_decision_coded"),
    "service_id": ({"service_id": "school"}, "review_service_id_coded"),
    "proposed_use": ({"proposed_use": "casino"}, "review_proposed_use_coded"),
    "department": ({"department": "教委"}, "review_department_coded"),
    "no department": ({"department": None}, "review_department_coded"),
    "reject without reason": ({"decision": "reject"}, "review_reason_given"),
    "blank reason": ({"decision": "reject", "reason": "  "}, "review_reason_given"),
    "other without use": ({"decision": "other", "reason": "x"}, "review_use_given"),
    "negative cost": ({"extra_cost": -1}, "review_extra_cost_not_negative"),
    "negative delay": ({"delay_years": -1}, "review_delay_years_not_negative"),
    "no area": ({"max_area_m2": 0}, "review_max_area_positive"),
    "no building": ({"building_id": ""}, "review_building_id_given"),
}


@pytest.mark.parametrize(("fields", "constraint"), BAD.values(), ids=BAD)
def test_constraints_refuse_what_is_no_verdict(run, url, fields, constraint):
    publish(run, url)
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        decide(url, "A", "clinic", FIRE, **fields)
    assert refused.value.diag.constraint_name == constraint


def test_a_department_has_one_row_per_use_and_reviewer(run, url):
    publish(run, url)
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(
            url,
            f"INSERT INTO {SCHEMA}.review (building_id, service_id, department) "
            "VALUES ('A', 'clinic', %s)",
            FIRE,
        )


def test_qgis_finds_a_style_for_every_layer_and_view(run, url):
    publish(run, url)
    publish(run, url)
    styled = ask(
        url,
        "SELECT f_table_schema, f_table_name, count(*) FROM layer_styles WHERE useasdefault "
        "AND f_table_catalog = current_database() AND xml_is_well_formed_document(styleqml::text) "
        "GROUP BY 1, 2",
    )
    shaped = ask(url, "SELECT f_table_schema, f_table_name, 1 FROM geometry_columns")
    assert sorted(styled) == sorted(shaped)
    assert len(styled) == 2 * 7


# Coordinates


def test_a_system_of_epsg_keeps_its_code_and_shapes_are_moved(run, url):
    published = publish(run, url, crs="EPSG:4490")
    assert published.srid == 4490
    lon, lat = transform([SECRET_X], [SECRET_Y], "EPSG:4548", "EPSG:4490")
    x, y = ask(
        url, "SELECT ST_X(geom), ST_Y(geom) FROM siting.tiny_review WHERE building_id = 'A'"
    )[0]
    assert (x, y) == (lon[0], lat[0])


def test_a_local_system_gets_a_number_of_its_own_that_postgis_can_use(run, url):
    published = publish(run, url, crs=LOCAL)
    authority, wkt = ask(
        url, "SELECT auth_name, srtext FROM spatial_ref_sys WHERE srid = %s", published.srid
    )[0]
    assert (published.srid, authority) == (910000, "siting")
    assert wkt == crs_wkt(LOCAL)
    assert publish(run, url, crs=LOCAL).srid == 910000
    back = one(
        url,
        "SELECT ST_AsBinary(ST_Transform(geom, 4548)) FROM siting.tiny_review "
        "WHERE building_id = 'A'",
    )
    point = shapely.from_wkb(back)
    assert np.hypot(point.x - SECRET_X, point.y - SECRET_Y) < 1e-3  # metres
    assert read_database(url).crs == wkt
    other = LOCAL.replace("116.3502518", "117.5")
    assert publish(run, url, crs=other).srid == 910001


def test_a_transform_that_would_leave_out_the_shift_is_refused(run, url):
    with pytest.raises(InstanceError, match="EPSG:2436"):
        publish(run, url, crs="EPSG:2436")
    assert ask(url, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'siting%%'") == []


# Again


def contents(url: str, published: Published) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: ask(url, f"SELECT * FROM {SCHEMA}.{name} ORDER BY fid") for name in published.rows
    }


def test_publishing_again_changes_nothing(run, url):
    first = publish(run, url)
    before = contents(url, first)
    objects = "SELECT relname, oid FROM pg_class WHERE relnamespace = %s::regnamespace ORDER BY 1"
    known = [ask(url, objects, schema) for schema in (SCHEMA, "siting")]
    second = publish(run, url)
    assert second.again
    assert second.findings == ()
    assert contents(url, second) == before
    assert [ask(url, objects, schema) for schema in (SCHEMA, "siting")] == known
    assert one(url, "SELECT count(*) FROM siting.published") == 1


@pytest.mark.parametrize("how", [{}, {"crs": "EPSG:4527"}, {"lang": "en"}], ids=str)
def test_verdicts_survive_whatever_is_published_again(run, url, how):
    publish(run, url)
    decide(url, "A", "clinic", PLANNING, decision="reject", reason="危房", reviewer="李雷",
           date="2026-11-20")  # fmt: skip
    ask(
        url,
        f"INSERT INTO {SCHEMA}.review (building_id, service_id, department, decision, reviewer) "
        "VALUES ('C', 'station', %s, 'approve', '韩梅梅')",
        FIRE,
    )
    ask(url, f"GRANT SELECT, UPDATE (decision) ON {SCHEMA}.review TO {READER}")
    ask(url, f"GRANT SELECT ON siting.tiny_review TO {READER}")
    fids = ask(url, "SELECT building_id, service_id, department, fid FROM siting.tiny_review")
    published = publish(run_in(run.folder, how.get("lang", "zh")), url, **how)
    assert published.kept == 2
    assert published.findings == ()
    held = ask(
        url,
        "SELECT building_id, service_id, department, decision, reason, reviewer, date::text "
        "FROM siting.tiny_review WHERE decision IS NOT NULL ORDER BY 1",
    )
    assert held == [
        ("A", "clinic", PLANNING, "reject", "危房", "李雷", "2026-11-20"),
        ("C", "station", FIRE, "approve", None, "韩梅梅", None),
    ]
    again = ask(url, "SELECT building_id, service_id, department, fid FROM siting.tiny_review")
    assert sorted(again) == sorted(fids)
    allowed = (
        "SELECT has_table_privilege(%s, %s, 'SELECT'), has_column_privilege(%s, %s, 'decision', "
        "'UPDATE'), has_column_privilege(%s, %s, 'name', 'UPDATE')"
    )
    table = (READER, f"{SCHEMA}.review")
    assert ask(url, allowed, *table * 3) == [(True, True, False)]
    assert one(url, "SELECT has_table_privilege(%s, 'siting.tiny_review', 'SELECT')", READER)


def test_a_verdict_on_facts_that_changed_is_kept_and_told(run, url):
    publish(run, url)
    decide(url, "B", "station", FIRE, decision="approve", reviewer="Li")
    # As if the row had been published with other facts before:
    decide(url, "B", "station", FIRE, cost=7.0)
    decide(url, "B", "station", PLANNING, cost=7.0)
    published = publish(run, url)
    assert [(f.check, f.column, f.building_id, f.department) for f in published.findings] == [
        ("facts_changed", "cost", "B", FIRE)
    ]
    assert '"7"' in published.findings[0].rule
    assert '"30"' in published.findings[0].rule
    costs = ask(url, "SELECT DISTINCT cost FROM siting.tiny_review WHERE building_id = 'B'")
    assert costs == [(30.0,)]


def test_a_verdict_on_a_row_that_nobody_is_asked_about_any_more_is_kept_and_told(run, url):
    publish(run, url)
    for building, decision in (("C", "hold"), ("B", None)):
        ask(
            url,
            f"INSERT INTO {SCHEMA}.review (building_id, service_id, department, decision, run_id) "
            "VALUES (%s, 'clinic', %s, %s, %s)",
            building, FIRE, decision, RUN,
        )  # fmt: skip
    published = publish(run, url)
    assert [(f.check, f.building_id) for f in published.findings] == [("not_exported", "C")]
    rows = ask(url, "SELECT building_id FROM siting.tiny_review WHERE service_id = 'clinic'")
    assert sorted(rows) == [("A",), ("A",), ("C",)]


def test_where_no_department_is_asked_a_row_keeps_the_one_that_its_reviewer_typed(run, url):
    free = replace(run, departments=())
    publish(free, url)
    ask(
        url,
        f"UPDATE {SCHEMA}.review SET department = '街道', decision = 'approve' "
        "WHERE building_id = 'B'",
    )
    published = publish(free, url)
    assert published.kept == 1
    rows = ask(url, "SELECT building_id, department FROM siting.tiny_review WHERE service_id = "
                    "'station' ORDER BY 1")  # fmt: skip
    assert [(b, d or "") for b, d in rows] == [("A", ""), ("B", "街道")]


def test_views_show_the_run_that_was_published_last(run, url, tmp_path):
    publish(run, url)
    later = run_in(tmp_path / "20261123-090000-def456")
    publish(later, url)
    shown = "SELECT DISTINCT run_id FROM siting.tiny_review"
    assert one(url, shown) == "20261123-090000-def456"
    assert one(url, "SELECT count(*) FROM siting.published") == 2
    assert one(url, "SELECT run_id FROM siting.published WHERE is_current") == later.run_id
    publish(run, url)
    assert ask(url, shown) == [(RUN,)]


def test_the_view_takes_verdicts(run, url):
    publish(run, url)
    ask(url, "UPDATE siting.tiny_review SET decision = 'hold' WHERE building_id = 'B'")
    held = ask(url, f"SELECT count(*) FROM {SCHEMA}.review WHERE decision = 'hold'")
    assert held == [(len(DEPARTMENTS),)]


# Failure


def test_a_failure_leaves_everything_as_it_was(run, url, monkeypatch):
    published = publish(run, url)
    decide(url, "B", "station", FIRE, decision="hold", reviewer="Li")
    before = contents(url, published)
    state = ask(url, "SELECT * FROM siting.published")
    entries = log.read(run.folder / log.LOG_FILE)

    def fails(*_: object) -> None:
        raise psycopg.errors.DiskFull("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("siting.review.database.publishing.write_styles", fails)
        with pytest.raises(InstanceError, match="no space left"):
            publish(run, url, crs="EPSG:4490", lang="en")
    assert contents(url, published) == before
    assert ask(url, "SELECT * FROM siting.published") == state
    assert log.read(run.folder / log.LOG_FILE) == entries


def test_a_first_publication_that_fails_leaves_nothing(run, url, monkeypatch):
    def stops(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("siting.review.database.publishing.write_styles", stops)
    with pytest.raises(KeyboardInterrupt):
        publish(run, url, crs=LOCAL)
    assert ask(url, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'siting%%'") == []
    assert ask(url, "SELECT srid FROM spatial_ref_sys WHERE auth_name = 'siting'") == []


def test_an_edit_in_progress_is_waited_for_and_then_told(run, url, monkeypatch):
    publish(run, url)
    monkeypatch.setattr("siting.review.database.address.LOCK_WITHIN_S", 1)
    with psycopg.connect(url) as editing:
        editing.execute(f"UPDATE {SCHEMA}.review SET decision = 'hold'")
        with pytest.raises(InstanceError) as refused:
            publish(run, url)
    assert findings_of(refused) == ["in_use"]
    assert publish(run, url).kept == 6


def test_what_others_built_on_it_is_not_dropped(run, url):
    publish(run, url)
    ask(url, "CREATE VIEW public.mine AS SELECT * FROM siting.tiny_review")
    assert publish(run, url).again
    with pytest.raises(InstanceError) as refused:
        publish(run, url, crs="EPSG:4490")
    assert findings_of(refused) == ["depended_on"]
    assert "mine" in str(refused.value)
    assert one(url, "SELECT count(*) FROM public.mine") == 6


def test_a_schema_of_somebody_else_is_left_alone(run, url):
    ask(url, f"CREATE SCHEMA {SCHEMA}")
    with pytest.raises(InstanceError) as refused:
        publish(run, url)
    assert findings_of(refused) == ["schema_taken"]
    ask(url, f"DROP SCHEMA {SCHEMA}")
    publish(run, url)
    ask(url, "UPDATE siting.published SET instance_hash = 'other'")
    with pytest.raises(InstanceError) as refused:
        publish(run, url)
    assert findings_of(refused) == ["another_run"]


# Who may do what


def test_without_postgis_or_privileges_it_says_so(run, server, url):
    with psycopg.connect(server.url("postgres"), autocommit=True) as owner:
        bare = next(_databases)
        owner.execute(f"CREATE DATABASE {bare}")
    with pytest.raises(InstanceError) as refused:
        publish(run, server.url(bare))
    assert findings_of(refused) == ["no_postgis"]
    with pytest.raises(InstanceError) as refused:
        publish(run, url.replace(OWNER, READER))
    assert findings_of(refused) == ["no_privilege"]
    publish(run, url)
    with pytest.raises(InstanceError) as refused:
        read_database(f"{url.replace(OWNER, READER)}?schema={SCHEMA}")
    assert findings_of(refused) == ["no_privilege"]


def test_reviewers_may_decide_and_nothing_else(run, url):
    publish(run, url, reviewers=[READER])
    theirs = url.replace(OWNER, READER)
    ask(theirs, f"UPDATE {SCHEMA}.review SET decision = 'approve' WHERE building_id = 'B'")
    ask(theirs, "UPDATE siting.tiny_review SET reviewer = 'Li' WHERE building_id = 'B'")
    ask(
        theirs,
        f"INSERT INTO {SCHEMA}.review (building_id, service_id, department, decision) "
        "VALUES ('C', 'clinic', %s, 'approve')",
        FIRE,
    )
    for statement in (
        f"UPDATE {SCHEMA}.review SET cost = 0",
        f"DELETE FROM {SCHEMA}.review",
        f"UPDATE {SCHEMA}.demand SET people = 0",
        "UPDATE siting.published SET is_current = false",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(theirs, statement)
    assert len(read_database(theirs).table) == 7
    with pytest.raises(InstanceError) as refused:
        publish(run, url, reviewers=["nobody_of_that_name"])
    assert "nobody_of_that_name" in str(refused.value)


def test_a_publisher_needs_no_more_than_to_create_schemas(run, url):
    from urllib.parse import quote

    ask(url, f"GRANT CREATE ON DATABASE {url.rpartition('/')[2]} TO {WRITER}")
    theirs = url.replace(OWNER, f"{WRITER}:{quote(PASSWORD, safe='')}")
    published = publish(run, theirs)
    assert [f.check for f in published.findings] == ["no_styles"]
    assert publish(run, theirs).again


# Passwords


SECRET_URLS = {
    "wrong": "postgresql://publisher:hunter2@127.0.0.1:{port}/with_postgis",
    "in the query": "postgresql://publisher@127.0.0.1:{port}/with_postgis?password=hunter2",
    "coded": "postgresql://publisher:hunter2%40x@127.0.0.1:{port}/with_postgis",
    "with @": "postgresql://publisher:hunter2@x@127.0.0.1:{port}/with_postgis",
    "with /": "postgresql://publisher:hunter2/x@127.0.0.1:{port}/with_postgis",
    "with #": "postgresql://publisher:hunter2#x@127.0.0.1:{port}/with_postgis",
    "with ?": "postgresql://publisher:hunter2?x@127.0.0.1:{port}/with_postgis",
    "no host": "postgresql://publisher:hunter2@nowhere.invalid/with_postgis",
    "no option": "postgresql://publisher:hunter2@127.0.0.1:{port}/with_postgis?nothing=1",
    "no scheme": "mysql://publisher:hunter2@127.0.0.1:{port}/with_postgis",
}


@pytest.mark.parametrize("secret", SECRET_URLS.values(), ids=SECRET_URLS)
def test_no_message_shows_a_password(server, secret):
    with pytest.raises(InstanceError) as refused:
        read_database(secret.format(port=server.port))
    said = [str(refused.value), repr(refused.value.findings), refused.value.place]
    assert "hunter2" not in "".join(said)
    assert findings_of(refused)[0] in {"no_connection", "no_address"}


def test_what_is_logged_shows_no_password(run, url):
    from urllib.parse import quote

    ask(url, f"GRANT CREATE ON DATABASE {url.rpartition('/')[2]} TO {WRITER}")
    publish(run, url.replace(OWNER, f"{WRITER}:{quote(PASSWORD, safe='')}"))
    text = (run.folder / log.LOG_FILE).read_text(encoding="utf-8")
    assert f"{WRITER}:***@127.0.0.1" in text
    assert PASSWORD not in text
    assert quote(PASSWORD, safe="") not in text


# Back


def test_an_import_reads_the_verdicts(run, url):
    publish(run, url)
    decide(url, "A", "clinic", FIRE, decision="reject", reason="危房", reviewer="李雷",
           date="2026-11-20")  # fmt: skip
    decide(
        url, "B", "station", PLANNING, decision="conditional", extra_cost=2.5, delay_years=1,
        max_area_m2=120, condition="补消防", reviewer="韩梅梅", date="2026-11-21", commit=True,
    )  # fmt: skip
    for address in (url, f"{url}?schema={SCHEMA}"):
        returned = read_database(address, RUN if "?" not in address else "")
        verdicts, findings = verdicts_of(returned, run)
        assert findings == []
        assert {v.key: (v.decision, v.reviewer, v.date) for v in verdicts} == {
            ("A", "clinic", FIRE): (Decision.REJECT, "李雷", "2026-11-20"),
            ("B", "station", PLANNING): (Decision.CONDITIONAL, "韩梅梅", "2026-11-21"),
        }
        one_of = next(v for v in verdicts if v.building_id == "B")
        assert (one_of.extra_cost, one_of.delay_years, one_of.max_area_m2) == (2.5, 1, 120.0)
        assert (one_of.condition, one_of.commit) == ("补消防", True)


@pytest.mark.skipif(not has_qgis(), reason=WHY_NOT)
@pytest.mark.parametrize("table", [f"{SCHEMA}.review", "siting.tiny_review"])
def test_qgis_fills_in_the_database_and_the_import_reads_it_meanwhile(run, url, table):
    publish(run, url)
    schema, _, name = table.partition(".")
    edits = [["B", "station", FIRE, {"decision": "reject", "reason": "楼梯过窄",
                                     "reviewer": "李雷", "date": "2026-11-22"}]]  # fmt: skip
    with edited(f"{url}?schema={schema}&table={name}", edits) as said:
        verdicts, findings = verdicts_of(read_database(url, RUN), run)
    assert findings == []
    (one_of,) = verdicts
    assert (one_of.key, one_of.decision) == (("B", "station", FIRE), Decision.REJECT)
    assert (one_of.reason, one_of.reviewer, one_of.date) == ("楼梯过窄", "李雷", "2026-11-22")
    assert said["messages"] == []
    assert said["renderer"] == "categorizedSymbol"
    assert said["fields"]["decision"]["widget"] == "ValueMap"
    assert said["fields"]["decision"]["alias"] == "审查意见"
    assert (said["crs"], said["rows"]) == ("EPSG:4548", 6)


@pytest.mark.skipif(not has_qgis(), reason=WHY_NOT)
def test_the_database_refuses_qgis_what_is_no_verdict(run, url):
    publish(run, url)
    edits = [["B", "station", FIRE, {"decision": "reject"}]]  # without a reason
    done = subprocess.run(  # noqa: S603
        command("edit", f"{url}?schema={SCHEMA}&table=review", json.dumps(edits)),
        capture_output=True, text=True, timeout=600, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode != 0
    assert "review_" in done.stderr
    assert verdicts_of(read_database(url, RUN), run)[0] == ()


def test_an_import_finds_what_constraints_cannot(run, url):
    publish(run, url)
    ask(url, f"DELETE FROM {SCHEMA}.review WHERE building_id = 'B' AND department = %s", FIRE)
    ask(
        url,
        f"UPDATE {SCHEMA}.review SET geom = ST_Translate(geom, 5, 0) WHERE service_id = 'clinic'",
    )
    decide(url, "B", "station", PLANNING, name="改名")
    with pytest.raises(InstanceError) as refused:
        verdicts_of(read_database(url), run)
    found = {f.check for f in refused.value.findings if f.severity == "error"}
    assert found == {"deleted", "moved", "edited"}
    assert all(SCHEMA in f.place for f in refused.value.findings)


def test_an_import_says_which_run_it_wants(run, url, tmp_path):
    with pytest.raises(InstanceError) as refused:
        read_database(url)
    assert findings_of(refused) == ["not_published"]
    publish(run, url)
    publish(run_in(tmp_path / "20261123-090000-def456"), url)
    with pytest.raises(InstanceError) as refused:
        read_database(url)
    assert findings_of(refused) == ["which_run"]
    assert read_database(url, str(run.folder)).run_id == RUN
    with pytest.raises(InstanceError) as refused:
        read_database(url, "20200101-000000-000000")
    assert findings_of(refused) == ["run_not_published"]
    with pytest.raises(InstanceError) as refused:
        read_database(f"{url}?schema=nowhere")
    assert findings_of(refused) == ["no_schema"]
    with pytest.raises(InstanceError) as refused:
        read_database(f"{url}?schema=public")
    assert findings_of(refused) == ["no_table"]


# Public


def test_the_public_edition_tells_nowhere_where_a_sensitive_site_is(run, url):
    publish(run, url)
    published = publish(run, url, public=True)
    assert published.schema == f"{SCHEMA}_public"
    assert one(url, "SELECT count(*) FROM siting.tiny_review WHERE geom IS NULL") == 0
    ask(url, f"DROP SCHEMA {SCHEMA} CASCADE")
    places = [f"{published.schema}.{name}" for name in published.rows]
    rows = [str(row) for place in places for row in ask(url, f"SELECT * FROM {place}")]
    for secret in (SECRET_NAME, SECRET_ADDRESS):
        assert not any(secret in row for row in rows)
    for name in ("review", "candidates", "facilities", "demand", "allocation"):
        near = one(
            url,
            f"SELECT count(*) FROM {published.schema}.{name} WHERE ST_DWithin(geom, "
            "ST_SetSRID(ST_MakePoint(%s, %s), 4548), 1)",
            SECRET_X,
            SECRET_Y,
        )
        assert near == 0
    where = ask(
        url,
        "SELECT building_id, bool_and(geom IS NULL) FROM siting.tiny_public_review "
        "GROUP BY 1 ORDER BY 1",
    )
    assert where == [("A", True), ("B", False)]


# Names and texts


def test_names_are_plain_and_no_two_alike():
    assert plain_part("20261122-101010-abc123") == "20261122_101010_abc123"
    assert plain_part("Tiny town") == "tiny_town"
    chinese = [plain_part(name) for name in ("西城", "东城")]
    assert len(set(chinese)) == 2
    for name in [*chinese, plain_part("x" * 99), plain_part("")]:
        assert name.isascii()
        assert 0 < len(name) <= 24
        assert name.replace("_", "").isalnum()
    assert plain_part("x" * 99) != plain_part("x" * 98)


def test_every_problem_is_said_in_both_languages():
    for check in PROBLEMS.values():
        assert check.rule
        assert any(ord(sign) > 0x2E7F for sign in check.rule_zh) or "{what}" in check.rule_zh
        assert bool(check.remedy) == bool(check.remedy_zh)


def test_a_missing_driver_names_the_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InstanceError) as refused:
        read_database("postgresql://u@h/d")
    assert findings_of(refused) == ["no_driver"]
    assert "siting[postgis]" in in_language(refused.value.findings[0], "zh").remedy


# The commands


def test_commands_publish_and_import(tmp_path, url):
    from report_plans import TINY

    solved = siting("solve", TINY, "--json", cwd=tmp_path)
    folder = solved.line["solution_dir"]
    run_id = Path(folder).name
    said = siting("publish", run_id, url, "--lang", "zh", "--json", cwd=tmp_path)
    assert said.returncode == 0
    assert said.line["rows"]["review"] == len(solved.line["chosen"])
    assert not said.line["again"]
    ask(
        url,
        "UPDATE siting.tiny_review SET decision = 'approve', reviewer = '李雷', "
        "date = '2026-11-22', department = '规划'",
    )
    again = siting("publish", run_id, url, cwd=tmp_path)
    assert again.returncode == 0
    assert "3 rows hold what reviewers entered before" in again.stdout
    back = siting("review", "import", url, "--run", run_id, "--json", cwd=tmp_path)
    assert back.returncode == 0, back.stderr
    decided = [
        entry.verdict.decision
        for entry in log.read(tmp_path / "solutions" / "tiny" / run_id / log.LOG_FILE)
        if entry.verdict is not None
    ]
    assert decided == [Decision.APPROVE] * 3


def test_a_command_that_cannot_connect_exits_2_and_shows_no_password(tmp_path):
    nowhere = "postgresql://u:hunter2@127.0.0.1:1/d"
    for words in (["publish", "x", nowhere], ["review", "import", nowhere]):
        said = siting(*words, "--json", cwd=tmp_path)
        assert said.returncode == 2
        assert "hunter2" not in said.stdout + said.stderr
