"""What each rule costs: the best plan without it against the best plan with all rules."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from siting.explain.differences import served_more
from siting.explain.intervals import Interval, price_between
from siting.explain.trials import (
    LEAST_TRIAL_S,
    Compared,
    Floats,
    Problem,
    Trial,
    compared_plan,
    pose,
    problem_of,
    rows_kept,
    shared_out,
    start_from,
    try_plan,
)
from siting.instance.instance import Instance
from siting.instance.rulebook import RULES
from siting.model.build import admit
from siting.model.program import Program
from siting.plan import Options, Plan, solve
from siting.solution import Limit, Termination
from siting.solvers.control import Progress

log = logging.getLogger(__name__)

BASE_SHARE = 1 / 3
"""Part of the time limit for the plan with all rules; every price rests on it."""

_NEARLY = 0.02
"""Part of a limit that a plan may leave and still be said to use it up."""

_GIVES = ("synergy",)
"""Rules that give points or room rather than restrict."""

RESTRICTING = tuple(
    rule.id
    for rule in RULES.values()
    if rule.switchable and rule.touches != "value" and rule.id not in _GIVES
)
"""Rules that may have a price: with one of them off there are more plans to choose from."""

MEASURING = tuple(
    rule.id
    for rule in RULES.values()
    if rule.switchable and (rule.touches == "value" or rule.id in _GIVES)
)
"""Rules that change what is counted or given, so that plans with and without do not compare."""


@dataclass(frozen=True, kw_only=True)
class RulePrice:
    """What one rule costs.

    Attributes
    ----------
    price
        None where no plan without the rule was found in time.
    objective, bound
        Of the plan without the rule.
    served, cost
        Plan without the rule less plan with all rules: units by service, capital. They are the
        difference of these two plans, not of all best ones.
    """

    rule: str
    price: Interval | None
    termination: Termination
    objective: float | None = None
    bound: float | None = None
    served: dict[str, float] = field(default_factory=dict)
    cost: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class RulePrices:
    """What all rules cost.

    Attributes
    ----------
    base
        The plan with all rules.
    compared
        The plan that those without a rule are compared with, see `compared_plan`; None where there
        is no plan.
    prices
        Rules that were priced, the surest and dearest first.
    idle
        Rules that are on but restrict nothing here.
    measuring
        Rules that are on and change what is counted.
    off
        Rules that are switched off and might restrict.
    not_reached
        Rules that the time did not suffice for.
    """

    base: Plan
    compared: Compared | None = None
    prices: tuple[RulePrice, ...] = ()
    idle: tuple[str, ...] = ()
    measuring: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    not_reached: tuple[str, ...] = ()
    seconds: float = 0.0


def price_rules(
    instance: Instance,
    options: Options | None = None,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float | None = None,
) -> RulePrices:
    """Plan with all rules, then without each rule that restricts, all within one time limit.

    The price of a rule is how much more the best plan without it serves. Only tier 1 is solved
    without a rule, started from the plan with all rules.

    Parameters
    ----------
    instance
        With its scenario applied.
    options
        The time limit is that of all plans together; a third is for the plan with all rules.
    watch
        Called with the progress; the stage names the rule that is off.

    Raises
    ------
    EngineError
        When the engine is not known or cannot represent the model.
    """
    options = options or Options()
    started = time.monotonic() if started is None else started
    base = plan_in_share(instance, options, watch=watch, started=started)
    if not base.solution.has_plan:
        return RulePrices(base=base, seconds=time.monotonic() - started)
    control = options.control(started, watch)
    if base.solution.limit == Limit.INTERRUPT:
        control.cancelled.set()
    problem = problem_of(base.model, options)
    playing, idle = rules_in_play(problem)
    share = control.within(control.remaining() / (len(playing) + 1))
    compared = compared_plan(problem, base.solution, options, share)
    prices: list[RulePrice] = []
    try:
        start = start_from(problem, compared.chosen, control)
        playing = most_telling(problem, playing, start)
        like = problem
        for rule, limited in shared_out(playing, control, least_s=LEAST_TRIAL_S):
            stage = f"without {rule}, {len(prices) + 1} of {len(playing)}"
            log.info("%s ...", stage)
            freer = _without(problem, rule, options, like)
            own = start
            if _is_its_rows(rule):
                like = freer
            else:  # other columns
                own = start_from(freer, compared.chosen, limited)
            trial = try_plan(freer, options, start=own, control=limited, stage=stage)
            prices.append(_priced(rule, instance, compared, trial))
    except KeyboardInterrupt:
        control.cancelled.set()
    return RulePrices(
        base=base,
        compared=compared,
        prices=tuple(sorted(prices, key=_order)),
        idle=idle,
        measuring=tuple(rule for rule in MEASURING if instance.rule_on(rule)),
        off=tuple(rule for rule in RESTRICTING if not instance.rule_on(rule)),
        not_reached=playing[len(prices) :],
        seconds=time.monotonic() - started,
    )


def plan_in_share(
    instance: Instance,
    options: Options,
    *,
    watch: Callable[[Progress], None] | None = None,
    started: float,
) -> Plan:
    """Return the plan that others are compared with, made in `BASE_SHARE` of the time.

    Where none is found in that share, the search starts anew with all the time that is left.
    """
    limit = options.time_limit_s
    if limit is None:
        return solve(instance, options, watch=watch, started=started)
    part = replace(options, time_limit_s=limit * BASE_SHARE)
    made = solve(instance, part, watch=watch, started=started)
    left = started + limit - time.monotonic()
    late = made.solution.termination == Termination.NONE and made.solution.limit == Limit.TIME
    if not late or left <= 0:
        return made
    return solve(instance, options, watch=watch, started=started)


def rules_in_play(problem: Problem) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the rules that restrict this problem, and those that are on but restrict nothing.

    A rule restricts where the program has rows of it, or where it alone keeps a conversion out or
    makes one dearer.
    """
    model = problem.model
    instance = model.instance
    with_rows = set(_rule_of_rows(problem.program))
    admitted = model.listed["reason"].eq("").to_numpy()
    playing: list[str] = []
    idle: list[str] = []
    for rule in RESTRICTING:
        if not instance.rule_on(rule):
            continue
        restricts = rule in with_rows
        if RULES[rule].touches == "admission":
            freed = admit(without_rule(instance, rule), model.decisions.reach)
            others = not np.array_equal(freed["reason"].eq("").to_numpy(), admitted)
            dearer = freed["works"].ne(model.listed["works"]).to_numpy(bool) & admitted
            restricts = others or bool(dearer.any())
        (playing if restricts else idle).append(rule)
    return tuple(playing), tuple(idle)


