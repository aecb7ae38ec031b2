"""The price of a verdict in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from siting.explain import Interval, SitePrice
from siting.explain.differences import Site
from siting.instance.instance import Instance
from siting.report.explanation import interval_text
from siting.report.labels import Lang, for_reader, in_lang, money, service_names
from siting.solution import Solution, Termination

_LARGE = 10_000
"""Capital above which differences are shown without decimals."""

_MOST_NAMED = 3
"""More sites or services than these are counted rather than named."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Price:
    """What is known of the price of one use.

    Attributes
    ----------
    asked
        As of `siting.review.prices.COLUMNS`.
    chosen
        Whether the plan opens it.
    rejection, opening
        What its rejection costs, and what having it open does; None for not known.
    answer
        The other plan; None where none was sought in time.
    """

    service_id: str
    asked: str
    chosen: bool
    rejection: Interval | None
    opening: Interval | None
    answer: SitePrice | None


def price_sentence(instance: Instance, solution: Solution, price: Price, lang: Lang) -> str:
    """Return what a verdict costs: how many lose or gain what, what stands in, and for how much."""
    if price.asked == "committed":
        return in_lang(lang, "Approved as a project: it opens in any case.", "已立项，必须实施。")
    if price.asked == "hold" and not price.chosen:
        return _held(instance, solution, price, lang)
    answer = price.answer
    if answer is None:
        return in_lang(lang, "Not computed in the time given.", "时间不足，未计算。")
    if price.asked == "admit":
        return _admitted(instance, solution, price, answer, lang)
    said = _rejected(instance, solution, price, answer, lang)
    if price.asked == "hold":
        said += in_lang(
            lang, " Approving it changes nothing: the plan uses it.", "同意则方案不变（已选用）。"
        )
    return said


def people_sentence(
    instance: Instance, people: Mapping[str, float], lang: Lang, *, gained: bool
) -> str:
    """Return who gains, or loses, which service: ``80 people their Clinic within 10 minutes``.

    Empty where nobody does.
    """
    names = service_names(instance, lang)
    sign = 1 if gained else -1
    amounts = {s: sign * n for s, n in people.items() if round(sign * n) >= 1}
    parts = []
    for service_id, number in sorted(amounts.items(), key=lambda item: (-item[1], item[0])):
        minutes = f"{instance.limits_min[service_id]:g}"
        count, name = f"{number:,.0f}", names[service_id]
        their = "a" if gained else "their"
        who = "1 person" if count == "1" else f"{count} people"
        parts.append(
            in_lang(
                lang,
                f"{who} {their} {name} within {minutes} minutes",
                f"{count}人{'获得' if gained else '失去'}{minutes}分钟内的{name}",
            )
        )
    if len(parts) > _MOST_NAMED:
        more = len(parts) - _MOST_NAMED
        rest = in_lang(lang, f"people of {more} more services theirs", f"另有{more}项服务受影响")
        parts = [*parts[:_MOST_NAMED], rest]
    if lang == "zh":
        return "，".join(parts)
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def sites_named(instance: Instance, sites: Sequence[Site], lang: Lang) -> str:
    """Return sites as ``B-093 (Clinic)``, several modules of one service in a building once."""
    names = service_names(instance, lang)
    uses = dict.fromkeys((site.building_id, site.service_id) for site in sites)
    texts = [in_lang(lang, f"{b} ({names[s]})", f"{b}（{names[s]}）") for b, s in uses]
    if len(texts) > _MOST_NAMED:
        more = len(texts) - _MOST_NAMED
        texts = [*texts[:_MOST_NAMED], in_lang(lang, f"{more} more", f"另{more}处")]
    if lang == "zh":
        return "、".join(texts)
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def signed_money(instance: Instance, solution: Solution, amount: float) -> str:
    """Return a difference of capital with its sign and unit: ``+310 万元``."""
    settings = instance.settings.money
    decimals = 0 if solution.cost["total"] >= _LARGE else settings.decimals
    return f"{'+' if amount > 0 else '±' if amount == 0 else ''}{money(amount, decimals)} " + (
        settings.unit
    )


def points(price: Interval, lang: Lang) -> str:
    """Return an interval with its unit: ``0.12 – 0.15 points``."""
    text = interval_text(price, lang)
    return text + in_lang(lang, " points", " 分") if price.distinguishable else text


def _rejected(
    instance: Instance, solution: Solution, price: Price, answer: SitePrice, lang: Lang
) -> str:
    if price.rejection is None:
        return _no_plan(answer, lang)
    instance = for_reader(instance, lang)
    lost = people_sentence(instance, answer.people, lang, gained=False)
    gained = people_sentence(instance, answer.people, lang, gained=True)
    stead = _in_its_stead(instance, solution, answer, lang)
    cost = points(price.rejection, lang)
    if not price.rejection.distinguishable:
        return in_lang(
            lang,
            f"Rejecting it: {cost}; {stead}.",
            f"否决代价：{cost}；{stead}。",
        )
    what = lost or in_lang(lang, f"{cost} of need served", f"将损失服务需求{cost}")
    also = in_lang(lang, f", but gives {gained}", f"，但{gained}") if gained and lost else ""
    total = in_lang(lang, f" In all {cost}.", f"合计{cost}。") if lost else ""
    return in_lang(
        lang,
        f"Rejecting it costs {what}{also}; {stead}.{total}",
        f"否决将使{what}{also}；{stead}。{total}" if lost else f"否决{what}；{stead}。",
    )


