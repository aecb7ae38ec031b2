"""The ground of every map: zones, streets, scale, north; plain enough to print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.report.fonts import drawable
from siting.report.labels import zone_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, LINE, STREET = "#22303F", "#66717E", "#8C99A8", "#DFE3E8"
WARNING = "#A82A1B"
_GROUND = "#F6F7F9"
_PAD = 0.03

NEED_CLASSES: tuple[tuple[float, str, str, str], ...] = (
    (0.5, "#A82A1B", "below 50%", "50%以下"),
    (0.75, "#E4713A", "50–75%", "50–75%"),
    (0.9, "#F5B36B", "75–90%", "75–90%"),
    (0.9995, "#FBE3BC", "90–100%", "90–100%"),
    (math.inf, "#CBD5DF", "all served", "全部服务"),
)
"""Classes of the share of need served: upper end (excluded), colour, label in both languages."""

_COLOURS = (
    "#1F5FA8", "#1B8A5A", "#7B3FA0", "#00838F", "#C2185B", "#5D4037", "#558B2F", "#263238",
    "#8E6BBF", "#B08900", "#3FA7D6", "#E26FA8",
)  # fmt: skip
_MARKERS = ("o", "s", "^", "D", "v", "P", "h")
MARKER_SCALE = {"s": 0.9, "D": 0.85, "^": 1.1, "v": 1.1, "P": 1.15}
"""Factor on a marker's diameter that makes all markers look equally large."""


def service_symbols(instance: Instance) -> dict[str, tuple[str, str]]:
    """Return colour and marker of each service by id, in the order of ranks."""
    services = instance.services.sort_values(["rank", "service_id"], kind="stable")
    return {
        str(s): (_COLOURS[i % len(_COLOURS)], _MARKERS[i % len(_MARKERS)])
        for i, s in enumerate(services["service_id"])
    }


def need_colours(shares: NDArray[np.float64]) -> list[str]:
    """Return the colour of each share of need served."""
    ends = [end for end, *_ in NEED_CLASSES]
    classes = np.searchsorted(ends, shares, side="right")
    return [NEED_CLASSES[i][1] for i in np.minimum(classes, len(ends) - 1)]


def zone_shapes(instance: Instance) -> pd.Series[Any]:
    """Return the shapes of the zones of the listing kind by id; empty where none are given."""
    import shapely

    zones = instance.zones[instance.zones["kind"] == instance.zone_kind]
    known = zones[zones["geometry"].notna() & zones["geometry"].ne("")]
    return pd.Series(shapely.from_wkt(known["geometry"].to_numpy(object)), index=known["zone_id"])


def ground_bounds(instance: Instance) -> NDArray[np.float64]:
    """Return ``[[x_low, y_low], [x_high, y_high]]`` of demand and zones, with a margin."""
    points = [instance.demand[["x", "y"]].to_numpy(float), *rings(zone_shapes(instance))]
    low = np.min([p.min(axis=0) for p in points], axis=0)
    high = np.max([p.max(axis=0) for p in points], axis=0)
    pad = max(_PAD * float((high - low).max()), 1.0)
    return np.array([low - pad, high + pad])


def draw_ground(
    axes: Axes, instance: Instance, *, avoid: NDArray[np.float64] | None = None
) -> None:
    """Draw zones, set the limits and take the frame away; a large map has streets and names.

    Parameters
    ----------
    avoid
        For a large map: points that the names of the zones keep clear of, metres, shape (n, 2).
    """
    from matplotlib.collections import LineCollection, PolyCollection

    box = axes.get_window_extent()
    (low, high), wanted = ground_bounds(instance), np.array([box.width, box.height])
    size = wanted * ((high - low) / wanted).max()
    centre = (low + high) / 2
    axes.set_xlim(centre[0] - size[0] / 2, centre[0] + size[0] / 2)
    axes.set_ylim(centre[1] - size[1] / 2, centre[1] + size[1] / 2)
    axes.set_axis_off()
    shapes = zone_shapes(instance)
    parts = rings(shapes)
    axes.add_collection(PolyCollection(parts, facecolors=_GROUND, edgecolors="none", zorder=0))
    axes.add_collection(PolyCollection(parts, facecolors="none", edgecolors=LINE, lw=0.9, zorder=2))
    if avoid is not None:
        streets = LineCollection(street_lines(instance), colors=STREET, lw=0.5, zorder=1)
        axes.add_collection(streets)
        _name_zones(axes, instance, shapes, avoid)


def point_sizes(axes: Axes, people: NDArray[np.float64], *, filled: float) -> NDArray[np.float64]:
    """Return areas (points squared) in proportion to people, together `filled` of the map."""
    box = axes.get_window_extent()
    dpi = axes.figure.dpi
    area = box.width * box.height * (72 / dpi) ** 2
    total = max(float(people.sum()), 1e-9)
    return np.clip(people * (filled * area / total), 1.0, 120.0)


def metres_per_point(axes: Axes) -> float:
    """Return the length on the ground of one typographic point on the map."""
    low, high = axes.get_xlim()
    return float(high - low) / (axes.get_window_extent().width * 72 / axes.figure.dpi)


