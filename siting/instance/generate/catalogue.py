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
    services, needs, modules, eligibility, suitability, outputs, links, pairs, decay
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
    outputs: pd.DataFrame
    links: pd.DataFrame
    pairs: pd.DataFrame
    decay: pd.DataFrame
    classes: pd.DataFrame
    existing: pd.DataFrame


def load_catalogue(services: tuple[str, ...], people: int, *, extended: bool) -> Catalogue:
    """Return the catalogue for a number of residents.

    Published needs and existing stock keep their proportion to people. Only the named services
    are kept; where none is named, those with a weight, or all if `extended`.

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
    usual = known["service_id"][~known["extended"] | extended]
    wanted = services or tuple(usual)
    apart = set(known["service_id"][known["extended"]])
    share = people / REFERENCE_PEOPLE

    def of_wanted(name: str) -> pd.DataFrame:
        rows = read_data(name)
        kept = pd.Series(data=True, index=rows.index)
        for column in ("service_id", "other_service_id", "hub_service_id", "host_service_id"):
            if column in rows:
                kept &= rows[column].isin(wanted) | rows[column].isna()
        if "extended" in rows and not extended:
            kept &= ~rows["extended"] | rows["service_id"].isin(apart)
        return rows[kept].reset_index(drop=True)

    existing = of_wanted("existing")
    for column in ("count", "capacity", "floor_area_m2"):
        existing[column] = np.round(existing[column] * share)
    listed = of_wanted("services")
    listed["published_need"] = np.maximum(1.0, np.round(listed["published_need"] * share))
    modules = _modules(of_wanted("modules"))
    outputs, links = of_wanted("outputs"), of_wanted("links")
    return Catalogue(
        services=listed,
        needs=of_wanted("needs"),
        modules=modules,
        eligibility=of_wanted("eligibility"),
        suitability=of_wanted("suitability"),
        outputs=outputs[outputs["module_id"].isin(modules["module_id"])],
        links=links,
        pairs=of_wanted("pairs"),
        decay=of_wanted("decay"),
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
    price, whole = rows.pop("works_per_m2_2016"), rows.pop("works_2016").fillna(0.0)
    rows["works_cost"] = np.round((price.fillna(0.0) * area + whole) * PRICE_FACTOR, 2)
    rows["source"] = [
        source + _works(price=p, area=a, whole=w)
        for source, p, a, w in zip(rows["source"], price, area, whole, strict=True)
    ]
    return rows


def _works(*, price: float, area: float, whole: float) -> str:
    """Return how the cost of works was computed, nothing where there are none."""
    if whole > 0:
        return f"; works {whole:g} x {PRICE_FACTOR:.2f} (prices 2016 to 2021)"
    if price > 0:
        return f"; works {price:g} x {area:g} m2 x {PRICE_FACTOR:.2f} (prices 2016 to 2021)"
    return ""
