"""What is proven of a plan, in plain words."""

from __future__ import annotations

from siting.report.labels import Lang, percent_up
from siting.solution import PROVEN_GAP, Limit, Solution, Termination, Tier

_LIMITS: dict[Limit | None, tuple[str, str]] = {
    Limit.TIME: ("the time limit", "时间上限"),
    Limit.MEMORY: ("the memory limit", "内存上限"),
    Limit.INTERRUPT: ("it was interrupted", "被中断"),
    None: ("the search ended", "搜索结束"),
}

_TELLING_SAVING = 0.2
"""A possible saving above this share says only that there was no time for a proof."""


def proof(solution: Solution, lang: Lang) -> str:
    """Return how good the plan is proven to be, gaps rounded up."""
    match solution.termination:
        case Termination.INFEASIBLE:
            return {
                "en": "Proven: no plan keeps all rules.",
                "zh": "已证明：没有方案能满足全部规则。",
            }[lang]
        case Termination.NONE:
            limit = _LIMITS[solution.limit][lang == "zh"]
            return {
                "en": f"No plan was found before {limit}; whether one exists is not known.",
                "zh": f"在{limit}前未找到方案；是否存在方案未知。",
            }[lang]
        case Termination.OPTIMAL:
            return {
                "en": "Proven best: no plan that keeps the rules serves more need.",
                "zh": "已证明最优：满足规则的方案中，没有能服务更多需求的。",
            }[lang]
        case Termination.WITHIN_GAP:
            start = {"en": "Proven near the best: ", "zh": "已证明接近最优："}[lang]
            return start + _at_most(solution, lang)
        case Termination.FEASIBLE:
            limit = _LIMITS[solution.limit][lang == "zh"]
            start = {
                "en": f"Best plan found before {limit}: ",
                "zh": f"{limit}前找到的最好方案：",
            }[lang]
            return start + _at_most(solution, lang)


def money_proof(solution: Solution, lang: Lang) -> str:
    """Return how near its cost is to the least for what it serves; empty where not known."""
    tier = next((t for t in solution.tiers if t.name == "money"), None)
    if tier is None or tier.bound is None or tier.gap is None:
        return ""
    if tier.gap <= PROVEN_GAP:
        return {
            "en": "Its cost is proven to be the least for what it serves.",
            "zh": "在该服务水平下，投资已证明为最低。",
        }[lang]
    if _saving(tier, tier.bound) > _TELLING_SAVING:
        return {
            "en": "Whether the same could be had for less was not proven in the time given.",
            "zh": "在给定时间内未能证明该投资为最低。",
        }[lang]
    saving = percent_up(_saving(tier, tier.bound))
    return {
        "en": f"Serving as much might cost up to {saving} less.",
        "zh": f"达到同等服务水平，投资至多还可节省{saving}。",
    }[lang]


def verdict(*, verified: bool, lang: Lang) -> str:
    """Return what the verification found, in a sentence."""
    if verified:
        return {
            "en": "Re-checked against every rule by separate code: passed.",
            "zh": "已由独立程序逐条复核全部规则：通过。",
        }[lang]
    return {
        "en": "FAILED the re-check: do not use this plan.",
        "zh": "复核未通过：请勿使用本方案。",
    }[lang]


def _at_most(solution: Solution, lang: Lang) -> str:
    gap, of_gain = solution.gap, solution.gap_of_gain
    if gap is None:
        return {
            "en": "how much better a plan could be is not known.",
            "zh": "与最优方案的差距未知。",
        }[lang]
    most = {
        "en": f"no plan can serve more than {percent_up(gap)} more (weighted need)",
        "zh": f"任何方案至多再多服务{percent_up(gap)}（加权需求）",
    }[lang]
    if of_gain is None:
        return most + {"en": ".", "zh": "。"}[lang]
    return (
        most
        + {
            "en": f", which is {percent_up(of_gain)} of what this plan adds to today.",
            "zh": f"，相当于本方案新增服务量的{percent_up(of_gain)}。",
        }[lang]
    )


def _saving(tier: Tier, bound: float) -> float:
    return max(0.0, tier.value - bound) / tier.value if tier.value else 0.0
