"""Which further transition helps a walk the most: the one that gives most choice where the walk comes by most often.

What a picture is worth in a pass is how often the walk is expected at it: a row's hops are spread evenly over the
pictures it may show, its entrances over those it may begin at. A picture's ways are counted by where they lead:
inside its scene, on to the next, back to the one before; the share of leavings by each kind weighs it. The first way
of a kind counts whole, the second half, the third a third …: choice grows ever less. A transition helps both its
ends. Of such a measure, always taking what helps most stays within 1 − 1/e of the best choice there is.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

from server.library.graph.guarantee import Pair
from server.library.graph.passages import Passage

Side = tuple[int, str]
"""A picture and the kind of way: inside, or the scene it leads to."""


class Useful(NamedTuple):
    """An edge, what it adds, and the end at which it helps most with the ways it had there before."""

    pair: Pair
    gain: float
    picture: int
    ways: int


class Usefulness:
    """Weights of the ways out of every picture, for one or several sequences."""

    def __init__(self, sequences: Iterable[Sequence[Passage]]) -> None:
        self._weights: dict[Side, float] = {}
        self._scenes: dict[int, dict[str, None]] = {}
        self._joined: set[tuple[str, str]] = set()
        for passages in sequences:
            for at, passage in enumerate(passages):
                self._weigh(passage, passages[at + 1] if at + 1 < len(passages) else None,
                            passages[at - 1] if at else None)
            self._joined |= {pair for one, other in pairwise(passages)
                             for pair in ((one.scene, other.scene), (other.scene, one.scene))}

    def _weigh(self, passage: Passage, after: Passage | None, before: Passage | None) -> None:
        inside, entries = passage.inside.tolist(), set(passage.entries.tolist())
        spread = passage.hops / len(inside)
        for number in inside:
            self._scenes.setdefault(number, {})[passage.scene] = None
            shown = spread + (1 / len(entries) if number in entries else 0.0)
            leaving = shown / (passage.hops + 1)
            self._add(number, "", shown - leaving)
            if after is not None:
                self._add(number, after.scene, leaving)
            if before is not None and number in entries:
                self._add(number, before.scene, 1 / len(entries))

    def _add(self, number: int, kind: str, weight: float) -> None:
        if weight > 0:
            self._weights[number, kind] = self._weights.get((number, kind), 0.0) + weight

    def sides(self, pair: Pair) -> Iterator[Side]:
        """The ways that an edge adds to."""
        one, other = pair
        near, far = self._scenes.get(one, {}), self._scenes.get(other, {})
        if near.keys() & far.keys():
            yield from ((one, ""), (other, ""))
        for here in near:
            for there in far:
                if (here, there) in self._joined:
                    yield from ((one, there), (other, here))

    def gain(self, pair: Pair, ways: Mapping[Side, int]) -> Useful:
        """What an edge adds where so many ways are there already."""
        gains = [(self._weights.get(side, 0.0) / (ways.get(side, 0) + 1), side) for side in self.sides(pair)]
        if not gains:
            return Useful(pair, 0.0, pair[0], 0)
        side = max(gains)[1]
        return Useful(pair, sum(gain for gain, _ in gains), side[0], ways.get(side, 0))

    def ways(self, pairs: Iterable[Pair]) -> dict[Side, int]:
        """How many ways of each kind these edges give."""
        ways: dict[Side, int] = {}
        for pair in pairs:
            for side in self.sides(pair):
                ways[side] = ways.get(side, 0) + 1
        return ways

    def most_useful(self, there: Iterable[Pair], candidates: Iterable[Pair], count: int, seed: int) -> list[Useful]:
        """The candidates that help most, in that order, each after the ones before it; the seed draws among equals."""
        ways = self.ways(there)
        rng = Random(f"useful/{seed}")
        # A gain only falls as ways are added: what still heads the heap with a gain worked out anew is the greatest.
        heap = [(-self.gain(pair, ways).gain, rng.random(), pair) for pair in sorted(candidates)]
        heapq.heapify(heap)
        chosen: list[Useful] = []
        while heap and len(chosen) < count:
            stored, draw, pair = heapq.heappop(heap)
            useful = self.gain(pair, ways)
            if -stored - useful.gain > 1e-12:
                heapq.heappush(heap, (-useful.gain, draw, pair))
                continue
            chosen.append(useful)
            for side in self.sides(pair):
                ways[side] = ways.get(side, 0) + 1
        return chosen
