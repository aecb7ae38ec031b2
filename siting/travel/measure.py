"""From an instance to `Travel`: which source, how far, and from the cache where possible."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.errors import Finding, InstanceError
from siting.instance.instance import Instance
from siting.travel.cache import cache_file, load_ways, store_ways
from siting.travel.network import decimetres, read_streets
from siting.travel.snapping import snap
from siting.travel.times import DECIMETRES_PER_MINUTE, Between, Pairs, Travel
from siting.travel.ways import Progress, Ways, network_ways, straight_ways

logger = logging.getLogger(__name__)

Source = Literal["network", "straight", "table"]

Points = NDArray[np.float64]
"""Coordinates in metres, shape (n, 2)."""


def measure_travel(
    instance: Instance, *, cache_dir: Path | None = None, progress: Progress | None = None
) -> Travel:
    """Return how far every demand point is from every place.

    Ways longer than the longest standard of any group are left out. The result does not depend
    on the order of rows in the network, nor, but for positions, on that of points and places.

    Parameters
    ----------
    cache_dir
        Folder where network ways are kept from run to run; None keeps none.
    progress
        Called as the search of the network goes on.

    Raises
    ------
    InstanceError
        When the source of travel times that is asked for is not there.
    """
    source = travel_source(instance)
    speeds = instance.settings.speeds_m_s
    if source == "table":
        nothing = np.empty(0, np.int32)
        return Travel(
            source=source,
            demand=nothing,
            place=nothing,
            length_dm=nothing,
            given=_given_minutes(instance),
            speeds=speeds,
            between=_between(instance, lambda xy, limit: _straight_ways(instance, xy, limit)),
        )

    def measure(origin_xy: Points, limit_dm: int) -> Ways:
        if source == "straight":
            return _straight_ways(instance, origin_xy, limit_dm)
        return _network_ways(instance, origin_xy, limit_dm, cache_dir, progress)

    ways = measure(instance.demand[["x", "y"]].to_numpy(float), longest_way_dm(instance))
    logger.info("%s: %d ways between points and places", source, len(ways.demand))
    between = _between(instance, measure)
    return Travel(source=source, **ways._asdict(), speeds=speeds, between=between)


def _between(instance: Instance, measure: Callable[[Points, int], Ways]) -> Between:
    """Return the ways from buildings to places that a link of services could ask for.

    Minutes given in a table hold between people and places only, so that with a table these ways
    are straight lines times the detour factor.
    """
    longest_min = instance.links["within_min"].astype(float).max()
    if math.isnan(longest_min):
        return Between()
    walk = instance.settings.speeds_m_s.walk
    limit_dm = math.ceil(longest_min * DECIMETRES_PER_MINUTE * walk)
    ways = measure(instance.buildings[["x", "y"]].to_numpy(float), limit_dm)
    return Between(origin=ways.demand, destination=ways.place, length_dm=ways.length_dm)


def _straight_ways(instance: Instance, origin_xy: Points, limit_dm: int) -> Ways:
    return straight_ways(
        origin_xy,
        instance.places[["x", "y"]].to_numpy(float),
        detour_factor=instance.settings.travel.detour_factor,
        limit_dm=limit_dm,
    )


def travel_source(instance: Instance) -> Source:
    """Return where travel times come from, ``auto`` resolved.

    Raises
    ------
    InstanceError
        When the settings name a source whose table is empty.
    """
    asked = instance.settings.travel.source
    tables = {"table": "travel", "network": "network_edges"}
    if asked == "auto":
        there: list[Source] = [
            source for source in ("table", "network") if not instance.tables[tables[source]].empty
        ]
        return there[0] if there else "straight"
    if asked in tables and instance.tables[tables[asked]].empty:
        absent = Finding(
            place="instance.toml",
            column="travel.source",
            value=asked,
            rule=f"needs the table {tables[asked]}, which is absent or empty",
            remedy="add the table, or use source = auto",
        )
        raise InstanceError(instance.name, [absent])
    return asked


def longest_way_dm(instance: Instance) -> int:
    """Return the longest way that is within the standard of any service for any group."""
    wanted = instance.needs.merge(instance.services, on="service_id")
    speeds, limits = instance.settings.speeds_m_s, instance.limits_min
    return max(
        (
            math.ceil(limits[service_id] * DECIMETRES_PER_MINUTE * speeds.of(group, mode))
            for group, mode, service_id in zip(
                wanted["group"], wanted["mode"], wanted["service_id"], strict=True
            )
        ),
        default=0,
    )


def _given_minutes(instance: Instance) -> dict[str, Pairs]:
    demand = pd.Series(
        np.arange(len(instance.demand), dtype=np.int32), index=instance.demand["demand_id"]
    )
    places = pd.Series(
        np.arange(len(instance.places), dtype=np.int32), index=instance.places["place_id"]
    )
    rows = pd.DataFrame(
        {
            "demand": demand.loc[instance.travel["origin_id"]].to_numpy(),
            "place": places.loc[instance.travel["destination_id"]].to_numpy(),
            "minutes": instance.travel["minutes"].to_numpy(float),
            "group": instance.travel["group"].fillna("").to_numpy(),
        }
    ).sort_values(["demand", "place"])
    return {
        group: Pairs(
            demand=chosen["demand"].to_numpy(),
            place=chosen["place"].to_numpy(),
            minutes=chosen["minutes"].to_numpy(),
        )
        for group in {"", *rows["group"]}
        for chosen in [rows[rows["group"] == group]]
    }


def _network_ways(
    instance: Instance,
    origin_xy: Points,
    limit_dm: int,
    cache_dir: Path | None,
    progress: Progress | None,
) -> Ways:
    """Return the ways along the streets, from the cache where they are known."""
    streets = read_streets(instance)
    place_xy = instance.places[["x", "y"]].to_numpy(float)
    max_connector_dm = int(decimetres(instance.settings.travel.max_connector_m))
    file = None
    if cache_dir is not None:
        file = cache_file(
            cache_dir,
            {
                "demand": origin_xy,
                "places": place_xy,
                "limits": np.array([limit_dm, max_connector_dm, streets.node_count]),
                "tail": streets.tail,
                "head": streets.head,
                "length": streets.length_dm,
                "shape": streets.shape,
            },
        )
        stored = load_ways(file)
        if stored is not None:
            return stored
    ways = network_ways(
        streets,
        snap(streets, *origin_xy.T),
        snap(streets, *place_xy.T),
        limit_dm=limit_dm,
        max_connector_dm=max_connector_dm,
        progress=progress,
    )
    if file is not None:
        store_ways(file, ways)
    return ways
