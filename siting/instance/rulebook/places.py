"""Rules over decisions that look at zones, at networks of places, and at stocks."""

from __future__ import annotations

from siting.instance.rulebook.rule import Rule

PLACES = (
    Rule(
        id="minimum_per_zone",
        name_en="at least so many in each zone",
        name_zh="每个分区最少设施数",
        says_en="Each zone of a kind has at least so many open places of the service in the last "
        "year, existing ones included. With a credit share, a place outside counts too where it "
        "can be reached by that part of the zone's need.",
        says_zh="末年每个分区至少有若干处开放的该项设施（含现有）。设定计入比例时，区外设施若可达本分区相应比例的需求，也计入。",
        touches="decisions",
        parameters=(
            "minimum_per_zone.service_id",
            "minimum_per_zone.zone_kind",
            "minimum_per_zone.count",
            "minimum_per_zone.zones",
            "minimum_per_zone.credit_share",
        ),
        example="""\
instance.toml
[[minimum_per_zone]]
service_id = "ambulance"
zone_kind = "sub_district"

[[minimum_per_zone]]
service_id = "culture"
zone_kind = "sub_district"
credit_share = 0.5
""",
        source="standards S014, S038, S121: one per sub-district; policy P073: places across the "
        "boundary",
    ),
    Rule(
        id="maximum_per_zone",
        name_en="at most so many in each zone",
        name_zh="每个分区最多设施数",
        says_en="Each zone of a kind has at most so many open places of the service in any year. "
        "Where there are more already, none is added.",
        says_zh="任一年份每个分区开放的该项设施不超过上限；现有已超的不再新增。",
        touches="decisions",
        parameters=(
            "maximum_per_zone.service_id",
            "maximum_per_zone.zone_kind",
            "maximum_per_zone.count",
            "maximum_per_zone.zones",
        ),
        example="""\
instance.toml
[[maximum_per_zone]]
service_id = "reading"
zone_kind = "community"
count = 2
""",
        source="standard S030: one or two reading spaces per block",
    ),
    Rule(
        id="hub",
        name_en="opens only near an open hub",
        name_zh="须依托上级设施",
        says_en="A station needs an open care centre in its sub-district, a branch its parent "
        "school within some minutes' walk: what the link names opens only with such a hub open, in "
        "the same zone, within the minutes, or both.",
        says_zh="驿站须有本街道开放的照料中心，分校须有若干分钟内的本校：网络关系所列服务，须在同一分区和（或）规定分钟内有开放的上级设施。",
        touches="decisions",
        parameters=(
            "links.service_id",
            "links.module_id",
            "links.hub_service_id",
            "links.zone_kind",
            "links.within_min",
        ),
        example="""\
links.csv
link_id,service_id,module_id,hub_service_id,zone_kind,within_min
station_centre,elderly_station,,elderly_centre,sub_district,
branch_school,primary,primary_annex,primary,,15
""",
        source="policies P057, P063-P067, P089: stations and centres, care and clinic, branch and "
        "parent school",
    ),
    Rule(
        id="keep_cover",
        name_en="nobody within reach today is left behind",
        name_zh="现有可达居民保持可达",
        says_en="Places may be merged or moved, but whoever has one of the service within the "
        "standard today still has one in the last year.",
        says_zh="设施可合并、迁移，但现在标准内可达该服务的居民，末年仍须可达。",
        touches="decisions",
        parameters=("services.keep_cover", "services.standard_min", "facilities.building_id"),
        example="""\
services.csv
service_id,kind,standard_min,keep_cover
elderly_station,reach,15,yes
""",
        source="policy P074: merging of stations within 15 minutes",
    ),
    Rule(
        id="backup",
        name_en="two places within reach",
        name_zh="双重可达",
        says_en="At least this share of the need of a service has two open places of it within "
        "the standard in the last year, so that one may fail.",
        says_zh="末年该服务至少此比例的需求在标准内有两处开放设施，一处停用仍可保障。",
        touches="decisions",
        parameters=("services.backup_share", "services.standard_min"),
        example="""\
services.csv
service_id,kind,standard_min,backup_share
clinic,capacity,15,0.6
""",
        source="policy P102: resilience; Hogan and ReVelle 1986, doi 10.1287/mnsc.32.11.1434",
    ),
    Rule(
        id="self_sufficiency",
        name_en="a zone can do without its neighbours",
        name_zh="分区自足",
        says_en="With borders closed, the places in a zone have capacity for a share of the "
        "zone's own need. It is our reading of emergency circles in epidemic-control zones, so "
        "that it holds only where it is switched on.",
        says_zh="边界封闭时，分区内设施容量可满足本区需求的规定比例。此为对防疫分区应急生活圈的理解，默认关闭。",
        touches="decisions",
        parameters=(
            "self_sufficiency.service_id",
            "self_sufficiency.zone_kind",
            "self_sufficiency.share",
            "self_sufficiency.zones",
        ),
        example="""\
instance.toml
[rules]
self_sufficiency = true

[[self_sufficiency]]
service_id = "clinic"
zone_kind = "sub_district"
share = 0.8
""",
        default_on=False,
        source="policy P098, our reading: emergency zones with closed borders",
    ),
    Rule(
        id="reserve",
        name_en="space kept in reserve",
        name_zh="预留空间",
        says_en="In each zone a share of the candidates' floor area stays unused in the last year, "
        "for shelter and resettlement.",
        says_zh="末年每个分区的候选建筑面积按比例预留不用，供避难和安置。",
        touches="decisions",
        parameters=("reserve.zone_kind", "reserve.share", "reserve.zones"),
        example="""\
instance.toml
[[reserve]]
zone_kind = "sub_district"
share = 0.1
""",
        source="policy P099: reserved space for shelter and resettlement",
    ),
    Rule(
        id="targets",
        name_en="stocks reach their targets",
        name_zh="指标达标",
        says_en="Stocks of the last year (beds, places, floor area, sites) reach a total, a value "
        "per head, a share, or so much new in each year. A hard target must be met; for the others "
        "the shortfall is made least after need and is reported. `at_most` makes a ceiling.",
        says_zh="末年存量（床位、学位、面积、处数）达到总量、人均、占比或每年新增的目标。硬性指标必须达到；其余指标在服务之后使缺口最小并报告。"
        "“不大于”即为上限。",
        touches="decisions",
        parameters=(
            "targets.service_id",
            "targets.also_services",
            "targets.tag",
            "targets.zone_id",
            "targets.measure",
            "targets.per",
            "targets.comparison",
            "targets.value",
            "targets.hard",
            "targets.base_value",
            "targets.base_people",
            "targets.base_stock",
            "targets.share_of",
            "targets.rank",
            "modules.tags",
            "facilities.tags",
        ),
        example="""\
targets.csv
target_id,service_id,value,unit,measure,per,hard,base_value,base_people,tag,base_stock
elderly_beds,elderly_centre,7,beds per 1000,capacity,per_1000,no,4.46,1138117,,
nursing_beds,elderly_centre,0.6,share of beds,capacity,share,yes,0.53,,nursing,5076
sports_each_year,sports,10000,m2 a year,yard,per_year,no,,,,
""",
        source="standards S024, S033, S035, S041, S105, S112: per head, total, share, per year",
    ),
)
"""Rules over decisions that look at zones, at networks of places, and at stocks."""
