"""What is proven of a plan, in plain words."""

from __future__ import annotations

from siting.instance.instance import Instance
from siting.model.spared import standard_walk_min
from siting.report.labels import Lang, in_lang, percent_up, service_names, unit_name
from siting.solution import PROVEN_GAP, Limit, Solution, Termination, Tier

_LIMITS: dict[Limit | None, tuple[str, str]] = {
    Limit.TIME: ("the time limit", "时间上限"),
    Limit.MEMORY: ("the memory limit", "内存上限"),
    Limit.INTERRUPT: ("it was interrupted", "被中断"),
    None: ("the search ended", "搜索结束"),
}

_TWO = 2

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


def tier_sentences(instance: Instance, solution: Solution, lang: Lang) -> list[str]:
    """Return what the tiers between need and money came to, in words; none where there are none."""
    said = []
    served = [tier for tier in solution.tiers if tier.name.startswith("served")]
    for tier in served[1:] if len(served) > 1 else []:
        rank, much = tier.name.removeprefix("served[").removesuffix("]"), f"{tier.value:.1%}"
        most = _most(tier, lang)
        said.append(
            in_lang(
                lang,
                f"Services of rank {rank}: {much} served{most}.",
                f"第{rank}位服务：服务率{much}{most}。",
            )
        )
    for tier in solution.tiers:
        most = _most(tier, lang)
        if tier.name == "equity":
            kind = instance.settings.objective.equity_zone_kind.replace("_", " ")
            said.append(
                in_lang(
                    lang,
                    f"Worst-served {kind}: {tier.value:.1%} of what could be served there{most}.",
                    f"服务最差的分区（{kind}）：达到其可服务量的{tier.value:.1%}{most}。",
                )
            )
        elif tier.name == "nearness":
            said.append(_nearness(instance, tier, lang))
        elif tier.name == "targets":
            said.append(
                in_lang(
                    lang,
                    f"Targets that need not be met: missed by {tier.value:.1%} in sum{most}.",
                    f"软性指标：相对缺口合计{tier.value:.1%}{most}。",
                )
                if tier.value > 0
                else in_lang(lang, "Targets: all are met.", "指标：全部达到。")
            )
        elif tier.name == "preferences":
            said.append(
                in_lang(
                    lang,
                    f"Preferences: {tier.value:g} points{most}.",
                    f"偏好：{tier.value:g}分{most}。",
                )
            )
    return said


def _nearness(instance: Instance, tier: Tier, lang: Lang) -> str:
    """Return how far people walk, those not served with the longest way that counts."""
    longest = standard_walk_min(instance)
    least = ""
    if tier.bound is not None and tier.gap is not None and tier.gap > PROVEN_GAP:
        below = f"{int(100 * (longest - tier.bound)) / 100:.2f}"
        least = in_lang(lang, f" (no such plan is below {below})", f"（此类方案不低于{below}）")
    walk = f"{longest - tier.value:.2f}"
    return in_lang(
        lang,
        f"Mean walk: {walk} min, whoever is not served counted with the longest that counts, "
        f"{longest:.2f}{least}.",
        f"平均步行{walk}分钟，未获服务者按标准上限{longest:.2f}分钟计{least}。",
    )


def _most(tier: Tier, lang: Lang) -> str:
    """Return how far a tier is from its bound; empty where that is nothing or not known."""
    if tier.bound is None or tier.gap is None or tier.gap <= PROVEN_GAP:
        return ""
    shown = f"{tier.bound:g}" if tier.name == "preferences" else f"{tier.bound:.1%}"
    return in_lang(lang, f" (bound {shown})", f"（界限{shown}）")


def score_name(instance: Instance, lang: Lang) -> str:
    """Return what tier 1 is called: a mean of services, of years, or of the first rank alone."""
    name = in_lang(lang, "Weighted mean", "加权平均")
    if instance.settings.objective.by_rank:
        first = int(instance.services["rank"].min())
        name = in_lang(lang, f"Mean of rank {first}", f"第{first}位服务平均")
    if instance.settings.plan.yearly:
        years = instance.years
        span = f"{years[0]}–{years[-1]}" if len(years) > 1 else str(years[0])
        name += in_lang(lang, f", {span}", f"（{span}年）")
    return name


def exchange_rates(instance: Instance, lang: Lang) -> str:
    """Return what one unit of each service counts in tier 1; empty where there is no choice.

    One unit adds weight / need of the service: so many units of the service that counts least.
    """
    weights = dict(zip(instance.services["service_id"], instance.services["weight"], strict=True))
    worth = {
        service_id: float(weight) / instance.base_need[service_id]
        for service_id, weight in weights.items()
        if weight > 0 and instance.base_need[service_id] > 0
    }
    if len(worth) < _TWO or instance.settings.objective.by_rank:
        return ""
    least = min(worth.values())
    names = service_names(instance, lang)
    units = dict(zip(instance.services["service_id"], instance.services["unit"], strict=True))
    order = sorted(worth, key=lambda s: (worth[s], s))
    base = order[0]
    rates = in_lang(lang, ", ", "、").join(
        f"{names[s]} {worth[s] / least:.3g}" for s in reversed(order[1:])
    )
    return in_lang(
        lang,
        f"By weight and need, one unit counts as so many of {names[base]} "
        f"({unit_name(units[base], lang)}): {rates}.",
        f"按权重与需求量，每单位相当于{names[base]}"
        f"（{unit_name(units[base], lang)}）的数量：{rates}。",
    )


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
