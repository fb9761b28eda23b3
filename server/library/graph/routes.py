"""Ways through a song's graph: along a scene sequence, of so many hops, or the cheapest. The door to all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from server.errors import InputError, OutOfRange
from server.library.graph.blocked import why_not
from server.library.graph.layers import Layer, Layered, layers_of_passages
from server.library.graph.passages import passages_of
from server.library.graph.plan_graph import PLAYABLE, PlanGraph
from server.library.graph.prices import HOP, Prices, prices_of
from server.library.graph.request import NoRoute, Route, RouteRequest
from server.library.graph.shortest import cheapest_route
from server.library.graph.simple_routes import Found, drawn_route, simple_route

MOST_HOPS = 20_000
_USUAL_TRIES = 600
_BRIEF_TRIES = 60
"""Where the search only serves to say what blocks."""


def plan_route(graph: PlanGraph, request: RouteRequest, *, deadline: Callable[[], bool] | None = None) -> Route:
    """Find the cheapest route that a request allows; among equal ones the seed draws.

    Exact where pictures may repeat, and without repeats up to 16 pictures a scene; beyond, the best found until
    `deadline()` is true, with its gap (not given: after so many steps, the same on every machine). Raises NoRoute in
    words that say what blocks, OutOfRange, InputError, LibraryError for a picture that the song does not have.
    """
    _check(graph, request)
    attempt = attempted(graph, request, deadline or Tries(_USUAL_TRIES))
    if attempt.found.path is None:
        raise NoRoute(why_not(request, graph, attempt, _briefly))
    return _route(graph, attempt)


def _briefly(graph: PlanGraph, request: RouteRequest) -> Attempt:
    return attempted(graph, request, Tries(_BRIEF_TRIES))


class Attempt:
    """What a search found, with the layers that it went through; none where the length was free."""

    def __init__(self, found: Found, layers: Sequence[Layer] = ()) -> None:
        self.found = found
        self.layers = layers


def attempted(graph: PlanGraph, request: RouteRequest, deadline: Callable[[], bool] | None = None) -> Attempt:
    """Search, and return what was found instead of saying why not. Raises NoRoute where a row has no picture."""
    prices = prices_of(graph, request)
    begin = None if request.start is None else graph.number(request.start)
    via = tuple(graph.number(picture) for picture in request.via)
    goals = [graph.number(picture) for picture in request.goals]
    if not request.steps and request.hops is None:
        if begin is None:
            raise InputError("name the picture where the route begins, a sequence, or how many hops it has")
        return Attempt(cheapest_route(graph, prices, begin, via, goals, request.seed,
                                      no_repeat=request.no_repeat, deadline=deadline))
    layers = _layers(graph, request, prices, begin)
    if goals:
        last = layers[-1]
        layers[-1] = Layer(last.pictures[np.isin(last.pictures, goals)], last.row, last.section)
    problem = Layered(graph, prices, tuple(layers), via)
    if not request.no_repeat:
        return Attempt(drawn_route(problem, request.seed), layers)
    return Attempt(simple_route(problem, request.seed, deadline, by_row=request.repeat_later), layers)


def _layers(graph: PlanGraph, request: RouteRequest, prices: Prices, begin: int | None) -> list[Layer]:
    if request.steps:
        passages = passages_of(graph, request.steps, prices.allowed)
        if begin is not None and begin not in passages[0].entries:
            return layers_of_passages(passages, before=begin)
        layers = layers_of_passages(passages)
        first = layers[0]
    else:
        anywhere = np.flatnonzero(prices.allowed).astype(np.int32)
        layers = [Layer(anywhere)] * ((request.hops or 0) + 1)
        first = layers[0]
    if begin is not None:
        layers[0] = Layer(np.array([begin], dtype=np.int32), first.row, first.section)
    return layers


def _route(graph: PlanGraph, attempt: Attempt) -> Route:
    found, layers = attempt.found, attempt.layers
    path = found.path or ()
    missing = tuple(graph.edge(one, other) for one, other in pairwise(path) if graph.between(one, other) != PLAYABLE)
    rows = tuple(layer.row for layer in layers)
    return Route(tuple(graph.pictures[number] for number in path),
                 tuple(layer.section for layer in layers[:-1]) or ("",) * (len(path) - 1),
                 missing, found.cost / HOP, found.optimal, 0.0 if found.optimal else (found.cost - found.bound) / HOP,
                 rows if any(row >= 0 for row in rows) else ())


def _check(graph: PlanGraph, request: RouteRequest) -> None:
    if request.hops is not None and not 0 <= request.hops <= MOST_HOPS:
        raise OutOfRange(f"a route has 0 to {MOST_HOPS:,} hops, not {request.hops}")
    if request.hops is not None and request.steps:
        raise InputError("a sequence says how many hops a route has; give either the sequence or the hops")
    total = sum(max(0, step.hops) + 1 for step in request.steps)
    if total > MOST_HOPS:
        raise OutOfRange(f"the sequence asks for {total:,} hops, and a route has at most {MOST_HOPS:,}")
    if not graph.pictures:
        raise NoRoute(f"{graph.name or 'the song'} has no pictures; add some with `interscene song add`")


class Tries:
    """A deadline that is the same on every machine: true from the n-th time it is asked."""

    def __init__(self, times: int) -> None:
        self._left = times

    def __call__(self) -> bool:
        self._left -= 1
        return self._left <= 0
