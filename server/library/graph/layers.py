"""A route of known length as layers: at every hop the pictures it may be at, and what is left to pay from each.

The costs to go are exact for routes that may repeat pictures, and a bound for those that may not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from server.library.graph.passages import Passage
from server.library.graph.plan_graph import PlanGraph, arcs_of
from server.library.graph.prices import FAR, Costs, Prices

Numbers = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Layer:
    """The pictures that a route may be at after so many hops; the row and section of the sequence they belong to."""

    pictures: Numbers
    row: int = -1
    section: str = ""


@dataclass(frozen=True, eq=False)
class Block:
    """The arcs from one layer to the next: arc i of row r is `rows[r] <= i < rows[r + 1]`, to `column[i]`."""

    rows: NDArray[np.int64]
    column: Numbers
    cost: Costs

    def to_go(self, after: Costs) -> Costs:
        """For every row the cheapest arc together with what is to pay after it."""
        out = np.full(len(self.rows) - 1, FAR, dtype=np.int64)
        filled = self.rows[1:] > self.rows[:-1]
        if len(self.column):
            sums = self.cost + after[self.column]
            out[filled] = np.minimum(np.minimum.reduceat(sums, self.rows[:-1][filled]), FAR)
        return out

    def row(self, number: int) -> tuple[Numbers, Costs]:
        """Columns and costs of one row."""
        part = slice(self.rows[number], self.rows[number + 1])
        return self.column[part], self.cost[part]


@dataclass(eq=False)
class Layered:
    """Layers with the arcs between them, and the pictures to be passed in order on the way."""

    graph: PlanGraph
    prices: Prices
    layers: tuple[Layer, ...]
    via: tuple[int, ...] = ()
    _blocks: dict[tuple[int, int], Block] = field(default_factory=dict)
    _to_go: list[Costs] | None = None

    def block(self, at: int) -> Block:
        """The arcs from layer `at` to the next; layers that share their pictures share their blocks."""
        near, far = self.layers[at].pictures, self.layers[at + 1].pictures
        key = (id(near), id(far))
        if key not in self._blocks:
            self._blocks[key] = _block(self.graph, self.prices, near, far)
        return self._blocks[key]

    @property
    def to_go(self) -> list[Costs]:
        """For every layer what is left to pay, (vias passed, pictures); FAR where no way leads to the end."""
        if self._to_go is None:
            self._to_go = self._worked_out()
        return self._to_go

    def _worked_out(self) -> list[Costs]:
        levels = len(self.via) + 1
        tables = [np.full((levels, len(layer.pictures)), FAR, dtype=np.int64) for layer in self.layers]
        tables[-1][levels - 1] = 0
        for at in range(len(self.layers) - 2, -1, -1):
            block = self.block(at)
            shift = self._steady(tables, at) if levels == 1 else None
            if shift is not None:
                tables[at][0] = np.where(tables[at + 1][0] < FAR, tables[at + 1][0] + shift, FAR)
                continue
            for level in range(levels):
                tables[at][level] = block.to_go(self.after(tables[at + 1], at + 1, level))
        return tables

    def _steady(self, tables: Sequence[Costs], at: int) -> int | None:
        """By how much all costs grow from layer to layer, where that is the same everywhere: then it goes on so."""
        if at + 2 >= len(tables) or self.block(at) is not self.block(at + 1):
            return None
        near, far = tables[at + 1][0], tables[at + 2][0]
        open_ = near < FAR
        if not open_.any() or not np.array_equal(open_, far < FAR):
            return None
        grown = near[open_] - far[open_]
        return int(grown[0]) if (grown == grown[0]).all() else None

    def after(self, table: Costs, at: int, level: int) -> Costs:
        """What is to pay from every picture of layer `at` for one who comes with `level` vias passed."""
        if level == len(self.via):
            own: Costs = table[level]
            return own
        row: Costs = table[level].copy()
        here = self.layers[at].pictures == self.via[level]
        row[here] = table[level + 1][here]
        return row

    def passed(self, picture: int, level: int) -> int:
        """How many vias are passed once `picture` is come to."""
        return level + 1 if level < len(self.via) and self.via[level] == picture else level

    def first_costs(self) -> Costs:
        """The cost of the whole route from every picture of the first layer."""
        return self.after(self.to_go[0], 0, 0)

    def path_of(self, places: Sequence[int]) -> list[int]:
        """Places in layers as numbers of pictures."""
        return [int(layer.pictures[place]) for layer, place in zip(self.layers, places, strict=True)]


def _block(graph: PlanGraph, prices: Prices, near: Numbers, far: Numbers) -> Block:
    place = np.full(len(graph.pictures), -1, dtype=np.int32)
    place[far] = np.arange(len(far), dtype=np.int32)
    arcs, owner = arcs_of(graph, near)
    column, cost = place[graph.head[arcs]], prices.arc[arcs]
    kept = (column >= 0) & (cost < FAR)
    rows = np.concatenate(([0], np.cumsum(np.bincount(owner[kept], minlength=len(near))))).astype(np.int64)
    return Block(rows, column[kept], cost[kept])


def layers_of_passages(passages: Sequence[Passage], before: int | None = None) -> list[Layer]:
    """One layer a picture of the route: where a scene is come into, then one for every hop inside it.

    `before`: a picture that the route begins with one hop before the first passage.
    """
    layers = [] if before is None else [Layer(np.array([before], dtype=np.int32), -1, passages[0].section)]
    for passage in passages:
        layers.append(Layer(passage.entries, passage.row, passage.section))
        layers += [Layer(passage.inside, passage.row, passage.section)] * passage.hops
    return layers
