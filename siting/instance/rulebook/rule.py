"""What is said of a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Touches = Literal["admission", "decisions", "service", "value"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    Attributes
    ----------
    id
        Name in code, rows and findings.
    name_en, name_zh
        Name in what people see.
    says_en, says_zh
        What it means to a planner; ids of columns and keys in backquotes.
    touches
        ``admission``: which conversions may be chosen at all; ``decisions``: rows over chosen
        conversions; ``service``: who is served from where; ``value``: what a unit served counts.
    parameters
        What it reads, each as ``table.column`` or as a key of instance.toml (``budget.total``).
    example
        Snippets of files, each below a line with the file's name (``instance.toml``,
        ``<table>.csv``); tables show the columns that matter here.
    switchable
        Whether ``[rules]`` of instance.toml or a scenario may turn it on or off.
    default_on
        Whether it holds where nothing is said.
    source
        Where the rule comes from.
    """

    id: str
    name_en: str
    name_zh: str
    says_en: str
    says_zh: str
    touches: Touches
    parameters: tuple[str, ...]
    example: str
    switchable: bool = True
    default_on: bool = True
    source: str
