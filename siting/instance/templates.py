"""Templates to fill in: settings and tables of a smallest instance, explained where it counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from siting.instance.given import plain_number
from siting.instance.settings import Means, Settings, ZoneMinimum
from siting.instance.settings_file import FILE, HEADERS, join_key, json_text
from siting.instance.tables import TABLES, Column, Table
from siting.instance.writing import write_cell

WORKBOOK = "实例.xlsx"
"""Name of the workbook template, whose sheets and headers are Chinese."""

_ROWS_WITH_LISTS = 5000
_GROUPS = ("0_2", "3_5", "6_11", "12_14", "15_17", "18_59", "60_64", "65_79", "80p", "workers")
_PEOPLE = dict(zip(_GROUPS, (20, 30, 60, 25, 20, 590, 75, 130, 50, 300), strict=True))

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
            "double": {"title": "Twice the budget", "title_zh": "预算加倍", "budget": 2000}
        },
    }
)

_ZONE: dict[str, object] = {"zone_sub_district": "example_zone"}
_EXAMPLES: dict[str, list[dict[str, object]]] = {
    "demand": [
        {"demand_id": "example_point", "x": 448000, "y": 4419000}
        | {f"people_{group}": count for group, count in _PEOPLE.items()}
        | _ZONE
    ],
    "services": [
        {
            "service_id": "example_clinic",
            "name": "Clinic",
            "name_zh": "社区卫生服务站",
            "agency": "Health",
            "kind": "capacity",
            "unit": "person",
            "standard_min": 15,
            "mode": "walk",
            "weight": 1,
            "rank": 1,
            "source": "example",
        }
    ],
    "needs": [
        {
            "service_id": "example_clinic",
            "group": "65_79",
            "need_per_person": 0.5,
            "source": "example",
        }
    ],
    "modules": [
        {
            "module_id": "example_clinic_small",
            "service_id": "example_clinic",
            "capacity": 200,
            "floor_area_m2": 150,
            "works_cost": 135,
            "equipment_cost": 40,
            "yearly_cost": 60,
            "max_floor": 2,
            "own_entrance": True,
            "source": "example",
        }
    ],
    "buildings": [
        {
            "building_id": "example_building",
            "name": "Former office",
            "address": "1 Example Street",
            "class": "vacated_office",
            "owner": "District",
            "x": 448100,
            "y": 4419000,
            "floor_area_m2": 800,
            "yearly_rent_per_m2": 0.1,
            "floors": 3,
            "year_built": 1996,
            "lift": False,
            "independent_access": True,
            "owner_consent": "agreed",
        }
        | _ZONE
    ],
    "facilities": [
        {
            "facility_id": "example_facility",
            "service_id": "example_clinic",
            "name": "Present clinic",
            "x": 447900,
            "y": 4419000,
            "capacity": 30,
        }
        | _ZONE
    ],
    "eligibility": [
        {
            "class": "vacated_office",
            "service_id": "example_clinic",
            "status": "allowed",
            "cost_factor": 1.1,
            "reason": "example",
        }
    ],
    "suitability": [
        {
            "service_id": "example_clinic",
            "field": "year_built",
            "comparison": "at_least",
            "value": "1980",
            "reason": "example",
        }
    ],
    "targets": [
        {
            "target_id": "example_target",
            "service_id": "example_clinic",
            "value": 60,
            "unit": "persons",
            "base_value": 30,
            "base_people": 1000,
            "base_year": 2025,
            "calibre": "all clinics",
            "source": "example",
        }
    ],
    "zones": [
        {
            "zone_id": "example_zone",
            "kind": "sub_district",
            "name": "Example zone",
            "name_zh": "示例街道",
            "area_km2": 1.5,
        }
    ],
    "locks": [
        {
            "building_id": "example_building",
            "service_id": "example_clinic",
            "status": "required",
            "source": "example",
        }
    ],
    "travel": [
        {"origin_id": "example_point", "destination_id": "example_building", "minutes": 2.5}
    ],
    "network_nodes": [
        {"node_id": "example_west", "x": 447900, "y": 4419000},
        {"node_id": "example_east", "x": 448100, "y": 4419000},
    ],
    "network_edges": [
        {"edge_id": "example_street", "u": "example_west", "v": "example_east", "length_m": 200}
    ],
}
"""Rows of a smallest instance that is sound."""


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
        if isinstance(value, (BaseModel, dict)) or name == "minimum_per_zone":
            later.append((name, value))
            continue
        yield from (f"# {line}" for line in means)
        stated = name in section.model_fields_set
        yield f"{name} = {_literal(value)}" if stated else f"# {name} = {_literal(value)}"
    for name, value in later:
        field = type(section).model_fields[name]
        yield ""
        yield from (f"# {line}" for line in _means(field.metadata))
        here = (*path, name)
        if isinstance(value, BaseModel):
            yield f"[{'.'.join(here)}]"
            yield from _settings_lines(value, here)
        elif name == "minimum_per_zone":
            yield "# [[minimum_per_zone]]"
            yield from (f"# {key} = {_EXAMPLE_MINIMUM[key]}" for key in ZoneMinimum.model_fields)
        elif name == "scenarios":
            for scenario, overrides in value.items():
                yield f"[scenarios.{scenario}]"
                yield from _settings_lines(overrides, (*here, scenario))
        else:
            yield f"[{'.'.join(here)}]" if value else f"# [{'.'.join(here)}]"
            yield from (f"{key} = {_literal(item)}" for key, item in value.items())


_EXAMPLE_MINIMUM = {
    "service_id": '"example_clinic"',
    "zone_kind": '"sub_district"',
    "count": "1",
    "zones": "[]",
}


def _means(metadata: list[Any]) -> list[str]:
    means = next(m for m in metadata if isinstance(m, Means))
    return [means.en, means.zh]


def _literal(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"[{', '.join(_literal(item) for item in value)}]"
    return json_text(value) if isinstance(value, str) else plain_number(float(str(value)))


def _headers(table: Table) -> list[tuple[str, Column]]:
    """Return the columns of a template: those declared, and those of patterns in the example."""
    example = _EXAMPLES[table.name][0]
    names = [c.name for c in table.columns if not c.pattern]
    names += [name for name in example if name not in names]
    return [(name, column) for name in names if (column := table.column(name))]


def _csv(table: Table) -> str:
    headers = _headers(table)
    rows = [[_cell(row.get(name)) for name, _ in headers] for row in _EXAMPLES[table.name]]
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
                for row, example in enumerate(_EXAMPLES[table.name], start=1):
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
