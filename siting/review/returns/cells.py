"""What a cell says, whatever type its format gave it: text, numbers, yes or no, days."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import TypeVar

import numpy as np

from siting.instance.cells import NO, YES
from siting.instance.given import plain_number
from siting.review.codes import BETWEEN

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?([ T]\d\d?:\d\d.*)?")
_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d\d)")
_SERIAL_DAY_0 = date(1899, 12, 30).toordinal()
_SERIAL_DAYS = range(30_000, 70_000)
"""Days as workbooks count them, 1982 to 2091."""

_CENTURY = 2000
_YEAR_DIGITS, _ISO_DAY = 4, len("2026-11-22")
_YES_NO = dict.fromkeys((*YES, "y", "t", "√", "✓"), True) | dict.fromkeys(
    (*NO, "n", "f", "×"), False
)

Meaning = TypeVar("Meaning")


def text_of(cell: object) -> str:
    """Return a cell as text as it stands, empty where it says nothing."""
    if isinstance(cell, (bool, np.bool_)):
        return "true" if cell else "false"
    if isinstance(cell, (float, np.floating)):
        return plain_number(float(cell)) if math.isfinite(cell) else str(float(cell))
    if isinstance(cell, date):
        return cell.isoformat()[:_ISO_DAY]
    return "" if cell is None else str(cell)


def trimmed(text: str) -> str:
    """Return text without blanks, line breaks and invisible signs around it."""
    return text.strip().strip("\ufeff\u200b\u200c\u200d\u2060").strip()


def plain(text: str) -> str:
    """Return text as codes are compared: full-width signs as usual ones, in small letters."""
    return trimmed(unicodedata.normalize("NFKC", text)).casefold()


def meant(cell: object, known: Mapping[str, Meaning]) -> Meaning | None:
    """Return what a cell stands for that says a code, its label, or both; None for nothing.

    Parameters
    ----------
    known
        Meaning by code and label as `plain` gives them.
    """
    text = text_of(cell)
    return known.get(plain(text), known.get(plain(text.split(BETWEEN)[0])))


def number_in(cell: object) -> float | None:
    """Return the number that a cell says; None where it says none."""
    if isinstance(cell, (bool, np.bool_)):
        return None
    if isinstance(cell, (int, float, np.number)):
        return float(cell) if math.isfinite(cell) else None
    text = trimmed(text_of(cell))
    if _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def number_instead(cell: object) -> str:
    """Return the number to write instead, where it is plain what was meant."""
    text = trimmed(unicodedata.normalize("NFKC", text_of(cell)))
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    return text if _NUMBER.fullmatch(text) else ""


def yes_in(cell: object) -> bool | None:
    """Return whether a cell says yes, an empty one no; None where it says neither."""
    return meant(cell, _YES_NO) if trimmed(text_of(cell)) else False


def day_in(cell: object) -> str:
    """Return the day that a cell says for certain, as ISO 8601; empty where it says none.

    A date, or text that starts with the year.
    """
    if isinstance(cell, date):
        return text_of(cell)
    if isinstance(cell, (bool, float)):
        return ""
    text = trimmed(unicodedata.normalize("NFKC", text_of(cell)))
    found = _YEAR_FIRST.fullmatch(text) or _DIGITS.fullmatch(text)
    return "" if found is None else _day(*(int(part) for part in found.groups()[:3]))


def days_meant(cell: object) -> tuple[str, ...]:
    """Return the days that a cell may mean which does not say one for certain."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        count = int(cell)
        known = count in _SERIAL_DAYS
        return (date.fromordinal(_SERIAL_DAY_0 + count).isoformat(),) if known else ()
    found = _YEAR_LAST.fullmatch(trimmed(unicodedata.normalize("NFKC", text_of(cell))))
    if found is None:
        return ()
    one, other, last = found.groups()
    year = int(last) if len(last) == _YEAR_DIGITS else _CENTURY + int(last)
    meant = (_day(year, int(one), int(other)), _day(year, int(other), int(one)))
    return tuple(dict.fromkeys(filter(None, meant)))


def _day(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
