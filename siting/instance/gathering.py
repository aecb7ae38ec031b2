"""Gathering what was given: files, typed tables in metres, and what is wrong with either."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from siting.errors import Finding, InstanceError
from siting.geo import CrsError, Datum, check_metric
from siting.instance.cells import empty_table, type_cells
from siting.instance.coordinates import degrees_to_metres, read_shapes, unfold_shapes
from siting.instance.files import Files, find_files
from siting.instance.formats import RawTable, raw_table, read_files
from siting.instance.given import Given, GivenTable
from siting.instance.osm import read_osm_network
from siting.instance.settings import Settings
from siting.instance.settings_file import read_settings
from siting.instance.tables import DEGREES, TABLES, Table

_NETWORK = ("network_nodes", "network_edges")


def gather(path: Path, datum: str = "") -> tuple[Given, list[Finding]]:
    """Read settings and all tables at a path, right or wrong.

    Returns
    -------
    tuple
        What was given, tables that were not as empty ones; what is wrong with files, headers,
        cells and coordinates, one by one.
    """
    findings = _unusable(path, datum)
    if findings:
        tables = {n: empty_table(t, _place(path, n), damaged=True) for n, t in TABLES.items()}
        return Given(settings=None, settings_place=str(path), tables=tables), findings
    settings, settings_place, findings = read_settings(path)
    if settings and datum:
        settings = settings.model_copy(update={"datum": datum})
    crs, found = _usable_crs(settings, settings_place)
    findings += found
    files = find_files(path, settings.tables if settings else {}, settings_place)
    findings += files.findings
    raw, found = read_files(files.sources)
    findings += found
    network, found = _read_extract(files, raw, crs)
    findings += found
    lost = {*files.lost, *files.sources, *(_NETWORK if found else ())} - set(raw)
    raw |= network
    tables = {}
    for name, table in TABLES.items():
        if name in raw:
            tables[name], found = _type(table, raw[name], crs, _datum(settings))
            findings += found
            continue
        place = files.sources[name].place if name in files.sources else _place(path, name)
        tables[name] = empty_table(table, place, damaged=name in lost or table.required)
        if table.required and name not in lost:
            findings.append(Finding(place=place, rule="table is missing"))
    findings += _unused_datum(settings, settings_place, raw)
    return Given(settings=settings, settings_place=settings_place, tables=tables), findings


def _unusable(path: Path, datum: str) -> list[Finding]:
    findings = []
    if not path.exists():
        findings.append(Finding(place=str(path), rule="no such folder or file"))
    elif path.is_file() and path.suffix.lower() not in {".gpkg", ".xlsx"}:
        findings.append(Finding(place=str(path), rule="must be a folder, a .gpkg or an .xlsx"))
    if datum not in get_args(Datum):
        rule = 'must be "gcj02" or "bd09"'
        findings.append(Finding(place=str(path), column="datum", value=f'"{datum}"', rule=rule))
    return findings


def _datum(settings: Settings | None) -> Datum:
    return settings.datum if settings else ""


def _usable_crs(settings: Settings | None, place: str) -> tuple[str, list[Finding]]:
    """Return the CRS, empty where it cannot be used."""
    if settings is None:
        return "", []
    try:
        check_metric(settings.crs)
    except CrsError as error:
        return "", [Finding(place=place, column="crs", rule=str(error))]
    return settings.crs, []


def _place(path: Path, table: str) -> str:
    return f"{table}.csv" if path.is_dir() else f"{path.name}#{table}"


def _type(table: Table, raw: RawTable, crs: str, datum: Datum) -> tuple[GivenTable, list[Finding]]:
    raw, findings = unfold_shapes(table, raw, crs, datum)
    given, found = type_cells(table, raw)
    findings += found
    given, found = degrees_to_metres(given, crs, datum)
    findings += found
    given, found = read_shapes(given)
    return given, findings + found


def _read_extract(
    files: Files, raw: Mapping[str, RawTable], crs: str
) -> tuple[dict[str, RawTable], list[Finding]]:
    """Return the network of an OpenStreetMap extract as tables."""
    if not files.extracts or not crs:
        return {}, []
    first, *others = files.extracts
    rival = others[0].name if others else next((raw[n].place for n in _NETWORK if n in raw), "")
    if rival:
        rule = f"the network is also given by {rival}"
        return {}, [Finding(place=first.name, rule=rule, remedy="keep one")]
    try:
        network = read_osm_network(first, crs)
    except InstanceError as error:
        return {}, list(error.findings)
    tables = zip(_NETWORK, network, strict=True)
    return {name: raw_table(first.name, frame) for name, frame in tables}, []


def _unused_datum(
    settings: Settings | None, place: str, raw: Mapping[str, RawTable]
) -> list[Finding]:
    """Tell of a datum that no coordinates could be of."""
    datum = _datum(settings)
    headers = {header for table in raw.values() for header in table.header}
    shapes = any(table.geometry is not None for table in raw.values())
    if not datum or shapes or headers & {name for c in DEGREES for name in (c.name, c.alias_zh)}:
        return []
    rule = "no table gives lon and lat that it could apply to"
    value = f'"{datum}"'
    return [Finding(severity="warning", place=place, column="datum", value=value, rule=rule)]
