"""The rule cards are what the rulebook and the docstrings say, and what they show can be used."""

import inspect
import re
import tomllib
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from siting.instance.cells import type_cells
from siting.instance.dictionary import data_dictionary
from siting.instance.formats import raw_table
from siting.instance.rulebook import RULES
from siting.instance.settings import Settings
from siting.instance.tables import TABLES
from siting.report.anchors import dictionary_anchors, slug
from siting.report.rule_cards import formulas, math_blocks, rule_cards, snippets

DOCS = Path(__file__).parents[1] / "docs"
CJK = re.compile(r"[\u4e00-\u9fff]")
SHOWN = [(rule, name, text) for rule in RULES for name, text in snippets(RULES[rule].example)]


def is_key(model, path):
    """Whether a dotted path names a key of instance.toml; <name> stands for any name."""
    name, _, rest = path.partition(".")
    if name not in model.model_fields:
        return False
    if not rest:
        return True
    parts = re.findall(r"[\w.]+", str(model.model_fields[name].annotation))
    inner = {m.__name__: m for m in Settings.__mro__[1].__subclasses__()}
    models = [inner[part.rpartition(".")[2]] for part in parts if part.rpartition(".")[2] in inner]
    return any(is_key(inside, rest.removeprefix("<name>.")) for inside in models)


def faults_of(table, text):
    """What is wrong with the cells shown of a table; columns that are left out do not matter."""
    frame = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    _, findings = type_cells(table, raw_table(f"{table.name}.csv", frame))
    return [str(f) for f in findings if "missing" not in f.rule]


@pytest.mark.parametrize(("language", "name"), [("en", ""), ("zh", ".zh")])
def test_pages_are_what_the_rulebook_says(language, name):
    stored = (DOCS / f"rules{name}.md").read_text("utf-8")
    assert stored == rule_cards(language), "run python -m siting.report.rule_cards docs"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_rule_has_its_card(language):
    page = rule_cards(language)
    cards = dict(re.findall(r"\n### `(\w+)`\n(.*?)(?=\n##|\Z)", page, re.DOTALL))
    assert list(cards) == list(RULES)
    for rule in RULES.values():
        card = cards[rule.id]
        assert rule.name_en in card
        assert rule.name_zh in card
        assert (rule.says_en if language == "en" else rule.says_zh) in card
        assert all(f"$${formula}$$" in card for formula in formulas(rule.id))
        assert rule.source in card
        assert card.count("```") == 2 * len(snippets(rule.example))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_words_are_in_their_language(rule):
    for english, chinese in ((rule.name_en, rule.name_zh), (rule.says_en, rule.says_zh)):
        assert not CJK.search(english)
        assert CJK.search(chinese)
    assert rule.says_en.endswith((".", ")"))
    assert rule.says_zh.endswith(("。", "）"))


@pytest.mark.parametrize("rule", RULES)
def test_formula_is_the_one_of_the_function(rule):
    for formula in formulas(rule):
        assert formula.count("{") == formula.count("}")
        assert "$" not in formula
        assert "\n" not in formula


def test_formulas_are_found_as_docstrings_write_them():
    docstring = inspect.cleandoc(
        r"""Say something.

        .. math:: \sum_a x_a
            \le 1 \quad
            \forall b

        Words between, with :math:`x` in them.

        .. math::

            y \le 2

            z \le 3

        Source: somewhere.
        """
    )
    assert math_blocks(docstring) == [r"\sum_a x_a \le 1 \quad \forall b", r"y \le 2", r"z \le 3"]


@pytest.mark.parametrize(
    ("rule", "parameter"), [(r.id, p) for r in RULES.values() for p in r.parameters]
)
def test_every_parameter_exists(rule, parameter):
    del rule
    table, _, column = parameter.partition(".")
    known = table in TABLES and TABLES[table].column(column) is not None
    assert known or is_key(Settings, parameter)


def test_a_parameter_that_does_not_exist_is_told():
    assert not is_key(Settings, "budget.totl")
    assert not is_key(Settings, "scenarios.<name>.budgets")
    assert is_key(Settings, "scenarios.<name>.priorities")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_anchors_are_headings_of_the_dictionary(language):
    headings = re.findall(r"^#+ (.+)$", data_dictionary(language), flags=re.MULTILINE)
    anchors = dictionary_anchors(language)
    assert set(anchors.values()) <= {slug(heading) for heading in headings}
    assert anchors["targets.measure"].startswith("targets--")
    assert anchors["travel.minutes"].startswith("travel--")
    assert anchors["travel.detour_factor"] == "travel"
    assert anchors["budget.total"] == "budget"


@pytest.mark.parametrize(("rule", "name", "text"), SHOWN)
def test_examples_are_sound(rule, name, text):
    del rule
    if name == "instance.toml":
        Settings.model_validate({"crs": "EPSG:4548", **tomllib.loads(text)})
    else:
        assert faults_of(TABLES[name.removesuffix(".csv")], text) == []


def test_an_example_with_a_mistake_is_told():
    locks = TABLES["locks"]
    assert faults_of(locks, "building_id,status\nB-1,forbiden\n")
    assert faults_of(locks, "building_id,state\nB-1,forbidden\n")
    assert not faults_of(locks, "building_id,status\nB-1,forbidden\n")


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_an_example_shows_parameters_of_its_rule(rule):
    shown = set()
    for name, text in snippets(rule.example):
        if name == "instance.toml":
            shown |= keys_of(tomllib.loads(text))
        else:
            header = text.partition("\n")[0].split(",")
            shown |= {f"{name.removesuffix('.csv')}.{column}" for column in header}
    assert shown & set(rule.parameters)


def keys_of(table, path=""):
    """Return the dotted paths of all keys of a TOML table."""
    found = set()
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        rows = value if isinstance(value, list) else [value]
        found |= {here}.union(*(keys_of(r, here) for r in rows if isinstance(r, dict)))
    return found
