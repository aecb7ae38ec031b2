"""Templates to fill in: settings and tables of a smallest instance, explained where it counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from siting.instance.given import plain_number
from siting.instance.settings import Means, Objective, Plan, Settings
from siting.instance.settings_file import FILE, HEADERS, join_key, json_text
from siting.instance.tables import TABLES, Column, Table
from siting.instance.template_rows import EXAMPLES
from siting.instance.writing import write_cell

WORKBOOK = "实例.xlsx"
"""Name of the workbook template, whose sheets and headers are Chinese."""

_ROWS_WITH_LISTS = 5000
_SETTINGS = Settings.model_validate(
    {
        "title": "Example town",
        "title_zh": "示例城区",
        "crs": "EPSG:4548",
        "zone_kind": "sub_district",
        "money": {"unit": "万元"},
        "base": {"population": 1000, "year": 2025},
        "plan": {"start_year": 2026},
        "travel": {"source": "network"},
        "speeds_m_s": {"groups": {"65_79": 1.0, "80p": 0.8}},
        "budget": {"total": 1000, "agencies": {"Health": 600}},
        "scenarios": {
            "double": {"title": "Twice the budget", "title_zh": "预算加倍", "budget": 2000},
            "yearly": {"title": "Year by year", "title_zh": "逐年规划", "plan": {"yearly": True}},
        },
    }
)


def write_template(
    folder: str | Path, *, file_format: Literal["csv", "xlsx"] = "csv"
) -> list[Path]:
    """Write an instance to be filled in: every table with its headers and an example row.

    Parameters
    ----------
    folder
        Made where it does not exist.
    file_format
        ``csv``: `instance.toml` with comments, and a CSV per table with machine names as headers;
        ``xlsx``: one `WORKBOOK` with Chinese sheets and headers, notes, and lists to choose from.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    FileExistsError
        When one of them exists; nothing is written then.
    """
    folder = Path(folder)
    names = [FILE, *(f"{table}.csv" for table in TABLES)] if file_format == "csv" else [WORKBOOK]
    paths = [folder / name for name in names]
    for path in paths:
        if path.exists():
            message = f"{path} exists"
            raise FileExistsError(message)
    folder.mkdir(parents=True, exist_ok=True)
    if file_format == "xlsx":
        _write_workbook(paths[0])
        return paths
    paths[0].write_text(settings_template(), encoding="utf-8")
    for path, table in zip(paths[1:], TABLES.values(), strict=True):
        path.write_text(_csv(table), encoding="utf-8-sig")
    return paths


def settings_template() -> str:
    """Return `instance.toml` with every key explained; those not in use are comments."""
    return "\n".join(_settings_lines(_SETTINGS, ())).strip() + "\n"


def _settings_lines(section: BaseModel, path: tuple[str, ...]) -> Iterator[str]:
    later: list[tuple[str, Any]] = []
    for name, field in type(section).model_fields.items():
        value, means = getattr(section, name), _means(field.metadata)
        if isinstance(value, (BaseModel, dict)) or _model_in(field.annotation):
            later.append((name, value))
            continue
        yield from (f"# {line}" for line in means)
        stated = name in section.model_fields_set
        yield f"{name} = {_literal(value)}" if stated else f"# {name} = {_literal(value)}"
    for name, value in later:
        field = type(section).model_fields[name]
        here = (*path, name)
        yield ""
        yield from (f"# {line}" for line in _means(field.metadata))
        if isinstance(value, BaseModel):
            yield f"[{'.'.join(here)}]"
            yield from _settings_lines(value, here)
        elif name == "scenarios":
            first, *others = value
            yield f"[scenarios.{first}]"
            yield from _settings_lines(value[first], (*here, first))
            for scenario in others:
                yield ""
                yield from _keys(value[scenario], (*here, scenario))
        elif isinstance(value, dict):
            yield f"[{'.'.join(here)}]" if value else f"# [{'.'.join(here)}]"
            yield from (f"{key} = {_literal(item)}" for key, item in value.items())
        else:
            yield from _unused_section(".".join(here), field.annotation)


def _keys(section: BaseModel, path: tuple[str, ...]) -> Iterator[str]:
    """Return what a section states, without the meaning of its keys, which stands elsewhere."""
    stated = [n for n in type(section).model_fields if n in section.model_fields_set]
    said = {name: getattr(section, name) for name in stated}
    inner = {name: value for name, value in said.items() if isinstance(value, BaseModel)}
    yield f"[{'.'.join(path)}]"
    yield from (f"{name} = {_literal(said[name])}" for name in said if name not in inner)
    for name, value in inner.items():
        yield from _keys(value, (*path, name))


def _unused_section(key: str, kind: Any) -> Iterator[str]:
    """Return a section, or the first of a list of sections, as comments to be used."""
    model = _model_in(kind)
    listed = get_origin(kind) is tuple
    yield f"# [[{key}]]" if listed else f"# [{key}]"
    if model is None or model in {Plan, Objective}:  # their keys are explained above
        return
    for name, field in model.model_fields.items():
        value = _EXAMPLE_KEYS.get(name, field.default)
        yield f"# {name} = {_literal(value)}"


def _model_in(kind: Any) -> type[BaseModel] | None:
    """Return the section that a list of sections, or a key that may be left out, holds."""
    if get_origin(kind) is dict:
        return None
    return next(
        (t for t in get_args(kind) if isinstance(t, type) and issubclass(t, BaseModel)), None
    )


_EXAMPLE_KEYS: dict[str, object] = {
    "service_id": "example_clinic",
    "services": ("example_day_care",),
    "zone_kind": "sub_district",
    "zones": ("example_zone",),
    "count": 1,
    "share": 0.2,
    "building_id": "example_building",
    "module_id": "example_clinic_small",
    "status": "required",
    "group": "80p",
    "zone_id": "example_zone",
    "factor": 1.2,
    "extra_cost": 15,
    "delay_years": 0.5,
    "max_area_m2": 300,
    "condition": "ground floor only",
    "credit_share": 0.5,
    "year": 2027,
}
"""Values shown for keys of sections that are not in use, by the name of the key."""


def _means(metadata: list[Any]) -> list[str]:
    means = next(m for m in metadata if isinstance(m, Means))
    return [means.en, means.zh]


def _literal(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"[{', '.join(_literal(item) for item in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return json_text(value) if isinstance(value, str) else plain_number(float(str(value)))


def _headers(table: Table) -> list[tuple[str, Column]]:
    """Return the columns of a template: those declared, and those of patterns in the example."""
    example = EXAMPLES[table.name][0]
    names = [c.name for c in table.columns if not c.pattern]
    names += [name for name in example if name not in names]
    return [(name, column) for name in names if (column := table.column(name))]


def _csv(table: Table) -> str:
    headers = _headers(table)
    rows = [[_cell(row.get(name)) for name, _ in headers] for row in EXAMPLES[table.name]]
    return "".join(f"{','.join(row)}\n" for row in [[name for name, _ in headers], *rows])


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _write_workbook(file: Path) -> None:
    from xlsxwriter import Workbook

    with Workbook(file) as book:
        styles = {
            "required": book.add_format({"bold": True, "bg_color": "#FFE699", "border": 1}),
            "optional": book.add_format({"bold": True, "bg_color": "#E7E6E6", "border": 1}),
            "text": book.add_format({"num_format": "@"}),
        }
        sheet = book.add_worksheet("实例")
        sheet.set_column(0, 2, 32)
        headings: list[object] = [max(names) for names in HEADERS]
        for row, cells in enumerate([[*headings, "说明"], *_settings_cells(_SETTINGS)]):
            for position, cell in enumerate(cells):
                write_cell(sheet, row, position, cell)
        for table in TABLES.values():
            sheet = book.add_worksheet(table.alias_zh)
            sheet.freeze_panes(1, 0)
            for position, (name, column) in enumerate(_headers(table)):
                _offer_column(sheet, position, column, styles)
                sheet.write_string(
                    0,
                    position,
                    _chinese_header(name, column),
                    styles["required" if column.required else "optional"],
                )
                for row, example in enumerate(EXAMPLES[table.name], start=1):
                    write_cell(sheet, row, position, _in_chinese(column, example.get(name)))


def _settings_cells(section: BaseModel, path: tuple[str, ...] = ()) -> Iterator[list[object]]:
    """Return every key with its value, empty where not in use, and its meaning."""
    for name, field in type(section).model_fields.items():
        value, (_, chinese) = getattr(section, name), _means(field.metadata)
        parts = value if isinstance(value, dict) and value else {}
        if isinstance(value, BaseModel):
            yield from _settings_cells(value, (*path, name))
        for key, part in parts.items():
            here = (*path, name, key)
            if isinstance(part, BaseModel):
                yield from _settings_cells(part, here)
            else:
                yield [join_key(here), part, chinese]
        if not parts and not isinstance(value, BaseModel):
            stated = value if name in section.model_fields_set else None
            yield [join_key((*path, name)), stated, chinese]


def _chinese_header(name: str, column: Column) -> str:
    if not column.pattern:
        return column.alias_zh
    return f"{column.alias_zh.rstrip('_')}_{name.removeprefix(column.name.removesuffix('*'))}"


def _offer_column(sheet: Any, position: int, column: Column, styles: dict[str, Any]) -> None:
    """Explain a column in a note, keep its ids text, and offer its choices."""
    note = [column.meaning_zh, "必填" if column.required else "可空", column.name]
    sheet.write_comment(0, position, "\n".join(note))
    textual = column.type in {"id", "text"}
    sheet.set_column(position, position, 14, styles["text"] if textual else None)
    choices = ["是", "否"] if column.type == "boolean" else list(column.choices_zh)
    if choices:
        rule = {"validate": "list", "source": choices, "ignore_blank": True}
        sheet.data_validation(1, position, _ROWS_WITH_LISTS, position, rule)


def _in_chinese(column: Column, value: object) -> object:
    if isinstance(value, bool):
        return "是" if value else "否"
    if column.choices and value is not None:
        return column.choices_zh[column.choices.index(str(value))]
    return value
