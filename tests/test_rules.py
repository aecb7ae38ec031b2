"""Rules one by one: the registry, and for each the linear program of the smallest town it bites in.

`tests/golden/<rule>.lp` holds the program of tier 1 of the town in `cases_<subject>.py` (of another
tier where only that shows the rule); the text of each case says which lines the rule put there, or
kept out, and why. The lines that every program has are

* ``load(P,s): sum of serve(s,k,P) - load(P,s) = 0``, the load of a place;
* ``capacity(P,s): load(P,s) - capacity * open(P,s,m) <= existing capacity``.

The file of a new rule is written by `write_lp` and then read line by line against its case.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import highspy
import pytest
from cases_admission import ADMISSION_CASES
from cases_buildings import BUILDING_CASES, rooms, years
from cases_money import MONEY_CASES
from cases_places import PLACE_CASES
from cases_service import SERVICE_CASES
from hypothesis import given
from hypothesis import strategies as st
from small_towns import program_of
from test_brute_force import examples
from towns import random_town

from siting.instance.instance import Instance
from siting.instance.rulebook import RULES
from siting.model.lp import write_lp
from siting.model.rules import ADMISSION_RULES, DECISION_RULES, SERVICE_RULES, VALUE_RULES
from siting.solvers.control import Control
from siting.solvers.highs import solve_with_highs
from siting.verification import CHECKS

GOLDEN = Path(__file__).parent / "golden"

CASES: dict[str, Callable[[], Instance]] = {
    case.__name__: case
    for case in (*ADMISSION_CASES, *BUILDING_CASES, *MONEY_CASES, *PLACE_CASES, *SERVICE_CASES)
}

SHOWN_BY_MONEY = ("synergy", "preferences")
"""Rules that the objective of the last tier shows."""

KINDS = {
    "admission": ADMISSION_RULES,
    "decisions": DECISION_RULES,
    "service": SERVICE_RULES,
    "value": VALUE_RULES,
}


def lp_of(instance: Instance, path: Path, rule: str = "") -> str:
    write_lp(program_of(instance), path, tier=-1 if rule in SHOWN_BY_MONEY else 0)
    return path.read_text(encoding="utf-8")


def test_every_rule_is_modelled_verified_and_shown():
    modelled = {rule.__name__: kind for kind, rules in KINDS.items() for rule in rules}
    assert modelled == {rule.id: rule.touches for rule in RULES.values()}
    assert set(RULES) <= set(CHECKS)
    assert set(CASES) == set(RULES)
    assert {path.stem for path in GOLDEN.glob("*")} == {*RULES, "rooms", "years"}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_states_its_inequality(rule):
    functions = {f.__name__: f for rules in KINDS.values() for f in rules}
    assert ".. math::" in (functions[rule].__doc__ or "")


@pytest.mark.parametrize("rule", RULES)
def test_program_is_the_golden_one(rule, tmp_path):
    golden = (GOLDEN / f"{rule}.lp").read_text(encoding="utf-8")
    assert lp_of(CASES[rule](), tmp_path / "now.lp", rule) == golden


@pytest.mark.parametrize("case", [rooms, years])
def test_program_with_rooms_and_years_is_the_golden_one(case, tmp_path):
    golden = (GOLDEN / f"{case.__name__}.lp").read_text(encoding="utf-8")
    assert lp_of(case(), tmp_path / "now.lp") == golden


@pytest.mark.parametrize("rule", [r.id for r in RULES.values() if r.switchable])
def test_switched_off_a_rule_leaves_the_program(rule, tmp_path):
    on = CASES[rule]()
    off = on.replace(settings=on.settings.model_copy(update={"rules": {rule: False}}))
    program = lp_of(off, tmp_path / "off.lp", rule)
    assert program != lp_of(on, tmp_path / "on.lp", rule)
    assert f" {rule}(" not in program


def optimum_read(path: Path) -> float | None:
    """Return the optimum that HiGHS finds in a file, None where there is none."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 0.0)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return float(highs.getInfo().objective_function_value)


@given(st.integers(0, 2**32 - 1))
@examples(20)
def test_lp_file_says_what_the_program_says(tmp_path_factory, seed):
    program = program_of(random_town(seed))
    if not program.column_names:
        return
    path = tmp_path_factory.mktemp("lp") / "town.lp"
    for tier, objective in enumerate(program.tiers):
        write_lp(program, path, tier=tier)
        outcome = solve_with_highs(program, objective, gap=0.0, start=None, control=Control())
        read = optimum_read(path)
        assert (read is None) == (outcome.point is None)
        if outcome.point is not None and read is not None:
            expected = objective.value(outcome.point) * objective.scale
            assert read == pytest.approx(expected, abs=1e-4)
