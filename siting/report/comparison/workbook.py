"""comparison.xlsx: runs side by side, one sheet for each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from siting.report.comparison.naming import run_title
from siting.report.comparison.summary import Section
from siting.report.comparison.tables import across, frontier_tables, sites_table
from siting.report.labels import (
    HEADINGS,
    NO_AGENCY,
    Heading,
    HeadingKind,
    Lang,
    filled,
    in_lang,
    service_names,
    title,
    unit_name,
    value_label,
    zone_names,
)
from siting.report.sheets import DARK, Book, head, page, picture_sheet, sheet_name, table_sheet
from siting.report.workbook import open_book
from siting.scenarios.comparing.comparison import TODAY, Comparison
from siting.scenarios.tradeoffs.frontier import Frontier

_ALL = ("All services, by weight", "全部服务（加权）")

_HEADINGS: dict[str, Heading] = {
    "bound": Heading("At most", "上界", "share"),
    "budgets": Heading("Budgets that have it", "采用的预算数", "whole"),
    "building": Heading("Building", "建筑", "name"),
    "carried": Heading("Plan of a smaller budget", "沿用较小预算的方案"),
    "change": Heading("Change", "变化"),
    "classes": Heading("Minutes on foot", "步行分钟"),
    "first": Heading("Smallest budget", "最小预算", "money", "money"),
    "from_budget": Heading("From", "自", "money", "money"),
    "full": Heading("Full", "满负荷", "whole"),
    "gain_high": Heading("Adds at most", "至多提高", "share"),
    "gain_low": Heading("Adds at least", "至少提高", "share"),
    "gained": Heading("Sites gained", "新增场所", "whole"),
    "gap": Heading("Gap", "差距", "share"),
    "gini": Heading("Gini over people", "基尼系数（按人口）", "number"),
    "group": Heading("Group", "人群"),
    "kind": Heading("Kind", "类别"),
    "last": Heading("Largest budget", "最大预算", "money", "money"),
    "lost": Heading("Sites lost", "减少场所", "whole"),
    "mean_min": Heading("Mean walk", "平均步行", "tenth", "min", "分钟"),
    "module_after": Heading("Module here", "本方案规模"),
    "module_before": Heading("Module there", "对照方案规模"),
    "objective": Heading("Served", "服务率", "share"),
    "own_bound": Heading("Own bound", "本次上界", "share"),
    "own_objective": Heading("Own plan", "本次方案", "share"),
    "places": Heading("Places", "场所数", "whole"),
    "plans": Heading("Plans that have it", "采用的方案数", "whole"),
    "running_cost": Heading("Running cost per year", "年运行费", "money", "money"),
    "score": Heading("By the given weights", "按原权重", "share"),
    "termination": Heading("Ended", "终止状态"),
    "title": Heading("Run", "方案", "name"),
    "to_budget": Heading("To", "至", "money", "money"),
    "unused": Heading("Unused", "无人使用", "whole"),
    "verified": Heading("Re-checked", "已复核"),
    "without": Heading("Between, without it", "其间未采用", "whole"),
    "worst_share": Heading("Its share served", "其服务率", "share"),
    "worst_zone": Heading("Worst served zone", "服务最差分区"),
    "buildings": Heading("Buildings", "建筑数", "whole"),
}

_TERMS = {
    "works": ("works", "工程费"),
    "equipment": ("equipment", "设备费"),
    "acquisition": ("acquisition", "取得费"),
    "rent": ("rent", "租金"),
    "running": ("running cost (beside)", "运行费（另计）"),
    "private": ("private money (beside)", "社会资金（另计）"),
    "existing": ("existing", "现有"),
    "keep": ("kept as it is", "保留"),
    "new": ("new", "新增"),
    "committed": ("committed", "已定"),
    "gained": ("gained", "新增"),
    "lost": ("lost", "减少"),
    "resized": ("resized", "调整规模"),
    "closed": ("closed", "关闭"),
    "kept": ("kept", "保留"),
    "optimal": ("proven best", "已证明最优"),
    "within_gap": ("proven to the gap", "已证明至差距"),
    "feasible": ("stopped by a limit", "达到限制"),
    "infeasible": ("no plan keeps all rules", "无可行方案"),
    "none": ("none found in time", "时限内未得方案"),
}


def write_workbook(
    path: Path,
    comparison: Comparison,
    frontier: Frontier | None,
    sections: Sequence[Section],
    pictures: Mapping[str, bytes],
    *,
    lang: Lang,
    further: Mapping[str, pd.DataFrame] | None = None,
) -> None:
    """Write comparison.xlsx.

    Parameters
    ----------
    pictures
        PNG by name: ``frontier, maps, zones``, and ``walking`` where that was asked for.
    further
        Tables of what was asked beside the runs, by name of their sheet.
    """
    book = open_book(path, comparison.base, lang)
    taken: set[str] = set()
    _Sheets(book, comparison, lang, taken).write(frontier, sections, pictures, further or {})
    book.workbook.close()


class _Sheets:
    """Writes the sheets of one workbook."""

    def __init__(self, book: Book, comparison: Comparison, lang: Lang, taken: set[str]) -> None:
        self.book, self.comparison, self.lang, self.taken = book, comparison, lang, taken
        self.runs = {
            label: Heading(run_title(comparison, label, "en"), run_title(comparison, label, "zh"))
            for label in (TODAY, *comparison.runs)
        }
        self.services = {"": in_lang(lang, *_ALL)} | service_names(comparison.base, lang)
        self.zones = zone_names(comparison.base, lang)

    def write(
        self,
        frontier: Frontier | None,
        sections: Sequence[Section],
        pictures: Mapping[str, bytes],
        further: Mapping[str, pd.DataFrame],
    ) -> None:
        """Write all sheets."""
        self._summary(sections)
        self._overview()
        if frontier is not None:
            tables = frontier_tables(frontier)
            self._sheet(
                ("Budgets", "预算"), ("Each budget: a plan found and what no plan beats",
                "各预算：所得方案与上界"),
                tables["frontier"].drop(columns="solution_dir"), frozen=1,
            )  # fmt: skip
            self._sheet(
                ("More money", "追加资金"), ("What lies between two budgets for certain",
                "两个预算之间必定提高的幅度"),
                tables["frontier_steps"].drop(columns=["per_unit_low", "per_unit_high",
                "distinguishable"]),
            )  # fmt: skip
        for name, zh, note, note_zh in (
            ("frontier", "资金与服务", "What money buys", "资金与服务水平"),
            ("maps", "地图", "The plans side by side", "各方案对比图"),
            ("zones", "分区图", "Zones, plan by plan", "各分区对比"),
            ("walking", "步行取舍", "Need served against walking", "服务率与步行距离的取舍"),
        ):
            if name in pictures:
                sheet = self._name((f"Picture {name}", f"图：{zh}"))
                picture_sheet(self.book, sheet, in_lang(self.lang, note, note_zh), pictures[name])
        self._measures()
        for name, table in further.items():
            self._sheet((name, name), ("", ""), table)

    def _measures(self) -> None:
        c = self.comparison
        served = c.served.assign(service=c.served["service_id"].map(self.services))
        units = dict(zip(c.base.services["service_id"], c.base.services["unit"], strict=True))
        served["unit"] = [filled(units.get(s, "")) for s in served["service_id"]]
        self._shares(
            ("Services", "各服务"), ("Share of need served", "需求服务率"),
            across(c, served, ["service", "unit"], "share", today=True),
        )  # fmt: skip
        whole = c.zones[c.zones["service_id"] == ""]
        zones = whole.assign(zone=whole["zone_id"].map(self.zones))
        self._shares(
            ("Zones", "各分区"), ("Share served, all services by weight", "加权服务率"),
            across(c, zones, ["zone"], "share", today=True),
        )  # fmt: skip
        groups = c.groups[c.groups["service_id"] == ""]
        self._shares(
            ("Groups", "各人群"), ("Share served, all services by weight", "加权服务率"),
            across(c, groups, ["group"], "share", today=True),
        )  # fmt: skip
        costs = self._worded(c.costs, ["kind"])
        costs["agency"] = [filled(a) or NO_AGENCY[self.lang] for a in costs.get("agency", [])]
        yearly = len(set(costs["year"])) > 1 if len(costs) else False
        self._values(
            ("Cost", "投资"), ("By agency and kind", "按责任单位与类别"),
            across(c, costs, ["agency", *(["year"] if yearly else []), "kind"], "amount"), "money",
        )  # fmt: skip
        usage = self._worded(c.usage[c.usage["kind"] != ""] if len(c.usage) else c.usage, ["kind"])
        usage["service"] = [self.services[s] for s in usage.get("service_id", [])]
        self._shares(
            ("Utilisation", "使用率"), ("Load over capacity", "负荷与容量之比"),
            across(c, usage, ["service", "kind"], "utilisation"),
        )  # fmt: skip
        self._walking()
        equity = c.equity.assign(service=c.equity["service_id"].map(self.services))
        self._values(
            ("Gini", "基尼系数"),
            ("Of the share served, over people; 0 is even", "服务率在人口间的差异；0为均等"),
            across(c, equity, ["service"], "gini", today=True), "number",
        )  # fmt: skip
        worst = equity.assign(zone=equity["worst_zone_id"].map(self.zones))
        self._shares(
            ("Worst zone", "最差分区"), ("Share served in the worst served zone", "最差分区服务率"),
            across(c, worst, ["service"], "worst_share", today=True),
        )  # fmt: skip
        if len(c.targets):
            self._shares(
                ("Targets", "指标缺口"), ("Shortfall over target", "缺口与指标之比"),
                across(c, c.targets, ["target_id"], "shortfall_share"),
            )  # fmt: skip
        self._sheet(
            ("Sites", "场所"), ("Which plan opens what, most frequent first", "各方案选用的场所"),
            sites_table(c, self.lang).drop(columns=["service_id"]), frozen=4,
        )  # fmt: skip
        changes = self._worded(c.changes, ["change"])
        if len(changes):
            changes["title"] = [self.runs[r].text(self.lang, "") for r in changes["run"]]
            changes["service"] = changes["service_id"].map(self.services)
            first = self.runs[c.first].text(self.lang, "")
            columns = [
                "title", "change", "building_id", "service", "module_before", "module_after",
            ]  # fmt: skip
            self._sheet(
                ("Changes", "变化"), (f"Against: {first}", f"对照：{first}"), changes[columns],
                frozen=1,
            )  # fmt: skip

    def _walking(self) -> None:
        c = self.comparison
        walking = c.walking.assign(service=c.walking["service_id"].map(self.services))
        for column, en, zh in (
            ("mean_min", "Mean walk", "平均步行"),
            ("median_min", "Median walk", "步行中位数"),
            ("p90_min", "Walk of nine in ten", "步行第90百分位"),
        ):
            self._values(
                (en, zh), ("Minutes, of those served, by people", "分钟，被服务人口"),
                across(c, walking, ["service"], column, today=True), "tenth",
            )  # fmt: skip
        classes = c.walking_classes[c.walking_classes["service_id"] == ""]
        unserved = in_lang(self.lang, "not served", "未服务")
        classes = classes.assign(
            classes=[
                unserved if pd.isna(low) else f"{low:g}–{high:g}"
                for low, high in zip(classes["from_min"], classes["to_min"], strict=True)
            ],
            order=classes["to_min"].fillna(float("inf")),
        ).sort_values("order", kind="stable")
        self._shares(
            ("Walking time", "步行时间分布"),
            ("Share of all who need a service, by people", "占全部需求人口的比例"),
            across(c, classes, ["classes"], "share_of_need", today=True),
        )  # fmt: skip

    def _summary(self, sections: Sequence[Section]) -> None:
        name = self._name(("Summary", "概要"))
        sheet = self.book.workbook.add_worksheet(name)
        sheet.set_column(0, 0, 130)
        row = head(self.book, sheet, title(self.comparison.base, self.lang), "", 1)
        strong = self.book.style(bold=True, font_size=12, font_color=DARK)
        bold = self.book.style(bold=True)
        plain = self.book.style(text_wrap=True, valign="top", indent=1)
        for section in sections:
            sheet.write_string(row, 0, section.title, strong)
            row += 1
            for line in section.lines:
                named = None if isinstance(line, str) else line[0]
                if named is not None:
                    sheet.write_string(row, 0, named, bold)
                    row += 1
                for sentence in (line,) if isinstance(line, str) else line[1]:
                    sheet.write_string(row, 0, sentence, plain)
                    sheet.set_row(row, 15 * (1 + len(sentence.encode("gbk", "replace")) // 135))
                    row += 1
            row += 1
        page(self.book, sheet, landscape=True)

    def _overview(self) -> None:
        columns = [
            "title", "budget", "termination", "verified", "objective", "bound", "gap", "score",
            "cost", "running_cost", "sites", "buildings", "gained", "lost", "mean_min", "gini",
            "worst_zone", "worst_share",
        ]  # fmt: skip
        table = self._worded(self.comparison.overview, ["termination"])
        table = table.assign(
            title=[self.runs[r].text(self.lang, "") for r in table["run"]],
            worst_zone=table["worst_zone_id"].map(self.zones),
        )
        self._sheet(
            ("All runs", "全部方案"), ("One row per run", "每行一个方案"), table[columns], frozen=1,
        )  # fmt: skip

    def _worded(self, table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
        """Return a table with codes in words."""
        words = {code: in_lang(self.lang, *pair) for code, pair in _TERMS.items()}
        own = {c: table[c].map(lambda v: words.get(str(v), str(v))) for c in columns if c in table}
        return table.assign(**own)

    def _shares(self, name: tuple[str, str], note: tuple[str, str], table: pd.DataFrame) -> None:
        self._values(name, note, table, "share")

    def _values(
        self, name: tuple[str, str], note: tuple[str, str], table: pd.DataFrame, kind: HeadingKind
    ) -> None:
        headings = {
            label: Heading(h.en, h.zh, kind) for label, h in self.runs.items() if label in table
        }
        keys = [column for column in table if column not in headings]
        bars = list(headings) if kind == "share" else []
        self._sheet(name, note, table, frozen=len(keys), bars=bars, headings=headings)

    def _sheet(
        self,
        name: tuple[str, str],
        note: tuple[str, str],
        table: pd.DataFrame,
        *,
        frozen: int = 0,
        bars: Sequence[str] = (),
        headings: Mapping[str, Heading] | None = None,
    ) -> None:
        if "unit" in table:
            table = table.assign(unit=[unit_name(u, self.lang) for u in table["unit"]])
        for column in ("carried", "verified"):
            if column in table:
                table = table.assign(
                    **{column: [value_label(bool(v), self.lang) for v in table[column]]}
                )
        known = {c: Heading(str(c), str(c)) for c in table.columns}
        known |= {c: _HEADINGS[c] for c in table.columns if c in _HEADINGS}
        from_report = {c: h for c, h in HEADINGS.items() if c in table and c not in _HEADINGS}
        known |= from_report | self.runs | dict(headings or {})
        sheet = self._name(name)
        table_sheet(
            self.book, sheet, sheet, in_lang(self.lang, *note), table, frozen=frozen, bars=bars,
            headings=known,
        )  # fmt: skip

    def _name(self, name: tuple[str, str]) -> str:
        return sheet_name(in_lang(self.lang, *name), self.taken)
