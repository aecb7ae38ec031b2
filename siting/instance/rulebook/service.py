"""Rules of service: who is served from where, and what a unit served counts."""

from __future__ import annotations

from siting.instance.rulebook.rule import Rule

SERVICE = (
    Rule(
        id="need",
        name_en="nobody is served twice",
        name_zh="服务量不超过需求量",
        says_en="A unit of need is served at most once, whole or in parts, from one place or "
        "several.",
        says_zh="每个需求单元至多被满足一次，可由一处或多处分别承担。",
        touches="service",
        parameters=(
            "demand.people_*",
            "needs.need_per_person",
            "services.published_need",
            "population.factor",
            "cohorts.people",
        ),
        example="""\
needs.csv
service_id,group,need_per_person,source
kindergarten,3_5,0.99,enrolment of the age group
""",
        switchable=False,
        source="definition of need",
    ),
    Rule(
        id="reach",
        name_en="served within the standard",
        name_zh="在标准时间内服务",
        says_en="Need is served only from open places within the standard of minutes, walked at "
        "the speed of the group or driven. The end counts as within.",
        says_zh="需求只由标准分钟内的开放设施满足，按该人群步行速度或驾车计算，含端点。",
        touches="service",
        parameters=(
            "services.standard_min",
            "services.mode",
            "decay.minutes",
            "speeds_m_s.walk",
            "speeds_m_s.drive",
            "speeds_m_s.groups",
            "scenarios.<name>.standards_min",
        ),
        example="""\
services.csv
service_id,kind,standard_min,mode
elderly_station,reach,10,walk
ambulance,reach,8,drive

instance.toml
[speeds_m_s]
groups = { 65_79 = 0.9, 80p = 0.8 }
""",
        switchable=False,
        source="standards of minutes, S002, S017, S026, S031, S046 ...",
    ),
    Rule(
        id="capacity",
        name_en="open places serve up to their capacity",
        name_zh="开放设施不超容量",
        says_en="A place serves no more than the capacity open there, less what its add-ons take, "
        "up to the utilisation that the service allows.",
        says_zh="每处服务量不超过其开放容量（扣除附设占用），并以该服务的最高使用率为限。",
        touches="service",
        parameters=(
            "modules.capacity",
            "facilities.capacity",
            "outputs.capacity",
            "services.people_cap",
            "services.max_utilisation",
            "modules.host_capacity",
        ),
        example="""\
outputs.csv
module_id,service_id,capacity
care_centre_50,meal_point,100
""",
        switchable=False,
        source="policy P059: radius and load",
    ),
    Rule(
        id="zone_floor",
        name_en="a least share served in each zone",
        name_zh="每个分区最低服务比例",
        says_en="In each zone at least this share of the need that any place could reach is served "
        "in the last year.",
        says_zh="末年每个分区可被任一地点服务的需求，至少满足规定比例。",
        touches="service",
        parameters=(
            "zone_floor.service_id",
            "zone_floor.zone_kind",
            "zone_floor.share",
            "zone_floor.zones",
        ),
        example="""\
instance.toml
[[zone_floor]]
service_id = "elderly_station"
zone_kind = "sub_district"
share = 0.7
""",
        source="policies P077, P100: equity across zones, every community within reach of a "
        "shelter",
    ),
    Rule(
        id="min_load",
        name_en="an open place is used",
        name_zh="开放设施须达到最低负荷",
        says_en="What opens anew is used to at least this share of its capacity, in every year in "
        "which it is open.",
        says_zh="新开设施在开放的每一年，服务量不低于容量的规定比例。",
        touches="service",
        parameters=("modules.min_load", "modules.capacity"),
        example="""\
modules.csv
module_id,service_id,capacity,floor_area_m2,works_cost,min_load
meal_point,meal_point,150,120,101,0.5
""",
        source="policy P090: stations and reading rooms that stand empty",
    ),
    Rule(
        id="own_zone",
        name_en="served in the own school district",
        name_zh="学区内就近入学",
        says_en="All but a small share of the need is served inside its own zone: pupils go to "
        "school in their school district.",
        says_zh="除少量例外，需求在本分区内满足：学生在本学区入学。",
        touches="service",
        parameters=("services.own_zone_kind", "services.own_zone_share"),
        example="""\
services.csv
service_id,kind,standard_min,own_zone_kind,own_zone_share
primary,capacity,25,school_district,0.99
""",
        source="policy P087, standards S005, S109: at least 99 % nearby",
    ),
    Rule(
        id="outside_supply",
        name_en="supply from outside is capped",
        name_zh="区外供给上限",
        says_en="Facilities outside the district serve no more than this in all, counted apart.",
        says_zh="区外设施合计服务量不超过上限，并单独统计。",
        touches="service",
        parameters=("services.outside_cap", "facilities.outside"),
        example="""\
services.csv
service_id,kind,standard_min,outside_cap
elderly_centre,capacity,40,300

facilities.csv
facility_id,service_id,x,y,capacity,outside
F-901,elderly_centre,495000,4436000,600,yes
""",
        source="policies P108, P109: supply outside the district counts apart, with a cap",
    ),
)
"""Rules of service."""

