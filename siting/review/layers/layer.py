"""One layer of a review: its rows, what it is called, and what people are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from siting.report.labels import Lang, in_lang
from siting.review.fields import LAYER
from siting.review.run import ReviewedRun

Shape = Literal["", "Point", "LineString", "MultiPolygon"]

RUNS = "siting_review"
"""Table of the runs that a file is about; what an import knows the file by."""

_WORDS: dict[str, tuple[Shape, str, str, str, str]] = {
    LAYER: (
        "Point", "Sites to review", "待审查场所",
        "One row per site and department: fill in the first fields, leave the others",
        "每处场所、每个部门一行：填写前面的审查字段，其余字段请勿修改",
    ),
    "candidates": (
        "Point", "Candidates not chosen, and why", "未选候选建筑及原因",
        "Buildings that the plan does not use, each with its most hopeful reason",
        "方案未选用的建筑，各附其最有希望的用途未入选的原因",
    ),
    "facilities": (
        "Point", "Existing facilities", "现有设施",
        "Facilities as they are today, and what the plan makes of them",
        "现状设施及其在方案中的去向",
    ),
    "demand": (
        "Point", "Demand, and what is served", "需求点及服务情况",
        "Where people live: share of need served today and in the plan, by whom, what is missing",
        "需求点：现状与规划服务率、由谁服务、未服务需求",
    ),
    "allocation": (
        "LineString", "Who is served where", "服务分配",
        "One straight line per demand point, service and place: the planner's best case, not ways",
        "每个需求点、服务和场所一条直线：规划最优分配，并非步行路线",
    ),
    "reach_areas": (
        "MultiPolygon", "Reach areas of chosen sites", "选定场所的服务范围",
        (
            "Drawn around the demand points within the standard of a chosen site, 60 m beyond the "
            "outermost: no isochrone, ways between the points were not measured"
        ),
        "围绕选定场所标准时间内的需求点勾画，外扩60米；并非等时圈，点间路径未作测量",
    ),
    "zones": (
        "MultiPolygon", "Zones, before and after", "分区服务水平（规划前后）",
        "Share of need served today and in the plan, people left without each service",
        "现状与规划服务率、各项服务的未服务人口",
    ),
    "rule_checks": (
        "", "Rules and scores, re-checked", "规则与得分核验",
        "Each rule and score, recomputed from the instance by separate code",
        "由独立代码根据实例重新计算的各条规则与得分",
    ),
    RUNS: ("", "Runs in this file", "本文件所含方案", "What the file is about", "本文件的来源信息"),
}  # fmt: skip

GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("To be reviewed", "审查", (LAYER, "sites")),
    ("The plan", "规划方案", ("candidates", "allocation", "reach_areas")),
    ("The town", "现状与分区", ("facilities", "demand", "zones")),
    ("Checked", "核验与来源", ("rule_checks", RUNS)),
)
"""Groups of the layer tree from the top: English, Chinese, layers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """One layer or table with what people are told of it.

    Attributes
    ----------
    table
        Its rows; with a column ``geometry`` where `shape` is not empty.
    title, description
        What it is called and what it is.
    aliases
        What people see above each field; no two alike.
    kinds
        Field types that the values do not show: ``day``, or ``time`` where a format has no days.
    choices
        Codes of a field with what people see for them.
    ranges
        Least and largest value of a field.
    """

    name: str
    table: pd.DataFrame
    shape: Shape
    title: str
    description: str
    aliases: Mapping[str, str]
    kinds: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def described(
    name: str, table: pd.DataFrame, aliases: Mapping[str, str], run: ReviewedRun, lang: Lang
) -> Layer:
    """Return a layer of `_WORDS` with what is made up in the data and whom it comes from."""
    shape, en, zh, about_en, about_zh = _WORDS[name]
    settings = run.results.instance.settings
    about = [in_lang(lang, about_en, about_zh), settings.synthetic, settings.credit]
    return Layer(
        name=name,
        table=table,
        shape=shape if "geometry" in table else "",
        title=in_lang(lang, en, zh),
        description=" · ".join(filter(None, about)),
        aliases=aliases,
    )
