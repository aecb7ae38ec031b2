"""A plan as a list of projects: in which order its sites open, and how far that goes elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.explain.trials import CHOICE_KEY, opened_as
from siting.scenarios.robust.worlds import World
from siting.solvers.evaluation import Openings

ROUNDING = 1e-9
"""What a breach may seem to change by, relative."""


class Project(NamedTuple):
    """A module of a service that a plan opens anew, told apart as `CHOICE_KEY` does."""

    building_id: str
    service_id: str
    module_id: str
    mode: str
    year: int
    until: int

    @property
    def site(self) -> tuple[str, str]:
        """Building and service, whatever the module."""
        return self.building_id, self.service_id


@dataclass(frozen=True, kw_only=True, eq=False)
class ProjectList:
    """A plan with the order in which its sites open.

    Attributes
    ----------
    name
        Of the case that was planned.
    chosen
        All conversions of the plan, columns of `CHOICE_KEY`.
    projects
        Those that open anew, in order.
    by
        What the order is: ``budget``, the smallest budget of a nested list that opens the site, and
        within a budget by gain; ``gain``, the most need served per money added next in the plan's
        own world.
    """

    name: str
    chosen: pd.DataFrame
    projects: tuple[Project, ...]
    by: Literal["budget", "gain"]


def projects_in(conversions: pd.DataFrame) -> list[Project]:
    """Return what each row of conversions is, whatever its status."""
    columns = [conversions[name] for name in Project._fields]
    return [
        Project(str(b), str(s), str(m), str(mode), int(year), int(until))
        for b, s, m, mode, year, until in zip(*columns, strict=True)
    ]


def projects_of(chosen: pd.DataFrame) -> tuple[Project, ...]:
    """Return what a plan opens anew, by building and service."""
    return tuple(sorted(projects_in(chosen[chosen["status"] == "new"])))


def list_by_gain(world: World, name: str, chosen: pd.DataFrame) -> ProjectList:
    """Return a plan in the order of gain per money in its own world.

    First come sites that rules ask for (a minimum per zone, a lock): those that lessen what a row
    is still broken by. Then the site that adds most need served (tier 1) per unit of money to what
    is open by then, of those that break no row more; what costs nothing more comes before what
    does, ties go to the cheaper site and then by name. What only works together comes last.
    """
    found = _by_gain(Standing(world, chosen), projects_of(chosen))
    return ProjectList(name=name, chosen=chosen[CHOICE_KEY], projects=found, by="gain")


def list_by_budget(world: World, name: str, nested: Sequence[pd.DataFrame]) -> ProjectList:
    """Return the largest plan of a nested list in the order of the budgets that open its sites.

    Parameters
    ----------
    world
        Of the largest budget.
    nested
        What the plans chose, by ascending budget.
    """
    largest = nested[-1]
    standing = Standing(world, largest)
    first: dict[tuple[str, str], int] = {}
    for at, chosen in enumerate(nested):
        for project in projects_of(chosen):
            first.setdefault(project.site, at)
    order: list[Project] = []
    wanted = projects_of(largest)
    for at in range(len(nested)):
        order += _by_gain(standing, [p for p in wanted if first[p.site] == at])
    return ProjectList(name=name, chosen=largest[CHOICE_KEY], projects=tuple(order), by="budget")


def _by_gain(standing: Standing, projects: Iterable[Project]) -> tuple[Project, ...]:
    """Open projects one by one, the most need served per money next, and return their order."""
    left, order = list(projects), []
    ranks = {project: standing.rank(project) for project in left}
    while left:
        owed = {project for project in left if standing.mends(project)}
        ranked = sorted(left, key=lambda p: (p not in owed, ranks[p], p))
        project = next((p for p in ranked if standing.fits(p)), None)
        if project is None:
            break
        standing.open(project)
        left.remove(project)
        order.append(project)
        ranks |= {p: standing.rank(p) for p in left if standing.touch(p, project)}
    for project in left:
        standing.open(project)
    return (*order, *left)


class Standing:
    """A world in which the sites of a plan open one by one.

    What the world has committed is open from the start. A facility that the plan keeps is kept; one
    that it gives up for something else in its building stays until the first of the plan's
    sites opens there; one that it closes for nothing is closed.

    Attributes
    ----------
    opened
        What is open so far.
    """

    def __init__(self, world: World, chosen: pd.DataFrame) -> None:
        self.world = world
        decisions = world.model.decisions
        rows = decisions.conversions
        status = rows["status"].to_numpy(object)
        self._kept = opened_as(world.model, chosen) & (status == "keep")
        self._column = {
            project: at for at, project in enumerate(projects_in(rows)) if status[at] == "new"
        }
        offers = decisions.offers.groupby("row")["service_id"].agg(frozenset)
        self._offered = [offers.get(at, frozenset[str]()) for at in range(len(rows))]
        self._homes = rows["building_id"].to_numpy(object)
        self._keeps = status == "keep"
        changing = {p.building_id for p in projects_of(chosen)}
        stays = self._keeps & (rows["until"].to_numpy() == world.instance.years[-1])
        self._waiting = np.isin(self._homes, sorted(changing))
        self.opened: Openings = (
            (status == "committed") | (self._kept & ~self._waiting) | (stays & self._waiting)
        )
        self._now: tuple[float, float] | None = None
        self._missed = world.breaches(self.opened)
        self._states = world.states_exist(self.opened)

    def knows(self, project: Project) -> bool:
        """Whether the world would admit a project at all."""
        return project in self._column

    def fits(self, project: Project) -> bool:
        """Whether a project may open now: no row over decisions is broken more than before."""
        if not self.knows(project):
            return False
        after = self._with(project)
        if np.any(self.world.breaches(after) > self._missed * (1 + ROUNDING)):
            return False
        return not self._states or self.world.states_exist(after)

    @property
    def known(self) -> tuple[Project, ...]:
        """All that the world would admit anew."""
        return tuple(self._column)

    def adds(self, project: Project) -> tuple[float, float]:
        """Return what a project adds to tier 1 and to the capital, whatever its rules say."""
        if self._now is None:
            self._now = self.world.served(self.opened) or 0.0, self.world.cost(self.opened)
        after, (served, spent) = self._with(project), self._now
        return (self.world.served(after) or 0.0) - served, self.world.cost(after) - spent

    def mends(self, project: Project) -> bool:
        """Whether a row over decisions that is broken would be so by less."""
        if not self._missed.any():
            return False
        after = self.world.breaches(self._with(project))
        return bool(np.any(after < self._missed * (1 - ROUNDING)))

    def rank(self, project: Project) -> tuple[float, float]:
        """Return what puts a project before others: need served per money, then its cost."""
        gain, cost = self.adds(project)
        return (-np.inf if cost <= 0 else -float(f"{gain / cost:.9g}")), cost

    def touch(self, one: Project, other: Project) -> bool:
        """Whether opening one project may change what another adds."""
        if self.world.tied or one.building_id == other.building_id:
            return True
        return not self._offered[self._column[one]].isdisjoint(self._offered[self._column[other]])

    def open(self, project: Project) -> None:
        """Open a project that the world knows; others change nothing."""
        if self.knows(project):
            self.opened = self._with(project)
            self._waiting = self._waiting & (self._homes != project.building_id)
            self._settle()

    def _settle(self) -> None:
        self._missed = self.world.breaches(self.opened)
        self._now = None

    def _with(self, project: Project) -> Openings:
        after: NDArray[np.bool_] = self.opened.copy()
        here = self._waiting & (self._homes == project.building_id) & self._keeps
        after[here] = self._kept[here]
        after[self._column[project]] = True
        return after
