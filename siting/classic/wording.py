"""An answer in words, in English and Chinese."""

from __future__ import annotations

from siting.classic.answer import Answer
from siting.solution import Termination

_OBJECTIVE = {
    "lscp": ("cost or number of sites", "选址费用或数量"),
    "lscp-b": ("points covered twice", "被两次覆盖的需求点"),
    "mclp": ("weight covered", "覆盖权重"),
    "bclp": ("weight covered by enough sites", "备份覆盖权重"),
    "p-median": ("weighted cost", "加权费用"),
    "k-nearest-p-median": ("weighted cost", "加权费用"),
    "p-center": ("largest cost", "最大费用"),
    "p-dispersion": ("least cost between sites", "选址间最小费用"),
    "cflp": ("cost of sites and ways", "选址与出行总费用"),
    "cmclp": ("weight served", "服务权重"),
}

_ENDED = {
    Termination.OPTIMAL: ("proven optimal", "已证明最优"),
    Termination.WITHIN_GAP: ("proven within the gap asked for", "已证明在所求间隙内"),
    Termination.FEASIBLE: ("not proven: a limit came first", "未证明：先到限制"),
    Termination.INFEASIBLE: ("no choice keeps all rules", "无可行方案"),
    Termination.NONE: ("a limit came before any choice", "限制内未得方案"),
}

_WORDS = {
    "bound": ("no choice beats", "任何方案不优于"),
    "chosen": ("chosen", "选中"),
    "gap": ("gap", "间隙"),
    "sites": ("cost or number of sites", "选址费用或数量"),
    "seconds": ("seconds", "秒"),
}

_MOST_NAMED = 30


def answer_summary(answer: Answer, lang: str) -> str:
    """Return an answer for people to read."""
    at = 1 if lang == "zh" else 0
    said = [f"{answer.problem}: {_ENDED[answer.termination][at]}"]
    if answer.objective is not None:
        said.append(f"{_OBJECTIVE[answer.problem][at]}: {_number(answer.objective)}")
    if answer.bound is not None and answer.termination != Termination.OPTIMAL:
        gap = "" if answer.gap is None else f" ({_WORDS['gap'][at]} {100 * answer.gap:.3g} %)"
        said.append(f"{_WORDS['bound'][at]}: {_number(answer.bound)}{gap}")
    said += [f"{_WORDS[name][at]}: {_number(value)}" for name, value in answer.figures.items()]
    if answer.objective is not None:
        named = ", ".join(answer.chosen[:_MOST_NAMED])
        more = ", ..." if len(answer.chosen) > _MOST_NAMED else ""
        said.append(f"{_WORDS['chosen'][at]} ({len(answer.chosen)}): {named}{more}")
    return "\n".join(said)


def _number(value: float) -> str:
    return f"{value:,.6f}".rstrip("0").rstrip(".")