VALUE = (
    Rule(
        id="priorities",
        name_en="whose need counts more",
        name_zh="需求优先系数",
        says_en="The need of a service, a group or a zone counts by a factor, and so may need that "
        "no place reaches today. Where several rows hold, their factors are multiplied.",
        says_zh="某服务、人群或分区的需求按系数计分，现无设施可达的需求也可加权；多项相乘。",
        touches="value",
        parameters=(
            "priorities.service_id",
            "priorities.group",
            "priorities.zone_id",
            "priorities.factor",
            "objective.blank_factor",
            "scenarios.<name>.priorities",
        ),
        example="""\
priorities.csv
service_id,group,zone_id,factor,source
culture,workers,110102011,1.5,many people work there
,0_2,,1.3,children first

instance.toml
[objective]
blank_factor = 1.5
""",
        source="policies P005, P076, P080, P081, P124, P130: districts, blank areas, workers, "
        "children",
    ),
    Rule(
        id="decay",
        name_en="service counts less with distance",
        name_zh="服务价值随距离衰减",
        says_en="Service counts in full nearby and less in steps further out; the last step is how "
        "far anybody is served at all.",
        says_zh="近处全额计分，远处逐级递减；末级为最远服务距离。",
        touches="value",
        parameters=("decay.service_id", "decay.minutes", "decay.value"),
        example="""\
decay.csv
service_id,minutes,value
kindergarten,5,1
kindergarten,10,0.8
kindergarten,15,0.5
""",
        source="policies P086, P091: near and convenient first",
    ),
    Rule(
        id="preferences",
        name_en="better sites may cost more",
        name_zh="择优可多花费",
        says_en="A new conversion in a building that is better for it, though nothing demands it, "
        "earns a bonus: among plans that serve alike it may cost that much more. Nothing opens "
        "for the sake of a bonus below its cost, and a fact that nobody knows earns none.",
        says_zh="新转换设在更合适（但非必须）的建筑中可得加分：服务相同的方案之间，可多花费相应金额。"
        "加分低于费用的不会因此开放；未知的事实不加分。",
        touches="value",
        parameters=(
            "preferences.service_id",
            "preferences.field",
            "preferences.comparison",
            "preferences.value",
            "preferences.bonus",
        ),
        example="""\
preferences.csv
service_id,field,comparison,value,bonus
primary,far,at_most,1.5,20
convenience,owner_level,one_of,district|state_enterprise,5
culture,class,equals,heritage,10
""",
        source="policies P004, P009, P010: low floor-area ratio for schools, rooms of the state "
        "for convenience, heritage for culture",
    ),
)
"""Rules of what a unit served counts."""
