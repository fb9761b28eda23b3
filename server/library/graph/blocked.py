"""Why there is no route, in words: the same search with one rule after the other given up, until it finds a way.

What that way breaks is what blocks. It decides nothing; it words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from server.library.graph.layers import Layer
from server.library.graph.plan_graph import DAMAGED, PLAYABLE, PlanGraph
from server.library.graph.request import NoRoute, RouteRequest
from server.library.graph.simple_routes import Found
from server.library.paths import shortened

_PRICE = 1000.0
"""What breaking a rule costs while looking for the way that breaks it the least, in hops."""


class Attempt(Protocol):
    """What a search found, and its layers."""

    found: Found
    layers: Sequence[Layer]


Search = Callable[[PlanGraph, RouteRequest], Attempt]
Path = tuple[int, ...]
Wording = Callable[[PlanGraph, RouteRequest, Path], str]


def why_not(request: RouteRequest, graph: PlanGraph, failed: Attempt, search: Search) -> str:
    """One line: how far a route gets, and what would open it."""
    cause = f"no route: {_how_far(request, failed)}"
    for relaxed, wording in _relaxations(request):
        path = _path(graph, relaxed, search)
        if path is not None:
            return f"{cause}; {wording(graph, request, path)}"
    return f"{cause}; {_no_edge(graph, request)}"


def _path(graph: PlanGraph, request: RouteRequest, search: Search) -> Path | None:
    try:
        return search(graph, request).found.path
    except NoRoute:
        return None


def _how_far(request: RouteRequest, attempt: Attempt) -> str:
    if request.steps and attempt.found.blocked is not None:
        layers, last = attempt.layers, attempt.found.blocked
        if not attempt.found.proved:
            return f"none was found in the time; the search ended in {_row(request, layers[last].row)}"
        here, there = layers[last].row, layers[min(last + 1, len(layers) - 1)].row
        if here != there:
            return (f"it cannot go on from {_row(request, here)} to {_row(request, there)}" if here >= 0 else
                    f"it cannot come from {_stem(request.start)} into {_row(request, there)}")
        if last + 1 < len(layers):
            return f"it cannot make its {request.steps[here].hops} hops in {_row(request, here)}"
        return f"it cannot end where it was told to in {_row(request, here)}"
    begin = _stem(request.start) if request.start else "anywhere"
    way = "".join(f" over {picture.stem}" for picture in request.via)
    end = f" to {_few(picture.stem for picture in request.goals)}" if request.goals else ""
    hops = "" if request.hops is None else f" of {request.hops} hops"
    return f"there is none{hops} from {begin}{way}{end}"


def _row(request: RouteRequest, row: int) -> str:
    return f"row {row + 1}, scene {shortened(request.steps[row].scene)}"


def _relaxations(request: RouteRequest) -> Iterator[tuple[RouteRequest, Wording]]:
    """Requests that give something up, the least first, with the words for what was given up."""
    made = replace(request, missing_price=_PRICE) if math.isinf(request.missing_price) else request
    free = _without_avoid(request)
    loose = replace(request, no_repeat=False)
    if free is not request:
        yield free, _words_avoid
    if made is not request:
        yield made, _words_missing
    if request.no_repeat:
        yield loose, _words_repeat
    yield from _without_anchors(request, _words_anchor)
    yield from _other_hops(request)
    if request.goals and (request.steps or request.hops is not None):
        yield replace(request, goals=()), _words_goals
    if made is not request and free is not request:
        yield _without_avoid(made), lambda *known: f"{_words_avoid(*known)}, and {_words_missing(*known)}"
    if made is not request and request.no_repeat:
        yield replace(made, no_repeat=False), lambda *known: f"{_words_missing(*known)}, and {_words_repeat(*known)}"
    yield from _without_anchors(made, lambda *known: f"{_words_anchor(*known)}, and {_words_missing(*known)}")
    bare = replace(_without_avoid(made), no_repeat=False, goals=(),
                   steps=tuple(replace(step, avoid=frozenset(), start=()) for step in request.steps))
    yield bare, lambda *known: ("it is blocked by several rules at once: begin with the sequence without start and "
                                f"avoid, and allow repeats; then {_words_missing(*known)}")


def _without_avoid(request: RouteRequest) -> RouteRequest:
    """Avoided pictures at a price instead, so that the way found needs the fewest of them."""
    avoided = request.avoid.union(*(step.avoid for step in request.steps))
    if not avoided:
        return request
    steps = tuple(replace(step, avoid=frozenset()) for step in request.steps)
    return replace(request, avoid=frozenset(), steps=steps, visited=dict.fromkeys(avoided, 1), prefer_unvisited=True,
                   visited_price=_PRICE)


def _without_anchors(request: RouteRequest, wording: Wording) -> Iterator[tuple[RouteRequest, Wording]]:
    anchored = [row for row, step in enumerate(request.steps) if step.start]
    for rows in [[row] for row in anchored] + ([anchored] if len(anchored) > 1 else []):
        steps = tuple(replace(step, start=()) if row in rows else step for row, step in enumerate(request.steps))
        yield replace(request, steps=steps), wording


def _other_hops(request: RouteRequest) -> Iterator[tuple[RouteRequest, Wording]]:
    if request.hops is None:
        return
    for hops in sorted(range(max(0, request.hops - 8), request.hops + 9), key=lambda n: abs(n - (request.hops or 0))):
        if hops != request.hops:
            yield (replace(request, hops=hops),
                   lambda _graph, _request, path: f"there is one of {len(path) - 1} hops")


def _words_missing(graph: PlanGraph, _request: RouteRequest, path: Path) -> str:
    missing = [f"{graph.pictures[one].stem} to {graph.pictures[other].stem}"
               + (" (damaged)" if graph.between(one, other) == DAMAGED else "")
               for one, other in pairwise(path) if graph.between(one, other) != PLAYABLE]
    if not missing:
        return "all transitions of that way exist"
    which = "this transition is" if len(missing) == 1 else "these transitions are"
    return f"it opens once {which} made: {_few(missing)}; or give missing transitions a price"


def _words_avoid(graph: PlanGraph, request: RouteRequest, path: Path) -> str:
    avoided = request.avoid.union(*(step.avoid for step in request.steps))
    needed = dict.fromkeys(graph.pictures[number].stem for number in path if graph.pictures[number] in avoided)
    return f"it opens once {_few(needed) or 'the list'} may be shown: take it from avoid"


def _words_repeat(graph: PlanGraph, request: RouteRequest, path: Path) -> str:
    tight = [f"{_row(request, row)} has {len(usable)} pictures to show and needs {step.hops + 1}"
             for row, step in enumerate(request.steps)
             if len(usable := _usable(graph, request, row)) < step.hops + 1]
    twice = dict.fromkeys(graph.pictures[number].stem for number in path if path.count(number) > 1)
    why = _few(tight) if tight else f"{_few(twice)} would have to be shown twice"
    return f"{why}: lower duration there, add pictures or transitions, or allow repeats"


def _usable(graph: PlanGraph, request: RouteRequest, row: int) -> list[int]:
    step = request.steps[row]
    if step.scene not in graph.scene_numbers:
        return []
    return [number for number in graph.members[graph.scene_numbers[step.scene]].tolist()
            if not graph.never[number] and graph.pictures[number] not in step.avoid | request.avoid]


def _words_anchor(graph: PlanGraph, request: RouteRequest, path: Path) -> str:
    offset = len(path) - sum(max(0, step.hops) + 1 for step in request.steps)
    broken = []
    for row, step in enumerate(request.steps):
        entry = graph.pictures[path[offset]]
        offset += max(0, step.hops) + 1
        if step.start and entry not in step.start:
            broken.append(f"{_row(request, row)} may begin at {entry.stem} instead of "
                          f"{_few(picture.stem for picture in step.start)}")
    return f"it opens once {_few(broken) or 'an anchor is dropped'}"


def _words_goals(graph: PlanGraph, _request: RouteRequest, path: Path) -> str:
    return f"it can end at {graph.pictures[path[-1]].stem}"


def _no_edge(graph: PlanGraph, request: RouteRequest) -> str:
    """Where even missing transitions are no help: nothing joins what the route needs."""
    for one, other in pairwise(request.steps):
        if not _joined(graph, one.scene, other.scene):
            return (f"the rule {graph.rule!r} joins no picture of {shortened(one.scene)} with one of "
                    f"{shortened(other.scene)}; put them next to each other in a sequence, or take another rule")
    wanted = [picture for picture in (request.start, *request.via, *request.goals) if picture is not None]
    alone = [picture.stem for picture in wanted if not len(graph.beside(graph.number(picture)))]
    if alone:
        return f"{_few(alone)} has no transition and the rule {graph.rule!r} gives it none; take another rule"
    barred = [picture.stem for picture in wanted if graph.never[graph.number(picture)]]
    if barred:
        return f"{_few(barred)} is never to be shown again; take it from never_again.txt"
    return f"nothing in the graph of the rule {graph.rule!r} joins them; take another rule, or add transitions"


def _joined(graph: PlanGraph, one: str, other: str) -> bool:
    if one == other or one not in graph.scene_numbers or other not in graph.scene_numbers:
        return one == other
    far = set(graph.members[graph.scene_numbers[other]].tolist())
    return any(far.intersection(graph.beside(number).tolist())
               for number in graph.members[graph.scene_numbers[one]].tolist())


def _stem(picture: object) -> str:
    return str(getattr(picture, "stem", picture))


def _few(names: Iterable[str], most: int = 4) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
