"""What can be wrong with a database, in both languages, with what to do about it."""

from __future__ import annotations

from typing import Any

from siting.errors import InstanceError, Severity
from siting.review.returns.checks import Check, ReturnFinding

PROBLEMS: dict[str, Check] = {
    "no_driver": Check(
        "the driver for PostgreSQL is not installed ({what})",
        "未安装 PostgreSQL 驱动（{what}）",
        "pip install siting[postgis]",
        "请运行 pip install siting[postgis]",
    ),
    "no_address": Check(
        "is no address of a database, postgresql://user@host:port/database",
        "不是数据库地址 postgresql://user@host:port/database",
        "write signs such as @ / : # in a password as %40 %2F %3A %23, or better leave it out and "
        "keep it in ~/.pgpass or PGPASSWORD",
        "密码中的 @ / : # 须写作 %40 %2F %3A %23；最好不写密码，而存于 ~/.pgpass 或 PGPASSWORD",
    ),
    "no_connection": Check(
        "no connection: {what}",
        "无法连接：{what}",
        "check host, port, database, user and password, and whether the server lets this machine "
        "in (pg_hba.conf)",
        "请检查主机、端口、数据库、用户和密码，以及服务器是否允许本机连接（pg_hba.conf）",
    ),
    "no_postgis": Check(
        "has no PostGIS",
        "数据库未安装 PostGIS",
        "let an administrator run in it: CREATE EXTENSION postgis",
        "请管理员在该数据库中运行 CREATE EXTENSION postgis",
    ),
    "no_privilege": Check(
        "the user may not do this: {what}",
        "用户权限不足：{what}",
        "let an administrator grant it: to publish takes CREATE on the database; to read takes "
        "USAGE on the schema and SELECT on its tables",
        "请管理员授权：发布需要数据库的 CREATE 权限；读取需要模式的 USAGE 和表的 SELECT 权限",
    ),
    "no_schema": Check(
        'has no schema "{schema}"',
        "没有模式“{schema}”",
        "published are: {there}",
        "已发布：{there}",
    ),
    "not_published": Check(
        "holds no published run",
        "没有已发布的方案",
        "publish it: siting publish RUN postgresql://...",
        "请先发布：siting publish RUN postgresql://...",
    ),
    "run_not_published": Check(
        'run "{run}" is not published here',
        "方案“{run}”未在此发布",
        "published are: {there}",
        "已发布：{there}",
    ),
    "which_run": Check(
        "holds several runs: {there}",
        "有多个方案：{there}",
        "name one by --run RUN, or by ?schema=... in the address",
        "请用 --run RUN 或地址中的 ?schema=... 指定",
    ),
    "no_table": Check(
        'schema has no table "{table}"',
        "模式中没有表“{table}”",
        "publish the run again; verdicts in other tables are kept",
        "请重新发布该方案",
    ),
    "schema_taken": Check(
        'schema "{schema}" is there and was not made by a publication',
        "模式“{schema}”已存在，且非发布所建",
        "rename it: ALTER SCHEMA ... RENAME TO ...",
        "请改名：ALTER SCHEMA ... RENAME TO ...",
    ),
    "another_run": Check(
        'schema "{schema}" holds another run of this name, made from other data',
        "模式“{schema}”中是同名但数据不同的方案",
        "give the run's folder another name and publish that, or rename the schema and its row in "
        "siting.published",
        "请将方案文件夹改名后发布，或为该模式及 siting.published 中的记录改名",
    ),
    "in_use": Check(
        "other sessions hold tables of the review: {what}",
        "其他会话占用审查表：{what}",
        "save or discard the edits there, and publish again",
        "请在该处保存或放弃编辑后重新发布",
    ),
    "depended_on": Check(
        "other objects depend on what would be made anew: {what}",
        "有其他对象依赖须重建的表或视图：{what}",
        "drop those first, and make them again afterwards",
        "请先删除依赖对象，之后再重建",
    ),
    "verdict_refused": Check(
        "a verdict in the database breaks a rule of the table: {what}",
        "数据库中的意见违反表的约束：{what}",
        "mend the row, and publish again",
        "请改正该行后重新发布",
    ),
    "long_crs": Check(
        "its WKT has {letters} letters, a database takes 2048",
        "WKT 有 {letters} 个字符，数据库至多 2048",
        "shorten names and remarks in it",
        "请缩短其中的名称和备注",
    ),
    "failed": Check("the database refused: {what}", "数据库拒绝：{what}"),
    # Warnings of a publication
    "facts_changed": Check(
        'holds the verdict "{verdict}", and {column} was "{was}" and is "{now}" now; the verdict '
        "was kept",
        "已有意见“{verdict}”，而 {column} 原为“{was}”，现为“{now}”；意见已保留",
        "look at it again",
        "请复核",
        severity="warning",
    ),
    "not_exported": Check(
        'holds the verdict "{verdict}" and is no longer laid before reviewers; it was kept',
        "已有意见“{verdict}”，但不再列为待审查；已保留",
        severity="warning",
    ),
    "point_dropped": Check(
        "was added by a reviewer, in other coordinates; it was kept without its point",
        "由审查人新增，坐标系不同；已保留，但不含点位",
        severity="warning",
    ),
    "no_styles": Check(
        "public.layer_styles cannot be written; QGIS shows the layers without styles",
        "无法写入 public.layer_styles；QGIS 将不带样式显示图层",
        "let an administrator grant SELECT, INSERT and DELETE on it, or CREATE on schema public",
        "请管理员授予该表的 SELECT、INSERT、DELETE 权限，或 public 模式的 CREATE 权限",
        severity="warning",
    ),
}  # fmt: skip


def finding(place: str, check: str, **said: Any) -> ReturnFinding:
    """Return a finding about a database.

    Parameters
    ----------
    place
        Its address as it may be shown.
    said
        What the text leaves open; `feature`, `column` and the key of a row go into the finding too.
    """
    text = PROBLEMS[check]
    names = ("layer", "feature", "building_id", "service_id", "department", "column")
    about: dict[str, Any] = {name: str(said[name]) for name in names if name in said}
    severity: Severity = text.severity
    return ReturnFinding(
        severity=severity,
        check=check,
        place=" ".join(filter(None, (place, about.get("feature", "")))),
        file=place,
        rule=text.rule.format(**said),
        rule_zh=text.rule_zh.format(**said),
        remedy=text.remedy.format(**said),
        remedy_zh=text.remedy_zh.format(**said),
        **about,
    )


def problem(place: str, check: str, **said: Any) -> InstanceError:
    """Return a finding about a database as an error."""
    return InstanceError(place, [finding(place, check, **said)])
