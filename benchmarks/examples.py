"""Plan the example towns and write `docs/examples.md`: `python benchmarks/examples.py`.

Each town is adopted, planned and verified by the commands that a user types, one process per
command, with nothing measured before. Real data stay where they are: instances and runs live in a
temporary folder that is deleted. A town whose data folder is absent is left out, with a line that
says so. Peak memory is asked of the operating system (Unix only).
"""

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from siting import plan, store
from siting.instance.reading import read_instance
from siting.reach import find_reach
from siting.report.balance import need_balance
from siting.report.labels import percent_up, unit_name
from siting.report.tables import services_table

ROOT = Path(__file__).parents[1]
OPTIONS = ("--gap", "0.01", "--time-limit", "60")
OPEN_STREET_MAP = "© OpenStreetMap contributors, ODbL 1.0 (openstreetmap.org/copyright)"
_MIB = 1024 if sys.platform != "darwin" else 1024**2


@dataclass(frozen=True, kw_only=True)
class Town:
    """An example; `folder` is one of the data folder, empty for a bundled instance."""

    name: str
    title: str
    folder: str = ""
    real: str
    made_up: str
    licence: str


TOWNS = (
    Town(
        name="tiny",
        title="Tiny",
        real="Nothing.",
        made_up="Everything, so that the plan can be derived by hand "
        "([instances/tiny](../instances/tiny/README.md)).",
        licence="MIT, as the project.",
    ),
    Town(
        name="xicheng",
        title="Xicheng, Beijing",
        real="Population, areas and names of the 15 sub-districts, stocks of facilities, "
        "standards and works costs, as published.",
        made_up="Shapes, streets, demand points, candidate buildings and all sites; some "
        "parameters are assumed. [The bundled district](xicheng.md) tells figure by figure.",
        licence=f"Areas and inner points of the sub-districts: {OPEN_STREET_MAP}.",
    ),
    Town(
        name="baltimore",
        title="Baltimore",
        folder="baltimore",
        real="Streets and alleys, 8,353 census blocks with 585,708 people (2020), 48 recreation "
        "centres, 114 elementary and middle schools, and 221 blocks with 20 or more "
        "vacant-building notices each, which are the candidates.",
        made_up="Floor area and price of the blocks, age shares (the same everywhere), capacities "
        "of what exists, modules, works costs, standards, budget. Four blocks with 213 people lie "
        "farther than 300 m from a street and count as unserved.",
        licence="MIT collection of data of the City of Baltimore and the US Census Bureau; "
        "vacant-building notices: City of Baltimore, CC BY 4.0.",
    ),
    Town(
        name="helsinki",
        title="Helsinki, centre",
        folder="helsinki",
        real="Walking network, 211 residential buildings, 28 non-residential buildings with their "
        "footprints and floors, which are the candidates, and 5 clinics.",
        made_up="People per building (shared out from a population grid: 3,471, a part of the "
        "centre), capacities, works costs, rent, standard, budget. That a building is a candidate "
        "does not mean that it is free.",
        licence=f"{OPEN_STREET_MAP}; population grid: CC BY 4.0.",
    ),
    Town(
        name="porto_alegre",
        title="Porto Alegre",
        folder="porto_alegre",
        real="Walking network, 1,124 hexagons with 812,935 people, and 117 hexagons with places of "
        "health care. The candidates are 147 hexagons rich in jobs.",
        made_up="A building of 1,500 m² in each candidate hexagon and its price, 4,000 people per "
        "existing place, modules, works costs, standard, budget. Eight hexagons with 1,224 people, "
        "most on islands, lie farther than 300 m from a street and count as unserved.",
        licence=f"Hexagons: MIT; network: {OPEN_STREET_MAP}.",
    ),
)


HEAD = """\
# Examples

Two bundled instances and three real towns, each planned and verified by

```
python benchmarks/examples.py
```

{date}, {machine}; {versions}.

Each plan is one `siting solve` with `{options}`. Seconds are those of the whole command, from
reading the tables to the last picture, with no travel time measured before; memory is the peak of
its process. Figures marked as made up are placeholders: the plans show what the tool does, not what
these towns should do.

| town | ended | served, weighted | gap | gap of gain | cost | gap of cost | seconds | \
peak MiB | verified |
|---|---|---|---|---|---|---|---|---|---|"""

NOTE = """
*Served, weighted* is the objective, today → plan: the mean share of need served, by the weights of
the services. *Gap* is what is not proven: no plan can serve more than the plan times 1 + gap. *Gap
of gain* is the same, measured against what the plan adds to today. *Gap of cost*: so much less
money might serve as much. *Verified*: every rule and score was computed again by separate code,
once at the end of the solve and once from the stored run.

In the tables below, *need* and *served* count units of the service; *people* are those of the
groups that the service is for, and *within the standard* those who get to an open place in time,
whether it has room or not. Need exceeds people where it is scaled to a published total, such as
pupils enrolled from elsewhere."""

