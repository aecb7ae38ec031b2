"""What comes next if there is more money: a ranked reserve list of projects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.scenarios.robust.core import Core, SiteKey
from siting.scenarios.robust.projects import Project, Standing, projects_of
from siting.scenarios.robust.worlds import World


@dataclass(frozen=True, kw_only=True)
class Reserve:
    """A project that a plan does not open, and why it stands where it does in the list.

    Attributes
    ----------
    budget
        The smallest budget of the nested list that opens the site; None where none does.
    count, of
        How many of the plans looked at open the site.
    gain, cost
        Tier 1 and capital that it adds to the plan, opened alone and next, whatever the money.
    """

    project: Project
    budget: float | None
    count: int
    of: int
    gain: float
    cost: float

    @property
    def gain_per_money(self) -> float:
        """Tier 1 added per unit of money; infinite for what costs nothing."""
        return self.gain / self.cost if self.cost > 0 else np.inf

    @property
    def order(self) -> tuple[float, int, float, Project]:
        """Key of the list: first by budget, then by plans that open it, then by gain per money."""
        budget = np.inf if self.budget is None else self.budget
        return budget, -self.count, -self.gain_per_money, self.project


def reserve_list(
    world: World,
    chosen: pd.DataFrame,
    core: Core,
    first_budget: Mapping[SiteKey, float] | None = None,
) -> tuple[Reserve, ...]:
    """Return the sites that other plans open and this one does not, in the order of the list.

    First come those that a nested list opens at smaller budgets; of the same budget, or without a
    nested list, those that more plans open; of these the larger gain per money. Of several modules
    that plans open there it is the most frequent one. What the world of the plan would not admit
    is left out.

    Parameters
    ----------
    world
        Of the plan.
    chosen
        `Solution.chosen` of the plan.
    core
        Plans of other budgets or scenarios.
    first_budget
        See `NestedPlans.first_budget`.
    """
    standing = Standing(world, chosen)
    own = projects_of(chosen)
    for project in own:
        standing.open(project)
    taken = {project.site for project in own}
    listed = []
    for site in core.sites:
        key = site.building_id, site.service_id
        known = [p for p in standing.known if p.site == key and p.module_id in site.modules[:1]]
        if key in taken or not site.count or not known:
            continue
        added = [(*standing.adds(project), project) for project in known]
        gain, cost, project = max(added, key=lambda a: (a[0], -a[1]))
        budget = (first_budget or {}).get(key)
        listed.append(
            Reserve(
                project=project, budget=budget, count=site.count, of=site.of, gain=gain, cost=cost
            )
        )
    return tuple(sorted(listed, key=lambda r: r.order))


def reserve_rows(listed: tuple[Reserve, ...]) -> pd.DataFrame:
    """Return one row per project.

    Returns
    -------
    pandas.DataFrame
        ``rank, building_id, service_id, module_id, budget, count, of, gain, cost``.
    """
    rows = [
        (rank, *r.project[:3], r.budget, r.count, r.of, r.gain, r.cost)
        for rank, r in enumerate(listed, start=1)
    ]
    columns = [
        *("rank", "building_id", "service_id", "module_id", "budget"),
        *("count", "of", "gain", "cost"),
    ]
    return pd.DataFrame(rows, columns=columns)
