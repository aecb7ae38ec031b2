"""Hands cases to workers, stores what they answer, and tells how far all is."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from siting.errors import Finding, InstanceError
from siting.instance.instance import Instance
from siting.planner import Options, family_of, lay_ground
from siting.scenarios.case import Case
from siting.scenarios.run import Run
from siting.scenarios.running.chains import Chains, chains_of
from siting.scenarios.running.crew import Crew
from siting.scenarios.running.executors.work import Heard, Solved, Task
from siting.scenarios.running.finished import Finished
from siting.scenarios.running.telling import RunsError, Told
from siting.solvers.control import EngineError
from siting.store import save_run

TRIALS = 3
"""How often a case is begun at most: a worker may be lost over it twice."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Wanted:
    """Cases of one instance.

    Attributes
    ----------
    instance_path
        Where `base` was read from.
    """

    base: Instance
    instance_path: Path
    cases: tuple[Case, ...]


@dataclass(kw_only=True, eq=False)
class _Item:
    """A case and what becomes of it.

    Attributes
    ----------
    of
        Position of its instance among those wanted.
    content_hash, family, budget
        Of the instance as the case has it; no limit of money is infinity.
    twin
        Position of an earlier case that asks for the same.
    began
        `time.monotonic` of its last beginning.
    """

    of: int
    case: Case
    content_hash: str
    family: str
    budget: float
    twin: int | None = None
    trials: int = 0
    began: float = 0.0
    notes: list[Finding] = field(default_factory=list)
    run: Run | None = None
    failed: bool = False

    @property
    def open(self) -> bool:
        """Whether it is still to be planned."""
        return self.twin is None and self.run is None and not self.failed


