"""The data dictionary: every table, column and key, from their declarations.

`python -m siting.instance.dictionary docs` writes it, in both languages, into the folder `docs`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from siting.instance.cells import NO, YES
from siting.instance.settings import Means, Settings
from siting.instance.tables import DEGREES, TABLES, Column, Table

Language = Literal["en", "zh"]

_WORDS = {
    "en": {
        "title": "Data dictionary",
        "tables": "Tables",
        "settings": "instance.toml",
        "required": "required",
        "optional": "optional",
        "column": ("column", "Chinese header", "type", "unit", "allowed", "default", "meaning"),
        "key": ("key", "type", "default", "meaning"),
        "must": "must be filled",
        "row_id": "identifies the row",
        "refers": "of {}",
    },
    "zh": {
        "title": "数据字典",
        "tables": "数据表",
        "settings": "instance.toml",
        "required": "必需",
        "optional": "可选",
        "column": ("列", "中文表头", "类型", "单位", "取值", "默认", "含义"),
        "key": ("键", "类型", "默认", "含义"),
        "must": "必填",
        "row_id": "行标识",
        "refers": "取自 {}",
    },
}

LIST = "[]"
"""Ending of the path of a list of sections."""
_DEGREES = [f"`{c.name}` (`{c.alias_zh}`)" for c in DEGREES]
_YES_NO = [f"`{word}`" for word in (*YES, *NO)]

_INTRODUCTION = {
    "en": f"""A folder holds `instance.toml` and the tables. Each table is one of `<table>.csv`
(UTF-8 or GB18030), `<table>.parquet`, a layer of a `.gpkg` or a sheet of an `.xlsx`; one workbook
with a sheet `instance` (keys in column A, values in column B) is an instance as well. Names of
files, layers, sheets and columns may be English or Chinese.

- Ids are text: `007` stays `007`. An empty cell is unknown, or the default where there is one.
- A cell that lists several names separates them by `|`; an empty list is no restriction.
- Numbers have no thousands separators. Yes and no: {", ".join(_YES_NO)}.
- A name that ends in `*` stands for one column per group or kind: `people_65_79` (`人数_65_79`),
  `zone_sub_district` (`所属_sub_district`).
- Instead of `x` and `y` a table may give {" and ".join(_DEGREES)} in degrees
  of WGS 84; points and shapes of a layer are turned into the CRS of the instance.
- Findings count the header as row 1, in every format.

This page is written from the declarations by `python -m siting.instance.dictionary docs`.
""",
    "zh": f"""文件夹内有 `instance.toml` 和各数据表。每张表可为 `<表名>.csv`（UTF-8 或 GB18030）、
`<表名>.parquet`、`.gpkg` 的一个图层或 `.xlsx` 的一个工作表；含工作表 `实例`（A 列为键，B 列为值）的
单个工作簿也是完整的实例。文件、图层、工作表和列的名称可用英文或中文。

- 编号为文本：`007` 仍为 `007`。空单元格表示未知；有默认值的取默认值。
- 列出多个名称的单元格用 `|` 分隔；空列表表示不限。
- 数字不带千位分隔符。是否值：{"、".join(_YES_NO)}。
- 以 `*` 结尾的名称表示每个组别或类型一列：`people_65_79`（`人数_65_79`）、
  `zone_sub_district`（`所属_sub_district`）。
- 可用 {"、".join(_DEGREES)}（WGS 84 度）代替 `x`、`y`；图层的点和面会
  转换到实例坐标系。
- 检查结果中的行号以表头为第 1 行，各种格式相同。