def _in_its_stead(instance: Instance, solution: Solution, answer: SitePrice, lang: Lang) -> str:
    """Return what the plan without a site opens instead and what that plan costs more."""
    cost = signed_money(instance, solution, answer.cost or 0.0)
    if not answer.comes:
        return in_lang(
            lang,
            f"nothing opens in its place (capital {cost})",
            f"无替代（总投资{cost}）",
        )
    named = sites_named(instance, answer.comes, lang)
    best = answer.termination == Termination.OPTIMAL
    if len({(s.building_id, s.service_id) for s in answer.comes}) == 1:
        lead = "the best replacement is" if best else "the best replacement found is"
        lead_zh = "最佳替代为" if best else "已得最佳替代为"
        return in_lang(lang, f"{lead} {named} at {cost}", f"{lead_zh}{named}，总投资{cost}")
    lead = "the best plan without it opens" if best else "the best plan found without it opens"
    lead_zh = "不用它的最优方案新开" if best else "不用它的已得方案新开"
    return in_lang(lang, f"{lead} {named} at {cost}", f"{lead_zh}{named}，总投资{cost}")


def _admitted(
    instance: Instance, solution: Solution, price: Price, answer: SitePrice, lang: Lang
) -> str:
    if price.rejection is None:
        return _no_plan(answer, lang)
    instance = for_reader(instance, lang)
    used = any(site.building_id == answer.building_id for site in answer.comes)
    gain = points(price.rejection, lang)
    if not used:
        return in_lang(
            lang,
            f"Admitting it: {gain}; the plan found with it does not use it.",
            f"准入增益：{gain}；所得方案仍不采用。",
        )
    gained = people_sentence(instance, answer.people, lang, gained=True)
    lost = people_sentence(instance, answer.people, lang, gained=False)
    cost = signed_money(instance, solution, answer.cost or 0.0)
    opens = sites_named(instance, answer.comes, lang)
    then = in_lang(
        lang, f"the plan would open {opens} at {cost}", f"方案将新开{opens}，总投资{cost}"
    )
    if not price.rejection.distinguishable or not gained:
        lead = in_lang(lang, f"Admitting it: {gain}", f"准入增益：{gain}")
        return in_lang(lang, f"{lead}; {then}.", f"{lead}；{then}。")
    also = in_lang(lang, f", but costs {lost}", f"，但{lost}") if lost else ""
    return in_lang(
        lang,
        f"Admitting it would give {gained}{also}; {then}. In all {gain}.",
        f"准入后{gained}{also}；{then}。合计{gain}。",
    )


def _held(instance: Instance, solution: Solution, price: Price, lang: Lang) -> str:
    """Return both prices of a use that is held and that the plan does without."""
    rejecting = ""
    if price.rejection is not None:
        rejecting = in_lang(
            lang,
            "Rejecting it changes nothing: the plan does without it. ",
            "否决则方案不变（未选用）。",
        )
    opening = opening_sentence(instance, solution, price.answer, lang)
    return rejecting + opening


def opening_sentence(
    instance: Instance, solution: Solution, answer: SitePrice | None, lang: Lang
) -> str:
    """Return what forcing a use open would cost."""
    if answer is None:
        return in_lang(
            lang,
            "What having it open costs was not computed in the time given.",
            "时间不足，未计算强制开放的代价。",
        )
    if answer.kept_out is not None:
        return in_lang(
            lang, "It cannot be opened: no rule admits it.", "不能开放：不符合准入规则。"
        )
    if answer.price is None:
        return _no_plan(answer, lang)
    instance = for_reader(instance, lang)
    lost = people_sentence(instance, answer.people, lang, gained=False)
    cost = points(answer.price, lang)
    capital = signed_money(instance, solution, answer.cost or 0.0)
    if not answer.price.distinguishable:
        return in_lang(
            lang,
            f"Having it open: {cost} (capital {capital}).",
            f"强制开放的代价：{cost}（总投资{capital}）。",
        )
    who = in_lang(lang, f": {lost}", f"：{lost}") if lost else ""
    return in_lang(
        lang,
        f"Having it open costs {cost}{who} (capital {capital}).",
        f"强制开放的代价：{cost}{who}（总投资{capital}）。",
    )


def _no_plan(answer: SitePrice, lang: Lang) -> str:
    which = {
        "closed": ("without it", "不用它"),
        "open": ("with it open", "强制开放"),
        "admitted": ("with it admitted", "准入后"),
    }[answer.asked]
    en, zh = which
    if answer.termination == Termination.INFEASIBLE:
        return in_lang(lang, f"No plan keeps all rules {en}.", f"{zh}则无满足全部规则的方案。")
    return in_lang(lang, f"No plan {en} was found in time.", f"{zh}：时限内未得方案。")
