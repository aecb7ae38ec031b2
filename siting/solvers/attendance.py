"""Attendance areas: whole communities to at most two schools each, after the solve."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from siting.instance.instance import NEED_GRID, Instance
from siting.model.build import Model
from siting.model.conversions import UNLIMITED
from siting.model.program import YES, Objective, Program
from siting.model.zones import zone_of
from siting.reach import Arcs
from siting.solution import relative_gap
from siting.solvers.assignment import open_with
from siting.solvers.control import Control, Outcome, run_cancellable
from siting.solvers.evaluation import Openings
from siting.solvers.highs import solve_with_highs

log = logging.getLogger(__name__)

MOST_SCHOOLS = 2
"""Schools that one area may be split between."""

SPLITTING_MIN = 0.01
"""Minutes on every child's way that a second school for its area must save."""

ROOM = 1.05
"""Load of a school over its capacity, at most."""

AREA_COLUMNS = (
    "service_id", "zone_kind", "area", "need", "place_id", "pupils", "minutes", "load", "capacity",
    "reason", "gap",
)  # fmt: skip

_LEAST_SHARE = 1e-6
_COMMUNITY = "community"


@dataclass(frozen=True, kw_only=True, eq=False)
class _Areas:
    """Areas and open schools of one service.

    Attributes
    ----------
    names
        Of the areas: a zone, or a demand point that lies in none.
    need
        By area, in units of the service.
    places, capacity
        Positions of the open schools and their capacity, infinite without a limit.
    area, school, minutes
        Pairs that would do: everybody of the area is within the standard and in the own zone;
        mean minutes.
    in_reach
        Whether any school is within the standard of everybody, by area.
    """

    kind: str
    names: NDArray[np.object_]
    need: NDArray[np.float64]
    places: NDArray[np.int64]
    capacity: NDArray[np.float64]
    area: NDArray[np.int64]
    school: NDArray[np.int64]
    minutes: NDArray[np.float64]
    in_reach: NDArray[np.bool_]


def attendance_areas(
    model: Model, reach: Mapping[str, Arcs], opened: Openings, *, seconds: float
) -> pd.DataFrame:
    r"""Assign whole communities to open schools, for every service with a zone of its own.

    .. math:: \max \sum_a need_a \, y_a, \quad \sum_p x_{ap} = y_a, \quad x_{ap} \le z_{ap},
        \quad \sum_p z_{ap} \le 2, \quad \sum_a need_a \, x_{ap} \le 1.05 \, capacity_p

    with :math:`y, z` yes/no and :math:`x` the share of area :math:`a` that goes to :math:`p`; then
    the least walking. A school serves an area where everybody needing it there lives within the
    standard and, but for the share that may cross, in the school's own zone. In the last year.

    Parameters
    ----------
    seconds
        For all services together.

    Returns
    -------
    pandas.DataFrame
        One row per area and school; one with an empty ``place_id`` and a ``reason``
        (``not_in_reach, other_zone, too_large, no_room``) for an area that cannot be whole.
        ``need`` and ``pupils`` in units of the service; ``load`` and ``capacity`` of the school;
        ``gap`` of the service's search, NaN where not known.
    """
    instance = model.instance
    kinds = dict(
        zip(instance.services["service_id"], instance.services["own_zone_kind"], strict=True)
    )
    asked = [s for s, kind in kinds.items() if isinstance(kind, str) and kind and s in reach]
    year = instance.years[-1]
    places = open_with(model.decisions, opened, year)
    end = time.monotonic() + seconds
    tables = []
    for number, service_id in enumerate(asked):
        log.info("assigning communities to schools: %s ...", service_id)
        own = places[places["service_id"] == service_id]
        areas = _areas(instance, service_id, reach[service_id], own, year, kinds[service_id])
        share = (end - time.monotonic()) / (len(asked) - number)
        tables.append(_assigned(instance, service_id, areas, max(share, 0.0)))
    tables = [table for table in tables if len(table)]
    return (
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(AREA_COLUMNS))
    )


