"""Who gains from a site of a plan."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.model.build import Model
from siting.model.zones import zone_of
from siting.plan import Options
from siting.reach import Arcs, find_near, find_reach
from siting.solution import Solution
from siting.solvers.assignment import open_today
from siting.travel.measure import measure_travel

GAIN_COLUMNS = ("service_id", "zone_id", "served", "people_new")


def reach_of_town(
    instance: Instance, options: Options
) -> tuple[Mapping[str, Arcs], Mapping[str, NDArray[np.int64]]]:
    """Return who reaches what, and which buildings are near which hubs."""
    travel = measure_travel(instance, cache_dir=options.cache_dir)
    return find_reach(instance, travel), find_near(instance, travel)


def gains_of(
    instance: Instance, solution: Solution, model: Model, building_id: str
) -> pd.DataFrame:
    """Return who gains from a building in the last year, by service and zone.

    Returns
    -------
    pandas.DataFrame
        ``service_id, zone_id`` (of the listing kind, empty for none), ``served`` (units served in
        the building) and ``people_new`` (people of the service's groups within the standard of
        the building and of no place that is open today).
    """
    year = instance.years[-1]
    town = instance.in_year(year) if instance.settings.plan.yearly else instance
    home = dict(zip(town.demand["demand_id"], zone_of(town.demand, town.zone_kind), strict=True))
    here = solution.service[
        (solution.service["place_id"] == building_id) & (solution.service["year"] == year)
    ]
    zone = here["demand_id"].map(home).to_numpy(object)
    served = here.groupby([here["service_id"].to_numpy(object), zone])["amount"].sum()
    new = {
        (service_id, zone_id): people
        for service_id in sorted(_offered(solution, model, building_id))
        for zone_id, people in _people_new(town, model, service_id, building_id).items()
    }
    amounts = {(str(s), str(z)): float(a) for (s, z), a in served.items()}
    keys = sorted({*amounts, *(key for key, people in new.items() if people > 0)})
    rows = [(*key, round(amounts.get(key, 0.0), 3), round(new.get(key, 0.0), 3)) for key in keys]
    return pd.DataFrame(rows, columns=list(GAIN_COLUMNS))


def people_served(instance: Instance, service: pd.DataFrame) -> dict[str, float]:
    """Return by service the people whose need is served in the last year.

    Of a unit of need that is served in part, the same part of its people.

    Parameters
    ----------
    service
        Who is served where, as `Solution.service`.
    """
    year = instance.years[-1]
    town = instance.in_year(year) if instance.settings.plan.yearly else instance
    key = ["demand_id", "group", "service_id"]
    units = town.units
    people = town.demand[[f"people_{g}" for g in town.groups]].to_numpy(float)
    group = pd.Index(town.groups).get_indexer(units["group"])
    each = people[units["demand"].to_numpy(np.int64), group] * NEED_GRID
    units = units.assign(people_each=each / units["need"].to_numpy(float))
    rows = service[(service["place_id"] != "") & (service["year"] == year)]
    amounts = rows.groupby(key)["amount"].sum().reset_index()
    served = amounts.merge(units[[*key, "people_each"]], on=key)
    totals = (served["amount"] * served["people_each"]).groupby(served["service_id"]).sum()
    return {str(s): float(total) for s, total in totals.items()}


def weight_served(instance: Instance, solution: Solution) -> dict[str, float]:
    """Return what each place serves in the last year, in shares of need by weight."""
    need, weight = instance.base_need, instance.services.set_index("service_id")["weight"]
    rows = solution.service[
        (solution.service["place_id"] != "") & (solution.service["year"] == instance.years[-1])
    ]
    each = rows["service_id"].map(
        {s: float(weight[s]) / amount for s, amount in need.items() if amount}
    )
    totals = (rows["amount"] * each.fillna(0.0).astype(float)).groupby(rows["place_id"]).sum()
    return {str(place): float(total) for place, total in totals.items()}


def _offered(solution: Solution, model: Model, building_id: str) -> set[str]:
    """Return the services that the plan offers in a building, beside their own ones too."""
    chosen = solution.chosen[solution.chosen["building_id"] == building_id]
    outputs = model.instance.outputs
    beside = outputs.loc[outputs["module_id"].isin(chosen["module_id"]), "service_id"]
    return {str(s) for s in [*chosen["service_id"], *beside]}


def _people_new(
    instance: Instance, model: Model, service_id: str, building_id: str
) -> dict[str, float]:
    """Return by zone the people within the standard of a building and of no place of today."""
    arcs = model.decisions.reach[service_id]
    today = open_today(instance)
    offering = np.zeros(len(instance.places), bool)
    offering[today.loc[today["service_id"] == service_id, "place"].to_numpy(np.int64)] = True
    position = int(np.flatnonzero(instance.buildings["building_id"] == building_id)[0])
    here = np.unique(arcs.unit[arcs.place == position])
    new = np.setdiff1d(here, arcs.unit[offering[arcs.place]])
    units = instance.units.iloc[new]
    point = units["demand"].to_numpy(np.int64)
    people = instance.demand[[f"people_{g}" for g in instance.groups]].to_numpy(float)
    count = people[point, pd.Index(instance.groups).get_indexer(units["group"])]
    zone = zone_of(instance.demand, instance.zone_kind)[point]
    totals = pd.Series(count).groupby(zone).sum()
    return {str(z): float(n) for z, n in totals.items()}
