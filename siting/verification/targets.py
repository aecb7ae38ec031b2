"""Recomputed stocks and how far they miss their targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.errors import Finding
from siting.verification.conversions import (
    Conversion,
    Row,
    capacity_or_cap,
    is_known,
    listed,
    number,
    records,
    text,
)
from siting.verification.outcome import breach, figure
from siting.verification.recount import Recount

_TOLERANCE = 1e-6
_PER_THOUSAND = 1000.0


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a stock stands to its target.

    Attributes
    ----------
    target
        Row of the targets table.
    stock, wanted
        What there is and what it is held against, in the measure of the target.
    shortfall
        How far it misses.
    scale
        What the shortfall is a part of: what is wanted with the stocks of today.
    """

    target: Row
    stock: float
    wanted: float
    shortfall: float
    scale: float


def check_targets(recount: Recount) -> Iterator[Finding]:
    """Check that every hard target is met."""
    for standing in standings(recount):
        target = standing.target
        if target["hard"] and standing.shortfall > _TOLERANCE * max(1.0, standing.wanted):
            bound = "at least" if target["comparison"] == "at_least" else "at most"
            words = (
                f"the stock comes to {figure(standing.stock)}, "
                f"the target is {bound} {figure(standing.wanted)}: "
                f"it misses by {figure(standing.shortfall)}"
            )
            yield breach("targets", str(target["target_id"]), words)


def soft_shortfall(recount: Recount) -> float:
    """Return the sum of soft targets' shortfalls, each as a part of what is wanted."""
    return sum(
        standing.shortfall / standing.scale
        for standing in standings(recount)
        if not standing.target["hard"] and standing.scale > 0
    )


def standings(recount: Recount) -> Iterator[Standing]:
    """Yield how each target stands in the last year of the plan."""
    for target in records(recount.instance.targets):
        stocks = _Stocks(recount, target)
        yield stocks.added_each_year() if target["per"] == "per_year" else stocks.at_the_end()


