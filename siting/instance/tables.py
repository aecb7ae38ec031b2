"""The declared schema: every table and column, once.

Reading, checking, writing, templates and the data dictionary all work from :data:`TABLES`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ColumnType = Literal["id", "text", "number", "integer", "boolean", "choice"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name
        Machine name. A name that ends in ``*`` stands for all columns with that beginning
        (``people_*``: one column per age group).
    alias_zh
        Chinese header that is read as the same column; for a pattern, its beginning.
    type
        ``id`` is text that names a row here or, with `refers_to`, in another table.
    unit
        Unit of the values, ``money`` for the instance's money unit; empty for none.
    minimum, maximum
        Closed range; `above` is an open lower end instead.
    required
        Whether the column must be present and filled.
    key
        Whether the column is part of the table's key.
    choices
        The values allowed, for ``choice``.
    choices_zh
        The same values in Chinese, in the same order; read as the English ones.
    refers_to
        ``table.column`` whose values are the only ones allowed.
    default
        Value of an absent column or empty cell; None keeps it empty (unknown).
    meaning_en, meaning_zh
        What it says, for the data dictionary.
    """

    name: str
    alias_zh: str
    type: ColumnType
    unit: str = ""
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    required: bool = False
    key: bool = False
    choices: tuple[str, ...] = ()
    choices_zh: tuple[str, ...] = ()
    refers_to: str = ""
    default: str | float | bool | None = None
    meaning_en: str
    meaning_zh: str

    @property
    def pattern(self) -> bool:
        """Whether this stands for all columns that begin with its name."""
        return self.name.endswith("*")


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: its columns in their order of writing."""

    name: str
    alias_zh: str
    required: bool
    columns: tuple[Column, ...]
    meaning_en: str
    meaning_zh: str
    key: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", tuple(c.name for c in self.columns if c.key))

    def column(self, name: str) -> Column | None:
        """Return the declaration that covers the column `name`, or None."""
        for column in self.columns:
            if column.name == name:
                return column
            stem = column.name.removesuffix("*")
            if column.pattern and name.startswith(stem) and name != stem:
                return column
        return None


DEGREES = (
    Column(
        name="lon",
        alias_zh="经度",
        type="number",
        unit="degree",
        required=True,
        meaning_en="Longitude, read instead of x",
        meaning_zh="经度，可代替东坐标",
    ),
    Column(
        name="lat",
        alias_zh="纬度",
        type="number",
        unit="degree",
        required=True,
        meaning_en="Latitude, read instead of y",
        meaning_zh="纬度，可代替北坐标",
    ),
)
"""Columns that may stand instead of x and y in every table that has those."""


def _xy() -> tuple[Column, ...]:
    return (
        Column(
            name="x",
            alias_zh="东坐标",
            type="number",
            unit="m",
            required=True,
            meaning_en="Easting in the instance's CRS (or give lon and lat instead)",
            meaning_zh="实例坐标系中的东坐标（或改用经纬度）",
        ),
        Column(
            name="y",
            alias_zh="北坐标",
            type="number",
            unit="m",
            required=True,
            meaning_en="Northing in the instance's CRS",
            meaning_zh="实例坐标系中的北坐标",
        ),
    )


_ZONE = Column(
    name="zone_*",
    alias_zh="所属",
    type="id",
    refers_to="zones.zone_id",
    meaning_en="Zone of the kind after the underscore that the place lies in",
    meaning_zh="所在的分区（下划线后为分区类型）",
)

_SYNTHETIC = Column(
    name="synthetic",
    alias_zh="合成数据",
    type="boolean",
    default=False,
    meaning_en="Whether the row is made up rather than surveyed",
    meaning_zh="是否为合成（非实测）数据",
)

_SOURCE = Column(
    name="source",
    alias_zh="来源",
    type="text",
    default="",
    meaning_en="Where the figures come from, or that they are assumed",
    meaning_zh="数据来源或说明其为假设",
)

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
        *_xy(),
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
        _ZONE,
        _SYNTHETIC,
    ),
)

SERVICES = Table(
    name="services",
    alias_zh="服务",
    required=True,
    meaning_en="What people need, with its standard",
    meaning_zh="服务类型及其标准",
    columns=(
        Column(
            name="service_id",
            alias_zh="服务编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Name of the service",
            meaning_zh="服务编号",
        ),
        Column(
            name="name",
            alias_zh="英文名称",
            type="text",
            default="",
            meaning_en="English name; the id where empty",
            meaning_zh="英文名称；为空时用编号",
        ),
        Column(
            name="name_zh",
            alias_zh="名称",
            type="text",
            default="",
            meaning_en="Chinese name; the English one where empty",
            meaning_zh="中文名称；为空时用英文名称",
        ),
        Column(
            name="agency",
            alias_zh="责任单位",
            type="text",
            default="",
            meaning_en="Responsible agency, which is charged",
            meaning_zh="责任单位（费用归属）",
        ),
        Column(
            name="kind",
            alias_zh="服务类别",
            type="choice",
            choices=("capacity", "reach"),
            choices_zh=("容量型", "可达型"),
            required=True,
            meaning_en="capacity: places are limited; reach: being within the standard serves, up "
            "to a cap of people where one is given",
            meaning_zh="容量型：名额有限；可达型：在标准内即为服务，可设每模块人数上限",
        ),
        Column(
            name="people_cap",
            alias_zh="服务人数上限",
            type="number",
            unit="unit of the service",
            above=0,
            meaning_en="For reach: most people per module that states no capacity of its own",
            meaning_zh="可达型：未注明容量的模块的服务人数上限",
        ),
        Column(
            name="demand_basis",
            alias_zh="需求口径",
            type="choice",
            choices=("resident", "registered", "enrolled", "worker"),
            choices_zh=("常住", "户籍", "在校", "就业"),
            default="resident",
            meaning_en="Who is counted; published_need scales all but residents",
            meaning_zh="需求口径：常住、户籍、在校、就业",
        ),
        Column(
            name="published_need",
            alias_zh="公布需求量",
            type="number",
            unit="unit of the service",
            above=0,
            meaning_en="Published total that the need is scaled to (the factor is shown)",
            meaning_zh="公布的需求总量，需求按此缩放（显示系数）",
        ),
        Column(
            name="unit",
            alias_zh="单位",
            type="text",
            default="person",
            meaning_en="What need and capacity count: place, bed, person, meal",
            meaning_zh="需求与容量的计量单位：学位、床位、人、餐",
        ),
        Column(
            name="standard_min",
            alias_zh="标准分钟",
            type="number",
            unit="min",
            above=0,
            required=True,
            meaning_en="Longest way that counts as served, end included",
            meaning_zh="视为已服务的最长路程（含端点）",
        ),
        Column(
            name="mode",
            alias_zh="出行方式",
            type="choice",
            choices=("walk", "drive"),
            choices_zh=("步行", "驾车"),
            default="walk",
            meaning_en="How the way is travelled",
            meaning_zh="出行方式",
        ),
        Column(
            name="weight",
            alias_zh="权重",
            type="number",
            minimum=0,
            default=1.0,
            meaning_en="Weight of the service's share served in tier 1",
            meaning_zh="第一层目标中该服务覆盖率的权重",
        ),
        Column(
            name="rank",
            alias_zh="次序",
            type="integer",
            minimum=1,
            default=1,
            meaning_en="Order in lists (ranked tiers come with the full rule set)",
            meaning_zh="列表次序",
        ),
        _SOURCE,
    ),
)

NEEDS = Table(
    name="needs",
    alias_zh="需求率",
    required=True,
    meaning_en="How much of a service one person of a group needs",
    meaning_zh="各组每人对服务的需求量",
    columns=(
        Column(
            name="service_id",
            alias_zh="服务编号",
            type="id",
            required=True,
            key=True,
            refers_to="services.service_id",
            meaning_en="The service",
            meaning_zh="服务",
        ),
        Column(
            name="group",
            alias_zh="人群",
            type="id",
            required=True,
            key=True,
            refers_to="demand.people_*",
            meaning_en="The group: the part of a people_ column after the underscore",
            meaning_zh="人群组别",
        ),
        Column(
            name="need_per_person",
            alias_zh="人均需求",
            type="number",
            unit="unit of the service per person",
            minimum=0,
            required=True,
            meaning_en="Units of the service that one person needs",
            meaning_zh="每人需要的服务单位数",
        ),
        _SOURCE,
    ),
)

MODULES = Table(
    name="modules",
    alias_zh="规模模块",
    required=True,
    meaning_en="Standard sizes of a service",
    meaning_zh="服务的标准规模",
    columns=(
        Column(
            name="module_id",
            alias_zh="模块编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Name of the module, unique over all services; `keep` is reserved",
            meaning_zh="模块编号（全局唯一；keep 为保留字）",
        ),
        Column(
            name="service_id",
            alias_zh="服务编号",
            type="id",
            required=True,
            refers_to="services.service_id",
            meaning_en="The service it provides",
            meaning_zh="所属服务",
        ),
        Column(
            name="capacity",
            alias_zh="容量",
            type="number",
            unit="unit of the service",
            above=0,
            meaning_en="Units it can serve; required for capacity services, empty for a reach "
            "service without a cap",
            meaning_zh="可服务的单位数；容量型必填，可达型无上限时留空",
        ),
        Column(
            name="floor_area_m2",
            alias_zh="建筑面积",
            type="number",
            unit="m2",
            minimum=0,
            required=True,
            meaning_en="Floor area it takes",
            meaning_zh="占用建筑面积",
        ),
        Column(
            name="yard_m2",
            alias_zh="场地面积",
            type="number",
            unit="m2",
            minimum=0,
            default=0.0,
            meaning_en="Open ground it takes",
            meaning_zh="占用室外场地面积",
        ),
        Column(
            name="works_cost",
            alias_zh="工程费",
            type="number",
            unit="money",
            minimum=0,
            required=True,
            meaning_en="Building works",
            meaning_zh="工程费",
        ),
        Column(
            name="equipment_cost",
            alias_zh="设备费",
            type="number",
            unit="money",
            minimum=0,
            default=0.0,
            meaning_en="Equipment",
            meaning_zh="设备费",
        ),
        Column(
            name="yearly_cost",
            alias_zh="年运行费",
            type="number",
            unit="money per year",
            minimum=0,
            default=0.0,
            meaning_en="Running cost, outside the capital budget",
            meaning_zh="年运行费（不计入投资预算）",
        ),
        Column(
            name="min_load",
            alias_zh="最低负荷",
            type="number",
            unit="share of capacity",
            minimum=0,
            maximum=1,
            default=0.0,
            meaning_en="Share of the capacity that should be used; reported, not enforced",
            meaning_zh="应达到的使用率；仅报告",
        ),
        Column(
            name="standalone",
            alias_zh="独立设置",
            type="boolean",
            default=False,
            meaning_en="Whether it must have the building to itself",
            meaning_zh="是否须独占建筑",
        ),
        Column(
            name="max_floor",
            alias_zh="最高楼层",
            type="integer",
            unit="floor",
            minimum=1,
            meaning_en="Highest floor it may use; the area up to it must hold the module",
            meaning_zh="允许使用的最高楼层",
        ),
        Column(
            name="own_entrance",
            alias_zh="独立出入口",
            type="boolean",
            default=False,
            meaning_en="Whether it needs an entrance of its own",
            meaning_zh="是否需要独立出入口",
        ),
        _SOURCE,
    ),
)

BUILDINGS = Table(
    name="buildings",
    alias_zh="候选建筑",
    required=True,
    meaning_en="Vacated or underused buildings that may be converted",
    meaning_zh="可转换的腾退或低效建筑",
    columns=(
        Column(
            name="building_id",
            alias_zh="建筑编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Name of the building",
            meaning_zh="建筑编号",
        ),
        Column(
            name="name",
            alias_zh="名称",
            type="text",
            default="",
            meaning_en="What people call it",
            meaning_zh="名称",
        ),
        Column(
            name="address",
            alias_zh="地址",
            type="text",
            default="",
            meaning_en="Address",
            meaning_zh="地址",
        ),
        Column(
            name="class",
            alias_zh="建筑类别",
            type="text",
            required=True,
            meaning_en="Class that eligibility speaks of (vacated_office, campus_extension ...)",
            meaning_zh="建筑类别（与适配表对应）",
        ),
        Column(
            name="owner",
            alias_zh="产权单位",
            type="text",
            default="",
            meaning_en="Owner",
            meaning_zh="产权单位",
        ),
        *_xy(),
        Column(
            name="floor_area_m2",
            alias_zh="建筑面积",
            type="number",
            unit="m2",
            above=0,
            required=True,
            meaning_en="Floor area that can be used, basement included",
            meaning_zh="可用建筑面积（含地下）",
        ),
        Column(
            name="yard_m2",
            alias_zh="场地面积",
            type="number",
            unit="m2",
            minimum=0,
            default=0.0,
            meaning_en="Open ground that can be used",
            meaning_zh="可用室外场地面积",
        ),
        Column(
            name="acquisition_cost",
            alias_zh="购置费",
            type="number",
            unit="money",
            minimum=0,
            default=0.0,
            meaning_en="Price of the whole building, paid once if it is used at all",
            meaning_zh="整栋取得费用，使用即一次性支付",
        ),
        Column(
            name="yearly_rent_per_m2",
            alias_zh="年租金单价",
            type="number",
            unit="money per m2 and year",
            minimum=0,
            default=0.0,
            meaning_en="Rent, per m2 used, over the years of the plan",
            meaning_zh="按使用面积计的年租金，计满规划年限",
        ),
        _ZONE,
        Column(
            name="floors",
            alias_zh="地上层数",
            type="integer",
            unit="floor",
            minimum=1,
            meaning_en="Floors above ground",
            meaning_zh="地上层数",
        ),
        Column(
            name="ground_area_m2",
            alias_zh="首层面积",
            type="number",
            unit="m2",
            minimum=0,
            meaning_en="Floor area of the ground floor; an equal share where empty",
            meaning_zh="首层面积；为空按均摊",
        ),
        Column(
            name="basement_area_m2",
            alias_zh="地下面积",
            type="number",
            unit="m2",
            minimum=0,
            meaning_en="Part of the floor area below ground",
            meaning_zh="其中地下面积",
        ),
        Column(
            name="year_built",
            alias_zh="建成年份",
            type="integer",
            minimum=1000,
            maximum=2100,
            meaning_en="Year of construction",
            meaning_zh="建成年份",
        ),
        Column(
            name="seismic_category",
            alias_zh="抗震设防类别",
            type="text",
            meaning_en="Seismic fortification category (key, standard, none)",
            meaning_zh="抗震设防类别",
        ),
        Column(
            name="fire_grade",
            alias_zh="耐火等级",
            type="integer",
            minimum=1,
            maximum=4,
            meaning_en="Fire-resistance rating, 1 is best",
            meaning_zh="耐火等级（1 最高）",
        ),
        Column(
            name="lift",
            alias_zh="电梯",
            type="boolean",
            meaning_en="Whether there is a lift",
            meaning_zh="是否有电梯",
        ),
        Column(
            name="independent_access",
            alias_zh="独立出入条件",
            type="boolean",
            meaning_en="Whether a part can have an entrance of its own",
            meaning_zh="是否具备独立出入口条件",
        ),
        Column(
            name="winter_sun_h",
            alias_zh="冬季日照时数",
            type="number",
            unit="h",
            minimum=0,
            maximum=24,
            meaning_en="Hours of sun on the shortest day",
            meaning_zh="冬至日日照时数",
        ),
        Column(
            name="land_use",
            alias_zh="土地用途",
            type="text",
            meaning_en="Land use on record",
            meaning_zh="登记土地用途",
        ),
        Column(
            name="planned_use",
            alias_zh="规划用途",
            type="text",
            meaning_en="Use in the regulatory plan",
            meaning_zh="控规用途",
        ),
        Column(
            name="title_status",
            alias_zh="权属状况",
            type="text",
            meaning_en="State of the title (clear, disputed, none)",
            meaning_zh="权属状况",
        ),
        Column(
            name="owner_level",
            alias_zh="产权层级",
            type="text",
            meaning_en="district, municipal, central, military, state_enterprise, private",
            meaning_zh="产权层级",
        ),
        Column(
            name="owner_consent",
            alias_zh="产权方意见",
            type="choice",
            choices=("agreed", "open", "refused"),
            choices_zh=("同意", "待定", "拒绝"),
            meaning_en="Whether the owner agrees",
            meaning_zh="产权方意见（同意、待定、拒绝）",
        ),
        Column(
            name="heritage_level",
            alias_zh="文物级别",
            type="text",
            meaning_en="Heritage listing; empty for none",
            meaning_zh="文物保护级别",
        ),
        Column(
            name="sensitive",
            alias_zh="涉密",
            type="boolean",
            default=False,
            meaning_en="Whether a public edition must leave its place out",
            meaning_zh="公开版是否隐去位置",
        ),
        _SYNTHETIC,
    ),
)

FACILITIES = Table(
    name="facilities",
    alias_zh="现有设施",
    required=False,
    meaning_en="What exists or is committed",
    meaning_zh="现有或已定设施",
    columns=(
        Column(
            name="facility_id",
            alias_zh="设施编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Name of the facility; differs from every building_id",
            meaning_zh="设施编号（不得与建筑编号相同）",
        ),
        Column(
            name="service_id",
            alias_zh="服务编号",
            type="id",
            required=True,
            refers_to="services.service_id",
            meaning_en="The service it provides",
            meaning_zh="提供的服务",
        ),
        Column(
            name="name",
            alias_zh="名称",
            type="text",
            default="",
            meaning_en="What people call it",
            meaning_zh="名称",
        ),
        *_xy(),
        Column(
            name="capacity",
            alias_zh="容量",
            type="number",
            unit="unit of the service",
            above=0,
            meaning_en="Units it serves; required for capacity services, empty for a reach "
            "service without a cap",
            meaning_zh="现有容量；容量型必填，可达型无上限时留空",
        ),
        Column(
            name="building_id",
            alias_zh="建筑编号",
            type="id",
            refers_to="buildings.building_id",
            meaning_en="Candidate building it stands in, where it may change: keeping it is then "
            "a choice at no cost",
            meaning_zh="所在候选建筑（可调整的设施）；保留为零成本选项",
        ),
        Column(
            name="floor_area_m2",
            alias_zh="建筑面积",
            type="number",
            unit="m2",
            minimum=0,
            default=0.0,
            meaning_en="Floor area it takes in that building while kept",
            meaning_zh="保留时占用的建筑面积",
        ),
        _ZONE,
        _SYNTHETIC,
    ),
)

ELIGIBILITY = Table(
    name="eligibility",
    alias_zh="适配",
    required=True,
    meaning_en="Which class of building may become which service; a pair not listed may not",
    meaning_zh="建筑类别与服务的适配关系；未列出者不可转换",
    columns=(
        Column(
            name="class",
            alias_zh="建筑类别",
            type="id",
            required=True,
            key=True,
            meaning_en="Class of building",
            meaning_zh="建筑类别",
        ),
        Column(
            name="service_id",
            alias_zh="服务编号",
            type="id",
            required=True,
            key=True,
            refers_to="services.service_id",
            meaning_en="The service",
            meaning_zh="服务",
        ),
        Column(
            name="status",
            alias_zh="适配状态",
            type="choice",
            choices=("allowed", "needs_approval", "forbidden"),
            choices_zh=("允许", "需审批", "禁止"),
            required=True,
            meaning_en="allowed; needs_approval: possible, marked for approval; forbidden",
            meaning_zh="允许、需审批、禁止",
        ),
        Column(
            name="cost_factor",
            alias_zh="费用系数",
            type="number",
            above=0,
            default=1.0,
            meaning_en="Factor on works cost",
            meaning_zh="工程费系数",
        ),
        Column(
            name="extra_works_per_m2",
            alias_zh="附加工程单价",
            type="number",
            unit="money per m2",
            minimum=0,
            default=0.0,
            meaning_en="Extra works per m2 of module, after the factor",
            meaning_zh="每平方米附加工程费",
        ),
        Column(
            name="delay_years",
            alias_zh="延迟年数",
            type="number",
            unit="year",
            minimum=0,
            default=0.0,
            meaning_en="Lead time of the approval; reported",
            meaning_zh="审批所需年数；仅报告",
        ),
        Column(
            name="reason",
            alias_zh="理由",
            type="text",
            default="",
            meaning_en="Why, with its source",
            meaning_zh="理由及来源",
        ),
    ),
)

SUITABILITY = Table(
    name="suitability",
    alias_zh="适用条件",
    required=False,
    meaning_en="What a building must have for a service or module; a fact not known passes and "
    "is listed to be checked",
    meaning_zh="建筑须满足的条件；未知者暂通过并列入待核查",
    columns=(
        Column(
            name="service_id",
            alias_zh="服务编号",
            type="id",
            required=True,
            key=True,
            refers_to="services.service_id",
            meaning_en="The service",
            meaning_zh="服务",
        ),
        Column(
            name="module_id",
            alias_zh="模块编号",
            type="id",
            key=True,
            refers_to="modules.module_id",
            meaning_en="One module only; all of the service where empty",
            meaning_zh="仅限该模块；为空适用于全部",
        ),
        Column(
            name="field",
            alias_zh="字段",
            type="id",
            required=True,
            key=True,
            refers_to="buildings.*",
            meaning_en="Column of buildings",
            meaning_zh="候选建筑的字段",
        ),
        Column(
            name="comparison",
            alias_zh="比较",
            type="choice",
            choices=("at_least", "at_most", "equals", "differs", "one_of"),
            choices_zh=("不小于", "不大于", "等于", "不等于", "属于"),
            required=True,
            key=True,
            meaning_en="How the field must compare with the value",
            meaning_zh="比较方式",
        ),
        Column(
            name="value",
            alias_zh="限值",
            type="text",
            required=True,
            key=True,
            meaning_en="The value: a number, true or false, a choice, or text; several values of "
            "one_of are separated by |",
            meaning_zh="限值：数字、true 或 false、选项或文字；多值用 | 分隔",
        ),
        Column(
            name="reason",
            alias_zh="理由",
            type="text",
            default="",
            meaning_en="Why, with its source",
            meaning_zh="理由及来源",
        ),
    ),
)

TARGETS = Table(
    name="targets",
    alias_zh="指标",
    required=False,
    meaning_en="Stocks per head or in total, apart from walkable need; reported",
    meaning_zh="人均或总量指标，与步行可达需求无关；仅报告",
    columns=(
        Column(
            name="target_id",
            alias_zh="指标编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Name of the target",
            meaning_zh="指标编号",
        ),
        Column(
            name="service_id",
            alias_zh="服务编号",
            type="id",
            required=True,
            refers_to="services.service_id",
            meaning_en="The service",
            meaning_zh="服务",
        ),
        Column(
            name="zone_id",
            alias_zh="分区编号",
            type="id",
            refers_to="zones.zone_id",
            meaning_en="The zone; the whole district where empty",
            meaning_zh="分区；为空指全区",
        ),
        Column(
            name="value",
            alias_zh="目标值",
            type="number",
            minimum=0,
            required=True,
            meaning_en="The target",
            meaning_zh="目标值",
        ),
        Column(
            name="unit",
            alias_zh="单位",
            type="text",
            required=True,
            meaning_en="beds per 1000, m2 per person, places",
            meaning_zh="单位",
        ),
        Column(
            name="base_value",
            alias_zh="现状值",
            type="number",
            minimum=0,
            meaning_en="Value of the base year",
            meaning_zh="基期值",
        ),
        Column(
            name="base_people",
            alias_zh="基期人口",
            type="number",
            unit="person",
            above=0,
            meaning_en="Population behind the base value",
            meaning_zh="基期值对应人口",
        ),
        Column(
            name="base_year",
            alias_zh="基期年",
            type="integer",
            minimum=1900,
            maximum=2200,
            meaning_en="Year of the base value",
            meaning_zh="基期年份",
        ),
        Column(
            name="calibre",
            alias_zh="统计口径",
            type="text",
            default="",
            meaning_en="What exactly is counted",
            meaning_zh="统计口径",
        ),
        Column(
            name="binding",
            alias_zh="约束性",
            type="boolean",
            default=False,
            meaning_en="Whether the plan calls it binding",
            meaning_zh="是否约束性指标",
        ),
        _SOURCE,
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
        _SYNTHETIC,
        _SOURCE,
    ),
)

LOCKS = Table(
    name="locks",
    alias_zh="锁定",
    required=False,
    meaning_en="Decisions already taken",
    meaning_zh="已作出的决定",
    columns=(
        Column(
            name="building_id",
            alias_zh="建筑编号",
            type="id",
            required=True,
            key=True,
            refers_to="buildings.building_id",
            meaning_en="The building",
            meaning_zh="建筑",
        ),
        Column(
            name="service_id",
            alias_zh="服务编号",
            type="id",
            key=True,
            refers_to="services.service_id",
            meaning_en="One service only; all where empty",
            meaning_zh="仅限该服务；为空为全部",
        ),
        Column(
            name="module_id",
            alias_zh="模块编号",
            type="id",
            key=True,
            refers_to="modules.module_id",
            meaning_en="One module only; all where empty",
            meaning_zh="仅限该模块；为空为全部",
        ),
        Column(
            name="status",
            alias_zh="锁定状态",
            type="choice",
            choices=("required", "forbidden", "committed"),
            choices_zh=("必选", "禁止", "已定"),
            required=True,
            key=True,
            meaning_en="required: must open and is charged; forbidden: may not open; committed: "
            "is open and paid (needs service and module)",
            meaning_zh="必选：须开放并计费；禁止：不得开放；已定：已开放已付费（须写明服务与模块）",
        ),
        _SOURCE,
    ),
)

TRAVEL = Table(
    name="travel",
    alias_zh="出行时间",
    required=False,
    meaning_en="Minutes measured elsewhere; a pair not listed cannot be reached",
    meaning_zh="外部给定的出行时间；未列出者不可达",
    columns=(
        Column(
            name="origin_id",
            alias_zh="起点编号",
            type="id",
            required=True,
            key=True,
            refers_to="demand.demand_id",
            meaning_en="Demand point",
            meaning_zh="需求点",
        ),
        Column(
            name="destination_id",
            alias_zh="终点编号",
            type="id",
            required=True,
            key=True,
            refers_to="places",
            meaning_en="Building or facility",
            meaning_zh="建筑或设施",
        ),
        Column(
            name="minutes",
            alias_zh="分钟",
            type="number",
            unit="min",
            minimum=0,
            required=True,
            meaning_en="Travel time",
            meaning_zh="出行时间",
        ),
        Column(
            name="group",
            alias_zh="人群",
            type="id",
            key=True,
            refers_to="demand.people_*",
            meaning_en="Group it holds for; all groups where empty",
            meaning_zh="适用人群；为空为全部",
        ),
    ),
)

NETWORK_NODES = Table(
    name="network_nodes",
    alias_zh="路网节点",
    required=False,
    meaning_en="Junctions of the street network",
    meaning_zh="路网节点",
    columns=(
        Column(
            name="node_id",
            alias_zh="节点编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Name of the node",
            meaning_zh="节点编号",
        ),
        *_xy(),
    ),
)

NETWORK_EDGES = Table(
    name="network_edges",
    alias_zh="路网路段",
    required=False,
    meaning_en="Streets between junctions, walked both ways; parallel edges are allowed",
    meaning_zh="路段（双向）；允许平行路段",
    columns=(
        Column(
            name="edge_id",
            alias_zh="路段编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Name of the edge",
            meaning_zh="路段编号",
        ),
        Column(
            name="u",
            alias_zh="起点",
            type="id",
            required=True,
            refers_to="network_nodes.node_id",
            meaning_en="Node at one end",
            meaning_zh="一端节点",
        ),
        Column(
            name="v",
            alias_zh="终点",
            type="id",
            required=True,
            refers_to="network_nodes.node_id",
            meaning_en="Node at the other end",
            meaning_zh="另一端节点",
        ),
        Column(
            name="length_m",
            alias_zh="长度",
            type="number",
            unit="m",
            minimum=0,
            required=True,
            meaning_en="Length along the street; the chord is only its drawing",
            meaning_zh="路段长度",
        ),
        Column(
            name="geometry",
            alias_zh="几何",
            type="text",
            default="",
            meaning_en="Shape as WKT in the instance's CRS; the chord where empty",
            meaning_zh="路段形状（WKT）",
        ),
        Column(
            name="kind",
            alias_zh="道路类别",
            type="text",
            default="",
            meaning_en="Kind of street",
            meaning_zh="道路类别",
        ),
        Column(
            name="tunnel",
            alias_zh="隧道",
            type="boolean",
            default=False,
            meaning_en="Whether it runs in a tunnel; a service tunnel is not walked",
            meaning_zh="是否隧道",
        ),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        DEMAND,
        SERVICES,
        NEEDS,
        MODULES,
        BUILDINGS,
        FACILITIES,
        ELIGIBILITY,
        SUITABILITY,
        TARGETS,
        ZONES,
        LOCKS,
        TRAVEL,
        NETWORK_NODES,
        NETWORK_EDGES,
    )
}
"""All tables of an instance by name, in their order of reading."""
