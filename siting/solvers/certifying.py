"""A certificate against the whole model from the prices of a relaxation under cuts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siting.certificate import Certificate, Cut
from siting.model.build import SERVED_SCALE, Model, written_blocks
from siting.model.cuts import BlockWays, hall_row, mir_row, proven_bound
from siting.model.program import Row
from siting.model.rules.service import WrittenBlock
from siting.solvers.duals import DIGITS
from siting.solvers.projection.hall import Hall
from siting.solvers.projection.mir import Rounding

MOST_SHARED = 5_000
"""Cuts of a block beyond which none is shared out further; the bound is then a little weaker."""


def certificate_of(
    whole: Model,
    projected: Model,
    prices: Mapping[str, float],
    cuts: Iterable[tuple[Hall, float]],
    roundings: Iterable[tuple[Hall, Rounding, float]] = (),
) -> Certificate:
    r"""Return what the prices of a projected program and its cuts prove of the whole model.

    With :math:`v` the worth of a unit of a service in tier 1 and :math:`\lambda_p` the sum of the
    prices of the cuts that name place :math:`p`, capacity at :math:`p` is worth the rest,
    :math:`\kappa_p = (v - \lambda_p)^+`: the price of its row of capacity or, where more could be
    built than finds need that is not settled, of a cut of that place alone without classes. Need
    that is settled is paid in full, :math:`v`, and what its own places serve with it. The bound is
    then that of the relaxation.

    Parameters
    ----------
    whole, projected
        The model, and as `siting.solvers.projection.reducing.project` returned it.
    prices
        Of the rows of the projected program, by name.
    cuts, roundings
        With their prices.
    """
    named: dict[int, list[tuple[Hall, float]]] = {}
    for hall, price in cuts:
        if price > 0:
            named.setdefault(hall.block, []).append((hall, price))
    rounded: dict[int, list[tuple[Hall, Rounding, float]]] = {}
    for hall, rounding, price in roundings:
        if price > 0:
            rounded.setdefault(hall.block, []).append((hall, rounding, price))
    multipliers = dict(prices)
    stated: list[Cut] = []
    for at, (wide, narrow) in enumerate(
        zip(written_blocks(whole), written_blocks(projected), strict=True)
    ):
        if narrow.block.projected:
            counts = whole.value.tier_of.get(wide.block.service_id) == whole.value.names[0]
            worth = wide.block.value * SERVED_SCALE if counts else 0.0
            said = named.get(at, []), rounded.get(at, [])
            for row, price, cut in _of_block(wide, narrow, *said, worth):
                if cut is None or cut.kind != "settled":
                    multipliers[row] = price
                if cut is not None:
                    stated.append(cut)
    kept = {row: float(f"{price:.{DIGITS}g}") for row, price in multipliers.items() if price}
    certificate = Certificate(bound=np.inf, multipliers=kept, cuts=tuple(stated))
    return replace(certificate, bound=proven_bound(whole, certificate)[0])


def _of_block(
    wide: WrittenBlock,
    narrow: WrittenBlock,
    cuts: list[tuple[Hall, float]],
    roundings: list[tuple[Hall, Rounding, float]],
    worth: float,
) -> Iterator[tuple[str, float, Cut | None]]:
    """Yield the rows of a block with their prices, and the cuts among them."""
    block = wide.block
    ways = BlockWays(wide)
    has_ways = np.bincount(block.arc_need, minlength=len(block.need))
    left = np.zeros(len(block.need), bool)
    left[narrow.block.arc_need] = True
    ways.settled[(has_ways > 0) & ~left] = True
    if ways.settled.any():
        cut = _cut(wide, "settled", "", np.flatnonzero(ways.settled), ())
        yield cut.name, 0.0, cut
    for k in np.flatnonzero(ways.settled & (has_ways > 1)):
        yield wide.name("need", block.service_id, str(k)), worth, None
    spent = np.zeros(len(block.places))

    def spend(row: Row, price: float) -> None:
        loads = row.columns[np.isin(row.columns, wide.load)]
        spent[loads - wide.load[0]] += price

    for number, (hall, rounding, price) in enumerate(roundings):
        cut = replace(
            _cut(wide, "mir", str(number), hall.classes, hall.places),
            divisor=rounding.divisor,
            complemented=tuple(map(int, rounding.complemented)),
        )
        spend(mir_row(ways, cut), price)
        yield cut.name, price, cut
    for number, (hall, price) in enumerate(_shared(ways, cuts, worth - spent)):
        cut = _cut(wide, "hall", str(number), hall.classes, hall.places)
        spend(hall_row(ways, cut), price)
        yield cut.name, price, cut
    within = narrow.block.reachable
    for p, place_id in enumerate(wide.place_ids):
        offered = ways.option[block.option_place == p]
        left_over = worth - spent[p]
        if within[p] == 0:
            yield wide.name("load", place_id, block.service_id), -worth, None
        elif len(offered) and left_over > 0:
            if offered.min() >= 0 and offered.max() > within[p]:
                cut = _cut(wide, "hall", place_id, (), (p,))
                yield cut.name, left_over, cut
            else:
                yield wide.name("capacity", place_id, block.service_id), left_over, None


def _shared(
    ways: BlockWays, cuts: list[tuple[Hall, float]], left: NDArray[np.float64]
) -> list[tuple[Hall, float]]:
    """Return cuts whose prices at places that are always open add up to no more than is `left`.

    The relaxation takes such a place as full, a plan need not. Where its cuts ask for more than
    its service is worth, it leaves those for a part of their price where it has least beyond what
    it finds elsewhere.
    """
    block = ways.written.block
    pool = _Pool(cuts)
    always = ways.fixed > 0
    always[block.option_place] = False
    for p in np.flatnonzero(always):
        if len(pool.priced) > MOST_SHARED:
            break
        arcs, _ = ways.of(np.array([p]))
        classes = block.arc_need[arcs]
        classes = classes[~ways.settled[classes]]
        naming = []
        for key, (hall, price) in pool.priced.items():
            if price > 0 and p in hall.places:
                rest = block.need[classes[~np.isin(classes, hall.classes)]].sum()
                if ways.fixed[p] > rest:
                    naming.append((ways.fixed[p] - rest, key, price))
        over = sum(price for _, _, price in naming) - max(left[p], 0.0)
        for _, key, price in sorted(naming):
            if over <= 0:
                break
            part = min(over, price)
            hall = pool.take(key, part)
            pool.add(replace(hall, places=hall.places[hall.places != p]), part)
            over -= part
    return [(hall, price) for hall, price in pool.priced.values() if price > 0 and len(hall.places)]


class _Pool:
    """Cuts with their prices, each cut once."""

    def __init__(self, cuts: Iterable[tuple[Hall, float]]) -> None:
        self.priced: dict[tuple[bytes, bytes], tuple[Hall, float]] = {}
        for hall, price in cuts:
            self.add(hall, price)

    def add(self, hall: Hall, price: float) -> None:
        """Let a cut have a price beside what it has."""
        key = hall.classes.tobytes(), hall.places.tobytes()
        self.priced[key] = hall, price + self.priced.get(key, (hall, 0.0))[1]

    def take(self, key: tuple[bytes, bytes], part: float) -> Hall:
        """Take a part of its price from a cut, and return it."""
        hall, price = self.priced[key]
        self.priced[key] = hall, price - part
        return hall


def _cut(
    written: WrittenBlock, kind: str, about: str, classes: Iterable[int], places: Iterable[int]
) -> Cut:
    block = written.block
    return Cut(
        name=written.name(kind, *filter(None, (about, block.service_id))),
        kind=kind,
        service_id=block.service_id,
        year=block.year,
        classes=tuple(map(int, classes)),
        places=tuple(map(int, places)),
    )
