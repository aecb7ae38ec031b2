"""Who lives or works where, in which zones, and how their number changes."""

from __future__ import annotations

from siting.instance.tables.columns import SOURCE, SYNTHETIC, XY, ZONE
from siting.instance.tables.schema import Column, Table

DEMAND = Table(
    name="demand",
    alias_zh="需求点",
    required=True,
    meaning_en="Places where people live or work, with counts by group",
    meaning_zh="居民居住或工作的地点及分组人数",
    columns=(
        Column(
            name="demand_id",
            alias_zh="需求点编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Name of the demand point",
            meaning_zh="需求点编号",
        ),
        *XY,
        Column(
            name="people_*",
            alias_zh="人数_",
            type="number",
            unit="person",
            minimum=0,
            default=0.0,
            meaning_en="People of the group after the underscore (all residents in one group, or "
            "age groups such as people_0_2, people_65_79, people_80p, and people_workers)",
            meaning_zh="下划线后所示组别的人数（如 人数_0_2、人数_80p、人数_workers）",
        ),
        ZONE,
        SYNTHETIC,
    ),
)

ZONES = Table(
    name="zones",
    alias_zh="分区",
    required=False,
    meaning_en="Sub-districts, school districts, communities, blocks; they nest or overlap freely",
    meaning_zh="街道、学区、社区、街区等分区",
    columns=(
        Column(
            name="zone_id",
            alias_zh="分区编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Name of the zone, unique over all kinds",
            meaning_zh="分区编号（全局唯一）",
        ),
        Column(
            name="kind",
            alias_zh="分区类型",
            type="id",
            required=True,
            meaning_en="Kind: the part of a zone_ column after the underscore",
            meaning_zh="分区类型",
        ),
        Column(
            name="name",
            alias_zh="英文名称",
            type="text",
            default="",
            meaning_en="English name; the id where empty",
            meaning_zh="英文名称",
        ),
        Column(
            name="name_zh",
            alias_zh="名称",
            type="text",
            default="",
            meaning_en="Chinese name; the English one where empty",
            meaning_zh="中文名称",
        ),
        Column(
            name="parent_zone_id",
            alias_zh="上级分区编号",
            type="id",
            refers_to="zones.zone_id",
            meaning_en="Zone that contains it",
            meaning_zh="上级分区",
        ),
        Column(
            name="area_km2",
            alias_zh="面积",
            type="number",
            unit="km2",
            above=0,
            meaning_en="Area",
            meaning_zh="面积",
        ),
        Column(
            name="geometry",
            alias_zh="几何",
            type="text",
            default="",
            meaning_en="Shape as WKT in the instance's CRS; the geometry of a GeoPackage layer",
            meaning_zh="边界（WKT）",
        ),
        SYNTHETIC,
        SOURCE,
    ),
)

POPULATION = Table(
    name="population",
    alias_zh="人口变化",
    required=False,
    meaning_en="People by year, as factors on the demand table",
    meaning_zh="各年人口（相对需求点人数的系数）",
    columns=(
        Column(
            name="year",
            alias_zh="年份",
            type="integer",
            minimum=1900,
            maximum=2200,
            required=True,
            key=True,
            meaning_en="The year",
            meaning_zh="年份",
        ),
        Column(
            name="group",
            alias_zh="人群",
            type="id",
            key=True,
            refers_to="demand.people_*",
            meaning_en="Group; all groups where empty",
            meaning_zh="人群；为空为全部",
        ),
        Column(
            name="zone_id",
            alias_zh="分区编号",
            type="id",
            key=True,
            refers_to="zones.zone_id",
            meaning_en="Zone; everywhere where empty",
            meaning_zh="分区；为空为全部",
        ),
        Column(
            name="factor",
            alias_zh="系数",
            type="number",
            minimum=0,
            required=True,
            meaning_en="People of that year over those of the demand table",
            meaning_zh="该年人数与需求点人数之比",
        ),
        SOURCE,
    ),
)

COHORTS = Table(
    name="cohorts",
    alias_zh="出生队列",
    required=False,
    meaning_en="People by year of birth, as of the base year (births to come: as expected); they "
    "grow older year by year",
    meaning_zh="基期按出生年份的人口（未来出生者为预计数）；逐年增龄",
    columns=(
        Column(
            name="birth_year",
            alias_zh="出生年份",
            type="integer",
            minimum=1850,
            maximum=2200,
            required=True,
            key=True,
            meaning_en="Year of birth",
            meaning_zh="出生年份",
        ),
        Column(
            name="zone_id",
            alias_zh="分区编号",
            type="id",
            key=True,
            refers_to="zones.zone_id",
            meaning_en="Zone; everywhere where empty",
            meaning_zh="分区；为空为全部",
        ),
        Column(
            name="people",
            alias_zh="人数",
            type="number",
            unit="person",
            minimum=0,
            required=True,
            meaning_en="People born in that year",
            meaning_zh="该年出生人数",
        ),
        SOURCE,
    ),
)
