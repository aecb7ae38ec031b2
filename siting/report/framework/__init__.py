"""The headings of the city's monitoring of livelihoods, seven haves and five qualities.

`headings.csv` beside this file says which services stand under which heading; it may be edited.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from siting.instance.instance import Instance
from siting.report.balance import of_services
from siting.report.labels import WHOLE_TOWN, Lang, in_lang, zone_names

ALL, OTHER = "all", "other"
"""Heading of all services together, and of those that the file does not name."""


@dataclass(frozen=True, kw_only=True)
class FrameworkHeading:
    """One heading and the services under it."""

    heading_id: str
    set_zh: str
    heading_zh: str
    heading: str
    services: tuple[str, ...] = ()

    def text(self, lang: Lang) -> str:
        """Return the heading in words."""
        return in_lang(lang, self.heading, self.heading_zh)


@cache
def framework_headings() -> tuple[FrameworkHeading, ...]:
    """Return the headings of `headings.csv` in their order."""
    text = (files(__name__) / "headings.csv").read_text(encoding="utf-8-sig")
    rows = csv.DictReader(text.splitlines())
    return tuple(
        FrameworkHeading(
            heading_id=row["heading_id"],
            set_zh=row["set_zh"],
            heading_zh=row["heading_zh"],
            heading=row["heading"],
            services=tuple(filter(None, row["services"].split("|"))),
        )
        for row in rows
    )


def heading_of(service_id: str) -> str:
    """Return the heading that a service stands under; `OTHER` where the file does not name it."""
    for heading in framework_headings():
        if service_id in heading.services:
            return heading.heading_id
    return OTHER


def heading_texts(lang: Lang) -> dict[str, str]:
    """Return every heading in words by id, in order, all services first and the others last."""
    named = {h.heading_id: h.text(lang) for h in framework_headings()}
    whole, other = (("All services", "综合"), ("Other services", "其他服务"))
    return {ALL: in_lang(lang, *whole), **named, OTHER: in_lang(lang, *other)}


def index_table(instance: Instance, balance: pd.DataFrame, lang: Lang = "en") -> pd.DataFrame:
    r"""Return the composite index of each zone of the listing kind, before and after the plan.

    .. math:: index_z = 100 \cdot \frac{\sum_s w_s \, served_{sz} / need_{sz}}{\sum_s w_s}

    over the services under a heading that the zone needs; 100 where all need is served. A service
    of weight 0 counts under its own heading only where all there have none, each alike. The whole
    area comes last.
    """
    weights = of_services(instance, "weight")
    rows = balance.assign(heading=balance["service_id"].map(heading_of))
    whole = rows.assign(zone_id=None)
    sums = pd.concat([rows, whole]).groupby(
        ["zone_id", "heading", "service_id"], dropna=False, sort=False
    )[["need", "served_today", "served_plan"]]
    shares = sums.sum().reset_index()
    shares = shares[shares["need"] > 0].assign(weight=lambda t: t["service_id"].map(weights))
    shares = pd.concat([shares.assign(heading=ALL), shares], ignore_index=True)
    texts, names = heading_texts(lang), zone_names(instance, lang)
    order = {zone_id: i for i, zone_id in enumerate(instance.zones["zone_id"])}
    found = []
    for (zone_id, heading), own in shares.groupby(["zone_id", "heading"], dropna=False, sort=False):
        is_whole = zone_id is None or pd.isna(zone_id)
        if not (is_whole or instance.zone_kind):
            continue
        weight = own["weight"].to_numpy(float)
        if heading != ALL and not weight.any():
            weight = np.ones(len(own))
        if not weight.any():
            continue
        row = {
            "zone_id": "" if is_whole else zone_id,
            "zone": WHOLE_TOWN[lang] if is_whole else names[zone_id],
            "heading_id": heading,
            "heading": texts[heading],
            "order": len(order) + 1 if is_whole else order.get(zone_id, len(order)),
            "at": list(texts).index(heading),
        }
        for when in ("today", "plan"):
            share = (own[f"served_{when}"] / own["need"]).to_numpy(float)
            row[f"index_{when}"] = 100 * float(weight @ share) / float(weight.sum())
        found.append(row | {"change": row["index_plan"] - row["index_today"]})
    columns = ["zone_id", "zone", "heading_id", "heading", "index_today", "index_plan", "change"]
    table = pd.DataFrame(found, columns=[*columns, "order", "at"])
    return table.sort_values(["order", "at"], ignore_index=True)[columns]
