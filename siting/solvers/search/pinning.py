"""A model near a plan that openings alone settle, for a search where rules say more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from siting.instance.instance import NEED_GRID
from siting.model.blocks import ServiceBlock
from siting.model.build import Model, compact, written_blocks
from siting.model.program import YES, Objective, Program
from siting.model.rules.own_zone import crosses
from siting.model.rules.service import WrittenBlock
from siting.model.tying import ties_of
from siting.solvers.control import Control
from siting.solvers.highs import solve_with_highs
from siting.solvers.projection.levels import only

Array = NDArray[Any]
Floats = NDArray[np.float64]

NEAR_GAP = 0.01
"""Gap at which a plan is near enough to what is wanted."""

_TENTHS = 1
"""Decimals of the factors that need counts by in a search."""


class Pinning:
    """Finds plans of a model that rules tie through plain models near plans that it knows."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.plain = plain_model(model)
        self.must = must_hold(model)

    def plan_near(self, wanted: Floats, control: Control) -> Floats | None:
        """Return decisions near what is wanted, 0 to 1 each, that keep all rules; None for none."""
        point = nearest_plan(self.must, wanted, control)
        return None if point is None else np.rint(point[: len(wanted)])

    def around(self, decisions: Floats, control: Control) -> Model | None:
        """Return a plain model of plans near these decisions, None where they break a rule."""
        point = completed(self.must, decisions, control)
        return None if point is None else pinned(self.model, self.plain, point)


def must_hold(model: Model) -> Program:
    """Return the program of what a plan must keep, whatever it is worth."""
    kept = [w.block for w in written_blocks(model) if _asks(model, w.block)]
    return compact(replace(model, blocks=tuple(kept)))


def _asks(model: Model, block: ServiceBlock) -> bool:
    """Whether a rule asks for service of a block that is tied."""
    if not block.tied:
        return False
    ties = ties_of(model.instance, block.service_id)
    last = block.year == model.decisions.last_year
    return ties.least_load or (last and bool(ties.floor_kinds))


def nearest_plan(program: Program, wanted: Floats, control: Control) -> Floats | None:
    """Return a point that keeps all rows with decisions near what is wanted, 0 to 1 each."""
    aim = np.zeros(len(program.column_names))
    aim[: len(wanted)] = 2 * wanted - 1
    near = Objective(name="near", coefficients=aim, maximise=True)
    return solve_with_highs(program, near, gap=NEAR_GAP, start=None, control=control).point


def completed(program: Program, decisions: Floats, control: Control) -> Floats | None:
    """Return a point with these decisions and as many states of rules as can be; None for none."""
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[: len(decisions)] = upper[: len(decisions)] = decisions
    aim = np.zeros(len(lower))
    aim[[column for extra, column in program.extras.items() if extra.integer]] = 1.0
    states = Objective(name="states", coefficients=aim, maximise=True)
    fixed = replace(program, lower=lower, upper=upper)
    return solve_with_highs(fixed, states, gap=0.0, start=None, control=control).point


def pinned(model: Model, plain: Model, point: Floats) -> Model:
    """Return a plain model whose plans keep the rules wherever those depend on a plan's states.

    States of rules and what keeps floors stay as they are in the plan: every plan of the model
    keeps all rules over decisions, and the floors; others may be broken by what they tie.
    """
    count = model.decisions.count
    program = model.program
    states = point[: len(program.column_names)].copy()
    states[:count] = 0.0
    states[program.integer] = np.rint(states[program.integer])
    shift = program.matrix @ states
    decided = sparse.csr_array(program.matrix[:, :count])
    soft = np.flatnonzero(~program.integer)
    softened = np.diff(sparse.csr_array(program.matrix[:, soft]).indptr) > 0
    kept = np.flatnonzero((np.diff(decided.indptr) > 0) & ~softened)
    lower = program.lower[:count].copy()
    floors: list[Array] = []
    for written in written_blocks(model):
        block = written.block
        if not (_asks(model, block) and ties_of(model.instance, block.service_id).floor_kinds):
            continue
        if block.unlimited:
            floors += _covering(model, block, point)
        else:
            opening = np.unique(block.option_column[block.option_capacity > 0])
            lower[opening[point[opening] > YES]] = 1.0
    rows = sparse.csr_array(
        (
            np.ones(sum(map(len, floors))),
            np.concatenate([np.empty(0, np.int64), *floors]),
            np.concatenate([[0], np.cumsum([len(f) for f in floors], dtype=np.int64)]),
        ),
        shape=(len(floors), count),
    )
    pins = Program(
        column_names=program.column_names[:count],
        lower=lower,
        upper=program.upper[:count],
        integer=program.integer[:count],
        grid=program.grid[:count],
        row_names=(
            *(program.row_names[at] for at in kept),
            *(f"floor[{at}]" for at in range(len(floors))),
        ),
        row_lower=np.append(program.row_lower[kept] - shift[kept], np.ones(len(floors))),
        row_upper=np.append(program.row_upper[kept] - shift[kept], np.full(len(floors), np.inf)),
        matrix=sparse.csr_array(sparse.vstack([decided[kept], rows])),
    )
    return replace(plain, program=pins)