def _areas(  # noqa: PLR0917
    instance: Instance,
    service_id: str,
    arcs: Arcs,
    open_places: pd.DataFrame,
    year: int,
    own_kind: str,
) -> _Areas:
    units = instance.units
    need = instance.need_of(year) / NEED_GRID
    members = np.flatnonzero(units["service_id"].eq(service_id).to_numpy(bool) & (need > 0))
    point = units["demand"].to_numpy(np.int64)
    raw = open_places["capacity"].to_numpy(np.int64)
    capacity = np.where(raw == UNLIMITED, np.inf, raw / NEED_GRID)
    places = open_places["place"].to_numpy(np.int64)
    kind = _area_kind(instance, own_kind, float(need[members].sum()), capacity)
    homes = zone_of(instance.demand, kind) if kind else np.full(len(instance.demand), "", object)
    homes = np.where(homes == "", instance.demand["demand_id"].to_numpy(object), homes)
    names, of_member = np.unique(homes[point[members]].astype(str), return_inverse=True)
    total = np.bincount(of_member, weights=need[members], minlength=len(names)).astype(float)
    of_unit = np.full(len(units), -1)
    of_unit[members] = of_member
    school_at = np.full(len(instance.places), -1)
    school_at[places] = np.arange(len(places))
    kept = (of_unit[arcs.unit] >= 0) & (school_at[arcs.place] >= 0)
    unit, school = arcs.unit[kept], school_at[arcs.place[kept]]
    shape = (len(names), len(places))
    within, walked, at_home = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    at = (of_unit[unit], school)
    np.add.at(within, at, need[unit])
    np.add.at(walked, at, need[unit] * arcs.minutes[kept])
    reachable = within >= total[:, None] * (1 - 1e-9)
    zone_b = zone_of(instance.buildings, own_kind)
    zone_f = zone_of(instance.facilities, own_kind)
    school_zone = np.concatenate([zone_b, zone_f])[places]
    member_zone = zone_of(instance.demand, own_kind)[point[members]]
    for column, zone in enumerate(school_zone):
        inside = (member_zone == zone) & (zone != "")
        at_home[:, column] = np.bincount(
            of_member[inside], weights=need[members][inside], minlength=len(names)
        )
    allowed = reachable
    if instance.rule_on("own_zone"):
        services = instance.services.set_index("service_id")
        least = float(services.loc[service_id, "own_zone_share"])
        allowed = reachable & (at_home >= total[:, None] * (least - 1e-9))
    area, school = np.nonzero(allowed)
    return _Areas(
        kind=kind,
        names=names.astype(object),
        need=total,
        places=places,
        capacity=capacity,
        area=area,
        school=school,
        minutes=walked[area, school] / total[area],
        in_reach=np.asarray(reachable.any(axis=1), bool),
    )


def _area_kind(
    instance: Instance, own_kind: str, need: float, capacity: NDArray[np.float64]
) -> str:
    """Return the kind of zone that is assigned whole; empty for demand points.

    Communities where there are any; else the finest kind whose zones two usual schools can hold.
    """
    counts = {
        kind: instance.demand[f"zone_{kind}"].nunique()
        for kind in instance.zone_kinds
        if kind != own_kind and f"zone_{kind}" in instance.demand
    }
    if counts.get(_COMMUNITY):
        return _COMMUNITY
    finest = max(counts, key=lambda kind: counts[kind], default="")
    room = MOST_SCHOOLS * float(capacity.mean()) if len(capacity) else 0.0
    return finest if finest and counts[finest] * room >= need > 0 else ""


def _assigned(instance: Instance, service_id: str, areas: _Areas, seconds: float) -> pd.DataFrame:
    share, gap = _search(areas, seconds)
    used = share > _LEAST_SHARE
    pupils = share[used] * areas.need[areas.area[used]]
    load = np.bincount(areas.school[used], weights=pupils, minlength=len(areas.places))
    ids = instance.places["place_id"].to_numpy(object)
    found = pd.DataFrame(
        {
            "area": areas.area[used],
            "place_id": ids[areas.places[areas.school[used]]],
            "pupils": pupils.round(3),
            "minutes": areas.minutes[used],
            "load": load[areas.school[used]].round(3),
            "capacity": areas.capacity[areas.school[used]],
            "reason": "",
        }
    )
    left = np.setdiff1d(np.arange(len(areas.names)), found["area"])
    missing = pd.DataFrame({"area": left, "place_id": ""})
    missing["reason"] = [_reason(areas, area) for area in left]
    if len(missing):
        missing[["pupils", "minutes", "load", "capacity"]] = np.nan
        found = pd.concat([found, missing], ignore_index=True) if len(found) else missing
    found = found.sort_values(["area", "place_id"], ignore_index=True)
    at = found["area"].to_numpy(np.int64)
    table = found.assign(
        service_id=service_id,
        zone_kind=areas.kind,
        area=areas.names[at],
        need=areas.need[at].round(3),
        capacity=found["capacity"].replace(np.inf, np.nan),
        gap=np.nan if gap is None else gap,
    )
    return table[list(AREA_COLUMNS)]


