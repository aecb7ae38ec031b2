"""What was re-checked of a plan, rule by rule, in both languages."""

from __future__ import annotations

import pandas as pd

from siting.instance.rulebook import RULES
from siting.report.labels import Lang
from siting.verification import Verification

FORMS: dict[str, tuple[str, str]] = {
    "provenance": ("Made from this instance", "由本实例求得"),
    "ids": ("Names of what exists", "编号均存在"),
    "grid": ("Whole steps of need and money", "数量与金额取整"),
    "details": ("Details of the chosen conversions", "所选转换的明细"),
    "score.objective": ("Weighted share served", "加权服务率"),
    "score.today": ("Weighted share served today", "现状加权服务率"),
    "score.served_today": ("Need served today", "现状服务量"),
    "score.bound": ("Bound and gap", "上界与间隙"),
    "score.tiers": ("Values of all tiers", "各层目标值"),
    "score.cost": ("Costs", "费用"),
    "score.best_service": ("No more could be served from these sites", "所选场所已充分利用"),
}
"""Checks that are no rules of the rulebook: English, Chinese."""


def rule_checks(verification: Verification, lang: Lang) -> pd.DataFrame:
    """Return one row per check that passed, and one per place where one did not.

    Columns ``rule, rule_title_en, rule_title_zh, passed, amount`` (in words, by how much it is
    broken) and ``place``; the title in the reader's language comes first.
    """
    rows = []
    for check in verification.checks:
        if check.rule in RULES:
            names = RULES[check.rule].name_en, RULES[check.rule].name_zh
        else:
            names = FORMS.get(check.rule, (check.rule, check.rule))
        common = {"rule": check.rule, "passed": check.passed}
        titles = {"rule_title_en": names[0], "rule_title_zh": names[1]}
        if lang == "zh":
            titles = dict(reversed(titles.items()))
        found: list[tuple[str | None, str | None]] = [(f.rule, f.place) for f in check.findings]
        rows += [
            {**common, **titles, "amount": how, "place": where}
            for how, where in found or [(None, None)]
        ]
    columns = ["rule", "rule_title_zh", "rule_title_en", "passed", "amount", "place"]
    table = pd.DataFrame(rows, columns=columns).astype({"amount": object, "place": object})
    first = ["rule", "rule_title_zh" if lang == "zh" else "rule_title_en"]
    return table[[*first, *table.columns.drop(first)]]
