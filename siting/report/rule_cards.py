"""The rule cards: every rule with its words, formula, source, parameters, switch and example.

`python -m siting.report.rule_cards docs` writes them, in both languages, into the folder `docs`.
The formula is the one in the docstring of the rule's function, so that it is written once.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from siting.instance.dictionary import Language
from siting.instance.rulebook import RULES, SUBJECTS, Rule
from siting.report.anchors import dictionary_anchors

_WORDS: dict[Language, dict[str, Any]] = {
    "en": {
        "title": "Rule cards",
        "admission": "Which conversions may be chosen",
        "buildings": "What opens in a building",
        "money": "Money and land",
        "places": "Zones, networks and stocks",
        "service": "Who is served from where",
        "value": "What a unit served counts",
        "parameters": "parameters",
        "switch": "switch",
        "on": "`{}`, on unless it is switched off",
        "off": "`{}`, off unless it is switched on",
        "definition": "definition: cannot be switched off",
        "source": "source",
        "code": "code",
        "example": "Example, `{}`:",
        "dictionary": "data-dictionary.md",
    },
    "zh": {
        "title": "规则卡片",
        "admission": "哪些转换可选",
        "buildings": "建筑内如何设置",
        "money": "资金与用地",
        "places": "分区、网络与存量",
        "service": "谁由何处服务",
        "value": "每单位服务计多少",
        "parameters": "参数",
        "switch": "开关",
        "on": "`{}`，默认启用，可关闭",
        "off": "`{}`，默认关闭，可启用",
        "definition": "定义：不可关闭",
        "source": "依据",
        "code": "代码",
        "example": "示例 `{}`：",
        "dictionary": "data-dictionary.zh.md",
    },
}

_INTRODUCTION: dict[Language, str] = {
    "en": """
The {count} rules that a plan keeps. Each has one function in `siting/model/rules/`, from which its
formula comes, and one check of the same name in `siting/verification/`. The symbols are those of
[the model](model.md); P and S number the statements and standards of the five-year plans
([policies](policies.md)). A rule without its parameters asks for nothing.

Switches stand in `instance.toml`, or in a scenario for that scenario alone:

```toml
[rules]
reserve = false
```

Examples show the columns and keys that matter; the [data dictionary](data-dictionary.md) has all.
This page is written by `python -m siting.report.rule_cards docs`.
""",
    "zh": """
规划遵守的 {count} 条规则。每条规则在 `siting/model/rules/` 中有一个函数，公式取自其中；
在 `siting/verification/` 中有一个同名的独立核验。符号见[模型](model.md)；P、S 为五年规划中
政策和标准的编号（[政策对照](policies.md)）。未给出参数的规则不起作用。

开关写在 `instance.toml` 中；写在情景中则只对该情景有效：

```toml
[rules]
reserve = false
```

示例只列相关的列和键，全部列和键见[数据字典](data-dictionary.zh.md)。
本页由 `python -m siting.report.rule_cards docs` 生成。
""",
}

_FILE = re.compile(r"instance\.toml|\w+\.csv")


def rule_cards(language: Language) -> str:
    """Return the cards of all rules as Markdown, in English or Chinese."""
    words, anchors = _WORDS[language], dictionary_anchors(language)
    lines = [f"# {words['title']}", _INTRODUCTION[language].format(count=len(RULES))]
    for subject, rules in SUBJECTS.items():
        links = [f"[{_names(rule, language)[0]}](#{rule.id})" for rule in rules]
        lines.append(f"- {words[subject]}: {', '.join(links)}")
    for subject, rules in SUBJECTS.items():
        lines += ["", f"## {words[subject]}"]
        for rule in rules:
            lines += _card(rule, language, anchors)
    return "\n".join(lines) + "\n"


def formulas(rule_id: str) -> list[str]:
    """Return the formulas in the docstring of a rule's function, each on one line.

    Raises
    ------
    LookupError
        When the docstring states none.
    """
    function: Callable[..., Any] = getattr(import_module(f"siting.model.rules.{rule_id}"), rule_id)
    stated = math_blocks(inspect.getdoc(function) or "")
    if not stated:
        raise LookupError(f"the docstring of {rule_id} states no formula")
    return stated


def math_blocks(docstring: str) -> list[str]:
    """Return what stands under `.. math::`, each formula on one line.

    A blank line parts the formulas of one directive.
    """
    found: list[str] = []
    inside = False
    for line in docstring.splitlines():
        if line.startswith(".. math::"):
            inside = True
            found.append(line.removeprefix(".. math::"))
        elif line and not line.startswith(" "):
            inside = False
        elif inside:
            found[-1:] = [found[-1] + line] if line.strip() else [found[-1], ""]
    return [" ".join(formula.split()) for formula in found if formula.strip()]


def snippets(example: str) -> list[tuple[str, str]]:
    """Return the files that an example shows: name and lines of each."""
    parts: list[tuple[str, list[str]]] = []
    for line in example.splitlines():
        if _FILE.fullmatch(line):
            parts.append((line, []))
        else:
            parts[-1][1].append(line)
    return [(name, "\n".join(lines).strip() + "\n") for name, lines in parts]


def _card(rule: Rule, language: Language, anchors: dict[str, str]) -> Iterator[str]:
    words, page = _WORDS[language], _WORDS[language]["dictionary"]
    yield f"\n### `{rule.id}`\n"
    yield "**{}** · {}\n".format(*_names(rule, language))
    yield rule.says_en if language == "en" else rule.says_zh
    for formula in formulas(rule.id):
        yield f"\n$${formula}$$"
    state = "definition" if not rule.switchable else "on" if rule.default_on else "off"
    read = ", ".join(f"[`{name}`]({page}#{anchors[name]})" for name in rule.parameters)
    file = f"siting/model/rules/{rule.id}.py"
    yield "\n| | |\n|---|---|"
    yield f"| {words['parameters']} | {read} |"
    yield f"| {words['switch']} | {words[state].format(rule.id)} |"
    yield f"| {words['source']} | {rule.source} |"
    yield f"| {words['code']} | [`{file}`](../{file}) |"
    for name, text in snippets(rule.example):
        kind = name.rpartition(".")[2]
        yield f"\n{words['example'].format(name)}\n\n```{kind}\n{text}```"


def _names(rule: Rule, language: Language) -> tuple[str, str]:
    """Return both names of a rule, the reader's first."""
    names = (rule.name_en, rule.name_zh)
    return names if language == "en" else (names[1], names[0])


if __name__ == "__main__":
    docs = Path(sys.argv[1])
    (docs / "rules.md").write_text(rule_cards("en"), encoding="utf-8")
    (docs / "rules.zh.md").write_text(rule_cards("zh"), encoding="utf-8")
