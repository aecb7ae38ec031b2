"""The rows of a certificate, from their formulas, and the bound that it proves."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from siting.certificate import Certificate, Cut
from siting.instance.instance import NEED_GRID
from siting.model.build import Model, compact, written_blocks
from siting.model.lagrangian import certified_bound, in_rows
from siting.model.program import Row
from siting.model.rounding import rounded
from siting.model.rules.service import WrittenBlock

LARGEST_DIVISOR = 10**12
"""Grains of need that no row comes near; what is divided by more could overflow."""


def proven_bound(model: Model, certificate: Certificate) -> tuple[float, tuple[str, ...]]:
    """Return the bound of tier 1 that a certificate proves, and its rows that are not there.

    Nothing is taken from the certificate but multipliers and the sets of its cuts; what is not
    there counts as 0, so that the bound holds for this model whatever the certificate was made for.
    """
    program = compact(model).with_rows(cut_rows(model, certificate.cuts))
    multipliers, unknown = in_rows(program, certificate.multipliers)
    return certified_bound(program, program.tiers[0], multipliers), unknown


def cut_rows(model: Model, cuts: Iterable[Cut]) -> list[Row]:
    """Return the rows of cuts, their coefficients computed anew from the blocks of need.

    Cuts of kind ``settled`` have no row: they name classes that the other cuts of their block leave
    aside. Nor have cuts that speak of a kind, a block, a class or a place that is not there.
    """
    blocks = {
        (written.block.service_id, written.block.year): BlockWays(written)
        for written in written_blocks(model)
        if not written.block.unlimited
    }
    known = [
        (blocks[cut.service_id, cut.year], cut)
        for cut in cuts
        if (cut.service_id, cut.year) in blocks and blocks[cut.service_id, cut.year].has(cut)
    ]
    for block, cut in known:
        if cut.kind == "settled":
            block.settled[list(cut.classes)] = True
    return [ROWS[cut.kind](block, cut) for block, cut in known if cut.kind in ROWS]


class BlockWays:
    """A block whose ways are sorted by place.

    Attributes
    ----------
    settled
        Whether cuts leave a class of need aside.
    """

    def __init__(self, written: WrittenBlock) -> None:
        block = written.block
        self.written = written
        self.settled = np.zeros(len(block.need), bool)
        self.fixed, self.option = block.useful_capacity()
        place = np.searchsorted(block.places, block.arc_place)
        self.order = np.argsort(place, kind="stable")
        self.starts = np.searchsorted(place[self.order], np.arange(len(block.places) + 1))

    def has(self, cut: Cut) -> bool:
        """Whether all that a cut speaks of is there."""
        block = self.written.block
        sets = (
            (cut.classes, len(block.need)),
            (cut.places, len(block.places)),
            (cut.complemented, len(self.written.decisions.conversions)),
        )
        there = all(0 <= number < count for numbers, count in sets for number in numbers)
        return there and (cut.kind != "mir" or 0 < cut.divisor <= LARGEST_DIVISOR)

    def of(self, places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the ways of some places, and the position in `places` of each."""
        ways = [self.order[self.starts[p] : self.starts[p + 1]] for p in places]
        owner = np.repeat(np.arange(len(places)), [len(w) for w in ways])
        return np.concatenate([np.empty(0, np.int64), *ways]).astype(np.int64), owner


