"""Rule `planned_use`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.instance.cells import items_of
from siting.instance.instance import Instance
from siting.model.rules.admission import Ruling, ruling
from siting.reach import Arcs


def planned_use(instance: Instance, rows: pd.DataFrame, reach: Mapping[str, Arcs]) -> Ruling:
    r"""Admit a conversion only where the building's own list of uses, if any, names the service.

    .. math:: y_{bsm} = 0 \quad \text{if } allowed_b \ne \emptyset \text{ and } s \notin allowed_b

    The list comes from the regulatory plan or from a list of uses of heritage buildings. Source:
    policies P011, P078, P107.
    """
    del reach
    lists = [items_of(text) for text in instance.buildings["allowed_services"]]
    pairs = zip(rows["building"], rows["service_id"], strict=True)
    out = np.array([bool(lists[b]) and s not in lists[b] for b, s in pairs], bool)
    field = pd.Series("allowed_services", index=rows.index, dtype=object)
    return ruling(rows, out, "not_planned", field=field)
