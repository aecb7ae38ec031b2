"""The review layer as GeoJSON, properties as they are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from siting.errors import InstanceError
from siting.geo import WGS84
from siting.instance.formats import decode
from siting.review.returns.checks import Spot
from siting.review.returns.returned import Return, make_return


def read_geojson(path: Path, file: str) -> Return:
    """Return a collection of features as a review layer.

    Lon and lat of WGS 84, as RFC 7946 has it, unless an older ``crs`` member says otherwise.

    Raises
    ------
    InstanceError
        When it is no such collection.
    """
    spot = Spot(file=file)
    try:
        content = json.loads(decode(path.read_bytes(), file))
        features = content["features"]
        rows = [dict(feature["properties"] or {}) for feature in features]
        shapes = [_shape(feature.get("geometry")) for feature in features]
        crs = str(content.get("crs", {}).get("properties", {}).get("name", WGS84))
    except json.JSONDecodeError as error:
        what = (f"no JSON from line {error.lineno} on", f"第 {error.lineno} 行起不是 JSON")
        raise InstanceError(file, [spot.about("damaged", what=what)]) from None
    except (KeyError, TypeError, AttributeError, ValueError):
        what = ("no FeatureCollection of GeoJSON", "不是 GeoJSON 要素集合")
        raise InstanceError(file, [spot.about("damaged", what=what)]) from None
    names = list(dict.fromkeys(name for row in rows for name in row))
    return make_return(
        spot,
        names,
        [[row.get(name) for row in rows] for name in names],
        [f"feature {number}" for number in range(1, len(rows) + 1)],
        shapes=shapes,
        crs=crs,
    )


def _shape(geometry: object) -> Any:
    import shapely

    if geometry is None:
        return None
    return shapely.from_geojson(json.dumps(geometry), on_invalid="ignore")
