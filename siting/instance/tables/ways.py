"""How people get there: minutes measured elsewhere, or the street network."""

from __future__ import annotations

from siting.instance.tables.columns import XY
from siting.instance.tables.schema import Column, Table

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
        *XY,
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
