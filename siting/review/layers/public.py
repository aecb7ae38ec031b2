"""The public edition: sites marked sensitive leave nothing that tells where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from siting.report.labels import Lang
from siting.review.layers.layer import Layer
from siting.review.layers.run_layers import served_by
from siting.review.run import ReviewedRun

_SAYS_WHERE = ("address", "owner", "earlier")
"""Columns emptied beside the shape; the name gives way to the id.

What reviewers wrote earlier may say anything."""


def sensitive_places(run: ReviewedRun) -> set[str]:
    """Return the sensitive buildings, and the facilities in them, by id."""
    instance = run.instance
    marked = instance.buildings["sensitive"].map(lambda value: bool(value) and not pd.isna(value))
    buildings = set(instance.buildings.loc[marked.astype(bool), "building_id"])
    inside = instance.facilities["building_id"].isin(buildings)
    return buildings | set(instance.facilities.loc[inside, "facility_id"])


def public_edition(layers: Mapping[str, Layer], run: ReviewedRun, lang: Lang) -> dict[str, Layer]:
    """Return layers in which sensitive sites have no shape, name, address, owner or words.

    Lines to them and areas around them are left out; demand points do not say that they are
    served there. Their rows in the other layers stay, by id, with the facts of the plan.
    """
    hidden = sensitive_places(run)
    if not hidden:
        return dict(layers)
    return {name: _without(layer, hidden, run, lang) for name, layer in layers.items()}


def _without(layer: Layer, hidden: set[str], run: ReviewedRun, lang: Lang) -> Layer:
    table = layer.table.copy()
    if layer.name == "demand":
        table["served_by"] = served_by(run, table["demand_id"], hidden, lang)
    elif layer.name == "allocation":
        table = table[~table["place_id"].isin(hidden)].reset_index(drop=True)
    elif layer.name == "reach_areas":
        table = table[~table["building_id"].isin(hidden)].reset_index(drop=True)
    else:
        for key in ("facility_id", "building_id"):
            if key in table and layer.shape:
                own = table[key].isin(hidden).to_numpy(bool)
                table.loc[own, "geometry"] = None
                table.loc[own, "name"] = table.loc[own, key]
                for column in _SAYS_WHERE:
                    if column in table:
                        table[column] = table[column].astype(object)
                        table.loc[own, column] = None
    return replace(layer, table=table)
