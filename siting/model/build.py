"""From an instance and its reach to a model, and from the model to rows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from siting.instance.instance import NEED_GRID, Instance
from siting.model.blocks import ServiceBlock, make_blocks
from siting.model.conversions import list_conversions
from siting.model.decisions import Decisions, decide
from siting.model.equity import least_share
from siting.model.nearness import NEARNESS_SCALE, nearness_of, open_where_served
from siting.model.program import Objective, Program
from siting.model.rules import ADMISSION_RULES, DECISION_RULES, SERVICE_RULES
from siting.model.rules.preferences import preferences
from siting.model.rules.service import WrittenBlock, credits_of
from siting.model.value import Value, make_value
from siting.reach import Arcs

log = logging.getLogger(__name__)

SERVED_SCALE = 1e6
"""Tiers of need served are handed to solvers in millionths: one person is a number near 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """What is decided, under which rows, and who could be served.

    Attributes
    ----------
    listed
        Every conversion of `list_conversions` with ``reason`` (empty where admitted), ``field``,
        ``lacking`` and ``to_check`` of the admission rules.
    decisions
        The admitted ones and their columns.
    program
        Rows of the rules over decisions alone, no objective. Where no rule ties amounts of service
        it is infeasible exactly when the whole model is, since serving nobody is allowed.
    value
        What service is worth.
    blocks
        One per service and year.
    """

    instance: Instance
    listed: pd.DataFrame
    decisions: Decisions
    program: Program
    value: Value
    blocks: tuple[ServiceBlock, ...]


def build_model(
    instance: Instance,
    reach: Mapping[str, Arcs],
    near: Mapping[str, NDArray[np.int64]] | None = None,
) -> Model:
    """Return the model of an instance whose scenario has been applied.

    Parameters
    ----------
    near
        See `siting.reach.find_near`; needed where links of services have a limit of minutes.
    """
    listed = admit(instance, reach)
    decisions = decide(instance, listed[listed["reason"] == ""], reach, near)
    count = decisions.count
    rows = [
        row for rule in DECISION_RULES if instance.rule_on(rule.__name__) for row in rule(decisions)
    ]
    program = Program(
        column_names=tuple(decisions.names()),
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.ones(count, bool),
        grid=np.ones(count),
        matrix=sparse.csr_array((0, count)),
    ).with_rows(rows)
    value = make_value(instance, reach)
    blocks = make_blocks(decisions, value)
    log.info(
        "%d conversions listed, %d admitted, %d rows of rules; %d units of need merged to %d",
        len(listed),
        len(decisions.conversions),
        len(rows),
        sum(len(b.unit) for b in blocks),
        sum(len(b.need) for b in blocks),
    )
    return Model(
        instance=instance,
        listed=listed,
        decisions=decisions,
        program=program,
        value=value,
        blocks=blocks,
    )


def served_alone(instance: Instance) -> Instance:
    """Return an instance without the tiers that ask who is served from where; itself without any.

    What can be served is the same. The model of the first is much larger.
    """
    objective = instance.settings.objective
    if not (objective.equity_zone_kind or objective.nearness):
        return instance
    plain = objective.model_copy(update={"equity_zone_kind": "", "nearness": False})
    settings = instance.settings.model_copy(update={"objective": plain})
    return instance.replace(settings=settings)


def admit(instance: Instance, reach: Mapping[str, Arcs]) -> pd.DataFrame:
    """Return all conversions with what the admission rules say of them."""
    listed = list_conversions(instance)
    reason, field, to_check = (np.full(len(listed), "", object) for _ in range(3))
    lacking = np.full(len(listed), np.nan)
    for rule in ADMISSION_RULES:
        if not instance.rule_on(rule.__name__):
            continue
        said = rule(instance, listed, reach)
        newly = said.out & (reason == "")
        reason[newly] = said.reason
        field[newly] = said.field.to_numpy(object)[newly]
        lacking[newly] = said.lacking[newly]
        fields = said.to_check.to_numpy(object)
        asked = fields != ""
        both = zip(to_check[asked], fields[asked], strict=True)
        to_check[asked] = [f"{before};{now}".strip(";") for before, now in both]
    return listed.assign(reason=reason, field=field, lacking=lacking, to_check=to_check)


