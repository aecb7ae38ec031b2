"""The most need that can be served while openings change: maximum flows kept up to date, compiled.

For fixed openings the most need that a service can serve is a maximum flow from classes of need
through ways to places. Raising a capacity adds augmenting paths that end at the place, lowering one
moves its load elsewhere along augmenting paths and turns away what no path takes; both work level
by level (Dinitz 1970). A service without limits counts, for each class, the open places that reach
it. All amounts are integers of the grid of need, so that every flow is exact.
"""

from __future__ import annotations

from siting.caching import njit
from siting.solvers.search.flow_state import AGE, SEARCHES, Amounts, Network, put


@njit(nogil=True)
def offer(network: Network, amounts: Amounts, place: int, change: int, trial: bool) -> int:
    """Change what is open at a place and return by how much more is served.

    In a trial, which is rolled back, a failed search is remembered only where nothing was moved
    before it.
    """
    ways, classes, places = len(amounts.flow), len(amounts.left), len(amounts.load)
    at_room = ways + classes + places
    before = amounts.stated[place]
    stated = before + change
    put(amounts, at_room + places + place, stated)
    if network.covers[place]:
        if (before > 0) == (stated > 0):
            return 0
        gained = _cover(network, amounts, place, 1 if stated > 0 else -1)
    else:
        old, load = amounts.room[place], amounts.load[place]
        room = max(0, min(stated, network.reachable[place]))
        put(amounts, at_room + place, room)
        gained = 0
        if room > old and load == old:
            gained = _take_in(network, amounts, place, room - load, trial)
        elif room < load:
            moved = _move_off(network, amounts, place, load - room, trial)
            if trial and old > load:  # what was proven without its own room does not hold with it
                amounts.tally[AGE] += 1
                amounts.full_age[network.block[place]] = amounts.tally[AGE]
            gained = moved - (load - room)
            if gained < 0:
                _turn_away(network, amounts, place, -gained)
        put(amounts, ways + classes + place, load + gained if room > old else min(load, room))
        block = network.block[place]
        if not trial and gained < 0:
            amounts.tally[AGE] += 1
            amounts.unmet_age[block] = amounts.tally[AGE]
            amounts.unmet_base[block] = -1
        if not trial and room > amounts.load[place]:
            amounts.tally[AGE] += 1
            amounts.full_age[block] = amounts.tally[AGE]
            amounts.full_base[block] = -1
    at_served = at_room + 2 * places + network.block[place]
    put(amounts, at_served, amounts.all[at_served] + gained)
    return gained


@njit(nogil=True)
def _cover(network: Network, amounts: Amounts, place: int, step: int) -> int:
    ways = len(amounts.flow)
    gained = 0
    for i in range(network.at_start[place], network.at_start[place + 1]):
        need = network.at_need[i]
        reaching = amounts.left[need] + step
        put(amounts, ways + need, reaching)
        if step > 0 and reaching == 1:
            gained += network.need[need]
        elif step < 0 and reaching == 0:
            gained -= network.need[need]
    return gained


@njit(nogil=True)
def _turn_away(network: Network, amounts: Amounts, place: int, amount: int) -> None:
    """Serve so much less at a place."""
    ways = len(amounts.flow)
    for i in range(network.at_start[place], network.at_start[place + 1]):
        way, need = network.at_way[i], network.at_need[i]
        part = min(amount, amounts.flow[way])
        if part > 0:
            put(amounts, way, amounts.flow[way] - part)
            put(amounts, ways + need, amounts.left[need] + part)
            amount -= part
            if amount == 0:
                return


@njit(nogil=True)
def _take_in(network: Network, amounts: Amounts, place: int, limit: int, trial: bool) -> int:
    """Serve up to so much more need, at `place` or where others move to it."""
    age = amounts.unmet_age[network.block[place]]
    base = amounts.unmet_base[network.block[place]]
    taken = 0
    while taken < limit and amounts.no_need[place] not in (age, base):
        depth, reached = _levels_to_need(network, amounts, place)
        if depth < 0:
            if not trial or taken == 0:
                for i in range(reached):
                    amounts.no_need[amounts.queue[i]] = age
            break
        taken += _push_need(network, amounts, place, depth, limit - taken)
    return taken


