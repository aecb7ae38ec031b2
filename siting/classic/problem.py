"""What a classic problem is given: points, sites, and what it costs to get to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from siting.errors import Finding

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Costs:
    """Pairs of a point and a site that it can reach, sorted by point, cost and site.

    Attributes
    ----------
    point, site
        Positions in `Points` and `Sites`, int64, shape (n,); no pair twice.
    cost
        In the unit of the matrix or of the coordinates (metres for lon and lat), shape (n,).
    """

    point: NDArray[np.int64]
    site: NDArray[np.int64]
    cost: Floats

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.point)

    @classmethod
    def sorted(cls, point: NDArray[np.int64], site: NDArray[np.int64], cost: Floats) -> Self:
        """Return pairs given in any order."""
        order = np.lexsort((site, cost, point))
        return cls(point=point[order], site=site[order], cost=cost[order])

    def where(self, kept: Marks) -> Self:
        """Return the marked pairs, shape (n,)."""
        return replace(self, point=self.point[kept], site=self.site[kept], cost=self.cost[kept])

    def within(self, cutoff: float, *, strict: bool) -> Self:
        """Return the pairs at or below a cost, or strictly below it."""
        return self.where(self.cost < cutoff if strict else self.cost <= cutoff)


@dataclass(frozen=True, kw_only=True, eq=False)
class Points:
    """Demand points.

    Attributes
    ----------
    ids
        Text, shape (n,).
    weight
        How much each counts, at least 0, shape (n,).
    """

    ids: NDArray[np.object_]
    weight: Floats

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.ids)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sites:
    """Sites that are not forbidden, shape (m,) each.

    Attributes
    ----------
    ids
        Text.
    price
        What choosing it costs; 1 where no column said it.
    capacity
        Weight it can serve; infinite without a limit.
    existing
        Open, free and not counted.
    required
        Chosen and counted.
    priced
        Whether a column said what sites cost.
    """

    ids: NDArray[np.object_]
    price: Floats
    capacity: Floats
    existing: Marks
    required: Marks
    priced: bool

    def __len__(self) -> int:
        """Return the number of sites."""
        return len(self.ids)

    @property
    def limited(self) -> bool:
        """Whether any site has a capacity."""
        return bool(np.isfinite(self.capacity).any())

    @property
    def charge(self) -> Floats:
        """What choosing each adds to the cost: nothing for existing ones."""
        return np.where(self.existing, 0.0, self.price)


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """Points, sites and the costs between them.

    Attributes
    ----------
    name
        As in the command line: ``p-median``.
    left_out
        Points without a site in reach that were left out at the caller's wish.
    warnings
        What looks wrong in the input.
    """

    name: str
    points: Points
    sites: Sites
    costs: Costs
    left_out: int = 0
    warnings: tuple[Finding, ...] = ()

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where the pairs of each point begin, shape (n + 1,)."""
        return np.searchsorted(self.costs.point, np.arange(len(self.points) + 1))

    def with_points(self, kept: Marks) -> Problem:
        """Return the problem with the marked points only."""
        position = np.cumsum(kept) - 1
        costs = self.costs.where(kept[self.costs.point])
        return replace(
            self,
            points=Points(ids=self.points.ids[kept], weight=self.points.weight[kept]),
            costs=replace(costs, point=position[costs.point]),
            left_out=self.left_out + int((~kept).sum()),
        )
