"""In what plans differ: sites opened, units served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from siting.instance.instance import KEEP


class Site(NamedTuple):
    """A module of a service in a building."""

    building_id: str
    service_id: str
    module_id: str


def sites_of(chosen: pd.DataFrame) -> set[Site]:
    """Return what a plan opens or keeps open, whenever and however."""
    return {Site(*map(str, row)) for row in chosen[list(Site._fields)].itertuples(index=False)}


def opened_anew(sites: set[Site]) -> tuple[Site, ...]:
    """Return sites in order, without facilities that are kept."""
    return tuple(sorted(site for site in sites if site.module_id != KEEP))


def served_by(service: pd.DataFrame, year: int) -> dict[str, float]:
    """Return units served by service in a year."""
    kept = service[(service["place_id"] != "") & (service["year"] == year)]
    amounts = kept.groupby("service_id")["amount"].sum()
    return {str(s): round(float(amount), 3) for s, amount in amounts.items()}


def served_more(services: Sequence[str], after: Mapping[str, float], before: Mapping[str, float]
) -> dict[str, float]:  # fmt: skip
    """Return by service how many more units are served after than before."""
    return {s: round(after.get(s, 0.0) - before.get(s, 0.0), 3) for s in services}