@njit(nogil=True)
def _levels_to_need(network: Network, amounts: Amounts, place: int) -> tuple[int, int]:
    """Return how many moves the nearest unmet need is away, below 0 for none, and places seen."""
    count, level, stamp, queue = amounts.tally, amounts.level, amounts.stamp, amounts.queue
    count[SEARCHES] += 1
    search = count[SEARCHES]
    age = amounts.unmet_age[network.block[place]]
    base = amounts.unmet_base[network.block[place]]
    at_start, at_need, way_place = network.at_start, network.at_need, network.way_place
    first_way, later_way, left = amounts.first_way, amounts.later_way, amounts.left
    seen, depth = amounts.seen, amounts.depth
    no_need, first = amounts.no_need, amounts.next
    queue[0], level[place], stamp[place] = place, 0, search
    first[place] = at_start[place]
    head, tail, found = 0, 1, -1
    while head < tail:
        here = queue[head]
        head += 1
        if found >= 0 and level[here] > found:
            break
        for i in range(at_start[here], at_start[here + 1]):
            need = at_need[i]
            if seen[need] == search:
                continue
            seen[need], depth[need] = search, level[here]
            if left[need] > 0:
                found = level[here]
                if found == 0:
                    return 0, 1
            elif found < 0:
                way = first_way[need]
                while way >= 0:
                    there = way_place[way]
                    way = later_way[way]
                    failed = no_need[there]
                    if stamp[there] != search and failed not in (age, base):
                        stamp[there] = search
                        level[there] = level[here] + 1
                        first[there] = at_start[there]
                        queue[tail] = there
                        tail += 1
    return found, tail


@njit(nogil=True)
def _push_need(network: Network, amounts: Amounts, place: int, last: int, limit: int) -> int:
    """Serve up to so much more along shortest paths to unmet need."""
    flow, level, path = amounts.flow, amounts.level, amounts.path
    path_in, path_out = amounts.path_in, amounts.path_out
    ways = len(amounts.flow)
    at_start, at_way, at_need = network.at_start, network.at_way, network.at_need
    way_place, left, first = network.way_place, amounts.left, amounts.next
    pushed, d = 0, 0
    path[0] = place
    while True:
        here = path[d]
        advanced = False
        i = first[here]
        end = at_start[here + 1]
        while i < end and not advanced:
            way, need = at_way[i], at_need[i]
            if d == last:
                if left[need] > 0:
                    part = _send(amounts, d, min(limit - pushed, left[need]))
                    put(amounts, way, flow[way] + part)
                    put(amounts, ways + need, left[need] - part)
                    pushed += part
                    if pushed == limit:
                        return pushed
                    back = _exhausted(amounts, d)
                    if back > 0:
                        advanced = True
                        first[here] = i
                        d = back - 1
            else:
                out = _taken_from(network, amounts, need, d)
                if out >= 0:
                    advanced = True
                    first[here] = i
                    d += 1
                    path[d], path_in[d], path_out[d] = way_place[out], way, out
            i += 1
        if not advanced:
            level[here] = -1
            if d == 0:
                return pushed
            d -= 1


@njit(nogil=True)
def _move_off(network: Network, amounts: Amounts, place: int, limit: int, trial: bool) -> int:
    """Serve up to so much of the load of a place elsewhere."""
    age = amounts.full_age[network.block[place]]
    base = amounts.full_base[network.block[place]]
    moved = 0
    while moved < limit and amounts.no_room[place] not in (age, base):
        depth, reached = _levels_to_room(network, amounts, place)
        if depth < 0:
            if not trial or moved == 0:
                for i in range(reached):
                    amounts.no_room[amounts.queue[i]] = age
            break
        moved += _push_load(network, amounts, place, depth, limit - moved)
    return moved


