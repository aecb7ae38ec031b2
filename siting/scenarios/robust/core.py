"""What is right whatever happens: sites by how many plans choose them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from siting.scenarios.robust.projects import projects_of
from siting.scenarios.robust.worlds import World

SiteKey = tuple[str, str]
"""Building and service."""

MARK = ";"
"""Stands between the entries of a cell."""


@dataclass(frozen=True, kw_only=True)
class CoreSite:
    """A service in a building, and the plans that open it anew.

    Attributes
    ----------
    modules
        Sizes chosen, the most frequent first.
    plans
        Names of the plans that open it.
    of
        Number of plans.
    """

    building_id: str
    service_id: str
    modules: tuple[str, ...]
    plans: tuple[str, ...]
    of: int

    @property
    def count(self) -> int:
        """Number of plans that open it."""
        return len(self.plans)

    @property
    def in_all(self) -> bool:
        """Whether every plan opens it."""
        return self.count == self.of


@dataclass(frozen=True, kw_only=True)
class Core:
    """Sites by how many plans open them, the most first.

    Attributes
    ----------
    plans
        Names of the plans that were looked at.
    sites
        Every site that a plan opens anew, and those that none does though it could.
    """

    plans: tuple[str, ...]
    sites: tuple[CoreSite, ...]

    @property
    def no_regret(self) -> tuple[CoreSite, ...]:
        """Sites that every plan opens."""
        return tuple(site for site in self.sites if site.in_all)

    @property
    def never(self) -> tuple[CoreSite, ...]:
        """Sites that could open and that no plan opens."""
        return tuple(site for site in self.sites if not site.count)


def core_of(chosen: Mapping[str, pd.DataFrame], possible: Collection[SiteKey] = ()) -> Core:
    """Return how many plans open each site anew; what is kept or committed is no choice of theirs.

    A plan is one of perhaps many that are as good: a site that a plan leaves out may be in another
    that is within its gap. What every plan opens is common to the plans found, no more is claimed.

    Parameters
    ----------
    chosen
        `Solution.chosen` by the name of the plan.
    possible
        Further sites that could open, see `possible_sites`.
    """
    plans: dict[SiteKey, list[str]] = {site: [] for site in possible}
    modules: dict[SiteKey, Counter[str]] = {site: Counter() for site in possible}
    for name, rows in chosen.items():
        for project in projects_of(rows):
            found = plans.setdefault(project.site, [])
            if name not in found:
                found.append(name)
            modules.setdefault(project.site, Counter())[project.module_id] += 1
    sites = [
        CoreSite(
            building_id=building_id,
            service_id=service_id,
            modules=tuple(
                m for m, _ in sorted(modules[key].items(), key=lambda item: (-item[1], item[0]))
            ),
            plans=tuple(plans[key]),
            of=len(chosen),
        )
        for key in plans
        for building_id, service_id in [key]
    ]
    order = sorted(sites, key=lambda s: (-s.count, s.building_id, s.service_id))
    return Core(plans=tuple(chosen), sites=tuple(order))


def possible_sites(worlds: Sequence[World]) -> set[SiteKey]:
    """Return the sites that at least one world admits anew."""
    found: set[SiteKey] = set()
    for world in worlds:
        rows = world.model.decisions.conversions
        new = rows[rows["status"] == "new"]
        found |= set(zip(new["building_id"].map(str), new["service_id"].map(str), strict=True))
    return found


def core_rows(core: Core) -> pd.DataFrame:
    """Return one row per site.

    Returns
    -------
    pandas.DataFrame
        ``building_id, service_id, modules, count, of, plans``; entries of a cell stand apart by
        `MARK`.
    """
    columns = ["building_id", "service_id", "modules", "count", "of", "plans"]
    rows = [
        (
            site.building_id,
            site.service_id,
            MARK.join(site.modules),
            site.count,
            site.of,
            MARK.join(site.plans),
        )
        for site in core.sites
    ]
    return pd.DataFrame(rows, columns=columns)
