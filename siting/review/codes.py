"""What reviewers choose from: codes, what people see for them, and both in one cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from siting.instance.instance import Instance
from siting.report.labels import Lang, in_lang, service_names
from siting.review.verdicts import DECISIONS

BETWEEN = " · "
"""Stands between code and label where a cell shows both."""

YES_NO: dict[str, tuple[str, str]] = {"yes": ("Yes", "是"), "no": ("No", "否")}


def choices(
    instance: Instance, departments: Sequence[str], lang: Lang
) -> dict[str, dict[str, str]]:
    """Return the codes of each field that has some, with what people see for them.

    Fields are `decision`, `service_id`, `proposed_use` and, where the instance requires
    departments by name, `department`.
    """
    services = service_names(instance, lang)
    coded: dict[str, dict[str, str]] = {
        "decision": {code.value: in_lang(lang, *words) for code, words in DECISIONS.items()},
        "service_id": services,
        "proposed_use": services,
    }
    if departments:
        coded["department"] = {name: name for name in departments}
    return coded


def both(code: str, label: str) -> str:
    """Return code and label for one cell: ``reject · 不同意（整栋）``."""
    return code if code == label else f"{code}{BETWEEN}{label}"


def code_of(cell: str, labels: Mapping[str, str]) -> str:
    """Return the code that a cell means: given as code, as label, or as both.

    A text that means none is returned as it is.
    """
    text = cell.strip()
    first = text.split(BETWEEN)[0].strip()
    if text in labels or first not in labels:
        return next((code for code, label in labels.items() if text == label), text)
    return first
