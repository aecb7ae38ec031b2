"""The rounds of a review and all that was said in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from siting import store
from siting.errors import Finding
from siting.explain import Interval
from siting.report.explanation import interval_text
from siting.report.labels import Lang, in_lang
from siting.review import log
from siting.review.log import LOG_FILE, Entry
from siting.review.rounds import round_values
from siting.review.verdicts import DECISIONS
from siting.store.values import SOLUTION_FILE

_EVENTS = {
    "export": ("handed out", "发出"),
    "verdict": ("verdict", "意见"),
    "resolve": ("planned again", "重新求解"),
}

_MISSING = "the round before it is not there; its entries are in this round's log"


@dataclass(frozen=True, kw_only=True)
class RoundTold:
    """One round: its run and what it came to."""

    number: int
    run_id: str
    folder: str
    objective: float | None
    bound: float | None
    cost: float | None
    sites: int | None


@dataclass(frozen=True, kw_only=True)
class History:
    """A review up to one of its rounds.

    Attributes
    ----------
    rounds
        The first one first; as far back as their runs are there.
    entries
        Of the log of the last.
    findings
        What is wrong with the logs, and warnings about rounds that are not there.
    """

    rounds: tuple[RoundTold, ...]
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...] = field(default=())


def history_of(folder: Path) -> History:
    """Return the history of the review that a run is a round of.

    The log of every round must hold together, and hold the line at which the next round took it
    over.

    Raises
    ------
    InstanceError
        When a folder holds no readable run.
    """
    rounds: list[RoundTold] = []
    findings: list[Finding] = []
    entries: tuple[Entry, ...] = ()
    at: Path | None = folder.resolve()
    taken_over = ""
    while at is not None:
        values = round_values(at)
        _, found = store.load_run(at)
        number = int(values.get("number", 1))
        chosen = found["chosen"] or []
        rounds.append(
            RoundTold(
                number=number,
                run_id=at.name,
                folder=str(at),
                objective=found["objective"],
                bound=found["bound"],
                cost=found["cost"],
                sites=sum(site["status"] == "new" for site in chosen),
            )
        )
        head = str(values.get("log_head", ""))
        own, wrong = log.examine(at / LOG_FILE, heads=[head, taken_over])
        findings += [_of(finding, at.name) for finding in wrong]
        entries = own if len(rounds) == 1 else entries
        taken_over = head
        before = values.get("previous_folder")
        at = None if not before else (at / str(before)).resolve()
        if at is not None and not (at / SOLUTION_FILE).exists():
            findings.append(
                Finding(
                    severity="warning", place=rounds[-1].run_id, value=str(before), rule=_MISSING
                )
            )
            at = None
    return History(rounds=tuple(reversed(rounds)), entries=entries, findings=tuple(findings))


def history_values(told: History) -> dict[str, Any]:
    """Return a history as plain values."""
    return {
        "rounds": [vars(one) for one in told.rounds],
        "entries": [log.values_of(entry) for entry in told.entries],
        "findings": [finding.as_dict() for finding in told.findings],
    }


def history_summary(told: History, lang: Lang = "en") -> RenderableType:
    """Return a history for the terminal: the rounds, then what was said in each."""
    rounds = _table(
        lang, ("Round", "轮次"), ("Run", "方案"), ("Sites", "场所"), ("Served", "得分"),
        ("Capital", "总投资"),
    )  # fmt: skip
    for one in told.rounds:
        score = "–" if one.objective is None else f"{one.objective:.2%}"
        cost = "–" if one.cost is None else f"{one.cost:,.0f}"
        rounds.add_row(str(one.number), Text(one.run_id), str(one.sites), score, cost)
    entries = _table(
        lang, ("Round", "轮次"), ("When (UTC)", "时间（UTC）"), ("Who", "审查人"),
        ("What", "事项"), ("Price", "代价（分）"),
    )  # fmt: skip
    for entry in told.entries:
        entries.add_row(
            str(entry.round),
            entry.at.removesuffix("+00:00").replace("T", " "),
            Text(_who(entry)),
            Text(_what(entry, lang)),
            Text(_price(entry, lang)),
        )
    return Group(rounds, Text(""), entries)


def _table(lang: Lang, *headings: tuple[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for en, zh in headings:
        table.add_column(in_lang(lang, en, zh), overflow="fold")
    return table


def _of(finding: Finding, run_id: str) -> Finding:
    place = f"{run_id}/{finding.place}"
    return Finding(**{**vars(finding), "place": place})


def _who(entry: Entry) -> str:
    if entry.verdict is None:
        return ""
    said = (entry.verdict.department, entry.verdict.reviewer, entry.verdict.date)
    return " ".join(filter(None, said))


def _what(entry: Entry, lang: Lang) -> str:
    verdict = entry.verdict
    event = in_lang(lang, *_EVENTS[entry.event])
    if entry.event == "export":
        return f"{event} {entry.file}"
    if verdict is None:
        made = entry.outcome.get("run_id") or entry.outcome.get("termination", "")
        return f"{event} → {made}"
    decided = "" if verdict.decision is None else in_lang(lang, *DECISIONS[verdict.decision])
    project = in_lang(lang, "project approved", "已立项") if verdict.commit else ""
    parts: Sequence[str] = (
        decided,
        verdict.proposed_use,
        project,
        verdict.reason,
        verdict.condition,
    )
    use = f"{verdict.building_id} {verdict.service_id}"
    return use + in_lang(lang, ": ", "：") + in_lang(lang, ", ", "，").join(filter(None, parts))


def _price(entry: Entry, lang: Lang) -> str:
    if entry.price_low is None:
        return ""
    return interval_text(Interval(low=entry.price_low, high=entry.price_high), lang)
