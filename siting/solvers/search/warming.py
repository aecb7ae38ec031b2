"""Compiling the search beside other work, the first time that it is needed."""

from __future__ import annotations

import atexit
import logging
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

import siting
from siting.caching import compiled_folder

log = logging.getLogger(__name__)

_DONE = "search"
"""File that says that all of the search has been compiled."""

_CODE = """
import sys
sys.path.insert(0, sys.argv[1])
from siting.solvers.search.warming import compile_search
compile_search()
"""


class Warming:
    """A process that compiles the search, where that has not been done yet.

    It takes half a minute, once for a version: enough to break a limit of time, and not to be
    interrupted, so that it is not done in the process that plans.
    """

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        if not (compiled_folder() / _DONE).exists():
            log.info("compiling the search, once ...")
            command = [sys.executable, "-c", _CODE, str(Path(siting.__file__).parents[1])]
            self.process = subprocess.Popen(  # noqa: S603  our own code
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            atexit.register(self.process.kill)

    def wait(self, seconds: float) -> bool:
        """Return whether the search is compiled, after so many seconds at most."""
        if self.process is None:
            return True
        try:
            return self.process.wait(min(seconds, threading.TIMEOUT_MAX)) == 0
        except subprocess.TimeoutExpired:
            return False


def compile_search() -> None:
    """Compile the search by using it on a tiny district."""
    from siting.instance.generate.district import generate_district
    from siting.model.build import build_model
    from siting.reach import find_reach
    from siting.solvers.control import Control
    from siting.solvers.search.local import search_openings
    from siting.travel.measure import measure_travel

    rng = np.random.default_rng(1)
    district = generate_district(rng, points=40, buildings=6, services=2, budget_share=0.3)
    model = build_model(district, find_reach(district, measure_travel(district)))
    guide = np.full(model.decisions.count, 0.4)
    for start in (None, np.zeros(len(model.decisions.conversions), bool)):
        search_openings(model, start=start, guide=guide, control=Control(), rng=rng, rounds=20)
    (compiled_folder() / _DONE).touch()
