"""Rule `backup`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import NEED_GRID
from siting.model.decisions import Decisions
from siting.model.program import Extra, Row
from siting.model.rules.alternatives import alternatives
from siting.model.rules.offering import fixed_places

_TWO = 2


def backup(decisions: Decisions) -> Iterator[Row]:
    r"""A share of the need has two open places within reach, in case one fails.

    .. math:: \sum_k need_k \, w_k \ge share \sum_k need_k, \qquad
        2 w_k \le existing_k + \sum_{b \in N(k)} o_b

    where :math:`w_k \in \{0, 1\}` says that two places reach :math:`k` and :math:`o_b` that
    something in :math:`b` offers the service in the last year; need that two facilities without
    choices reach counts anyway. Source: policy P102 (resilience); Hogan and ReVelle 1986, doi
    10.1287/mnsc.32.11.1434.
    """
    services = decisions.instance.services
    for row in services[services["backup_share"].notna()].itertuples():
        yield from _two_places(decisions, str(row.service_id), float(row.backup_share))


def _two_places(decisions: Decisions, service_id: str, share: float) -> Iterator[Row]:
    own = decisions.instance.units["service_id"].eq(service_id).to_numpy(bool)
    wanted = share * float(decisions.instance.need_of(decisions.last_year)[own].sum())
    classes = _classes(decisions, service_id)
    wanted -= sum(c.need for c in classes if c.existing >= _TWO)
    open_classes = [c for c in classes if c.existing < _TWO <= c.existing + len(c.buildings)]
    if wanted <= 0:
        return
    places = _Places(decisions, service_id)
    twice = []
    for k, c in enumerate(open_classes):
        state = Extra(name=f"twice[{service_id},{k}]")
        twice.append((state, c.need / NEED_GRID))
        columns, extra = [], []
        for building in c.buildings:
            offer, rows = places.at(building)
            yield from rows
            if isinstance(offer, Extra):
                extra.append((offer, -1.0))
            else:
                columns.append(offer)
        yield decisions.row_of(
            f"twice[{service_id},{k}]",
            np.concatenate([np.empty(0, np.int64), *columns]),
            coefficients=-1.0,
            upper=0,
            # One that exists already: the other alone decides.
            extra=(*extra, (state, 1.0 if c.existing else 2.0)),
        )
    yield decisions.row_of(
        f"backup[{service_id}]",
        np.empty(0, np.int64),
        lower=wanted / NEED_GRID,
        extra=tuple(twice),
    )


@dataclass(frozen=True, kw_only=True)
class _Class:
    """Need that the same places could reach."""

    existing: int
    buildings: tuple[int, ...]
    need: int


def _classes(decisions: Decisions, service_id: str) -> list[_Class]:
    instance = decisions.instance
    arcs = decisions.reach[service_id]
    need = instance.need_of(decisions.last_year)
    fixed, able = np.zeros((2, len(instance.places)), bool)
    fixed[fixed_places(decisions, service_id)] = True
    offering = decisions.offering(service_id) & decisions.active(decisions.last_year)
    able[decisions.conversions["building"].to_numpy(np.int64)[offering]] = True
    arcs = arcs.to(fixed | able)
    units, starts, counts = np.unique(arcs.unit, return_index=True, return_counts=True)
    found: dict[tuple[int, tuple[int, ...]], int] = {}
    for unit, start, count in zip(units, starts, counts, strict=True):
        near = arcs.place[start : start + count]
        existing = min(_TWO, int(fixed[near].sum()))
        buildings = () if existing == _TWO else tuple(int(p) for p in near[able[near]])
        found[existing, buildings] = found.get((existing, buildings), 0) + int(need[unit])
    return [_Class(existing=e, buildings=b, need=n) for (e, b), n in found.items() if n > 0]


class _Places:
    """Whether buildings offer the service, each told once."""

    def __init__(self, decisions: Decisions, service_id: str) -> None:
        self._decisions = decisions
        self._service_id = service_id
        mask = decisions.offering(service_id) & decisions.active(decisions.last_year)
        self._groups: dict[int, list[NDArray[np.int64]]] = {}
        for group in alternatives(decisions, mask):
            self._groups.setdefault(group.building, []).append(group.columns)
        self._told: set[int] = set()

    def at(self, building: int) -> tuple[NDArray[np.int64] | Extra, list[Row]]:
        """Return what is 1 where a building offers the service, and rows that are still missing.

        The sum of its conversions, where at most one of them is open; else a state.
        """
        groups = self._groups[building]
        if len(groups) == 1:
            return groups[0], []
        building_id = self._decisions.instance.buildings["building_id"].iloc[building]
        state = Extra(name=f"offered[{building_id},{self._service_id}]")
        if building in self._told:
            return state, []
        self._told.add(building)
        row = self._decisions.row_of(
            state.name,
            np.concatenate(groups),
            coefficients=-1.0,
            upper=0,
            extra=((state, 1.0),),
        )
        return state, [row]
