"""Plans many cases of one instance within one limit of time, for `compare`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siting.cli.plans import ROOT
from siting.cli.progress import told_on_screen
from siting.cli.screen import show_findings, stages
from siting.errors import Finding, InstanceError, nearest

if TYPE_CHECKING:  # keeps the start of every command quick
    from siting.instance.instance import Instance
    from siting.plan import Options
    from siting.scenarios.case import Case
    from siting.scenarios.run import Run
    from siting.scenarios.running.crew import Crew

ExecutorOption = Annotated[
    str, typer.Option(help="Where runs are planned: serial, processes or ray.")
]
WorkersOption = Annotated[int | None, typer.Option(help="How many at a time.", min=1)]
AddressOption = Annotated[str, typer.Option(help="Of a Ray cluster; one on this machine without.")]

BASE, ALL = "base", "all"

_DRAWING = 0.12
"""Part of a time limit that is kept for comparing and drawing, at most `_DRAWING_S`."""
_DRAWING_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which plans are wanted of an instance."""

    scenarios: str
    budgets: str
    frontier: int | None
    grid: str

    @property
    def any(self) -> bool:
        """Whether plans are named at all."""
        return bool(self.scenarios or self.budgets or self.frontier is not None or self.grid)


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """Runs to compare.

    Attributes
    ----------
    failed
        Why cases could not be planned.
    """

    base: Instance
    path: Path
    runs: list[Run]
    failed: tuple[Finding, ...] = ()


class Planning:
    """Plans cases within a limit of time for all of them."""

    def __init__(
        self,
        options: Options,
        *,
        executor: str,
        workers: int | None,
        address: str,
        started: float,
    ) -> None:
        self._deadline = deadline_of(options, started)
        self._options = options
        self._executor, self._workers, self._address = executor, workers, address
        self._left = 0
        self._failed: list[Finding] = []

    def plan(self, path: Path, asked: Asked, datum: str) -> Made:
        """Return the runs of all that is asked of an instance, stored ones included."""
        from siting.instance.reading import read_instance
        from siting.scenarios.running.crew import crew_of
        from siting.scenarios.tradeoffs.tracing import top_budget, trace_frontier

        with stages():
            base, warnings = read_instance(path, datum=datum)
            cases, swept = _named(base, asked), _swept(base, asked)
        show_findings(warnings)
        self._left = len(cases) + len(swept) + (asked.frontier or 0)
        with crew_of(self._executor, workers=self._workers, address=self._address) as crew:
            carry_out = self._carrying(base, path, crew)
            sweep = self._carrying(base, path, crew, least_money=False)
            runs = carry_out(cases) if cases else []
            runs += sweep(swept) if swept else []
            if asked.frontier is not None:
                traced = trace_frontier(base, sweep, points=asked.frontier, top=top_budget(base))
                runs += [point.run for point in traced.points]
        return Made(base=base, path=path, runs=runs, failed=tuple(self._failed))

    def _carrying(
        self, base: Instance, path: Path, crew: Crew, *, least_money: bool = True
    ) -> Callable[[Sequence[Case]], list[Run]]:
        """Return what plans cases of an instance, each within its part of the time left.

        Where budgets alone are swept, what a plan serves is asked, and not the cheapest way.
        """
        from siting.scenarios.running.many import RunsError, run_cases

        def carry_out(cases: Sequence[Case]) -> list[Run]:
            options = replace(self._options, least_money=least_money)
            if self._deadline is not None:
                left = max(1.0, self._deadline - time.monotonic())
                part = len(cases) / max(self._left, len(cases))
                options = replace(options, time_limit_s=left * part)
            self._left -= len(cases)
            with told_on_screen() as watch:
                try:
                    return run_cases(base, path, cases, options, root=ROOT, watch=watch, crew=crew)
                except RunsError as error:
                    self._failed += error.findings
                    return list(error.runs[0])

        return carry_out


def deadline_of(options: Options, started: float) -> float | None:
    """Return when planning must end, so that time is left for comparing and drawing."""
    limit = options.time_limit_s
    return None if limit is None else started + limit - min(_DRAWING * limit, _DRAWING_S)


def _named(base: Instance, asked: Asked) -> list[Case]:
    """Return the cases of scenarios and of the grid, each name once.

    Raises
    ------
    InstanceError
        When a scenario or the grid is not right.
    """
    from siting.scenarios.case import named_cases
    from siting.scenarios.grid import grid_cases

    cases: list[Case] = []
    if asked.scenarios:
        cases += named_cases(base, _names(base, asked.scenarios))
    if asked.grid:
        cases += grid_cases(base, asked.grid)
    return list({case.name: case for case in cases}.values())


def _swept(base: Instance, asked: Asked) -> list[Case]:
    """Return the cases of other budgets.

    Raises
    ------
    InstanceError
        When a budget is not right.
    """
    from siting.scenarios.case import budget_cases
    from siting.scenarios.grid import parse_budgets

    return budget_cases(base, parse_budgets(asked.budgets)) if asked.budgets else []


def _names(base: Instance, text: str) -> list[str]:
    known = list(base.settings.scenarios)
    if text.strip() == ALL:
        return ["", *known]
    names = [name.strip() for name in text.split(",") if name.strip()]
    findings = [
        Finding(
            place="--scenarios",
            value=f'"{name}"',
            rule=f"no such scenario; it has {', '.join(known) or 'none'}",
            remedy=nearest(name, [*known, BASE, ALL]),
        )
        for name in names
        if name not in {*known, BASE}
    ]
    if findings:
        raise InstanceError(f"instance {base.name}", findings)
    return ["" if name == BASE and name not in known else name for name in dict.fromkeys(names)]
