"""In which zone a row lies, and which zones a setting speaks of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import Instance


def zone_of(table: pd.DataFrame, kind: str) -> NDArray[np.object_]:
    """Return the zone of a kind of each row of a table, empty for none."""
    column = f"zone_{kind}"
    if column not in table:
        return np.full(len(table), "", dtype=object)
    zones = table[column].astype(object)
    return np.asarray(zones.where(zones.notna(), ""), object)


def zones_named(instance: Instance, kind: str, only: Sequence[str]) -> list[str]:
    """Return the zones that a setting names, or all of its kind."""
    zones = instance.zones
    return list(only) or sorted(zones.loc[zones["kind"] == kind, "zone_id"])


def in_zone(instance: Instance, table: pd.DataFrame, zone_id: str) -> NDArray[np.bool_]:
    """Return which rows of a table lie in a zone, whatever its kind."""
    kinds = dict(zip(instance.zones["zone_id"], instance.zones["kind"], strict=True))
    return np.asarray(zone_of(table, str(kinds[zone_id])) == zone_id, bool)
