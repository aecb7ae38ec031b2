"""The files of an instance: where each table stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from siting.errors import Finding, InstanceError, nearest
from siting.instance.formats import FORMATS, Source, layer_names, sheet_names
from siting.instance.tables import TABLES

_OFTEN_TRIED = (".xls", ".xlsm", ".ods", ".tsv", ".txt", ".json", ".geojson", ".shp")
_TABLE_OF = {name: t.name for t in TABLES.values() for name in (t.name, t.alias_zh)}
_ALIKE = 0.75


@dataclass(frozen=True, kw_only=True)
class Files:
    """What was found at a path.

    Attributes
    ----------
    sources
        Where each table stands.
    lost
        Tables that the settings place where they are not.
    extracts
        OpenStreetMap extracts, a source of the network.
    findings
        Tables found twice, and files that look like a table but are none.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    extracts: tuple[Path, ...] = ()
    findings: tuple[Finding, ...] = ()


def find_files(path: Path, stated: Mapping[str, str], settings_place: str) -> Files:
    """Find the tables of an instance.

    Parameters
    ----------
    path
        A folder, one GeoPackage, or one workbook.
    stated
        File of a table where `Settings.tables` names it, as ``file`` or ``file#layer``.
    settings_place
        Where `stated` was read from, for findings.
    """
    folder = path if path.is_dir() else path.parent
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found: dict[str, list[Source]] = {}
    findings: list[Finding] = []
    for table, place in stated.items():
        if table in TABLES:
            try:
                found[table] = [_stated_source(folder, table, place, settings_place)]
            except InstanceError as error:
                findings += error.findings
                found[table] = []
    for file in files:
        if file.suffix.lower() in _OFTEN_TRIED and file.stem in _TABLE_OF:
            findings.append(
                Finding(
                    severity="warning",
                    place=file.name,
                    rule="is not read",
                    remedy=f"save it as {', '.join(FORMATS)}",
                )
            )
        try:
            sources = list(_sources_in(file))
        except InstanceError as error:
            findings += error.findings
            continue
        for source in sources:
            name = source.layer or source.file.stem
            table = _TABLE_OF.get(name.strip(), "")
            if table and table not in stated:
                found.setdefault(table, []).append(source)
            elif not table and all(source not in listed for listed in found.values()):
                findings += _misnamed(source, name)
    findings += [
        Finding(
            place=sources[1].place,
            rule=f"table {table} is also given by {sources[0].place}",
            remedy="keep one, or name it in [tables]",
        )
        for table, sources in found.items()
        if len(sources) > 1
    ]
    return Files(
        sources={table: found[table][0] for table in TABLES if found.get(table)},
        lost=tuple(table for table, sources in found.items() if not sources),
        extracts=tuple(f for f in files if f.name.lower().endswith(".osm.pbf")),
        findings=tuple(findings),
    )


def _stated_source(folder: Path, table: str, stated: str, settings_place: str) -> Source:
    name, _, layer = stated.partition("#")
    file = folder / name
    known: list[str] = []
    if not file.is_file() or file.suffix.lower() not in FORMATS:
        rule = "no such file" if not file.is_file() else f"must be {', '.join(FORMATS)}"
        known = [f.name for f in sorted(folder.iterdir())]
    elif file.suffix.lower() not in {".gpkg", ".xlsx"}:
        return Source(file=file)
    else:
        known = [source.layer for source in _sources_in(file)]
        if layer in known:
            return Source(file=file, layer=layer)
        if not layer and len(known) == 1:
            return Source(file=file, layer=known[0])
        rule, name = ("no such layer", layer) if layer else ("must name a layer, as file#layer", "")
    finding = Finding(
        place=settings_place,
        column=f"tables.{table}",
        value=f'"{stated}"',
        rule=rule,
        remedy=nearest(name, known) if rule.startswith("no such") else "",
    )
    raise InstanceError(settings_place, [finding])


def _sources_in(file: Path) -> Iterator[Source]:
    suffix = file.suffix.lower()
    if suffix in {".csv", ".parquet"}:
        yield Source(file=file)
    elif suffix == ".gpkg":
        yield from (Source(file=file, layer=name) for name in layer_names(file))
    elif suffix == ".xlsx" and not file.name.startswith("~$"):
        yield from (Source(file=file, layer=name) for name in sheet_names(file))


def _misnamed(source: Source, name: str) -> list[Finding]:
    close = get_close_matches(name, list(_TABLE_OF), n=1, cutoff=_ALIKE)
    if not close:
        return []
    return [
        Finding(
            severity="warning",
            place=source.place,
            rule="is no table of an instance and is not read",
            remedy=f'nearest: "{close[0]}"',
        )
    ]
