"""Whether sub-spaces and ways to get hold of a building fit into it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from siting.errors import Finding
from siting.instance.given import Given, plain_number

_TOLERATED = 0.005


def find_errors(given: Given) -> list[Finding]:
    """Return the buildings whose sub-spaces add up to more than their floor area."""
    spaces = given["spaces"]
    frame = spaces.frame
    total = frame.groupby("building_id")["area_m2"].transform("sum")
    available = frame["building_id"].map(_floor_areas(given))
    first = ~frame.duplicated("building_id")
    return spaces.findings(
        (first & (total > available * (1 + _TOLERATED))).to_numpy(bool),
        "area_m2",
        lambda i: f'spaces of "{frame["building_id"].iloc[i]}" are more than its floor area',
        lambda i: f"{plain_number(total.iloc[i])} of {plain_number(available.iloc[i])}",
    )


def _floor_areas(given: Given) -> dict[str, float]:
    buildings = given["buildings"].frame
    return dict(zip(buildings["building_id"], buildings["floor_area_m2"], strict=True))


def find_large_tenures(given: Given) -> list[Finding]:
    """Return the ways to get hold of more floor area than there is."""
    tenures = given["tenures"]
    available = tenures.frame["building_id"].map(_floor_areas(given))
    return tenures.findings(
        (tenures.frame["area_m2"] > available).to_numpy(bool),
        "area_m2",
        lambda i: f"is more than the floor area of {plain_number(available.iloc[i])}",
        severity="warning",
    )


def find_unpaid(given: Given) -> list[Finding]:
    """Return the buildings whose price or rent does not count, as their tenures ask for none."""
    buildings, tenures = given["buildings"], given["tenures"].frame
    frame = buildings.frame
    asked_by = tenures.groupby("building_id")[["acquisition_cost", "yearly_rent_per_m2"]].max()
    free = frame["building_id"].map(asked_by.sum(axis=1)).eq(0)
    asked = (frame["acquisition_cost"] > 0) | (frame["yearly_rent_per_m2"] > 0)
    return buildings.findings(
        np.asarray((free & asked), bool),
        "building_id",
        f"its price and rent do not count: {given['tenures'].place} asks for none",
        "tenures replace what buildings say",
        severity="warning",
    )


def find_changing_outside(given: Given) -> list[Finding]:
    """Return the facilities outside the district that are to be kept or closed by the plan."""
    facilities = given["facilities"]
    outside = facilities.frame["outside"].eq(True) & pd.notna(facilities.frame["building_id"])
    return facilities.findings(
        outside.to_numpy(bool),
        "outside",
        "is outside the district, and its building is a candidate inside",
        "leave one of the two empty",
        severity="warning",
    )
