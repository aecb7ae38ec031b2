"""Rule `first_refusal`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from siting.model.decisions import Decisions
from siting.model.program import Extra, Row
from siting.model.rules.alternatives import alternatives
from siting.model.rules.offering import need_in, places_in, supply_row
from siting.model.zones import zone_of


def first_refusal(decisions: Decisions) -> Iterator[Row]:
    r"""A building that suits a service with the first claim is its, until its zone has enough.

    .. math:: \sum_m y_{bs'm} \le closed_{z(b)}, \qquad
        need_{sz} \cdot closed_z \le existing_{sz} + \sum_{c \in z} cap_{cs} \, y_c

    for every other service :math:`s'`, every service :math:`s` with a claim that the building could
    take, and every year. Buildings that are small, waived or in no zone are free. Source: policy
    P001 (vacated space goes first to the gap of school places).
    """
    claim, instance = decisions.instance.settings.first_refusal, decisions.instance
    if claim is None:
        return
    conversions = decisions.conversions
    privileged = conversions["service_id"].isin(claim.services).to_numpy(bool)
    buildings = instance.buildings
    large = buildings["floor_area_m2"].to_numpy(float) >= claim.min_area_m2
    bound = large & ~buildings["waived"].fillna(False).to_numpy(bool)
    zones = zone_of(buildings, claim.zone_kind)
    claims: dict[int, tuple[str, ...]] = {
        int(b): tuple(sorted(set(rows)))
        for b, rows in conversions[privileged].groupby("building")["service_id"]
        if bound[b] and zones[b]
    }
    at = conversions["building"].to_numpy(np.int64)
    others = decisions.is_new & ~privileged & np.isin(at, list(claims))
    gaps: dict[tuple[str, tuple[str, ...], int], Extra | None] = {}
    for group in alternatives(decisions, others):
        zone, services = str(zones[group.building]), claims[group.building]
        for year in decisions.years:
            mine = group.columns[decisions.active(year)[group.columns]]
            if not len(mine):
                continue
            key = (zone, services, year)
            if key not in gaps:
                rows = list(_gap(decisions, zone, services, year))
                gaps[key] = rows[0].extra[0][0] if rows else None
                yield from rows
            state = gaps[key]
            if state is not None:
                name = decisions.label("first_refusal", *group.parts, year=year)
                yield decisions.row_of(name, mine, upper=0, extra=((state, -1.0),))


def _gap(decisions: Decisions, zone: str, services: tuple[str, ...], year: int) -> Iterator[Row]:
    """Yield what it takes for the gap of a zone to be closed; nothing where it is."""
    claim = decisions.instance.settings.first_refusal
    kind = "" if claim is None else claim.zone_kind
    parts = (zone, "+".join(services))
    state = Extra(name=decisions.label("closed", *parts, year=year))
    for service_id in services:
        row = supply_row(
            decisions,
            decisions.label("closed", *parts, *services[1:] and (service_id,), year=year),
            service_id,
            places=places_in(decisions, kind, zone),
            year=year,
            wanted=need_in(decisions, service_id, kind, zone, year),
            state=state,
        )
        if row is not None:
            yield row
