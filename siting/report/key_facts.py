"""What the summary of a workbook says of a plan."""

from __future__ import annotations

from collections.abc import Iterator

from siting.report.attendance import attendance_notes
from siting.report.labels import in_lang, money, scenario_title, share
from siting.report.results import Results
from siting.report.sentences import (
    exchange_rates,
    money_proof,
    proof,
    tier_sentences,
    verdict,
)


def key_facts(results: Results) -> Iterator[tuple[str, str]]:
    """Yield what the summary says of a plan: a label and a sentence each."""
    instance, solution, lang = results.instance, results.solution, results.lang
    yield (
        in_lang(lang, "Scenario", "情景"),
        scenario_title(instance, lang) or in_lang(lang, "base, no overrides", "基准情景"),
    )
    yield from _money_facts(results)
    new = results.chosen[results.chosen["status"] != "keep"]
    yield (
        in_lang(lang, "New places", "新增场所"),
        in_lang(
            lang,
            f"{len(new)} services in {new['building_id'].nunique()} buildings",
            f"{new['building_id'].nunique()}处建筑，共{len(new)}项服务",
        ),
    )
    if solution.objective is not None:
        yield (
            in_lang(lang, "Need served", "服务水平"),
            in_lang(
                lang,
                f"{solution.today:.1%} today, {solution.objective:.1%} with the plan "
                "(weighted mean of the services' shares)",
                f"现状{solution.today:.1%}，规划后{solution.objective:.1%}（各服务覆盖率加权平均）",
            ),
        )
    if len(results.years) and results.years["value"].notna().all():
        yield in_lang(lang, "First and last year", "首年与末年"), _first_and_last(results)
    if said := tier_sentences(results.planned, solution, lang):
        yield in_lang(lang, "Further aims", "其他目标"), in_lang(lang, " ", "").join(said)
    if rates := exchange_rates(results.planned, lang):
        yield in_lang(lang, "What a unit counts", "单位折算"), rates
    for service, note in attendance_notes(results.planned, results.afterwards.attendance, lang):
        told = in_lang(lang, f"{service}: {note}", f"{service}：{note}")
        yield in_lang(lang, "Attendance areas", "学区划片"), told
    yield (
        in_lang(lang, "How good it is", "最优性"),
        " ".join([proof(solution, lang), money_proof(solution, lang)]).strip(),
    )
    yield in_lang(lang, "Re-check", "复核"), verdict(verified=results.verified, lang=lang)


def _money_facts(results: Results) -> Iterator[tuple[str, str]]:
    lang, s, cost = results.lang, results.instance.settings, results.solution.cost

    def amount(value: float) -> str:
        return f"{money(value, s.money.decimals)} {s.money.unit}"

    total, budget = cost.get("total", 0.0), s.budget.total
    yearly = results.planned.settings.plan.yearly
    if budget is None and yearly and s.budget.years:
        budget = sum(s.budget.years.values())
    spent = amount(total)
    if budget is not None:
        spent += in_lang(lang, " of a budget of ", "；预算 ") + amount(budget)
        spent += f" ({total / budget:.1%})" if budget else ""
    yield in_lang(lang, "Capital cost", "总投资"), spent
    parts = {
        in_lang(lang, "works", "工程费"): cost.get("works", 0.0),
        in_lang(lang, "equipment", "设备费"): cost.get("equipment", 0.0),
        in_lang(lang, "acquisition", "取得费"): cost.get("acquisition", 0.0),
        in_lang(lang, "rent", "租金")
        if yearly
        else in_lang(lang, f"rent of {s.plan.years} years", f"{s.plan.years}年租金"): cost.get(
            "rent", 0.0
        ),
    }
    yield (
        in_lang(lang, "of which", "其中"),
        in_lang(lang, ", ", "，").join(f"{name} {amount(value)}" for name, value in parts.items()),
    )
    if private := float(results.chosen["private_cost"].astype(float).sum()):
        yield in_lang(lang, "Private money beside", "社会资金（另计）"), amount(private)
    running = cost.get("yearly", 0.0)
    if yearly:
        running = float(results.at_end.chosen["yearly_cost"].sum())
    yield (
        in_lang(lang, "Running cost per year", "年运行费"),
        amount(running) + in_lang(lang, ", outside the budget", "（不计入投资预算）"),
    )


def _first_and_last(results: Results) -> str:
    ends = results.years.iloc[[0, -1]].to_dict("records")
    return in_lang(results.lang, "; ", "；").join(
        in_lang(
            results.lang,
            f"{row['year']}: {share(row['value_today'])} → {share(row['value'])}",
            f"{row['year']}年：{share(row['value_today'])} → {share(row['value'])}",
        )
        for row in ends
    )
