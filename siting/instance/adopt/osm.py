"""An OpenStreetMap extract becomes an instance."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd

from siting.errors import InstanceError
from siting.geo import suggest_crs
from siting.instance.adopt.adoption import Adoption, Part, Taken, check_free, join_parts
from siting.instance.adopt.foreign import read_foreign
from siting.instance.adopt.mapping import File, OsmMapping, read_mapping
from siting.instance.adopt.sites import read_osm_sites
from siting.instance.adopt.tables import computations, map_parts
from siting.instance.osm import extract_centre, read_osm_network
from siting.instance.writing import write_instance

log = logging.getLogger(__name__)

TEMPLATE = "demand.csv"
"""File that the user fills in where no demand is given."""

DEFAULT_MAPPING = Path("osm.toml")
"""Tags, services, modules and costs that are assumed unless a mapping says otherwise."""


def adopt_osm(
    pbf: Path,
    out: Path,
    demand: Path | None = None,
    *,
    mapping: Path = DEFAULT_MAPPING,
) -> Adoption:
    """Turn an OpenStreetMap extract into an instance: network, buildings and facilities.

    Parameters
    ----------
    pbf
        An extract (.osm.pbf).
    out
        Folder of the instance; must not exist or be empty.
    demand
        Table `demand` as CSV, with the columns of an instance. Without it a template is written
        for the user to fill in.
    mapping
        Tags and everything that no map tells: services, needs, modules, eligibility, budget.
        Where it states no CRS, the usual one of the place is taken.

    Raises
    ------
    InstanceError
        With everything that is wrong in the mapping, the extract, or the instance they make.
    """
    check_free(out)
    centre = extract_centre(pbf)
    crs = suggest_crs(*centre) if centre else ""
    title = pbf.name.partition(".")[0]
    content = read_mapping(mapping, OsmMapping, title=title, crs=crs)
    parts, found = map_parts(content, pbf.parent, mapping.name)
    if any(finding.severity == "error" for finding in found):
        raise InstanceError(str(mapping), found)
    for table, frame in _from_map(pbf, content).items():
        if len(frame):
            parts.setdefault(table, []).append(_part(table, frame, pbf.name))
    if demand is not None:
        people = read_foreign(File(file=demand.name), demand.parent, content.instance.crs)
        parts["demand"] = [_part("demand", people, demand.name)]
    taken = tuple(part.taken for pieces in parts.values() for part in pieces)
    to_fill = "" if "demand" in parts else TEMPLATE
    groups = _groups(content)
    if to_fill:
        parts["demand"] = [_part("demand", _stand_in(parts, groups), TEMPLATE)]
    instance, findings = join_parts(content.instance, parts, out)
    if to_fill:
        instance = instance.replace(demand=instance.demand.head(0))
    write_instance(instance, out)
    if to_fill:
        header = ",".join(["demand_id", "lon", "lat", *(f"people_{group}" for group in groups)])
        (out / TEMPLATE).write_text(f"{header}\n", encoding="utf-8-sig")
    log.info("%s: written", out)
    return Adoption(
        folder=out,
        instance=instance,
        taken=taken,
        computed=tuple(computations(content)),
        to_fill=to_fill,
        findings=(*found, *findings),
    )


def _groups(content: OsmMapping) -> list[str]:
    """Return the groups whose needs the mapping states."""
    needs = content.rows.get("needs", ())
    return list(dict.fromkeys(str(row["group"]) for row in needs if "group" in row))


def _stand_in(parts: dict[str, list[Part]], groups: list[str]) -> pd.DataFrame:
    """Return one person of each group at a junction, so that all other tables can be checked."""
    people = parts["network_nodes"][0].frame[["x", "y"]].head(1).assign(demand_id="1")
    return people.assign(**{f"people_{group}": 1 for group in groups})


def _from_map(pbf: Path, content: OsmMapping) -> dict[str, pd.DataFrame]:
    nodes, edges = read_osm_network(pbf, content.instance.crs)
    buildings, facilities = read_osm_sites(pbf, content.instance.crs, content.osm)
    return {
        "network_nodes": nodes,
        "network_edges": edges,
        "buildings": buildings,
        "facilities": facilities,
    }


def _part(table: str, frame: pd.DataFrame, place: str) -> Part:
    """Return rows of the map or of a table that needs no mapping."""
    rows = range(2, len(frame) + 2) if table == "demand" else [None] * len(frame)
    return Part(
        frame=frame,
        origins=tuple((place, row, f"{table}.") for row in rows),
        taken=Taken(table=table, place=place, read=len(frame), kept=len(frame)),
    )
