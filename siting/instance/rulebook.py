"""Every rule of the plan, declared once as data.

The model has one function per rule (`siting/model/rules/<id>.py`) and the verification one check
of the same id; a test compares the three sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Touches = Literal["admission", "decisions", "service"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    Attributes
    ----------
    id
        Name in code, rows and findings.
    name_en, name_zh
        Name in what people see.
    touches
        ``admission``: which conversions may be chosen at all; ``decisions``: rows over chosen
        conversions; ``service``: who is served from where.
    switchable
        Whether ``[rules]`` of instance.toml or a scenario may turn it off.
    source
        Where the rule comes from.
    """

    id: str
    name_en: str
    name_zh: str
    touches: Touches
    switchable: bool = True
    source: str


_RULES = (
    Rule(
        id="eligibility",
        name_en="class of building allows the service",
        name_zh="建筑类别允许该服务",
        touches="admission",
        source="policies P008-P026, P093: eligibility by class as data",
    ),
    Rule(
        id="suitability",
        name_en="building meets the service's conditions",
        name_zh="建筑满足服务的适用条件",
        touches="admission",
        source="suitability of rooms by building code; values are data with their source",
    ),
    Rule(
        id="fit",
        name_en="module fits into the building",
        name_zh="模块可容纳于建筑",
        touches="admission",
        source="floor area, lowest floors and yard of one module alone",
    ),
    Rule(
        id="forbidden",
        name_en="forbidden use stays out",
        name_zh="禁止的用途不得采用",
        touches="admission",
        source="locks table, GIS review",
    ),
    Rule(
        id="required",
        name_en="required building opens",
        name_zh="必选建筑须开放",
        touches="decisions",
        source="locks table",
    ),
    Rule(
        id="committed",
        name_en="committed conversion is open",
        name_zh="已定转换保持开放",
        touches="decisions",
        switchable=False,
        source="locks table: open and paid",
    ),
    Rule(
        id="one_module",
        name_en="at most one module per service and building",
        name_zh="同一建筑同一服务至多一个模块",
        touches="decisions",
        switchable=False,
        source="modules are the sizes of one facility",
    ),
    Rule(
        id="standalone",
        name_en="standalone module has the building to itself",
        name_zh="独立设置的模块独占建筑",
        touches="decisions",
        source="kindergartens of four or more classes and schools do not share a building",
    ),
    Rule(
        id="floor_area",
        name_en="modules share the floor area",
        name_zh="建筑面积上限",
        touches="decisions",
        source="policies P043, P053-P055: shared buildings",
    ),
    Rule(
        id="yard",
        name_en="modules share the yard",
        name_zh="场地面积上限",
        touches="decisions",
        source="yards of schools, kindergartens and nurseries",
    ),
    Rule(
        id="acquisition",
        name_en="a used building is paid once",
        name_zh="使用的建筑一次性支付购置费",
        touches="decisions",
        switchable=False,
        source="acquisition, works, equipment and rent are separate (Annex 1 of the 13th plan)",
    ),
    Rule(
        id="budget",
        name_en="capital within the budget",
        name_zh="总投资不超预算",
        touches="decisions",
        source="policies P035-P038",
    ),
    Rule(
        id="agency_budget",
        name_en="each agency within its budget",
        name_zh="各责任单位不超预算",
        touches="decisions",
        source="policies P035-P038: sector caps",
    ),
    Rule(
        id="yearly_cost",
        name_en="running cost within its limit",
        name_zh="年运行费不超上限",
        touches="decisions",
        source="running cost has its own limit, outside the capital budget",
    ),
    Rule(
        id="minimum_per_zone",
        name_en="at least so many in each zone",
        name_zh="每个分区最少设施数",
        touches="decisions",
        source="standards S014, S038, S121: one per sub-district",
    ),
    Rule(
        id="need",
        name_en="nobody is served twice",
        name_zh="服务量不超过需求量",
        touches="service",
        switchable=False,
        source="definition of need",
    ),
    Rule(
        id="reach",
        name_en="served within the standard",
        name_zh="在标准时间内服务",
        touches="service",
        switchable=False,
        source="standards of minutes, S002, S017, S026, S031, S046 ...",
    ),
    Rule(
        id="capacity",
        name_en="open places serve up to their capacity",
        name_zh="开放设施不超容量",
        touches="service",
        switchable=False,
        source="policy P059: radius and load",
    ),
)

RULES: dict[str, Rule] = {rule.id: rule for rule in _RULES}
"""All rules by id."""
