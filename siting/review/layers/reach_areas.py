"""Where the people live whom a chosen site reaches in time, as areas on a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.review.run import ReviewedRun

if TYPE_CHECKING:
    import geopandas as gpd

NEAR_M = 60.0
"""How far an area goes around its outermost points; what people are told says so."""

_HULL = 0.35
"""How closely it follows them: 0 for as closely as can be, 1 for the convex hull."""


def reach_areas(run: ReviewedRun) -> gpd.GeoDataFrame:
    """Return one polygon per newly chosen use around the demand points within its standard.

    A concave hull of the points and the site, widened by 60 m; a point counts where any group of
    people reaches the site in time.
    """
    import geopandas as gpd
    import shapely

    results, instance = run.results, run.results.instance
    chosen = results.chosen[results.chosen["status"] == "new"]
    uses = chosen.drop_duplicates(["building_id", "service_id"])
    position = pd.Index(instance.places["place_id"])
    reach = run.plan.model.decisions.reach
    points = instance.demand[["x", "y"]].to_numpy(float)
    sites = instance.places[["x", "y"]].to_numpy(float)
    of_unit = results.balance["demand"].to_numpy(int)
    people = results.balance["people"].to_numpy(float)
    limits = instance.limits_min
    rows, shapes = [], []
    for use in uses.to_dict("records"):
        arcs, place = reach[use["service_id"]], position.get_loc(use["building_id"])
        units = arcs.unit[arcs.place == place]
        near = np.unique(of_unit[units])
        hull = shapely.concave_hull(
            shapely.multipoints(np.vstack([points[near], sites[place]])), ratio=_HULL
        )
        shapes.append(shapely.multipolygons(np.array([shapely.buffer(hull, NEAR_M, quad_segs=4)])))
        rows.append(
            {
                **{key: use[key] for key in ("building_id", "name", "service_id", "service")},
                "standard_min": float(limits[use["service_id"]]),
                "points": len(near),
                "people": float(people[units].sum()),
            }
        )
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=instance.settings.crs)
