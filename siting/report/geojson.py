"""plan.geojson: the chosen sites for the web, RFC 7946."""

from __future__ import annotations

import json
from pathlib import Path

from siting.geo import to_lonlat
from siting.report.results import Results
from siting.report.tables import told

_DECIMALS = 7  # about a centimetre


def write_geojson(path: Path, results: Results) -> None:
    """Write one point per chosen conversion, lon and lat of WGS 84.

    What is made up in the data stands as ``synthetic`` beside the features.
    """
    instance = results.instance
    places = instance.buildings.set_index("building_id")[["x", "y"]].astype(float)
    own = places.loc[results.chosen["building_id"]]
    lon, lat = to_lonlat(own["x"].to_numpy(), own["y"].to_numpy(), instance.settings.crs)
    shown = told(results.chosen, results.planned)
    sites = shown.astype(object).where(shown.notna(), None)
    yearly = results.planned.settings.plan.yearly
    key_columns = ["building_id", "service_id", *(["module_id", "year"] if yearly else [])]
    features = [
        {
            "type": "Feature",
            "id": "/".join(str(site[key]) for key in key_columns),
            "geometry": {
                "type": "Point",
                "coordinates": [round(float(east), _DECIMALS), round(float(north), _DECIMALS)],
            },
            "properties": site,
        }
        for east, north, site in zip(lon, lat, sites.to_dict("records"), strict=True)
    ]
    collection: dict[str, object] = {"type": "FeatureCollection", "features": features}
    if instance.settings.synthetic:
        collection["synthetic"] = instance.settings.synthetic
    text = json.dumps(collection, ensure_ascii=False, indent=1, default=lambda value: value.item())
    path.write_text(text + "\n", encoding="utf-8")
