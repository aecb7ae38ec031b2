"""What a plan is about: its years, its people, its ways and its money."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from siting.instance.settings.section import Means, NotNegative, Positive, Section, Share


class Money(Section):
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


class Base(Section):
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


class Plan(Section):
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


class TravelSettings(Section):
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


class Speeds(Section):
    """Metres per second: walking by group, with a default, and driving."""

    walk: Annotated[Positive, Means("Walking, groups not named", "步行（未列组别）")] = 1.2
    drive: Annotated[Positive, Means("Driving", "驾车")] = 5.0
    groups: Annotated[dict[str, Positive], Means("Walking by group", "各组别的步行速度")] = Field(
        default_factory=dict
    )

    def of(self, group: str, mode: str) -> float:
        """Return the speed of a group by a mode, in m/s."""
        return self.drive if mode == "drive" else self.groups.get(group, self.walk)


class Budget(Section):
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
