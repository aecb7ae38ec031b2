"""Layers of a plan for a GIS: what every map file draws on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.model.zones import zone_of
from siting.report.balance import of_services, people_by_point, share_by_point
from siting.report.basemap import zone_shapes
from siting.report.labels import service_names
from siting.report.results import Results

if TYPE_CHECKING:
    import geopandas as gpd


def place_points(table: pd.DataFrame, key: str, crs: str) -> gpd.GeoSeries:
    """Return the points of a table of places by id."""
    import geopandas as gpd

    points = gpd.points_from_xy(table["x"].astype(float), table["y"].astype(float))
    return gpd.GeoSeries(points, index=table[key], crs=crs)


def facilities_layer(results: Results) -> gpd.GeoDataFrame:
    """Return one point per existing facility."""
    import geopandas as gpd

    instance = results.instance
    points = place_points(instance.facilities, "facility_id", instance.settings.crs)
    names = service_names(instance, results.lang)
    return gpd.GeoDataFrame(
        instance.facilities[["facility_id", "service_id", "name", "capacity"]].assign(
            service=instance.facilities["service_id"].map(names),
            zone_id=zone_of(instance.facilities, instance.zone_kind),
        ),
        geometry=points.to_numpy(),
        crs=points.crs,
    )


def not_chosen_layer(results: Results) -> gpd.GeoDataFrame:
    """Return one point per building that the plan does not use, with the reason."""
    table = results.not_chosen.rename(columns={"class": "building_class"})
    return at_buildings(table, results)


def at_buildings(table: pd.DataFrame, results: Results) -> gpd.GeoDataFrame:
    """Return a table of buildings with their points."""
    import geopandas as gpd

    instance = results.instance
    points = place_points(instance.buildings, "building_id", instance.settings.crs)
    own = points.reindex(table["building_id"]).to_numpy()
    return gpd.GeoDataFrame(table, geometry=own, crs=points.crs)


def demand_layer(results: Results) -> gpd.GeoDataFrame:
    """Return one point per demand point: people, share of need served, need not served."""
    import geopandas as gpd

    instance, balance = results.instance, results.balance
    table = pd.DataFrame(
        {
            "demand_id": instance.demand["demand_id"],
            "zone_id": zone_of(instance.demand, instance.zone_kind),
            "people": people_by_point(instance),
            "share_today": share_by_point(instance, balance, "today"),
            "share_plan": share_by_point(instance, balance, "plan"),
        }
    )
    wide = balance.pivot_table(
        index="demand", columns="service_id", values="unserved_plan", aggfunc="sum", fill_value=0.0
    )
    wide = wide.reindex(range(len(instance.demand)), fill_value=0.0)
    table = table.join(wide.add_prefix("unserved_"))
    points = place_points(instance.demand, "demand_id", instance.settings.crs)
    return gpd.GeoDataFrame(table, geometry=points.to_numpy(), crs=points.crs)


def allocation_layer(results: Results) -> gpd.GeoDataFrame:
    """Return one line per demand point, service and place that serves it."""
    import geopandas as gpd
    import shapely

    instance = results.instance
    buildings = place_points(instance.buildings, "building_id", instance.settings.crs)
    facilities = place_points(instance.facilities, "facility_id", instance.settings.crs)
    served = results.at_end.service
    served = served[served["place_id"] != ""]
    lines = served.groupby(["demand_id", "service_id", "place_id"], as_index=False)["amount"].sum()
    minutes = served.groupby(["demand_id", "service_id", "place_id"])["minutes"].max()
    lines["minutes"] = minutes.to_numpy(float)
    places = pd.concat([pd.Series(buildings), pd.Series(facilities)])
    demand = instance.demand.set_index("demand_id")[["x", "y"]].astype(float)
    ends = shapely.get_coordinates(places.reindex(lines["place_id"]).to_numpy(object))
    starts = demand.loc[lines["demand_id"]].to_numpy()
    geometry = shapely.linestrings(np.stack([starts, ends], axis=1))
    return gpd.GeoDataFrame(lines, geometry=geometry, crs=buildings.crs)


def zones_layer(results: Results) -> pd.DataFrame:
    """Return one row per zone: need served before and after, people without each service."""
    import geopandas as gpd

    instance, table = results.instance, results.zones
    weights = of_services(instance, "weight")
    needed = table[table["need"] > 0].assign(weight=lambda t: t["service_id"].map(weights))
    columns: dict[str, Any] = {"zone": table.groupby("zone_id", sort=False)["zone"].first()}
    for when in ("today", "plan"):
        weighted = (needed[f"share_{when}"] * needed["weight"]).groupby(needed["zone_id"]).sum()
        columns[f"share_{when}"] = weighted / needed.groupby("zone_id")["weight"].sum()
    sums = table.groupby("zone_id", sort=False)[["sites", "cost"]].sum()
    people = pd.Series(people_by_point(instance)).groupby(
        zone_of(instance.demand, instance.zone_kind)
    )
    columns |= {"people": people.sum(), "sites": sums["sites"], "cost": sums["cost"]}
    wide = table.pivot_table(
        index="zone_id", columns="service_id", values="without_plan", aggfunc="sum"
    )
    zones = pd.DataFrame(columns).join(wide.add_prefix("without_"))
    zones = zones.rename_axis("zone_id").reset_index()
    shapes = zone_shapes(instance)
    if shapes.empty:
        return zones
    zones = zones[zones["zone_id"].isin(shapes.index)]
    geometry = shapes.loc[zones["zone_id"]].to_numpy()
    return gpd.GeoDataFrame(zones, geometry=geometry, crs=instance.settings.crs)
