"""Settings from `instance.toml` or from the sheet of a workbook that stands for it, and back."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from siting.errors import Finding, InstanceError, nearest
from siting.instance.formats import decode, settings_rows
from siting.instance.given import plain_number, shown
from siting.instance.settings import Scenario, Settings

FILE = "instance.toml"
HEADERS = ({"key", "键"}, {"value", "值"})
"""Headers of the two columns of the sheet, in either language."""

_DIFFERING = ("plan", "objective", "price_factors")
"""Sections of a scenario whose keys stand for those of the instance."""

_NO_TEXT = '""'
"""How a sheet says empty text, where an empty cell says nothing."""

_SEGMENT = re.compile(r'"(?:\\.|[^"\\])*"|[^.]+')
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_KEY = "[key]"
"""Last step of a path that leads to the key itself, and not to its value."""
_SIGN = {"greater_than": ">", "greater_than_equal": ">=", "less_than": "<", "less_than_equal": "<="}
_KIND = {
    "string_type": "must be text",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a section of keys",
    "model_type": "must be a section of keys",
    "finite_number": "must be a finite number",
}


def read_settings(path: Path) -> tuple[Settings | None, str, list[Finding]]:
    """Read the settings of an instance.

    Parameters
    ----------
    path
        A folder, a GeoPackage with `instance.toml` beside it, or a workbook.

    Returns
    -------
    tuple
        Settings, None where they cannot be used; the place that they stand in; what is wrong
        with them.
    """
    place = FILE
    try:
        place, content = _content(path)
        return _settings(content, place)
    except InstanceError as error:
        return None, place, list(error.findings)


def _content(path: Path) -> tuple[str, Mapping[str, Any]]:
    folder = path if path.is_dir() else path.parent
    file = folder / FILE
    if file.is_file() and path.suffix.lower() != ".xlsx":
        text = decode(file.read_bytes(), FILE)
        try:
            return FILE, tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise _unusable(FILE, f"cannot be read as TOML: {error}") from None
    books = (
        [path] if path.is_file() else [f for f in sorted(path.glob("*.xlsx")) if f.name[0] != "~"]
    )
    for book in books:
        if book.suffix.lower() == ".xlsx" and (rows := settings_rows(book)):
            place = f"{book.name}#{rows[0]}"
            return place, _nested(rows[1], place)
    if path.suffix.lower() == ".xlsx":
        raise _unusable(path.name, "sheet instance is missing (keys in column A, values in B)")
    raise _unusable(FILE, "is missing", "siting new DIR --template writes one")


def _unusable(place: str, rule: str, remedy: str = "") -> InstanceError:
    return InstanceError(place, [Finding(place=place, rule=rule, remedy=remedy)])


def _nested(rows: Sequence[tuple[object, object]], place: str) -> dict[str, Any]:
    """Turn keys such as ``budget.total`` and their values into sections."""
    content: dict[str, Any] = {}
    findings = []
    for number, (key, value) in enumerate(rows, start=1):
        if key is None or value is None or (number == 1 and _is_header(key, value)):
            continue
        *sections, last = split_key(str(key))
        section = content
        try:
            for name in sections:
                section = section.setdefault(name, {})
            section[last] = _sheet_value(value)
        except (AttributeError, TypeError):
            rule = "is a value above and a section here"
            findings.append(Finding(place=place, row=number, column=str(key), rule=rule))
    if findings:
        raise InstanceError(place, findings)
    return content


def _is_header(key: object, value: object) -> bool:
    return str(key).strip().lower() in HEADERS[0] and str(value).strip().lower() in HEADERS[1]


def _sheet_value(value: object) -> object:
    """Return a value of the sheet; lists and sections in one cell are written as in TOML."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text == _NO_TEXT:
        return ""
    if text[:1] in {"[", "{"}:
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def split_key(key: str) -> list[str]:
    """Return the parts of a dotted key; a part in double quotes may hold dots."""
    parts = (part.strip() for part in _SEGMENT.findall(key))
    return [json.loads(part) if part[:1] == '"' else part for part in parts] or [key]


def join_key(parts: Sequence[str]) -> str:
    """Return a dotted key, its parts in double quotes where TOML needs that."""
    return ".".join(part if _BARE.fullmatch(part) else json_text(part) for part in parts)


