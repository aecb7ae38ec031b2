"""A limit of memory stops a search, and refuses a model that could never be written."""

import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest
from small_towns import clinics, model_of

from siting.errors import InstanceError
from siting.instance.generate.district import generate_district
from siting.model.build import compact
from siting.solution import Limit
from siting.solvers.control import Control
from siting.solvers.engines import engine_named
from siting.solvers.memory import (
    BYTES_PER_GIB,
    compact_bytes,
    refuse_too_large,
    resident_bytes,
    within_memory,
)

NOTHING_GIB = 1e-6
PLENTY_GIB = 1e6


def district(points=1000, buildings=40):
    rng = np.random.default_rng(1)
    return generate_district(rng, points=points, buildings=buildings, services=5)


def test_a_search_over_the_limit_stops_and_says_why():
    """Proving this district takes minutes."""
    program = compact(model_of(district()))
    control = Control(deadline=time.monotonic() + 60)
    began = time.monotonic()
    with within_memory(control, NOTHING_GIB):
        outcome = engine_named("highs")(
            program, program.tiers[0], gap=0.0, start=None, control=control
        )
    assert outcome.status == "limit"
    assert control.limit_hit() == Limit.MEMORY
    assert time.monotonic() - began < 30


def test_what_fits_is_left_alone():
    control = Control()
    with within_memory(control, PLENTY_GIB):
        time.sleep(0.3)
    with within_memory(control, None):
        pass
    assert not control.cancelled.is_set()
    assert control.limit_hit() == Limit.TIME


def test_an_interrupt_is_no_want_of_memory():
    control = Control()
    control.cancelled.set()
    assert control.limit_hit() == Limit.INTERRUPT
    assert control.within(1).limit_hit() == Limit.INTERRUPT


def test_what_is_held_counts_children():
    before = resident_bytes()
    held = np.ones(80_000_000 // 8)  # more than the allocator keeps for later
    assert resident_bytes() - before > 0.9 * held.nbytes
    code = "x = bytearray(50_000_000); print(1, flush=True); input()"
    with subprocess.Popen(  # noqa: S603  our own Python
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        if sys.platform == "linux":
            assert resident_bytes() - before > held.nbytes + 40_000_000
        child.communicate(b"\n")


def test_a_model_is_refused_before_it_is_written():
    model = model_of(clinics())
    refuse_too_large(model, None)
    refuse_too_large(model, PLENTY_GIB)
    with pytest.raises(InstanceError) as raised:
        refuse_too_large(model, 0.001)
    (finding,) = raised.value.findings
    assert (finding.place, finding.value) == ("--memory-limit", "0.001")
    assert finding.rule.startswith("the written model alone takes about ")


@pytest.mark.parametrize(("points", "buildings"), [(1000, 40), (2000, 60)])
def test_the_estimate_is_near_what_writing_takes(points, buildings):
    model = model_of(district(points, buildings))
    tracemalloc.start()
    program = compact(model)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert program.size[1] > 1000
    assert 0.8 * peak < compact_bytes(model) < 2 * peak < BYTES_PER_GIB
