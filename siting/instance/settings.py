"""`instance.toml`: what an instance states outside its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


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
    """Years of the plan, decided one by one or as one period."""

    start_year: Annotated[int | None, Means("First year of the plan", "规划起始年")] = None
    years: Annotated[
        int,
        Field(ge=1, le=50),
        Means("Years of the plan; rent is counted over them", "规划年数；租金按此计算"),
    ] = 5
    yearly: Annotated[
        bool,
        Means(
            "Whether each year is decided: openings, money and people by year; else all opens at "
            "once and serves the people of the demand table",
            "是否逐年决策（开放、资金、人口按年）；否则一次开放，服务需求点表中的人口",
        ),
    ] = False
    outlook_years: Annotated[
        int,
        Field(ge=0, le=50),
        Means(
            "Years after the plan for which need and stranded capacity are reported",
            "规划期后评估需求与闲置容量的年数",
        ),
    ] = 0
    land_quota_m2: Annotated[
        dict[int, NotNegative],
        Means("Land that may be taken up in a year, by year", "各年可占用的用地面积"),
    ] = Field(default_factory=dict)
    rent_free_owner_levels: Annotated[
        tuple[str, ...],
        Means(
            "Owner levels whose buildings are rent-free (public stock)",
            "免租的产权层级（存量公房）",
        ),
    ] = ()
    rent_free_services: Annotated[
        tuple[str, ...],
        Means("Services that this holds for; all where empty", "免租适用的服务；为空为全部"),
    ] = ()


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
    yearly_rent: Annotated[NotNegative | None, Means("Rent per year", "年租金上限")] = None
    agencies: Annotated[
        dict[str, NotNegative], Means("Capital by agency", "各责任单位投资上限")
    ] = Field(default_factory=dict)
    agency_shares: Annotated[
        dict[str, Share],
        Means(
            "Least share of the capital spent that an agency gets",
            "各责任单位占总投资的最低比例",
        ),
    ] = Field(default_factory=dict)
    zones: Annotated[dict[str, NotNegative], Means("Capital by zone", "各分区投资上限")] = Field(
        default_factory=dict
    )
    years: Annotated[dict[int, NotNegative], Means("Capital by year", "各年投资上限")] = Field(
        default_factory=dict
    )
    carry_over: Annotated[
        bool,
        Means("Whether what a year leaves may be spent later", "当年结余是否可结转"),
    ] = True


class Objective(_Section):
    """How tiers are weighed."""

    epsilon: Annotated[
        float,
        Field(ge=0, lt=1),
        Means(
            "Share of what is served that the tiers after it may give up",
            "服务层之后各层可让出的服务份额",
        ),
    ] = 0.0
    worth: Annotated[
        Positive | None,
        Means(
            "Money that one point of tier 1 (1 % of the weighted share served) is worth: "
            "conversions that cost more than they serve are dropped in the tier of money; keeps "
            "all that serve where not given. Only where need and money are the only tiers",
            "第一层每 1% 所值金额；得不偿失的转换在费用层舍去；不填则保留全部有效转换。"
            "仅用于只有服务和费用两层时",
        ),
    ] = None
    by_rank: Annotated[
        bool,
        Means(
            "Whether services are served in the order of their rank, one tier each, instead of "
            "all in one weighted tier",
            "是否按服务次序逐层优化（否则加权为一层）",
        ),
    ] = False
    blank_factor: Annotated[
        float,
        Field(ge=1),
        Means(
            "What need counts that no place reaches today; 1 counts all alike",
            "现无设施可达的需求的权重系数；1 为一视同仁",
        ),
    ] = 1.0
    equity_zone_kind: Annotated[
        str,
        Means(
            "Kind of zone whose worst-served one is raised next, measured against what could be "
            "served there; no such tier where empty",
            "随后提升最差分区（相对其可达上限）的分区类型；为空则无此层",
        ),
    ] = ""


class ZoneMinimum(_Section):
    """At least `count` open places of `service_id` in every zone of `zone_kind`."""

    service_id: Annotated[str, Means("The service", "服务编号")]
    zone_kind: Annotated[str, Means("Kind of zone", "分区类型")]
    count: Annotated[int, Field(ge=1), Means("Open places at least", "最少开放数")] = 1
    zones: Annotated[
        tuple[str, ...], Means("Only these zones; all where empty", "仅限这些分区；为空为全部")
    ] = ()
    credit_share: Annotated[
        Share | None,
        Means(
            "A place outside counts too where at least this share of the zone's need is within "
            "its standard",
            "区外设施若使本分区至少此比例的需求在标准内，也计入",
        ),
    ] = None


class ZoneMaximum(_Section):
    """At most `count` open places of `service_id` in every zone of `zone_kind`."""

    service_id: Annotated[str, Means("The service", "服务编号")]
    zone_kind: Annotated[str, Means("Kind of zone", "分区类型")]
    count: Annotated[int, Field(ge=0), Means("Open places at most", "最多开放数")]
    zones: Annotated[
        tuple[str, ...], Means("Only these zones; all where empty", "仅限这些分区；为空为全部")
    ] = ()


class ZoneFloor(_Section):
    """At least a share of what could be served in every zone of `zone_kind` is served."""

    service_id: Annotated[str, Means("The service", "服务编号")]
    zone_kind: Annotated[str, Means("Kind of zone", "分区类型")]
    share: Annotated[
        Share,
        Means(
            "Share of the need that any place could reach, in the last year",
            "占可被任一地点服务之需求的比例（末年）",
        ),
    ]
    zones: Annotated[
        tuple[str, ...], Means("Only these zones; all where empty", "仅限这些分区；为空为全部")
    ] = ()


class SelfSufficiency(_Section):
    """Each zone of `zone_kind` has capacity for a share of its own need, borders closed."""

    service_id: Annotated[str, Means("The service", "服务编号")]
    zone_kind: Annotated[str, Means("Kind of zone", "分区类型")]
    share: Annotated[Share, Means("Share of the zone's need", "占本分区需求的比例")] = 1.0
    zones: Annotated[
        tuple[str, ...], Means("Only these zones; all where empty", "仅限这些分区；为空为全部")
    ] = ()


class Reserve(_Section):
    """A share of the candidates' floor area in every zone of `zone_kind` stays unused."""

    zone_kind: Annotated[str, Means("Kind of zone", "分区类型")]
    share: Annotated[Share, Means("Share of floor area kept in reserve", "预留建筑面积比例")]
    zones: Annotated[
        tuple[str, ...], Means("Only these zones; all where empty", "仅限这些分区；为空为全部")
    ] = ()


