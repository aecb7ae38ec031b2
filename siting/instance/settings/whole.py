"""The whole of `instance.toml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from siting.instance.settings.aims import (
    FirstRefusal,
    Objective,
    Reserve,
    SelfSufficiency,
    ZoneFloor,
    ZoneMaximum,
    ZoneMinimum,
)
from siting.instance.settings.grid import Grid
from siting.instance.settings.plan import Base, Budget, Money, Plan, Speeds, TravelSettings
from siting.instance.settings.review import Review
from siting.instance.settings.scenario import Scenario
from siting.instance.settings.section import Means, Section


class Settings(Section):
    """The whole of `instance.toml`."""

    title: Annotated[str, Means("Title of the instance", "英文标题")] = ""
    title_zh: Annotated[str, Means("Chinese title", "标题")] = ""
    crs: Annotated[
        str,
        Means(
            "CRS of x and y: an EPSG code (`EPSG:4548`) or WKT; projected, in metres",
            "x、y 的坐标系：EPSG 代码（如 `EPSG:4548`）或 WKT；须为以米为单位的投影坐标系",
        ),
    ]
    datum: Annotated[
        Literal["", "gcj02", "bd09"],
        Means(
            "Shifted datum that lon and lat were given in; they are put right on reading",
            "经纬度所用的偏移坐标（gcj02 或 bd09），读入时纠正",
        ),
    ] = ""
    synthetic: Annotated[
        str,
        Means(
            "What is made up in this instance, shown with every output; empty for nothing",
            "本实例中的合成部分，随所有结果显示；无则留空",
        ),
    ] = ""
    credit: Annotated[
        str,
        Means(
            "Whom the data come from, as their licence asks; shown on maps and in the workbook",
            "数据来源署名（按许可要求），显示在地图和工作簿中",
        ),
    ] = ""
    zone_kind: Annotated[
        str,
        Means(
            "Kind of zone that results are listed by; the first kind of `zones` where empty",
            "结果按该类分区列出；为空取分区表的第一类",
        ),
    ] = ""
    money: Annotated[Money, Means("How money is counted", "金额")] = Money()
    base: Annotated[Base, Means("Population of the base year", "基期人口")] = Base()
    plan: Annotated[Plan, Means("Years of the plan", "规划年限")] = Plan()
    travel: Annotated[TravelSettings, Means("Where travel times come from", "出行时间")] = (
        TravelSettings()
    )
    speeds_m_s: Annotated[Speeds, Means("Speeds in metres per second", "速度（米/秒）")] = Speeds()
    budget: Annotated[Budget, Means("Limits of money", "预算")] = Budget()
    objective: Annotated[Objective, Means("How tiers are weighed", "目标")] = Objective()
    rules: Annotated[
        dict[str, bool],
        Means(
            "Switch of each rule by id; a rule not named is on, but for `self_sufficiency`",
            "规则开关；未列出者启用（`self_sufficiency` 除外）",
        ),
    ] = Field(default_factory=dict)
    minimum_per_zone: Annotated[
        tuple[ZoneMinimum, ...],
        Means("At least so many open places in each zone", "每个分区最少设施数"),
    ] = ()
    maximum_per_zone: Annotated[
        tuple[ZoneMaximum, ...],
        Means("At most so many open places in each zone", "每个分区最多设施数"),
    ] = ()
    zone_floor: Annotated[
        tuple[ZoneFloor, ...],
        Means("Least share served in each zone", "每个分区最低服务比例"),
    ] = ()
    self_sufficiency: Annotated[
        tuple[SelfSufficiency, ...],
        Means("Zones that must do without their neighbours", "边界封闭时须自足的分区"),
    ] = ()
    reserve: Annotated[
        tuple[Reserve, ...],
        Means("Floor area kept in reserve (shelters)", "预留建筑面积（避难等）"),
    ] = ()
    first_refusal: Annotated[
        FirstRefusal | None,
        Means("First claim on buildings that suit", "适用建筑的优先选用权"),
    ] = None
    review: Annotated[Review, Means("Who reviews the sites", "审查")] = Review()
    tables: Annotated[
        dict[str, str],
        Means(
            "File of a table where it is not `<table>.csv` or alike, as `file` or `file#layer`",
            "表不在默认文件时的位置：`文件` 或 `文件#图层`",
        ),
    ] = Field(default_factory=dict)
    scenarios: Annotated[dict[str, Scenario], Means("Named overrides", "情景（命名的调整）")] = (
        Field(default_factory=dict)
    )
    grids: Annotated[dict[str, Grid], Means("Grids of scenarios by name", "情景组合（按名称）")] = (
        Field(default_factory=dict)
    )
