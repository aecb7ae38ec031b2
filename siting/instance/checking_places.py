"""Whether places lie where they should, and ways between them are what they seem."""

from __future__ import annotations

import numpy as np
import shapely

from siting.errors import Finding
from siting.geo import (
    CrsError,
    FloatArray,
    check_metric,
    looks_like_degrees,
    looks_swapped,
    within_area,
    zoned_crs,
)
from siting.instance.coordinates import most
from siting.instance.given import Given, GivenTable, plain_number

_LOCATED = ("demand", "buildings", "facilities", "network_nodes")
_SHAPED = ("zones",)
_TOWN_M = 50_000.0
"""Tables of one town do not lie farther apart than this, nor do points from the others."""
_TOWN_DEG = 2.0
_SHORT = 0.9
_ROUNDED_M = 1.0
"""Edges shorter than their chord by no more than this have rounded ends."""
_ENDLESS_MIN = 1e4


def find_errors(given: Given) -> list[Finding]:
    """Return what cannot be measured or walked."""
    findings, sound = [], {}
    crs = given.settings.crs if given.settings else ""
    for name in (*_LOCATED, *_SHAPED):
        xy = _xy(given[name])
        found = _misread(given[name], xy, crs) if len(xy) else []
        findings += found
        if len(xy) and not found:
            sound[name] = xy
    return findings + _far_apart(given, sound) + _sources(given)


def _xy(table: GivenTable) -> FloatArray:
    """Return the known coordinates of a table, those of its shapes' corners too, shape (n, 2)."""
    if table.declared.name in _SHAPED:
        shapes = table.frame["geometry"].to_numpy(object)
        xy = shapely.get_coordinates(shapely.from_wkt(np.where(shapes == "", None, shapes)))
    else:
        xy = table.frame[["x", "y"]].to_numpy(float)
    return xy[np.isfinite(xy).all(axis=1)]


def _column(table: GivenTable) -> str:
    return "geometry" if table.declared.name in _SHAPED else "x, y"


def _misread(table: GivenTable, xy: FloatArray, crs: str) -> list[Finding]:
    x, y = xy.T
    if most(looks_like_degrees(x, y)) and (np.ptp(xy, axis=0) < _TOWN_DEG).all():
        remedy = "name the columns lon and lat" if _column(table) == "x, y" else ""
        return [table.about(_column(table), f"are degrees, must be metres of {crs}", remedy)]
    try:
        check_metric(crs)
    except CrsError:
        return []
    zoned = zoned_crs(x)
    if zoned and not most(within_area(x, y, crs)):
        rule = "eastings begin with the number of their zone"
        return [table.about(_column(table), rule, f'set crs = "{zoned}", or cut it off')]
    if most(looks_swapped(x, y, crs)):
        return [table.about(_column(table), "are swapped", "x is the easting, y the northing")]
    return []


def _far_apart(given: Given, sound: dict[str, FloatArray]) -> list[Finding]:
    """Compare the middle of each table with the one that most others lie near."""
    middles = {name: np.median(xy, axis=0) for name, xy in sound.items()}
    if not middles:
        return []

    def apart(a: FloatArray, b: FloatArray) -> float:
        return float(np.hypot(*(a - b)))

    near = {n: sum(apart(m, o) < _TOWN_M for o in middles.values()) for n, m in middles.items()}
    centre = max(near, key=lambda name: near[name])
    findings = []
    for name, middle in middles.items():
        away = apart(middle, middles[centre])
        if away < _TOWN_M:
            continue
        if apart(middle[::-1], middles[centre]) < _TOWN_M:
            rule, remedy = "are swapped", "x is the easting, y the northing"
        else:
            rule = f"lie {away / 1000:.0f} km from those of {given[centre].place}"
            remedy = "are both in the CRS of the instance?"
        findings.append(given[name].about(_column(given[name]), rule, remedy))
    return findings


def _sources(given: Given) -> list[Finding]:
    nodes, edges = given["network_nodes"], given["network_edges"]
    findings = [
        here.about("", f"needs the table {other.declared.name}")
        for here, other in ((nodes, edges), (edges, nodes))
        if len(here) and not len(other) and not other.damaged
    ]
    source = given.settings.travel.source if given.settings else "auto"
    needed = {"network": edges, "table": given["travel"]}.get(source)
    if needed is not None and not len(needed) and not needed.damaged:
        findings.append(
            Finding(
                place=given.settings_place,
                column="travel.source",
                value=f'"{source}"',
                rule=f"needs the table {needed.declared.name}",
            )
        )
    return findings


def find_strays(given: Given) -> list[Finding]:
    """Return points far from all others, and tables whose points all coincide."""
    findings = []
    tables = [given[name] for name in _LOCATED if len(_xy(given[name]))]
    if not tables:
        return []
    middle = np.median(np.concatenate([_xy(table) for table in tables]), axis=0)
    for table in tables:
        findings += _strays(table, middle)
        xy = _xy(table)
        if len(xy) > 2 and not np.ptp(xy, axis=0).any():  # noqa: PLR2004 - two may coincide
            findings.append(table.about("x, y", "are the same in all rows", severity="warning"))
    return findings


def _strays(table: GivenTable, middle: FloatArray) -> list[Finding]:
    xy = table.frame[["x", "y"]].to_numpy(float)
    away = np.hypot(*(xy - middle).T)
    return table.findings(
        away > _TOWN_M,
        "x, y",
        lambda i: f"lies {away[i] / 1000:.0f} km from the middle of all points",
        value=lambda i: ", ".join(plain_number(v) for v in xy[i]),
        severity="warning",
    )


def find_short_edges(given: Given) -> list[Finding]:
    """Tell of edges that state a length well below that of their chord."""
    nodes, edges = given["network_nodes"].frame, given["network_edges"]
    if not len(edges):
        return []
    at = nodes.set_index("node_id")[["x", "y"]]
    ends = (at.loc[edges.frame[end]].to_numpy(float) for end in ("u", "v"))
    chord_m = np.hypot(*np.subtract(*ends).T)
    length_m = edges.frame["length_m"].to_numpy(float)
    short = np.flatnonzero((length_m < _SHORT * chord_m) & (length_m < chord_m - _ROUNDED_M))
    if not short.size:
        return []
    first = int(short[0])
    return [
        edges.about(
            "length_m",
            f"is much shorter than the straight line of {chord_m[first]:.1f} m",
            f"so in {short.size} of {len(edges)} edges",
            row=int(edges.rows[first]),
            value=plain_number(length_m[first]),
            severity="warning",
        )
    ]


def find_endless_ways(given: Given) -> list[Finding]:
    """Tell of times that seem to stand for what cannot be reached."""
    travel = given["travel"]
    endless = np.flatnonzero(travel.frame["minutes"].to_numpy(float) >= _ENDLESS_MIN)
    if not endless.size:
        return []
    return [
        travel.about(
            "minutes",
            "looks like a mark for what cannot be reached",
            f"leave such pairs out; in {endless.size} of {len(travel)} rows",
            row=int(travel.rows[endless[0]]),
            value=plain_number(travel.frame["minutes"].iloc[int(endless[0])]),
            severity="warning",
        )
    ]


def find_two_sources(given: Given) -> list[Finding]:
    """Tell which of two sources of travel times is used."""
    travel, edges = given["travel"], given["network_edges"]
    auto = given.settings is not None and given.settings.travel.source == "auto"
    if not (auto and len(travel) and len(edges)):
        return []
    rule = f"is used, and not the network of {edges.place}"
    return [travel.about("", rule, "set travel.source to choose", severity="warning")]
