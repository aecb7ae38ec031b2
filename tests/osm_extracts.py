"""Small OpenStreetMap extracts for tests, drawn in metres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import osmium
from osmium.osm import Box, Location
from osmium.osm.mutable import Node, Way

from siting.geo import to_lonlat

CRS = "EPSG:32635"
EAST, NORTH = 385_000.0, 6_672_000.0
"""Where the origin of the drawings lies: central Helsinki."""

Points = Mapping[int, tuple[float, float]]
Tagged = tuple[int, Mapping[str, str], Sequence[int]]


def write_extract(
    path: Path,
    nodes: Points,
    ways: Sequence[Tagged],
    tagged_nodes: Mapping[int, Mapping[str, str]] | None = None,
) -> Path:
    """Write nodes (metres from the origin) and ways (id, tags, node ids) as an extract.

    The positions of an extract are rounded to 1e-7 degrees, about a centimetre. The header states
    an area around the origin.
    """
    header = osmium.io.Header()
    header.add_box(Box(Location(24.93, 60.15), Location(24.95, 60.18)))
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
        for number, (x, y) in sorted(nodes.items()):
            lon, lat = to_lonlat(EAST + x, NORTH + y, CRS)
            tags = dict((tagged_nodes or {}).get(number, {}))
            writer.add_node(Node(id=number, location=(float(lon), float(lat)), tags=tags))
        for number, tags, refs in sorted(ways):
            writer.add_way(Way(id=number, nodes=list(refs), tags=dict(tags)))
    return path
