"""`Cover`: what each class of demand points is covered by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Cover:
    """Demand points in classes: those of a class are covered by the same sites.

    Attributes
    ----------
    sites
        Number of sites.
    indptr, site
        Sites that cover class c: ``site[indptr[c]:indptr[c + 1]]``, ascending, at least one.
    weight
        Weight of each class, shape (classes,), not negative; whole numbers stay whole (int64).
    never
        Weight of the points that no site covers.
    """

    sites: int
    indptr: NDArray[np.int64]
    site: NDArray[np.int32]
    weight: NDArray[Any]
    never: float = 0

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.weight)

    def owner(self) -> NDArray[np.int64]:
        """Return the class of each entry of `site`."""
        return np.repeat(np.arange(self.classes), np.diff(self.indptr))

    def covered(self, chosen: NDArray[np.bool_]) -> float:
        """Return the weight that chosen sites cover, from `site` alone."""
        reached = np.zeros(self.classes, bool)
        reached[self.owner()[chosen[self.site]]] = True
        return self.weight[reached].sum().item()


def cover_of_pairs(
    point: NDArray[np.int64], site: NDArray[np.int64], weight: NDArray[Any], sites: int
) -> Cover:
    """Return the cover of points by pairs ``(point, site)``, in any order, none twice.

    Parameters
    ----------
    weight
        Weight of each point; its length is the number of points.
    """
    order = np.lexsort((site, point))
    counts = np.bincount(point, minlength=len(weight))
    reached = counts > 0
    return Cover(
        sites=sites,
        indptr=np.concatenate([[0], np.cumsum(counts[reached])]).astype(np.int64),
        site=site[order].astype(np.int32),
        weight=weight[reached],
        never=weight[~reached].sum().item(),
    )
