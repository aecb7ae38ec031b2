"""Mixed-integer rounding of a row, in whole numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rounded(
    takes: NDArray[np.int64], limit: int, divisor: int, complemented: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], int]:
    r"""Return what the rounding of a row makes of its coefficients and its limit.

    Of :math:`\sum_j a_j y_j - t \le b` with :math:`y` yes or no and :math:`t \ge 0`, after
    :math:`1 - y_j` in place of the complemented ones, it makes

    .. math:: \sum_j \varphi(a_j) \, y_j - t \le h \lfloor b / \delta \rfloor, \quad
        \varphi(a) = h \lfloor a / \delta \rfloor + (a \bmod \delta - b \bmod \delta)^+, \quad
        h = \delta - b \bmod \delta

    which holds for every whole :math:`y`, for any divisor and whatever is complemented. Nothing is
    lost to rounding errors: all numbers are whole.

    References
    ----------
    H. Marchand, L. A. Wolsey (2001), Operations Research 49(3), doi:10.1287/opre.49.3.363.11211
    """
    turned = np.where(complemented, -takes, takes)
    times, rest = divmod(limit - int(takes[complemented].sum()), divisor)
    height = divisor - rest
    up = height * (turned // divisor) + np.maximum(turned % divisor - rest, 0)
    return np.where(complemented, -up, up), height * times - int(up[complemented].sum())
