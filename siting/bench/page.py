"""The report: one table per part, ratios to the others, and how seconds grow with size."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from siting.bench.case import OURS, Case, Measured, Run
from siting.bench.worker import PARTS, case_from, part_named
from siting.solution import PROVEN_GAP

_PACKAGES = (
    "siting",
    "numpy",
    "scipy",
    "pandas",
    "numba",
    "highspy",
    "ortools",
    "pyscipopt",
    "pulp",
    "spopt",
)
_PROVEN = ("optimal", "within_gap", "done")
_MIB_PER_GIB = 1024

HEAD = """\
# Benchmarks

Written by `siting bench`; the figures behind it are in `benchmarks/results/`. Every method runs in
a process of its own, in turns with the others, on the same files; *s to proof* counts from reading
on (or from what the part says) to the proof of the first tier, and stands for the seconds spent
where there is none. Several repeats show as their least and their median. *Gap* is (bound -
value) / value; *gap of gain* measures the same against what the plan adds to today. Peak memory is
that of the largest process. What is compiled once for a version is compiled before. A goal that was
missed says MISSED."""

COLUMNS = """
| instance | method | ended | value | gap | gap of gain | s to proof | s in all | MiB | goal | |
|---|---|---|---|---|---|---|---|---|---|---|"""

RATIOS = """
Times as long as *siting*, by repeat; ≥ where the other had not proven it when it was stopped:

