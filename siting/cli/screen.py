"""What people see while a command works and when it fails."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.status import Status

from siting.errors import Finding, InstanceError, SitingError

if TYPE_CHECKING:  # keeps the start of every command quick
    from siting.solvers.control import Progress

out = Console()
err = Console(stderr=True)


def print_json(values: object) -> None:
    """Write one line of JSON to stdout."""
    print(json.dumps(values, ensure_ascii=False, default=str), flush=True)  # noqa: T201


def show_findings(findings: list[Finding]) -> None:
    """Write findings to stderr: as a table where the window is wide enough, else line by line."""
    from rich.measure import Measurement

    from siting.report.console import findings_table

    if not findings:
        return
    table = findings_table(findings)
    if Measurement.get(err, err.options.update(max_width=10_000), table).maximum <= err.width:
        err.print(table)
        return
    for finding in findings:
        style = "red" if finding.severity == "error" else "yellow"
        err.print(f"{finding.severity}: {finding}", style=style, soft_wrap=True, markup=False)


def show_error(error: SitingError, *, as_json: bool) -> None:
    """Write what went wrong: a table for people, one line of JSON where that was asked for."""
    if isinstance(error, InstanceError):
        if as_json:
            print_json({"findings": [f.as_dict() for f in error.findings]})
        else:
            show_findings(list(error.findings))
            count = sum(f.severity == "error" for f in error.findings)
            err.print(f"{error.place}: {count} to mend, nothing was written", style="bold red")
    elif as_json:
        print_json({"error": str(error)})
    else:
        err.print(str(error), style="bold red", markup=False)


class Stages(logging.Handler):
    """Shows the stages that the library logs, and the progress of the search, in one line."""

    def __init__(self, status: Status) -> None:
        super().__init__(logging.INFO)
        self.status = status

    def emit(self, record: logging.LogRecord) -> None:
        """Show one log record."""
        self.status.update(record.getMessage())

    def watch(self, progress: Progress) -> None:
        """Show where the search stands."""
        percent = progress.stage == "served"

        def say(value: float | None) -> str:
            if value is None:
                return "-"
            return f"{100 * value:.3f} %" if percent else f"{value:,.2f}"

        gap = "-"
        if progress.incumbent and progress.bound is not None:
            relative = abs(progress.bound - progress.incumbent) / abs(progress.incumbent)
            gap = f"{100 * relative:.2f} %"
        self.status.update(
            f"search ({progress.stage}): best {say(progress.incumbent)}, "
            f"bound {say(progress.bound)}, gap {gap}, {progress.seconds:.0f} s "
            "(Ctrl-C keeps the best plan so far)"
        )


@contextmanager
def stages() -> Iterator[Stages]:
    """Show what the library does until the block ends; on a terminal only."""
    with err.status("reading ...") as status:
        handler = Stages(status)
        logger = logging.getLogger("siting")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            yield handler
        finally:
            logger.removeHandler(handler)