def most_telling(problem: Problem, rules: tuple[str, ...], start: Floats | None) -> tuple[str, ...]:
    """Return rules in the order to price them: what the plan uses up comes first.

    Then the rules that keep conversions out, and last those whose limits the plan is far from.
    """
    if start is None:
        return rules
    program = problem.program
    activity = program.matrix @ start
    room = np.minimum(activity - program.row_lower, program.row_upper - activity)
    full = room <= _NEARLY * np.maximum(1.0, np.abs(activity))
    tight = {rule for rule, is_full in zip(_rule_of_rows(program), full, strict=True) if is_full}

    def rank(rule: str) -> int:
        return 0 if rule in tight else 1 if RULES[rule].touches == "admission" else 2

    return tuple(sorted(rules, key=rank))


def without_rule(instance: Instance, rule: str) -> Instance:
    """Return the instance with one rule switched off."""
    settings = instance.settings
    rules = {**settings.rules, rule: False}
    return instance.replace(settings=settings.model_copy(update={"rules": rules}))


def _is_its_rows(rule: str) -> bool:
    """Whether a rule is its rows and nothing else, so that without it the model is the same."""
    return RULES[rule].touches == "decisions"


def _without(problem: Problem, rule: str, options: Options, like: Problem) -> Problem:
    """Return the problem without a rule.

    Parameters
    ----------
    like
        The problem without another rule that was tried last.
    """
    model = problem.model
    if not _is_its_rows(rule):
        decisions = model.decisions
        return pose(without_rule(model.instance, rule), decisions.reach, decisions.near, options)
    model = replace(model, program=_without_rows(model.program, rule))
    return problem_of(model, options, like=like)


def _without_rows(program: Program, rule: str) -> Program:
    return rows_kept(program, np.array([own != rule for own in _rule_of_rows(program)], bool))


def _rule_of_rows(program: Program) -> list[str]:
    """Return the rule of each row: rows are named ``rule[place]``."""
    return [name.partition("[")[0] for name in program.row_names]


def _priced(rule: str, instance: Instance, compared: Compared, trial: Trial) -> RulePrice:
    if trial.best is None or trial.cost is None:
        return RulePrice(rule=rule, price=None, termination=trial.termination, bound=trial.bound)
    decimals = instance.settings.money.decimals
    return RulePrice(
        rule=rule,
        price=price_between(trial.best, compared.best),
        termination=trial.termination,
        objective=trial.objective,
        bound=trial.bound,
        served=served_more(list(instance.services["service_id"]), trial.served, compared.served),
        cost=round(trial.cost - compared.cost, decimals),
    )


def _order(priced: RulePrice) -> tuple[bool, tuple[float, float], str]:
    """Lower end first, then the upper; what has no price last."""
    price = priced.price
    return price is None, price.order if price else (0.0, 0.0), priced.rule
