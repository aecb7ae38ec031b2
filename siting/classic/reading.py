"""From files or tables to a `Problem`, with everything that is wrong said at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from siting.classic.distances import great_circle_costs, straight_costs
from siting.classic.network import network_costs, network_of
from siting.classic.problem import Costs, Floats, Points, Problem, Sites
from siting.classic.tables import MATRIX, demand_table, site_table
from siting.errors import Finding, InstanceError
from siting.geo import looks_like_degrees, project, suggest_crs
from siting.instance.cells import machine_name, type_cells
from siting.instance.formats import RawTable, Source, raw_table, read_files
from siting.instance.given import GivenTable, nearest_of, shown
from siting.instance.tables import NETWORK_EDGES, NETWORK_NODES, Table

Given: TypeAlias = pd.DataFrame | Path | str
"""A table, or the file that holds it."""

_READ = (".csv", ".parquet")
_ALIKE = 0.75
_TOWN_DEG = 2.0


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where a problem comes from.

    Attributes
    ----------
    demand
        None where the problem has no demand points.
    matrix
        Costs in long form; None measures them.
    network
        Folder of ``network_nodes`` and ``network_edges``, or the two tables; None for straight
        lines.
    """

    demand: Given | None
    sites: Given
    matrix: Given | None = None
    network: Path | str | tuple[Given, Given] | None = None


def read_problem(name: str, sources: Sources, *, cutoff: float = np.inf) -> Problem:
    """Read and check what a problem is given.

    Pairs farther than `cutoff` are left out.

    Raises
    ------
    InstanceError
        When anything is wrong with it; carries all findings.
    """
    findings: list[Finding] = []
    located = sources.matrix is None
    if sources.matrix is not None and sources.network is not None:
        rule = "stands for the costs, and so does the matrix"
        findings.append(Finding(place="network", rule=rule, remedy="give one of the two"))
    sites = _read(site_table(located=located), sources.sites, findings)
    demand = None
    if sources.demand is not None:
        demand = _read(demand_table(located=located), sources.demand, findings)
    tables = [table for table in (demand, sites) if table is not None]
    findings += [finding for table in tables for finding in _repeated(table)]
    matrix = None
    if sources.matrix is not None:
        matrix = _read(MATRIX, sources.matrix, findings)
        findings += _repeated(matrix)
        findings += _unknown(matrix, "demand_id", demand if demand is not None else sites)
        findings += _unknown(matrix, "site_id", sites)
    findings += _unfilled(demand, "weight") + _unfilled(sites, "cost")
    if located:
        findings += [finding for table in tables for finding in _misplaced(table)]
        findings += _mixed(tables)
    _stop_at_errors(name, findings)
    kept = (sites.frame["status"] != "forbidden").to_numpy()
    seen = _points(demand) if demand is not None else None
    there = _sites(sites, kept)
    ids = seen.ids if seen is not None else there.ids
    if matrix is not None:
        costs = _given_costs(matrix, ids, there.ids).within(cutoff, strict=False)
    else:
        sites_at = _coordinates(sites)[kept]
        points_at = _coordinates(demand) if demand is not None else sites_at
        costs = _measured(sources, tables[0], (points_at, sites_at), cutoff, findings)
    _stop_at_errors(name, findings)
    points = seen or Points(ids=ids, weight=np.ones(len(ids)))
    return Problem(name=name, points=points, sites=there, costs=costs, warnings=tuple(findings))


def _stop_at_errors(name: str, findings: list[Finding]) -> None:
    if any(finding.severity == "error" for finding in findings):
        raise InstanceError(name, findings)


def _read(table: Table, given: Given, findings: list[Finding]) -> GivenTable:
    """Return a typed table; what is wrong joins the findings."""
    if isinstance(given, pd.DataFrame):
        frame = given if isinstance(given.index, pd.RangeIndex) else given.reset_index()
        raw = raw_table(table.name, frame)
    else:
        raw = _raw_file(table, Path(given))
    typed, faults = type_cells(table, raw)
    findings += [_milder(fault, table) for fault in faults]
    for name in ("weight", "cost", "capacity"):  # told from a column that is there but empty
        column = table.column(name)
        if column and not column.required and name not in _named(table, raw):
            typed = replace(typed, frame=typed.frame.drop(columns=name))
    return typed


def _raw_file(table: Table, file: Path) -> RawTable:
    if not file.is_file():
        raise InstanceError(str(file), [Finding(place=str(file), rule="no such file")])
    if file.suffix.lower() not in _READ:
        finding = Finding(place=file.name, rule=f"must be {' or '.join(_READ)}")
        raise InstanceError(str(file), [finding])
    raw, faults = read_files({table.name: Source(file=file)})
    if faults:
        raise InstanceError(str(file), faults)
    return raw[table.name]


def _named(table: Table, raw: RawTable) -> set[str]:
    return {machine_name(table, header) for header in raw.header}


def _milder(fault: Finding, table: Table) -> Finding:
    """Return a column of the user's own as a warning; one that looks misspelt stays an error."""
    if fault.rule != "no such column":
        return fault
    known = [name for c in table.columns for name in (c.name, c.alias_zh)] + ["lon", "lat"]
    if get_close_matches(fault.column, known, n=1, cutoff=_ALIKE):
        return fault
    return replace(fault, severity="warning", rule="is not read", remedy="")


def _repeated(table: GivenTable) -> list[Finding]:
    key = list(table.declared.key)
    known = table.frame[key].notna().all(axis=1)
    again = (table.frame.duplicated(key) & known).to_numpy()
    return table.findings(
        again,
        ", ".join(key),
        "is given twice",
        value=lambda i: ", ".join(shown(v) for v in table.frame[key].iloc[i]),
    )