@dataclass(frozen=True, eq=False)
class _Stocks:
    """What counts towards one target."""

    recount: Recount
    target: Row

    def at_the_end(self) -> Standing:
        target, counted = self.target, self._services()
        change = self._change(counted, tagged=True)
        value = float(target["value"])
        stock = self._base(counted) + change
        if target["per"] == "share":
            whole = {text(target["share_of"]) or str(target["service_id"])}
            today = self._base_of_whole(whole)
            wanted, scale = value * (today + self._change(whole, tagged=False)), value * today
        else:
            wanted = scale = value * self._per_person(self._people())
        return self._standing(stock, wanted, scale)

    def added_each_year(self) -> Standing:
        """Return how what opens stands to what shall open in every year."""
        recount, value = self.recount, float(self.target["value"])
        opened = [
            sum(self._measures(c, self._services(), tagged=True) for c in recount.conversions
                if c.status != "keep" and c.year == year)
            for year in recount.years
        ]  # fmt: skip
        if not recount.yearly:
            wanted = value * recount.instance.settings.plan.years
            return self._standing(sum(opened), wanted, wanted)
        missed = sum(self._missed(amount, value) for amount in opened)
        return Standing(
            target=self.target,
            stock=sum(opened),
            wanted=value * len(opened),
            shortfall=missed,
            scale=value,
        )

    def _standing(self, stock: float, wanted: float, scale: float) -> Standing:
        missed = self._missed(stock, wanted)
        return Standing(
            target=self.target, stock=stock, wanted=wanted, shortfall=missed, scale=scale
        )

    def _missed(self, stock: float, wanted: float) -> float:
        lacking = wanted - stock if self.target["comparison"] == "at_least" else stock - wanted
        return max(0.0, lacking)

    def _services(self) -> set[str]:
        return {str(self.target["service_id"]), *listed(self.target["also_services"])}

    def _people(self) -> float:
        zone_id = text(self.target["zone_id"])
        zones = self.recount.instance.zones
        zone = records(zones[zones["zone_id"] == zone_id])[0] if zone_id else None
        return self.recount.headcount.total(self.recount.last_year, zone)

    def _per_person(self, people: float) -> float:
        per = self.target["per"]
        return {"per_1000": people / _PER_THOUSAND, "per_person": people}.get(per, 1.0)

    def _base(self, counted: set[str]) -> float:
        """Return the stock of today: as stated, else counted from the facilities."""
        target = self.target
        if not is_known(target["base_value"]):
            return self._existing(self.recount.instance.facilities, counted, tagged=True)
        base = float(target["base_value"])
        if target["per"] == "share":
            share_of = {text(target["share_of"]) or str(target["service_id"])}
            return base * self._base_of_whole(share_of)
        if is_known(target["base_people"]):
            return base * self._per_person(float(target["base_people"]))
        return base * self._per_person(self._people())

    def _base_of_whole(self, whole: set[str]) -> float:
        if is_known(self.target["base_stock"]):
            return float(self.target["base_stock"])
        return self._existing(self.recount.instance.facilities, whole, tagged=False)

    def _change(self, counted: set[str], *, tagged: bool) -> float:
        """Return what the plan adds to a stock by its last year, and closes of it."""
        recount = self.recount
        last = recount.active(recount.last_year)
        kept = {(c.building_id, c.service_id) for c in last if c.status == "keep"}
        facilities = recount.instance.facilities
        changeable = facilities[facilities["building_id"].notna()]
        closed = [
            (building_id, service_id) not in kept
            for building_id, service_id in zip(
                changeable["building_id"], changeable["service_id"], strict=True
            )
        ]
        added = sum(self._measures(c, counted, tagged=tagged) for c in last if c.status != "keep")
        gone = changeable[np.array(closed, dtype=bool)]
        return added - self._existing(gone, counted, tagged=tagged)

    def _existing(self, facilities: pd.DataFrame, counted: set[str], *, tagged: bool) -> float:
        """Return the measure of facilities."""
        total = 0.0
        for f in records(facilities):
            # What may change lies where its building does, as what replaces it.
            site = self.recount.catalogue.buildings.get(text(f["building_id"]), f)
            if f["service_id"] not in counted or not self._is_there(site):
                continue
            if not tagged or self._has_tag(listed(f["tags"])):
                service = self.recount.services[f["service_id"]]
                total += self._measure(f["capacity"], f["floor_area_m2"], 0.0, service)
        return total

    def _measures(self, c: Conversion, counted: set[str], *, tagged: bool) -> float:
        """Return the measure of a new or committed conversion."""
        if not self._is_there(c.building) or (tagged and not self._has_tag(c.tags)):
            return 0.0
        total = 0.0
        if c.service_id in counted:
            m = c.module
            total += self._measure(m["capacity"], m["floor_area_m2"], m["yard_m2"], c.service)
        if self.target["measure"] == "capacity":
            total += sum(
                _finite(capacity_or_cap(capacity, service))
                for service, capacity in c.outputs
                if service["service_id"] in counted
            )
            total -= c.host_capacity if c.host_service_id in counted else 0.0
        return total

    def _measure(self, capacity: object, floor: object, yard: object, service: Row) -> float:
        measure = self.target["measure"]
        if measure == "capacity":
            return _finite(capacity_or_cap(capacity, service))
        return {"floor_area": number(floor), "yard": number(yard)}.get(measure, 1.0)

    def _is_there(self, row: Row) -> bool:
        zone_id = text(self.target["zone_id"])
        return not zone_id or self.recount.lies_in(row, zone_id)

    def _has_tag(self, tags: Iterable[str]) -> bool:
        return text(self.target["tag"]) in ("", *tags)


def _finite(capacity: float) -> float:
    """Return a capacity, 0 without a limit: such a place adds no places to a stock."""
    return capacity if np.isfinite(capacity) else 0.0
