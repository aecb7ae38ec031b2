"""What the bundled district plans with beside its tables: money, rules with numbers, scenarios."""

from __future__ import annotations

from siting.instance.generate.catalogue import REFERENCE_PEOPLE, read_data
from siting.instance.generate.town import REFERENCE_BUDGET, RULES_OFF
from siting.instance.settings import (
    Budget,
    FirstRefusal,
    Objective,
    Plan,
    PriorityRow,
    Reserve,
    Scenario,
    SelfSufficiency,
    ZoneFloor,
    ZoneMaximum,
    ZoneMinimum,
)

_PEOPLE_2025 = 1_096_000
_EDUCATION = "区教委 · Education Commission"
_HEALTH = "区卫健委 · Health Commission"
_CULTURE = "区文化委 · Culture Commission"
_SPORTS = "区体育局 · Sports Bureau"
_CIVIL_AFFAIRS = "区民政局 · Civil Affairs Bureau"
_SUB_DISTRICTS = "街道办事处 · Sub-district Offices"
_CHILDREN = ("0_2", "3_5", "6_11", "12_14")

_BY_YEAR = {2021: 30_000.0, 2022: 45_000.0, 2023: 50_000.0, 2024: 45_000.0, 2025: 30_000.0}
"""Yearly slices of the base budget, assumed."""

_FIRST_YEARS = 3

PLAN = Plan(
    start_year=2021,
    years=5,
    outlook_years=5,
    land_quota_m2=dict.fromkeys(_BY_YEAR, 6_000.0),
)
"""The five-year period (P116), evaluated for five years more; the land quota (P128) is assumed."""

BUDGET = Budget(
    total=REFERENCE_BUDGET,
    yearly_rent=2_500.0,
    agency_shares={_EDUCATION: 0.30, _CIVIL_AFFAIRS: 0.03, _SPORTS: 0.01},
    zones={"110102007": 45_000.0, "110102011": 30_000.0, "110102020": 60_000.0},
    years=_BY_YEAR,
)
"""Limits beside the total are assumed: P037 (sub-districts), P038, P039 and S010 (agencies)."""

OBJECTIVE = Objective(blank_factor=1.2)
"""Need that no place reaches today counts more where `priorities` hold (P076), factor assumed."""

MINIMUM_PER_ZONE = (
    ZoneMinimum(service_id="elderly_centre", zone_kind="sub_district"),
    ZoneMinimum(service_id="ambulance", zone_kind="sub_district"),
    ZoneMinimum(service_id="culture", zone_kind="sub_district", credit_share=0.5),
)
"""S121, S014, S028; a place of culture across the border may count (P073)."""

MAXIMUM_PER_ZONE = (ZoneMaximum(service_id="reading", zone_kind="community", count=2),)
"""One or two reading spaces per block (S030, P072); a community stands for a block (assumed)."""

ZONE_FLOOR = (
    ZoneFloor(service_id="shelter", zone_kind="community", share=0.5),
    ZoneFloor(service_id="elderly_station", zone_kind="sub_district", share=0.4),
)
"""Shelters for every community (S055, P100), weak sub-districts (P077); shares assumed."""

SELF_SUFFICIENCY = (SelfSufficiency(service_id="clinic", zone_kind="sub_district", share=0.6),)
"""Closed borders (P098, our reading); share assumed."""

RESERVE = (Reserve(zone_kind="sub_district", share=0.1),)
"""Space kept for shelter and resettlement (P099); share assumed."""

FIRST_REFUSAL = FirstRefusal(
    services=("primary", "junior"), zone_kind="school_district", min_area_m2=3_000
)
"""Vacated space goes first to the gap of school places (P001); 3,000 m2 assumed."""


