"""What a plan guarantees, and the check of it: no picture of a song is a dead end, along its sequences or off them.

From every picture that a row of a sequence may show, the row's hops can be made inside the scene without showing one
twice, and end where a transition leads on: to a picture at which the next row may begin, and likewise, the sequence
gone backwards, into the row before. Every anchor can be come to from the row before. Every picture has two
transitions, so that nobody has to play the same one back. And all is connected. Each of these is demanded where the
rule's own graph can give it at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from server.library.graph.passages import Passage, fitted_steps, passages_of, usual_steps
from server.library.graph.plan_graph import PlanGraph
from server.library.graph.song_graph import SceneStep, SongGraph

Pair = tuple[int, int]
"""Two pictures by number, the smaller first."""
_SEARCHED: Final = 4000
"""Steps of a search for one way through a scene; what is not found within them counts as not there."""


@dataclass(frozen=True, slots=True)
class Demand:
    """From each picture of `who`: so many hops through `inside` without repeats, to one that is beside `targets`.

    Sets of pictures are bits of an integer. No targets: only the hops are to be made.
    """

    label: str
    inside: int
    targets: int
    hops: int
    who: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Demands:
    """All that a plan of a song has to give. `turns`: how many transitions each picture needs; `whole`: sets of
    pictures that have to be connected."""

    ways: tuple[Demand, ...]
    turns: tuple[int, ...]
    whole: tuple[int, ...]
    passages: tuple[tuple[Passage, ...], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A picture that lacks something, and what."""

    picture: int
    what: str


def adjacency_of(count: int, pairs: Iterable[Pair]) -> list[int]:
    """For every picture the set of those it has a transition to, as bits."""
    beside = [0] * count
    for one, other in pairs:
        beside[one] |= 1 << other
        beside[other] |= 1 << one
    return beside


