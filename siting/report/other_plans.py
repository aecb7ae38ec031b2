"""Other plans of a town in plain words, in both languages."""

from __future__ import annotations

from siting.report.labels import Lang
from siting.scenarios.other_plans.alternatives import Alternative, Alternatives
from siting.scenarios.other_plans.diverse import DiversePlan, DiversePlans


def rank_text(one: Alternative, lang: Lang) -> str:
    """Return between which ranks a plan certainly lies."""
    best, worst = one.best_rank, one.worst_rank
    if worst is None and best == 1:
        return {"en": "rank not proven", "zh": "名次未获证明"}[lang]
    if worst is None:
        return {"en": f"rank {best} or lower", "zh": f"第 {best} 名或更后"}[lang]
    if best == worst:
        return {"en": f"rank {best}, proven", "zh": f"第 {best} 名，已证明"}[lang]
    return {"en": f"between rank {best} and {worst}", "zh": f"第 {best} 至第 {worst} 名之间"}[lang]


def others_text(found: Alternatives, lang: Lang) -> str:
    """Return what is proven of the plans that are not among those found."""
    if found.complete:
        return {
            "en": "There are no other plans from which nothing can be dropped.",
            "zh": "除此之外，不存在其他无可删减的方案。",
        }[lang]
    if found.bound_of_others is None:
        return {
            "en": "Nothing is proven of other plans.",
            "zh": "对其他方案没有任何已证明的结论。",
        }[lang]
    most = f"{100 * found.bound_of_others:.4f}"
    return {
        "en": f"No other plan serves more than {most} % of the weighted need.",
        "zh": f"其他方案所服务的加权需求均不超过 {most}%。",
    }[lang]


def difference_text(one: DiversePlan, lang: Lang) -> str:
    """Return how different a plan is from those before it, and whether more is possible."""
    if one.number == 1:
        return {"en": "the plan that serves most", "zh": "服务需求最多的方案"}[lang]
    n = one.does_without
    said = {
        "en": f"does without at least {n} site{'s' * (n != 1)} of every earlier plan",
        "zh": f"与此前每个方案相比，至少少用其中 {n} 处设施点",
    }[lang]
    if one.proven:
        return said + {"en": ", proven the most", "zh": "，已证明为最多"}[lang]
    if one.at_most is None:
        return said + {"en": ", not proven the most", "zh": "，未证明为最多"}[lang]
    return (
        said
        + {
            "en": f", not proven the most: at most {one.at_most}",
            "zh": f"，未证明为最多：至多 {one.at_most} 处",
        }[lang]
    )


def diverse_text(found: DiversePlans, lang: Lang) -> str:
    """Return what each of the plans serves at least."""
    least, part = f"{100 * found.floor:.4f}", f"{found.within_percent:g}"
    return {
        "en": f"Each plan serves at least {least} % of the weighted need, "
        f"within {part} % of the best plan found.",
        "zh": f"每个方案至少服务加权需求的 {least}%，与已找到的最好方案相差不超过 {part}%。",
    }[lang]
