"""Services, sizes, classes of building and existing stock, read from the data beside the package.

Every row of the data names its source or says that it is assumed. Costs of works are those of
2016 times `PRICE_FACTOR`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import pandas as pd

PRICE_FACTOR = 1.20
"""Prices of 2016 to prices of 2021, assumed."""

REFERENCE_PEOPLE = 1_106_214
"""Residents that published totals and existing stock of the catalogue belong to."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Catalogue:
    """What a town plans with.

    Attributes
    ----------
    services, needs, modules, eligibility, suitability
        Tables of an instance.
    classes
        Classes of candidate building: how many of each size, floors, years, yards, rents.
    existing
        Kinds of existing facility: number, capacity and how they lie.
    """

    services: pd.DataFrame
    needs: pd.DataFrame
    modules: pd.DataFrame
    eligibility: pd.DataFrame
    suitability: pd.DataFrame
    classes: pd.DataFrame
    existing: pd.DataFrame


def load_catalogue(services: tuple[str, ...], people: int) -> Catalogue:
    """Return the catalogue for a number of residents.

    Published needs and existing stock keep their proportion to people. Only the named services
    are kept, all where none is named.

    Raises
    ------
    ValueError
        When a service is not in the catalogue.
    """
    known = read_data("services")
    unknown = sorted(set(services) - set(known["service_id"]))
    if unknown:
        names = ", ".join(known["service_id"])
        raise ValueError(f"not in the catalogue: {', '.join(unknown)}; known: {names}")
    wanted = services or tuple(known["service_id"])
    share = people / REFERENCE_PEOPLE

    def of_wanted(name: str) -> pd.DataFrame:
        rows = read_data(name)
        return rows[rows["service_id"].isin(wanted)].reset_index(drop=True)

    existing = of_wanted("existing")
    for column in ("count", "capacity", "floor_area_m2"):
        existing[column] = np.round(existing[column] * share)
    listed = of_wanted("services")
    listed["published_need"] = np.maximum(1.0, np.round(listed["published_need"] * share))
    return Catalogue(
        services=listed,
        needs=of_wanted("needs"),
        modules=_modules(of_wanted("modules")),
        eligibility=of_wanted("eligibility"),
        suitability=of_wanted("suitability"),
        classes=read_data("building_classes"),
        existing=existing,
    )


def read_data(name: str) -> pd.DataFrame:
    """Return one table of the data: columns of numbers, of yes or nothing, and of text or None."""
    path = files("siting.instance") / "data" / f"{name}.csv"
    with path.open(encoding="utf-8") as file:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    for column in frame.columns:
        numbers = pd.to_numeric(frame[column].replace("", None), errors="coerce")
        if len(frame) and numbers.notna().eq(frame[column].ne("")).all() and numbers.notna().any():
            frame[column] = numbers.astype(float)
        elif {"yes"} <= set(frame[column]) <= {"yes", ""}:
            frame[column] = frame[column].eq("yes")
        else:
            frame[column] = frame[column].astype(object).where(frame[column].ne(""), None)
    return frame


def _modules(rows: pd.DataFrame) -> pd.DataFrame:
    """Works cost of each module: price of 2016 per m2 (of yard, where it has no floor area)."""
    area = rows["floor_area_m2"].where(rows["floor_area_m2"] > 0, rows["yard_m2"])
    price = rows.pop("works_per_m2_2016")
    rows["works_cost"] = np.round(price * area * PRICE_FACTOR, 2)
    rows["source"] = [
        f"{source}; works {p:g} x {a:g} m2 x {PRICE_FACTOR:.2f} (prices 2016 to 2021)"
        for source, p, a in zip(rows["source"], price, area, strict=True)
    ]
    return rows
