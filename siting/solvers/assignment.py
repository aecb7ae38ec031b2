"""Who is served where once openings are fixed: most service first, then the least walking."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID, Instance
from siting.model.conversions import UNLIMITED
from siting.model.decisions import Decisions
from siting.model.merging import merge, runs
from siting.model.offers import facility_offers, total_capacity
from siting.reach import Arcs
from siting.solution import SERVICE_COLUMNS

WALK_GRID = 600
"""Walking is minimised in 1/WALK_GRID minute, a tenth of a second."""


_NOBODY = pd.DataFrame({"unit": [], "place": [], "amount": [], "minutes": []}).astype(
    {"unit": np.int64, "place": np.int64, "amount": np.int64, "minutes": np.float64}
)
"""Parts of service where nobody is served."""


def open_today(instance: Instance) -> pd.DataFrame:
    """Return what is open now: ``place, service_id, capacity`` (position, grid of need)."""
    return facility_offers(instance)[["place", "service_id", "capacity"]]


def open_with(decisions: Decisions, opened: NDArray[np.bool_], year: int) -> pd.DataFrame:
    """Return what is open in a year with a choice of conversions, as `open_today` does."""
    chosen = opened & decisions.active(year)
    offers = decisions.offers[chosen[decisions.offers["row"].to_numpy()]]
    building = decisions.conversions["building"].to_numpy()[offers["row"].to_numpy()]
    new = pd.DataFrame(
        {
            "place": building,
            "service_id": offers["service_id"].to_numpy(),
            "capacity": offers["capacity"].to_numpy(),
        }
    )
    fixed = decisions.fixed[["place", "service_id", "capacity"]]
    both = pd.concat([fixed, new], ignore_index=True)
    if not both.duplicated(["place", "service_id"]).any():
        return both
    return total_capacity(both, ["place", "service_id"]).reset_index()


def serve(
    instance: Instance,
    reach: Mapping[str, Arcs],
    open_places: pd.DataFrame,
    year: int,
    services: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return who is served where in a year from the places that are open.

    For each service the most need that the open places can serve within its standard, and among
    the ways to do that one with the least walking (to a tenth of a second): a minimum-cost maximum
    flow on integers, or the nearest open place where the service has no limits. Exact for these
    openings; rows as `SERVICE_COLUMNS` says. Only the services named, all where none are.
    """
    need = instance.need_of(year)
    parts = [
        with_unserved(
            instance,
            service_id,
            need,
            serve_one(instance, service_id, reach[service_id], need, open_places),
        )
        for service_id in sorted(reach)
        if services is None or service_id in services
    ]
    return as_service(instance, parts, year)


