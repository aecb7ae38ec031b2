"""What runs, amounts of money and differences are called."""

from __future__ import annotations

import math
from dataclasses import dataclass

from siting.instance.instance import Instance
from siting.report.labels import Lang, in_lang, money
from siting.scenarios.comparing.comparison import BASE, TODAY, Comparison
from siting.scenarios.comparing.measures.account import ALL
from siting.scenarios.tradeoffs.frontier import Frontier

_PARTS = {
    "people": ("people ×", "人口×"),
    "standards": ("standards ×", "标准×"),
    "prices": ("prices ×", "价格×"),
    "give_up": ("given up for the worst zone, %", "为最差分区让出%"),
    "nearer": ("given up to walk less, %", "为就近让出%"),
    "nested": ("in one order", "按次序"),
    "alternative": ("Alternative", "备选方案"),
    "diverse": ("Different plan", "差异方案"),
    "from": ("from", "自"),
}
"""What the parts of a case's name are called."""

_WAN = "万元"
_YI = 10_000.0
"""万元 in 亿元."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How money is counted on an axis: amounts are divided by `step`."""

    step: float
    en: str
    zh: str


def run_title(comparison: Comparison, label: str, lang: Lang) -> str:
    """Return what people see for a run; its number where several have the same case."""
    if label == TODAY:
        return in_lang(lang, "Today", "现状")
    run = comparison.runs[label]
    name = case_title(comparison.base, run.case.name, lang)
    number = label.removeprefix(run.case.name or BASE).strip()
    return f"{name} {number}".strip()


def case_title(base: Instance, name: str, lang: Lang) -> str:
    """Return what people see for a case by its name: title of a scenario, budget in words."""
    if not name:
        return in_lang(lang, "As given", "原设定")
    said = []
    known = base.settings.scenarios
    for part in [name] if name in known else name.split("+"):
        key, _, value = part.partition("=")
        if part in known:
            scenario = known[part]
            said.append((scenario.title_zh if lang == "zh" else scenario.title) or part)
        elif key == "budget" and value:
            amount = spelled(float(value), base.settings.money.unit, lang)
            said.append(in_lang(lang, f"Budget {amount}", f"预算{amount}"))
        elif key in _PARTS and value:
            word = in_lang(lang, *_PARTS[key])
            said.append(f"{word}{value}" if word.endswith("×") else f"{word} {value}")
        elif key in _PARTS:
            said.append(in_lang(lang, *_PARTS[key]))
        else:
            said.append(part)
    return in_lang(lang, ", ", "，").join(filter(None, said))


def today_share(comparison: Comparison) -> float:
    """Return the share served today, all services by weight."""
    return score_of(comparison, TODAY)


def score_of(comparison: Comparison, label: str) -> float:
    """Return the share served in a run, all services by the instance's weights."""
    table = comparison.served
    rows = table[(table["run"] == label) & (table["service_id"] == ALL)]
    return float(rows["share"].iloc[0])


def on_frontier(comparison: Comparison, frontier: Frontier | None) -> set[str]:
    """Return the labels of the runs that are points of a frontier."""
    points = () if frontier is None else frontier.points
    own = {(point.run.case.name, point.run.folder) for point in points}
    return {label for label, run in comparison.runs.items() if (run.case.name, run.folder) in own}


def spelled(amount: float, unit: str, lang: Lang) -> str:
    """Return an amount in words: ``2 billion yuan``, ``20亿元``; others in their unit."""
    if unit == _WAN and abs(amount) >= _YI:
        if lang == "zh":
            return f"{_significant(amount / _YI)}亿元"
        yuan = amount * _YI
        billion, million = 1e9, 1e6
        if abs(yuan) >= billion:
            return f"{_significant(yuan / billion)} billion yuan"
        return f"{_significant(yuan / million)} million yuan"
    space = "" if lang == "zh" and unit == _WAN else " "
    return f"{_significant(amount)}{space}{unit}"


def money_scale(unit: str, largest: float) -> Scale:
    """Return how an axis counts money up to an amount."""
    if unit == _WAN and largest >= _YI:
        return Scale(step=_YI, en="100 million yuan", zh="亿元")
    return Scale(step=1.0, en=unit, zh=unit)


def points(share: float, *, decimals: int = 2) -> str:
    """Return a difference of shares in points: ``+0.62``."""
    return f"{100 * share:+.{decimals}f}"


def counted(number: int, what: str) -> str:
    """Return a number of things in English: ``1 site``, ``2 sites``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def percent_below(share: float, decimals: int = 2) -> str:
    """Return a share rounded down, so that what is proven is not overstated."""
    return f"{math.floor(share * 10 ** (decimals + 2) + 1e-6) / 10**decimals:.{decimals}f}%"


def percent_above(share: float, decimals: int = 2) -> str:
    """Return a share rounded up, so that a bound stays one."""
    return f"{math.ceil(share * 10 ** (decimals + 2) - 1e-6) / 10**decimals:.{decimals}f}%"


def _significant(amount: float) -> str:
    """Return a number with four significant digits at most, whole where it is large."""
    digits = 4
    whole = len(str(int(abs(amount))))
    return money(amount, max(0, digits - whole))