def _unknown(table: GivenTable, column: str, other: GivenTable) -> list[Finding]:
    known = other.frame.iloc[:, 0].dropna()
    names = table.frame[column]
    strange = (names.notna() & ~names.isin(known)).to_numpy()
    what = "demand point" if other.declared.name == "demand" else "site"
    return table.findings(
        strange,
        column,
        f"no such {what}",
        lambda i: nearest_of(str(names.iloc[i]), list(known)),
    )


def _unfilled(table: GivenTable | None, column: str) -> list[Finding]:
    if table is None or column not in table.frame:
        return []
    empty = table.frame[column].isna()
    if "status" in table.frame:
        empty &= table.frame["status"].isin(["candidate", "required"])
    return table.findings(empty.to_numpy(), column, "must be filled", value="")


def _kind(table: GivenTable) -> str:
    return "lon, lat" if {"lon", "lat"} <= set(table.frame.columns) else "x, y"


def _coordinates(table: GivenTable) -> Floats:
    return table.frame[_kind(table).split(", ")].to_numpy(float)


def _misplaced(table: GivenTable) -> list[Finding]:
    if not {"x", "y"} <= set(table.frame.columns):
        return []
    a, b = _coordinates(table).T
    if _kind(table) == "lon, lat":
        return [
            *table.findings(np.abs(a) > 180, "lon", "must be between -180 and 180"),  # noqa: PLR2004
            *table.findings(np.abs(b) > 90, "lat", "must be between -90 and 90"),  # noqa: PLR2004
        ]
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if len(a) > 1 and looks_like_degrees(a, b).all() and max(np.ptp(a), np.ptp(b)) < _TOWN_DEG:
        remedy = "call the columns lon and lat to measure in metres"
        rule = "look like degrees and are measured in their own unit"
        return [table.about("x, y", rule, remedy, severity="warning")]
    return []


def _mixed(tables: list[GivenTable]) -> list[Finding]:
    if len({_kind(table) for table in tables}) == 1:
        return []
    said = ", ".join(f"{table.place} has {_kind(table)}" for table in tables)
    rule = "coordinates must be of one kind"
    return [Finding(place=tables[0].place, rule=rule, remedy=said)]


def _points(table: GivenTable) -> Points:
    frame = table.frame
    weight = frame["weight"].to_numpy(float) if "weight" in frame else np.ones(len(frame))
    return Points(ids=frame["demand_id"].to_numpy(object), weight=weight)


def _sites(table: GivenTable, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Sites:
    frame = table.frame[kept]
    price = frame["cost"].fillna(0.0) if "cost" in frame else np.ones(len(frame))
    capacity = frame["capacity"] if "capacity" in frame else np.full(len(frame), np.nan)
    capacity = np.asarray(capacity, float)
    return Sites(
        ids=frame["site_id"].to_numpy(object),
        price=np.asarray(price, float),
        capacity=np.where(np.isnan(capacity), np.inf, capacity),
        existing=(frame["status"] == "existing").to_numpy(),
        required=(frame["status"] == "required").to_numpy(),
        priced="cost" in frame,
    )


def _given_costs(matrix: GivenTable, points: Iterable[str], sites: Iterable[str]) -> Costs:
    row, column = (pd.Index(list(ids)) for ids in (points, sites))
    point = row.get_indexer(pd.Index(matrix.frame["demand_id"]))
    site = column.get_indexer(pd.Index(matrix.frame["site_id"]))
    kept = (point >= 0) & (site >= 0)  # a forbidden site has no position
    cost = matrix.frame["cost"].to_numpy(float)
    return Costs.sorted(point[kept].astype(np.int64), site[kept].astype(np.int64), cost[kept])


def _measured(
    sources: Sources,
    first: GivenTable,
    ends: tuple[Floats, Floats],
    cutoff: float,
    findings: list[Finding],
) -> Costs:
    """Return costs along the network where one is given, else along straight lines."""
    degrees = _kind(first) == "lon, lat"
    points, sites = ends
    if sources.network is None:
        measure = great_circle_costs if degrees else straight_costs
        return measure(points, sites, cutoff)
    nodes, edges = _network_tables(sources.network, findings)
    findings += _mixed([first, nodes])
    _stop_at_errors("network", findings)
    nodes_at = _coordinates(nodes)
    if degrees:
        crs = suggest_crs(nodes_at[:, 0], nodes_at[:, 1])
        places = (points, sites, nodes_at)
        metric = [np.column_stack(project(one[:, 0], one[:, 1], crs)) for one in places]
        points, sites, nodes_at = metric
    network = network_of(nodes.frame, edges.frame, nodes_at)
    return network_costs(network, points, sites, cutoff)


def _network_tables(
    given: Path | str | tuple[Given, Given], findings: list[Finding]
) -> tuple[GivenTable, GivenTable]:
    if isinstance(given, tuple):
        files: tuple[Given, Given] = given
    else:
        files = (_file_in(Path(given), "network_nodes"), _file_in(Path(given), "network_edges"))
    nodes, edges = (
        _read(NETWORK_NODES, files[0], findings),
        _read(NETWORK_EDGES, files[1], findings),
    )
    findings += _repeated(nodes) + _repeated(edges)
    known = nodes.frame["node_id"]
    for end in ("u", "v"):
        strange = (edges.frame[end].notna() & ~edges.frame[end].isin(known)).to_numpy()
        findings += edges.findings(strange, end, "no such node")
    _stop_at_errors("network", findings)
    return nodes, edges


def _file_in(folder: Path, name: str) -> Path:
    for suffix in _READ:
        if (folder / f"{name}{suffix}").is_file():
            return folder / f"{name}{suffix}"
    finding = Finding(place=str(folder), rule=f"has no {name}.csv or {name}.parquet")
    raise InstanceError(str(folder), [finding])
