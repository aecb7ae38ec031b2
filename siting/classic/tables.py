"""The tables of the classic problems, declared as those of an instance are."""

from __future__ import annotations

from dataclasses import replace

from siting.instance.tables import Column, Table
from siting.instance.tables.columns import XY

STATUSES = ("candidate", "required", "existing", "forbidden")
"""What a site may be."""


def _points(table: Table, *, located: bool) -> Table:
    """Return a table of points whose coordinates are asked for only where they are needed."""
    columns = tuple(
        c if located or c.name not in {"x", "y"} else _optional(c) for c in table.columns
    )
    return replace(table, columns=columns)


def _optional(column: Column) -> Column:
    return replace(column, required=False)


def demand_table(*, located: bool) -> Table:
    """Return the declaration of the demand points; `located` where distances are measured."""
    return _points(_DEMAND, located=located)


def site_table(*, located: bool) -> Table:
    """Return the declaration of the sites; `located` where distances are measured."""
    return _points(_SITES, located=located)


_DEMAND = Table(
    name="demand",
    alias_zh="需求点",
    required=True,
    meaning_en="Places that are to be served",
    meaning_zh="待服务的地点",
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
            name="weight",
            alias_zh="权重",
            type="number",
            minimum=0,
            meaning_en="How much it counts; 1 where the column is left out",
            meaning_zh="权重；无此列时为 1",
        ),
    ),
)

_SITES = Table(
    name="sites",
    alias_zh="选址",
    required=True,
    meaning_en="Places that may serve",
    meaning_zh="可设点的地点",
    columns=(
        Column(
            name="site_id",
            alias_zh="选址编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Name of the site",
            meaning_zh="选址编号",
        ),
        *XY,
        Column(
            name="capacity",
            alias_zh="容量",
            type="number",
            minimum=0,
            meaning_en="Weight it can serve; no limit where empty",
            meaning_zh="可服务的权重；为空则不限",
        ),
        Column(
            name="cost",
            alias_zh="费用",
            type="number",
            minimum=0,
            meaning_en="What choosing it costs; 1 where the column is left out",
            meaning_zh="选用费用；无此列时为 1",
        ),
        Column(
            name="status",
            alias_zh="状态",
            type="choice",
            choices=STATUSES,
            choices_zh=("候选", "必选", "现有", "禁用"),
            default="candidate",
            meaning_en="existing: open and free; required: chosen and counted; forbidden: out",
            meaning_zh="现有：已开且不计；必选：必开且计入；禁用：不得选用",
        ),
    ),
)

MATRIX = Table(
    name="matrix",
    alias_zh="费用矩阵",
    required=True,
    meaning_en="Cost of going from a demand point to a site; a pair not listed cannot be reached",
    meaning_zh="需求点到选址的费用；未列出者不可达",
    columns=(
        Column(
            name="demand_id",
            alias_zh="需求点编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Demand point",
            meaning_zh="需求点",
        ),
        Column(
            name="site_id",
            alias_zh="选址编号",
            type="id",
            required=True,
            key=True,
            meaning_en="Site",
            meaning_zh="选址",
        ),
        Column(
            name="cost",
            alias_zh="费用",
            type="number",
            minimum=0,
            required=True,
            meaning_en="Distance, time or money per unit of weight",
            meaning_zh="单位权重的距离、时间或金额",
        ),
    ),
)
