"""Several runs in one file, for comparison: each row says of which run it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from siting.report.labels import Lang, in_lang
from siting.review.fields import LAYER, OURS
from siting.review.layers.layer import Layer

SITES = "sites"
"""Layer of the chosen sites of all runs."""


def together(each: Sequence[Mapping[str, Layer]], lang: Lang) -> dict[str, Layer]:
    """Return the layers of several runs as one each.

    Sites take the place of the reviewed layer: without the reviewers' fields, one row per run and
    use, with the number of runs that choose it.
    """
    import geopandas as gpd

    joined: dict[str, Layer] = {}
    for name in dict.fromkeys(name for layers in each for name in layers):
        parts = [_sites(layers[name], lang) if name == LAYER else layers[name]
                 for layers in each if name in layers]  # fmt: skip
        table = pd.concat([part.table for part in parts], ignore_index=True)
        if parts[0].shape:
            table = gpd.GeoDataFrame(table, geometry="geometry", crs=parts[0].table.crs)
        aliases = {key: alias for part in parts for key, alias in part.aliases.items()}
        joined[parts[0].name] = replace(parts[0], table=table, aliases=aliases)
    sites = joined[SITES]
    key = ["building_id", "service_id"]
    counts = sites.table.groupby(key)["run_id"].transform("nunique")
    table = sites.table.assign(in_runs=counts)
    alias = in_lang(lang, "Runs that choose it", "选用该场所的方案数")
    joined[SITES] = replace(sites, table=table, aliases={**sites.aliases, "in_runs": alias})
    return {SITES: joined.pop(SITES), **joined}


def _sites(layer: Layer, lang: Lang) -> Layer:
    table = layer.table[layer.table["module_id"].notna()]
    table = table.drop_duplicates(["building_id", "service_id"])[[*OURS, "geometry"]]
    return replace(
        layer,
        name=SITES,
        table=table,
        title=in_lang(lang, "Chosen sites by run", "各方案选定场所"),
        description=in_lang(
            lang, "Compare runs by run_id; nothing to fill in", "按方案编号比较，无须填写"
        ),
        aliases={name: layer.aliases[name] for name in OURS},
        choices={k: v for k, v in layer.choices.items() if k in OURS},
        ranges={},
    )