def json_text(text: str) -> str:
    """Return text in double quotes, as TOML reads it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _settings(content: Mapping[str, Any], place: str) -> tuple[Settings | None, str, list[Finding]]:
    try:
        return Settings.model_validate(content), place, []
    except ValidationError as error:
        return None, place, [_finding(problem, place) for problem in error.errors()]


def _finding(problem: Any, place: str) -> Finding:
    path = [str(step) for step in problem["loc"]]
    kind, context = problem["type"], problem.get("ctx", {})
    value, remedy = shown(problem["input"]), ""
    if path[-1] == _KEY:  # the keys that are numbers are all years
        path, rule, value = path[:-1], "must be a year, such as 2026", ""
    elif kind == "extra_forbidden":
        rule, value = "no such key", ""
        remedy = nearest(path[-1], _known_keys(path[:-1]))
    elif kind == "missing":
        rule, value = "must be given", ""
    elif kind == "literal_error":
        rule = f"must be {context['expected']}".replace("'", '"')
    elif kind == "value_error":
        rule = str(context["error"])
    elif kind in _SIGN:
        (limit,) = context.values()
        rule = f"must be {_SIGN[kind]} {limit:g}"
    else:
        rule = _KIND.get(kind, str(problem["msg"]))
        value = "" if isinstance(problem["input"], (dict, list)) else value
    return Finding(place=place, column=join_key(path), value=value, rule=rule, remedy=remedy)


def _known_keys(path: Sequence[str]) -> list[str]:
    """Return the keys that the section at a path may have."""
    kind: Any = Settings
    for step in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[step].annotation
        else:
            kind = _content_of(kind)
        if isinstance(kind, UnionType):
            kind = _content_of(kind)
    return list(kind.model_fields) if issubclass(kind, BaseModel) else []


def _content_of(kind: Any) -> Any:
    """Return what a section by name, a list, or a key that may be left out holds."""
    return next(t for t in get_args(kind)[::-1] if t not in {Ellipsis, NoneType})


def settings_text(settings: Settings) -> str:
    """Return settings as `instance.toml`: what differs from the default, readable."""
    return "\n".join(_toml_lines(_stated(settings), ())).strip() + "\n"


def scenario_text(name: str, scenario: Scenario) -> str:
    """Return a scenario as its sections of `instance.toml`, ready to be pasted there."""
    stated = _stated(Settings(crs="", scenarios={name: scenario}))["scenarios"]
    return "\n".join(_toml_lines({"scenarios": stated}, ())).strip() + "\n"


def sheet_rows(settings: Settings) -> list[tuple[str, object]]:
    """Return settings as the rows of a sheet: dotted keys and values."""
    return list(_flat(_stated(settings), ()))


def _stated(settings: Settings) -> dict[str, Any]:
    # Tables are written under their own names, and coordinates put right.
    stated = settings.model_dump(
        mode="json", exclude_defaults=True, exclude_none=True, exclude={"tables", "datum"}
    )
    # In a scenario a key at its default still differs from what the instance has.
    for name, scenario in settings.scenarios.items():
        for key in _DIFFERING:
            section: BaseModel | None = getattr(scenario, key)
            if section is not None:
                said = section.model_dump(mode="json", exclude_unset=True, exclude_none=True)
                stated["scenarios"][name][key] = said
    return stated


def _toml_lines(content: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    sections = {k: v for k, v in content.items() if isinstance(v, dict)}
    arrays = {k: v for k, v in content.items() if _is_array_of_sections(v)}
    for key, value in content.items():
        if key not in sections and key not in arrays:
            yield f"{join_key([key])} = {_toml_value(value)}"
    for key, section in sections.items():
        if any(not isinstance(v, dict) for v in section.values()) or not section:
            yield f"\n[{join_key([*path, key])}]"
        yield from _toml_lines(section, (*path, key))
    for key, array in arrays.items():
        for section in array:
            yield f"\n[[{join_key([*path, key])}]]"
            yield from _toml_lines(section, (*path, key))


def _is_array_of_sections(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _flat(content: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    for key, value in content.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, (*path, key))
        else:
            plain = isinstance(value, (str, int, float)) and value != ""
            yield join_key([*path, key]), value if plain else _toml_value(value)


def _toml_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json_text(value)
    if isinstance(value, list):
        return f"[{', '.join(_toml_value(v) for v in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{join_key([k])} = {_toml_value(v)}' for k, v in value.items())} }}"
    return plain_number(value) if isinstance(value, float) else str(value)
