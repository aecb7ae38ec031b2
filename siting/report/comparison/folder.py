"""The folder of a comparison, and its values for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from siting.report.comparison.frontier_picture import draw_frontier
from siting.report.comparison.maps_picture import draw_maps
from siting.report.comparison.naming import on_frontier, run_title, today_share
from siting.report.comparison.summary import Section, as_markdown, sections_of
from siting.report.comparison.tables import frontier_tables, long_tables, sites_table
from siting.report.comparison.workbook import write_workbook
from siting.report.comparison.zones_picture import draw_zones
from siting.report.labels import Lang
from siting.report.writing import write_csv
from siting.scenarios.comparing.comparison import Comparison
from siting.scenarios.tradeoffs.frontier import Frontier


@dataclass(frozen=True, kw_only=True, eq=False)
class Further:
    """What was asked beside the runs.

    Attributes
    ----------
    sections
        Of the summary.
    tables
        By name of their file and sheet.
    values
        For programs, by key.
    pictures
        By name of their file: what draws each as PNG.
    """

    sections: Sequence[Section] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, Callable[[Comparison], bytes]] = field(default_factory=dict)


def write_comparison(
    folder: Path,
    comparison: Comparison,
    frontier: Frontier | None,
    values: Mapping[str, Any],
    *,
    lang: Lang,
    further: Further | None = None,
) -> None:
    """Write everything on a comparison into a folder.

    ``comparison.json, summary.md, sites.csv, tables/*.csv, comparison.xlsx`` and, where there is a
    plan, ``frontier.png, maps.png, zones.png`` and what was asked for beside them.

    Parameters
    ----------
    values
        What `comparison_values` returns.
    """
    further = further or Further()
    sections = sections_of(comparison, frontier, lang, further.sections)
    synthetic = comparison.base.settings.synthetic
    tables = long_tables(comparison, lang) | dict(further.tables)
    if frontier is not None:
        tables |= frontier_tables(frontier)
    (folder / "tables").mkdir()
    for name, table in tables.items():
        write_csv(table, synthetic, folder / "tables" / f"{name}.csv")
    write_csv(sites_table(comparison, lang), synthetic, folder / "sites.csv")
    pictures: dict[str, bytes] = {}
    if comparison.planned:
        single = on_frontier(comparison, frontier)
        pictures = {
            "frontier": draw_frontier(comparison, frontier, lang),
            "maps": draw_maps(comparison, lang, single),
            "zones": draw_zones(comparison, lang, single),
            **{name: draw(comparison) for name, draw in further.pictures.items()},
        }
    for name, picture in pictures.items():
        (folder / f"{name}.png").write_bytes(picture)
    write_workbook(
        folder / "comparison.xlsx", comparison, frontier, sections, pictures, lang=lang,
        further=further.tables,
    )  # fmt: skip
    text = as_markdown(comparison, sections, lang)
    (folder / "summary.md").write_text(text, encoding="utf-8")
    said = json.dumps(values, ensure_ascii=False, indent=1, default=str)
    (folder / "comparison.json").write_text(said + "\n", encoding="utf-8")


def comparison_values(
    comparison: Comparison,
    frontier: Frontier | None,
    *,
    folder: Path | None,
    seconds: float,
    further: Further | None = None,
) -> dict[str, Any]:
    """Return a comparison as plain values: the keys of the JSON line.

    ``points`` are those of the frontier: ``budget, objective, bound, gap, solution_dir`` (of the
    plan that reaches the objective, perhaps that of a smaller budget), empty without one;
    ``scenarios`` are all other runs.
    """
    rows = _plain(comparison.overview)
    titles = {label: run_title(comparison, label, "en") for label in comparison.runs}
    titles_zh = {label: run_title(comparison, label, "zh") for label in comparison.runs}
    told = [
        {
            "name": row["run"],
            "title": titles[row["run"]],
            "title_zh": titles_zh[row["run"]],
            **{key: value for key, value in row.items() if key not in {"run", "folder"}},
            "solution_dir": row["folder"],
        }
        for row in rows
    ]
    single = on_frontier(comparison, frontier)
    points = [] if frontier is None else _plain(frontier_tables(frontier)["frontier"])
    base = comparison.base
    return {
        "points": points,
        "scenarios": [row for row in told if row["name"] not in single],
        "today": today_share(comparison),
        **(further.values if further else {}),
        "instance": base.name,
        "instance_hash": base.content_hash,
        "verified": all(bool(comparison.facts(label)["verified"]) for label in comparison.planned),
        "comparison_dir": None if folder is None else str(folder),
        "seconds": round(seconds, 3),
    }


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, unknown ones as None."""

    def plain(value: Any) -> Any:
        value = value.item() if hasattr(value, "item") else value
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return [
        {str(key): plain(value) for key, value in row.items()} for row in table.to_dict("records")
    ]
