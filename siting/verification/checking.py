"""Every check of a plan, and the one call that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from siting.errors import Finding
from siting.instance.instance import Instance
from siting.instance.rulebook import RULES
from siting.solution import Solution, Termination
from siting.travel.times import Travel
from siting.verification import (
    admission,
    cover,
    decisions,
    form,
    funds,
    loads,
    money,
    scores,
    serving,
    space,
    targets,
    tiers,
    zones,
)
from siting.verification.outcome import Check, Verification
from siting.verification.recount import Recount

CHECKS: dict[str, Callable[[Recount], Iterator[Finding]]] = {
    "provenance": form.check_provenance,
    "ids": form.check_ids,
    "grid": form.check_grid,
    "details": form.check_details,
    "eligibility": admission.check_eligibility,
    "suitability": admission.check_suitability,
    "fit": admission.check_fit,
    "forbidden": admission.check_forbidden,
    "availability": admission.check_availability,
    "planned_use": admission.check_planned_use,
    "max_size": admission.check_max_size,
    "conditions": admission.check_conditions,
    "min_reach": admission.check_min_reach,
    "required": decisions.check_required,
    "committed": decisions.check_committed,
    "one_module": decisions.check_one_module,
    "standalone": space.check_standalone,
    "floor_area": space.check_floor_area,
    "yard": space.check_yard,
    "acquisition": money.check_acquisition,
    "budget": money.check_budget,
    "agency_budget": money.check_agency_budget,
    "yearly_cost": money.check_yearly_cost,
    "minimum_per_zone": zones.check_minimum_per_zone,
    "one_tenure": money.check_one_tenure,
    "yearly_budget": money.check_yearly_budget,
    "funds": funds.check_funds,
    "zone_budget": money.check_zone_budget,
    "agency_share": money.check_agency_share,
    "yearly_rent": money.check_yearly_rent,
    "land_quota": money.check_land_quota,
    "maximum_per_zone": zones.check_maximum_per_zone,
    "first_refusal": zones.check_first_refusal,
    "add_on": decisions.check_add_on,
    "hub": decisions.check_hub,
    "compatibility": decisions.check_compatibility,
    "synergy": tiers.check_synergy,
    "keep_cover": cover.check_keep_cover,
    "backup": cover.check_backup,
    "self_sufficiency": zones.check_self_sufficiency,
    "reserve": space.check_reserve,
    "targets": targets.check_targets,
    "need": serving.check_need,
    "reach": serving.check_reach,
    "capacity": serving.check_capacity,
    "zone_floor": loads.check_zone_floor,
    "min_load": loads.check_min_load,
    "own_zone": loads.check_own_zone,
    "outside_supply": loads.check_outside_supply,
    "priorities": tiers.check_priorities,
    "decay": tiers.check_decay,
    "preferences": tiers.check_preferences,
    "score.objective": scores.check_objective,
    "score.today": scores.check_today,
    "score.served_today": scores.check_served_today,
    "score.bound": scores.check_bound,
    "score.tiers": tiers.check_tiers,
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
