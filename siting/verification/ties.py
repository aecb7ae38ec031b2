"""Which services have rules that speak of who is served from where."""

from __future__ import annotations

import numpy as np

from siting.verification.conversions import is_known, records, text
from siting.verification.recount import Recount


def ties_amounts(recount: Recount, service_id: str) -> bool:
    """Whether an active rule limits amounts served beyond reach and capacity."""
    instance, service = recount.instance, recount.services.get(service_id)
    if service is None:
        return False
    modules = instance.modules[instance.modules["service_id"] == service_id]
    least_load = np.nan_to_num(modules["min_load"].astype(float).to_numpy())
    speaking = {
        "zone_floor": any(f.service_id == service_id for f in instance.settings.zone_floor),
        "min_load": service["kind"] == "capacity" and bool((least_load > 0).any()),
        "own_zone": text(service["own_zone_kind"]) != "",
        "outside_supply": is_known(service["outside_cap"]),
    }
    return any(speaks and instance.rule_on(rule) for rule, speaks in speaking.items())


def ties_value(recount: Recount, service_id: str) -> bool:
    """Whether units of a service may count differently, by whose they are or how far they go."""
    instance = recount.instance
    rows = records(instance.priorities)
    by_unit = instance.settings.objective.blank_factor > 1 or any(
        text(row["service_id"]) in ("", service_id) for row in rows
    )
    return (instance.rule_on("priorities") and by_unit) or service_id in recount.ways.decay
