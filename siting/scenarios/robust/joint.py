"""Several worlds as one problem: what is decided now is one decision, the rest is each world's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from siting.model.blocks import ServiceBlock
from siting.model.build import Model
from siting.model.decisions import CONVERSION_KEY, Decisions
from siting.model.program import Program, Row
from siting.model.value import Value
from siting.scenarios.robust.worlds import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_DEAL_KEY = ["building_id", "mode"]
_PURCHASE_KEY = [*_DEAL_KEY, "year"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """Where the decisions of every world stand among the joint ones.

    Attributes
    ----------
    decisions
        The joint ones: what is decided now, then what each world decides later, conversions before
        purchases.
    column
        By world: the joint column of each of its decisions, -1 for one that stays closed.
    now
        Joint columns of what may be opened now.
    now_column
        By world: for each of its decisions the joint column of the same thing decided now, -1
        for none. Where not all is decided now, a building that is bought now has one column,
        whatever the year.
    """

    decisions: Decisions
    column: tuple[Ints, ...]
    now: Ints
    now_column: tuple[Ints, ...]


def lay_out(worlds: Sequence[World], *, all_now: bool) -> Layout:
    """Return where decisions stand.

    Only what every world admits may be opened now. Where all is decided now, that is all that may
    open at all, and what is kept is decided now too.
    """
    own = [world.model.decisions for world in worlds]
    keys = [_keys(d.conversions, list(CONVERSION_KEY)) for d in own]
    common = np.array([all(key in k for k in map(set, keys)) for key in keys[0]], bool)
    first = own[0].conversions
    ahead = first[common if all_now else common & own[0].is_new]
    deal = _PURCHASE_KEY if all_now else _DEAL_KEY
    deals = pd.concat([d.purchases for d in own]).sort_values(["building", "mode", "year"])
    deals = deals.drop_duplicates(deal)
    usable = set(_keys(ahead[ahead["status"] == "new"], deal))
    deals = deals[np.array([key in usable for key in _keys(deals, deal)], np.bool_)]
    conversions, purchases = [ahead], [deals]
    if not all_now:
        conversions += [d.conversions for d in own]
        purchases += [d.purchases for d in own]
    joint = Decisions(
        instance=own[0].instance,
        conversions=pd.concat(conversions, ignore_index=True),
        purchases=pd.concat(purchases, ignore_index=True),
        reach=own[0].reach,
        near=own[0].near,
    )
    count = len(joint.conversions)
    opens = {key: at for at, key in enumerate(_keys(ahead, list(CONVERSION_KEY)))}
    buys = {key: count + at for at, key in enumerate(_keys(deals, deal))}
    now_column = tuple(
        np.array(
            [opens.get(key, -1) for key in k]
            + [buys.get(key, -1) for key in _keys(d.purchases, deal)],
            np.int64,
        )
        for d, k in zip(own, keys, strict=True)
    )
    column = now_column if all_now else tuple(_stacked(own, len(ahead), count + len(deals)))
    is_new = ahead["status"].eq("new").to_numpy(bool)
    return Layout(decisions=joint, column=column, now=np.flatnonzero(is_new), now_column=now_column)


def _keys(table: pd.DataFrame, columns: list[str]) -> list[tuple[object, ...]]:
    return list(table[columns].itertuples(index=False, name=None))


def _stacked(own: Sequence[Decisions], opens: int, buys: int) -> list[Ints]:
    """Return the joint columns of worlds whose decisions stand one after another."""
    columns = []
    for d in own:
        conversions, purchases = len(d.conversions), len(d.purchases)
        columns.append(
            np.append(opens + np.arange(conversions), buys + np.arange(purchases)).astype(np.int64)
        )
        opens, buys = opens + conversions, buys + purchases
    return columns


@dataclass(frozen=True, kw_only=True, eq=False)
class Joint:
    """A program of several worlds.

    Attributes
    ----------
    column
        By world: the joint column of each column of its own program, -1 for one that is 0.
    """

    program: Program
    column: tuple[Ints, ...]


def join(layout: Layout, worlds: Sequence[World], programs: Sequence[Program]) -> Joint:
    """Return the programs of worlds over joint decisions, without tiers."""
    count = layout.decisions.count
    names = [f"now:{name}" for name in layout.decisions.names()]
    lower, upper = [np.zeros(count)], [np.ones(count)]
    integer, grid = [np.ones(count, bool)], [np.ones(count)]
    extras, columns = {}, []
    for world, program, decided in zip(worlds, programs, layout.column, strict=True):
        own = len(decided)
        beside = np.arange(len(program.column_names) - own) + len(names)
        columns.append(np.append(decided, beside))
        names += [f"{world.name}:{name}" for name in program.column_names[own:]]
        lower.append(program.lower[own:])
        upper.append(program.upper[own:])
        integer.append(program.integer[own:])
        grid.append(program.grid[own:])
        for extra, at in program.extras.items():
            renamed = replace(extra, name=f"{world.name}:{extra.name}", tier="", worth=0.0)
            extras[renamed] = int(columns[-1][at])
    matrix = [
        program.matrix @ _selection(column, len(names))
        for program, column in zip(programs, columns, strict=True)
    ]
    joined = Program(
        column_names=tuple(names),
        lower=np.concatenate(lower),
        upper=np.concatenate(upper),
        integer=np.concatenate(integer),
        grid=np.concatenate(grid),
        row_names=tuple(
            f"{world.name}:{name}"
            for world, program in zip(worlds, programs, strict=True)
            for name in program.row_names
        ),
        row_lower=np.concatenate([program.row_lower for program in programs]),
        row_upper=np.concatenate([program.row_upper for program in programs]),
        matrix=sparse.csr_array(sparse.vstack(matrix)),
        extras=extras,
    )
    return Joint(program=joined, column=tuple(columns))


def _selection(column: Ints, total: int) -> sparse.csr_array:
    known = np.flatnonzero(column >= 0)
    ones = np.ones(len(known))
    return sparse.csr_array((ones, (known, column[known])), shape=(len(column), total))


def staging_rows(layout: Layout, worlds: Sequence[World], later: Sequence[float]) -> list[Row]:
    r"""Return the rows that hold later decisions to what was decided now.

    .. math::
        y^w_c \ge x_c, \qquad v_b \le \sum_t u^w_{bt}, \qquad v_b \le \sum_{c \in b} x_c,
        \qquad cost^w(y^w, u^w) - cost^w(x, v) \le later^w

    with :math:`x, v` what is opened and bought now and :math:`y^w, u^w` what is in the end.

    Parameters
    ----------
    later
        Money of each world that may be spent later.
    """
    rows = [
        row
        for world, column, ahead, limit in zip(
            worlds, layout.column, layout.now_column, later, strict=True
        )
        for row in _rows_of_world(world, column, ahead, limit)
    ]
    return rows + _purchase_rows(layout)


def _rows_of_world(world: World, column: Ints, ahead: Ints, later: float) -> Iterator[Row]:
    own = world.model.decisions
    opens, names, capital = len(own.conversions), own.names(), own.capital()
    for at in np.flatnonzero(ahead[:opens] >= 0):
        yield Row(
            name=f"{world.name}:stays[{names[at]}]",
            columns=np.array([column[at], ahead[at]]),
            coefficients=np.array([1.0, -1.0]),
            lower=0.0,
        )
    bought, first = np.unique(ahead[opens:], return_index=True)
    bought, first = bought[bought >= 0], first[bought >= 0] + opens
    for v, at in zip(bought, first, strict=True):
        years = column[opens:][ahead[opens:] == v]
        yield Row(
            name=f"{world.name}:stays[{names[at]}]",
            columns=np.append(v, years),
            coefficients=np.append(1.0, -np.ones(len(years))),
            upper=0.0,
        )
    known = np.flatnonzero(ahead[:opens] >= 0)
    yield Row(
        name=f"{world.name}:later",
        columns=np.concatenate([column, ahead[known], bought]),
        coefficients=np.concatenate([capital, -capital[known], -capital[first]]),
        upper=later,
    )


def _purchase_rows(layout: Layout) -> list[Row]:
    """Return rows that let a building count as bought now only where something opens in it now."""
    decisions = layout.decisions
    count = len(decisions.conversions)
    opens: dict[tuple[object, ...], list[int]] = {}
    table = decisions.conversions.iloc[layout.now]
    for at, key in zip(layout.now, _keys(table, _DEAL_KEY), strict=True):
        opens.setdefault(key, []).append(int(at))
    bought = sorted({int(c) for ahead in layout.now_column for c in ahead[ahead >= count]})
    deals = _keys(decisions.purchases, _DEAL_KEY)
    return [
        Row(
            name=f"now:bought[{','.join(map(str, deals[at - count]))}]",
            columns=np.array([at, *opens[deals[at - count]]]),
            coefficients=np.append(1.0, -np.ones(len(opens[deals[at - count]]))),
            upper=0.0,
        )
        for at in bought
    ]


def joint_model(
    layout: Layout, worlds: Sequence[World], program: Program, weights: Sequence[float]
) -> Model:
    """Return a model whose need served is the weighted mean of tier 1 over worlds.

    For worlds where no rule ties who is served where: its blocks are those of all worlds that count
    in tier 1, each worth its part.
    """
    blocks = [
        _placed(block, world.name, weight, column)
        for world, weight, column in zip(worlds, weights, layout.column, strict=True)
        for block in world.model.blocks
        if world.model.value.tier_of.get(block.service_id) == world.model.value.names[0]
    ]
    value = worlds[0].model.value
    return Model(
        instance=worlds[0].instance,
        listed=worlds[0].model.listed,
        decisions=layout.decisions,
        program=program,
        value=Value(
            instance=value.instance,
            names=("served",),
            tier_of=dict.fromkeys((block.service_id for block in blocks), "served"),
            per_unit=value.per_unit,
            factor=value.factor,
        ),
        blocks=tuple(blocks),
    )


def _placed(block: ServiceBlock, world: str, weight: float, column: Ints) -> ServiceBlock:
    """Return a block whose options stand in joint columns, worth its part."""
    at = column[block.option_column]
    kept = at >= 0
    return replace(
        block,
        level="/".join(part for part in (block.level, world or "base") if part),
        value=block.value * weight,
        option_column=at[kept],
        option_place=block.option_place[kept],
        option_capacity=block.option_capacity[kept],
    )


def tier_of_world(program: Program, column: Ints, total: int) -> Floats:
    """Return what each joint column adds to tier 1 of a world's program, in its scale."""
    worth = np.zeros(total)
    known = column >= 0
    worth[column[known]] = program.tiers[0].coefficients[known]
    return worth


def opened_in(layout: Layout, at: int, point: Floats, conversions: int) -> NDArray[np.bool_]:
    """Return the openings of a world at a joint point."""
    column = layout.column[at][:conversions]
    return np.asarray((column >= 0) & (point[column] > 0.5), bool)  # noqa: PLR2004