def draw_scale(axes: Axes) -> None:
    """Draw a scale bar at the lower left and a north arrow at the upper left."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    length = _nice((right - left) / 5)
    x, y, height = left + 0.015 * (right - left), low + 0.02 * (high - low), 0.006 * (high - low)
    for i, colour in enumerate((INK, "white")):
        start = x + i * length / 2
        axes.fill(
            [start, start + length / 2, start + length / 2, start],
            [y, y, y + height, y + height],
            facecolor=colour, edgecolor=INK, lw=0.7, zorder=9,
        )  # fmt: skip
    for metres in (0.0, length):
        axes.text(
            x + metres, y + 2 * height, f"{metres / 1000:g}", ha="center", va="bottom",
            fontsize=7, color=INK, zorder=9,
        )  # fmt: skip
    axes.text(x + 1.06 * length, y - 0.4 * height, "km", fontsize=7, color=INK, zorder=9)
    axes.annotate(
        "N", xy=(0.03, 0.985), xytext=(0.03, 0.93), xycoords="axes fraction", ha="center",
        va="center", fontsize=10, color=INK,
        arrowprops={"arrowstyle": "-|>,head_width=0.35,head_length=0.7", "color": INK, "lw": 1.2},
    )  # fmt: skip


def write_within(
    figure: Figure, x: float, y: float, text: str, *, size: float, colour: str, **look: Any
) -> None:
    """Write one line at a place of the figure, smaller where it would reach beyond the edge."""
    written = figure.text(x, y, drawable(text), fontsize=size, color=colour, va="center", **look)
    room = (1 - 2 * x) * figure.bbox.width
    width = written.get_window_extent().width
    if width > room:
        written.set_fontsize(size * room / width)


def draw_notice(figure: Figure, x: float, y: float, synthetic: str) -> None:
    """Write what is made up in the data so that nobody misses it; nothing where nothing is."""
    if synthetic:
        box = {"facecolor": "#FFF2CC", "edgecolor": "none", "pad": 2.5}
        write_within(figure, x, y, synthetic, size=8, colour="#7F6000", bbox=box)


def halo(width: float = 2.0) -> Sequence[Any]:
    """Return the path effect that sets text off from the map."""
    from matplotlib import patheffects

    return [patheffects.withStroke(linewidth=width, foreground="white")]


def _name_zones(
    axes: Axes, instance: Instance, shapes: pd.Series[Any], avoid: NDArray[np.float64]
) -> None:
    names, names_zh = zone_names(instance, "en"), zone_names(instance, "zh")
    for zone_id, shape in shapes.items():
        x, y = _clear_point(shape, avoid)
        lines = dict.fromkeys([names_zh[str(zone_id)], names[str(zone_id)]])
        axes.text(
            x, y, drawable("\n".join(lines)), ha="center", va="center", fontsize=8, color=GREY,
            linespacing=1.15, zorder=7, path_effects=halo(2.5),
        )  # fmt: skip


def _clear_point(shape: Any, avoid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a point inside a shape, as far from its border and from the points as can be."""
    import shapely

    left, low, right, high = shape.bounds
    grid = np.stack(
        np.meshgrid(np.linspace(left, right, 24), np.linspace(low, high, 24)), axis=-1
    ).reshape(-1, 2)
    grid = grid[shapely.contains_xy(shape, grid)]
    if not len(grid):
        return np.asarray(shape.representative_point().coords[0])
    clear = shapely.distance(shape.boundary, shapely.points(grid))
    if len(avoid):
        # Names are wide and low: what lies beside them is in the way sooner.
        away = np.abs(grid[:, None, :] - avoid[None]) * np.array([0.5, 1.0])
        clear = np.minimum(clear, np.hypot(*np.moveaxis(away, 2, 0)).min(axis=1))
    return np.asarray(grid[int(np.argmax(clear))], float)


def rings(shapes: pd.Series[Any]) -> list[NDArray[np.float64]]:
    """Return the outer borders of all parts of shapes, each of shape (n, 2)."""
    import shapely

    return [
        np.asarray(part.exterior.coords)[:, :2]
        for shape in shapes
        for part in shapely.get_parts(shape)
    ]


def street_lines(instance: Instance) -> list[NDArray[np.float64]]:
    """Return the streets as lines; the chord where an edge has no shape of its own."""
    import shapely

    nodes = instance.network_nodes.set_index("node_id")[["x", "y"]]
    edges = instance.network_edges
    if edges.empty:
        return []
    shaped = (edges["geometry"].notna() & edges["geometry"].ne("")).to_numpy(bool)
    chords = edges[~shaped]
    ends = np.stack(
        [nodes.loc[chords["u"]].to_numpy(float), nodes.loc[chords["v"]].to_numpy(float)], axis=1
    )
    curves = shapely.from_wkt(edges.loc[shaped, "geometry"].to_numpy(object))
    return [*ends, *(np.asarray(curve.coords)[:, :2] for curve in curves)]


def _nice(length: float) -> float:
    """Return the largest of 1, 2, 5 x 10^k that is no longer than a length."""
    power = 10.0 ** math.floor(math.log10(length))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= length)
