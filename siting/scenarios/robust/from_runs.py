"""What is right whatever happens, from runs: the core, plans lived elsewhere, one plan for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from siting.explain.intervals import Best, best_of
from siting.instance.instance import Instance
from siting.planner import Options
from siting.scenarios.robust.core import Core, core_of, possible_sites
from siting.scenarios.robust.nested import NestedPlans
from siting.scenarios.robust.projects import ProjectList, list_by_budget, list_by_gain
from siting.scenarios.robust.regret import RegretTable, regret_table
from siting.scenarios.robust.reserve import Reserve, reserve_list
from siting.scenarios.robust.worlds import World, worlds_of
from siting.scenarios.run import Run

NESTED_LIST = "nested"
"""Name of a nested list among plans that are lived elsewhere."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Robust:
    """What runs of one instance have in common, and how each does where another would be best.

    Attributes
    ----------
    worlds
        Of the runs with a plan, in their order.
    best
        What is known of the best plan of each world, by name.
    lists
        The plans in the order in which their sites open; a nested list last.
    reserve
        What comes next after the first plan.
    """

    worlds: tuple[World, ...]
    best: Mapping[str, Best]
    lists: tuple[ProjectList, ...]
    core: Core
    regrets: RegretTable
    reserve: tuple[Reserve, ...]


def robust_of(
    base: Instance,
    runs: Sequence[Run],
    options: Options | None = None,
    *,
    nested: NestedPlans | None = None,
) -> Robust:
    """Return what runs of one instance have in common, each the plan of a world of its own.

    Runs without a plan, or whose checks failed, are left out.

    Parameters
    ----------
    base
        The instance without a scenario.
    nested
        A nested list: it is lived in every world too, and orders the reserve.

    Raises
    ------
    ValueError
        When no run has a plan.
    """
    planned = [run for run in runs if run.objective is not None and run.values["verified"]]
    if not planned:
        raise ValueError("there is no plan to compare")
    worlds = worlds_of(base, [run.case for run in planned], options)
    chosen = {run.case.name: run.solution.chosen for run in planned}
    best = {run.case.name: best_of(run.solution) for run in planned}
    lists = [list_by_gain(world, world.name, chosen[world.name]) for world in worlds]
    if nested is not None and nested.steps:
        (largest,) = worlds_of(base, [nested.steps[-1].run.case], options)
        steps = [step.run.solution.chosen for step in nested.steps]
        lists.append(list_by_budget(largest, NESTED_LIST, steps))
    core = core_of(chosen, possible_sites(worlds))
    first_budget = None if nested is None else nested.first_budget
    return Robust(
        worlds=tuple(worlds),
        best=best,
        lists=tuple(lists),
        core=core,
        regrets=regret_table(lists, worlds, best),
        reserve=reserve_list(worlds[0], chosen[worlds[0].name], core, first_budget),
    )