def hall_row(ways: BlockWays, cut: Cut) -> Row:
    r"""Some places together serve no more of a set of need than the set has.

    .. math:: \sum_{p \in P} w_p - \sum_{p \in P} \sum_m \min(r_p, cap_{pm}) \, y_{pm}
        \le need(U) + \sum_{p \in P} \min(r_p, existing_p), \quad
        r_p = need(N(p) \setminus U \setminus K)

    for any sets :math:`U` of classes of need and :math:`P` of places, where :math:`w_p` is what
    :math:`p` serves outside of :math:`K`, the settled classes: what it serves outside of both is
    neither more than :math:`r_p`, nor than the capacity that is open there. It holds for whole
    :math:`y`; Hall's condition, lifted. Places that cannot serve more than :math:`r_p` are left
    out, which makes it stronger.
    """
    block = ways.written.block
    inside = np.zeros(len(block.need), bool)
    inside[list(cut.classes)] = True
    inside &= ~ways.settled
    places = np.unique(np.array(cut.places, np.int64))
    arcs, owner = ways.of(places)
    need = block.need[block.arc_need[arcs]]
    beyond = ~(inside | ways.settled)[block.arc_need[arcs]]
    rest = np.zeros(len(places), np.int64)
    np.add.at(rest, owner[beyond], need[beyond])
    at = np.minimum(np.searchsorted(places, block.option_place), max(len(places) - 1, 0))
    named = np.isin(block.option_place, places) & (ways.option > 0)
    at, column, option = at[named], block.option_column[named], ways.option[named]
    exceeds = ways.fixed[places] > rest
    exceeds[at[option > rest[at]]] = True
    aside = arcs[ways.settled[block.arc_need[arcs]] & exceeds[owner]]
    lifted = exceeds[at]
    limit = block.need[inside].sum() + np.minimum(rest, ways.fixed[places])[exceeds].sum()
    return Row(
        name=cut.name,
        columns=np.concatenate(
            [ways.written.load[places[exceeds]], ways.written.part[aside], column[lifted]]
        ),
        coefficients=np.concatenate(
            [
                np.ones(int(exceeds.sum())),
                np.full(len(aside), -1.0),
                -np.minimum(rest[at], option)[lifted] / NEED_GRID,
            ]
        ),
        upper=int(limit) / NEED_GRID,
    )


def mir_row(ways: BlockWays, cut: Cut) -> Row:
    r"""The rounding of a Hall cut that speaks of idle capacity.

    With :math:`q_{pm} = \min(cap_{pm}, need(N(p) \setminus K))`, and :math:`e_p` what is there
    anyway as far as its reach, no place serves more outside of :math:`K` than is open there: it
    has :math:`t_p = \sum_m q_{pm} y_{pm} + e_p - w_p \ge 0` to spare. Then

    .. math:: \sum_{p \in P} \Bigl( \sum_m (q_{pm} - r_p)^+ y_{pm} - t_p \Bigr)
        \le need(U) - \sum_{p \in P: \, e_p > r_p} (e_p - r_p)

    with the sets and :math:`r_p` of `hall_row`, and so does what `rounded` makes of it. Places
    where neither what is there nor what could be built exceeds :math:`r_p` are left out.
    """
    block = ways.written.block
    inside = np.zeros(len(block.need), bool)
    inside[list(cut.classes)] = True
    inside &= ~ways.settled
    places = np.unique(np.array(cut.places, np.int64))
    arcs, owner = ways.of(places)
    counts = np.where(ways.settled, 0, block.need)[block.arc_need[arcs]]
    within, rest = np.zeros(len(places), np.int64), np.zeros(len(places), np.int64)
    np.add.at(within, owner, counts)
    np.add.at(rest, owner, np.where(inside[block.arc_need[arcs]], 0, counts))
    there = np.minimum(ways.fixed[places], within)
    at = np.minimum(np.searchsorted(places, block.option_place), max(len(places) - 1, 0))
    offered = np.isin(block.option_place, places) & (ways.option > 0)
    at, column = at[offered], block.option_column[offered]
    most = np.minimum(ways.option[offered], within[at])
    takes = np.maximum(most - rest[at], 0)
    spare = np.maximum(there - rest, 0)
    named = spare > 0
    named[at[takes > 0]] = True
    limit = int(block.need[inside].sum()) - int(spare.sum())
    up, limit = rounded(takes, limit, cut.divisor, np.isin(column, cut.complemented))
    limit += int(there[named].sum())
    aside = arcs[ways.settled[block.arc_need[arcs]] & named[owner]]
    kept = named[at]
    return Row(
        name=cut.name,
        columns=np.concatenate(
            [ways.written.load[places[named]], ways.written.part[aside], column[kept]]
        ),
        coefficients=np.concatenate(
            [
                np.ones(int(named.sum())),
                np.full(len(aside), -1.0),
                (up - most)[kept] / NEED_GRID,
            ]
        ),
        upper=limit / NEED_GRID,
    )


ROWS: dict[str, Callable[[BlockWays, Cut], Row]] = {"hall": hall_row, "mir": mir_row}
"""By kind of cut, how its row follows."""
