"""Rules over decisions that count money and land."""

from __future__ import annotations

from siting.instance.rulebook.rule import Rule

MONEY = (
    Rule(
        id="budget",
        name_en="capital within the budget",
        name_zh="总投资不超预算",
        says_en="Works, equipment, rent over the years of the plan and the prices of the buildings "
        "used stay within the total.",
        says_zh="工程费、设备费、规划期租金和所用建筑购置费合计不超过总预算。",
        touches="decisions",
        parameters=("budget.total", "scenarios.<name>.budget"),
        example="""\
instance.toml
[budget]
total = 200000

[scenarios.budget_10]
title = "1 billion yuan"
budget = 100000
""",
        source="policies P035-P038",
    ),
    Rule(
        id="agency_budget",
        name_en="each agency within its budget",
        name_zh="各责任单位不超预算",
        says_en="What an agency is charged stays within its own limit: the conversions of its "
        "services, and of a bought building the part that they use.",
        says_zh="各责任单位承担的费用不超过其上限：含其服务的转换费用及所用面积分摊的购置费。",
        touches="decisions",
        parameters=("budget.agencies", "scenarios.<name>.agency_budgets", "services.agency"),
        example="""\
instance.toml
[budget.agencies]
"Education Commission" = 90000
"Sports Bureau" = 12000
""",
        source="policies P035-P038: sector caps",
    ),
    Rule(
        id="yearly_cost",
        name_en="running cost within its limit",
        name_zh="年运行费不超上限",
        says_en="What all that opens costs to run stays within a limit of its own in every year; "
        "it is no part of the capital.",
        says_zh="开放设施的年运行费每年不超过单独的上限，不计入投资。",
        touches="decisions",
        parameters=("budget.yearly_cost", "scenarios.<name>.yearly_cost", "modules.yearly_cost"),
        example="""\
instance.toml
[budget]
yearly_cost = 30000
""",
        source="running cost has its own limit, outside the capital budget",
    ),
    Rule(
        id="yearly_budget",
        name_en="each year within its money",
        name_zh="年度预算（可结转）",
        says_en="In a plan by years, what is spent in a year stays within the money of that year; "
        "with carry-over, what was spent so far stays within the money given so far.",
        says_zh="逐年规划中，每年支出不超过当年预算；允许结转时，累计支出不超过累计预算。",
        touches="decisions",
        parameters=(
            "budget.years",
            "budget.carry_over",
            "scenarios.<name>.year_budgets",
            "plan.yearly",
        ),
        example="""\
instance.toml
[plan]
start_year = 2021
yearly = true

[budget]
carry_over = true
years = { 2021 = 30000, 2022 = 40000, 2023 = 40000, 2024 = 50000, 2025 = 40000 }
""",
        source="policies P029, P116: yearly budgets with carry-over",
    ),
    Rule(
        id="funds",
        name_en="each fund pays for its purposes",
        name_zh="专项资金用途",
        says_en="Money with a purpose pays only for the services, agencies and zones it names. "
        "Whatever the plan charges must find funds that may pay for it.",
        says_zh="专项资金只可用于其列明的服务、单位和分区；规划计入的费用须有可支付的资金来源。",
        touches="decisions",
        parameters=(
            "funds.amount",
            "funds.services",
            "funds.agencies",
            "funds.zones",
            "scenarios.<name>.fund_amounts",
        ),
        example="""\
funds.csv
fund_id,name,amount,services
district,District budget,150000,
lottery,Welfare lottery,8000,elderly_station|elderly_centre|sports
""",
        source="policies P035, P036: funds with purposes",
    ),
    Rule(
        id="zone_budget",
        name_en="each zone within its budget",
        name_zh="各分区不超预算",
        says_en="What is spent on buildings in a zone, their prices included, stays within the "
        "money of that zone: two levels of government with their own money.",
        says_zh="分区内建筑的支出（含购置费）不超过该分区预算，体现区、街道两级财权。",
        touches="decisions",
        parameters=("budget.zones", "scenarios.<name>.zone_budgets", "buildings.zone_*"),
        example="""\
instance.toml
[budget.zones]
110102011 = 20000
110102009 = 15000
""",
        source="policy P037: sub-district budgets",
    ),
    Rule(
        id="agency_share",
        name_en="each agency gets its least share",
        name_zh="各责任单位最低投资比例",
        says_en="Of what all agencies are charged, an agency with a least share gets at least "
        "that: money tilts to the weak fields.",
        says_zh="列明最低比例的责任单位，其投资占各单位合计的比例不低于该值，向薄弱领域倾斜。",
        touches="decisions",
        parameters=("budget.agency_shares", "services.agency"),
        example="""\
instance.toml
[budget.agency_shares]
"Civil Affairs Bureau" = 0.15
""",
        source="policies P038, P039, standard S010: sector floors",
    ),
    Rule(
        id="yearly_rent",
        name_en="rent within its limit",
        name_zh="年租金不超上限",
        says_en="The rents of a year stay within a limit, so that a plan does not lease everything "
        "and leave the bill to later years.",
        says_zh="每年租金合计不超过上限，避免一味租赁而把负担留给以后年度。",
        touches="decisions",
        parameters=(
            "budget.yearly_rent",
            "scenarios.<name>.yearly_rent",
            "buildings.yearly_rent_per_m2",
            "tenures.yearly_rent_per_m2",
            "plan.rent_free_owner_levels",
            "plan.rent_free_services",
        ),
        example="""\
instance.toml
[budget]
yearly_rent = 3000

[plan]
rent_free_owner_levels = ["district"]
""",
        source="a limit on yearly rent, or a model always leases; P032: public stock free of rent",
    ),
    Rule(
        id="land_quota",
        name_en="land within the yearly quota",
        name_zh="年度用地指标",
        says_en="The land of buildings taken into use in a year stays within the quota of that "
        "year's land plan.",
        says_zh="当年启用建筑所占用地不超过该年度用地计划指标。",
        touches="decisions",
        parameters=("plan.land_quota_m2", "buildings.land_m2"),
        example="""\
instance.toml
[plan]
start_year = 2021
land_quota_m2 = { 2021 = 6000, 2022 = 4000 }

buildings.csv
building_id,class,x,y,floor_area_m2,land_m2
B-101,renewal_parcel,498200,4420100,3200,2100
""",
        source="policy P128",
    ),
)
"""Rules over decisions that count money and land."""
