"""Every check of a plan, and the one call that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from siting.errors import Finding
from siting.instance.instance import Instance
from siting.instance.rulebook import RULES
from siting.solution import Solution, Termination
from siting.travel.times import Travel
from siting.verification import decisions, form, scores, serving
from siting.verification.outcome import Check, Verification
from siting.verification.recount import Recount

CHECKS: dict[str, Callable[[Recount], Iterator[Finding]]] = {
    "provenance": form.check_provenance,
    "ids": form.check_ids,
    "grid": form.check_grid,
    "details": form.check_details,
    "eligibility": decisions.check_eligibility,
    "suitability": decisions.check_suitability,
    "fit": decisions.check_fit,
    "forbidden": decisions.check_forbidden,
    "required": decisions.check_required,
    "committed": decisions.check_committed,
    "one_module": decisions.check_one_module,
    "standalone": decisions.check_standalone,
    "floor_area": decisions.check_floor_area,
    "yard": decisions.check_yard,
    "acquisition": decisions.check_acquisition,
    "budget": decisions.check_budget,
    "agency_budget": decisions.check_agency_budget,
    "yearly_cost": decisions.check_yearly_cost,
    "minimum_per_zone": decisions.check_minimum_per_zone,
    "need": serving.check_need,
    "reach": serving.check_reach,
    "capacity": serving.check_capacity,
    "score.objective": scores.check_objective,
    "score.today": scores.check_today,
    "score.served_today": scores.check_served_today,
    "score.bound": scores.check_bound,
    "score.cost": scores.check_cost,
    "score.best_service": scores.check_best_service,
}
"""One check per rule of the rulebook, per score, and per point of form."""


def verify_solution(instance: Instance, travel: Travel, solution: Solution) -> Verification:
    """Recompute every rule and score of a plan from its instance and travel times alone.

    A solution without a plan that says so (``infeasible``, ``none``) is only checked for its
    provenance. Rules that the instance switches off are left out.

    Parameters
    ----------
    instance
        The instance as applied, whatever it is now: a change since the plan is a finding.
    travel
        Its travel times.
    solution
        The plan, from a solve or from disk.
    """
    recount = Recount(instance, travel, solution)
    planless = {Termination.INFEASIBLE, Termination.NONE}
    rules = list(CHECKS)
    if not solution.has_plan and solution.termination in planless:
        rules = ["provenance"]
    return Verification(
        tuple(
            Check(rule, tuple(CHECKS[rule](recount)))
            for rule in rules
            if rule not in RULES or instance.rule_on(rule)
        )
    )
