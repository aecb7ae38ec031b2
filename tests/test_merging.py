"""Merging owners with equal sets of keys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.model import merging
from siting.model.merging import merge, runs

sets_of_keys = st.lists(st.frozensets(st.integers(0, 6), min_size=1), max_size=12)


def merged(sets: list[frozenset[int]]) -> tuple[list[int], list[int]]:
    owner = [i for i, keys in enumerate(sets) for _ in keys]
    key = [k for keys in sets for k in sorted(keys)]
    classes, representative = merge(np.array(owner, np.int64), np.array(key, np.int64), len(sets))
    return classes.tolist(), representative.tolist()


def test_by_hand():
    """Owners 0 and 2 share {1, 4}; 1 has a part of it, 3 as many other keys."""
    sets = [frozenset({1, 4}), frozenset({1}), frozenset({1, 4}), frozenset({1, 5})]
    assert merged(sets) == ([0, 1, 0, 2], [0, 1, 3])


@given(sets_of_keys)
def test_classes_are_the_equal_sets_in_order_of_their_first_owner(sets):
    first = {}
    for i, keys in enumerate(sets):
        first.setdefault(keys, i)
    numbers = {keys: n for n, keys in enumerate(first)}
    assert merged(sets) == ([numbers[keys] for keys in sets], list(first.values()))


@pytest.fixture
def colliding(monkeypatch):
    """Let every set of keys have the same hash."""
    monkeypatch.setattr(merging, "_words", lambda key: np.zeros(len(key), np.uint64))


@pytest.mark.usefixtures("colliding")
def test_collisions_merge_nothing_that_differs():
    sets = [frozenset({1, 4}), frozenset({2, 5}), frozenset({1}), frozenset({1, 4})]
    classes, representative = merged(sets)
    assert classes[0] == classes[3]
    assert len({classes[0], classes[1], classes[2]}) == 3
    assert [classes[r] for r in representative] == [0, 1, 2]


def test_runs_are_the_different_values_of_a_sorted_array():
    values, which = runs(np.array([3, 3, 5, 9, 9, 9]))
    assert values.tolist() == [3, 5, 9]
    assert which.tolist() == [0, 0, 1, 2, 2, 2]
    assert [part.tolist() for part in runs(np.empty(0, np.int64))] == [[], []]
