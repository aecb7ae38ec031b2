"""Every engine against all plans of tiny towns with random parts of the full set of rules."""

from __future__ import annotations

import pytest
from full_towns import random_full_town
from hypothesis import example, given
from test_brute_force import OTHERS, compare, examples, seeds


@given(seeds)
@example(6273)  # a place that nobody reaches opened for its bonus, whatever load it must have
@examples(8)
def test_highs_finds_the_best_plan(seed):
    compare(random_full_town(seed), "highs")


@pytest.mark.parametrize("engine", OTHERS)
@given(seed=seeds)
@example(seed=7000)  # shortfalls of soft targets, which lie on no grid
@examples(2)
def test_other_engines_find_the_best_plan(engine, seed):
    compare(random_full_town(seed), engine)


@pytest.mark.slow
@given(seeds)
@examples(60)
def test_highs_finds_the_best_of_many_plans(seed):
    compare(random_full_town(seed), "highs")


@pytest.mark.slow
@pytest.mark.parametrize("engine", OTHERS)
@given(seed=seeds)
@example(seed=3191)  # a limit without an end, which CP-SAT must take to the step below
@examples(10)
def test_other_engines_find_the_best_of_many_plans(engine, seed):
    compare(random_full_town(seed), engine)