SERVICES = """
| service | need | served today | in the plan | people | within the standard today | \
in the plan | new |
|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A planned town: its instance and run, the line of JSON, what it took."""

    instance: Path
    folder: Path
    line: dict
    verified_again: bool
    seconds: float
    memory_mib: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data",
                        help="folder of the real towns (default: %(default)s)")  # fmt: skip
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "examples.md",
                        help="page to write (default: %(default)s)")  # fmt: skip
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["SITING_CACHE"] = str(Path(scratch, "cache"))
        # All commands come before any analysis: a process starts with the peak of its parent.
        runs = {}
        for town in TOWNS:
            if town.folder and not (asked.data / town.folder).is_dir():
                print(f"{town.title}: left out, there is no {asked.data / town.folder}")
                continue
            runs[town.name] = done = run(town, asked.data, Path(scratch))
            print(f"{town.title}: {done.line['termination']}, {done.seconds:.0f} s", flush=True)
        asked.out.write_text(page(runs), encoding="utf-8")
    print(f"{asked.out} written")


def run(town: Town, data: Path, scratch: Path) -> Run:
    """Adopt, plan and verify one town."""
    path, folder = ROOT / "instances" / town.name, scratch / f"run-{town.name}"
    if town.folder:
        path = scratch / town.name
        siting("adopt", "tables", f"{town.name}.toml", "--data", data / town.folder, "--out", path)
    line, seconds, memory_mib = siting("solve", path, *OPTIONS, "--json", "--out", folder)
    verified, _, _ = siting("verify", folder, "--json")
    return Run(
        instance=path,
        folder=folder,
        line=json.loads(line),
        verified_again=json.loads(verified)["verified"],
        seconds=seconds,
        memory_mib=memory_mib,
    )


def siting(*words: object) -> tuple[str, float, float]:
    """Run one command; return its last line, seconds and peak memory in MiB."""
    start = perf_counter()
    command = [sys.executable, str(ROOT / "run.py"), *map(str, words)]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(command, stdout=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = perf_counter() - start
        said.seek(0)
        lines = said.read().splitlines()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with exit code {process.returncode}")
    return lines[-1] if lines else "", seconds, usage.ru_maxrss / _MIB


def page(runs: dict[str, Run]) -> str:
    """Return the page as Markdown."""
    made = next(iter(runs.values())).line["provenance"]
    head = HEAD.format(
        date=dt.datetime.now(dt.UTC).date().isoformat(),
        machine=made["machine"],
        versions=", ".join(f"{name} {number}" for name, number in made["versions"].items()),
        options=" ".join(OPTIONS),
    )
    rows = [_summary(town, runs[town.name]) for town in TOWNS if town.name in runs]
    sections = [line for town in TOWNS for line in _section(town, runs.get(town.name))]
    return "\n".join([head, *rows, NOTE, *sections]) + "\n"


def _summary(town: Town, run: Run) -> str:
    v = run.line
    money = v["provenance"]["settings"]["money"]["unit"]
    budget = v["provenance"]["settings"]["budget"]["total"]
    ended = f"{v['termination']} ({v['limit']})" if v["limit"] else v["termination"]
    cells = (
        f"[{town.title}](#{_anchor(town)})",
        ended,
        f"{v['today']:.2%} → {v['objective']:.2%}",
        _percent(v["gap"]),
        _percent(v["gap_of_gain"]),
        f"{v['cost']:,.0f} of {budget:,.0f} {money}",
        _percent(next((tier["gap"] for tier in v["tiers"][1:]), None)),
        f"{run.seconds:.0f}",
        f"{run.memory_mib:.0f}",
        "yes" if v["verified"] and run.verified_again else "NO",
    )
    return f"| {' | '.join(cells)} |"


def _section(town: Town, run: Run | None) -> list[str]:
    lines = [
        f"\n## {town.title}\n",
        f"**Real**: {town.real}\n",
        f"**Made up or assumed**: {town.made_up}\n",
        f"**Data**: {town.licence}\n",
    ]
    if town.folder:
        lines.append(f"Adopted by the mapping `{town.name}.toml` ([how](adopt.md)).\n")
    if run is None:
        return [*lines, "Not run: its data folder was absent."]
    instance = plan.prepare(read_instance(run.instance)[0])
    solution, _ = store.load_run(run.folder)
    travel, today = plan.assess(instance, cache_dir=Path(os.environ["SITING_CACHE"]))
    balance = need_balance(instance, today, solution.service)
    table = services_table(instance, solution, balance, find_reach(instance, travel))
    sizes = {
        "demand points": instance.demand,
        "candidates": instance.buildings,
        "existing facilities": instance.facilities,
        "streets": instance.network_edges,
    }
    size = ", ".join(f"{name} {len(rows):,}" for name, rows in sizes.items()).capitalize()
    return [*lines, f"{size}.", SERVICES, *map(_service, table.to_dict("records"))]


def _service(row: dict) -> str:
    cells = (
        f"{row['service']}, {row['standard_min']:g} min",
        f"{row['need']:,.0f} {unit_name(row['unit'], 'en')}",
        f"{row['served_today']:,.0f} ({row['share_today']:.1%})",
        f"{row['served_plan']:,.0f} ({row['share_plan']:.1%})",
        f"{row['people']:,.0f}",
        f"{row['people_within_today']:,.0f}",
        f"{row['people_within_plan']:,.0f}",
        f"{row['sites']}",
    )
    return f"| {' | '.join(cells)} |"


def _percent(gap: float | None) -> str:
    return "–" if gap is None else percent_up(gap)


def _anchor(town: Town) -> str:
    return town.title.lower().replace(",", "").replace(" ", "-")


if __name__ == "__main__":
    main()
