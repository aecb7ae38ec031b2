"""An OpenStreetMap extract becomes an instance."""

from __future__ import annotations

import logging
from pathlib import Path

import pandas as pd

from siting.errors import Finding, InstanceError
from siting.geo import CrsError, check_metric, suggest_crs
from siting.instance.adopt.adoption import Adoption, Part, Taken, check_free, write_parts
from siting.instance.adopt.mapping import TownMapping, read_mapping
from siting.instance.adopt.sites import read_osm_sites
from siting.instance.adopt.tables import map_parts
from siting.instance.osm import extract_centre, read_osm_network
from siting.instance.writing import write_instance

log = logging.getLogger(__name__)

DEFAULT_MAPPING = Path("osm.toml")
"""Tags, services, modules and costs that are assumed unless a mapping says otherwise."""


def adopt_osm(
    pbf: Path,
    out: Path,
    *,
    demand: Path | None = None,
    mapping: Path = DEFAULT_MAPPING,
    crs: str = "",
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
    crs
        CRS of the instance; the usual one of the place where empty.

    Raises
    ------
    InstanceError
        With everything that is wrong in the mapping, the extract, or the instance they make.
    """
    check_free(out)
    stated = {"title": pbf.name.partition(".")[0], "crs": crs or _usual_crs(pbf)}
    content = read_mapping(mapping, OsmMapping, **stated)
    parts, found = map_parts(content, pbf.parent, mapping.name)
    tables = _from_map(pbf, content)
    for table, frame in tables.items():
        parts.setdefault(table, []).append(_part(table, frame, pbf.name))
    groups = list(dict.fromkeys(str(row.get("group")) for row in content.rows.get("needs", ())))
    if demand is None:
        people = tables["network_nodes"][["x", "y"]].head(1).assign(demand_id="stand-in")
        people[[f"people_{group}" for group in groups]] = 1
    else:
        people = read_foreign(File(file=demand.name), demand.parent, content.instance.crs)
    parts["demand"] = [_part("demand", people, TEMPLATE if demand is None else demand.name)]
    if any(finding.severity == "error" for finding in found):
        raise InstanceError(str(mapping), found)
    instance, findings = join_parts(content.instance, parts, out.name)
    if demand is None:
        instance = instance.replace(demand=instance.demand.head(0))
    write_instance(instance, out)
    notes = [*computed(content)]
    if demand is None:
        _write_template(out / TEMPLATE, groups)
        notes.append(_TO_FILL)
    return Adoption(
        folder=out,
        instance=None if demand is None else instance,
        taken=tuple(part.taken for pieces in parts.values() for part in pieces),
        notes=tuple(notes),
        findings=(*found, *findings),
    )
