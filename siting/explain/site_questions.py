"""Questions about a site of a plan, and what answers them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from siting.explain.differences import Site
from siting.explain.intervals import Interval
from siting.instance.instance import Instance
from siting.solution import Termination

Asked = Literal["closed", "open", "admitted"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SiteQuestion:
    """What is asked of a building.

    Attributes
    ----------
    asked
        ``closed``: the best plan without it; ``open``: that must open it; ``admitted``: that may
        use it, in a town that lets it.
    service_id
        For ``open``: this service; any where empty.
    town
        For ``admitted``: the instance with nothing else changed than that the building may be used.
    """

    building_id: str
    asked: Asked
    service_id: str = ""
    town: Instance | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class SitePrice:
    """What a building means to a plan.

    Attributes
    ----------
    asked
        ``closed``: the plan uses the building, and a plan without it was sought; ``open``: the
        plan does not, and a plan that must use it was sought; ``admitted``: the plan may not, and
        a plan that may was sought.
    price
        How much less the best plan then serves, and how much more where it was ``admitted``; None
        where there is no such plan (`termination` ``infeasible``) or none was found in time.
    gains
        Who is served by the site: ``service_id, zone_id, served, people_new``; empty where the
        plan does not use it.
    comes, goes
        Sites of the other plan that this one has not, and the reverse, the building itself
        included.
    served, people, cost
        Other plan less this one: units and people served by service, capital.
    kept_out
        Where no conversion of the building is admitted: the reason of each of its conversions,
        ``service_id, module_id, reason, field``.
    """

    building_id: str
    asked: Asked
    price: Interval | None
    termination: Termination
    gains: pd.DataFrame
    comes: tuple[Site, ...] = ()
    goes: tuple[Site, ...] = ()
    served: dict[str, float] = field(default_factory=dict)
    people: dict[str, float] = field(default_factory=dict)
    cost: float | None = None
    kept_out: pd.DataFrame | None = None
