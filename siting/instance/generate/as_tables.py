"""Shapes, streets and drawn rows as tables of an instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from siting.errors import InstanceError
from siting.instance.cells import empty_table, type_cells
from siting.instance.formats import raw_table
from siting.instance.generate.shapes import Shapes
from siting.instance.generate.spec import District
from siting.instance.generate.streets import Streets
from siting.instance.tables import TABLES

SHAPE_SOURCE = "made-up shape around an inner point, with the stated area"


def complete(table: str, columns: Mapping[str, Any] | pd.DataFrame) -> pd.DataFrame:
    """Return a table as reading would: all declared columns, typed, defaults filled in.

    Columns that the table does not declare are left out.

    Raises
    ------
    InstanceError
        When a value does not satisfy its declaration.
    """
    declared = TABLES[table]
    given = pd.DataFrame(columns)
    if given.empty:
        return empty_table(declared, table).frame
    known = [column for column in given.columns if declared.column(str(column))]
    typed, findings = type_cells(declared, raw_table(table, given[known]))
    if findings:
        raise InstanceError(table, findings)
    return typed.frame


def zone_columns(community: pd.Series[int], shapes: Shapes) -> dict[str, list[str]]:
    """Return the zone columns of places, given the positions of their communities."""
    districts = shapes.districts
    of = shapes.district_of[community.to_numpy()]
    schools = _school_districts(districts)
    names = _community_ids(shapes)
    return {
        "zone_sub_district": [districts[d].zone_id for d in of],
        "zone_school_district": [schools[districts[d].school_district] for d in of],
        "zone_community": [names[k] for k in community],
    }


def zone_table(shapes: Shapes) -> pd.DataFrame:
    """Return sub-districts, the school districts that unite them, and their communities."""
    districts = shapes.districts
    schools = _school_districts(districts)
    rows: list[dict[str, object]] = []
    for district, shape in zip(districts, shapes.cells, strict=True):
        rows.append(
            {
                "zone_id": district.zone_id,
                "kind": "sub_district",
                "name": district.name,
                "name_zh": district.name_zh,
                "parent_zone_id": schools[district.school_district],
                "geometry": _wkt(shape),
                "area_km2": district.area_km2,
                "source": f"name, area and inner point as given; {SHAPE_SOURCE}",
            }
        )
    names_zh = {d.school_district: d.school_district_zh for d in districts}
    for name, zone_id in schools.items():
        pairs = zip(districts, shapes.cells, strict=True)
        united = shapely.union_all([s for d, s in pairs if d.school_district == name])
        rows.append(
            {
                "zone_id": zone_id,
                "kind": "school_district",
                "name": f"{name} school district",
                "name_zh": f"{names_zh[name]}学区",
                "geometry": _wkt(united),
                "area_km2": round(united.area / 1e6, 4),
                "source": "union of its sub-districts",
            }
        )
    ids = _community_ids(shapes)
    for k, (zone_id, shape) in enumerate(zip(ids, shapes.communities, strict=True)):
        district = districts[shapes.district_of[k]]
        number = zone_id.rpartition("-")[2]
        rows.append(
            {
                "zone_id": zone_id,
                "kind": "community",
                "name": f"{district.name} community {number}",
                "name_zh": f"{district.name_zh}第{number}社区",
                "parent_zone_id": district.zone_id,
                "geometry": _wkt(shape),
                "area_km2": round(shape.area / 1e6, 4),
                "source": "made up",
            }
        )
    return complete("zones", pd.DataFrame(rows).assign(synthetic=True))


def street_tables(streets: Streets) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return nodes and edges; every edge is drawn as its chord."""
    digits = len(str(len(streets.x)))
    ids = np.array([f"N{k + 1:0{digits}d}" for k in range(len(streets.x))])
    nodes = {"node_id": ids, "x": streets.x, "y": streets.y}
    digits = len(str(len(streets.u)))
    edges = {
        "edge_id": [f"E{k + 1:0{digits}d}" for k in range(len(streets.u))],
        "u": ids[streets.u],
        "v": ids[streets.v],
        "length_m": streets.length_m,
        "kind": streets.kind,
    }
    return complete("network_nodes", nodes), complete("network_edges", edges)


def _wkt(shape: BaseGeometry) -> str:
    return str(shapely.to_wkt(shape, rounding_precision=0))


def _school_districts(districts: tuple[District, ...]) -> dict[str, str]:
    names = dict.fromkeys(d.school_district for d in districts)
    return {name: f"S{k + 1:02d}" for k, name in enumerate(names)}


def _community_ids(shapes: Shapes) -> list[str]:
    number = pd.Series(shapes.district_of).groupby(shapes.district_of).cumcount() + 1
    pairs = zip(shapes.district_of, number, strict=True)
    return [f"{shapes.districts[d].zone_id}-{k:02d}" for d, k in pairs]
