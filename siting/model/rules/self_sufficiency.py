"""Rule `self_sufficiency`."""

from __future__ import annotations

from collections.abc import Iterator

from siting.model.decisions import Decisions
from siting.model.program import Row
from siting.model.rules.offering import need_in, places_in, supply_row
from siting.model.zones import zones_named


def self_sufficiency(decisions: Decisions) -> Iterator[Row]:
    r"""Each zone has capacity for a share of its own need, were its borders closed.

    .. math:: \sum_{c \in z \text{ open in the last year}} cap_{cs} \, y_c + existing_{sz}
        \ge share \cdot need_{sz}

    A place without a limit is enough. Source: policy P098, our reading: emergency zones with closed
    borders.
    """
    year = decisions.last_year
    for setting in decisions.instance.settings.self_sufficiency:
        kind, service_id = setting.zone_kind, setting.service_id
        for zone in zones_named(decisions.instance, kind, setting.zones):
            row = supply_row(
                decisions,
                f"self_sufficiency[{service_id},{zone}]",
                service_id,
                places=places_in(decisions, kind, zone),
                year=year,
                wanted=setting.share * need_in(decisions, service_id, kind, zone, year),
            )
            if row is not None:
                yield row