@njit(nogil=True)
def _levels_to_room(network: Network, amounts: Amounts, place: int) -> tuple[int, int]:
    """Return how many moves the nearest room is away, below 0 for none, and places seen."""
    count, level, stamp, queue = amounts.tally, amounts.level, amounts.stamp, amounts.queue
    count[SEARCHES] += 1
    search = count[SEARCHES]
    age = amounts.full_age[network.block[place]]
    base = amounts.full_base[network.block[place]]
    at_start, at_way, at_need = network.at_start, network.at_way, network.at_need
    way_start, way_place, flow = network.way_start, network.way_place, amounts.flow
    seen, depth, no_room, first = amounts.seen, amounts.depth, amounts.no_room, amounts.next
    load, room = amounts.load, amounts.room
    queue[0], level[place], stamp[place] = place, 0, search
    first[place] = at_start[place]
    head, tail, found = 0, 1, -1
    while head < tail:
        here = queue[head]
        head += 1
        if found >= 0 and level[here] >= found:
            break
        for i in range(at_start[here], at_start[here + 1]):
            need = at_need[i]
            if flow[at_way[i]] == 0 or seen[need] == search:
                continue
            seen[need], depth[need] = search, level[here]
            for way in range(way_start[need], way_start[need + 1]):
                there = way_place[way]
                failed = no_room[there]
                if stamp[there] != search and failed not in (age, base):
                    stamp[there] = search
                    level[there] = level[here] + 1
                    first[there] = at_start[there]
                    queue[tail] = there
                    tail += 1
                    if load[there] < room[there]:
                        found = level[there]
    return found, tail


@njit(nogil=True)
def _push_load(network: Network, amounts: Amounts, place: int, last: int, limit: int) -> int:
    """Serve up to so much of the load of a place elsewhere along shortest paths to room."""
    flow, level, path = amounts.flow, amounts.level, amounts.path
    path_in, path_out = amounts.path_in, amounts.path_out
    at_load = len(amounts.flow) + len(amounts.left)
    at_start, at_way, at_need = network.at_start, network.at_way, network.at_need
    way_place, load, room, first = network.way_place, amounts.load, amounts.room, amounts.next
    pushed, d = 0, 0
    path[0] = place
    while True:
        here = path[d]
        advanced = False
        if d == last:
            part = min(limit - pushed, room[here] - load[here])
            if part > 0:
                part = _send(amounts, d, part)
                put(amounts, at_load + here, load[here] + part)
                pushed += part
                if pushed == limit:
                    return pushed
                back = _exhausted(amounts, d)
                if back > 0:
                    advanced = True
                    d = back - 1
        else:
            i = first[here]
            while i < at_start[here + 1] and not advanced:
                way, need = at_way[i], at_need[i]
                into = _sent_to(network, amounts, need, d) if flow[way] > 0 else -1
                if into >= 0:
                    advanced = True
                    first[here] = i
                    d += 1
                    path[d], path_in[d], path_out[d] = way_place[into], into, way
                i += 1
        if not advanced:
            level[here] = -1
            if d == 0:
                return pushed
            d -= 1


@njit(nogil=True)
def _send(amounts: Amounts, d: int, part: int) -> int:
    """Move up to so much along the path of `d` moves and return how much it was."""
    flow, path_in, path_out = amounts.flow, amounts.path_in, amounts.path_out
    for e in range(1, d + 1):
        part = min(part, flow[path_out[e]])
    for e in range(1, d + 1):
        put(amounts, path_out[e], flow[path_out[e]] - part)
        put(amounts, path_in[e], flow[path_in[e]] + part)
    return part


@njit(nogil=True)
def _exhausted(amounts: Amounts, d: int) -> int:
    """Return the first move of the path that nothing is left for, 0 for none."""
    for e in range(1, d + 1):
        if amounts.flow[amounts.path_out[e]] == 0:
            return e
    return 0


@njit(nogil=True)
def _taken_from(network: Network, amounts: Amounts, need: int, d: int) -> int:
    """Return a way that serves a class and could leave it to the path, -1 for none."""
    if amounts.seen[need] != amounts.tally[SEARCHES] or amounts.depth[need] != d:
        return -1
    way = amounts.first_way[need]
    while way >= 0 and not _leads_on(amounts, network.way_place[way], d):
        way = amounts.later_way[way]
    if way < 0:
        amounts.depth[need] = -1
    return int(way)


@njit(nogil=True)
def _sent_to(network: Network, amounts: Amounts, need: int, d: int) -> int:
    """Return a way by which a class could be served next on the path, -1 for none."""
    if amounts.seen[need] != amounts.tally[SEARCHES] or amounts.depth[need] != d:
        return -1
    for way in range(network.way_start[need], network.way_start[need + 1]):
        if _leads_on(amounts, network.way_place[way], d):
            return int(way)
    amounts.depth[need] = -1
    return -1


@njit(nogil=True)
def _leads_on(amounts: Amounts, place: int, d: int) -> bool:
    """Whether a path of `d` moves may go on to a place."""
    same = amounts.stamp[place] == amounts.tally[SEARCHES]
    return bool(same and amounts.level[place] == d + 1)
