"""The endless walk: from a picture to the next one, without a plan and without a dead end. It remembers nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Final

import numpy as np

from server.library.graph.identity import PictureId
from server.library.graph.plan_graph import PLAYABLE, PlanGraph
from server.library.graph.request import NoRoute, RouteRequest
from server.library.graph.routes import Tries, plan_route
from server.library.graph.song_graph import SceneStep

_BRIDGE: Final = 8.0
"""So many times rarer is a missing transition taken than one that exists, where it may be taken at all."""
_FRESH: Final = 4.0
"""How much rarer every time makes it that a picture was shown more than the least shown beside it."""

_PASS_TRIES: Final = 200
"""How often the search for a pass asks whether it is late; each time is a layer of pictures."""


def next_hop(graph: PlanGraph, at: PictureId, visited: Mapping[PictureId, int], seed: int, *,
             previous: PictureId | None = None, avoid: frozenset[PictureId] = frozenset(),
             bridges: bool = True) -> PictureId:
    """Draw where to go from a picture; the same arguments give the same answer. Raises NoRoute, LibraryError.

    Transitions that exist come before missing ones (`bridges`: these may be taken at all), pictures shown less before
    those shown more, and back to `previous` only where there is no other way. Where all edges are barred by `avoid`
    it bridges to a picture of the same scene, then to any: the walk goes on as long as anything may be shown.
    """
    here = graph.number(at)
    rng = Random(f"hop/{seed}/{sum(visited.values())}/{at.node}")
    barred = {graph.numbers[picture] for picture in avoid if picture in graph.numbers}
    back = -1 if previous is None else graph.numbers.get(previous, -1)
    beside, states = graph.beside(here).tolist(), graph.states(here).tolist()
    ways = [(to, state == PLAYABLE) for to, state in zip(beside, states, strict=True)
            if to not in barred and not graph.never[to] and (bridges or state == PLAYABLE)]
    onward = [way for way in ways if way[0] != back] or ways
    if not onward and bridges:
        onward = [(to, False) for to in _elsewhere(graph, here, barred)]
    if not onward:
        raise NoRoute(_stuck(graph, at, len(beside), bridges))
    counts = [visited.get(graph.pictures[to], 0) for to, _ in onward]
    least = min(counts)
    weights = [(1.0 if exists else 1 / _BRIDGE) / _FRESH ** min(count - least, 12)
               for count, (_, exists) in zip(counts, onward, strict=True)]
    drawn: int = rng.choices([to for to, _ in onward], weights)[0]
    return graph.pictures[drawn]


def _elsewhere(graph: PlanGraph, here: int, barred: set[int]) -> list[int]:
    """Pictures of the same scenes that may be shown, else all that may."""
    def shown(numbers: list[int]) -> list[int]:
        return [to for to in numbers if to != here and to not in barred and not graph.never[to]]

    scenes = [members for members in graph.members if here in members]
    near = shown(np.unique(np.concatenate(scenes)).tolist()) if scenes else []
    return near or shown(list(range(len(graph.pictures))))


def _stuck(graph: PlanGraph, at: PictureId, edges: int, bridges: bool) -> str:
    if not bridges and edges:
        return (f"no transition from {at.stem} exists and may be played; allow bridges, make one of its {edges}, or "
                "take a picture from the avoid list")
    others = len(graph.pictures) - 1
    return (f"there is no other picture than {at.stem}; add some" if not others else
            f"all {others} other pictures are avoided or never to be shown; take one from the list")


def endless(graph: PlanGraph, start: PictureId, seed: int, *,
            avoid: frozenset[PictureId] = frozenset()) -> Iterator[PictureId]:
    """Pictures one after the other for ever, `start` first."""
    visited: dict[PictureId, int] = {start: 1}
    previous, at = None, start
    yield at
    while True:
        previous, at = at, next_hop(graph, at, visited, seed, previous=previous, avoid=avoid)
        visited[at] = visited.get(at, 0) + 1
        yield at


def endless_sequence(graph: PlanGraph, steps: Sequence[SceneStep], seed: int, *, missing_price: float = 8.0,
                     no_repeat: bool = True) -> Iterator[PictureId]:
    """Pictures along a sequence for ever: to its end, then back through it, each pass another one.

    Each pass is a route of its own that prefers pictures which were shown less. With `no_repeat` it shows none twice
    as long as that is possible, and none twice in a row of the sequence. Raises NoRoute.
    """
    visited: dict[PictureId, int] = {}
    at: PictureId | None = None
    turn = 0
    while True:
        rows = tuple(steps) if turn % 2 == 0 else backwards(steps)
        if turn:
            rows = (replace(rows[0], start=()), *rows[1:])
        request = RouteRequest(start=at, missing_price=missing_price, visited=visited, prefer_unvisited=True,
                               no_repeat=no_repeat, steps=rows, seed=hash((seed, turn)))
        pictures = _passed(graph, request)
        for picture in pictures[1 if turn else 0:]:
            visited[picture] = visited.get(picture, 0) + 1
            yield picture
        at = pictures[-1]
        turn += 1
        if len(pictures) < 2 and turn > 1:
            raise NoRoute("the sequence has a single picture; give it more scenes, or hops")


def _passed(graph: PlanGraph, request: RouteRequest) -> tuple[PictureId, ...]:
    budget = Tries(_PASS_TRIES)
    try:
        return plan_route(graph, request, deadline=budget).pictures
    except NoRoute:
        if not request.no_repeat:
            raise
        return plan_route(graph, replace(request, repeat_later=True), deadline=budget).pictures


def backwards(steps: Sequence[SceneStep]) -> tuple[SceneStep, ...]:
    """The sequence from its end: the same scenes and hops; anchors are where a scene is come into from before, and
    hold no more."""
    return tuple(replace(step, start=()) for step in reversed(steps))
