"""The data dictionary says everything, in both languages."""

import re

import pytest
from pydantic import BaseModel

from siting.instance import settings
from siting.instance.dictionary import data_dictionary
from siting.instance.tables import DEGREES, TABLES

CJK = re.compile(r"[\u4e00-\u9fff]")


def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_table_and_column_has_its_row(language):
    text = data_dictionary(language)
    for table in TABLES.values():
        part = text.split(f"### {table.name} · {table.alias_zh} (")[1]
        part = re.split("\n##+ ", part)[0]
        rows = {cells(line)[0]: cells(line) for line in part.split("\n") if line.startswith("| `")}
        assert list(rows) == [f"`{c.name}`" for c in table.columns]
        for column in table.columns:
            alias, meaning = rows[f"`{column.name}`"][1], rows[f"`{column.name}`"][-1]
            assert alias.startswith(f"`{column.alias_zh.rstrip('_')}")
            assert bool(CJK.search(meaning)) == (language == "zh"), meaning
    assert all(f"`{c.name}` (`{c.alias_zh}`)" in text for c in DEGREES)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_key_has_its_row(language):
    text = data_dictionary(language).split("## instance.toml")[1]
    models = [m for m in vars(settings).values() if isinstance(m, type)]
    models = [m for m in models if issubclass(m, BaseModel) and m.model_fields]
    assert len(models) > 15
    for model in models:
        for key in model.model_fields:
            assert f"\n| `{key}` |" in text, key


def test_sections_are_named_as_they_are_written():
    text = data_dictionary("en")
    for title in (
        "[plan]",
        "[[minimum_per_zone]]",
        "[[reserve]]",
        "[first_refusal]",
        "[scenarios.<name>]",
        "[[scenarios.<name>.priorities]]",
        "[[scenarios.<name>.locks]]",
    ):
        assert text.count(f"\n### `{title}`\n") == 1, title
    # A scenario's plan has the keys of the plan, which are told once.
    assert "`[scenarios.<name>.plan]`" not in text


def test_limits_choices_and_references_are_told():
    text = data_dictionary("en")
    rows = {}
    for line in text.split("## instance.toml")[0].split("\n"):
        if line.startswith("| `"):
            rows.setdefault(cells(line)[0], []).append(cells(line))
    # As tables.py declares them: a share, an open lower end, a choice, a reference.
    assert rows["`min_load`"][0][4:6] == [">= 0, <= 1", "`0`"]
    assert rows["`standard_min`"][0][4] == "must be filled, > 0"
    assert rows["`mode`"][0][4:6] == ["`walk` (`步行`), `drive` (`驾车`)", "`walk`"]
    assert rows["`parent_zone_id`"][0][4] == "of `zones.zone_id`"


def test_rows_of_a_table_are_equally_wide():
    for language in ("en", "zh"):
        for block in data_dictionary(language).split("\n\n"):
            widths = {len(cells(line)) for line in block.split("\n") if line.startswith("|")}
            assert len(widths) <= 1, block
