"""Who is served where when rules tie the amounts: a linear program with openings fixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from siting.instance.instance import NEED_GRID
from siting.model.build import Model, written_blocks
from siting.model.equity import LEAST_SHARE
from siting.model.program import Objective, Program, Row
from siting.model.rules.own_zone import crosses
from siting.model.rules.service import WrittenBlock, credits_of
from siting.model.tying import ties_of
from siting.solvers.assignment import (
    least_walking,
    nearest,
    open_with,
    serve_one,
    split,
    with_unserved,
)
from siting.solvers.control import Control
from siting.solvers.highs import solve_with_highs

TYING_TIERS = ("equity", "nearness")
"""Tiers for which all services are one program."""

_SCALE = 1e6
"""Credit in the linear program is in millionths, so that one person is a number near 1."""

_GRAIN = 5e-3
"""Part of a grain of need that an amount of the linear program may miss a whole one by."""

_TRIFLE = 1e-5
"""What a minute of walking counts against one unit of service: it breaks ties only."""

_HELD = 2e-7
"""What a later objective may give up of an earlier one to the solver's tolerance, in units of what
counts most in it: with less HiGHS may find the row infeasible."""

Floats = NDArray[np.float64]


def serve_tied(
    model: Model,
    program: Program,
    opened: NDArray[np.bool_],
    floors: Sequence[float] = (),
    spare: float = 0.0,
) -> dict[int, list[pd.DataFrame]]:
    """Return who is served where by the tied services: parts by year, for `as_service`.

    The program is solved with its openings fixed, service by service and year by year: the most
    service as tier 1 counts it, and of that little walking. Where the worst-served zone is raised
    or people are to walk less, all services are one program. Amounts are rounded to the grid so
    that no rule is broken: where only places are tied, their loads are kept and who goes where is
    an exact flow; else amounts are cut to whole grains and topped up where no rule looks. Where no
    need is given up, a service of which only short ways are asked is an exact flow as well.

    Parameters
    ----------
    floors
        What the tiers after need served must keep of it, by tier; all where none are given.
    spare
        Grains of need beyond its floor that a tier of need served keeps for the cutting.
    """
    tied = [w for w in written_blocks(model) if w.block.tied]
    parts: dict[int, list[pd.DataFrame]] = {}
    if not tied:
        return parts
    gives_up = bool(model.instance.settings.objective.epsilon) or LEAST_SHARE in program.extras
    by_program = [w for w in tied if gives_up or not _is_flow(model, w)]
    kept = (floors, spare) if gives_up else ((), 0.0)
    amounts = _solved(model, program, by_program, opened, kept)
    for written in tied:
        block = written.block
        need = model.instance.need_of(block.year)
        if written in by_program:
            served = _handed_out(model, written, amounts, opened, need)
        else:
            places = open_with(model.decisions, opened, block.year)
            arcs = model.decisions.reach[block.service_id]
            served = serve_one(model.instance, block.service_id, arcs, need, places)
        rows = with_unserved(model.instance, block.service_id, need, served)
        parts.setdefault(block.year, []).append(rows)
    return parts


def _is_flow(model: Model, written: WrittenBlock) -> bool:
    """Whether nothing but short ways ties a service: the most service with the least walking."""
    block, ties = written.block, ties_of(model.instance, written.block.service_id)
    alike = np.all(block.factor == 1.0) and np.all(block.arc_factor == 1.0)
    return bool(alike and not (ties.kinds or ties.outside or ties.least_load))


def _solved(
    model: Model,
    program: Program,
    tied: Sequence[WrittenBlock],
    opened: NDArray[np.bool_],
    kept: tuple[Sequence[float], float],
) -> Floats:
    """Return the values of all columns of `program`; those that are not of tied services are 0."""
    if tied and any(tier.name in TYING_TIERS for tier in program.tiers):
        return _tier_by_tier(model, program, tied, opened, kept)
    values = np.zeros(len(program.column_names))
    for written in tied:
        mine = np.concatenate([written.load, written.part])
        columns, worth = credits_of(written)
        aim = np.zeros(len(values))
        # A service that counts for nothing is served all the same. Walking is a trifle beside it.
        aim[columns] = worth / written.block.value if written.block.value else 1.0
        aim[written.part] -= _TRIFLE * _minutes(model, written)
        part = _part(model, program, mine, opened)
        values[mine] = _point(part, Objective(name="s", coefficients=aim[mine], maximise=True))
    return values


def _tier_by_tier(
    model: Model,
    program: Program,
    tied: Sequence[WrittenBlock],
    opened: NDArray[np.bool_],
    kept: tuple[Sequence[float], float],
) -> Floats:
    """Return the values of all columns where a tier ties all services together.

    Each tier of need served keeps its floor, or all where none is given; then the tiers that tie
    are at their best in order, and of that there is the most service and the least walking.
    """
    floors, spare = kept
    count = len(program.column_names)
    credit, walking = np.zeros(count), np.zeros(count)
    for written in tied:
        columns, worth = credits_of(written)
        credit[columns] = worth * _SCALE if written.block.value else 1.0
        if not written.block.spared_value:  # else its walking is a tier
            walking[written.part] = _minutes(model, written)
    parts = [np.concatenate([written.load, written.part]) for written in tied]
    least = [program.extras[LEAST_SHARE]] if LEAST_SHARE in program.extras else []
    mine = np.concatenate([*parts, np.array(least, np.int64)])
    part = _part(model, program, mine, opened)
    served = [tier for tier in program.tiers if tier.name.startswith("served")]
    enough = [*floors[: len(served)], *[np.inf] * len(served)]
    grain = max((w.block.value * w.block.factor.max(initial=0.0) for w in tied), default=0.0)
    aims = [
        (tier, (floor + spare * grain / NEED_GRID) * tier.scale)
        for tier, floor in zip(served, enough, strict=False)
    ]
    aims += [(tier, np.inf) for tier in program.tiers if tier.name in TYING_TIERS]
    if floors or not all(written.block.value for written in tied):
        aims.append((Objective(name="served", coefficients=credit, maximise=True), np.inf))
    point = np.zeros(len(mine))
    for tier, limit in aims:
        part, point = _holding(part, replace(tier, coefficients=tier.coefficients[mine]), limit)
    if walking.any():
        aim = Objective(name="walking", coefficients=walking[mine], maximise=False)
        point = _point(part, aim)
    values = np.zeros(count)
    values[mine] = point
    return values


def _part(
    model: Model, program: Program, mine: NDArray[np.int64], opened: NDArray[np.bool_]
) -> Program:
    """Return the linear program over some columns, decisions fixed."""
    decided = model.decisions.points(opened)
    chosen = program.matrix[:, mine]
    rows = np.flatnonzero(np.diff(sparse.csr_array(chosen).indptr))
    fixed = program.matrix[rows][:, : len(decided)] @ decided
    return Program(
        column_names=tuple(np.array(program.column_names, object)[mine]),
        lower=program.lower[mine],
        upper=program.upper[mine],
        integer=np.zeros(len(mine), bool),
        grid=program.grid[mine],
        row_names=tuple(program.row_names[i] for i in rows),
        row_lower=program.row_lower[rows] - fixed,
        row_upper=program.row_upper[rows] - fixed,
        matrix=sparse.csr_array(chosen[rows]),
    )


def _point(program: Program, objective: Objective) -> Floats:
    outcome = solve_with_highs(program, objective, gap=0.0, start=None, control=Control())
    if outcome.point is None:
        raise ArithmeticError("openings that keep all rules leave no amounts that do")
    return outcome.point


def _holding(program: Program, objective: Objective, enough: float) -> tuple[Program, Floats]:
    """Return the program that holds an objective at its best, or at what is enough; and a point."""
    point = _point(program, objective)
    columns = np.flatnonzero(objective.coefficients)
    if not len(columns):
        return program, point
    unit = float(np.abs(objective.coefficients).max())
    held = Row(
        name=f"held[{len(program.row_names)}]",
        columns=columns,
        coefficients=objective.coefficients[columns] / unit,
        lower=min(float(objective.coefficients @ point) / unit - _HELD, enough / unit),
    )
    return program.with_rows([held]), point


def _minutes(model: Model, written: WrittenBlock) -> Floats:
    """Return the mean minutes of every way of a block, by need; 0 for an unlimited service."""
    block = written.block
    if block.unlimited:
        return np.zeros(len(written.part))
    arcs = model.decisions.reach[block.service_id]
    class_of = np.full(len(model.instance.units), -1)
    class_of[block.unit] = block.merged
    need = model.instance.need_of(block.year)[arcs.unit].astype(float)
    place = len(model.instance.places)
    key = class_of[arcs.unit].astype(np.int64) * place + arcs.place
    wanted = block.arc_need * place + block.arc_place
    known = (class_of[arcs.unit] >= 0) & np.isin(key, wanted)
    at = np.searchsorted(wanted, key[known])
    total = np.bincount(at, weights=need[known], minlength=len(wanted))
    walked = np.bincount(at, weights=(need * arcs.minutes)[known], minlength=len(wanted))
    return np.asarray(np.where(total > 0, walked / np.where(total > 0, total, 1.0), 0.0))


def _handed_out(
    model: Model,
    written: WrittenBlock,
    values: Floats,
    opened: NDArray[np.bool_],
    need: NDArray[np.int64],
) -> pd.DataFrame:
    """Return ``unit, place, amount, minutes`` of a tied service in one year."""
    block = written.block
    arcs = model.decisions.reach[block.service_id]
    if block.unlimited:
        own = open_with(model.decisions, opened, block.year)
        is_open = np.zeros(len(model.instance.places), bool)
        is_open[own.loc[own["service_id"] == block.service_id, "place"]] = True
        return nearest(arcs.to(is_open), need)
    ties = ties_of(model.instance, block.service_id)
    by_places = not (ties.kinds or ties.nearness) and np.all(block.arc_factor == 1.0)
    if by_places and np.all(block.factor == 1.0):
        load = np.zeros(len(model.instance.places), np.int64)
        load[block.places] = _whole(values[written.load])
        return least_walking(arcs.to(load > 0), need, load)
    amount = _on_grid(model, written, values)
    used = amount > 0
    unit = block.unit
    return split(
        arcs,
        unit.astype(np.int32),
        need,
        block.merged,
        flow_node=block.arc_need[used],
        flow_place=block.arc_place[used],
        flow_amount=amount[used],
    )


def _on_grid(model: Model, written: WrittenBlock, values: Floats) -> NDArray[np.int64]:
    """Return the amounts of a block's ways in whole grains, topped up where no rule looks."""
    block = written.block
    amount = _whole(values[written.part])
    kind = ties_of(model.instance, block.service_id).home_kind
    outside = set(model.decisions.fixed.loc[model.decisions.fixed["outside"], "place"])
    watched = np.isin(block.arc_place, sorted(outside))
    if kind:
        watched |= crosses(written, kind)
    index = np.searchsorted(block.places, block.arc_place)
    room = _whole(values[written.load] + 1 / NEED_GRID * (1 - 2 * _GRAIN))
    np.subtract.at(room, index, amount)
    left = block.need.copy()
    np.subtract.at(left, block.arc_need, amount)
    # What rounding left over goes where it came from first, dearest ways first.
    cut = values[written.part] * NEED_GRID - amount
    parted = np.flatnonzero((cut > _GRAIN) & ~watched)
    for arc in parted[np.lexsort((-cut[parted], -block.arc_factor[parted]))]:
        more = min(1, left[block.arc_need[arc]], room[index[arc]])
        if more > 0:
            amount[arc] += more
            left[block.arc_need[arc]] -= more
            room[index[arc]] -= more
    return amount


def _whole(amounts: Floats) -> NDArray[np.int64]:
    """Return amounts in whole grains, cut down."""
    return np.floor(amounts * NEED_GRID + _GRAIN).astype(np.int64)
