"""Held and Karp's dynamic programme over sets of pictures, scene by scene: the best route without repeats, exactly.

For every set of a scene's pictures and every one of them at which it can end, the cheapest way through just that set.
Scenes share no picture that matters, so that nothing but the costs of arriving is handed from one to the next. With
16 pictures that are 65,536 sets of at most 16 ends, worked out in whole columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray

from server.library.graph.layers import Layer, Layered
from server.library.graph.prices import FAR, Costs

MOST_PICTURES = 16
"""Pictures of a scene; one more doubles time and memory."""


@dataclass(frozen=True, eq=False)
class _Stage:
    """The layers of one row: its pictures, and for every layer which of them it lets in."""

    first: int
    pictures: NDArray[np.int32]
    allowed: tuple[NDArray[np.bool_], ...]
    hop: Costs
    """Cost from each picture to each."""


def exact_route(problem: Layered, seed: int) -> tuple[tuple[int, ...], int] | int:
    """The cheapest route without repeats within a row, and its cost; else the layer where every way ends.

    For problems without vias, whose rows have at most 16 pictures each and share none that matters.
    """
    stages = [_stage(problem, first, last) for first, last in _rows(problem.layers)]
    arrivals: list[Costs] = []
    arrive = np.zeros(len(stages[0].pictures), dtype=np.int64)
    for number, stage in enumerate(stages):
        arrivals.append(np.where(stage.allowed[0], arrive, FAR))
        leave, reached = _ends(_table(stage, arrivals[-1]), len(stage.allowed))
        if reached < len(stage.allowed):
            return stage.first + reached - 1
        if number + 1 < len(stages):
            arrive = _crossed(problem, stage, stages[number + 1], leave)
            if (arrive >= FAR).all():
                return stage.first + len(stage.allowed) - 1
    return _walked_back(problem, stages, arrivals, leave, Random(f"exact/{seed}"))


def _rows(layers: Sequence[Layer]) -> list[tuple[int, int]]:
    """First and last layer of every row."""
    begins = [at for at, layer in enumerate(layers) if at == 0 or layer.row != layers[at - 1].row]
    return list(zip(begins, [*(at - 1 for at in begins[1:]), len(layers) - 1], strict=True))


def pictures_of_rows(problem: Layered) -> list[int]:
    """How many pictures every row has in all its layers together."""
    return [len(np.unique(np.concatenate([layer.pictures for layer in problem.layers[first:last + 1]])))
            for first, last in _rows(problem.layers)]


def _stage(problem: Layered, first: int, last: int) -> _Stage:
    layers = problem.layers[first:last + 1]
    pictures = np.unique(np.concatenate([layer.pictures for layer in layers]))
    hop = np.full((len(pictures), len(pictures)), FAR, dtype=np.int64)
    for at, (near, far) in enumerate(pairwise(layers), first):
        _put(hop, problem, at, np.searchsorted(pictures, near.pictures), np.searchsorted(pictures, far.pictures))
    return _Stage(first, pictures, tuple(np.isin(pictures, layer.pictures) for layer in layers), hop)


def _put(matrix: Costs, problem: Layered, at: int, near: NDArray[np.int64], far: NDArray[np.int64]) -> None:
    """Enter the arcs after layer `at` into a matrix."""
    block = problem.block(at)
    matrix[np.repeat(near, np.diff(block.rows)), far[block.column]] = block.cost


def _crossed(problem: Layered, here: _Stage, there: _Stage, leave: Costs) -> Costs:
    return np.asarray(np.minimum((leave[:, None] + _crossing(problem, here, there)).min(axis=0), FAR))


def _crossing(problem: Layered, here: _Stage, there: _Stage) -> Costs:
    """Cost from every picture of one row to every one of the next."""
    at = there.first - 1
    matrix = np.full((len(here.pictures), len(there.pictures)), FAR, dtype=np.int64)
    _put(matrix, problem, at, np.searchsorted(here.pictures, problem.layers[at].pictures),
         np.searchsorted(there.pictures, problem.layers[at + 1].pictures))
    return matrix


def _table(stage: _Stage, arrive: Costs) -> Costs:
    """For every set (its bits are the row) and end the cheapest way; FAR where there is none, or too many pictures."""
    count = len(stage.pictures)
    table = np.full((1 << count, count), FAR, dtype=np.int64)
    bits = 1 << np.arange(count)
    table[bits, np.arange(count)] = arrive
    sets = np.arange(1 << count)
    sizes = np.bitwise_count(sets)
    for size, allowed in enumerate(stage.allowed[1:], 2):
        layer = sets[sizes == size]
        for end in np.flatnonzero(allowed).tolist():
            with_end = layer[layer >> end & 1 == 1]
            table[with_end, end] = np.minimum((table[with_end ^ (1 << end)] + stage.hop[:, end]).min(axis=1), FAR)
    return table


def _ends(table: Costs, size: int) -> tuple[Costs, int]:
    """The cheapest way of `size` pictures to every end, and the size of the longest way that there is."""
    sizes = np.bitwise_count(np.arange(len(table)))
    reached = size
    while reached and not (table[sizes == reached] < FAR).any():
        reached -= 1
    there = table[sizes == size]
    return (there.min(axis=0) if len(there) else np.full(table.shape[1], FAR, dtype=np.int64)), reached


def _walked_back(problem: Layered, stages: Sequence[_Stage], arrivals: Sequence[Costs], leave: Costs,
                 rng: Random) -> tuple[tuple[int, ...], int]:
    """The route, from its end, drawn among equally cheap ones; every scene's table is made again when it is needed."""
    cost = int(leave.min())
    end, left = _drawn(rng, np.flatnonzero(leave == cost)), cost
    path: list[int] = []
    for number in range(len(stages) - 1, -1, -1):
        stage = stages[number]
        table = _table(stage, arrivals[number])
        fitting = np.flatnonzero((np.bitwise_count(np.arange(len(table))) == len(stage.allowed))
                                 & (table[:, end] == left))
        shown = _drawn(rng, fitting)
        path.append(int(stage.pictures[end]))
        while shown & (shown - 1):
            shown ^= 1 << end
            before = _drawn(rng, np.flatnonzero(table[shown] + stage.hop[:, end] == left))
            left, end = int(table[shown, before]), before
            path.append(int(stage.pictures[end]))
        if number:
            crossing = _crossing(problem, stages[number - 1], stage)[:, end]
            sizes = len(stages[number - 1].allowed)
            leave, _ = _ends(_table(stages[number - 1], arrivals[number - 1]), sizes)
            end = _drawn(rng, np.flatnonzero(leave + crossing == left))
            left = int(leave[end])
    return tuple(path[::-1]), cost


def _drawn(rng: Random, places: NDArray[np.int64]) -> int:
    return int(rng.choice(places.tolist()))
