"""What the command line shows: tables that a planner understands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from siting.errors import Finding
from siting.instance.instance import NEED_GRID, Instance
from siting.instance.rulebook import RULES
from siting.report.balance import as_of, facility_supply, need_balance, of_services
from siting.report.labels import (
    Lang,
    for_reader,
    in_lang,
    money,
    percent_up,
    scenario_title,
    service_names,
    share,
    title,
    unit_name,
    whole,
)
from siting.report.sentences import (
    exchange_rates,
    money_proof,
    proof,
    score_name,
    tier_sentences,
    verdict,
)
from siting.report.tables import agencies_table
from siting.report.years import years_table
from siting.solution import Solution
from siting.verification import Verification

_LARGE = 10_000
_BAR = 10
"""Length of a full bar in characters."""


def plan_summary(
    instance: Instance,
    solution: Solution,
    verification: Verification,
    lang: Lang = "en",
    *,
    years: pd.DataFrame | None = None,
) -> RenderableType:
    """Return a plan for the terminal: service before and after, money, what is proven.

    Without a plan: what is known instead, and the ways out of a conflict.

    Parameters
    ----------
    years
        Tier 1 by year, as `siting.solvers.afterwards.Afterwards.years` has it.
    """
    instance = for_reader(instance, lang)
    parts: list[RenderableType] = [_title(instance, lang)]
    if solution.has_plan:
        parts += [
            "",
            _services(instance, solution, lang),
            "",
            _agencies(instance, solution, lang),
            "",
        ]
        if instance.settings.plan.yearly:
            parts += [_years(instance, solution, years, lang), ""]
        parts.append(_spending(instance, solution, lang))
    parts.append(Text(proof(solution, lang), style="bold"))
    if solution.has_plan:
        parts += [Text(sentence) for sentence in tier_sentences(instance, solution, lang)]
        if sentence := money_proof(solution, lang):
            parts.append(Text(sentence))
        passed = verification.passed
        parts.append(Text(verdict(verified=passed, lang=lang), style="" if passed else "bold red"))
        if rates := exchange_rates(instance, lang):
            parts.append(Text(rates, style="dim"))
    parts += _ways_out(solution, lang)
    seconds = f"{solution.seconds:.1f} s"
    parts.append(Text({"en": f"Time: {seconds}", "zh": f"用时：{seconds}"}[lang], style="dim"))
    return Group(*parts)


def assessment_summary(
    instance: Instance, service_today: pd.DataFrame, lang: Lang = "en"
) -> RenderableType:
    """Return need, supply and gap of today for the terminal, the most people unserved first."""
    instance = as_of(for_reader(instance, lang), instance.years[0])
    balance = need_balance(instance, service_today, service_today)
    sums = balance.groupby("service_id")[["need", "served_today", "people", "without_today"]].sum()
    supply = facility_supply(instance).groupby("service_id")["capacity"].sum()
    names = _with_units(instance, lang)
    table = _table(
        ("Service", "服务"),
        ("Need", "需求量"),
        ("Supply", "供给"),
        ("Served", "服务率"),
        ("Gap", "缺口"),
        ("Without", "未服务人口"),
        lang=lang,
    )
    for service_id, row in sums.sort_values("without_today", ascending=False).iterrows():
        table.add_row(
            names[str(service_id)],
            whole(row["need"]),
            whole(supply.get(service_id, 0.0)),
            share(row["served_today"] / row["need"]),
            whole(row["need"] - row["served_today"]),
            whole(row["without_today"]),
        )
    note = {
        "en": "Without: people behind the need that is not served, most first",
        "zh": "未服务人口：未满足需求所对应的人口，由多到少排列",
    }[lang]
    return Group(_title(instance, lang), "", table, Text(note, style="dim"))


def findings_table(findings: Sequence[Finding]) -> RenderableType:
    """Return findings as a table, as they come."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name in ("", "where", "row", "column", "value", "what", "remedy"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        is_error = finding.severity == "error"
        cells = (
            finding.place,
            "" if finding.row is None else str(finding.row),
            finding.column,
            finding.value,
            finding.rule,
            finding.remedy,
        )
        style = "red" if is_error else "yellow"
        table.add_row(Text(finding.severity, style=style), *(Text(cell) for cell in cells))
    return table


def verification_summary(verification: Verification, folder: Path) -> RenderableType:
    """Return which rules and scores were recomputed, and whether each passed."""
    table = _table(("Check", ""), ("", ""), ("Findings", ""), lang="en")
    for check in verification.checks:
        rule = RULES.get(check.rule)
        mark = Text("passed", "green") if check.passed else Text("FAILED", "bold red")
        name = f"{check.rule}: {rule.name_en}" if rule else check.rule
        table.add_row(Text(name), mark, str(len(check.findings)))
    count = len(verification.checks)
    says = f"{folder}: all {count} checks passed" if verification.passed else f"{folder}: FAILED"
    return Group(table, Text(says, style="bold" if verification.passed else "bold red"))


