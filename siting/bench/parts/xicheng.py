"""The bundled district."""

from __future__ import annotations

from pathlib import Path

from siting.bench.case import Case, Goal, Measured, Part, nothing_to_prepare

ROOT = Path(__file__).parents[3]

_GOALS = {
    "": Goal(gap=0.001, seconds=20),
    "five_years_all_rules": Goal(gap=0.005, seconds=180),
}
"""By scenario."""


def cases(quick: bool, data: Path) -> list[Case]:
    """Return the district as it is and over five years with all rules."""
    del data
    return [
        Case(
            part="xicheng",
            instance=f"Xicheng {scenario.replace('_', ' ')}".strip(),
            limit_s=2 * (goal.seconds or 0),
            goal=goal,
            asked={"scenario": scenario},
        )
        for scenario, goal in _GOALS.items()
        if not (quick and scenario)
    ]


def run(case: Case, folder: Path) -> Measured:
    """Plan it, travel measured anew."""
    from siting import plan
    from siting.bench.planning import planned
    from siting.instance.reading import read_instance

    del folder
    instance, _ = read_instance(ROOT / "instances" / "xicheng")
    town = plan.prepare(instance, scenario=case.asked["scenario"])
    return planned(town, gap=case.goal.gap or 0.0, limit_s=case.limit_s)


PART = Part(
    title="Xicheng",
    about="The bundled district, once as it is and once over five years with all rules; nothing "
    "measured before, reading apart.",
    cases=cases,
    prepare=nothing_to_prepare,
    run=run,
)
