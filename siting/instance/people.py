"""How many people there are in a later year, over those of the demand table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from siting.instance.instance import Instance

_AGES = re.compile(r"(\d+)_(\d+)")


def people_factors(instance: Instance, year: int) -> pd.DataFrame:
    r"""Return the factor on the people of every demand point (rows) and group (columns).

    The `population` table comes first, its most specific row for the place and group; else the
    `cohorts` table, for groups named by their ages (``6_11``: those born 6 to 11 years before);
    else 1. A plan of one period takes the demand table as it is.

    .. math:: factor_{gt} = \frac{\sum_{a \in g} born_{t - a}}{\sum_{a \in g} born_{base - a}}
    """
    factors = np.ones((len(instance.demand), len(instance.groups)))
    if instance.settings.plan.yearly:
        factors = _aged(instance, year)
        for at, column, factor in _stated(instance, year):
            factors[at, column] = factor
    return pd.DataFrame(factors, columns=list(instance.groups))


def _stated(
    instance: Instance, year: int
) -> list[tuple[NDArray[np.int64] | slice, int | slice, float]]:
    """Return where `population` states a factor, the most specific statement last."""
    rows = instance.population[instance.population["year"] == year]
    kinds = dict(zip(instance.zones["zone_id"], instance.zones["kind"], strict=True))
    order = {kind: -i for i, kind in enumerate(instance.zone_kinds)}
    found = []
    for row in rows.itertuples():
        zone, group = _text(row.zone_id), _text(row.group)
        at: NDArray[np.int64] | slice = slice(None)
        if zone:
            homes = instance.demand.get(f"zone_{kinds[zone]}")
            at = np.flatnonzero(homes.eq(zone)) if homes is not None else np.empty(0, np.int64)
        column: int | slice = instance.groups.index(group) if group else slice(None)
        rank = (bool(zone), bool(group), order.get(kinds[zone], 0) if zone else 0)
        found.append((rank, at, column, float(row.factor)))
    found.sort(key=lambda entry: entry[0])
    return [(at, column, factor) for _, at, column, factor in found]


def _aged(instance: Instance, year: int) -> NDArray[np.float64]:
    factors = np.ones((len(instance.demand), len(instance.groups)))
    base = instance.settings.base.year
    if base is None or instance.cohorts.empty:
        return factors
    zones = instance.cohorts["zone_id"].map(_text)
    home = _cohort_zone(instance, set(zones) - {""})
    for zone in sorted(set(home)):
        own = instance.cohorts[zones == zone]
        born = dict(zip(own["birth_year"].astype(int), own["people"].astype(float), strict=True))
        at = home == zone
        for column, group in enumerate(instance.groups):
            ages = _AGES.fullmatch(group)
            if ages is None:
                continue
            then = [year - age for age in range(int(ages[1]), int(ages[2]) + 1)]
            now = [base - age for age in range(int(ages[1]), int(ages[2]) + 1)]
            if not set(then + now) <= set(born):
                continue
            people = sum(born[y] for y in now)
            factors[at, column] = sum(born[y] for y in then) / people if people else 1.0
    return factors


def _cohort_zone(instance: Instance, stated: set[str]) -> NDArray[np.object_]:
    """Return the zone whose cohorts hold for each demand point; empty for those of everywhere."""
    home = np.full(len(instance.demand), "", dtype=object)
    for kind in reversed(instance.zone_kinds):
        if f"zone_{kind}" in instance.demand:
            zones = instance.demand[f"zone_{kind}"].map(_text)
            known = zones.isin(stated).to_numpy(bool)
            home[known] = zones.to_numpy(object)[known]
    return home


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