def runs_table(runs: pd.DataFrame, lang: Lang = "en") -> RenderableType:
    """Return stored runs as a table: the columns of `siting.store.list_runs`."""
    if runs.empty:
        return Text(
            in_lang(
                lang,
                "no such runs here; `siting solve INSTANCE` makes one",
                "没有符合的运行；`siting solve 实例` 可生成",
            )
        )
    free = (("Scenario", "情景"), ("Ended", "结果"))
    table = _table(
        ("Run", "运行"),
        *free,
        ("Budget", "预算"),
        ("Served", "得分"),
        ("Gap", "差距"),
        ("Cost", "总投资"),
        lang=lang,
    )
    for column in table.columns:
        column.no_wrap = column.header not in {in_lang(lang, *words) for words in free}
    for run in runs.to_dict("records"):
        table.add_row(
            Text(f"{run['instance']}/{run['run_id']}"),
            Text(str(run["title_zh" if lang == "zh" else "title"] or run["scenario"] or "")),
            str(run["termination"])
            if run["verified"] == 1
            else Text(in_lang(lang, "not verified", "未通过校验"), "red"),
            _known(run["budget"], "{:,.0f}"),
            _known(run["objective"], "{:.2%}"),
            "–" if pd.isna(run["gap"]) else percent_up(float(run["gap"])),
            _known(run["cost"], "{:,.0f}"),
        )
    return table


def _title(instance: Instance, lang: Lang) -> Text:
    scenario = scenario_title(instance, lang)
    text = Text(title(instance, lang), style="bold")
    text.append(f"  {scenario}" if scenario else "", style="not bold")
    if notice := instance.settings.synthetic:
        text.append(f"\n{notice}", style="not bold yellow")
    return text


def _services(instance: Instance, solution: Solution, lang: Lang) -> Table:
    table = _table(
        ("Service", "服务"),
        ("Need", "需求量"),
        ("Now → plan", "现状 → 规划"),
        ("", ""),
        ("Unserved", "未服务"),
        ("New", "新增"),
        lang=lang,
    )
    at_end = solution.in_year(instance.years[-1])
    served = at_end.service[at_end.service["place_id"] != ""]
    plan = served.groupby("service_id")["amount"].sum()
    new = at_end.chosen[at_end.chosen["status"] != "keep"].groupby("service_id").size()
    names = _with_units(instance, lang)
    services = instance.services.sort_values(["rank", "service_id"], kind="stable")
    for service_id in services["service_id"]:
        need = instance.base_need[service_id] / NEED_GRID
        if need == 0:
            continue
        before, after = solution.served_today.get(service_id, 0.0), float(plan.get(service_id, 0.0))
        table.add_row(
            names[service_id],
            whole(need),
            f"{share(before / need)} → {share(after / need)}",
            _bar(before / need, after / need),
            whole(need - after),
            str(new.get(service_id, 0)),
        )
    if solution.objective is not None:
        table.add_section()
        label = score_name(instance, lang)
        shares = f"{share(solution.today)} → {share(solution.objective)}"
        table.add_row(
            label, "", shares, _bar(solution.today, solution.objective), "", str(int(new.sum())),
            style="bold",
        )  # fmt: skip
    return table


def _agencies(instance: Instance, solution: Solution, lang: Lang) -> Table:
    decimals = _decimals(instance, solution)
    columns = {
        "works_cost": ("Works", "工程费"),
        "equipment_cost": ("Equip.", "设备费"),
        "acquisition_cost": ("Acquis.", "取得费"),
        "rent_cost": ("Rent", "租金"),
        "cost": ("Capital", "总投资"),
    }
    if instance.settings.budget.agencies:
        columns["budget"] = ("Budget", "预算")
    table = _table(("Agency", "责任单位"), ("New", "新增"), *columns.values(), lang=lang)
    rows = agencies_table(instance, solution, lang).to_dict("records")
    for row in rows:
        is_total = row is rows[-1]
        if is_total:
            table.add_section()
        amounts = ["" if pd.isna(row[c]) else money(row[c], decimals) for c in columns]
        count = "" if pd.isna(row["sites"]) else whole(row["sites"])
        table.add_row(str(row["agency"]), count, *amounts, style="bold" if is_total else "")
    return table


