"""Rules of admission: which conversions may be chosen at all."""

from __future__ import annotations

from siting.instance.rulebook.rule import Rule

ADMISSION = (
    Rule(
        id="eligibility",
        name_en="class of building allows the service",
        name_zh="建筑类别允许该服务",
        says_en="A building becomes a service only where `eligibility` lists its class for that "
        "service as allowed, or as needs_approval: then the conversion is marked for the change of "
        "use. A pair that is not listed is not allowed. The same row says what the class adds to "
        "the works.",
        says_zh="只有适配表列明该类建筑对该服务为“允许”或“须审批”时才可转换，须审批的另作标记；未列出的组合不可转换。"
        "同一行还给出该类建筑的工程费系数和附加工程。",
        touches="admission",
        parameters=(
            "buildings.class",
            "eligibility.class",
            "eligibility.service_id",
            "eligibility.status",
        ),
        example="""\
eligibility.csv
class,service_id,status,cost_factor,delay_years,reason
vacated_office,primary,needs_approval,1,1,change of use
basement,nursery,forbidden,,,no children below ground
""",
        source="policies P008-P026, P093: eligibility by class as data",
    ),
    Rule(
        id="suitability",
        name_en="building meets the service's conditions",
        name_zh="建筑满足服务的适用条件",
        says_en="A service, or one of its modules, asks for facts of the building: winter sun, a "
        "fire grade, an entrance of its own, an owner who does not refuse. A fact that nobody "
        "knows passes and is listed to be checked.",
        says_zh="服务或其模块对建筑提出条件：冬季日照、耐火等级、独立出入口、产权方未拒绝等。未知的事实视为通过，并列出待核。",
        touches="admission",
        parameters=(
            "suitability.service_id",
            "suitability.module_id",
            "suitability.field",
            "suitability.comparison",
            "suitability.value",
            "modules.own_entrance",
            "buildings.independent_access",
        ),
        example="""\
suitability.csv
service_id,field,comparison,value,reason
kindergarten,winter_sun_h,at_least,3,code for kindergartens
,owner_consent,differs,refused,owner refuses: holds for every service
""",
        source="suitability of rooms by building code; values are data with their source",
    ),
    Rule(
        id="fit",
        name_en="module fits into the building",
        name_zh="模块可容纳于建筑",
        says_en="A module that is larger than the floors, the sub-spaces or the part of the "
        "building it may use, or than the yard, does not come into question there. An add-on that "
        "takes units of its host needs no floor of its own.",
        says_zh="模块面积超过其可用楼层、空间或可取得部分的面积，或超过场地面积的，不予考虑。占用依托容量的附设模块不另需面积。",
        touches="admission",
        parameters=(
            "modules.floor_area_m2",
            "modules.yard_m2",
            "modules.max_floor",
            "modules.spaces",
            "buildings.floor_area_m2",
            "buildings.yard_m2",
            "buildings.floors",
            "buildings.ground_area_m2",
            "buildings.basement_area_m2",
            "spaces.area_m2",
            "spaces.services",
            "tenures.area_m2",
        ),
        example="""\
modules.csv
module_id,service_id,capacity,floor_area_m2,yard_m2,works_cost,max_floor
kindergarten_3,kindergarten,90,1100,360,1135,3
""",
        source="floor area, lowest floors and yard of one module alone",
    ),
    Rule(
        id="forbidden",
        name_en="forbidden use stays out",
        name_zh="禁止的用途不得采用",
        says_en="A lock keeps a building, a service in it, or one module out. On a whole building "
        "it also closes what could be kept there.",
        says_zh="锁定可禁止整栋建筑、其中某项服务或某个模块；禁止整栋建筑时，其中可保留的设施也关闭。",
        touches="admission",
        parameters=("locks.building_id", "locks.service_id", "locks.module_id", "locks.status"),
        example="""\
locks.csv
building_id,service_id,status,source
B-017,,forbidden,kept in reserve
B-042,sports,forbidden,verdict of the planning office
""",
        source="locks table, GIS review",
    ),
    Rule(
        id="availability",
        name_en="opens when the building can be used",
        name_zh="可用年份与审批期",
        says_en="Nothing opens before the building, or the way to get hold of it, is available and "
        "the approval has come through; a service with a last opening year opens no later. A plan "
        "of one period asks only whether there is a year within it.",
        says_zh="建筑可用（或该取得方式可行）且审批期满之后方可开放；规定最晚开放年的服务不得更晚。单期规划只要求规划期内有可用年份。",
        touches="admission",
        parameters=(
            "buildings.available_from_year",
            "tenures.from_year",
            "eligibility.delay_years",
            "services.last_opening_year",
            "plan.start_year",
            "plan.years",
            "plan.yearly",
        ),
        example="""\
instance.toml
[plan]
start_year = 2021
years = 5
yearly = true

buildings.csv
building_id,class,x,y,floor_area_m2,available_from_year
B-101,renewal_parcel,498200,4420100,3200,2023
""",
        source="policies P003, P105, P114-P116, P126, P127: dates, approval lead time, three-year "
        "programmes",
    ),
    Rule(
        id="planned_use",
        name_en="regulatory plan allows the service",
        name_zh="控规或正面清单许可",
        says_en="Where the regulatory plan or the positive list for heritage names the services a "
        "building may hold, no other one comes in.",
        says_zh="控规或文物利用正面清单列明许可服务的建筑，不得用于其他服务。",
        touches="admission",
        parameters=("buildings.allowed_services",),
        example="""\
buildings.csv
building_id,class,x,y,floor_area_m2,allowed_services
B-203,heritage,498700,4419800,640,culture|reading
""",
        source="policies P011, P078, P107: allow-lists per building as data",
    ),
    Rule(
        id="max_size",
        name_en="no site larger than the ceiling",
        name_zh="单点规模上限",
        says_en="A module above the ceiling of its service is not built: what draws crowds from "
        "afar stays out of the core.",
        says_zh="超过该服务单点面积上限的模块不予建设：大型、吸引人流的设施不进核心区。",
        touches="admission",
        parameters=("services.site_max_m2", "modules.floor_area_m2"),
        example="""\
services.csv
service_id,kind,standard_min,site_max_m2
sports,reach,15,2000
""",
        source="policies P092, P094: large facilities stay out of the core",
    ),
    Rule(
        id="conditions",
        name_en="approvals with conditions",
        name_zh="附条件的同意",
        says_en="Who reviews a building may agree to a use on conditions: an extra cost, paid once "
        "for the conversion and in full by the plan, as part of its works; further years of delay, "
        "on top of those of its class (read by `availability`); and a largest floor area, above "
        "which no module comes into question. A row for every use of the building and one for the "
        "service hold together: costs and delays add up, the smaller area counts. What is kept or "
        "committed is spared. With the rule off, nothing of this counts.",
        says_zh="审查方可附条件同意某建筑的某项用途：附加费用（每项转换一次性支付，全部由规划承担，计入工程费）、"
        "在建筑类别延迟之外追加的年数（由 `availability` 读取）、面积上限（更大的模块不予考虑）。"
        "针对整栋建筑的行与针对该服务的行同时有效：费用和延迟相加，面积取较小者。保留和已定的不受影响；"
        "规则停用时，三者均不计。",
        touches="admission",
        parameters=(
            "conditions.building_id",
            "conditions.service_id",
            "conditions.extra_cost",
            "conditions.delay_years",
            "conditions.max_area_m2",
            "modules.floor_area_m2",
            "scenarios.<name>.conditions",
        ),
        example="""\
conditions.csv
building_id,service_id,extra_cost,delay_years,max_area_m2,condition,source
B-017,,40,1,,the facade is restored first,heritage office
B-017,clinic,,,300,ground floor only,planning office
""",
        source="approvals with conditions by those who review the sites",
    ),
    Rule(
        id="min_reach",
        name_en="enough people within reach",
        name_zh="服务范围内人数足够",
        says_en="A module of a reach service with a cap comes into question only where the need "
        "within its standard is at least its least load. (For capacity services `min_load` asks "
        "for the load itself.)",
        says_zh="有人数上限的可达类服务，其标准范围内的需求须不低于最低负荷方可考虑。"
        "容量类服务由 `min_load` 按实际负荷要求。",
        touches="admission",
        parameters=(
            "modules.min_load",
            "modules.capacity",
            "services.people_cap",
            "services.max_utilisation",
            "services.standard_min",
        ),
        example="""\
modules.csv
module_id,service_id,capacity,floor_area_m2,works_cost,min_load
station_c,elderly_station,1500,150,171,0.3
""",
        source="policy P090: no empty facilities; for reach services need within reach over "
        "the cap",
    ),
)
"""Rules of admission, in the order in which they are asked."""
