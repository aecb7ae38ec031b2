"""The mapping file: how foreign tables become the tables of an instance."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter
from typing import Any, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from siting.errors import Finding, InstanceError, nearest
from siting.geo import CrsError, check_metric
from siting.instance.settings import Settings
from siting.instance.tables import TABLES

Scalar = bool | int | float | str

_KIND = {
    "tuple_type": "must be a list",
    "dict_type": "must be a section of keys",
    "model_type": "must be a section of keys",
    "model_attributes_type": "must be a section of keys",
    "string_type": "must be text",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expression(_Section):
    """How one column is made: one of the first four keys, then the others in this order.

    In a mapping file a plain text stands for `column`, a plain number or true/false for `value`.
    """

    column: str | None = None
    """Column of the source, as it is."""
    sum: tuple[str, ...] = ()
    """Columns whose numbers are added."""
    text: str | None = None
    """Text with columns in braces, for example ``b-{parcel}`` or ``{street} {number}``."""
    value: Scalar | None = None
    """The same value in every row."""
    map: dict[str, Scalar] = Field(default_factory=dict)
    """New value by old value; an old value not listed is a finding unless there is a default."""
    default: Scalar | None = None
    """Value of empty cells, and of those that `map` does not list."""
    factor: float | None = None
    """Number to multiply by: a change of unit, a share."""
    round: int | None = None
    """Decimals to round to; negative for tens, hundreds ..."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"column": given}
        return given if isinstance(given, dict) else {"value": given}

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [self.column is not None, bool(self.sum), self.text is not None]
        if sum([*origins, self.value is not None]) != 1:
            raise ValueError("needs exactly one of column, sum, text, value")
        if self.text is not None and not self.reads:
            raise ValueError("text needs a column in braces; use value for a constant")
        return self

    @property
    def parts(self) -> tuple[tuple[str, str | None], ...]:
        """Parts of `text`: what is written out, and the column that follows it."""
        return tuple((literal, name) for literal, name, _, _ in Formatter().parse(self.text or ""))

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of the source that it needs."""
        if self.text is not None:
            return tuple(name for _, name in self.parts if name is not None)
        return self.sum or ((self.column,) if self.column is not None else ())

    @property
    def numeric(self) -> bool:
        """Whether it computes with numbers, whatever the column it fills."""
        return bool(self.sum) or self.factor is not None or self.round is not None


class Condition(_Section):
    """Which rows of a source are taken, by one of its columns; all that is given must hold.

    In a mapping file a plain value or list stands for `one_of`.
    """

    one_of: tuple[Scalar, ...] | None = None
    none_of: tuple[Scalar, ...] = ()
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        if isinstance(given, dict):
            return given
        return {"one_of": given if isinstance(given, list) else [given]}


class File(_Section):
    """A foreign table: CSV, Parquet, or a sheet of a workbook (``book.xlsx#sheet``)."""

    file: str
    """Name relative to the data folder."""
    encoding: str = ""
    """Of a CSV; UTF-8 or GB18030, whichever it is, where empty."""
    delimiter: str = ","
    decimal: str = "."
    missing: tuple[str, ...] = ()
    """Texts that stand for an empty cell, besides the empty text."""


class Join(File):
    """A second file whose columns are added to each row as ``<name of the file>.<column>``."""

    on: str
    """Column of the source that names the row of the joined file."""
    key: str
    """Column of the joined file that is named by it; unique there."""


class Source(File):
    """Rows of one table, from one file."""

    columns: dict[str, Expression]
    """By column of the table; ``lon`` and ``lat`` may stand for ``x`` and ``y``."""
    where: dict[str, Condition] = Field(default_factory=dict)
    join: tuple[Join, ...] = ()
    crs: str = ""
    """CRS of x and y where it is not the instance's."""


class Mapping(_Section):
    """A whole mapping file."""

    instance: Settings
    """Becomes `instance.toml`."""
    tables: dict[str, tuple[Source, ...]] = Field(default_factory=dict)
    """Tables read from files; several sources of one table follow each other."""
    rows: dict[str, tuple[dict[str, Scalar], ...]] = Field(default_factory=dict)
    """Rows written out in the mapping itself, as they stand in the instance."""

    @field_validator("tables", "rows")
    @classmethod
    def _known(cls, tables: dict[str, Any]) -> dict[str, Any]:
        for name in tables:
            if name not in TABLES:
                raise ValueError(f"no such table: {name} ({nearest(name, list(TABLES))})")
        return tables


Tags = dict[str, tuple[str, ...]]
"""Values by key: any of them will do, and ``*`` stands for every value."""


class FacilityTags(_Section):
    """What makes a facility of a service."""

    tags: Tags
    capacity: float | None = None
    """Capacity of those that do not state one by the tag ``capacity``."""


class BuildingTags(_Section):
    """What makes a candidate building."""

    classes: dict[str, Tags]
    """By class; the first that matches holds."""
    never: Tags = Field(default_factory=dict)
    """What keeps a building out whatever else it carries."""
    levels_unknown: float = Field(default=3.0, ge=1)
    """Levels of a building that does not state them."""
    min_floor_area_m2: float = Field(default=200.0, ge=0)


class OsmTags(_Section):
    """How tags of OpenStreetMap are read."""

    facilities: dict[str, FacilityTags]
    """By service; the first that matches holds."""
    buildings: BuildingTags


class OsmMapping(Mapping):
    """A mapping file for an OpenStreetMap extract."""

    osm: OsmTags


M = TypeVar("M", bound=Mapping)


def shipped_mappings() -> tuple[str, ...]:
    """Return the names of the mappings that come with the package."""
    return tuple(sorted(file.name for file in _shipped().iterdir() if file.name.endswith(".toml")))


def read_mapping(place: Path, kind: type[M], **settings: str) -> M:
    """Read a mapping file.

    Parameters
    ----------
    place
        A path, or the name of a mapping that comes with the package.
    kind
        `Mapping`, or a class that adds sections to it.
    **settings
        Values for ``[instance]`` where the file does not give them.

    Raises
    ------
    InstanceError
        With everything that is wrong in it.
    """
    file: Path | Traversable = place
    if not place.is_file():
        file = _shipped() / place.name
        if place.name != str(place) or not file.is_file():
            remedy = nearest(place.name, shipped_mappings())
            shipped = ", ".join(shipped_mappings())
            finding = Finding(
                place=str(place),
                rule=f"no such file, nor a mapping of the package ({shipped})",
                remedy=remedy,
            )
            raise InstanceError(str(place), [finding])
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        finding = Finding(place=place.name, rule=f"must be TOML in UTF-8: {error}")
        raise InstanceError(str(place), [finding]) from error
    if settings and isinstance(stated := content.get("instance", {}), dict):
        content["instance"] = settings | stated
    try:
        mapping = kind.model_validate(content)
        check_metric(mapping.instance.crs)
    except ValidationError as error:
        raise InstanceError(str(place), _findings(error, kind, place.name)) from error
    except CrsError as error:
        finding = Finding(place=place.name, column="instance.crs", rule=str(error))
        raise InstanceError(str(place), [finding]) from error
    return mapping


def _shipped() -> Traversable:
    return resources.files("siting.instance.adopt") / "mappings"


def _findings(error: ValidationError, kind: type[Mapping], place: str) -> Iterator[Finding]:
    """Say each fault of a mapping in the terms of its file."""
    for fault in error.errors():
        *path, key = fault["loc"]
        steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault["loc"]]
        column = "".join(steps).removeprefix(".")
        if fault["type"] == "extra_forbidden":
            known = _keys(kind, tuple(path))
            yield Finding(
                place=place, column=column, rule="no such key", remedy=nearest(str(key), known)
            )
        elif fault["type"] == "missing":
            yield Finding(place=place, column=column, rule="is required")
        else:
            rule = _KIND.get(fault["type"], fault["msg"].removeprefix("Value error, "))
            given = fault["input"]
            value = "" if isinstance(given, (dict, list)) else str(given)
            yield Finding(place=place, column=column, value=value, rule=rule)


def _keys(kind: Any, path: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the section at the end of a path may have."""
    for step in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(step)].annotation
        else:
            kind = get_args(kind)[0 if isinstance(step, int) else 1]
    return list(kind.model_fields)
