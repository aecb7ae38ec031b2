"""The same runs on a Ray cluster of two nodes, also when one of them is killed."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_running import PROVEN, TINY, assert_same
from towns import random_town

from siting.instance.reading import read_instance
from siting.scenarios.case import budget_cases
from siting.scenarios.running.many import Told, Wanted, run_all, run_cases

pytest.importorskip("ray", reason="needs the extra ray")
pytestmark = pytest.mark.slow

HERE = "127.0.0.2"
"""This machine and no other; Ray replaces 127.0.0.1 by an address that others reach."""


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two nodes of one processor each, beside one for this process that has none."""
    from siting.scenarios.running.executors import (
        ray as executor,  # sets what Ray reads when it is loaded
    )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Ray's own helper leaves open
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": False, "node_ip_address": HERE}
        made = Cluster(initialize_head=True, head_node_args=head)
        nodes = [made.add_node(num_cpus=1, node_ip_address=HERE) for _ in range(2)]
        executor.ray.init(address=made.address, log_to_driver=False, _node_ip_address=HERE)
        try:
            yield made, nodes
        finally:
            executor.ray.shutdown()
            made.shutdown()


@pytest.mark.usefixtures("cluster")
def test_two_nodes_give_what_one_process_gives(tmp_path: Path) -> None:
    towns = [random_town(seed).replace(name=f"town-{seed}") for seed in range(6)]
    wanted = [
        Wanted(base=t, instance_path=Path(t.name), cases=tuple(budget_cases(t, [0, 15, 30, 60])))
        for t in towns
    ]
    serial = run_all(wanted, PROVEN, root=tmp_path / "serial")
    runs = run_all(wanted, PROVEN, executor="ray", workers=2, root=tmp_path / "ray")
    for one, other in zip(runs, serial, strict=True):
        assert_same(one, other)
    assert not any(run.reused for one in runs for run in one)


def test_a_killed_node_loses_only_its_own_run(cluster: Any, tmp_path: Path) -> None:
    """As soon as both nodes are at work one is killed; what is left does all."""
    made, nodes = cluster
    tiny = read_instance(TINY)[0]
    cases = budget_cases(tiny, range(0, 200, 20))
    told: list[Told] = []

    def kill_one(news: Told) -> None:
        told.append(news)
        if len(news.running) == 2 and news.done >= 1 and len(nodes) == 2:
            made.remove_node(nodes.pop(), allow_graceful=False)

    runs = run_cases(
        tiny, TINY, cases, PROVEN, executor="ray", workers=2, root=tmp_path / "ray", watch=kill_one
    )
    serial = run_cases(tiny, TINY, cases, PROVEN, root=tmp_path / "serial")
    assert len(nodes) == 1
    assert_same(runs, serial)
    assert (told[-1].done, told[-1].failed, told[-1].retried) == (10, 0, 1)
    assert sum(len(run.notes) for run in runs) == 1
