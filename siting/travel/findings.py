"""What looks wrong between points and streets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from siting.errors import Finding, InstanceError
from siting.geo import (
    CrsError,
    FloatArray,
    in_china,
    likely_datum,
    project,
    shift_evidence,
    to_lonlat,
)
from siting.instance.instance import Instance
from siting.travel.measure import travel_source
from siting.travel.network import Streets, connected_parts, decimetres, read_streets
from siting.travel.snapping import Snapped, distance_to_street, snap

_LISTED = 10
_LOOSE_SHARE = 0.01
_FEWEST_POINTS = 20
_POINTS = {"demand": "demand_id", "buildings": "building_id", "facilities": "facility_id"}
_DATUM_NAMES = {"gcj02": "GCJ-02", "bd09": "BD-09"}


def travel_findings(instance: Instance) -> list[Finding]:
    """Return what looks wrong in the travel of an instance.

    Errors where the source that is asked for is not there; warnings for points far from any
    street, demand points without any way to a place, streets that do not connect, and points
    that seem to have the shifted coordinates of a map service.
    """
    try:
        source = travel_source(instance)
        streets = None if instance.network_edges.empty else read_streets(instance)
    except InstanceError as error:
        return list(error.findings)
    findings: list[Finding] = []
    if streets is not None:
        findings += _shifted_points(instance, streets)
    if streets is not None and source == "network":
        snapped = {
            table: snap(streets, *getattr(instance, table)[["x", "y"]].to_numpy(float).T)
            for table in _POINTS
        }
        parts = connected_parts(streets)
        findings += _loose_streets(streets, parts)
        findings += _far_points(instance, snapped)
        findings += _cut_off_by_parts(instance, snapped, parts)
    if source == "table":
        findings += _cut_off(
            instance,
            instance.demand["demand_id"].isin(instance.travel["origin_id"]).to_numpy(),
            "have no way to any place in the travel table",
        )
    return findings


def _loose_streets(streets: Streets, parts: NDArray[np.int64]) -> Iterator[Finding]:
    length_dm = np.bincount(parts, weights=streets.length_dm)
    share = 1 - length_dm.max() / length_dm.sum() if length_dm.any() else 0.0
    if share >= _LOOSE_SHARE:
        yield Finding(
            severity="warning",
            place="network_edges",
            value=f"{share:.1%}",
            rule=f"of the street length does not connect to the largest of "
            f"{np.count_nonzero(length_dm)} parts",
            remedy="join streets that meet at one node",
        )


def _far_points(instance: Instance, snapped: dict[str, Snapped]) -> Iterator[Finding]:
    limit_m = instance.settings.travel.max_connector_m
    for table, points in snapped.items():
        far = np.flatnonzero(points.connector_dm > decimetres(limit_m))
        far = far[np.argsort(-points.connector_dm[far], kind="stable")]
        for row in far[:_LISTED]:
            yield _at(
                instance,
                table,
                row,
                f"is {points.connector_dm[row] / 10:,.1f} m from the nearest street, more than "
                f"{limit_m:g} m, and is cut off",
                "move it, complete the network, or raise travel.max_connector_m",
            )
        if far.size > _LISTED:
            rule = f"and {far.size - _LISTED} more points are farther than {limit_m:g} m"
            yield Finding(severity="warning", place=table, rule=rule)


def _cut_off_by_parts(
    instance: Instance, snapped: dict[str, Snapped], parts: NDArray[np.int64]
) -> Iterator[Finding]:
    limit_dm = decimetres(instance.settings.travel.max_connector_m)
    near = {table: points.connector_dm <= limit_dm for table, points in snapped.items()}
    served_parts = np.concatenate(
        [parts[snapped[table].edge[near[table]]] for table in ("buildings", "facilities")]
    )
    connected = np.isin(parts[snapped["demand"].edge], served_parts)
    return _cut_off(
        instance,
        connected | ~near["demand"],
        "have no way to any place: their streets do not connect to one",
    )


def _cut_off(instance: Instance, connected: NDArray[np.bool_], rule: str) -> Iterator[Finding]:
    groups = instance.settings.base.counted_groups or tuple(
        group for group in instance.groups if group != "workers"
    )
    people = instance.demand[[f"people_{group}" for group in groups]].sum(axis=1).to_numpy(float)
    lost = np.flatnonzero(~connected)
    lost = lost[np.argsort(-people[lost], kind="stable")]
    for row in lost[:_LISTED]:
        yield _at(instance, "demand", row, f"{people[row]:,.0f} people {rule}", "")
    if lost.size > _LISTED:
        rest = lost[_LISTED:]
        yield Finding(
            severity="warning",
            place="demand",
            rule=f"and {rest.size} more points, {people[rest].sum():,.0f} people",
        )


def _shifted_points(instance: Instance, streets: Streets) -> Iterator[Finding]:
    crs = instance.settings.crs
    tree = shapely.STRtree(streets.shape)

    def street_m(lon: FloatArray, lat: FloatArray) -> FloatArray:
        points = np.asarray(shapely.points(*project(lon, lat, crs)))
        return distance_to_street(tree, points)

    for table in _POINTS:
        points: pd.DataFrame = getattr(instance, table)
        try:
            lon, lat = to_lonlat(points["x"].to_numpy(float), points["y"].to_numpy(float), crs)
        except CrsError:  # no way to degrees, so no hypothesis to test
            return
        if len(points) < _FEWEST_POINTS or not in_china(lon, lat).all():
            continue
        evidence = shift_evidence(lon, lat, street_m)
        datum = likely_datum(evidence)
        if datum:
            yield Finding(
                severity="warning",
                place=table,
                column="x, y",
                rule=f"seem to be {_DATUM_NAMES[datum]}: the median distance to a street is "
                f"{evidence['']:,.0f} m as given and {evidence[datum]:,.0f} m with that shift "
                "undone",
                remedy=f"--datum {datum}",
            )


def _at(instance: Instance, table: str, row: int, rule: str, remedy: str) -> Finding:
    column = _POINTS[table]
    return Finding(
        severity="warning",
        place=table,
        row=int(row) + 2,
        column=column,
        value=str(getattr(instance, table)[column].iloc[row]),
        rule=rule,
        remedy=remedy,
    )
