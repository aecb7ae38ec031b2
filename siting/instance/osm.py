"""The walking network of an OpenStreetMap extract."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from siting.errors import Finding, InstanceError
from siting.geo import project

if TYPE_CHECKING:
    import osmium

log = logging.getLogger(__name__)

WALKED = frozenset(
    {
        "footway",
        "pedestrian",
        "path",
        "steps",
        "living_street",
        "residential",
        "unclassified",
        "road",
        "service",
        "track",
        "cycleway",
        "bridleway",
        "tertiary",
        "tertiary_link",
        "secondary",
        "secondary_link",
        "primary",
        "primary_link",
    }
)
"""Values of ``highway`` that people walk along unless told otherwise."""

WALKED_IF_MARKED = frozenset({"trunk", "trunk_link"})
"""Values of ``highway`` walked only where a pavement or the right to walk is on record."""

_PERMITTED = frozenset({"yes", "designated", "permissive", "destination", "official"})
_CLOSED = frozenset({"no", "private"})
_PAVEMENT = frozenset({"yes", "both", "left", "right", "separate"})


@dataclass(frozen=True)
class _Stretch:
    """A run of nodes along one way, all with known positions."""

    way: int
    kind: str
    tunnel: bool
    nodes: tuple[int, ...]


def walkable(tags: Mapping[str, str]) -> bool:
    """Whether people may walk along a way with these tags.

    Motorways, ways still planned or under construction, platforms and everything else not in
    `WALKED` are left out; so are ways closed to walkers (``foot=no|private|use_sidepath``) and
    ways closed to all (``access=no|private``) that do not say that walkers may pass.
    """
    foot = tags.get("foot", "")
    if foot in _CLOSED or foot == "use_sidepath":
        return False
    if tags.get("access") in _CLOSED and foot not in _PERMITTED:
        return False
    kind = tags.get("highway", "")
    if kind in WALKED_IF_MARKED:
        return foot in _PERMITTED or any(
            tags.get(key) in _PAVEMENT
            for key in ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")
        )
    return kind in WALKED


def read_osm_network(path: Path, crs: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the walking network of an extract as the tables `network_nodes` and `network_edges`.

    Ways are split where they meet, so every edge runs from junction to junction or to a dead
    end. Ways cut off by the border of the extract end at their last known node. An edge that
    would return to its own start is split at its middle node. Tunnels are flagged; a tunnel of
    kind ``service`` is kept in the table for the record and is not walked.

    Parameters
    ----------
    path
        An extract that the `osmium` package reads (.osm.pbf, .osm).
    crs
        CRS of the result, projected, in metres.

    Returns
    -------
    tuple of pandas.DataFrame
        Nodes (``node_id, x, y``) and edges (``edge_id, u, v, length_m, geometry, kind,
        tunnel``); lengths in metres along the geometry (WKT), ids ``n<OSM node>`` and
        ``w<OSM way>-<part>``.

    Raises
    ------
    InstanceError
        When the file is missing or no extract, when `osmium` is not installed, or when nothing
        in it can be walked.
    """
    runs, positions = _walked_runs(path)
    if not runs:
        raise InstanceError(
            path.name,
            [Finding(place=path.name, rule="must hold ways that can be walked (highway=...)")],
        )
    stretches = list(_split(runs))
    used = sorted({node for stretch in stretches for node in stretch.nodes})
    lon, lat = np.array([positions[node] for node in used]).T
    x, y = (np.round(axis, 2) for axis in project(lon, lat, crs))
    index = {node: position for position, node in enumerate(used)}
    ends = sorted({end for s in stretches for end in (s.nodes[0], s.nodes[-1])})
    at = [index[node] for node in ends]
    nodes = pd.DataFrame({"node_id": [f"n{n}" for n in ends], "x": x[at], "y": y[at]})
    lines = [
        shapely.LineString(np.column_stack([x[line], y[line]]))
        for line in ([index[node] for node in stretch.nodes] for stretch in stretches)
    ]
    edges = pd.DataFrame(
        {
            "edge_id": _edge_ids(stretches),
            "u": [f"n{s.nodes[0]}" for s in stretches],
            "v": [f"n{s.nodes[-1]}" for s in stretches],
            "length_m": np.round(shapely.length(lines), 2),
            "geometry": shapely.to_wkt(lines, rounding_precision=2),
            "kind": [s.kind for s in stretches],
            "tunnel": [s.tunnel for s in stretches],
        }
    )
    log.info("%s: %d junctions, %d edges", path.name, len(nodes), len(edges))
    return nodes, edges


