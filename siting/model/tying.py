"""Which rules speak of the amounts of a service, so that openings alone do not settle them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.instance.instance import Instance


@dataclass(frozen=True, kw_only=True)
class Ties:
    """What ties the amounts of one service.

    Attributes
    ----------
    floor_kinds
        Kinds of zone that a floor is set for.
    home_kind
        Kind of zone whose people are served inside it; empty for none.
    equity_kind
        Kind of zone whose worst-served one is raised; empty for none.
    nearness, walked
        Whether ways are to be short, and whether those to this service are among them.
    outside
        Whether supply from outside is capped.
    least_load
        Whether an open place must be used.
    """

    floor_kinds: tuple[str, ...] = ()
    home_kind: str = ""
    equity_kind: str = ""
    nearness: bool = False
    walked: bool = False
    outside: bool = False
    least_load: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of zone that tell units of need apart."""
        named = (*self.floor_kinds, self.home_kind, self.equity_kind)
        return tuple(dict.fromkeys(kind for kind in named if kind))

    @property
    def by_way(self) -> bool:
        """Whether it matters from where a unit is served."""
        return bool(self.home_kind) or self.outside or self.walked

    @property
    def any(self) -> bool:
        """Whether anything ties the amounts."""
        return bool(self.kinds) or self.nearness or self.outside or self.least_load


def ties_of(instance: Instance, service_id: str) -> Ties:
    """Return what ties the amounts of a service in this instance."""
    services, modules = instance.services, instance.modules
    at = int(np.flatnonzero(services["service_id"].eq(service_id))[0])
    floors = [f for f in instance.settings.zone_floor if f.service_id == service_id]
    cap = services["outside_cap"].iloc[at] if instance.rule_on("outside_supply") else np.nan
    home = services["own_zone_kind"].iloc[at] if instance.rule_on("own_zone") else ""
    return Ties(
        floor_kinds=tuple(f.zone_kind for f in floors) if instance.rule_on("zone_floor") else (),
        home_kind=home if isinstance(home, str) else "",
        equity_kind=instance.settings.objective.equity_zone_kind,
        nearness=instance.settings.objective.nearness,
        walked=instance.settings.objective.nearness and services["mode"].iloc[at] == "walk",
        outside=not pd.isna(cap),
        least_load=instance.rule_on("min_load")
        and services["kind"].iloc[at] == "capacity"
        and bool((modules["service_id"].eq(service_id) & (modules["min_load"] > 0)).any()),
    )
