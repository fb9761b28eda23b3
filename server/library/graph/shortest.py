"""The cheapest way of any length, through pictures to be passed in order: Dijkstra from the goals, leg by leg.

With no repeats and vias, legs may cross: then A* over the pictures shown, with the legs' costs as its bound.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from random import Random
from typing import Final

import numpy as np

from server.library.graph.plan_graph import PlanGraph, arcs_of
from server.library.graph.prices import FAR, HOP, Costs, Prices
from server.library.graph.simple_routes import Deadline, Found

_DRAWS: Final = 8
"""So many cheapest ways are drawn before a search begins for one that does not cross itself."""
_OPENED: Final = 400_000
"""States after which the search ends even where nobody set a deadline; its bound is told."""
_LOOK: Final = 64
"""States between two looks at the deadline."""


def costs_to(graph: PlanGraph, prices: Prices, targets: Iterable[int], beyond: int = 0,
             until: int | None = None) -> Costs:
    """What every picture has to pay to the nearest target, and `beyond` after it; FAR where no way leads there.

    Dijkstra in strides: no arc costs less than a hop, so that all pictures within a hop of the nearest open one are
    final together. With `until`, only what costs no more than it does from there is final.
    """
    left = np.full(len(graph.pictures), FAR, dtype=np.int64)
    left[list(targets)] = beyond
    open_ = left < FAR
    while open_.any():
        near = int(left[open_].min())
        if until is not None and near > left[until]:
            break
        stride = np.flatnonzero(open_ & (left < near + HOP))
        open_[stride] = False
        costs = left[stride] + prices.arrive[stride]
        arcs, owner = arcs_of(graph, stride)
        beside, totals = graph.head[arcs], prices.base[arcs] + costs[owner]
        nearer = totals < np.minimum(left[beside], FAR)
        beside, totals = beside[nearer], totals[nearer]
        np.minimum.at(left, beside, totals)
        open_[beside] = True
    return left


def cheapest_route(graph: PlanGraph, prices: Prices, begin: int, via: Sequence[int], goals: Sequence[int], seed: int,
                   *, no_repeat: bool = False, deadline: Deadline | None = None) -> Found:
    """The cheapest way from `begin` over `via` in order to one of the goals (none: it ends at the last via)."""
    stops = list(via)
    ends = list(goals) if goals else [stops.pop()] if stops else [begin]
    tables = _tables(graph, prices, begin, stops, ends, whole=False)
    least = int(tables[_passed(stops, begin, 0)][begin])
    if least >= FAR:
        return Found(None, FAR, FAR, 0)
    rng = Random(f"route/{seed}")
    for _ in range(_DRAWS if no_repeat else 1):
        path = _drawn(graph, prices, begin, stops, tables, set(ends), rng)
        if not no_repeat or len(set(path)) == len(path):
            return Found(tuple(path), least, least)
    tables = _tables(graph, prices, begin, stops, ends, whole=True)
    ahead = _legs_apart(graph, prices, begin, stops, ends, seed)
    return _searched(graph, prices, begin, stops, tables, set(ends), ahead, deadline)


def _passed(stops: Sequence[int], picture: int, level: int) -> int:
    while level < len(stops) and stops[level] == picture:
        level += 1
    return level


def _tables(graph: PlanGraph, prices: Prices, begin: int, stops: Sequence[int], ends: Sequence[int], *,
            whole: bool) -> list[Costs]:
    """For every number of passed stops what is left to pay from each picture; unless `whole`, only from those that
    are no dearer than where the leg begins."""
    begins = [begin, *stops]
    tables = [costs_to(graph, prices, ends, until=None if whole else begins[-1])]
    for leg in range(len(stops) - 1, -1, -1):
        beyond = int(tables[0][stops[leg]])
        tables.insert(0, costs_to(graph, prices, [stops[leg]], beyond, None if whole else begins[leg])
                      if beyond < FAR else np.full_like(tables[0], FAR))
    return tables


def _drawn(graph: PlanGraph, prices: Prices, begin: int, stops: Sequence[int], tables: Sequence[Costs],
           ends: set[int], rng: Random) -> list[int]:
    at, level, path = begin, _passed(stops, begin, 0), [begin]
    while level < len(stops) or at not in ends:
        arcs = slice(graph.start[at], graph.start[at + 1])
        beside = graph.head[arcs]
        after = tables[level][beside]
        fitting = beside[prices.arc[arcs] + after == tables[level][at]].tolist()
        at = rng.choice(fitting)
        level = _passed(stops, at, level)
        path.append(at)
    return path


def _legs_apart(graph: PlanGraph, prices: Prices, begin: int, stops: Sequence[int], ends: Sequence[int],
                seed: int) -> Found:
    """Leg after leg, each keeping off what the ones before it and the stops to come have taken: a way, not the best."""
    path, cost, at = [begin], 0, begin
    wanted = [[stop] for stop in stops] + [list(ends)]
    for number, goals in enumerate(wanted):
        barred = set(path[:-1]) | {stop for later in wanted[number + 1:-1] for stop in later}
        arrive = prices.arrive.copy()
        arrive[list(barred)] = FAR
        kept = Prices(np.minimum(prices.base + arrive[graph.head], FAR), prices.base, arrive)
        leg = cheapest_route(graph, kept, at, (), [goal for goal in goals if goal not in barred] or goals, seed)
        if leg.path is None or barred & set(leg.path):
            return Found(None, FAR, 0)
        path += leg.path[1:]
        cost, at = cost + leg.cost, leg.path[-1]
    return Found(tuple(path), cost, 0) if len(set(path)) == len(path) else Found(None, FAR, 0)


def _searched(graph: PlanGraph, prices: Prices, begin: int, stops: Sequence[int], tables: Sequence[Costs],
              ends: set[int], known: Found, deadline: Deadline | None) -> Found:
    level = _passed(stops, begin, 0)
    heap: list[tuple[int, int, int, int, int, int, tuple[int, ...]]] = [
        (int(tables[level][begin]), 0, 0, begin, level, 1 << begin, (begin,))]
    cheapest: dict[tuple[int, int, int], int] = {}
    opened = 0
    while heap:
        bound, _, cost, at, level, shown, path = heapq.heappop(heap)
        if bound >= known.cost:
            return Found(known.path, known.cost, known.cost)
        if level == len(stops) and at in ends:
            return Found(path, cost, cost)
        opened += 1
        late = opened > _OPENED or (opened % _LOOK == 0 and deadline is not None and deadline())
        if late:
            return Found(known.path, known.cost, bound)
        for place in range(graph.start[at], graph.start[at + 1]):
            to, price = int(graph.head[place]), int(prices.arc[place])
            if price >= FAR or shown >> to & 1:
                continue
            after = _passed(stops, to, level)
            total, key = cost + price, (to, after, shown | 1 << to)
            left = int(tables[after][to])
            if left < FAR and total + left < known.cost and total < cheapest.get(key, FAR):
                cheapest[key] = total
                heapq.heappush(heap, (total + left, -len(path), total, to, after, key[2], (*path, to)))
    return Found(known.path, known.cost, known.cost) if known.path else Found(None, FAR, FAR, 0)
