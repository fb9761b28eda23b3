"""Routes of known length that show no picture twice: a beam over layers, widened until it has proved its best.

A state is where one is, how many vias are passed, and which pictures that still matter were shown. States that agree
in all three are one, and those that cannot beat the best known are dropped: of a beam that never had to leave any
out the best is optimal. One that had to knows the cheapest that it left out, which bounds every route it did not see.
Among equals all but the first prefer pictures that have few ways left: they are dead ends later (Warnsdorff).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.library.graph.layers import Block, Layered
from server.library.graph.prices import FAR, HOP, Costs
from server.library.graph.set_programme import MOST_PICTURES, exact_route, pictures_of_rows

EXACT_SCENE: Final = MOST_PICTURES
"""Pictures a scene up to which the best route is found whatever the time."""
_SWEEPS: Final = ((1, 0.0), (4, 0.0), (16, 0.0), (2, 1.0), (16, 0.5), (64, 0.0), (64, 0.25), (64, 1.0), (256, 0.0),
                  (256, 0.1), (256, 0.4), (256, 1.0), (1024, 0.0), (1024, 0.1), (1024, 0.4), (1024, 1.0), (4096, 0.0),
                  (4096, 0.2), (4096, 1.0))
"""Widths of beams, and how far above the bound each looks."""
_ALWAYS: Final = 4
"""So many sweeps are made whatever the time."""
_PATIENT: Final = 12
"""So many are, where the others found no way at all."""
_FEW: Final = 8
_ROOM: Final = 2
"""So many candidates a state of the beam are grown, since several may turn out to be one."""
_NARROW: Final = 1 << 27
"""Most multiplications that are spent on which pictures have few ways left."""
_CELLS: Final = 1 << 23
"""Most candidates that are looked at together: width × pictures of a layer."""
Deadline = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """Numbers of pictures and their cost; no route costs less than `bound`. Without a route, `blocked` is the layer
    at which the search came to its end, and `proved` says that there is none."""

    path: tuple[int, ...] | None
    cost: int
    bound: int
    blocked: int | None = None
    proved: bool = False

    @property
    def optimal(self) -> bool:
        return self.path is not None and self.bound >= self.cost


@dataclass(eq=False)
class _States:
    """States of one layer, a row each. `key` is a sum over their sets of pictures, equal where sets are."""

    place: NDArray[np.int64]
    level: NDArray[np.int64]
    cost: Costs
    seen: NDArray[np.bool_]
    key: NDArray[np.uint64]
    parent: NDArray[np.int64]

    def chosen(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> _States:
        return _States(self.place[rows], self.level[rows], self.cost[rows], self.seen[rows], self.key[rows],
                       self.parent[rows])


def simple_route(problem: Layered, seed: int, deadline: Deadline | None = None, *, by_row: bool = False) -> Found:
    """The cheapest route without repeats (`by_row`: within a row of the sequence): proved where scenes have at most
    16 pictures, else the best until the deadline, with its bound.
    """
    search = _Beam(problem, seed, by_row)
    if search.least >= FAR:
        return Found(None, FAR, FAR, _where_it_ends(problem), proved=True)
    exact = is_small(problem, by_row)
    best = Found(None, FAR, search.least)
    for turn, (width, aim) in enumerate(_SWEEPS):
        late = deadline is not None and deadline()
        enough = exact or (late and (best.path is not None or turn >= _PATIENT))
        if best.optimal or best.proved or (turn >= _ALWAYS and enough):
            break
        stop = deadline if best.path is not None and not exact else None
        best = _better(best, search.swept(width, _limit(best, aim), turn, stop))
    return _exact(problem, seed) if exact and not (best.optimal or best.proved) else best


def _limit(best: Found, aim: float) -> int:
    """Below which cost to look: 0 is just the bound, 1 anything cheaper than the best known.

    Below a low limit there are few states, so that a narrow beam sees most of them.
    """
    if aim == 0 or (best.path is None and aim < 1):
        return best.bound + 1
    return best.cost if aim == 1 else best.bound + 1 + int((best.cost - best.bound - 1) * aim)


def _exact(problem: Layered, seed: int) -> Found:
    found = exact_route(problem, seed)
    if isinstance(found, int):
        return Found(None, FAR, FAR, found, proved=True)
    return Found(found[0], found[1], found[1])


def is_small(problem: Layered, by_row: bool) -> bool:
    """Whether every row has at most 16 pictures, none that matters in another row too, and nothing has to be passed."""
    row_of: dict[int, int] = {}
    return not problem.via and max(pictures_of_rows(problem)) <= EXACT_SCENE and (by_row or all(
        row_of.setdefault(picture, layer.row) == layer.row
        for layer in problem.layers for picture in layer.pictures.tolist()))


def _better(old: Found, new: Found) -> Found:
    bound = max(old.bound, new.bound)
    if new.path is None:
        return Found(old.path, old.cost, min(bound, old.cost), new.blocked, new.proved and old.path is None)
    return Found(new.path, new.cost, min(bound, new.cost))


class _Beam:
    """What all widths of one search share."""

    def __init__(self, problem: Layered, seed: int, by_row: bool) -> None:
        self._problem = problem
        self._seed = seed
        self.least = int(problem.first_costs().min(initial=FAR))
        self._known = np.unique(np.concatenate([layer.pictures for layer in problem.layers]))
        self._local = [np.searchsorted(self._known, layer.pictures) for layer in problem.layers]
        self._salt = np.random.default_rng(1).integers(1, 1 << 63, len(self._known) + 1, dtype=np.uint64)
        self._ended = self._row_ends() if by_row else self._last_seen()
        self._dense: dict[int, Costs] = {}
        self._near: dict[int, NDArray[np.float32]] = {}

    def _last_seen(self) -> list[NDArray[np.int64]]:
        """For every layer the pictures that are in no later one: whether they were shown matters no more."""
        last = np.zeros(len(self._known), dtype=np.int64)
        for at, local in enumerate(self._local):
            last[local] = at
        return [np.flatnonzero(last == at) for at in range(len(self._local))]

    def _row_ends(self) -> list[NDArray[np.int64]]:
        """For every layer the pictures of its row where that ends, and none before."""
        rows = [layer.row for layer in self._problem.layers]
        return [local if row != after else local[:0]
                for local, row, after in zip(self._local, rows, [*rows[1:], -2], strict=True)]

    def swept(self, width: int, limit: int, turn: int, stop: Deadline | None) -> Found:
        """The best route below `limit` with at most so many states a layer."""
        rng = np.random.default_rng([self._seed & 0xFFFFFFFFFFFFFFFF, turn])
        states, left_out = self._first(width, limit, rng)
        trail = [states]
        for at in range(len(self._problem.layers) - 1):
            if not len(states.cost):
                break
            if stop is not None and stop():
                return Found(None, FAR, self.least)
            states, dropped = self._step(at, states, width, limit, rng, keen=turn > 0)
            left_out = min(left_out, dropped)
            trail.append(states)
        if not len(states.cost):
            return Found(None, FAR, min(left_out, limit), max(0, len(trail) - 2), left_out >= FAR and limit >= FAR)
        cost = int(states.cost.min())
        end = rng.choice(np.flatnonzero(states.cost == cost))
        return Found(self._path(trail, int(end)), cost, min(left_out, cost))

    def _first(self, width: int, limit: int, rng: np.random.Generator) -> tuple[_States, int]:
        problem = self._problem
        costs = problem.first_costs()
        place = np.flatnonzero(costs < min(limit, FAR))
        pictures = problem.layers[0].pictures[place]
        level = np.array([problem.passed(int(picture), 0) for picture in pictures], dtype=np.int64)
        seen = np.zeros((len(place), len(self._known)), dtype=bool)
        seen[np.arange(len(place)), self._local[0][place]] = True
        states = _States(place, level, np.zeros(len(place), np.int64), seen, self._salt[self._local[0][place]],
                         np.zeros(len(place), np.int64))
        return _narrowed(self._forgotten(states, 0), costs[place], width, rng)

    def _step(self, at: int, states: _States, width: int, limit: int, rng: np.random.Generator, *,
              keen: bool) -> tuple[_States, int]:
        """The states of the next layer, and the cheapest total that was left out for want of width."""
        local = self._local[at + 1]
        left_out = FAR
        room = max(1, _CELLS // max(len(local), len(self._known) // 4))
        if len(states.cost) > room:
            totals = states.cost + self._problem.to_go[at][states.level, states.place]
            states, left_out = _narrowed(states, totals, room, rng)
        cost = self._arcs(at, states.place) + states.cost[:, None]
        cost[states.seen[:, local]] = FAR
        totals = cost + self._left(at + 1, states.level)
        rows, places = np.nonzero(totals < min(limit, FAR))
        total = totals[rows, places]
        if len(total) > _ROOM * width:
            ways = self._ways_left(at, states, rows, places) if keen else None
            kept, dropped = _cheapest(total, _ROOM * width, rng, ways)
            rows, places, total, left_out = rows[kept], places[kept], total[kept], min(left_out, dropped)
        grown = self._grown(at + 1, states, rows, places, cost[rows, places])
        once = _once(grown)
        narrowed, dropped = _narrowed(grown.chosen(once), total[once], width, rng)
        return narrowed, min(left_out, dropped)

    def _ways_left(self, at: int, states: _States, rows: NDArray[np.int64],
                   places: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """How many pictures that were not shown each candidate could go on to, over transitions that exist."""
        block, columns = self._problem.block(at), len(self._local[at + 1])
        if at + 2 >= len(self._local) or self._problem.block(at + 1) is not block:
            return None
        if len(states.cost) * columns * columns > _NARROW:
            return None
        if id(block) not in self._near:
            self._near[id(block)] = (dense(block, columns) < 2 * HOP).astype(np.float32)
        unseen = (~states.seen[:, self._local[at + 1]]).astype(np.float32)
        return np.asarray((unseen @ self._near[id(block)].T)[rows, places].astype(np.int64))

    def _arcs(self, at: int, places: NDArray[np.int64]) -> Costs:
        """The costs from these places of a layer to all of the next; as a matrix is kept only what is asked often."""
        block, columns = self._problem.block(at), len(self._local[at + 1])
        if id(block) not in self._dense:
            if len(places) < _FEW:
                rows = np.full((len(places), columns), FAR, dtype=np.int64)
                for row, place in zip(rows, places.tolist(), strict=True):
                    column, cost = block.row(place)
                    row[column] = cost
                return rows
            self._dense[id(block)] = dense(block, columns)
        return self._dense[id(block)][places]

    def _left(self, at: int, levels: NDArray[np.int64]) -> Costs:
        """What is to pay from every picture of layer `at`, for each state by the vias it has passed."""
        table = self._problem.to_go[at]
        tables = np.stack([self._problem.after(table, at, level) for level in range(len(table))])
        return np.asarray(tables[levels])

    def _grown(self, at: int, states: _States, rows: NDArray[np.int64], places: NDArray[np.int64],
               cost: Costs) -> _States:
        local = self._local[at][places]
        seen = states.seen[rows]
        seen[np.arange(len(rows)), local] = True
        level = states.level[rows]
        for number, via in enumerate(self._problem.via):
            level = np.where((states.level[rows] == number) & (self._known[local] == via), number + 1, level)
        return self._forgotten(_States(places, level, cost, seen, states.key[rows] + self._salt[local], rows), at)

    def _forgotten(self, states: _States, at: int) -> _States:
        ended = self._ended[at]
        if len(ended):
            states.key = states.key - (states.seen[:, ended] * self._salt[ended]).sum(axis=1, dtype=np.uint64)
            states.seen[:, ended] = False
        return states

    def _path(self, trail: list[_States], end: int) -> tuple[int, ...]:
        places = []
        for states in reversed(trail):
            places.append(int(states.place[end]))
            end = int(states.parent[end])
        return tuple(self._problem.path_of(places[::-1]))


def _narrowed(states: _States, totals: Costs, width: int, rng: np.random.Generator) -> tuple[_States, int]:
    if len(totals) <= width:
        return states, FAR
    kept, dropped = _cheapest(totals, width, rng)
    return states.chosen(kept), dropped


def _cheapest(totals: Costs, width: int, rng: np.random.Generator,
              ways: NDArray[np.int64] | None = None) -> tuple[NDArray[np.int64], int]:
    """Places of the `width` cheapest, of equal ones those with fewer ways, then drawn; and the cheapest of the rest."""
    drawn = (np.minimum(totals - totals.min(), 1 << 38) << 24) | rng.integers(0, 1 << 14, len(totals))
    if ways is not None:
        drawn += np.minimum(ways, 1 << 9) << 14
    order = np.argpartition(drawn, width - 1)
    return order[:width], int(totals[order[width:]].min())


def _once(states: _States) -> NDArray[np.int64]:
    """Of states that agree in place, vias and pictures, the cheapest."""
    if len(states.cost) < 2:
        return np.arange(len(states.cost))
    order = np.lexsort((states.cost, states.level, states.place, states.key))
    before, after = order[:-1], order[1:]
    same = ((states.key[before] == states.key[after]) & (states.place[before] == states.place[after])
            & (states.level[before] == states.level[after]))
    pairs = np.flatnonzero(same)
    same[pairs] = (states.seen[before[pairs]] == states.seen[after[pairs]]).all(axis=1)
    return order[np.concatenate(([True], ~same))]


def dense(block: Block, columns: int) -> Costs:
    """A block as a matrix, FAR where there is no arc."""
    matrix = np.full((len(block.rows) - 1, columns), FAR, dtype=np.int64)
    matrix[np.repeat(np.arange(len(block.rows) - 1), np.diff(block.rows)), block.column] = block.cost
    return matrix


def drawn_route(problem: Layered, seed: int) -> Found:
    """One of the cheapest routes, repeats allowed; drawn hop by hop among those that keep to the least cost."""
    rng = Random(f"route/{seed}")
    costs = problem.first_costs()
    least = int(costs.min(initial=FAR))
    if least >= FAR:
        return Found(None, FAR, FAR, _where_it_ends(problem), proved=True)
    place = rng.choice(np.flatnonzero(costs == least).tolist())
    places, level = [place], problem.passed(int(problem.layers[0].pictures[place]), 0)
    left = least
    for at in range(len(problem.layers) - 1):
        columns, hop = problem.block(at).row(place)
        after = problem.after(problem.to_go[at + 1], at + 1, level)
        fitting = np.flatnonzero(hop + after[columns] == left)
        chosen = rng.choice(fitting.tolist())
        place = int(columns[chosen])
        left = int(after[place])
        level = problem.passed(int(problem.layers[at + 1].pictures[place]), level)
        places.append(place)
    return Found(tuple(problem.path_of(places)), least, least)


def _where_it_ends(problem: Layered) -> int:
    """The last layer that can be come to from the first."""
    reached = np.ones(len(problem.layers[0].pictures), dtype=bool)
    for at, (_, layer) in enumerate(pairwise(problem.layers)):
        block = problem.block(at)
        columns = block.column[np.repeat(reached, np.diff(block.rows))]
        reached = np.zeros(len(layer.pictures), dtype=bool)
        reached[columns] = True
        if not reached.any():
            return at
    return len(problem.layers) - 1