def bits(mask: int) -> Iterator[int]:
    """The members of a set, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def mask_of(numbers: Iterable[int]) -> int:
    """A set as bits."""
    mask = 0
    for number in numbers:
        mask |= 1 << int(number)
    return mask


def demands_of(song: SongGraph, graph: PlanGraph, sequences: Iterable[Sequence[SceneStep]] | None = None) -> Demands:
    """What is demanded of a plan, as far as all edges of `graph` together could give it.

    With `sequences`, for the pictures of these alone; else for every picture of the song, along all its sequences, or
    its scenes in order when it has none.
    """
    chosen = [rows for rows in (song.sequences.values() if sequences is None else sequences) if rows]
    beside = adjacency_of(len(graph.pictures), ((one, other) for one, other, _ in graph.each_edge()))
    alive = mask_of(number for number in range(len(graph.pictures)) if not graph.never[number])
    beside = [row & alive if alive >> number & 1 else 0 for number, row in enumerate(beside)]
    notes: dict[str, None] = {}
    wanted: dict[tuple[int, int, int], Demand] = {}
    passages = []
    for rows in chosen or [usual_steps(song)]:
        fitted = fitted_steps(song, rows)
        notes |= dict.fromkeys(fitted.notes)
        passed = passages_of(graph, fitted.steps, ~graph.never)
        passages.append(passed)
        for demand in _ways(passed):
            known = wanted.get((demand.inside, demand.targets, demand.hops))
            if known is not None:
                continue
            reach = _reach(beside, demand)
            who = tuple(number for number in demand.who if way_from(beside, demand, number, reach) is not None)
            if who:
                wanted[demand.inside, demand.targets, demand.hops] = Demand(demand.label, demand.inside, demand.targets,
                                                                            demand.hops, who)
    wanted_pictures = alive if sequences is None else mask_of(
        number for passed in passages for passage in passed for number in passage.inside.tolist())
    beside = [row & wanted_pictures if wanted_pictures >> number & 1 else 0 for number, row in enumerate(beside)]
    turns = tuple(min(2, row.bit_count()) for row in beside)
    return Demands(tuple(wanted.values()), turns, tuple(_components(beside, wanted_pictures)), tuple(passages),
                   tuple(notes))


def _ways(passed: Sequence[Passage]) -> Iterator[Demand]:
    if len(passed) == 1:
        yield _demand(passed[0], 0, "inside")
    for here, there in pairwise(passed):
        yield _demand(here, mask_of(there.entries), f"onward to {there.scene}")
        yield _demand(there, mask_of(here.inside), f"back to {here.scene}")
        if there.anchored:
            yield Demand(f"{there.scene}, come to from {here.scene}", mask_of(there.entries), mask_of(here.inside), 0,
                         tuple(there.entries.tolist()))


def _demand(passage: Passage, targets: int, where: str) -> Demand:
    return Demand(f"{passage.scene}, {passage.hops} hops, {where}", mask_of(passage.inside), targets, passage.hops,
                  tuple(passage.inside.tolist()))


def _components(beside: Sequence[int], alive: int) -> Iterator[int]:
    while alive:
        found = reached_from(beside, (alive & -alive).bit_length() - 1)
        yield found
        alive &= ~found


def reached_from(beside: Sequence[int], start: int, until: int = -1) -> int:
    """All pictures that can be come to, as bits; it stops when `until` is among them."""
    found = fresh = 1 << start
    goal = 1 << until if until >= 0 else 0
    while fresh and not found & goal:
        near = 0
        for number in bits(fresh):
            near |= beside[number]
        fresh = near & ~found
        found |= fresh
    return found


def _reach(beside: Sequence[int], demand: Demand) -> list[int]:
    """For every number of hops left the pictures from which, repeats allowed, the demand can still be met."""
    ends = demand.inside if not demand.targets else mask_of(
        number for number in bits(demand.inside) if beside[number] & demand.targets & ~(1 << number))
    reach, members = [ends], tuple(bits(demand.inside))
    while len(reach) <= demand.hops:
        after, before = reach[-1], 0
        for number in members:
            if beside[number] & after:
                before |= 1 << number
        # Once a hop more changes nothing, none does.
        reach += [before] * (1 if before != after else demand.hops + 1 - len(reach))
    return reach


def way_from(beside: Sequence[int], demand: Demand, start: int, reach: Sequence[int]) -> tuple[int, ...] | None:
    """One way that meets a demand, with the picture beside its end that it leads on to; None where there is none.

    Searched for depth first, cut by `reach` and after so many steps.
    """
    return _searched(beside, demand, start, reach)[0]


def _searched(beside: Sequence[int], demand: Demand, start: int, reach: Sequence[int]
              ) -> tuple[tuple[int, ...] | None, int]:
    """The way, and the steps that it took to find it or to give up."""
    if not reach[demand.hops] >> start & 1:
        return None, 1
    path = [start]
    open_ = [beside[start] & reach[demand.hops - 1] & ~(1 << start) if demand.hops else 0]
    used = 1 << start
    for step in range(_SEARCHED):
        left = demand.hops - len(path) + 1
        if left == 0:
            lead = beside[path[-1]] & demand.targets
            return ((*path, (lead & -lead).bit_length() - 1) if lead else tuple(path)), step
        if open_[-1]:
            low = open_[-1] & -open_[-1]
            open_[-1] ^= low
            number = low.bit_length() - 1
            path.append(number)
            used |= low
            open_.append(beside[number] & reach[left - 2] & ~used if left > 1 else 0)
        else:
            open_.pop()
            used ^= 1 << path.pop()
            if not path:
                return None, step
    return None, _SEARCHED


def shortfalls(demands: Demands, count: int, pairs: Iterable[Pair]) -> list[Shortfall]:
    """Check a plan: everything that these edges do not give; empty is a plan that keeps its promise."""
    beside = adjacency_of(count, pairs)
    missing = []
    for demand in demands.ways:
        reach = _reach(beside, demand)
        missing += [Shortfall(number, f"no way through {demand.label}") for number in demand.who
                    if way_from(beside, demand, number, reach) is None]
    missing += [Shortfall(number, f"{beside[number].bit_count()} of {need} transitions")
                for number, need in enumerate(demands.turns) if beside[number].bit_count() < need]
    for whole in demands.whole:
        first = (whole & -whole).bit_length() - 1
        apart = whole & ~reached_from(beside, first)
        missing += [Shortfall(number, "not connected with the rest") for number in bits(apart)]
    return missing


class Ledger:
    """A plan that keeps its promise while edges are taken away; it knows which way leans on which edge.

    `work` counts the steps of its searches: what takes long is known without a clock, and the same every time.
    """

    def __init__(self, demands: Demands, count: int, pairs: Iterable[Pair]) -> None:
        self._demands = demands
        self.work = 0
        self.pairs = set(pairs)
        self._beside = adjacency_of(count, self.pairs)
        self._ways: dict[tuple[int, int], tuple[int, ...]] = {}
        self._leaning: dict[Pair, set[tuple[int, int]]] = {}
        for at, demand in enumerate(demands.ways):
            reach = _reach(self._beside, demand)
            for number in demand.who:
                way = way_from(self._beside, demand, number, reach)
                if way is not None:
                    self._lean((at, number), way)

    def add(self, pair: Pair) -> None:
        """Put an edge in."""
        self.pairs.add(pair)
        self._flip(pair)

    def remove(self, pair: Pair) -> bool:
        """Take an edge away if the promise holds without it; whether it was."""
        one, other = pair
        if any(self._beside[end].bit_count() <= self._demands.turns[end] for end in pair):
            return False
        self._flip(pair)
        self.work += len(self._beside)
        if not reached_from(self._beside, one, other) >> other & 1:
            self._flip(pair)
            return False
        found = {}
        reaches: dict[int, list[int]] = {}
        for key in self._leaning.get(pair, ()):
            at, number = key
            demand = self._demands.ways[at]
            if at not in reaches:
                reaches[at] = _reach(self._beside, demand)
                self.work += len(demand.who)
            way, steps = _searched(self._beside, demand, number, reaches[at])
            self.work += steps
            if way is None:
                self._flip(pair)
                return False
            found[key] = way
        for key, way in found.items():
            self._lean(key, way)
        self.pairs.discard(pair)
        return True

    def around(self, numbers: Iterable[int]) -> list[Pair]:
        """Edges with an end among these pictures or beside them, sorted."""
        near = mask_of(numbers)
        for number in list(bits(near)):
            near |= self._beside[number]
        return sorted({(min(one, other), max(one, other)) for one in bits(near) for other in bits(self._beside[one])})

    def _flip(self, pair: Pair) -> None:
        one, other = pair
        self._beside[one] ^= 1 << other
        self._beside[other] ^= 1 << one

    def _lean(self, key: tuple[int, int], way: tuple[int, ...]) -> None:
        for hop in pairwise(self._ways.get(key, ())):
            self._leaning[min(hop), max(hop)].discard(key)
        self._ways[key] = way
        for hop in pairwise(way):
            self._leaning.setdefault((min(hop), max(hop)), set()).add(key)

