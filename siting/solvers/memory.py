"""A limit of memory: what a process holds, and what a program would take."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siting.errors import Finding, InstanceError
from siting.model.build import Model
from siting.solvers.control import Control

BYTES_PER_GIB = 2**30

STOP_AT = 0.9
"""Share of a limit at which a search is stopped; the rest is for what it takes until it is."""

_LOOK_EVERY_S = 0.2
_PROCESSES = Path("/proc")
_COLUMN_BYTES, _ROW_BYTES, _ENTRY_BYTES = 240, 180, 24
"""What a written program takes, as measured, names and the copies of its building included."""
_ENTRIES_PER_WAY = 2
_GIB_DECIMALS = 2


@contextmanager
def within_memory(control: Control, limit_gib: float | None) -> Iterator[None]:
    """Cancel a search in the block before this process and its children hold more than a limit.

    The control then says `Limit.MEMORY`. Engines stop as soon as they heed a cancelled control:
    one that is within a linear program may take more before it does.
    """
    if limit_gib is None:
        yield
        return
    over = threading.Event()

    def look() -> None:
        while True:
            if resident_bytes() > STOP_AT * limit_gib * BYTES_PER_GIB:
                control.out_of_memory.set()
                control.cancelled.set()
                return
            if over.wait(_LOOK_EVERY_S):
                return

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()


def resident_bytes() -> int:
    """Return the memory that this process and its descendants hold.

    Where the system does not list processes as files (macOS), the peak of this process so far
    stands for it, which is never less.
    """
    if not (_PROCESSES / "self" / "statm").exists():
        import resource  # not on every system

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    page = os.sysconf("SC_PAGE_SIZE")
    total, waiting = 0, [os.getpid()]
    while waiting:
        folder = _PROCESSES / str(waiting.pop())
        try:
            total += int((folder / "statm").read_text().split()[1]) * page
            for task in (folder / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except OSError:  # ended meanwhile
            continue
    return total


def compact_bytes(model: Model) -> int:
    """Return about how much the compact program of a model would take while it is written."""
    written = [b for b in model.blocks if not b.projected]
    ways = sum(len(b.need) if b.unlimited else len(b.arc_need) for b in written)
    loads = sum(1 if b.unlimited else len(b.places) for b in model.blocks)
    classes = sum(len(b.need) for b in written)
    rows, columns, entries = model.program.size
    return (
        _COLUMN_BYTES * (columns + loads + ways)
        + _ROW_BYTES * (rows + loads + classes)
        + _ENTRY_BYTES * (entries + _ENTRIES_PER_WAY * ways)
    )


def refuse_too_large(model: Model, limit_gib: float | None) -> None:
    """Refuse a model whose compact program alone would not fit beside what is held already.

    Raises
    ------
    InstanceError
        When it would not.
    """
    if limit_gib is None:
        return
    needed = (resident_bytes() + compact_bytes(model)) / BYTES_PER_GIB
    if needed > STOP_AT * limit_gib:
        finding = Finding(
            place="--memory-limit",
            value=f"{limit_gib:g}",
            rule=f"the written model alone takes about {needed:.{_GIB_DECIMALS}f} GiB",
            remedy="allow more, shorten standards, or plan fewer services, years or buildings",
        )
        raise InstanceError(model.instance.name, [finding])