def _reason(areas: _Areas, area: int) -> str:
    """Return why an area is left over."""
    own = areas.school[areas.area == area]
    if not len(own):
        return "other_zone" if areas.in_reach[area] else "not_in_reach"
    largest = np.sort(areas.capacity[own])[-MOST_SCHOOLS:].sum()
    return "too_large" if areas.need[area] > ROOM * largest else "no_room"


def _search(areas: _Areas, seconds: float) -> tuple[NDArray[np.float64], float | None]:
    """Return the share of each pair, and the gap of the need that is assigned whole."""
    pairs, count = len(areas.area), len(areas.names)
    if not pairs:
        return np.zeros(0), 0.0
    program = _program(areas)
    share, attends, whole = np.split(np.arange(2 * pairs + count), [pairs, 2 * pairs])
    size = len(program.column_names)
    most, least = np.zeros(size), np.zeros(size)
    most[whole] = areas.need
    least[share] = areas.need[areas.area] * areas.minutes
    least[attends] = areas.need[areas.area] * SPLITTING_MIN
    end = time.monotonic() + seconds
    first = _solve(
        program, Objective(name="assigned", coefficients=most, maximise=True), seconds / 2
    )
    if first.point is None:
        return np.zeros(pairs), None
    is_whole = first.point[whole] > YES
    value = float(areas.need @ is_whole)
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[whole] = upper[whole] = is_whole
    held = replace(program, lower=lower, upper=upper)
    walking = Objective(name="walking", coefficients=least, maximise=False)
    second = _solve(held, walking, end - time.monotonic(), start=first.point)
    point = first.point if second.point is None else second.point
    bound = None if first.bound is None else max(value, first.bound)
    return point[share] * (point[attends] > YES), relative_gap(value, bound)


def _program(areas: _Areas) -> Program:
    """Return rows over shares of pairs, whether a pair is used, and whether an area is whole."""
    pairs, count = len(areas.area), len(areas.names)
    pair = np.arange(pairs)
    limited = np.flatnonzero(np.isfinite(areas.capacity))
    of_area = sparse.csr_array((np.ones(pairs), (areas.area, pair)), shape=(count, pairs))
    loads = sparse.csr_array(
        (areas.need[areas.area], (areas.school, pair)), shape=(len(areas.places), pairs)
    )[limited]
    eye, none = sparse.eye_array(pairs), None
    matrix = sparse.block_array(
        [
            [of_area, none, -sparse.eye_array(count)],
            [eye, -eye, none],
            [none, of_area, none],
            [loads, none, none],
        ],
        format="csr",
    )
    names = [f"{areas.names[a]},{s}" for a, s in zip(areas.area, areas.school, strict=True)]
    areas_named = [str(name) for name in areas.names]
    size = 2 * pairs + count
    return Program(
        column_names=(
            *(f"share[{name}]" for name in names),
            *(f"attends[{name}]" for name in names),
            *(f"whole[{name}]" for name in areas_named),
        ),
        lower=np.zeros(size),
        upper=np.ones(size),
        integer=np.arange(size) >= pairs,
        grid=np.where(np.arange(size) >= pairs, 1.0, 0.0),
        row_names=(
            *(f"whole[{name}]" for name in areas_named),
            *(f"attends[{name}]" for name in names),
            *(f"schools[{name}]" for name in areas_named),
            *(f"capacity[{s}]" for s in limited),
        ),
        row_lower=np.concatenate([np.zeros(count), np.full(pairs + count + len(limited), -np.inf)]),
        row_upper=np.concatenate(
            [
                np.zeros(count + pairs),
                np.full(count, float(MOST_SCHOOLS)),
                ROOM * areas.capacity[limited],
            ]
        ),
        matrix=sparse.csr_array(matrix),
    )


def _solve(
    program: Program,
    objective: Objective,
    seconds: float,
    start: NDArray[np.float64] | None = None,
) -> Outcome:
    control = Control().within(max(seconds, 0.1))
    return run_cancellable(
        lambda: solve_with_highs(program, objective, gap=1e-4, start=start, control=control),
        control,
    )
