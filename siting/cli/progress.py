"""How far many runs are, in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from siting.cli.screen import err

if TYPE_CHECKING:  # keeps the start of every command quick
    from siting.scenarios.running.telling import Told

_WIDEST = 48


@contextmanager
def told_on_screen() -> Iterator[Callable[[Told], None]]:
    """Show a bar over all runs until the block ends; notes are written as they come."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rest]}"),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("plans", total=None, rest="")
        said: set[str] = set()

        def show(told: Told) -> None:
            for note in map(str, told.notes):
                if note not in said:
                    said.add(note)
                    progress.console.print(note, style="yellow", markup=False, soft_wrap=True)
            progress.update(
                task, completed=told.done + told.failed, total=told.of, rest=rest_of(told)
            )

        yield show


def rest_of(told: Told) -> str:
    """Return what else is said of runs: time left, what is planned, what went wrong."""
    parts = []
    if told.eta_s is not None and told.done + told.failed < told.of:
        parts.append(f"{duration(told.eta_s)} left")
    names = ", ".join(name or "base" for name in told.running)
    if names:
        parts.append(names if len(names) <= _WIDEST else names[: _WIDEST - 1] + "…")
    for count, what in (
        (told.reused, "reused"),
        (told.retried, "retried"),
        (told.failed, "failed"),
    ):
        if count:
            parts.append(f"{count} {what}")
    return " · ".join([*parts, "Ctrl-C keeps what is done"])


def duration(seconds: float) -> str:
    """Return a time in words: ``45 s``, ``3 min 20 s``, ``2 h 05 min``."""
    minute, hour = 60, 3600
    whole = round(seconds)
    if whole < minute:
        return f"{whole} s"
    if whole < hour:
        return f"{whole // minute} min {whole % minute:02d} s"
    return f"{whole // hour} h {whole % hour // minute:02d} min"
