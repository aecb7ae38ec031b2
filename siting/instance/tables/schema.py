"""How a table and its columns are declared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ColumnType = Literal["id", "text", "number", "integer", "boolean", "choice"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name
        Machine name. A name that ends in ``*`` stands for all columns with that beginning
        (``people_*``: one column per age group).
    alias_zh
        Chinese header that is read as the same column; for a pattern, its beginning.
    type
        ``id`` is text that names a row here or, with `refers_to`, in another table.
    unit
        Unit of the values, ``money`` for the instance's money unit; empty for none.
    minimum, maximum
        Closed range; `above` is an open lower end instead.
    required
        Whether the column must be present and filled.
    key
        Whether the column is part of the table's key.
    choices
        The values allowed, for ``choice``.
    choices_zh
        The same values in Chinese, in the same order; read as the English ones.
    refers_to
        ``table.column`` whose values are the only ones allowed, for each of `several`.
    several
        Whether text lists several values, separated by ``|``; an empty list is no restriction.
    default
        Value of an absent column or empty cell; None keeps it empty (unknown).
    meaning_en, meaning_zh
        What it says, for the data dictionary.
    """

    name: str
    alias_zh: str
    type: ColumnType
    unit: str = ""
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    required: bool = False
    key: bool = False
    choices: tuple[str, ...] = ()
    choices_zh: tuple[str, ...] = ()
    refers_to: str = ""
    several: bool = False
    default: str | float | bool | None = None
    meaning_en: str
    meaning_zh: str

    @property
    def pattern(self) -> bool:
        """Whether this stands for all columns that begin with its name."""
        return self.name.endswith("*")


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: its columns in their order of writing."""

    name: str
    alias_zh: str
    required: bool
    columns: tuple[Column, ...]
    meaning_en: str
    meaning_zh: str
    key: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", tuple(c.name for c in self.columns if c.key))

    def column(self, name: str) -> Column | None:
        """Return the declaration that covers the column `name`, or None."""
        for column in self.columns:
            if column.name == name:
                return column
            stem = column.name.removesuffix("*")
            if column.pattern and name.startswith(stem) and name != stem:
                return column
        return None
