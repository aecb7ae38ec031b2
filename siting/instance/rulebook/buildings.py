"""Rules over decisions within a building: what opens in it, side by side, and how it is had."""

from __future__ import annotations

from siting.instance.rulebook.rule import Rule

BUILDINGS = (
    Rule(
        id="required",
        name_en="required building opens",
        name_zh="必选建筑须开放",
        says_en="Something opens in the building, with the service and module that the lock names "
        "if any, by its year. It is charged like any other conversion.",
        says_zh="该建筑须在规定年份前开放（锁定可指明服务和模块），费用照常计入。",
        touches="decisions",
        parameters=(
            "locks.building_id",
            "locks.service_id",
            "locks.module_id",
            "locks.status",
            "locks.year",
        ),
        example="""\
locks.csv
building_id,service_id,status,year,source
B-005,kindergarten,required,2023,promised to the residents
""",
        source="locks table",
    ),
    Rule(
        id="committed",
        name_en="committed conversion is open",
        name_zh="已定转换保持开放",
        says_en="A project with its money approved is open from its year on and paid already. A "
        "mid-term revision starts from what is committed by then.",
        says_zh="已批准资金的项目自所列年份起开放，费用已落实。中期评估时以届时的已定项目为起点。",
        touches="decisions",
        parameters=(
            "locks.building_id",
            "locks.service_id",
            "locks.module_id",
            "locks.status",
            "locks.year",
        ),
        example="""\
locks.csv
building_id,service_id,module_id,status,year,source
B-009,primary,primary_12,committed,2022,campus extension under way
""",
        switchable=False,
        source="locks table: open and paid",
    ),
    Rule(
        id="one_module",
        name_en="at most one module per service and building",
        name_zh="同一建筑同一服务至多一个模块",
        says_en="Modules are the sizes of one facility: a service has one of them in a building at "
        "a time, beside the add-ons it hosts, or keeps what is there.",
        says_zh="模块是同一设施的不同规模：同一时期一栋建筑内同一服务只取其一（附设模块另计），或保留现状。",
        touches="decisions",
        parameters=("modules.module_id", "modules.service_id", "modules.host_service_id"),
        example="""\
modules.csv
module_id,service_id,capacity,floor_area_m2,works_cost
nursery_small,nursery,20,200,216
nursery_centre,nursery,60,600,648
""",
        switchable=False,
        source="modules are the sizes of one facility",
    ),
    Rule(
        id="standalone",
        name_en="standalone module has the building to itself",
        name_zh="独立设置的模块独占建筑",
        says_en="Schools and kindergartens of four or more classes share a building with nobody "
        "but the add-ons they host.",
        says_zh="学校和四班及以上幼儿园独占建筑，只可带自身的附设模块。",
        touches="decisions",
        parameters=("modules.standalone",),
        example="""\
modules.csv
module_id,service_id,capacity,floor_area_m2,works_cost,standalone
kindergarten_6,kindergarten,180,2300,2374,yes
""",
        source="kindergartens of four or more classes and schools do not share a building",
    ),
    Rule(
        id="floor_area",
        name_en="modules share the floor area",
        name_zh="建筑面积上限",
        says_en="What opens in a building takes no more than its floor area: in every time slot, "
        "and in the sub-spaces that each module and service may use (ground, upper floors, "
        "basement, roof). Services that use the rooms at other hours do not add up.",
        says_zh="同一建筑内开放的模块面积合计不超过建筑面积，按时段分别计算，并按各模块、服务可用的空间（首层、上层、地下、屋顶）计算。"
        "错时使用的服务面积不累加。",
        touches="decisions",
        parameters=(
            "modules.floor_area_m2",
            "modules.slots",
            "modules.spaces",
            "buildings.floor_area_m2",
            "spaces.space",
            "spaces.area_m2",
            "spaces.services",
            "tenures.area_m2",
            "pairs.shared_area_m2",
        ),
        example="""\
spaces.csv
building_id,space,area_m2,services
B-031,ground,600,
B-031,basement,900,parking|sports

modules.csv
module_id,service_id,capacity,floor_area_m2,works_cost,spaces
parking_30,parking,30,900,216,basement
""",
        source="policies P014, P015, P043, P053-P055: shared buildings, sub-spaces, time slots",
    ),
    Rule(
        id="yard",
        name_en="modules share the yard",
        name_zh="场地面积上限",
        says_en="The open ground that the modules of a building take is no more than there is, in "
        "every time slot.",
        says_zh="同一建筑内各模块占用的场地合计不超过现有场地，按时段分别计算。",
        touches="decisions",
        parameters=("modules.yard_m2", "modules.slots", "buildings.yard_m2"),
        example="""\
buildings.csv
building_id,class,x,y,floor_area_m2,yard_m2
B-064,school_ground,497900,4421300,1500,2400

modules.csv
module_id,service_id,capacity,floor_area_m2,yard_m2,works_cost,slots
sports_shared,sports,1200,0,800,48,evening|weekend
""",
        source="yards of schools, kindergartens and nurseries; policies P054, P055: school grounds "
        "outside lessons",
    ),
    Rule(
        id="acquisition",
        name_en="a used building is paid once",
        name_zh="使用的建筑一次性支付购置费",
        says_en="The price of a building is paid in the year in which it is first used, once, "
        "however many modules open in it. Without it nothing new opens there.",
        says_zh="建筑购置费在首次使用的年份一次性支付，与其中模块数量无关；未支付则不得新开。",
        touches="decisions",
        parameters=("buildings.acquisition_cost", "tenures.acquisition_cost"),
        example="""\
buildings.csv
building_id,class,x,y,floor_area_m2,acquisition_cost
B-077,vacated_office,499100,4420900,2600,5200
""",
        switchable=False,
        source="acquisition, works, equipment and rent are separate (Annex 1 of the 13th plan)",
    ),
    Rule(
        id="one_tenure",
        name_en="one way to get hold of a building",
        name_zh="每栋建筑一种取得方式",
        says_en="Where a building can be rented, bought, swapped, expropriated, used for a time or "
        "in part, the plan takes one of these ways, with its price, area, years and services.",
        says_zh="建筑可租赁、购置、置换、征收、临时或部分使用时，规划只取其一，价格、面积、年限和可用服务随之确定。",
        touches="decisions",
        parameters=(
            "tenures.building_id",
            "tenures.mode",
            "tenures.acquisition_cost",
            "tenures.yearly_rent_per_m2",
            "tenures.from_year",
            "tenures.years",
            "tenures.area_m2",
            "tenures.services",
            "tenures.public_share",
        ),
        example="""\
tenures.csv
building_id,mode,acquisition_cost,yearly_rent_per_m2,years,area_m2,services,public_share
B-077,purchase,5200,0,,,,1
B-077,rent,0,0.12,,,,1
B-088,temporary,0,0.05,3,300,elderly_station|meal_point,1
B-090,partial_court,60,0,,120,culture|elderly_station|reading,0.5
""",
        switchable=False,
        source="policies P027-P030, P144: rent, purchase, swap, expropriation, part of a court",
    ),
    Rule(
        id="add_on",
        name_en="an add-on needs its host",
        name_zh="附设须依托主体设施",
        says_en="A nursery class, a hospital ward turned to care, beds in a health centre open "
        "only where their host is open in the same building. They take units of it, together no "
        "more than it has; from a facility with a stated occupancy no more than stands empty.",
        says_zh="幼儿园托班、医院闲置床位转为养老床位、社区卫生中心增设床位等，须在同一建筑内有开放的主体设施；合计占用不超过主体容量，"
        "列明使用率的现有设施以其闲置部分为限。",
        touches="decisions",
        parameters=(
            "modules.host_service_id",
            "modules.host_capacity",
            "facilities.building_id",
            "facilities.occupancy",
        ),
        example="""\
modules.csv
module_id,service_id,capacity,floor_area_m2,works_cost,host_service_id,host_capacity
nursery_add_on,nursery,20,120,29,kindergarten,30

facilities.csv
facility_id,service_id,x,y,capacity,building_id,occupancy
F-012,kindergarten,498300,4420500,270,B-140,0.8
""",
        source="policies P021, P051, P136, P145: nursery classes, hospital wings, beds in a health "
        "centre",
    ),
    Rule(
        id="compatibility",
        name_en="services that may not share a building",
        name_zh="不相容服务不得同楼",
        says_en="Two services that are listed as incompatible are never open in one building at "
        "the same time.",
        says_zh="列为不相容的两项服务不得同时设于同一建筑。",
        touches="decisions",
        parameters=("pairs.service_id", "pairs.other_service_id", "pairs.kind"),
        example="""\
pairs.csv
service_id,other_service_id,kind,source
nursery,ambulance,incompatible,noise and traffic (assumed)
""",
        source="policies P043, P046, P050: compatibility of services",
    ),
    Rule(
        id="synergy",
        name_en="services that are better together",
        name_zh="协同服务同楼",
        says_en="Two services that gain by one roof earn a bonus for each building with both in "
        "the last year, and need the floor area they share only once. The bonus decides only among "
        "plans that serve alike: with both, such a building may cost that much more.",
        says_zh="宜同楼的两项服务，末年同设一楼的每栋建筑各得加分，共享面积只计一次。"
        "加分只在服务相同的方案之间起作用：可多花费相应金额。",
        touches="decisions",
        parameters=(
            "pairs.service_id",
            "pairs.other_service_id",
            "pairs.kind",
            "pairs.bonus",
            "pairs.shared_area_m2",
        ),
        example="""\
pairs.csv
service_id,other_service_id,kind,bonus,shared_area_m2
culture,sports,synergy,20,80
clinic,elderly_station,synergy,30,30
""",
        source="policies P044, P049: culture and sports, care and medicine",
    ),
    Rule(
        id="first_refusal",
        name_en="schools choose first",
        name_zh="学校优先选用",
        says_en="In a building that suits a privileged service and is large enough, another "
        "service opens only where the capacity in that zone meets the need of the privileged one, "
        "or where it has waived its claim. It is a claim on space, not on money.",
        says_zh="面积达标且适合优先服务的建筑，只有当所在分区该服务容量已满足需求，或优先方已放弃时，方可用于其他服务。优先的是空间，不是资金。",
        touches="decisions",
        parameters=(
            "first_refusal.services",
            "first_refusal.zone_kind",
            "first_refusal.min_area_m2",
            "buildings.waived",
            "buildings.floor_area_m2",
        ),
        example="""\
instance.toml
[first_refusal]
services = ["primary", "junior"]
zone_kind = "school_district"
min_area_m2 = 5000
""",
        source="policy P001: vacated space goes first to the gap of school places",
    ),
)
"""Rules over decisions within a building."""
