"""Which hub governs which station."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.reach import find_near
from siting.report.balance import offered, place_zones
from siting.report.labels import Lang, filled, place_names, service_names, zone_names
from siting.solution import Solution
from siting.travel.times import Travel

_COLUMNS = [
    "link_id", "station_id", "station", "zone", "service_id", "service", "hub_id", "hub",
    "hub_service_id", "hub_service", "minutes", "distance_m",
]  # fmt: skip


def hubs_table(
    instance: Instance, travel: Travel, solution: Solution, lang: Lang = "en"
) -> pd.DataFrame:
    """Return for every open station of a link the open hub that it belongs to.

    Of the hubs in its zone and within the minutes of the link, the nearest: by the way on foot
    where it is known, else in a straight line (``distance_m``, metres). An existing station may
    have no such hub; it is listed with an empty ``hub_id``.

    Parameters
    ----------
    solution
        As of the last year.
    """
    if instance.links.empty:
        return pd.DataFrame(columns=_COLUMNS)
    places = instance.places
    position = dict(zip(places["place_id"], range(len(places)), strict=True))
    at = places[["x", "y"]].to_numpy(float)
    near, walks = find_near(instance, travel), _walks(travel)
    open_places = _open_places(instance, solution)
    names, called = service_names(instance, lang), place_names(instance)
    listed = place_zones(instance, instance.zone_kind)
    zones = zone_names(instance, lang)
    rows = []
    for link in instance.links.to_dict("records"):
        stations = open_places[open_places["service_id"] == link["service_id"]]
        if module := filled(link["module_id"]):
            stations = stations[stations["module_id"] == module]
        hubs = open_places.loc[open_places["service_id"] == link["hub_service_id"], "place_id"]
        for station in stations["place_id"].drop_duplicates():
            allowed = _allowed(instance, link, near, position, station, list(hubs))
            start = position[station]
            ways = [
                (walks.get((start, position[hub]), np.inf), _metres(at, start, position[hub]), hub)
                for hub in allowed
            ]
            minutes, metres, hub = min(ways, default=(np.nan, np.nan, ""))
            rows.append(
                {
                    "link_id": link["link_id"],
                    "station_id": station,
                    "station": called[station],
                    "zone": zones[listed[station]],
                    "service_id": link["service_id"],
                    "service": names[link["service_id"]],
                    "hub_id": hub,
                    "hub": called.get(hub, ""),
                    "hub_service_id": link["hub_service_id"],
                    "hub_service": names[link["hub_service_id"]],
                    "minutes": minutes if np.isfinite(minutes) else np.nan,
                    "distance_m": metres,
                }
            )
    table = pd.DataFrame(rows, columns=_COLUMNS)
    order = ["link_id", "hub_id", "station_id"]
    return table.sort_values(order, ignore_index=True)


def _allowed(  # noqa: PLR0917
    instance: Instance,
    link: dict[str, Any],
    near: dict[str, NDArray[np.int64]],
    position: dict[str, int],
    station: str,
    hubs: list[str],
) -> list[str]:
    """Return the hubs that would do for a station, whether it is new or not.

    A branch is no hub of itself.
    """
    if link["hub_service_id"] == link["service_id"]:
        hubs = [hub for hub in hubs if hub != station]
    if kind := filled(link["zone_kind"]):
        zones = place_zones(instance, kind)
        hubs = [hub for hub in hubs if zones[station] and zones[hub] == zones[station]]
    start = position[station]
    if link["link_id"] in near and start < len(instance.buildings):
        ways = near[link["link_id"]]
        close = set(ways[ways[:, 0] == start, 1].tolist()) | {start}
        hubs = [hub for hub in hubs if position[hub] in close]
    return hubs


def _open_places(instance: Instance, solution: Solution) -> pd.DataFrame:
    """Return ``place_id, service_id, module_id`` of all that is open; no module where it stays."""
    fixed = instance.facilities[instance.facilities["building_id"].isna()]
    fixed = fixed.rename(columns={"facility_id": "place_id"})[["place_id", "service_id"]]
    offers = offered(instance, solution.chosen).rename(columns={"building_id": "place_id"})
    modules = solution.chosen["module_id"].to_numpy(object)[offers["row"].to_numpy(int)]
    offers = offers[["place_id", "service_id"]].assign(module_id=modules)
    return pd.concat([fixed.assign(module_id=""), offers], ignore_index=True)


def _walks(travel: Travel) -> dict[tuple[int, int], float]:
    """Return the known minutes on foot between places, by their positions."""
    between = travel.between
    minutes = between.minutes(travel.speeds).tolist()
    keys = zip(between.origin.tolist(), between.destination.tolist(), strict=True)
    return dict(zip(keys, minutes, strict=True))


def _metres(at: NDArray[np.float64], a: int, b: int) -> float:
    return float(np.hypot(*(at[a] - at[b])))
