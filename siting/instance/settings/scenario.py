"""Named overrides of an instance."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from siting.instance.settings.aims import Objective
from siting.instance.settings.plan import Plan
from siting.instance.settings.section import Means, NotNegative, Positive, Section

BASE = "base"
"""Stands among scenarios for the instance as it is; no scenario may be named so."""

Year = Annotated[int, Field(ge=1900, le=2200)]


class PriorityRow(Section):
    """One row that a scenario adds to `priorities`."""

    service_id: Annotated[str | None, Means("One service only", "仅限该服务")] = None
    group: Annotated[str | None, Means("One group only", "仅限该人群")] = None
    zone_id: Annotated[str | None, Means("One zone only", "仅限该分区")] = None
    factor: Annotated[Positive, Means("What one unit counts", "权重系数")]


class Lock(Section):
    """One lock of a scenario, as a row of the `locks` table."""

    building_id: Annotated[str, Means("The building", "建筑编号")]
    service_id: Annotated[str | None, Means("One service only", "仅限该服务")] = None
    module_id: Annotated[str | None, Means("One module only", "仅限该模块")] = None
    status: Annotated[
        Literal["required", "forbidden", "committed"], Means("As in `locks`", "同锁定表")
    ]
    year: Annotated[int | None, Means("As in `locks`", "同锁定表")] = None


class ConditionRow(Section):
    """One row of `conditions` that a scenario states."""

    building_id: Annotated[str, Means("The building", "建筑编号")]
    service_id: Annotated[
        str | None,
        Means("One service only; every use where left out", "仅限该服务；不写为全部用途"),
    ] = None
    extra_cost: Annotated[NotNegative, Means("Paid once for each conversion", "附加费用")] = 0.0
    delay_years: Annotated[NotNegative, Means("Further years of delay", "延迟年数")] = 0.0
    max_area_m2: Annotated[
        Positive | None, Means("Largest floor area of a module", "模块面积上限")
    ] = None
    condition: Annotated[str, Means("The condition in words", "条件的文字说明")] = ""


class PriceFactors(Section):
    """Factors on prices by kind."""

    works: Annotated[NotNegative, Means("Factor on works", "工程费系数")] = 1.0
    equipment: Annotated[NotNegative, Means("Factor on equipment", "设备费系数")] = 1.0
    acquisition: Annotated[NotNegative, Means("Factor on prices of buildings", "取得费系数")] = 1.0
    rent: Annotated[NotNegative, Means("Factor on rents", "租金系数")] = 1.0
    running: Annotated[NotNegative, Means("Factor on running cost", "运行费系数")] = 1.0


def _one_or_several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Scenario(Section):
    """Named overrides; whatever is not given stays as the instance has it."""

    inherits: Annotated[
        tuple[str, ...],
        BeforeValidator(_one_or_several),
        Means(
            "Scenario, or several in their order, that this one starts from",
            "继承的情景（可为多个，按次序叠加）",
        ),
    ] = ()
    title: Annotated[str, Means("Title", "英文标题")] = ""
    title_zh: Annotated[str, Means("Chinese title", "标题")] = ""
    budget: Annotated[NotNegative | None, Means("Capital in total", "总投资上限")] = None
    yearly_cost: Annotated[NotNegative | None, Means("Running cost per year", "年运行费上限")] = (
        None
    )
    yearly_rent: Annotated[NotNegative | None, Means("Rent per year", "年租金上限")] = None
    agency_budgets: Annotated[
        dict[str, NotNegative], Means("Capital by agency", "各责任单位投资上限")
    ] = Field(default_factory=dict)
    zone_budgets: Annotated[dict[str, NotNegative], Means("Capital by zone", "各分区投资上限")] = (
        Field(default_factory=dict)
    )
    year_budgets: Annotated[dict[int, NotNegative], Means("Capital by year", "各年投资上限")] = (
        Field(default_factory=dict)
    )
    fund_amounts: Annotated[dict[str, NotNegative], Means("Money by fund", "各资金金额")] = Field(
        default_factory=dict
    )
    plan: Annotated[Plan | None, Means("Keys of `plan` that differ", "规划年限中不同的键")] = None
    objective: Annotated[
        Objective | None, Means("Keys of `objective` that differ", "目标中不同的键")
    ] = None
    people_factors: Annotated[
        dict[str, NotNegative],
        Means(
            "Factor on people by group; `all` stands for every group not named",
            "各组别人数系数；`all` 指其余全部组别",
        ),
    ] = Field(default_factory=dict)
    zone_people_factors: Annotated[
        dict[str, NotNegative],
        Means(
            "Factor on people by zone, on top of that by group",
            "各分区人数系数，与组别系数相乘",
        ),
    ] = Field(default_factory=dict)
    need_factors: Annotated[
        dict[str, NotNegative],
        Means("Factor on need per person by service", "各服务人均需求系数"),
    ] = Field(default_factory=dict)
    standards_min: Annotated[
        dict[str, Positive], Means("Standard in minutes by service", "各服务的标准分钟")
    ] = Field(default_factory=dict)
    price_factors: Annotated[
        PriceFactors | None, Means("Factors on prices by kind", "各类价格系数")
    ] = None
    available_from_year: Annotated[
        dict[str, Year],
        Means(
            "First year in which a building can be used, by building",
            "各建筑可投入使用的最早年份",
        ),
    ] = Field(default_factory=dict)
    unavailable: Annotated[
        tuple[str, ...],
        Means(
            "Buildings that are not to be had: nothing opens or stays there",
            "不可用的建筑：既不新开也不保留",
        ),
    ] = ()
    weights: Annotated[dict[str, NotNegative], Means("Weight by service", "各服务的权重")] = Field(
        default_factory=dict
    )
    ranks: Annotated[
        dict[str, Annotated[int, Field(ge=1)]], Means("Rank by service", "各服务的次序")
    ] = Field(default_factory=dict)
    priorities: Annotated[
        tuple[PriorityRow, ...], Means("Further priorities", "追加的优先系数")
    ] = ()
    rules: Annotated[dict[str, bool], Means("Switch of a rule by id", "规则开关")] = Field(
        default_factory=dict
    )
    locks: Annotated[tuple[Lock, ...], Means("Further locks", "追加的锁定")] = ()
    conditions: Annotated[
        tuple[ConditionRow, ...],
        Means(
            "Conditions; each takes the place of the table's row for its building and service",
            "附加条件；同一建筑和服务的行取代表中的行",
        ),
    ] = ()
