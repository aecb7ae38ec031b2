"""One order for the project list: every larger budget keeps what the smaller ones chose."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from siting.errors import Finding, InstanceError
from siting.explain.intervals import Best, Interval, price_between
from siting.instance.instance import KEEP, NEED_GRID, Instance
from siting.instance.settings import Lock
from siting.planner import Ground, Options, Planner, family_of, lay_ground
from siting.scenarios.case import Case
from siting.scenarios.robust.projects import Project, projects_of
from siting.scenarios.run import Run
from siting.scenarios.running.finished import Finished
from siting.solvers.control import Progress
from siting.store import save_run

NESTED = "+nested"
"""Ending of the names of cases that keep what a smaller budget chose."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NestedStep:
    r"""A budget of a nested list.

    Attributes
    ----------
    run
        The plan that holds from here on: that of a smaller budget where it serves as much.
    best
        What is known of the best plan that keeps what the smaller budgets chose.
    free
        What is known of the best plan that need not: free plans of smaller budgets and nested ones
        count as plans, bounds of larger budgets as bounds.
    price
        Of nestedness: how much more the best free plan serves than the best nested one,
        :math:`[value_{free} - bound_{nested}, bound_{free} - value_{nested}]`, never below 0.
    opens
        Sites that the smaller budgets did not open.
    enlarged
        Sites that now hold a larger module.
    """

    budget: float
    run: Run
    best: Best
    free: Best
    price: Interval
    opens: tuple[Project, ...]
    enlarged: tuple[Project, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class NestedPlans:
    """A list of projects for all budgets, by ascending budget.

    Attributes
    ----------
    not_reached
        Budgets that the time did not suffice for, or for which no plan was found.
    """

    steps: tuple[NestedStep, ...]
    not_reached: tuple[float, ...] = ()

    @property
    def first_budget(self) -> dict[tuple[str, str], float]:
        """The smallest budget that opens each site, by building and service."""
        return {p.site: step.budget for step in self.steps for p in step.opens}


def nested_plans(
    base: Instance,
    instance_path: Path,
    free: Sequence[Run],
    options: Options,
    *,
    root: Path,
    watch: Callable[[Progress], None] | None = None,
) -> NestedPlans:
    """Plan the budgets of free plans again, each keeping the sites of the one before.

    The smallest budget has its free plan. Every larger one must open anew, in the same buildings,
    the services that the one before opened, with no smaller module (a larger one counts as keeping,
    and costs what it costs alone, as though nothing had been built before it); where a site has
    several modules at a time, just these. In which way a building is got hold of may change, and
    what is kept as it is today may be given up. A plan by years keeps what is open by the year in
    which it opened. The order is that from small to large: a list that began with the largest
    budget could be another.

    Parameters
    ----------
    base
        The instance without a scenario.
    free
        Runs of cases with a budget each, with plans, that differ in nothing else.
    options
        Its limit of time is for all of them.
    root
        Where runs are stored; one that is there already is not made again.

    Raises
    ------
    InstanceError
        When the instance switches off a rule that sites are kept by.
    ValueError
        When a run has no budget or no plan, or there is none.
    """
    ordered = sorted(free, key=_budget_of)
    if not ordered or any(run.objective is None for run in ordered):
        raise ValueError("a nested list needs runs with plans")
    started, bests = time.monotonic(), _free_bests(ordered)
    planner = _NestedPlanner(base, instance_path, options, root, watch)
    steps: list[NestedStep] = []
    for at, (own, free_best) in enumerate(zip(ordered, bests, strict=True)):
        run = own
        if steps:
            limit = options.time_limit_s
            left = None if limit is None else started + limit - time.monotonic()
            if left is not None and left <= 0:
                break
            part = None if left is None else left / (len(ordered) - at)
            run = planner.plan(own.case, steps[-1].run, part)
        if run.objective is None or not run.values["verified"]:
            break
        steps.append(_step(own, run, free_best, steps[-1] if steps else None))
    reached = {step.budget for step in steps}
    return NestedPlans(
        steps=_with_nested(steps),
        not_reached=tuple(b for b in map(_budget_of, ordered) if b not in reached),
    )


def keeping(base: Instance, chosen: pd.DataFrame, *, yearly: bool) -> Iterator[Lock]:
    """Yield the locks that keep what a plan opens anew."""
    capacity = base.modules.set_index("module_id")["capacity"].astype(float)
    services = base.modules.set_index("module_id")["service_id"]
    sites: dict[tuple[str, str], list[Project]] = {}
    for project in projects_of(chosen):
        sites.setdefault(project.site, []).append(project)
    for (building_id, service_id), projects in sites.items():
        several = len(projects) > 1
        for project in projects:
            yield Lock(
                building_id=building_id,
                service_id=service_id,
                module_id=project.module_id if several else None,
                status="required",
                year=project.year if yearly else None,
            )
        if several:
            continue
        size = _size(capacity, projects[0].module_id)
        smaller = [m for m in capacity.index[services == service_id] if _size(capacity, m) < size]
        for module_id in [*sorted(map(str, smaller)), KEEP]:
            yield Lock(
                building_id=building_id,
                service_id=service_id,
                module_id=module_id,
                status="forbidden",
            )


def nested_rows(nested: NestedPlans) -> pd.DataFrame:
    """Return the project list: one row per site, in the order of the budgets that open it.

    Returns
    -------
    pandas.DataFrame
        ``budget, building_id, service_id, module_id`` as it opens, and ``later``: larger modules
        that replace it, as ``module_id@budget``.
    """
    later: dict[tuple[str, str], list[str]] = {}
    for step in nested.steps:
        for project in step.enlarged:
            later.setdefault(project.site, []).append(f"{project.module_id}@{step.budget:g}")
    rows = [
        (step.budget, p.building_id, p.service_id, p.module_id, ";".join(later.get(p.site, ())))
        for step in nested.steps
        for p in step.opens
    ]
    columns = ["budget", "building_id", "service_id", "module_id", "later"]
    return pd.DataFrame(rows, columns=columns)


def nestedness_rows(nested: NestedPlans) -> pd.DataFrame:
    """Return one row per budget: what nestedness costs there.

    Returns
    -------
    pandas.DataFrame
        ``budget, objective, bound, free_objective, free_bound, price_low, price_high, opens,
        enlarged`` (numbers of sites).
    """
    return pd.DataFrame(
        [
            {
                "budget": step.budget,
                "objective": step.best.objective,
                "bound": step.best.bound,
                "free_objective": step.free.objective,
                "free_bound": step.free.bound,
                "price_low": step.price.low,
                "price_high": step.price.high,
                "opens": len(step.opens),
                "enlarged": len(step.enlarged),
            }
            for step in nested.steps
        ]
    )


def _budget_of(run: Run) -> float:
    budget = run.case.scenario.budget
    if budget is None:
        raise ValueError(f"{run.case.name or 'the instance'} states no budget to nest")
    return float(budget)


def _size(capacity: pd.Series, module_id: str) -> float:
    size = float(capacity[module_id])
    return np.inf if np.isnan(size) else size


def _free_bests(runs: Sequence[Run]) -> list[Best]:
    """Return what is known at every budget, plans carried up and bounds carried down."""
    objectives = np.maximum.accumulate([float(run.objective or 0.0) for run in runs])
    bounds = [np.inf if run.bound is None else run.bound for run in runs]
    bounds = list(np.minimum.accumulate(bounds[::-1])[::-1])
    return [
        Best(objective=float(o), bound=max(float(b), float(o)) if np.isfinite(b) else None)
        for o, b in zip(objectives, bounds, strict=True)
    ]


def _step(own: Run, run: Run, free: Best, before: NestedStep | None) -> NestedStep:
    """Return a budget's step; the price is set once all steps are known."""
    value, bound = float(run.objective or 0.0), run.bound
    if before is not None and before.best.objective > value:
        run, value = before.run, before.best.objective
    limits = [b for b in (bound, free.bound) if b is not None]
    best = Best(objective=value, bound=max(value, min(limits)) if limits else None)
    earlier = {} if before is None else _modules(before.run)
    projects = projects_of(run.solution.chosen)
    return NestedStep(
        budget=_budget_of(own),
        run=run,
        best=best,
        free=free,
        price=Interval(low=0.0, high=None),
        opens=tuple(p for p in projects if p.site not in earlier),
        enlarged=tuple(
            p for p in projects if p.site in earlier and p.module_id not in earlier[p.site]
        ),
    )


def _with_nested(steps: Sequence[NestedStep]) -> tuple[NestedStep, ...]:
    """Return steps whose nested plans count as free ones too, with their prices."""
    done = []
    for step in steps:
        value = max(step.free.objective, step.best.objective)
        bound = None if step.free.bound is None else max(step.free.bound, value)
        free = Best(objective=value, bound=bound)
        done.append(replace(step, free=free, price=price_between(free, step.best)))
    return tuple(done)


def _modules(run: Run) -> dict[tuple[str, str], set[str]]:
    modules: dict[tuple[str, str], set[str]] = {}
    for project in projects_of(run.solution.chosen):
        modules.setdefault(project.site, set()).add(project.module_id)
    return modules


class _NestedPlanner:
    """Plans one budget after another on one ground, each from the plan before."""

    def __init__(
        self,
        base: Instance,
        instance_path: Path,
        options: Options,
        root: Path,
        watch: Callable[[Progress], None] | None,
    ) -> None:
        self._base, self._path, self._root = base, instance_path, root
        self._options, self._watch = options, watch
        self._planner = Planner(options)
        self._finished = Finished(root)
        self._ground: Ground | None = None

    def plan(self, case: Case, before: Run, limit_s: float | None) -> Run:
        """Return the run of a case that keeps what another run opened."""
        yearly = case.of(self._base).settings.plan.yearly
        kept = tuple(keeping(self._base, before.solution.chosen, yearly=yearly))
        nested = Case(
            name=case.name + NESTED,
            scenario=case.scenario.model_copy(update={"locks": (*case.scenario.locks, *kept)}),
        )
        town = nested.of(self._base)
        _refuse_without_rules(town)
        known = self._finished.find(town.content_hash, self._options, limit_s)
        if known is not None:
            return Run(case=nested, folder=known[0], values=known[1], reused=True)
        if self._ground is None:
            self._ground = lay_ground(town, cache_dir=self._options.cache_dir)
        self._planner.stand_on(replace(self._ground, family=family_of(town)))
        self._planner.options = replace(self._options, time_limit_s=limit_s)
        plan = self._planner.solve(town, watch=self._watch)
        folder = save_run(
            plan.solution,
            {service: amount / NEED_GRID for service, amount in town.base_need.items()},
            {},
            root=self._root,
            verified=plan.verification.passed,
            instance_path=self._path,
        )
        values = json.loads((folder / "solution.json").read_text(encoding="utf-8"))
        return Run(case=nested, folder=folder, values=values)


def _refuse_without_rules(town: Instance) -> None:
    findings = [
        Finding(
            place="instance.toml",
            column=f"rules.{rule}",
            value="false",
            rule="sites are kept by this rule",
            remedy="switch it on, or plan without --nested",
        )
        for rule in ("required", "forbidden")
        if not town.rule_on(rule)
    ]
    if findings:
        raise InstanceError("--nested", findings)