class Driver:
    """All that is wanted, on its way to what is there.

    Raises
    ------
    InstanceError
        When a case does not fit its instance.
    """

    def __init__(
        self,
        wanted: Sequence[Wanted],
        options: Options,
        crew: Crew,
        *,
        root: Path,
        watch: Callable[[Told], None] | None,
    ) -> None:
        self._wanted, self._options, self._crew = wanted, options, crew
        self._root, self._watch = root, watch
        limit = options.time_limit_s
        self._deadline = math.inf if limit is None else time.monotonic() + limit
        self._items = _items(wanted)
        self._running: dict[int, int] = {}
        self._unborn = 0
        self._seconds: list[float] = []
        self._retried = 0
        self._recognise()
        new = [k for k, item in enumerate(self._items) if item.open]
        chains = chains_of(
            [self._items[k].family for k in new], [self._items[k].budget for k in new]
        )
        self._chains = Chains([[new[position] for position in chain] for chain in chains])
        self._tell()

    def runs(self) -> list[list[Run]]:
        """Return the runs of every instance in the order of its cases.

        Raises
        ------
        RunsError
            When some cases could not be planned.
        """
        runs: list[list[Run]] = [[] for _ in self._wanted]
        for item in self._items:
            run = item.run if item.twin is None else self._items[item.twin].run
            if run is not None:
                runs[item.of].append(replace(run, case=item.case))
        if any(item.failed for item in self._items):
            raise RunsError(runs, [item.notes[-1] for item in self._items if item.failed])
        return runs

    def drive(self) -> None:
        """Plan all that waits.

        Raises
        ------
        EngineError
            When workers end before they have begun anything.
        """
        crew, unborn = self._crew, 0
        crew.grow(len(self._chains))
        self._share_grounds()
        self._give()
        while any(item.open for item in self._items):
            heard = crew.pool.hear()
            k = self._running.pop(heard.worker, None)
            if heard.news == "died":
                unborn += k is None
                if unborn >= TRIALS:
                    raise EngineError(f"workers end before they begin anything: {heard.text}")
                crew.lose(heard.worker)
                self._lose(heard, k)
                crew.grow(crew.size + len(self._chains) - len(crew.idle))
            else:
                unborn = 0
                crew.idle.append(heard.worker)
            self._give()
            if k is not None and heard.solved is not None:
                self._keep(k, heard.solved)
            elif k is not None and heard.news == "failed":
                self._fail(k, f"could not be planned: {heard.text}")
            self._tell()

    def _recognise(self) -> None:
        """Find what is there already, and what is asked for twice."""
        finished = Finished(self._root)
        first: dict[tuple[int, str], int] = {}
        limit_s = self._share_of_time(len(self._items))
        for k, item in enumerate(self._items):
            earlier = first.setdefault((item.of, item.content_hash), k)
            if earlier != k:
                item.twin = earlier
                continue
            found = finished.find(item.content_hash, self._options, limit_s)
            if found is not None:
                item.run = Run(case=item.case, folder=found[0], values=found[1], reused=True)

    def _share_of_time(self, waiting: int) -> float | None:
        """Return the seconds that the next of so many cases may take; None for no limit."""
        if math.isinf(self._deadline):
            return None
        left = max(0.0, self._deadline - time.monotonic())
        return left * min(1.0, self._crew.pool.size / max(waiting, 1))

    def _share_grounds(self) -> None:
        """Lay, once for all workers, the ground of chains that will be split among them."""
        crew = self._crew
        new = [item for item in self._items if item.open]
        for family, count in Counter(item.family for item in new).items():
            split = count > 1 and count * crew.pool.size > len(new)
            if split and crew.pool.size > 1 and family not in crew.grounds:
                item = next(item for item in new if item.family == family)
                town = item.case.of(self._wanted[item.of].base)
                ground = lay_ground(town, cache_dir=self._options.cache_dir)
                crew.grounds[family] = crew.pool.share(ground)

    def _give(self) -> None:
        """Give every idle worker a case, as long as some wait."""
        crew = self._crew
        while crew.idle:
            limit_s = self._share_of_time(len(self._chains))
            k = self._chains.next_for(crew.idle[-1])
            if k is None:
                return
            worker, item = crew.idle.pop(), self._items[k]
            task = Task(
                base=crew.share_base(self._wanted[item.of].base),
                ground=crew.grounds.get(item.family),
                case=item.case,
                options=self._options_of(limit_s),
            )
            item.trials += 1
            item.began = time.monotonic()
            self._running[worker] = k
            self._tell()
            crew.pool.give(worker, task)

    def _options_of(self, limit_s: float | None) -> Options:
        """Return the options of one run: its part of memory, and one core where others run."""
        memory = self._options.memory_limit_gib
        part = None if memory is None else memory / self._crew.pool.size
        threads = 1 if self._crew.pool.size > 1 else self._options.threads
        return replace(self._options, time_limit_s=limit_s, memory_limit_gib=part, threads=threads)

    def _keep(self, k: int, solved: Solved) -> None:
        item = self._items[k]
        folder = save_run(
            solved.solution,
            solved.need,
            {},
            root=self._root,
            verified=solved.verified,
            instance_path=self._wanted[item.of].instance_path,
        )
        values = json.loads((folder / "solution.json").read_text(encoding="utf-8"))
        item.run = Run(case=item.case, folder=folder, values=values, notes=tuple(item.notes))
        self._seconds.append(time.monotonic() - item.began)

    def _lose(self, heard: Heard, k: int | None) -> None:
        """Let another do what a lost worker had, unless too many were lost over its case."""
        if k is None:
            self._chains.leave(heard.worker)
            return
        item = self._items[k]
        lost = f"its worker was lost ({heard.text})"
        if item.trials >= TRIALS:
            self._chains.leave(heard.worker)
            self._fail(k, f"{lost} {item.trials} times")
            return
        self._chains.leave(heard.worker, again=k)
        self._retried += 1
        item.notes.append(_note(item, f"{lost}; begun anew"))

    def _fail(self, k: int, why: str) -> None:
        item = self._items[k]
        item.failed = True
        item.notes.append(_note(item, why, severity="error"))

    def _tell(self) -> None:
        if self._watch is None:
            return
        items = self._items
        firsts = [item if item.twin is None else items[item.twin] for item in items]
        self._watch(
            Told(
                done=sum(item.run is not None for item in firsts),
                of=len(items),
                reused=sum(item.run is not None and item.run.reused for item in firsts),
                failed=sum(item.failed for item in firsts),
                retried=self._retried,
                running=tuple(items[k].case.name for k in self._running.values()),
                eta_s=self._eta_s(),
                notes=tuple(note for item in items for note in item.notes),
            )
        )

    def _eta_s(self) -> float | None:
        """Return the seconds that are left if all runs take as long as those that are done."""
        if not self._seconds:
            return None
        usual = sum(self._seconds) / len(self._seconds)
        now = time.monotonic()
        begun = [max(0.0, usual - (now - self._items[k].began)) for k in self._running.values()]
        return (sum(begun) + usual * len(self._chains)) / max(
            1, min(self._crew.size, len(begun) + len(self._chains))
        )


def _items(wanted: Sequence[Wanted]) -> list[_Item]:
    items: list[_Item] = []
    findings: list[Finding] = []
    for of, one in enumerate(wanted):
        for case in one.cases:
            try:
                town = case.of(one.base)
            except InstanceError as error:
                findings += error.findings
                continue
            total = town.settings.budget.total
            item = _Item(
                of=of,
                case=case,
                content_hash=town.content_hash,
                family=family_of(town),
                budget=math.inf if total is None else total,
            )
            items.append(item)
    if findings:
        raise InstanceError("scenarios", findings)
    return items


def _note(item: _Item, rule: str, *, severity: str = "warning") -> Finding:
    return Finding(
        severity="error" if severity == "error" else "warning",
        place="scenario",
        value=f'"{item.case.name}"',
        rule=rule,
    )