本页由 `python -m siting.instance.dictionary docs` 根据声明生成。
""",
}

_TYPES = {
    "id": ("text", "文本"),
    "text": ("text", "文本"),
    "number": ("number", "数字"),
    "integer": ("whole number", "整数"),
    "boolean": ("yes or no", "是否"),
    "choice": ("choice", "选项"),
    "string": ("text", "文本"),
    "array": ("list", "列表"),
    "object": ("section", "小节"),
}

_UNITS_ZH = {
    "": "",
    "h": "小时",
    "km2": "km2",
    "floor": "层",
    "m": "米",
    "m2": "m2",
    "min": "分钟",
    "money": "金额",
    "money per m2": "金额/m2",
    "money per m2 and year": "金额/m2·年",
    "money per year": "金额/年",
    "person": "人",
    "share": "比例",
    "share of capacity": "占容量比例",
    "unit of the service": "服务单位",
    "unit of the service per person": "服务单位/人",
    "year": "年",
}


def data_dictionary(language: Language) -> str:
    """Return the dictionary as Markdown, in English or Chinese."""
    words: dict[str, Any] = _WORDS[language]
    lines = [f"# {words['title']}", "", _INTRODUCTION[language], f"## {words['tables']}"]
    for table in TABLES.values():
        lines += _table(table, language, words)
    lines += ["", f"## {words['settings']}"]
    for path, section in _sections(Settings, "", set()):
        lines += _section(path, section, language, words)
    return "\n".join(lines) + "\n"


def _table(table: Table, language: Language, words: dict[str, Any]) -> Iterator[str]:
    meaning = table.meaning_en if language == "en" else table.meaning_zh
    need = words["required"] if table.required else words["optional"]
    yield f"\n### {table.name} · {table.alias_zh} ({need})\n\n{meaning}\n"
    yield from _header(words["column"])
    for column in table.columns:
        yield _row(_column(column, language, words))


def _column(column: Column, language: Language, words: dict[str, Any]) -> Iterator[str]:
    yield f"`{column.name}`"
    yield f"`{column.alias_zh.rstrip('_')}_*`" if column.pattern else f"`{column.alias_zh}`"
    yield _TYPES[column.type][language == "zh"]
    yield column.unit if language == "en" else _UNITS_ZH[column.unit]
    yield ", ".join(_allowed(column, words))
    yield "" if column.default in {None, ""} else f"`{_plain(column.default)}`"
    yield column.meaning_en if language == "en" else column.meaning_zh


def _allowed(column: Column, words: dict[str, Any]) -> Iterator[str]:
    if column.required:
        yield words["must"]
    if column.key:
        yield words["row_id"]
    if column.refers_to:
        yield words["refers"].format(f"`{column.refers_to}`")
    pairs = zip(column.choices, column.choices_zh, strict=True)
    yield from (f"`{choice}` (`{chinese}`)" for choice, chinese in pairs)
    if column.above is not None:
        yield f"> {column.above:g}"
    if column.minimum is not None:
        yield f">= {column.minimum:g}"
    if column.maximum is not None:
        yield f"<= {column.maximum:g}"


def _sections(
    model: type[BaseModel], path: str, seen: set[type[BaseModel]]
) -> Iterator[tuple[str, type[BaseModel]]]:
    """Return a section and all within it, with their paths as in the file, each kind once."""
    seen.add(model)
    yield path, model
    for name, field in model.model_fields.items():
        here = f"{path}.{name}" if path else name
        kind = field.annotation
        for part in (kind, *get_args(kind)):
            if isinstance(part, type) and issubclass(part, BaseModel) and part not in seen:
                ending = ".<name>" if get_origin(kind) is dict else ""
                ending = LIST if get_origin(kind) is tuple else ending
                yield from _sections(part, here + ending, seen)


def _section(
    path: str, model: type[BaseModel], language: Language, words: dict[str, Any]
) -> Iterator[str]:
    schemas = model.model_json_schema()["properties"]
    if path:
        array = path.endswith(LIST)
        yield f"\n### `[[{path.removesuffix(LIST)}]]`\n" if array else f"\n### `[{path}]`\n"
    else:
        yield ""
    yield from _header(words["key"])
    for name, field in model.model_fields.items():
        means = next(m for m in field.metadata if isinstance(m, Means))
        default = field.default if not field.is_required() else words["must"]
        shown = isinstance(default, (str, int, float)) and default != ""
        yield _row(
            [
                f"`{name}`",
                _kind(schemas[name], language),
                "" if not shown else default if field.is_required() else f"`{_plain(default)}`",
                means.en if language == "en" else means.zh,
            ]
        )


def _kind(schema: dict[str, Any], language: Language) -> str:
    """Return the type and range of a key in words."""
    if "anyOf" in schema:
        return _kind(schema["anyOf"][0], language)
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"] if choice)
    signs = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="}
    limits = [f"{sign} {schema[name]:g}" for name, sign in signs.items() if name in schema]
    return ", ".join([_TYPES[schema.get("type", "object")][language == "zh"], *limits])


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _header(titles: Iterable[str]) -> list[str]:
    titles = list(titles)
    return [_row(titles), _row(["---"] * len(titles))]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    docs = Path(sys.argv[1])
    (docs / "data-dictionary.md").write_text(data_dictionary("en"), encoding="utf-8")
    (docs / "data-dictionary.zh.md").write_text(data_dictionary("zh"), encoding="utf-8")
