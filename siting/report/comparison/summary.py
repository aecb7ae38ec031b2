"""summary.md, and the same on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from siting.report.comparison.naming import on_frontier, percent_above, run_title, spelled
from siting.report.comparison.wording import (
    frontier_sentences,
    introduction,
    scenario_sentences,
)
from siting.report.labels import Lang, in_lang, percent_up, share, title, value_label
from siting.scenarios.comparing.comparison import Comparison
from siting.scenarios.tradeoffs.frontier import Frontier

_MOST_ON_SCREEN = 24
"""Points of a section that the terminal shows."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """Part of a summary.

    Attributes
    ----------
    lines
        Sentences, each a point of a list; a pair is a title with sentences of its own.
    """

    title: str
    lines: Sequence[str | tuple[str, Sequence[str]]]


def sections_of(
    comparison: Comparison,
    frontier: Frontier | None,
    lang: Lang,
    further: Sequence[Section] = (),
) -> list[Section]:
    """Return the summary in sections.

    Parameters
    ----------
    further
        Sections on what was asked beside the runs: robust sites, alternatives.
    """
    said = [
        Section(
            title=in_lang(lang, "What is compared", "对比内容"),
            lines=list(introduction(comparison, frontier, lang)),
        )
    ]
    if frontier is not None:
        said.append(
            Section(
                title=in_lang(lang, "What money buys", "资金与服务水平"),
                lines=list(frontier_sentences(comparison, frontier, lang)),
            )
        )
    single = on_frontier(comparison, frontier)
    rest = [label for label in comparison.runs if label not in single]
    if rest:
        said.append(
            Section(
                title=in_lang(lang, "Run by run", "各方案"),
                lines=list(scenario_sentences(comparison, rest, lang)),
            )
        )
    return [*said, *further]


def as_markdown(comparison: Comparison, sections: Sequence[Section], lang: Lang) -> str:
    """Return the summary as Markdown, with a table of all runs."""
    lines = [f"# {title(comparison.base, lang)}", ""]
    if notice := comparison.base.settings.synthetic:
        lines += [f"> {notice}", ""]
    for section in sections:
        lines += [f"## {section.title}", ""]
        for line in section.lines:
            if isinstance(line, str):
                lines.append(f"- {line}")
            else:
                lines.append(f"- **{line[0]}**")
                lines += [f"  - {sentence}" for sentence in line[1] if sentence]
        lines.append("")
    heads, rows = overview_rows(comparison, lang)
    lines += [f"## {in_lang(lang, 'All runs', '全部方案')}", ""]
    lines.append("| " + " | ".join(heads) + " |")
    lines.append("|" + "|".join(["---"] + ["---:"] * (len(heads) - 1)) + "|")
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    lines += ["", note(comparison, lang)]
    return "\n".join(lines).rstrip() + "\n"


def on_screen(comparison: Comparison, sections: Sequence[Section], lang: Lang) -> RenderableType:
    """Return the summary for the terminal."""
    # Chinese has no spaces to break at: a mark with one would stand on a line of its own.
    mark = in_lang(lang, "• ", "•")
    parts: list[RenderableType] = [Text(title(comparison.base, lang), style="bold")]
    if notice := comparison.base.settings.synthetic:
        parts.append(Text(notice, style="yellow"))
    heads, rows = overview_rows(comparison, lang)
    table = Table(
        box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, collapse_padding=True,
        show_edge=False,
    )  # fmt: skip
    for i, name in enumerate(heads):
        table.add_column(name, justify="right" if i else "left", no_wrap=bool(i), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    parts += ["", table]
    if said := note(comparison, lang):
        parts.append(Text(said, style="dim"))
    for section in sections:
        parts += ["", Text(section.title, style="bold")]
        for line in section.lines[:_MOST_ON_SCREEN]:
            if isinstance(line, str):
                parts.append(Text(f"{mark}{line}"))
            else:
                parts.append(Text(f"{mark}{line[0]}", style="bold"))
                parts += [Text(f"  {sentence}") for sentence in line[1] if sentence]
        if (more := len(section.lines) - _MOST_ON_SCREEN) > 0:
            said = in_lang(lang, f"{more} more in summary.md", f"另有{more}条见 summary.md")
            parts.append(Text(f"{mark}{said}", style="dim"))
    return Group(*parts)


def overview_rows(comparison: Comparison, lang: Lang) -> tuple[list[str], list[list[str]]]:
    """Return the headings and one row of texts per run."""
    unit = comparison.base.settings.money.unit
    heads = [
        in_lang(lang, "Run", "方案"),
        in_lang(lang, "Served", "服务率"),
        in_lang(lang, "Bound", "上界"),
        in_lang(lang, "Gap", "差距"),
        in_lang(lang, "Capital", "投资"),
        in_lang(lang, "New", "新增"),
        in_lang(lang, "Worst zone", "最差分区"),
    ]
    rows = []
    for label in comparison.runs:
        facts = comparison.facts(label)
        name = run_title(comparison, label, lang).replace("|", "/")
        if label not in comparison.planned:
            ended = value_label(str(facts["termination"]), lang)
            what = {
                "infeasible": in_lang(lang, "no plan keeps all rules", "无可行方案"),
                "none": in_lang(lang, "none found in time", "时限内未得方案"),
            }.get(str(facts["termination"]), ended)
            rows.append([name, what, "–", "–", "–", "–", "–"])
            continue
        gap = facts["gap"]
        rows.append(
            [
                name + ("" if facts["same_score"] else " *"),
                share(float(facts["objective"])),
                _bound(facts),
                "–" if gap is None or pd.isna(gap) else percent_up(float(gap)),
                spelled(float(facts["cost"]), unit, lang),
                str(int(facts["sites"])),
                share(float(facts["worst_share"])) if facts["worst_zone_id"] else "–",
            ]
        )
    return heads, rows


def note(comparison: Comparison, lang: Lang) -> str:
    """Return what the star of `overview_rows` means; empty where none stands there."""
    if all(comparison.facts(label)["same_score"] for label in comparison.planned):
        return ""
    return in_lang(
        lang,
        "* counts need otherwise than the instance as given (people, weights or ranks): not to be "
        "held against the others by this number.",
        "* 需求口径与原设定不同（人口、权重或次序），该数值不宜与其他方案直接比较。",
    )


def _bound(facts: Mapping[str, Any]) -> str:
    """Return what no plan beats, rounded up; as it is where the plan reaches it."""
    bound = facts["bound"]
    if bound is None or pd.isna(bound):
        return "–"
    if facts["termination"] == "optimal":
        return share(float(bound))
    return percent_above(float(bound), 1)
