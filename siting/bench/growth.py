"""How seconds grow with size."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from siting.bench.case import OURS, Run
from siting.bench.worker import part_named

_PROVEN = ("optimal", "within_gap", "done")
_LEAST_SPAN = 10


def draw_growth(runs: list[Run], picture: Path) -> bool:
    """Draw the median seconds to proof against size, a panel per part; whether there was any.

    A hollow mark is a run without a proof, at the seconds it spent.
    """
    from matplotlib.figure import Figure

    sized = [run for run in runs if run.case.size and run.measured.proof_s]
    parts = [
        name
        for name in dict.fromkeys(run.case.part for run in sized)
        if len({run.case.size for run in sized if run.case.part == name}) > 1
    ]
    if not parts:
        return False
    figure = Figure(figsize=(4.6 * len(parts), 3.8), layout="constrained")
    for panel, name in zip(figure.subplots(1, len(parts), squeeze=False)[0], parts, strict=True):
        part, own = part_named(name), [run for run in sized if run.case.part == name]
        methods = sorted({run.case.method for run in own}, key=lambda name: (name != OURS, name))
        for number, method in enumerate(methods):
            colour = f"C{number}"
            mine = [run for run in own if run.case.method == method]
            for proven in (True, False):
                shown = [r for r in mine if (r.measured.ended in _PROVEN) == proven]
                panel.scatter(
                    [run.case.size for run in shown],
                    [run.measured.proof_s or 0 for run in shown],
                    s=22,
                    edgecolors=colour,
                    facecolors=colour if proven else "none",
                    label=method
                    if proven == any(r.measured.ended in _PROVEN for r in mine)
                    else "",
                )
            sizes = sorted({run.case.size for run in mine})
            middle = [
                median(run.measured.proof_s or 0 for run in mine if run.case.size == size)
                for size in sizes
            ]
            panel.plot(sizes, middle, color=colour, linewidth=1)
        panel.set(xscale="log", yscale="log", title=part.title, xlabel=part.sized_by)
        panel.set_ylabel("seconds to proof (hollow: none)")
        low, high = panel.get_ylim()
        if high < _LEAST_SPAN * low:  # a narrow scale would make much of little
            middle = (low * high) ** 0.5
            panel.set_ylim(middle / _LEAST_SPAN**0.5, middle * _LEAST_SPAN**0.5)
        panel.grid(visible=True, which="major", linewidth=0.4)
        panel.legend(fontsize=8)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=120)
    return True
