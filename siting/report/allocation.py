"""A budget shared out among districts: tables, a summary, values for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from siting.report.labels import Lang, in_lang, money, percent_up, share
from siting.report.writing import write_csv
from siting.scenarios.country.allocating import Allocation

_SHOWN = 20
"""Districts that are shown on the terminal."""


def districts_table(allocation: Allocation) -> pd.DataFrame:
    """Return what every district gets.

    Columns ``district, weight, money, today, objective, bound, solution_dir``; the bound is that of
    its own frontier with this budget, not of the country.
    """
    return pd.DataFrame(
        {
            "district": s.district.name,
            "weight": s.district.weight,
            "money": s.money,
            "today": s.frontier.today,
            "objective": s.point.objective,
            "bound": s.point.bound,
            "solution_dir": str((s.point.plan or s.point.run).folder),
        }
        for s in allocation.shares
    )


def frontiers_table(allocation: Allocation) -> pd.DataFrame:
    """Return all points of all frontiers: ``district, budget, objective, bound, solution_dir``."""
    return pd.DataFrame(
        {
            "district": s.district.name,
            "budget": p.budget,
            "objective": p.objective,
            "bound": p.bound,
            "solution_dir": str((p.plan or p.run).folder),
        }
        for s in allocation.shares
        for p in s.frontier.points
    )


def allocation_values(
    allocation: Allocation, *, folder: Path | None, seconds: float
) -> dict[str, Any]:
    """Return an allocation as plain values: the keys of the JSON line."""
    rows = districts_table(allocation).astype(object)
    return {
        "objective": allocation.objective,
        "bound": allocation.bound,
        "gap": allocation.gap,
        "today": allocation.today,
        "budget": allocation.budget,
        "money": allocation.money,
        "rounds": allocation.rounds,
        "districts": rows.where(rows.notna(), None).to_dict("records"),
        "allocation_dir": None if folder is None else str(folder),
        "seconds": round(seconds, 3),
    }


def sentences(allocation: Allocation, lang: Lang) -> list[str]:
    """Say what the budget comes to, and what is proven of it."""
    settings = allocation.shares[0].district.base.settings.money
    unit, decimals = settings.unit, settings.decimals
    spent, budget = money(allocation.money, decimals), money(allocation.budget, decimals)
    count = len(allocation.shares)
    got = sum(s.money > 0 for s in allocation.shares)
    gap = "–" if allocation.gap is None else percent_up(allocation.gap)
    return [
        in_lang(
            lang,
            f"{spent} of {budget} {unit} are shared out among {got} of {count} districts.",
            f"{count}个区中{got}个获得资金，共{spent}{unit}（预算{budget}{unit}）。",
        ),
        in_lang(
            lang,
            f"{share(allocation.objective)} of the need is served, districts by weight, after "
            f"{share(allocation.today)} today; no other way to share the budget out serves more "
            f"than {share(allocation.bound)} (gap {gap}).",
            f"各区加权服务率由{share(allocation.today)}提高到{share(allocation.objective)}；"
            f"任何其他分配方式不超过{share(allocation.bound)}（差距{gap}）。",
        ),
    ]


def write_allocation(
    folder: Path, allocation: Allocation, values: Mapping[str, Any], lang: Lang
) -> None:
    """Write ``allocation.json, districts.csv, frontiers.csv, summary.md`` into a folder."""
    marks = dict.fromkeys(s.district.base.settings.synthetic for s in allocation.shares)
    synthetic = "; ".join(filter(None, marks))
    write_csv(districts_table(allocation), synthetic, folder / "districts.csv")
    write_csv(frontiers_table(allocation), synthetic, folder / "frontiers.csv")
    heading = in_lang(lang, "One budget for all districts", "各区共享预算的分配")
    text = "\n".join([f"# {heading}", "", *(f"- {s}" for s in sentences(allocation, lang))])
    (folder / "summary.md").write_text(f"{text}\n", encoding="utf-8")
    said = json.dumps(values, ensure_ascii=False, indent=1, default=str)
    (folder / "allocation.json").write_text(f"{said}\n", encoding="utf-8")


def on_screen(allocation: Allocation, lang: Lang) -> RenderableType:
    """Return the districts that get most, and the sentences."""
    settings = allocation.shares[0].district.base.settings.money
    table = Table(box=box.SIMPLE_HEAD)
    for name in (
        in_lang(lang, "District", "区"),
        in_lang(lang, f"Money, {settings.unit}", f"资金（{settings.unit}）"),
        in_lang(lang, "Today", "现状"),
        in_lang(lang, "Planned", "规划"),
        in_lang(lang, "At most", "上界"),
    ):
        table.add_column(name, justify="left" if not table.columns else "right")
    dearest = sorted(allocation.shares, key=lambda s: -s.money)
    for s in dearest[:_SHOWN]:
        table.add_row(
            s.district.name,
            money(s.money, settings.decimals),
            share(s.frontier.today),
            "–" if s.point.objective is None else share(s.point.objective),
            "–" if s.point.bound is None else share(s.point.bound),
        )
    more = len(dearest) - _SHOWN
    rest = [in_lang(lang, f"and {more} more in districts.csv", f"其余{more}个见 districts.csv")]
    return Group(table, *(rest if more > 0 else []), *sentences(allocation, lang))
