"""Time the ways of a town of blocks: `python benchmarks/travel.py [NODES_PER_SIDE]`.

448 per side (200,704 nodes, 20,000 points, 2,000 places, at most 1,200 m) is the size for which
scipy's search was chosen over compiled code of our own.
"""

import sys
from time import perf_counter

import numpy as np
import shapely

from siting.travel.network import Streets
from siting.travel.snapping import snap
from siting.travel.ways import network_ways

BLOCK_M = 100.0


def blocks(side: int) -> Streets:
    node = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    ends = np.stack(np.divmod(np.stack([tail, head], axis=1), side), axis=2) * BLOCK_M
    return Streets(
        tail=tail,
        head=head,
        length_dm=np.full(len(tail), int(BLOCK_M * 10)),
        shape=np.asarray(shapely.linestrings(ends)),
        node_count=node.size,
    )


def main(side: int) -> None:
    rng = np.random.default_rng(1)
    streets = blocks(side)
    points = rng.uniform(0, (side - 1) * BLOCK_M, (2, streets.node_count // 10))
    start = perf_counter()
    demand, places = snap(streets, *points), snap(streets, *points[:, : points.shape[1] // 10])
    snapped = perf_counter()
    ways = network_ways(streets, demand, places, limit_dm=12_000, max_connector_dm=3_000)
    searched = perf_counter()
    print(f"{streets.node_count:,} nodes, {len(demand):,} points, {len(places):,} places")
    print(f"snap {snapped - start:.2f} s, search {searched - snapped:.2f} s")
    print(f"{len(ways.demand):,} ways of at most 1,200 m")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 448)
