"""What is looked at once a plan stands: its years, the years after, attendance areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.instance.instance import NEED_GRID
from siting.model.build import Model
from siting.model.conversions import UNLIMITED
from siting.reach import Arcs
from siting.solvers.assignment import open_with, serve
from siting.solvers.attendance import AREA_COLUMNS, attendance_areas
from siting.solvers.evaluation import Openings

ATTENDANCE_S = 10.0
"""Seconds for attendance areas, all services together."""

YEAR_COLUMNS = ("year", "value", "today")
OUTLOOK_COLUMNS = ("year", "service_id", "need", "served", "capacity", "unused")


@dataclass(frozen=True, kw_only=True, eq=False)
class Afterwards:
    """What follows from a plan beside its solution.

    Attributes
    ----------
    years
        By year: ``value`` of tier 1 in that year alone, with the plan and with what is open
        ``today``.
    outlook
        By year, from the last of the plan on, and service, in its units: ``need``, what the places
        of the last year ``served`` of it, their ``capacity`` (NaN without a limit) and ``unused``
        capacity, stranded where need has gone.
    attendance
        See `siting.solvers.attendance.attendance_areas`.
    """

    years: pd.DataFrame
    outlook: pd.DataFrame
    attendance: pd.DataFrame


def nothing_after() -> Afterwards:
    """Return what follows where there is no plan."""
    return Afterwards(
        years=pd.DataFrame(columns=YEAR_COLUMNS),
        outlook=pd.DataFrame(columns=OUTLOOK_COLUMNS),
        attendance=pd.DataFrame(columns=AREA_COLUMNS),
    )


def look_after(
    model: Model,
    reach: Mapping[str, Arcs],
    opened: Openings,
    service: pd.DataFrame,
    today: pd.DataFrame,
    *,
    seconds: float = ATTENDANCE_S,
) -> Afterwards:
    """Return what follows from the openings of a plan.

    Parameters
    ----------
    service, today
        Who is served where in every year, with the plan and with what is open now.
    seconds
        For attendance areas, which need a search.
    """
    return Afterwards(
        years=_years(model, service, today),
        outlook=_outlook(model, reach, opened),
        attendance=attendance_areas(model, reach, opened, seconds=seconds),
    )


def _years(model: Model, service: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    years = model.instance.years
    rows = [
        {
            "year": year,
            "value": model.value.tiers(service[service["year"] == year])[0] * len(years),
            "today": model.value.tiers(today[today["year"] == year])[0] * len(years),
        }
        for year in years
    ]
    return pd.DataFrame(rows, columns=YEAR_COLUMNS)


def _outlook(model: Model, reach: Mapping[str, Arcs], opened: Openings) -> pd.DataFrame:
    instance, last = model.instance, model.instance.years[-1]
    if not instance.outlook:
        return pd.DataFrame(columns=OUTLOOK_COLUMNS)
    places = open_with(model.decisions, opened, last)
    unlimited = set(places.loc[places["capacity"] == UNLIMITED, "service_id"])
    capacity = places.groupby("service_id")["capacity"].sum() / NEED_GRID
    rows = []
    for year in (last, *instance.outlook):
        service = serve(instance, reach, places, year)
        need = service.groupby("service_id")["amount"].sum()
        served = service[service["place_id"] != ""].groupby("service_id")["amount"].sum()
        for service_id in instance.services["service_id"]:
            room = np.nan if service_id in unlimited else float(capacity.get(service_id, 0.0))
            done = float(served.get(service_id, 0.0))
            rows.append(
                {
                    "year": year,
                    "service_id": service_id,
                    "need": float(need.get(service_id, 0.0)),
                    "served": done,
                    "capacity": room,
                    "unused": room - done,
                }
            )
    return pd.DataFrame(rows, columns=OUTLOOK_COLUMNS)
