"""Plans of a town, one after another: each solved, re-checked and recorded."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.errors import Finding, InstanceError
from siting.instance.instance import Instance
from siting.instance.settings import Budget
from siting.model.build import Model, build_model, compact, served_alone
from siting.model.decisions import CONVERSION_KEY, Decisions
from siting.model.lp import write_lp
from siting.model.program import Program
from siting.reach import Arcs, find_near, find_reach
from siting.recording import record
from siting.solution import Solution
from siting.solvers.afterwards import ATTENDANCE_S, Afterwards, look_after, nothing_after
from siting.solvers.assignment import open_today, serve
from siting.solvers.conflict import find_conflict
from siting.solvers.control import Control, Progress
from siting.solvers.engines import Posed, engine_named, pose
from siting.solvers.evaluation import Evaluation, Openings, evaluate
from siting.solvers.highs import write_mps
from siting.solvers.memory import refuse_too_large, within_memory
from siting.solvers.tiers import search_tiers
from siting.travel.measure import measure_travel
from siting.travel.times import Travel
from siting.verification import Verification, verify_solution

log = logging.getLogger(__name__)

_RESERVE_S = 10.0
"""Seconds of a time limit kept for checking, drawing and storing, at most half of the limit."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to solve.

    Attributes
    ----------
    gap
        Relative gap at which tier 1 may stop; 0 asks for a proof to 1e-7.
    time_limit_s
        For everything from reading on, measured from `started`; None for no limit.
    engine
        See `siting.solvers.engines`.
    memory_limit_gib
        Most memory that the process and its children may hold while an engine runs, GiB; a model
        that could not be written within it is refused. None for no limit.
    least_money
        Whether the cheapest of the plans that serve as much is sought; without it a plan may
        cost more than it must.
    threads
        Cores that a search may use; all there are where None.
    cache_dir
        Where measured travel is kept between runs; None keeps nothing.
    """

    gap: float = 0.005
    time_limit_s: float | None = None
    engine: str = "auto"
    memory_limit_gib: float | None = None
    least_money: bool = True
    threads: int | None = None
    cache_dir: Path | None = None

    def control(self, started: float, watch: Callable[[Progress], None] | None = None) -> Control:
        """Return the limits of all searches together, with time kept for what follows them."""
        limit = self.time_limit_s
        deadline = None if limit is None else started + max(limit - _RESERVE_S, limit / 2)
        threads = self.threads or os.cpu_count() or 1
        return Control(deadline=deadline, watch=watch, threads=threads)


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A solution with what it was made from and what the checks say of it.

    Attributes
    ----------
    instance
        As the scenario has it.
    service_today
        Who is served where in the last year with what is open now, as `Solution.service`.
    afterwards
        What follows from the plan beside its solution: its years, the years after, who attends
        which school.
    model
        Kept for explanation and export.
    """

    instance: Instance
    travel: Travel
    solution: Solution
    service_today: pd.DataFrame
    verification: Verification
    afterwards: Afterwards
    model: Model = field(repr=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """What plans that differ in money alone share.

    Attributes
    ----------
    family
        Hash of the town without its money.
    today
        Who is served where in every year with what is open now.
    """

    family: str
    travel: Travel
    reach: dict[str, Arcs]
    near: dict[str, NDArray[np.int64]]
    today: pd.DataFrame


class Planner:
    """Plans a town under one scenario after another.

    Plans that differ in money alone share travel, reach, the cuts that the engine has learnt and
    the plan before as one to start from; any other difference begins anew. What is shared changes
    how long a plan takes and which of equal ones is found, not what is proven of it.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self._ground: Ground | None = None
        self._posed: Posed | None = None
        self._opened: Openings | None = None

    def solve(
        self,
        instance: Instance,
        *,
        watch: Callable[[Progress], None] | None = None,
        started: float | None = None,
        export: Path | None = None,
        start: pd.DataFrame | None = None,
    ) -> Plan:
        """Plan an instance: the most need served, then the least money, then the least walking.

        Parameters
        ----------
        instance
            With its scenario applied (`prepare`).
        watch
            Called with the progress of the search, possibly from another thread.
        started
            `time.monotonic` from which the time limit counts; now by default.
        export
            Where to write the program of tier 1 as well, ``.lp`` or ``.mps``.
        start
            Conversions of a plan to begin with, as `Solution.chosen`, where none was planned
            before; those that the model does not have are left out.

        Raises
        ------
        EngineError
            When the engine is not known or cannot represent the model.
        InstanceError
            When the written model alone would exceed the limit of memory.
        """
        options = self.options
        started = time.monotonic() if started is None else started
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        engine_named(options.engine)  # a wrong name is said before anything is measured
        limit = options.time_limit_s
        control = options.control(started, watch)
        ground = self._ground_of(instance)
        reach = ground.reach
        log.info("building the model ...")
        model = build_model(instance, reach, ground.near)
        if export is not None:
            refuse_too_large(model, options.memory_limit_gib)
            export_program(compact(model), export)
        posed = pose(
            model, options.engine, memory_limit_gib=options.memory_limit_gib, like=self._posed
        )
        log.info("program: %d rows, %d columns, %d non-zeros", *posed.program.size)

        plain = served_alone(instance)
        ahead = None
        if plain is not instance:
            log.info("building the model of tier 1 ...")
            ahead = pose(
                build_model(plain, reach, ground.near),
                options.engine,
                memory_limit_gib=options.memory_limit_gib,
                like=self._posed,
            )

        def evaluated(opened: Openings, floors: Sequence[float]) -> Evaluation:
            return evaluate(posed.model, posed.program, reach, opened, floors)

        with within_memory(control, options.memory_limit_gib):
            search = search_tiers(
                posed.model,
                posed.program,
                posed.engine,
                evaluated,
                gap=options.gap,
                control=control,
                ahead=ahead,
                certified=(ahead or posed).certify,
                start=self._start_in(posed.model.decisions, start),
                least_money=options.least_money,
            )
        last = ground.today["year"] == instance.years[-1]
        today_at_end = ground.today[last].reset_index(drop=True)
        conflict = None
        afterwards = nothing_after()
        if search.infeasible:
            conflict = find_conflict(posed.model, posed.program, control=control)
        solution = record(
            model,
            reach,
            search,
            ground.today,
            conflict=conflict,
            asked=asdict(options),
            engine=(ahead or posed).name,
            started=stamp,
        )
        if search.found is not None:
            seconds = ATTENDANCE_S
            if limit is not None:
                seconds = min(seconds, _RESERVE_S / 4, limit / 8)
            afterwards = look_after(
                model, reach, search.found.opened, solution.service, ground.today, seconds=seconds
            )
            self._posed, self._opened = ahead or posed, search.found.opened
        solution = replace(solution, seconds=time.monotonic() - started)
        log.info("re-computing every rule and score ...")
        return Plan(
            instance=instance,
            travel=ground.travel,
            solution=solution,
            service_today=today_at_end,
            verification=verify_solution(instance, ground.travel, solution),
            afterwards=afterwards,
            model=model,
        )

    def _start_in(self, decisions: Decisions, start: pd.DataFrame | None) -> Openings | None:
        """Return the plan before, or one that is given, as far as a model has its conversions."""
        before = start
        if self._posed is not None and self._opened is not None:
            before = self._posed.model.decisions.conversions[self._opened]
        if before is None:
            return None
        known = pd.MultiIndex.from_frame(before[list(CONVERSION_KEY)])
        here = pd.MultiIndex.from_frame(decisions.conversions[list(CONVERSION_KEY)])
        return np.asarray(here.isin(known), bool)

    def stand_on(self, ground: Ground) -> None:
        """Take a ground that is laid already; other ways than before begin anew."""
        if self._ground is None or self._ground.travel is not ground.travel:
            self._posed = self._opened = None
        self._ground = ground

    def _ground_of(self, instance: Instance) -> Ground:
        """Return what does not depend on money, the same as before where only money differs."""
        ground = self._ground
        if ground is None or ground.family != family_of(instance):
            ground = lay_ground(instance, cache_dir=self.options.cache_dir)
            self.stand_on(ground)
        return ground


def family_of(instance: Instance) -> str:
    """Return a hash of the town without its money, the same where plans share a `Ground`."""
    settings = instance.settings.model_copy(update={"budget": Budget()})
    return instance.replace(settings=settings).content_hash


def lay_ground(instance: Instance, *, cache_dir: Path | None = None) -> Ground:
    """Return what plans that differ in money alone share.

    Parameters
    ----------
    instance
        With its scenario applied.
    cache_dir
        As in `Options`.
    """
    log.info("measuring travel ...")
    travel = measure_travel(instance, cache_dir=cache_dir)
    reach = find_reach(instance, travel)
    places = open_today(instance)
    today = [serve(instance, reach, places, year) for year in instance.years]
    return Ground(
        family=family_of(instance),
        travel=travel,
        reach=reach,
        near=find_near(instance, travel),
        today=pd.concat(today, ignore_index=True),
    )


def export_program(program: Program, path: Path) -> None:
    """Write a program with tier 1 as its objective, by the ending of `path`: ``.lp``, ``.mps``.

    Raises
    ------
    InstanceError
        When the ending is another.
    """
    if path.suffix == ".lp":
        write_lp(program, path)
    elif path.suffix == ".mps":
        write_mps(program, path)
    else:
        rule = "must end in .lp or .mps"
        raise InstanceError("--export", [Finding(place="--export", value=str(path), rule=rule)])
