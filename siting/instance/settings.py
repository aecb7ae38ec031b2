"""`instance.toml`: what an instance states outside its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


@dataclass(frozen=True)
class Means:
    """What a key says, in both languages, for templates and the data dictionary."""

    en: str
    zh: str


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Money(_Section):
    """How money is counted."""

    unit: Annotated[
        str, Means("Unit of every amount, as shown (`万元`, `k USD`)", "金额单位（如 万元）")
    ] = "money"
    currency: Annotated[str, Means("Currency code, for the record", "货币代码，仅作记录")] = ""
    decimals: Annotated[
        int,
        Field(ge=0, le=6),
        Means(
            "Decimals that are counted: with 2, every amount is an integer of hundredths",
            "金额保留的小数位数",
        ),
    ] = 2


class Base(_Section):
    """Population that the demand should add up to, and its year."""

    population: Annotated[
        Positive | None,
        Means(
            "People that the demand must add up to (0.5 % off is a warning, more an error)",
            "需求点人数应合计的人口（相差 0.5% 以内为警告，超过为错误）",
        ),
    ] = None
    year: Annotated[int | None, Means("Year of that population", "人口年份")] = None
    counted_groups: Annotated[
        tuple[str, ...],
        Means(
            "Groups that add up to the population; empty: all groups but `workers`",
            "计入人口的组别；为空指除 workers 外的全部",
        ),
    ] = ()


class Plan(_Section):
    """Years of the plan; rent is counted over them."""

    start_year: Annotated[int | None, Means("First year of the plan", "规划起始年")] = None
    years: Annotated[
        int, Field(ge=1, le=50), Means("Years that rent is counted over", "租金计算年数")
    ] = 5


class TravelSettings(_Section):
    """Where travel times come from."""

    source: Annotated[
        Literal["auto", "network", "straight", "table"],
        Means(
            "`network`: the walking network; `straight`: straight line times `detour_factor`; "
            "`table`: the `travel` table as it is; `auto`: the table where there is one, else the "
            "network, else straight",
            "`network`：步行路网；`straight`：直线距离乘以绕行系数；`table`：出行时间表；"
            "`auto`：依次取出行时间表、路网、直线",
        ),
    ] = "auto"
    detour_factor: Annotated[
        float, Field(ge=1), Means("Way over straight line", "绕行系数（路程与直线距离之比）")
    ] = 1.3
    max_connector_m: Annotated[
        Positive,
        Means(
            "Longest way in metres from a point to its street; farther points are reported and "
            "cut off",
            "点到街道的最长连接（米）；更远的点将报告并视为不可达",
        ),
    ] = 300.0


class Speeds(_Section):
    """Metres per second: walking by group, with a default, and driving."""

    walk: Annotated[Positive, Means("Walking, groups not named", "步行（未列组别）")] = 1.2
    drive: Annotated[Positive, Means("Driving", "驾车")] = 5.0
    groups: Annotated[dict[str, Positive], Means("Walking by group", "各组别的步行速度")] = Field(
        default_factory=dict
    )

    def of(self, group: str, mode: str) -> float:
        """Return the speed of a group by a mode, in m/s."""
        return self.drive if mode == "drive" else self.groups.get(group, self.walk)


class Budget(_Section):
    """Limits of money; a limit not given does not hold."""

    total: Annotated[NotNegative | None, Means("Capital in total", "总投资上限")] = None
    yearly_cost: Annotated[NotNegative | None, Means("Running cost per year", "年运行费上限")] = (
        None
    )
    agencies: Annotated[
        dict[str, NotNegative], Means("Capital by agency", "各责任单位投资上限")
    ] = Field(default_factory=dict)


class Objective(_Section):
    """How tiers are weighed."""

    epsilon: Annotated[
        float,
        Field(ge=0, lt=1),
        Means(
            "Share of tier 1 (need served) that tier 2 (money) may give up",
            "第二层（费用）可让出的第一层（服务）份额",
        ),
    ] = 0.0
    worth: Annotated[
        Positive | None,
        Means(
            "Money that one point of tier 1 (1 % of the weighted share served) is worth: "
            "conversions that cost more than they serve are dropped in tier 2; keeps all that "
            "serve where not given",
            "第一层每 1% 所值金额；得不偿失的转换在第二层舍去；不填则保留全部有效转换",
        ),
    ] = None


class ZoneMinimum(_Section):
    """At least `count` open places of `service_id` in every zone of `zone_kind`."""

    service_id: Annotated[str, Means("The service", "服务编号")]
    zone_kind: Annotated[str, Means("Kind of zone", "分区类型")]
    count: Annotated[int, Field(ge=1), Means("Open places at least", "最少开放数")] = 1
    zones: Annotated[
        tuple[str, ...], Means("Only these zones; all where empty", "仅限这些分区；为空为全部")
    ] = ()


class Lock(_Section):
    """One lock of a scenario, as a row of the `locks` table."""

    building_id: Annotated[str, Means("The building", "建筑编号")]
    service_id: Annotated[str | None, Means("One service only", "仅限该服务")] = None
    module_id: Annotated[str | None, Means("One module only", "仅限该模块")] = None
    status: Annotated[
        Literal["required", "forbidden", "committed"], Means("As in `locks`", "同锁定表")
    ]


class Scenario(_Section):
    """Named overrides; whatever is not given stays as the instance has it."""

    title: Annotated[str, Means("Title", "英文标题")] = ""
    title_zh: Annotated[str, Means("Chinese title", "标题")] = ""
    budget: Annotated[NotNegative | None, Means("Capital in total", "总投资上限")] = None
    yearly_cost: Annotated[NotNegative | None, Means("Running cost per year", "年运行费上限")] = (
        None
    )
    agency_budgets: Annotated[
        dict[str, NotNegative], Means("Capital by agency", "各责任单位投资上限")
    ] = Field(default_factory=dict)
    people_factors: Annotated[
        dict[str, NotNegative],
        Means(
            "Factor on people by group; `all` stands for every group not named",
            "各组别人数系数；`all` 指其余全部组别",
        ),
    ] = Field(default_factory=dict)
    standards_min: Annotated[
        dict[str, Positive], Means("Standard in minutes by service", "各服务的标准分钟")
    ] = Field(default_factory=dict)
    weights: Annotated[dict[str, NotNegative], Means("Weight by service", "各服务的权重")] = Field(
        default_factory=dict
    )
    rules: Annotated[dict[str, bool], Means("Switch of a rule by id", "规则开关")] = Field(
        default_factory=dict
    )
    locks: Annotated[tuple[Lock, ...], Means("Further locks", "追加的锁定")] = ()


class Settings(_Section):
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
        Means("Switch of each rule by id; a rule not named is on", "规则开关；未列出者启用"),
    ] = Field(default_factory=dict)
    minimum_per_zone: Annotated[
        tuple[ZoneMinimum, ...],
        Means("At least so many open places in each zone", "每个分区最少设施数"),
    ] = ()
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