def scenarios() -> dict[str, Scenario]:
    """Return the scenarios by name; titles say what they ask."""
    ids = list(read_data("services")["service_id"])

    def ranks(*first: tuple[str, ...]) -> dict[str, int]:
        """Rank each tier of services after the one before, and all others last."""
        given = {service: rank for rank, tier in enumerate(first, 1) for service in tier}
        return {service: given.get(service, len(first) + 1) for service in ids}

    in_order = Objective(by_rank=True)
    return {
        "conversion_only": Scenario(
            title="Conversions only, 0.54 billion yuan", title_zh="仅转换，5.4 亿元", budget=54_000
        ),
        "budget_10": Scenario(title="1 billion yuan", title_zh="10 亿元", budget=100_000),
        "works_programme": Scenario(
            title="Works programme, 5.1 billion yuan", title_zh="工程计划，51 亿元", budget=510_000
        ),
        "as_adopted": Scenario(
            title="As adopted, 19.2 billion yuan", title_zh="原计划规模，192 亿元", budget=1_920_000
        ),
        "less_revenue": Scenario(
            title="A fifth less revenue",
            title_zh="财政收入减少两成",
            budget=0.8 * REFERENCE_BUDGET,
            fund_amounts={"district": 100_000},
        ),
        "rent_free_stock": Scenario(
            title="Public stock free of rent for affordable services",
            title_zh="公有存量房屋免租用于普惠服务",
            plan=Plan(
                rent_free_owner_levels=("district", "municipal", "central"),
                rent_free_services=(
                    "kindergarten",
                    "nursery",
                    "elderly_station",
                    "elderly_centre",
                    "meal_point",
                ),
            ),
        ),
        "silos": Scenario(
            title="A budget for each agency, in the shares of 2016-20",
            title_zh="各部门预算分列（按 2016—2020 年比例）",
            agency_budgets={
                _EDUCATION: 90_620,
                _HEALTH: 56_400,
                _CULTURE: 26_450,
                _SPORTS: 10_360,
                _CIVIL_AFFAIRS: 14_170,
                _SUB_DISTRICTS: 2_000,
            },
        ),
        "schools_first": Scenario(
            title="Schools first",
            title_zh="学校优先",
            objective=in_order,
            ranks=ranks(("primary", "junior")),
        ),
        "elderly_first": Scenario(
            title="Older people first",
            title_zh="养老优先",
            objective=in_order,
            ranks=ranks(("elderly_station", "elderly_centre", "meal_point", "home_care")),
            weights={"home_care": 0.5},
        ),
        "children_first": Scenario(
            title="Children first",
            title_zh="儿童优先",
            objective=in_order,
            ranks=ranks(("primary", "junior", "kindergarten", "nursery")),
            rules={"priorities": True},
            priorities=tuple(PriorityRow(group=group, factor=2) for group in _CHILDREN),
        ),
        "convenience_first": Scenario(
            title="Convenience services first",
            title_zh="便民服务优先",
            objective=in_order,
            ranks=ranks(("convenience",)),
            weights={"convenience": 1},
        ),
        "equity": Scenario(
            title="The worst-served sub-district raised",
            title_zh="提升服务最差的街道",
            objective=Objective(equity_zone_kind="sub_district"),
        ),
        "plan_2025": Scenario(
            title="Population planned for 2025 (1.096 million)",
            title_zh="2025 年规划人口（109.6 万）",
            people_factors={"all": round(_PEOPLE_2025 / REFERENCE_PEOPLE, 6)},
        ),
        "three_year_programme": Scenario(
            title="The first three years and their money",
            title_zh="前三年行动计划",
            budget=sum(list(_BY_YEAR.values())[:_FIRST_YEARS]),
            plan=Plan(years=_FIRST_YEARS),
        ),
        "five_years": Scenario(
            title="Five years, decided year by year",
            title_zh="五年逐年决策",
            plan=Plan(yearly=True),
            rules={"yearly_budget": True, "availability": True},
        ),
        "five_years_all_rules": Scenario(
            title="Five years under all rules",
            title_zh="五年逐年决策，启用全部规则",
            plan=Plan(yearly=True),
            weights={
                "home_care": 0.5,
                "disability": 0.5,
                "convenience": 0.5,
                "shelter": 0.2,
                "fire": 0.2,
                "parking": 0.2,
            },
            rules={**dict.fromkeys(RULES_OFF, True), "self_sufficiency": True},
        ),
    }
