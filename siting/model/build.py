"""From an instance and its reach to a model, and from the model to rows."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from siting.instance.instance import NEED_GRID, Instance
from siting.model.blocks import ServiceBlock, make_blocks
from siting.model.conversions import list_conversions
from siting.model.decisions import Decisions, decide
from siting.model.program import Objective, Program
from siting.model.rules import ADMISSION_RULES, DECISION_RULES, SERVICE_RULES
from siting.model.rules.service import WrittenBlock
from siting.reach import Arcs

log = logging.getLogger(__name__)

SERVED_SCALE = 1e6
"""Tier 1 is handed to solvers in millionths, so that one person is a number near 1."""


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
        Rows of the rules over decisions alone, no objective; infeasible exactly when the whole
        model is, since serving nobody is always allowed.
    blocks
        One per service.
    """

    instance: Instance
    listed: pd.DataFrame
    decisions: Decisions
    program: Program
    blocks: tuple[ServiceBlock, ...]


def build_model(instance: Instance, reach: dict[str, Arcs]) -> Model:
    """Return the model of an instance whose scenario has been applied."""
    listed = admit(instance)
    decisions = decide(instance, listed[listed["reason"] == ""])
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
    blocks = make_blocks(decisions, reach)
    log.info(
        "%d conversions listed, %d admitted, %d rows of rules; %d units of need merged to %d",
        len(listed),
        len(decisions.conversions),
        len(rows),
        sum(len(b.unit) for b in blocks),
        sum(len(b.need) for b in blocks),
    )
    return Model(
        instance=instance, listed=listed, decisions=decisions, program=program, blocks=blocks
    )


def admit(instance: Instance) -> pd.DataFrame:
    """Return all conversions with what the admission rules say of them."""
    listed = list_conversions(instance)
    listed["reason"] = ""
    listed["field"] = ""
    listed["lacking"] = np.nan
    listed["to_check"] = ""
    for rule in ADMISSION_RULES:
        if not instance.rule_on(rule.__name__):
            continue
        said = rule(instance, listed)
        newly = said.out & listed["reason"].eq("").to_numpy()
        listed.loc[newly, "reason"] = said.reason
        listed.loc[newly, "field"] = said.field[newly]
        listed.loc[newly, "lacking"] = said.lacking[newly]
        joined = listed["to_check"] + ";" + said.to_check.astype(str)
        listed["to_check"] = joined.str.strip(";")
    return listed


def compact(model: Model) -> Program:
    """Write the service blocks out as rows and add the tiers, for generic solvers and export.

    Columns after the decisions: for each service the loads of its places and one amount per way
    (``load[P,s]``, ``serve[s,k,P]``); for a service without limits the need served and the share
    of each class of need (``load[s]``, ``serve[s,k]``).
    """
    base = model.program
    count = len(base.column_names)
    names = list(base.column_names)
    uppers = [base.upper]
    served = [np.zeros(count)]
    written = []
    place_ids = model.instance.places["place_id"].to_numpy(object)
    for block in model.blocks:
        ids = tuple(str(place_ids[p]) for p in block.places)
        s = block.service_id
        if block.unlimited:
            loads, parts = [f"load[{s}]"], [f"serve[{s},{k}]" for k in range(len(block.need))]
            load_upper = np.array([block.need.sum() / NEED_GRID])
            part_upper = np.ones(len(parts))
        else:
            loads = [f"load[{p},{s}]" for p in ids]
            parts = [
                f"serve[{s},{k},{place_ids[p]}]"
                for k, p in zip(block.arc_need, block.arc_place, strict=True)
            ]
            fixed, option = block.useful_capacity()
            most = fixed.copy()
            np.maximum.at(most, block.option_place, option + fixed[block.option_place])
            load_upper = most / NEED_GRID
            part_upper = block.need[block.arc_need] / NEED_GRID
        load = np.arange(count, count + len(loads))
        part = np.arange(count + len(loads), count + len(loads) + len(parts))
        count += len(loads) + len(parts)
        names += [*loads, *parts]
        uppers += [load_upper, part_upper]
        served += [np.full(len(loads), block.value * SERVED_SCALE), np.zeros(len(parts))]
        written.append(WrittenBlock(block=block, load=load, part=part, place_ids=ids))
    decided = len(base.column_names)
    upper = np.concatenate(uppers)
    money = np.zeros(count)
    money[:decided] = model.decisions.capital()
    program = Program(
        column_names=tuple(names),
        lower=np.zeros(count),
        upper=upper,
        integer=np.arange(count) < decided,
        grid=np.where(np.arange(count) < decided, 1.0, 1 / NEED_GRID),
        row_names=base.row_names,
        row_lower=base.row_lower,
        row_upper=base.row_upper,
        matrix=sparse.csr_array(
            (base.matrix.data, base.matrix.indices, base.matrix.indptr),
            shape=(base.matrix.shape[0], count),
        ),
        tiers=(
            Objective(
                name="served",
                coefficients=np.concatenate(served),
                maximise=True,
                scale=SERVED_SCALE,
            ),
            Objective(name="money", coefficients=money, maximise=False),
        ),
    )
    return program.with_rows([row for w in written for rule in SERVICE_RULES for row in rule(w)])
