"""What anyone can re-compute of a plan's quality, in plain words."""

from __future__ import annotations

from siting.report.labels import Lang, percent_up
from siting.solution import Solution


def certified(solution: Solution, lang: Lang) -> str:
    """Return what the stored multipliers prove without a solver; empty where there are none."""
    bound, gap = solution.certified_bound, solution.certified_gap
    if bound is None or gap is None:
        return ""
    more, most = percent_up(gap), percent_up(bound)
    return {
        "en": f"Re-computed without a solver: no plan can serve more than {more} more "
        f"(weighted need; a score of at most {most}).",
        "zh": f"无需求解器即可重算：任何方案至多再多服务{more}（加权需求；得分不超过{most}）。",
    }[lang]