def _covering(model: Model, block: ServiceBlock, point: Floats) -> list[Array]:
    """Return sets of conversions, one open in each, that keep the floors of an unlimited service.

    The largest classes of need that the plan covers come first.
    """
    starts = np.searchsorted(block.arc_need, np.arange(len(block.need) + 1))
    near = [block.arc_index[starts[k] : starts[k + 1]] for k in range(len(block.need))]
    today = np.array([bool(np.any(block.fixed[places] != 0)) for places in near])
    sets: list[Array] = []
    for floor in model.instance.settings.zone_floor:
        if floor.service_id != block.service_id:
            continue
        homes = block.homes[floor.zone_kind]
        for zone in sorted(set(homes) - {""}):
            if floor.zones and zone not in floor.zones:
                continue
            inside = np.flatnonzero(homes == zone)
            lacking = floor.share * float(block.need[inside].sum())
            lacking -= float(block.need[inside[today[inside]]].sum())
            closed = inside[~today[inside]]
            for k in closed[np.argsort(-block.need[closed], kind="stable")]:
                if lacking <= 0:
                    break
                opening = np.unique(block.option_column[np.isin(block.option_place, near[k])])
                if point[opening].sum() > YES:
                    sets.append(opening)
                    lacking -= float(block.need[k])
    return sets


def plain_model(model: Model) -> Model:
    """Return a model with plain blocks in the stead of tied ones, about as much worth.

    Nobody crosses borders that only few may, places outside have no more than their cap between
    them, and service that fades counts by its mean. What is served may be more than rules allow.
    """
    blocks: list[ServiceBlock] = []
    for written in written_blocks(model):
        block = written.block
        if block.value > 0:
            blocks += _levels(_untied(model, written)) if block.tied else (block,)
    return replace(model, blocks=tuple(blocks))


def _untied(model: Model, written: WrittenBlock) -> ServiceBlock:
    """Return a block without what ties it, its need counting by tenths of factors."""
    block = written.block
    ties = ties_of(model.instance, block.service_id)
    if ties.outside:
        outside = model.decisions.fixed.loc[model.decisions.fixed["outside"], "place"]
        beyond = np.isin(block.places, outside)
        caps = model.instance.services.set_index("service_id")["outside_cap"].astype(float)
        most = float(caps[block.service_id]) * NEED_GRID
        part = min(1.0, most / max(1, int(block.fixed[beyond].sum())))
        block = replace(block, fixed=np.where(beyond, block.fixed * part, block.fixed).astype(int))
    ways = np.ones(len(block.arc_need), bool)
    if ties.home_kind:
        ways = ~crosses(written, ties.home_kind)
    count = np.bincount(block.arc_need[ways], minlength=len(block.need))
    worth = np.bincount(
        block.arc_need[ways], weights=block.arc_factor[ways], minlength=len(block.need)
    )
    mean = worth / np.maximum(count, 1)
    factor = np.round(block.factor * mean, _TENTHS)
    return replace(
        block,
        factor=factor,
        tied=False,
        by_way=False,
        arc_need=block.arc_need[ways],
        arc_place=block.arc_place[ways],
        arc_factor=np.ones(int(ways.sum())),
    )


def _levels(block: ServiceBlock) -> list[ServiceBlock]:
    factors = np.unique(block.factor[block.factor > 0])
    steps = np.diff(factors, prepend=0.0)
    return [
        replace(
            only(block, block.factor >= least, np.ones(len(block.arc_need), bool)),
            value=block.value * step,
        )
        for least, step in zip(factors, steps, strict=True)
    ]
