"""Recomputed rules on who has an open place within reach, whatever its capacity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siting.errors import Finding
from siting.instance.instance import NEED_GRID
from siting.verification.conversions import is_known
from siting.verification.outcome import breach, figure
from siting.verification.recount import UNIT, Recount

_TOLERANCE = 1e-6


def check_keep_cover(recount: Recount) -> Iterator[Finding]:
    """Check that all who have a place within reach today have one in the last year."""
    for service_id, service in recount.services.items():
        if not service["keep_cover"]:
            continue
        today = recount.places_with(recount.open_today, service_id)
        last = recount.places_with(recount.open_in(recount.last_year), service_id)
        left = np.setdiff1d(
            recount.ways.within(service_id, today).unit, recount.ways.within(service_id, last).unit
        )
        for unit, need in zip(left, recount.need(recount.last_year)[left], strict=True):
            place = "/".join(recount.units.loc[unit, UNIT])
            words = (
                f"within reach today, but of no open place in {recount.last_year}: {_amount(need)}"
            )
            if not recount.yearly:
                words = f"within reach today, but of no open place in the plan: {_amount(need)}"
            yield breach("keep_cover", place, words)


def check_backup(recount: Recount) -> Iterator[Finding]:
    """Check that a share of need has two open places within reach in the last year."""
    need = recount.need(recount.last_year)
    for service_id, service in recount.services.items():
        if not is_known(service["backup_share"]):
            continue
        share, whole = float(service["backup_share"]), recount.base(recount.last_year)[service_id]
        there = recount.places_with(recount.open_in(recount.last_year), service_id)
        covered = int(need[_reaching_two(recount, service_id, there)].sum())
        if covered < share * whole - _TOLERANCE * max(1, whole):
            words = (
                f"{_amount(covered)} of {_amount(whole)} have two places within reach, "
                f"{figure(100 * share)} % must have"
            )
            yield breach("backup", service_id, words)


def _reaching_two(recount: Recount, service_id: str, there: NDArray[np.bool_]) -> NDArray[np.int64]:
    units, places = np.unique(recount.ways.within(service_id, there).unit, return_counts=True)
    return np.asarray(units[places >= 2], np.int64)  # noqa: PLR2004


def _amount(grains: float) -> str:
    return figure(grains / NEED_GRID)
