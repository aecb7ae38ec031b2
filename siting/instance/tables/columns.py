"""Columns that several tables share."""

from __future__ import annotations

from siting.instance.tables.schema import Column

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


XY = (
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
"""Where a row lies."""


ZONE = Column(
    name="zone_*",
    alias_zh="所属",
    type="id",
    refers_to="zones.zone_id",
    meaning_en="Zone of the kind after the underscore that the place lies in",
    meaning_zh="所在的分区（下划线后为分区类型）",
)

SYNTHETIC = Column(
    name="synthetic",
    alias_zh="合成数据",
    type="boolean",
    default=False,
    meaning_en="Whether the row is made up rather than surveyed",
    meaning_zh="是否为合成（非实测）数据",
)

SOURCE = Column(
    name="source",
    alias_zh="来源",
    type="text",
    default="",
    meaning_en="Where the figures come from, or that they are assumed",
    meaning_zh="数据来源或说明其为假设",
)
