"""Conversions of a building of which at most one is open at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siting.model.decisions import Decisions


@dataclass(frozen=True, kw_only=True, eq=False)
class Alternatives:
    """All ways to offer a service in a building, or all ways to open one add-on there.

    Attributes
    ----------
    building
        Position in `Instance.buildings`.
    module_id
        Of an add-on, of which there may be several beside the host; else empty.
    columns
        Conversions; rule `one_module` lets at most one of them be open at a time.
    """

    building: int
    building_id: str
    service_id: str
    module_id: str
    columns: NDArray[np.int64]

    @property
    def parts(self) -> tuple[str, ...]:
        """Ids for the name of a row."""
        named = (self.building_id, self.service_id, self.module_id)
        return named if self.module_id else named[:2]

    @property
    def beside(self) -> tuple[str, ...]:
        """Id that tells an add-on from what may be open beside it; nothing for the others."""
        return (self.module_id,) if self.module_id else ()


def alternatives(decisions: Decisions, mask: NDArray[np.bool_]) -> Iterator[Alternatives]:
    """Yield the alternatives among the conversions of a mask, by building and service."""
    alone = np.where(decisions.adds_on, decisions.conversions["module_id"], "")
    rows = decisions.conversions[["building", "building_id", "service_id"]].assign(alone=alone)
    groups = rows[mask].groupby(["building_id", "service_id", "alone"], sort=True).groups
    for (building_id, service_id, module_id), members in groups.items():
        columns = np.asarray(members, np.int64)
        yield Alternatives(
            building=int(rows["building"].iloc[columns[0]]),
            building_id=str(building_id),
            service_id=str(service_id),
            module_id=str(module_id),
            columns=columns,
        )
