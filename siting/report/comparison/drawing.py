"""What the pictures of a comparison share: figures, texts in both languages, numbered marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from siting.report.basemap import GREY, INK, LINE, draw_notice, write_within
from siting.report.comparison.naming import run_title
from siting.report.fonts import drawable, map_font
from siting.report.labels import Lang, title
from siting.scenarios.comparing.comparison import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

BLUE, PALE_BLUE, ORANGE, GAIN, LOSS = "#1F5FA8", "#C9DAEC", "#D9722E", "#1B8A5A", "#C0392B"
DPI = 150


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with the font of the package."""
    import matplotlib as mpl

    with mpl.rc_context({"font.family": [map_font()], "axes.unicode_minus": False}):
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def axes_at(
    figure: Figure, left_in: float, low_in: float, width_in: float, height_in: float
) -> Axes:
    """Return axes at a place given in inches."""
    across, along = figure.get_size_inches()
    return figure.add_axes((left_in / across, low_in / along, width_in / across, height_in / along))


def as_png(figure: Figure, comparison: Comparison) -> bytes:
    """Return a figure as PNG."""
    picture = BytesIO()
    figure.savefig(picture, format="png", metadata={"Title": title(comparison.base, "en")})
    return picture.getvalue()


def both(lang: Lang, en: str, zh: str, separator: str = "  ") -> str:
    """Return a text in both languages, the reader's first."""
    pair = (zh, en) if lang == "zh" else (en, zh)
    return drawable(separator.join(dict.fromkeys(pair)))


def heading(figure: Figure, comparison: Comparison, lang: Lang, en: str, zh: str) -> None:
    """Write what the picture shows, of which town, and what is made up in its data."""
    other: Lang = "en" if lang == "zh" else "zh"
    height = figure.get_figheight()
    x = 0.35 / figure.get_figwidth()
    town = " · ".join(dict.fromkeys([title(comparison.base, lang), title(comparison.base, other)]))
    write_within(figure, x, 1 - 0.38 / height, both(lang, en, zh), size=17, colour=INK)
    write_within(figure, x, 1 - 0.72 / height, town, size=10, colour=GREY)
    credit = comparison.base.settings.credit
    if credit:
        figure.text(
            1 - x, 0.18 / height, drawable(credit), fontsize=7, color=GREY, ha="right", va="center"
        )
    draw_notice(figure, x, 0.18 / height, comparison.base.settings.synthetic)


def titles_of(comparison: Comparison, labels: Sequence[str], lang: Lang) -> dict[str, str]:
    """Return what the runs are called, as the font can write it."""
    return {label: drawable(run_title(comparison, label, lang)) for label in labels}


def clear_frame(axes: Axes, *, keep: Sequence[str] = ("bottom",)) -> None:
    """Take the frame away but for some sides; ticks small and grey."""
    for side in ("top", "left", "right", "bottom"):
        axes.spines[side].set_visible(side in keep)
        axes.spines[side].set_color(LINE)
    axes.tick_params(labelsize=8, colors=GREY, length=3)


def fit(text: Text, room_in: float, *, least: float = 6.2) -> None:
    """Make a text smaller, at last shorter, where it is wider than its room."""
    figure = text.get_figure(root=True)
    if figure is None:
        return
    room = room_in * figure.dpi

    def width() -> float:
        return float(text.get_window_extent().width)

    if width() > room:
        text.set_fontsize(max(least, 0.97 * float(text.get_fontsize()) * room / width()))
    while width() > room and len(text.get_text()) > 1:
        text.set_text(text.get_text().rstrip("…")[:-1] + "…")


def number_offsets(places: NDArray[np.float64], *, room: float = 10.0) -> NDArray[np.float64]:
    """Return where each number stands beside its mark, clear of other marks and numbers.

    Parameters
    ----------
    places
        Marks in points, shape (n, 2).
    room
        Least distance between a number and what else is drawn, in points.

    Returns
    -------
    numpy.ndarray
        Offsets in points, shape (n, 2): above the mark where there is room, else beside it or
        below, else farther away.
    """
    around = np.array([(0, 1), (1, 0.4), (-1, 0.4), (0, -1), (1, -0.7), (-1, -0.7)])
    offsets = np.zeros((len(places), 2))
    taken = list(places)
    for i in np.lexsort((places[:, 1], places[:, 0])):
        others = np.delete(np.array(taken), i, axis=0)
        tried = np.concatenate([around * (room + 1.0) * far for far in (1.0, 1.8, 2.6, 3.4)])
        clear = [
            not len(others) or np.hypot(*(others - places[i] - offset).T).min() >= room - 1.0
            for offset in tried
        ]
        offsets[i] = tried[int(np.argmax(clear))]
        taken.append(places[i] + offsets[i])
    return offsets
