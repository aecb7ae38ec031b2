"""The fields of the layer that reviewers fill in, declared once for all formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldType = Literal["text", "choice", "number", "whole", "yes_no", "day"]

LAYER = "review"
"""Name of the layer, sheet or table."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of the layer.

    Attributes
    ----------
    name
        In every format that has room for it.
    short
        Of at most 10 ASCII letters, for Shapefile and DXF.
    en, zh
        What people see.
    reviewers
        Whether reviewers fill it in; all others are ours.
    unit
        ``money`` for the instance's unit.
    """

    name: str
    short: str
    en: str
    zh: str
    type: FieldType = "text"
    reviewers: bool = False
    unit: str = ""


KEY = ("building_id", "service_id", "department")
"""What names a row; `department` is the reviewers' where the instance requires none by name."""

FIELDS: tuple[Field, ...] = (
    Field(name="building_id", short="bldg_id", en="Building", zh="建筑编号"),
    Field(name="service_id", short="service_id", en="Service id", zh="服务编号"),
    Field(name="department", short="dept", en="Department", zh="审查部门", reviewers=True),
    Field(
        name="decision", short="decision", en="Decision", zh="审查意见", type="choice",
        reviewers=True,
    ),
    Field(name="reason", short="reason", en="Reason", zh="理由", reviewers=True),
    Field(
        name="proposed_use", short="prop_use", en="Proposed use", zh="建议用途", type="choice",
        reviewers=True,
    ),
    Field(
        name="extra_cost", short="extra_cost", en="Condition: extra cost", zh="条件：增加费用",
        type="number", reviewers=True, unit="money",
    ),
    Field(
        name="delay_years", short="delay_yrs", en="Condition: delay", zh="条件：推迟年数",
        type="whole", reviewers=True, unit="years",
    ),
    Field(
        name="max_area_m2", short="max_area", en="Condition: largest floor area",
        zh="条件：最大建筑面积", type="number", reviewers=True, unit="m2",
    ),
    Field(name="condition", short="condition", en="Condition in words", zh="条件说明",
          reviewers=True),
    Field(
        name="commit", short="commit", en="Project approved: must open", zh="已立项（必须实施）",
        type="yes_no", reviewers=True,
    ),
    Field(name="reviewer", short="reviewer", en="Reviewer", zh="审查人", reviewers=True),
    Field(name="date", short="date", en="Date", zh="日期", type="day", reviewers=True),
    Field(name="name", short="name", en="Name", zh="名称"),
    Field(name="address", short="address", en="Address", zh="地址"),
    Field(name="zone", short="zone", en="Zone", zh="分区"),
    Field(name="owner", short="owner", en="Owner", zh="产权单位"),
    Field(name="title_status", short="title", en="Title", zh="权属状况"),
    Field(name="planned_use", short="plan_use", en="Planned use", zh="规划用途"),
    Field(name="service", short="service", en="Service", zh="拟建服务"),
    Field(name="module_id", short="module_id", en="Module", zh="规模模块"),
    Field(name="state", short="state", en="In this plan", zh="本轮状态"),
    Field(name="capacity", short="capacity", en="Capacity", zh="容量", type="number"),
    Field(name="served", short="served", en="Need served", zh="服务量", type="number"),
    Field(
        name="people_new", short="people_new", en="People newly within the standard",
        zh="新增达标覆盖人口", type="whole",
    ),
    Field(
        name="floor_area_m2", short="area_m2", en="Floor area", zh="建筑面积", type="number",
        unit="m2",
    ),
    Field(name="cost", short="cost", en="Capital cost", zh="总投资", type="number", unit="money"),
    Field(name="year", short="year", en="Opens in", zh="开放年份", type="whole"),
    Field(name="to_check", short="to_check", en="To be checked on site", zh="待核查"),
    Field(name="earlier", short="earlier", en="Verdicts so far", zh="此前意见"),
    Field(
        name="price_low", short="price_low", en="Price of a rejection, at least",
        zh="否决代价（不低于）", type="number", unit="percentage points",
    ),
    Field(
        name="price_high", short="price_high", en="Price of a rejection, at most",
        zh="否决代价（不高于）", type="number", unit="percentage points",
    ),
    Field(name="price_says", short="price_says", en="What it means", zh="代价说明"),
    Field(name="run_id", short="run_id", en="Run", zh="方案编号"),
    Field(name="instance_hash", short="inst_hash", en="Instance hash", zh="实例校验码"),
)  # fmt: skip
"""All fields in their order: what is to be decided first, what helps to decide after it."""

REVIEWERS = tuple(field.name for field in FIELDS if field.reviewers)
OURS = tuple(field.name for field in FIELDS if not field.reviewers)
SHORT = {field.name: field.short for field in FIELDS}
