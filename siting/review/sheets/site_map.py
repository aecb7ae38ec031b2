"""A small map of one site: where it stands, and where those live whom it serves."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siting.instance.instance import Instance
from siting.report.basemap import (
    GREY,
    INK,
    LINE,
    STREET,
    draw_scale,
    rings,
    service_symbols,
    street_lines,
    zone_shapes,
)
from siting.report.fonts import map_font
from siting.solution import Solution

_SIZE_IN = (3.1, 2.7)
_DPI = 160
_LEAST_M = 300.0
_PAD = 0.12


class SiteMaps:
    """Draws the sites of one plan; what all maps show is gathered once.

    Parameters
    ----------
    instance
        The town at the end of the plan.
    at_end
        What is open then, and who is served.
    """

    def __init__(self, instance: Instance, at_end: Solution) -> None:
        import shapely

        self._places = instance.demand.set_index("demand_id")[["x", "y"]].astype(float)
        self._buildings = instance.buildings.set_index("building_id")[["x", "y"]].astype(float)
        self._service = at_end.service
        lines = street_lines(instance)
        self._streets = np.array([shapely.linestrings(line) for line in lines], dtype=object)
        self._tree = shapely.STRtree(self._streets)
        self._borders = rings(zone_shapes(instance))
        self._symbols = service_symbols(instance)

    def draw(self, building_id: str) -> bytes:
        """Return the map of a building as PNG: the people it serves in the colours of services."""
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        served = self._service[self._service["place_id"] == building_id]
        site = self._buildings.loc[building_id].to_numpy(float)
        people = self._places.loc[served["demand_id"].unique()].to_numpy(float)
        low, high = _frame(site, people)
        picture = BytesIO()
        with mpl.rc_context({"font.family": [map_font()], "axes.unicode_minus": False}):
            figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor="white")
            FigureCanvasAgg(figure)
            axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
            axes.set_xlim(low[0], high[0])
            axes.set_ylim(low[1], high[1])
            axes.set_xticks([])
            axes.set_yticks([])
            for spine in axes.spines.values():
                spine.set_color(LINE)
            self._ground(axes, low, high)
            others = self._places.to_numpy(float)
            axes.scatter(others[:, 0], others[:, 1], s=5, color=LINE, lw=0, zorder=3)
            for service_id, (colour, marker) in self._symbols.items():
                own = served.loc[served["service_id"] == service_id, "demand_id"].unique()
                if not len(own):
                    continue
                points = self._places.loc[own].to_numpy(float)
                axes.scatter(
                    points[:, 0], points[:, 1], s=20, color=colour, marker=marker, lw=0, zorder=4
                )
            axes.scatter(
                site[0], site[1], s=190, marker="*", color="#FFC400", edgecolors=INK, lw=0.8,
                zorder=8,
            )  # fmt: skip
            draw_scale(axes)
            figure.savefig(picture, format="png")
        return picture.getvalue()

    def _ground(self, axes: Any, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        import shapely
        from matplotlib.collections import LineCollection

        window = shapely.box(*low, *high)
        near = [np.asarray(s.coords) for s in self._streets[self._tree.query(window)]]
        axes.add_collection(LineCollection(near, colors=STREET, lw=0.6, zorder=1))
        axes.add_collection(LineCollection(self._borders, colors=GREY, lw=0.8, zorder=2))


def _frame(
    site: NDArray[np.float64], people: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower left and the upper right of a map that shows a site and its people."""
    points = np.vstack([site[None], people])
    low, high = points.min(axis=0), points.max(axis=0)
    centre, size = (low + high) / 2, np.maximum((high - low) * (1 + 2 * _PAD), 2 * _LEAST_M)
    wanted = np.array(_SIZE_IN)
    half = wanted * (size / wanted).max() / 2
    return centre - half, centre + half
