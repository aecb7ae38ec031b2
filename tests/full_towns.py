"""Tiny towns in which random parts of the full set of rules hold, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import full_town_houses as houses
import full_town_service as service
from full_town_draft import ZONES, Draft, base
from towns import town

from siting.instance.instance import Instance


def random_full_town(seed: int) -> Instance:
    """Return a town of some dozen conversions, years and modes included.

    Some rules hold in it that `random_town` does not know, each of which bites now and then.
    """
    rng = Random(seed)  # noqa: S311
    d = base(rng)
    drawn = rng.sample(list(FEATURES), rng.choice([2, 3, 4, 5, 6]))
    for name, add in FEATURES.items():  # in their order: some speak of what others made
        if name in drawn:
            add(d)
    d.rng = Random(f"conditions {seed}")  # noqa: S311  # the draws before stay what they were
    if d.rng.random() < 1 / 4:
        houses.conditional(d)
    d.ways["D0"]["A"] = 4.0  # a travel table is not empty
    d.ways = {point: as_near(d, near) for point, near in d.ways.items()}
    return town(
        people=d.people,
        homes=d.homes,
        ways=d.ways,
        services=d.services,
        modules=d.modules,
        buildings=d.buildings,
        facilities=d.facilities,
        eligibility=d.eligibility,
        zones=ZONES,
        **d.tables,
        **d.settings,
    )


def as_near(d: Draft, near: dict[str, float]) -> dict[str, float]:
    """Return the ways of a point to what there is; a facility is as near as its building."""
    known = {b: near[b] for b in d.buildings if b in near}
    for f, row in d.facilities.items():
        place = row.get("building_id") or f
        known |= {f: near[place]} if place in near else {}
    return known


FEATURES: dict[str, Callable[[Draft], None]] = {
    f.__name__: f
    for f in (
        houses.hardly_reached,
        houses.tenures,
        houses.add_on,
        houses.outputs,
        service.growth,
        service.ageing,
        houses.classes,
        houses.suitable,
        houses.late,
        houses.planned,
        houses.size_limit,
        houses.year_by_year,
        houses.funds,
        houses.limits,
        houses.fair_share,
        houses.rented,
        houses.land,
        service.minimum,
        service.maximum,
        service.first_claim,
        service.hubs,
        houses.apart,
        houses.together,
        service.nobody_left,
        service.twice,
        service.on_their_own,
        service.reserve,
        service.zone_floor,
        service.used,
        service.districts,
        service.from_outside,
        service.hard_target,
        service.soft_targets,
        houses.locked,
        service.priorities,
        service.decay,
        houses.spaces,
        houses.hours,
        houses.spare,
        service.ranks,
        houses.preferred,
        houses.worth,
        houses.switched_off,
    )
}