def written_blocks(model: Model) -> tuple[WrittenBlock, ...]:
    """Return the columns of every block, as `compact` lays them out after the decisions."""
    count = len(model.program.column_names)
    place_ids = model.instance.places["place_id"].to_numpy(object)
    written = []
    for block in model.blocks:
        loads = 1 if block.unlimited else len(block.places)
        parts = len(block.need) if block.unlimited else len(block.arc_need)
        parts = 0 if block.projected else parts
        written.append(
            WrittenBlock(
                decisions=model.decisions,
                block=block,
                load=np.arange(count, count + loads),
                part=np.arange(count + loads, count + loads + parts),
                place_ids=tuple(str(place_ids[p]) for p in block.places),
            )
        )
        count += loads + parts
    return tuple(written)


def compact(model: Model) -> Program:
    """Write the service blocks out as rows and add the tiers, for generic solvers and export.

    Columns after the decisions: for each service and year the loads of its places and one amount
    per way (``load[P,s]``, ``serve[s,k,P]``); for a service without limits the need served and the
    share of each class of need (``load[s]``, ``serve[s,k]``). Further columns of rules stand
    behind them.
    """
    written = written_blocks(model)
    program = model.program
    for block in written:
        program = _with_block(program, block)
    rows = [
        row
        for block in written
        for rule in SERVICE_RULES
        if model.instance.rule_on(rule.__name__)
        for row in rule(block)
    ]
    rows += least_share(written)
    rows += [row for block in written for row in open_where_served(block)]
    program = program.with_rows(rows)
    return replace(program, tiers=_tiers(model, program, written))


def _with_block(program: Program, written: WrittenBlock) -> Program:
    block = written.block
    s = block.service_id
    if block.unlimited:
        names = [written.name("load", s)]
        names += [written.name("serve", s, str(k)) for k in range(len(block.need))]
        upper = np.append(block.need.sum() / NEED_GRID, np.ones(len(block.need)))
    else:
        fixed, option = block.useful_capacity()
        conversions = written.decisions.conversions["service_id"].to_numpy()[block.option_column]
        own = (conversions == s) & ~written.decisions.adds_on[block.option_column]
        # One module of a service at a time, and whatever else may offer it beside.
        largest = np.zeros_like(fixed)
        np.maximum.at(largest, block.option_place[own], option[own])
        most = fixed + largest
        np.add.at(most, block.option_place[~own], np.maximum(option[~own], 0))
        most = np.minimum(most, block.reachable)
        ids = written.decisions.instance.places["place_id"].to_numpy(object)
        names = [written.name("load", p, s) for p in written.place_ids]
        upper = most / NEED_GRID
        if not block.projected:
            names += [
                written.name("serve", s, str(k), str(ids[p]))
                for k, p in zip(block.arc_need, block.arc_place, strict=True)
            ]
            upper = np.append(most, block.need[block.arc_need]) / NEED_GRID
    return program.with_columns(
        names, upper, np.zeros(len(names), bool), np.full(len(names), 1 / NEED_GRID)
    )


def _tiers(
    model: Model, program: Program, written: tuple[WrittenBlock, ...]
) -> tuple[Objective, ...]:
    count = len(program.column_names)
    served = {name: np.zeros(count) for name in model.value.names}
    for block in written:
        name = model.value.tier_of.get(block.block.service_id)
        if name is not None:
            columns, worth = credits_of(block)
            served[name][columns] += worth * SERVED_SCALE
    tiers = [
        Objective(name=name, coefficients=worth, maximise=True, scale=SERVED_SCALE)
        for name, worth in served.items()
    ]
    for name, maximise in (("equity", True), ("targets", False)):
        further = _worths(program, name)
        if further.any():
            tiers.append(Objective(name=name, coefficients=further, maximise=maximise))
    if model.instance.settings.objective.nearness:
        tiers.append(_nearness(count, written))
    money = -_worths(program, "money")
    money[: model.decisions.count] += model.decisions.capital()
    if model.instance.rule_on("preferences"):
        money[: len(model.decisions.conversions)] -= preferences(model.decisions)
    return (*tiers, Objective(name="money", coefficients=money, maximise=False))


def _nearness(count: int, written: tuple[WrittenBlock, ...]) -> Objective:
    spared = np.zeros(count)
    for block in written:
        columns, worth = nearness_of(block)
        spared[columns] = worth * NEARNESS_SCALE
    return Objective(name="nearness", coefficients=spared, maximise=True, scale=NEARNESS_SCALE)


def _worths(program: Program, tier: str) -> NDArray[np.float64]:
    """Return what the extra columns of rules are worth in a tier."""
    worths = np.zeros(len(program.column_names))
    for extra, column in program.extras.items():
        if extra.tier == tier:
            worths[column] += extra.worth
    return worths
