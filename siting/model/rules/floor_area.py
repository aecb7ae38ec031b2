"""Rule `floor_area`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.model.decisions import Decisions
from siting.model.program import Extra, Row
from siting.model.rules.shared import contested, joined
from siting.model.rules.slots import crowded, named_slots
from siting.model.rules.spaces import spaces_by_building, usable
from siting.model.rules.together import Pair, Together, pairs_of, together


def floor_area(decisions: Decisions) -> Iterator[Row]:
    r"""The modules in a building take no more than its floor area, at any time.

    .. math:: \sum_{c: \, spaces_c \subseteq A} area_c \, y_c - \sum_{s,s'} shared_{ss'} \,
        v_{b,s,s'} \le \sum_{a \in A} area_a

    for every union :math:`A` of the sets of spaces that modules may use; a building without spaces
    is one space. One row for each slot of the day and each year in which more could be open than
    in another; a module without slots takes its area in all. An add-on that takes places from its
    host takes no area. What two services share (`pairs`) counts once where both are in the same
    spaces and slot, and stay together to the end. A way to get hold of a part of a building leaves
    that part. Source: policies P043, P053-P055.
    """
    conversions = decisions.conversions
    spaces = spaces_by_building(decisions.instance)
    area = decisions.instance.buildings["floor_area_m2"].to_numpy(float)
    takes = conversions["taken_area_m2"].to_numpy(float)
    modes = conversions["mode"].to_numpy(object)
    part_m2 = conversions["mode_area_m2"].to_numpy(float)
    in_parts = np.isfinite(part_m2)
    sharing = [pair for pair in pairs_of(decisions) if pair.shared_m2 > 0]
    for building, columns in conversions.groupby("building", sort=True).indices.items():
        building_id = str(conversions["building_id"].iloc[columns[0]])
        house = _House(decisions=decisions, building_id=building_id, columns=columns)
        rooms = spaces.get(building_id)
        if rooms is None:
            yield from house.rows((), columns, float(area[building]), sharing)
        else:
            rows = conversions.iloc[columns]
            allowed = [
                usable(rooms, *module)
                for module in rows[["service_id", "module_id", "spaces"]].itertuples(index=False)
            ]
            sizes = {space: size for space, (size, _) in rooms.items()}
            for union, within in contested(allowed, takes[columns], sizes):
                limit = sum(sizes[space] for space in union)
                yield from house.rows((joined(union),), columns[within], limit, sharing)
        in_part = columns[in_parts[columns]]
        for mode in sorted(set(modes[in_part])):
            limit = part_m2[in_part[modes[in_part] == mode][0]]
            own = modes[columns] == mode
            yield from house.rows((str(mode),), columns[own], float(limit), sharing)


@dataclass(frozen=True, kw_only=True, eq=False)
class _House:
    """All that could be in one building."""

    decisions: Decisions
    building_id: str
    columns: NDArray[np.int64]

    def rows(
        self, room: tuple[str, ...], columns: NDArray[np.int64], limit: float, pairs: list[Pair]
    ) -> Iterator[Row]:
        """Yield the rows of one room; what is shared there is saved."""
        decisions = self.decisions
        service = decisions.conversions["service_id"].to_numpy(object)
        pairs = [pair for pair in pairs if set(service[self.columns]).issuperset(pair.services)]
        takes = decisions.conversions["taken_area_m2"].to_numpy(float)
        slots = named_slots(decisions, self.columns)
        told: set[Extra] = set()
        # With less to save, fewer modules may need more room: then every moment has its row.
        for slot, year, meeting in crowded(
            decisions, columns, takes[columns], limit, slots, every=bool(pairs)
        ):
            saved: list[tuple[Extra, float]] = []
            for pair in pairs:
                state = self._together(pair, year, meeting, (*room, *slot))
                if state is None:
                    continue
                saved.append((state.extra, -pair.shared_m2))
                # Rule `synergy` tells what the states are that earn points.
                if state.extra not in told and not state.extra.worth:
                    yield from state.rows
                told.add(state.extra)
            name = decisions.label("floor_area", self.building_id, *room, *slot, year=year)
            yield decisions.row_of(
                name, meeting, coefficients=takes[meeting], upper=limit, extra=tuple(saved)
            )

    def _together(
        self, pair: Pair, year: int, meeting: NDArray[np.int64], parts: tuple[str, ...]
    ) -> Together | None:
        """Return the state of a pair in a room; that of the building where nothing is outside."""
        decisions = self.decisions
        all_open = self.columns[decisions.active(year)[self.columns]]
        service = decisions.conversions["service_id"].to_numpy(object)
        elsewhere = set(service[np.setdiff1d(all_open, meeting)])
        if elsewhere.isdisjoint(pair.services):
            return together(decisions, pair, year, all_open, (self.building_id,))
        return together(decisions, pair, year, meeting, (self.building_id, *parts))