| instance | method | least | median |
|---|---|---|---|"""


def store_results(folder: Path, part: str, runs: list[Run]) -> None:
    """Write runs of a part; those that are stored of other instances and methods stay."""
    made = f"{dt.datetime.now(dt.UTC).date().isoformat()}, {_machine()}; {_versions()}"
    new = {(run.case.instance, run.case.method) for run in runs}
    kept = [r for r in stored_runs(folder, part) if (r.case.instance, r.case.method) not in new]
    values = [asdict(run) for run in (*kept, *(replace(run, made=made) for run in runs))]
    for value in values:
        value["case"]["asked"].pop("data", None)  # where it lies on this machine
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(values, indent=1, ensure_ascii=False)
    (folder / f"{part}.json").write_text(f"{text}\n", encoding="utf-8")


def stored_runs(folder: Path, part: str) -> list[Run]:
    """Return the runs of a part that are stored, by size and instance."""
    file = folder / f"{part}.json"
    if not file.exists():
        return []
    runs = [_run_from(values) for values in json.loads(file.read_text("utf-8"))]
    return sorted(runs, key=lambda run: run.case.size)


def write_page(results: Path, page: Path) -> None:
    """Write the report of all stored results as Markdown, with its picture beside it."""
    from siting.bench.growth import draw_growth

    stored = {part: stored_runs(results, part) for part in PARTS}
    runs = [run for own in stored.values() for run in own]
    picture = page.parent / "images" / "benchmarks_growth.png"
    sections = [_section(part, own) for part, own in stored.items() if own]
    lines = [HEAD, *(line for section in sections for line in section)]
    if draw_growth(runs, picture):
        lines += ["\n## Growth with size\n", f"![Seconds to proof]({_relative(picture, page)})"]
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _run_from(values: dict[str, Any]) -> Run:
    """Return a run from what `dataclasses.asdict` made of it."""
    return Run(
        **{
            **values,
            "case": case_from(values["case"]),
            "measured": Measured(**values["measured"]),
        }
    )


def table(runs: list[Run]) -> list[str]:
    """Return the rows of a table: one per instance and method, then the ratios."""
    by_method = _grouped(runs, lambda run: (run.case.instance, run.case.method))
    by_instance = _grouped(runs, lambda run: run.case.instance)
    ratios = [line for same in by_instance for line in _ratios(same)]
    return [COLUMNS, *map(_row, by_method), *([RATIOS, *ratios] if ratios else [])]


def _section(name: str, runs: list[Run]) -> list[str]:
    part = part_named(name)
    made = [f"{text}." for text in dict.fromkeys(run.made for run in runs)]
    return [f"\n## {part.title}\n", f"{part.about}\n", *made, *table(runs)]


def _grouped(runs: list[Run], key: Any) -> list[list[Run]]:
    found: dict[Any, list[Run]] = {}
    for run in runs:
        found.setdefault(key(run), []).append(run)
    return list(found.values())


def _row(runs: list[Run]) -> str:
    case, best = runs[0].case, min(runs, key=_order).measured
    ended = f"{best.ended}: {best.why}" if best.why else best.ended
    cells = (
        case.instance,
        case.method,
        ended.replace("|", "/"),
        _number(best.objective),
        _percent(best.gap),
        _percent(best.gap_of_gain),
        _spread([run.measured.proof_s for run in runs]),
        _spread([run.process_s for run in runs]),
        f"{max(run.peak_mib for run in runs):,.0f}",
        _goal(case),
        _verdict(runs),
    )
    return f"| {' | '.join(cells)} |"


def _order(run: Run) -> tuple[bool, float, float]:
    measured = run.measured
    gap = measured.gap if measured.gap is not None else float("inf")
    return measured.ended not in _PROVEN, gap, measured.proof_s or float("inf")


def _ratios(runs: list[Run]) -> list[str]:
    ours = {run.repeat: run.measured for run in runs if run.case.method == OURS}
    lines = []
    for others in _grouped([r for r in runs if r.case.method != OURS], lambda r: r.case.method):
        pairs = [
            (ours[run.repeat].proof_s, run.measured)
            for run in others
            if run.repeat in ours and ours[run.repeat].ended in _PROVEN
        ]
        found = [other.proof_s / own for own, other in pairs if own and other.proof_s]
        if found:
            open_ = any(other.ended not in _PROVEN for _, other in pairs)
            sign = "≥ " if open_ else ""
            case = others[0].case
            lines.append(
                f"| {case.instance} | {case.method} | {sign}{min(found):.3g} "
                f"| {sign}{median(found):.3g} |"
            )
    return lines


def _goal(case: Case) -> str:
    goal, words = case.goal, []
    if case.method != OURS:
        return ""
    if goal.gap is not None:
        words.append(f"{goal.gap:.1%}" if goal.gap else "proof")
    if goal.seconds is not None:
        words.append(f"{goal.seconds:g} s")
    if goal.peak_gib is not None:
        words.append(f"{goal.peak_gib:g} GiB")
    return ", ".join(words)


def _verdict(runs: list[Run]) -> str:
    case, goal = runs[0].case, runs[0].case.goal
    if case.method != OURS or not _goal(case):
        return ""
    if all(run.measured.ended == "not run" for run in runs):
        return "not run"
    reached = all(
        run.measured.ended in _PROVEN
        and _within(run.measured.proof_s, goal.seconds)
        and _within(run.peak_mib / _MIB_PER_GIB, goal.peak_gib)
        for run in runs
    )
    return "met" if reached else "MISSED"


def _within(value: float | None, most: float | None) -> bool:
    return most is None or (value is not None and value <= most)


def _spread(seconds: list[float | None]) -> str:
    known = [s for s in seconds if s is not None]
    if not known:
        return "–"
    least = f"{min(known):.3g}"
    return least if len(known) == 1 else f"{least}, {median(known):.3g}"


def _percent(share: float | None) -> str:
    """Return a gap in per cent, 0 where it counts as proven."""
    if share is None:
        return "–"
    return "0" if share <= PROVEN_GAP else f"{100 * share:.2g} %"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value > 1 else f"{value:.4%}"


def _relative(picture: Path, page: Path) -> str:
    return picture.relative_to(page.parent).as_posix()


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def _machine() -> str:
    """Return processor, cores and memory in words."""
    processor = platform.processor() or platform.machine()
    about = Path("/proc/cpuinfo")
    if about.exists():
        lines = about.read_text(encoding="utf-8").splitlines()
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        processor = models[0] if models else processor
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{platform.system()}, {processor}, {os.cpu_count()} cores, {gib:.0f} GiB"
