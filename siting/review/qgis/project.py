"""The QGIS project inside a review file: layer tree, groups, styles, extent.

It names the file it lies in, so that a renamed copy would look for the old file; the styles of
the layers (``layer_styles``) name no file and hold in any copy.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from siting.geo import crs_name, crs_wkt, is_geographic
from siting.report.labels import Lang, in_lang
from siting.review.layers.layer import GROUPS, Layer
from siting.review.qgis.styling import labels_on

PROJECT = "review"
"""Name of the project in the file."""

_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One entry of the layer tree.

    Attributes
    ----------
    layer
        What it shows; `only` restricts it to some rows, as SQL.
    style
        Elements of its style.
    visible
        Whether it is shown at first.
    """

    layer: Layer
    title: str
    style: str
    only: str = ""
    visible: bool = True


def project_row(
    file_name: str, title: str, entries: Sequence[Shown], crs: str, lang: Lang
) -> tuple[str, str, str]:
    """Return name, metadata and content of the project for the table ``qgis_projects``."""
    text = _project(file_name, title, entries, crs, lang)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{PROJECT}.qgs", _STAMP), text)
    metadata = json.dumps({"last_modified_time": "", "last_modified_user": "siting"})
    return PROJECT, metadata, packed.getvalue().hex()


def _project(file_name: str, title: str, entries: Sequence[Shown], crs: str, lang: Lang) -> str:
    system = _spatial_reference(crs)
    ids = {id(entry): _layer_id(file_name, entry) for entry in entries}
    tree = "".join(
        _group(in_lang(lang, en, zh), [e for e in entries if e.layer.name in names], ids, file_name)
        for en, zh, names in GROUPS
    )
    layers = "".join(_map_layer(entry, ids[id(entry)], file_name, system) for entry in entries)
    order = "".join(f'<layer id="{ids[id(entry)]}"/>' for entry in entries)
    west, south, east, north = _extent(entries)
    units = "degrees" if is_geographic(crs) else "meters"
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis projectname={quoteattr(title)} version="3.22.16-Białowieża">'
        f'<homePath path=""/><title>{escape(title)}</title><autotransaction active="0"/>'
        f'<evaluateDefaultValues active="0"/><projectCrs>{system}</projectCrs>'
        f"<layer-tree-group><customproperties/>{tree}</layer-tree-group>"
        f'<mapcanvas name="theMapCanvas" annotationsVisible="1"><units>{units}</units>'
        f"<extent><xmin>{west}</xmin><ymin>{south}</ymin><xmax>{east}</xmax><ymax>{north}</ymax>"
        f"</extent><rotation>0</rotation><destinationsrs>{system}</destinationsrs></mapcanvas>"
        '<ProjectViewSettings UseProjectScales="0"><Scales/>'
        f'<DefaultViewExtent xmin="{west}" ymin="{south}" xmax="{east}" ymax="{north}">{system}'
        "</DefaultViewExtent></ProjectViewSettings>"
        f"<projectlayers>{layers}</projectlayers><layerorder>{order}</layerorder>"
        '<properties><Paths><Absolute type="bool">false</Absolute></Paths>'
        '<SpatialRefSys><ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys>'
        "</properties></qgis>"
    )


def _group(name: str, entries: Sequence[Shown], ids: Mapping[int, str], file_name: str) -> str:
    if not entries:
        return ""
    leaves = "".join(
        f'<layer-tree-layer id="{ids[id(e)]}" name={quoteattr(e.title)} providerKey="ogr" '
        f'source={quoteattr(_source(file_name, e))} legend_exp="" '
        f'checked="{"Qt::Checked" if e.visible else "Qt::Unchecked"}" '
        f'expanded="{int(e.layer.name in ("review", "sites"))}">'
        "<customproperties/></layer-tree-layer>"
        for e in entries
    )
    return (
        f'<layer-tree-group name={quoteattr(name)} checked="Qt::Checked" expanded="1">'
        f"<customproperties/>{leaves}</layer-tree-group>"
    )


def _map_layer(entry: Shown, layer_id: str, file_name: str, system: str) -> str:
    shape = {"Point": "Point", "LineString": "Line", "MultiPolygon": "Polygon"}
    kind = shape.get(entry.layer.shape, "No geometry")
    about = escape(entry.layer.description)
    reference = f"<srs>{system}</srs>" if entry.layer.shape else ""
    return (
        f'<maplayer type="vector" geometry="{kind}" labelsEnabled="{labels_on(entry.style)}" '
        'hasScaleBasedVisibilityFlag="0" readOnly="0" simplifyDrawingHints="0" '
        f'refreshOnNotifyEnabled="0" autoRefreshEnabled="0"><id>{layer_id}</id>'
        f"<datasource>{escape(_source(file_name, entry))}</datasource>"
        f"<layername>{escape(entry.title)}</layername>{reference}"
        f"<resourceMetadata><abstract>{about}</abstract></resourceMetadata>"
        '<provider encoding="UTF-8">ogr</provider>'
        f"{entry.style}</maplayer>"
    )


def _source(file_name: str, entry: Shown) -> str:
    subset = f"|subset={entry.only}" if entry.only else ""
    return f"./{file_name}|layername={entry.layer.name}{subset}"


def _layer_id(file_name: str, entry: Shown) -> str:
    own = uuid5(NAMESPACE_URL, f"{file_name}/{entry.layer.name}/{entry.only}")
    return f"{entry.layer.name}_{str(own).replace('-', '_')}"


def _spatial_reference(crs: str) -> str:
    known = crs.upper().startswith("EPSG:")
    code = crs.split(":")[1] if known else "0"
    return (
        f"<spatialrefsys><wkt>{escape(crs_wkt(crs))}</wkt><proj4></proj4><srsid>0</srsid>"
        f"<srid>{code}</srid><authid>{crs.upper() if known else ''}</authid>"
        f"<description>{escape(crs_name(crs))}</description>"
        "<projectionacronym></projectionacronym><ellipsoidacronym></ellipsoidacronym>"
        f"<geographicflag>{str(is_geographic(crs)).lower()}</geographicflag></spatialrefsys>"
    )


def _extent(entries: Sequence[Shown]) -> tuple[float, float, float, float]:
    """Return the bounds of what is reviewed, of the demand and the zones, with a margin."""
    bounds = [
        entry.layer.table.total_bounds
        for entry in entries
        if entry.layer.shape and entry.layer.name not in {"allocation", "reach_areas"}
    ]
    known = np.array([b for b in bounds if np.isfinite(b).all()] or [[0.0, 0.0, 1.0, 1.0]])
    (west, south), (east, north) = known[:, :2].min(axis=0), known[:, 2:].max(axis=0)
    pad = 0.05 * max(east - west, north - south)
    return float(west - pad), float(south - pad), float(east + pad), float(north + pad)
