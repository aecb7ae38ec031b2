"""Many runs: planned wherever there are workers, stored one by one, never made twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from siting.instance.instance import Instance
from siting.planner import Options
from siting.scenarios.case import Case
from siting.scenarios.run import Run
from siting.scenarios.running.crew import Crew, crew_of
from siting.scenarios.running.driving import Driver, Wanted
from siting.scenarios.running.telling import RunsError, Told

__all__ = ["Crew", "RunsError", "Told", "Wanted", "crew_of", "run_all", "run_cases"]


def run_cases(
    base: Instance,
    instance_path: Path,
    cases: Sequence[Case],
    options: Options,
    *,
    executor: str = "serial",
    workers: int | None = None,
    address: str = "",
    root: Path,
    watch: Callable[[Told], None] | None = None,
    crew: Crew | None = None,
) -> list[Run]:
    """Plan cases of one instance and return their runs in the order of the cases, see `run_all`."""
    (runs,) = run_all(
        [Wanted(base=base, instance_path=instance_path, cases=tuple(cases))],
        options,
        executor=executor,
        workers=workers,
        address=address,
        root=root,
        watch=watch,
        crew=crew,
    )
    return runs


def run_all(
    wanted: Sequence[Wanted],
    options: Options,
    *,
    executor: str = "serial",
    workers: int | None = None,
    address: str = "",
    root: Path,
    watch: Callable[[Told], None] | None = None,
    crew: Crew | None = None,
) -> list[list[Run]]:
    """Plan cases of several instances; return the runs of each in the order of its cases.

    Cases that differ in money alone follow one another in one worker. A run is stored under `root`
    the moment it is done, without pictures and workbook; a verified one that is there already and
    answers what is asked is not made again. A worker that is lost takes only its own run with it,
    which another makes anew. After Ctrl-C no worker is left, and what is finished is kept.

    Which of equal plans is found, and within a gap which plan, may depend on the executor and on
    the order in which workers finish; what is proven of it does not.

    Parameters
    ----------
    options
        Its limit of time is for all runs together, shared out among them as they begin; its limit
        of memory for all workers together.
    executor, workers, address
        See `open_pool`.
    watch
        Called whenever a run begins or ends.
    crew
        Workers to use instead of new ones, where more is to be planned afterwards.

    Raises
    ------
    InstanceError
        When a case does not fit its instance, with all such, or there is no such executor; before
        anything is planned.
    RunsError
        When some cases could not be planned; once all others are done.
    """
    with ExitStack() as stack:
        if crew is None:
            crew = stack.enter_context(crew_of(executor, workers=workers, address=address))
        driver = Driver(wanted, options, crew, root=root, watch=watch)
        driver.drive()
    return driver.runs()