def _years(instance: Instance, solution: Solution, years: pd.DataFrame | None, lang: Lang) -> Table:
    """Return what opens, is spent and is served year by year."""
    empty = pd.DataFrame(columns=["year", "value", "today"])
    rows = years_table(instance, solution, empty if years is None else years)
    decimals = _decimals(instance, solution)
    columns = {"spent": ("Spent", "支出")}
    if instance.settings.budget.years:
        columns |= {"budget": ("Budget", "预算"), "carried_over": ("Carried over", "结转")}
    columns |= {"yearly_cost": ("Running", "年运行费")}
    table = _table(
        ("Year", "年份"),
        ("New", "新增"),
        ("Closed", "关闭"),
        *columns.values(),
        ("Score now → plan", "得分：现状 → 规划"),
        lang=lang,
    )
    for row in rows.to_dict("records"):
        amounts = ["" if pd.isna(row[c]) else money(row[c], decimals) for c in columns]
        moves = [str(row["openings"]), str(row["closings"] or "")]
        score = f"{share(row['value_today'])} → {share(row['value'])}"
        table.add_row(str(row["year"]), *moves, *amounts, score)
    return table


def _decimals(instance: Instance, solution: Solution) -> int:
    """Return how many decimals of money are shown: none where amounts are large."""
    return 0 if solution.cost["total"] >= _LARGE else instance.settings.money.decimals


def _spending(instance: Instance, solution: Solution, lang: Lang) -> Text:
    s, budget = instance.settings.money, instance.settings.budget.total
    decimals = _decimals(instance, solution)
    total, yearly = (money(solution.cost[key], decimals) for key in ("total", "yearly"))
    if instance.settings.plan.yearly:
        at_end = solution.in_year(instance.years[-1]).chosen
        yearly = money(float(at_end["yearly_cost"].sum()), decimals)
    most = "" if budget is None else money(budget, decimals)
    private = float(solution.chosen["private_cost"].astype(float).sum())
    beside = money(private, decimals) if private > 0 else ""
    if lang == "zh":
        limit = f"，预算{most}{s.unit}" if most else ""
        said = f"总投资{total}{s.unit}{limit}；年运行费{yearly}{s.unit}（不计入投资）"
        return Text(said + (f"；另有社会资金{beside}{s.unit}" if beside else ""))
    limit = f" of a budget of {most} {s.unit}" if most else f" {s.unit}"
    said = f"Capital {total}{limit}; running cost {yearly} {s.unit} a year, not in it"
    return Text(said + (f"; providers add {beside} {s.unit}" if beside else ""))


def _ways_out(solution: Solution, lang: Lang) -> Iterator[Text]:
    conflict = solution.conflict
    if conflict is None:
        return
    yield Text({"en": "In conflict: ", "zh": "相互冲突："}[lang] + ", ".join(conflict.rows))
    if not conflict.irreducible:
        yield Text({"en": "(perhaps not all of these are needed)", "zh": "（未必全部必要）"}[lang])
    if conflict.ways_out:
        several = len(conflict.ways_out) > 1
        together = {"en": ", all of it together", "zh": "（须一并采取）"}[lang] if several else ""
        lead, colon = {"en": ("The cheapest way out", ":"), "zh": ("代价最小的解决办法", "：")}[
            lang
        ]
        yield Text(f"{lead}{together}{colon}", style="bold")
    for way in conflict.ways_out:
        yield Text("  • " + str(way["text_zh" if lang == "zh" else "text"]))


def _with_units(instance: Instance, lang: Lang) -> dict[str, str]:
    """Return each service's name with the unit it is counted in, by id."""
    units = of_services(instance, "unit")
    form = "{}（{}）" if lang == "zh" else "{}, {}"
    names = service_names(instance, lang)
    return {s: form.format(name, unit_name(units[s], lang)) for s, name in names.items()}


def _table(*headings: tuple[str, str], lang: Lang) -> Table:
    """Return an empty table that fits 80 columns: text on the left, then numbers."""
    table = Table(
        box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, collapse_padding=True,
        show_edge=False,
    )  # fmt: skip
    for i, (en, zh) in enumerate(headings):
        table.add_column(
            zh if lang == "zh" else en,
            justify="right" if i else "left",
            no_wrap=bool(i),
            overflow="fold",
        )
    return table


def _bar(before: float, after: float) -> Text:
    """Return a bar of the share served: today, what the plan adds, what is left."""
    # Rounded first, so that a share does not change its bar by the last bit of a sum.
    old, new = (round(round(part * _BAR, 9)) for part in (before, max(after, before)))
    bar = Text("█" * old, style="grey50")
    bar.append("█" * (new - old), style="green")
    bar.append("░" * (_BAR - new), style="grey50")
    return bar


def _known(value: object, form: str) -> str:
    return "–" if value is None or pd.isna(value) else form.format(value)