def open_extract(path: Path) -> osmium.FileProcessor:
    """Return a processor over an extract, whose objects know their positions.

    Raises
    ------
    InstanceError
        When the file is missing, or `osmium` is not installed.
    """
    try:
        import osmium
    except ImportError:
        finding = Finding(
            place=path.name,
            rule="needs the package osmium",
            remedy='pip install "siting[osm]"',
        )
        raise InstanceError(path.name, [finding]) from None
    if not path.is_file():
        raise InstanceError(str(path), [Finding(place=str(path), rule="no such file")])
    return osmium.FileProcessor(str(path)).with_locations()


def extract_centre(path: Path) -> tuple[float, float] | None:
    """Return lon and lat of the middle of the area that an extract states; None if it does not.

    Raises
    ------
    InstanceError
        When the file is missing or no extract, or when `osmium` is not installed.
    """
    processor = open_extract(path)
    with _damage_told(path):
        box = processor.header.box()
    if not box.valid():
        return None
    corners = box.bottom_left, box.top_right
    return sum(c.lon for c in corners) / 2, sum(c.lat for c in corners) / 2


def extract_objects(processor: osmium.FileProcessor, path: Path) -> Iterator[Any]:
    """Yield the objects of an extract.

    Raises
    ------
    InstanceError
        When the file is not an extract or is damaged.
    """
    with _damage_told(path):
        yield from processor


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        finding = Finding(place=path.name, rule=f"must be an OpenStreetMap extract: {error}")
        raise InstanceError(path.name, [finding]) from error


def _walked_runs(path: Path) -> tuple[list[_Stretch], dict[int, tuple[float, float]]]:
    """Return the walkable ways, cut where a position is unknown, and lon and lat by node."""
    processor = open_extract(path)
    import osmium

    processor.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    processor.with_filter(osmium.filter.KeyFilter("highway"))
    runs: list[_Stretch] = []
    positions: dict[int, tuple[float, float]] = {}
    for way in extract_objects(processor, path):
        tags = {tag.k: tag.v for tag in way.tags}
        if not walkable(tags):
            continue
        run: list[int] = []
        for node in [*way.nodes, None]:
            if node is not None and node.location.valid():
                positions[node.ref] = (node.location.lon, node.location.lat)
                run.append(node.ref)
                continue
            if len(run) > 1:
                tunnel = tags.get("tunnel", "no") not in {"no", "building_passage"}
                runs.append(_Stretch(way.id, tags["highway"], tunnel, tuple(run)))
            run = []
    return runs, positions


def _split(runs: Iterable[_Stretch]) -> Iterator[_Stretch]:
    """Yield the parts of every run between junctions."""
    runs = list(runs)
    visits = Counter(node for run in runs for node in run.nodes)
    visits.update(end for run in runs for end in (run.nodes[0], run.nodes[-1]))
    for run in runs:
        cuts = [i for i, node in enumerate(run.nodes) if visits[node] > 1]
        for start, stop in pairwise(cuts):
            nodes = run.nodes[start : stop + 1]
            if nodes[0] != nodes[-1]:
                yield _Stretch(run.way, run.kind, run.tunnel, nodes)
            elif len(nodes) > 2:  # noqa: PLR2004 - a loop with a node to cut it at
                middle = len(nodes) // 2
                yield _Stretch(run.way, run.kind, run.tunnel, nodes[: middle + 1])
                yield _Stretch(run.way, run.kind, run.tunnel, nodes[middle:])


def _edge_ids(stretches: Iterable[_Stretch]) -> list[str]:
    parts: Counter[int] = Counter()
    ids = []
    for stretch in stretches:
        parts[stretch.way] += 1
        ids.append(f"w{stretch.way}-{parts[stretch.way]}")
    return ids