def as_service(instance: Instance, parts: Sequence[pd.DataFrame], year: int) -> pd.DataFrame:
    """Return parts of ``unit, place, amount, minutes`` (grid of need) as `SERVICE_COLUMNS`."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame({c: pd.Series(dtype=object) for c in SERVICE_COLUMNS})
    rows = pd.concat(parts, ignore_index=True)
    unit = rows.pop("unit").to_numpy()
    place = rows.pop("place").to_numpy()
    ids = np.append(instance.places["place_id"].to_numpy(object), "")
    rank = np.empty(len(ids), np.int64)
    rank[np.argsort(ids)] = np.arange(len(ids))
    order = np.lexsort((rank[place], unit))  # units are sorted by their ids
    unit, place, rows = unit[order], place[order], rows.iloc[order]
    names = instance.units[["demand_id", "group", "service_id"]].take(unit)
    return pd.DataFrame(
        {
            **{column: names[column].array for column in names},
            "place_id": pd.Series(ids).array.take(place),
            "amount": rows["amount"].to_numpy() / NEED_GRID,
            "minutes": rows["minutes"].to_numpy(),
            "year": year,
        }
    )


def serve_one(
    instance: Instance,
    service_id: str,
    arcs: Arcs,
    need: NDArray[np.int64],
    open_places: pd.DataFrame,
) -> pd.DataFrame:
    """Return ``unit, place, amount, minutes`` of those served of one service."""
    own = open_places[open_places["service_id"] == service_id]
    capacity = np.zeros(len(instance.places), np.int64)
    limited = own["capacity"] != UNLIMITED
    np.add.at(capacity, own["place"].to_numpy()[limited], own["capacity"].to_numpy()[limited])
    free = np.zeros(len(capacity), bool)
    free[own["place"].to_numpy()[~limited]] = True
    arcs = arcs.to((capacity > 0) | free)
    members = np.flatnonzero(instance.units["service_id"].eq(service_id))
    if not len(members):
        return pd.DataFrame()
    if not limited.any():
        return nearest(arcs, need)
    capacity[free] = need[members].sum()
    return least_walking(arcs, need, capacity)


def with_unserved(
    instance: Instance, service_id: str, need: NDArray[np.int64], served: pd.DataFrame
) -> pd.DataFrame:
    """Return the rows of those served and of what is left of each unit, at place -1."""
    members = np.flatnonzero(instance.units["service_id"].eq(service_id))
    if not len(members):
        return pd.DataFrame()
    done = np.bincount(served["unit"], weights=served["amount"], minlength=len(need))
    left = need[members] - done.astype(np.int64)[members]
    unserved = pd.DataFrame({"unit": members, "place": -1, "amount": left, "minutes": np.nan})
    served = served[served["amount"] > 0]
    return pd.concat([served, unserved[left > 0]], ignore_index=True)


def nearest(arcs: Arcs, need: NDArray[np.int64]) -> pd.DataFrame:
    """Return ``unit, place, amount, minutes``: each unit whole at its nearest place."""
    order = np.lexsort((arcs.place, arcs.minutes, arcs.unit))
    begins = np.append(True, np.diff(arcs.unit) != 0)[: len(order)]
    best = order[begins]
    unit = arcs.unit[best]
    return pd.DataFrame(
        {
            "unit": unit.astype(np.int64),
            "place": arcs.place[best].astype(np.int64),
            "amount": need[unit],
            "minutes": arcs.minutes[best],
        }
    )


def least_walking(arcs: Arcs, need: NDArray[np.int64], capacity: NDArray[np.int64]) -> pd.DataFrame:
    """Return ``unit, place, amount, minutes``: the most service, and of that the least walking."""
    from ortools.graph.python import min_cost_flow

    if not len(arcs.unit):
        return _NOBODY.copy()
    # Units at one point with one speed have the same ways: one node, split again afterwards.
    unit, owner = runs(arcs.unit)
    cost = np.rint(arcs.minutes * WALK_GRID).astype(np.int64)
    way = arcs.place * (cost.max() + 1) + cost
    node, leaders = merge(owner, way, len(unit))
    is_leader = np.zeros(len(unit), bool)
    is_leader[leaders] = True
    kept = is_leader[owner]
    node_need = np.zeros(len(leaders), np.int64)
    np.add.at(node_need, node, need[unit])
    places = np.flatnonzero(np.bincount(arcs.place[kept]))
    place_node = np.searchsorted(places, arcs.place[kept])
    sink = len(leaders) + len(places)

    flow = min_cost_flow.SimpleMinCostFlow()
    tail = node[owner[kept]]
    ways = flow.add_arcs_with_capacity_and_unit_cost(
        tail, place_node + len(leaders), node_need[tail], cost[kept]
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        np.arange(len(leaders), sink),
        np.full(len(places), sink),
        np.minimum(capacity[places], node_need.sum()),
        np.zeros(len(places), np.int64),
    )
    flow.set_nodes_supplies(np.arange(len(leaders)), node_need)
    flow.set_nodes_supplies(np.array([sink]), np.array([-node_need.sum()]))
    status = flow.solve_max_flow_with_min_cost()
    if status != flow.OPTIMAL:
        raise ArithmeticError(f"minimum-cost flow failed: {status}")
    amount = flow.flows(ways)
    used = amount > 0
    return split(
        arcs,
        unit,
        need,
        node,
        flow_node=tail[used],
        flow_place=arcs.place[kept][used].astype(np.int64),
        flow_amount=amount[used],
    )


def split(
    arcs: Arcs,
    unit: NDArray[np.integer],
    need: NDArray[np.int64],
    node: NDArray[np.int64],
    *,
    flow_node: NDArray[np.int64],
    flow_place: NDArray[np.int64],
    flow_amount: NDArray[np.int64],
) -> pd.DataFrame:
    """Hand the flows of merged nodes back to their units, in order, exactly.

    Each flow is from a node to a place; nodes are numbered by `node`, one entry per unit. Within
    each node the needs of its units and the amounts of its flows are laid along one line;
    every stretch between two marks belongs to one unit and one place.
    """
    if not len(flow_node):
        return _NOBODY.copy()
    members = np.lexsort((unit, node))
    flows = np.lexsort((flow_place, flow_node))
    ends_need = np.cumsum(need[unit[members]])
    starts_of_node = np.zeros(int(node.max()) + 1, np.int64)
    np.add.at(starts_of_node, node, need[unit])
    starts_of_node = np.cumsum(starts_of_node) - starts_of_node
    within = np.cumsum(flow_amount[flows])
    _, first, count = np.unique(flow_node[flows], return_index=True, return_counts=True)
    before = np.repeat(within[first] - flow_amount[flows][first], count)
    flow_end = within - before + starts_of_node[flow_node[flows]]
    flow_start = flow_end - flow_amount[flows]
    marks = runs(np.sort(np.concatenate([[0], ends_need, flow_start, flow_end])))[0]
    begin, end = marks[:-1], marks[1:]
    which_flow = np.searchsorted(flow_end, begin, side="right")
    inside = (which_flow < len(flow_end)) & (
        begin >= flow_start[np.minimum(which_flow, len(flow_end) - 1)]
    )
    which_flow, begin, end = which_flow[inside], begin[inside], end[inside]
    who = unit[members[np.searchsorted(ends_need, begin, side="right")]].astype(np.int64)
    place = flow_place[flows[which_flow]]
    # Ways are sorted by unit and place.
    width = int(arcs.place.max()) + 1
    way = np.searchsorted(arcs.unit.astype(np.int64) * width + arcs.place, who * width + place)
    return pd.DataFrame(
        {"unit": who, "place": place, "amount": end - begin, "minutes": arcs.minutes[way]}
    )


def nearest_loads(
    instance: Instance, reach: Mapping[str, Arcs], open_places: pd.DataFrame, year: int
) -> pd.DataFrame:
    """Return the places that would be overloaded if all simply chose the nearest open place.

    Columns ``place_id, service_id, capacity, load`` in units of the service.
    """
    need = instance.need_of(year)
    ids = instance.places["place_id"].to_numpy(object)
    parts = []
    for service_id, arcs in sorted(reach.items()):
        own = open_places[open_places["service_id"] == service_id]
        own = total_capacity(own, ["place"]).sort_index()
        mask = np.zeros(len(ids), bool)
        mask[own.index] = True
        load = nearest(arcs.to(mask), need).groupby("place")["amount"].sum()
        both = pd.DataFrame({"capacity": own, "load": load}).dropna()
        over = both[(both["capacity"] != UNLIMITED) & (both["load"] > both["capacity"])]
        parts.append(
            pd.DataFrame(
                {
                    "place_id": ids[over.index.to_numpy(np.int64)],
                    "service_id": service_id,
                    "capacity": over["capacity"].to_numpy(float) / NEED_GRID,
                    "load": over["load"].to_numpy(float) / NEED_GRID,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
