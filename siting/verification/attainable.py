"""Who could be served at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from siting.verification.admission import admitted
from siting.verification.recount import Recount


def attainable(recount: Recount, *service_ids: str) -> NDArray[np.bool_]:
    """Return which units of the services have any place within reach that offers, or could.

    Facilities without a choice, what may be kept, commitments, and new conversions that the rules
    of admission let in.
    """
    options = admitted(recount)
    could = np.zeros(len(recount.units), dtype=bool)
    for service_id in service_ids:
        own = recount.fixed["service_id"] == service_id
        ids = list(recount.fixed.loc[own, "facility_id"])
        ids += [c.building_id for c in options if c.offers_service(service_id)]
        there = np.zeros(len(recount.instance.places), dtype=bool)
        there[recount.place_positions(dict.fromkeys(ids))] = True
        could[recount.ways.within(service_id, there).unit] = True
    return could
