"""Whether pools of something can meet demands on some of them, as a maximum flow."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

Node = tuple[str, object]
Arcs = dict[Node, dict[Node, int]]

_SOURCE: Node = ("source", "")
_SINK: Node = ("sink", "")


def unmet(
    demands: Iterable[tuple[frozenset[str], int]], pools: Mapping[str, int]
) -> tuple[int, frozenset[str]]:
    """Return how much of the demands no split among pools meets, and the pools that run dry.

    Parameters
    ----------
    demands
        Which pools may meet it, and how much it is.
    pools
        Amount of each pool.

    Returns
    -------
    Amount that is lacking, and the pools whose demands exceed them together by just as much.
    """
    residual: Arcs = {_SOURCE: {}, _SINK: {}}
    total = 0
    for allowed, amount in demands:
        node: Node = ("demand", allowed)
        total += amount
        residual[_SOURCE][node] = residual[_SOURCE].get(node, 0) + amount
        residual.setdefault(node, {_SOURCE: 0})
        for pool in allowed:
            residual[node]["pool", pool] = residual[node].get(("pool", pool), 0) + amount
            residual.setdefault(("pool", pool), {_SINK: pools[pool]}).setdefault(node, 0)
            residual[_SINK].setdefault(("pool", pool), 0)
    met = 0
    while True:
        came_from = _search(residual)
        if _SINK not in came_from:
            dry = frozenset(str(name) for kind, name in came_from if kind == "pool")
            return total - met, dry
        met += _push(residual, came_from)


def _search(residual: Arcs) -> dict[Node, Node]:
    """Return the nodes that more could flow to, each with the one before it."""
    came_from: dict[Node, Node] = {_SOURCE: _SOURCE}
    queue = deque([_SOURCE])
    while queue:
        node = queue.popleft()
        for following, left in residual[node].items():
            if left > 0 and following not in came_from:
                came_from[following] = node
                queue.append(following)
    return came_from


def _push(residual: Arcs, came_from: Mapping[Node, Node]) -> int:
    """Send as much as fits along the way that was found, and return it."""
    way = []
    node = _SINK
    while node != _SOURCE:
        way.append((came_from[node], node))
        node = came_from[node]
    amount = min(residual[tail][head] for tail, head in way)
    for tail, head in way:
        residual[tail][head] -= amount
        residual[head][tail] += amount
    return amount
