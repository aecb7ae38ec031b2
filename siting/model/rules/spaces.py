"""Which spaces of its building a conversion may use."""

from __future__ import annotations

from siting.instance.cells import items_of
from siting.instance.instance import KEEP, Instance

Spaces = dict[str, tuple[float, tuple[str, ...]]]
"""Area and services allowed (all where empty) by space."""


def spaces_by_building(instance: Instance) -> dict[str, Spaces]:
    """Return the spaces of the buildings that have any."""
    found: dict[str, Spaces] = {}
    for row in instance.spaces.itertuples():
        own = found.setdefault(str(row.building_id), {})
        own[str(row.space)] = (float(row.area_m2), items_of(row.services))
    return found


def usable(spaces: Spaces, service_id: str, module_id: str, wanted: str) -> frozenset[str]:
    """Return the spaces that a module may use; what is kept stays where it is, wherever."""
    if module_id == KEEP:
        return frozenset(spaces)
    listed = items_of(wanted)
    return frozenset(
        space
        for space, (_, services) in spaces.items()
        if (not listed or space in listed) and (not services or service_id in services)
    )
