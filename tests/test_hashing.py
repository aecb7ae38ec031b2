"""One digest for one content of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from siting.instance.hashing import table_digest


def table() -> pd.DataFrame:
    columns = {
        "id": ["b", "a", "c"],
        "size": [1.5, None, 0.0],
        "empty": [None, None, None],
        "yes": [True, None, False],
    }
    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})


def test_order_of_rows_and_columns_and_types_of_cells_change_nothing():
    turned = table().iloc[[2, 0, 1]][["yes", "empty", "size", "id"]]
    typed = table().astype({"id": "string", "size": float, "empty": float})
    typed.loc[2, "size"] = -0.0
    assert table_digest(turned) == table_digest(typed) == table_digest(table())


@pytest.mark.parametrize(
    ("column", "cell"), [("id", "z"), ("size", 2.0), ("empty", "x"), ("yes", False)]
)
def test_any_cell_changes_it(column, cell):
    changed = table()
    changed.loc[1, column] = cell
    assert table_digest(changed) != table_digest(table())


def test_cells_that_change_places_change_it():
    changed = table()
    changed["size"] = changed["size"].iloc[[0, 2, 1]].to_numpy()
    assert table_digest(changed) != table_digest(table())


def test_rows_without_a_column_of_their_own_are_sorted_by_all():
    rng = np.random.default_rng(1)
    pairs = pd.DataFrame(
        {"n": rng.integers(0, 3, 40).astype(float), "t": rng.choice(list("pq"), 40)}
    )
    assert table_digest(pairs.sample(frac=1, random_state=2)) == table_digest(pairs)
    more = pairs.assign(n=pairs["n"].where(pairs.index != 7, pairs["n"] + 1e-9))
    assert table_digest(more) != table_digest(pairs)


def test_large_numbers_keep_their_last_digit():
    large = 4.5e12
    numbers = [pd.DataFrame({"n": [large]}), pd.DataFrame({"n": [np.nextafter(large, np.inf)]})]
    assert table_digest(numbers[0]) != table_digest(numbers[1])
