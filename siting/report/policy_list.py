"""The policies page: what carries each statement of the five-year plans.

`python -m siting.report.policy_list docs` writes `policies.md` from `policies.csv` in that folder.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from siting.report.anchors import dictionary_anchors

_INTRODUCTION = """# Policies

What the five-year plans of Beijing and of its Xicheng District ask for, statement by statement, and
what carries it here: a rule, a table, a column or key, a tier of the objective, a scenario of the
[bundled district](xicheng.md), an output of a run or a command. The statements are paraphrased; the
plan and its subject stand behind each. Whether a statement is followed, and what it weighs, is for
the user to say: the plans contradict each other. `carried` means that the tool can do it, not that
the bundled district has data for it.

Of {count} statements, carried: {carried}, outside: {outside}.

This page is written from [`policies.csv`](policies.csv) by
`python -m siting.report.policy_list docs`.

| id | paraphrase | carried by | link | status |
|---|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One row of `policies.csv`.

    Attributes
    ----------
    id, plan
        Number of the statement, and the plan and subject that it comes from.
    paraphrase, paraphrase_zh
        What it asks for, in our words.
    carried_by
        References, each ``kind:name``: ``rule``, ``table``, ``column``, ``setting``, ``tier``,
        ``scenario``, ``output``, ``command``; separated by ``; ``.
    code, test
        The file where this is done, and ``file::test`` that shows it, from the project's folder.
    status, reason
        ``carried``, with what is left to others if anything, or ``outside`` and why.
    """

    id: str
    plan: str
    paraphrase: str
    paraphrase_zh: str
    carried_by: str
    code: str
    test: str
    status: str
    reason: str

    @property
    def references(self) -> list[tuple[str, str]]:
        """Kind and name of each reference."""
        parts = (part.partition(":") for part in self.carried_by.split("; ") if part)
        return [(kind, name) for kind, _, name in parts]


def read_statements(path: Path) -> list[Statement]:
    """Return the rows of `policies.csv`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [Statement(**row) for row in csv.DictReader(file)]


def policy_list(statements: Sequence[Statement]) -> str:
    """Return the page as Markdown."""
    carried = sum(s.status == "carried" for s in statements)
    head = _INTRODUCTION.format(
        count=len(statements), carried=carried, outside=len(statements) - carried
    )
    anchors = dictionary_anchors("en")
    return head + "".join(f"| {' | '.join(_cells(s, anchors))} |\n" for s in statements)


def _cells(statement: Statement, anchors: dict[str, str]) -> Iterator[str]:
    s = statement
    yield s.id
    yield f"{s.paraphrase} · {s.paraphrase_zh} ({s.plan})"
    shown = [_reference(kind, name, anchors) for kind, name in s.references]
    yield "; ".join(filter(None, [", ".join(shown), s.reason]))
    yield f"[code](../{s.code}), {_test(s.test)}" if s.code else ""
    yield s.status


def _test(test: str) -> str:
    """Return a test as a link that says what it shows."""
    file, _, name = test.partition("::")
    name, _, case = name.removeprefix("test_").rstrip("]").partition("[")
    if case:
        return f"[test: golden program of `{case}`](../tests/golden/{case}.lp)"
    return f"[test: {name.replace('_', ' ')}](../{file})"


def _reference(kind: str, name: str, anchors: dict[str, str]) -> str:
    if kind == "command":
        return f"`siting {name}`"
    target = {
        "rule": f"rules.md#{name}",
        "tier": "model.md",
        "scenario": "../instances/xicheng/instance.toml",
        "output": "tutorial.md#what-is-in-the-folder",
    }
    page = target.get(kind) or f"data-dictionary.md#{anchors[name]}"
    kinds = {"column": "", "setting": ""}
    return f"{kinds.get(kind, kind + ' ')}[`{name}`]({page})"


if __name__ == "__main__":
    docs = Path(sys.argv[1])
    page = policy_list(read_statements(docs / "policies.csv"))
    (docs / "policies.md").write_text(page, encoding="utf-8")
