"""Candidate buildings and facilities of an OpenStreetMap extract, by their tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from siting.geo import FloatArray, project
from siting.instance.adopt.mapping import BuildingTags, OsmTags, Tags
from siting.instance.osm import extract_objects, open_extract

BUILDING_COLUMNS = (
    "building_id",
    "name",
    "address",
    "class",
    "owner",
    "x",
    "y",
    "floor_area_m2",
    "floors",
    "ground_area_m2",
    "year_built",
    "heritage_level",
    "synthetic",
)
FACILITY_COLUMNS = ("facility_id", "service_id", "name", "x", "y", "capacity")

_NUMBER = re.compile(r"\d+(\.\d+)?")
_YEAR = re.compile(r"\b1\d{3}\b|\b20\d{2}\b")


@dataclass(frozen=True)
class _Thing:
    """A tagged point or area, in metres."""

    id: str
    tags: Mapping[str, str]
    shape: Any


def read_osm_sites(path: Path, crs: str, wanted: OsmTags) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read candidate buildings and facilities.

    A building whose tags make it a facility, or that stands on the ground of one, is in use and
    no candidate. A facility within the area of another of the same service is the same facility,
    and left out. The floor area is the footprint times the levels above ground; the building is
    marked synthetic where the map does not state these.

    Parameters
    ----------
    path
        An extract that the `osmium` package reads.
    crs
        CRS of the result, projected, in metres.
    wanted
        Which tags make a facility or a candidate.

    Returns
    -------
    tuple of pandas.DataFrame
        Buildings and facilities, with `BUILDING_COLUMNS` and `FACILITY_COLUMNS`; ids are ``n``,
        ``w`` or ``r`` and the number of the OSM node, way or relation.

    Raises
    ------
    InstanceError
        When the file is missing or no extract, or when `osmium` is not installed.
    """
    things = sorted(_things(path, crs, wanted), key=lambda t: (-t.shape.area, t.id))
    serving: list[tuple[str, _Thing]] = []
    buildings: list[dict[str, object]] = []
    for thing in things:
        services = [s for s, f in wanted.facilities.items() if matches(f.tags, thing.tags)]
        around = {service for service, other in serving if other.shape.covers(thing.shape)}
        if services:
            if services[0] not in around:
                serving.append((services[0], thing))
        elif not around and (building := _building(thing, wanted.buildings)) is not None:
            buildings.append(building)
    facilities = [_facility(thing, s, wanted.facilities[s].capacity) for s, thing in serving]
    return (
        pd.DataFrame(buildings, columns=BUILDING_COLUMNS),
        pd.DataFrame(facilities, columns=FACILITY_COLUMNS),
    )


def matches(wanted: Tags, tags: Mapping[str, str]) -> bool:
    """Whether any of the wanted keys has one of its values; ``*`` stands for every value.

    A tag may list several values separated by semicolons.
    """
    for key, values in wanted.items():
        given = tags.get(key)
        if given is not None and ("*" in values or set(given.split(";")) & set(values)):
            return True
    return False


def _things(path: Path, crs: str, wanted: OsmTags) -> Iterator[_Thing]:
    """Yield points and areas that carry any of the keys asked for."""

    def in_metres(points: FloatArray) -> FloatArray:
        return np.column_stack(project(points[:, 0], points[:, 1], crs))

    processor = open_extract(path)
    import osmium

    keys = {"building", *(key for f in wanted.facilities.values() for key in f.tags)}
    processor.with_areas(osmium.filter.KeyFilter(*keys))
    processor.with_filter(osmium.filter.KeyFilter(*keys))
    wkb = osmium.geom.WKBFactory()
    for thing in extract_objects(processor, path):
        tags = {tag.k: tag.v for tag in thing.tags}
        if thing.is_node() and thing.location.valid():
            name, shape = f"n{thing.id}", shapely.Point(thing.location.lon, thing.location.lat)
        elif thing.is_area():
            name = f"{'w' if thing.from_way() else 'r'}{thing.orig_id()}"
            shape = shapely.from_wkb(wkb.create_multipolygon(thing))
        else:
            continue
        yield _Thing(name, tags, shapely.transform(shape, in_metres))


def _facility(thing: _Thing, service_id: str, capacity: float | None) -> dict[str, object]:
    x, y = _point(thing.shape)
    stated = _NUMBER.fullmatch(thing.tags.get("capacity", ""))
    return {
        "facility_id": thing.id,
        "service_id": service_id,
        "name": thing.tags.get("name", ""),
        "x": x,
        "y": y,
        "capacity": float(stated[0]) if stated and float(stated[0]) > 0 else capacity,
    }


def _building(thing: _Thing, rules: BuildingTags) -> dict[str, object] | None:
    """Return a candidate, or None for a thing that is none."""
    tags = thing.tags
    kind = next((name for name, wanted in rules.classes.items() if matches(wanted, tags)), None)
    if kind is None or "building" not in tags or matches(rules.never, tags):
        return None
    stated = _NUMBER.match(tags.get("building:levels", ""))
    levels = max(float(stated[0]), 1.0) if stated else rules.levels_unknown
    ground = round(thing.shape.area, 1)
    if ground * levels < rules.min_floor_area_m2:
        return None
    x, y = _point(thing.shape)
    year = _YEAR.search(tags.get("start_date", ""))
    address = f"{tags.get('addr:street', '')} {tags.get('addr:housenumber', '')}".strip()
    return {
        "building_id": thing.id,
        "name": tags.get("name", ""),
        "address": address,
        "class": kind,
        "owner": tags.get("owner", tags.get("operator", "")),
        "x": x,
        "y": y,
        "floor_area_m2": round(ground * levels, 1),
        "floors": round(levels) if stated else None,
        "ground_area_m2": ground,
        "year_built": int(year[0]) if year else None,
        "heritage_level": tags.get("heritage"),
        "synthetic": not stated,
    }


def _point(shape: Any) -> tuple[float, float]:
    inside = shapely.point_on_surface(shape)
    return round(inside.x, 2), round(inside.y, 2)