class FirstRefusal(_Section):
    """Some services have the first claim on the buildings that suit them."""

    services: Annotated[tuple[str, ...], Means("Who has the first claim", "享有优先选用权的服务")]
    zone_kind: Annotated[
        str, Means("Kind of zone whose gap must be closed first", "须先补足缺口的分区类型")
    ]
    min_area_m2: Annotated[
        NotNegative, Means("Only buildings at least so large", "仅限不小于此面积的建筑")
    ] = 0.0


class PriorityRow(_Section):
    """One row that a scenario adds to `priorities`."""

    service_id: Annotated[str | None, Means("One service only", "仅限该服务")] = None
    group: Annotated[str | None, Means("One group only", "仅限该人群")] = None
    zone_id: Annotated[str | None, Means("One zone only", "仅限该分区")] = None
    factor: Annotated[Positive, Means("What one unit counts", "权重系数")]


class Lock(_Section):
    """One lock of a scenario, as a row of the `locks` table."""

    building_id: Annotated[str, Means("The building", "建筑编号")]
    service_id: Annotated[str | None, Means("One service only", "仅限该服务")] = None
    module_id: Annotated[str | None, Means("One module only", "仅限该模块")] = None
    status: Annotated[
        Literal["required", "forbidden", "committed"], Means("As in `locks`", "同锁定表")
    ]
    year: Annotated[int | None, Means("As in `locks`", "同锁定表")] = None


class Scenario(_Section):
    """Named overrides; whatever is not given stays as the instance has it."""

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
    standards_min: Annotated[
        dict[str, Positive], Means("Standard in minutes by service", "各服务的标准分钟")
    ] = Field(default_factory=dict)
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
