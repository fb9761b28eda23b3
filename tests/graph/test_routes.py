"""Routes are as cheap as the best of all ways tried one by one, keep every rule, and say what blocks."""

from __future__ import annotations

import itertools
import math
import pickle
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_songs import best_price, full_edges, keeps, made_song, picture, price_of, songs

from server.errors import InputError, LibraryError, OutOfRange
from server.library.graph.identity import PictureId, edge_of
from server.library.graph.plan_graph import PLAYABLE, PlanGraph
from server.library.graph.routes import NoRoute, Route, RouteRequest, Tries, plan_route
from server.library.graph.song_graph import Picture, Scene, SceneStep, SongGraph

PRICES = st.sampled_from([0.0, 0.25, 2.0, math.inf])


def requests(data: st.DataObject, song: SongGraph) -> RouteRequest:
    """Whatever may be asked together, of a song."""
    known = sorted(song.pictures)
    some = st.lists(st.sampled_from(known), max_size=2, unique=True)
    kind = data.draw(st.sampled_from(["steps", "hops", "free"]))
    return RouteRequest(
        start=data.draw(st.sampled_from(known)) if kind == "free" or data.draw(st.booleans()) else None,
        goals=tuple(data.draw(st.lists(st.sampled_from(known), min_size=kind == "free", max_size=2, unique=True))),
        via=tuple(data.draw(some)), avoid=frozenset(data.draw(st.lists(st.sampled_from(known), max_size=1))),
        missing_price=data.draw(PRICES), visited=dict.fromkeys(data.draw(some), data.draw(st.integers(1, 3))),
        prefer_unvisited=data.draw(st.booleans()), no_repeat=data.draw(st.booleans()),
        steps=song.sequences[""] if kind == "steps" else (), seed=data.draw(st.integers(0, 5)),
        hops=data.draw(st.integers(0, 4)) if kind == "hops" else None)


@settings(max_examples=200, deadline=None)
@given(songs(), st.data())
def test_no_way_is_cheaper(song: SongGraph, data: st.DataObject) -> None:
    request = requests(data, song)
    # the cheapest way of any length passes at most two vias and a goal, none of its legs twice through a picture
    best = best_price(request, song, full_edges(song), longest=min(3 * len(song.pictures), 6))

    try:
        route = plan_route(PlanGraph.of(song), request)
    except NoRoute as reason:
        said = str(reason)
        assert (math.isinf(best), len(said) > 20) == (True, True)
        return
    if math.isinf(best):
        assert route.hops > 6
    else:
        assert route.cost == pytest.approx(best)
    assert route.optimal
    assert route.gap == 0
    obeys(song, request, route)


def obeys(song: SongGraph, request: RouteRequest, route: Route) -> None:
    """The route is a way of the graph that keeps to the request and tells the truth about itself."""
    existing = set(song.transitions)
    assert keeps(request, route.pictures)
    assert request.start in (None, route.pictures[0])
    assert not (request.avoid & set(route.pictures[1:]))
    hops = [edge_of(*hop) for hop in itertools.pairwise(route.pictures)]
    assert set(hops) <= full_edges(song)
    assert list(route.missing) == [hop for hop in hops if hop not in existing]
    assert not (math.isinf(request.missing_price) and route.missing)
    assert route.cost == pytest.approx(price_of(request, existing, route.pictures))
    assert len(route.sections) == route.hops
    if request.steps:
        assert len(route.rows) == len(route.pictures)
        for row, step in enumerate(request.steps):
            passed = [one for one, at in zip(route.pictures, route.rows, strict=True) if at == row]
            assert len(passed) == step.hops + 1
            assert set(passed[1:]) <= set(song.scenes[step.scene].pictures) - step.avoid
            assert passed[0] in (step.start or song.scenes[step.scene].pictures)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.integers(0, 5), st.integers(0, 10_000), st.sampled_from([0.3, 0.6, 1.0]))
def test_without_repeats_it_is_the_best_of_all_simple_ways_in_a_scene(size: int, hops: int, seed: int,
                                                                      share: float) -> None:
    song = sparse_song({"a": size, "b": 2}, seed, share, [SceneStep("a", hops), SceneStep("b", 1)])
    request = RouteRequest(steps=song.sequences[""], missing_price=3.5, no_repeat=True, seed=seed)
    best = best_price(request, song, full_edges(song))
    if math.isinf(best):
        with pytest.raises(NoRoute, match="lower duration"):
            plan_route(PlanGraph.of(song), request)
    else:
        route = plan_route(PlanGraph.of(song), request, deadline=Tries(1))
        assert (route.cost, route.optimal) == (pytest.approx(best), True)


def sparse_song(scenes: dict[str, int], seed: int, share: float, steps: list[SceneStep]) -> SongGraph:
    """A song of which a seeded share of the full graph exists."""
    import random

    rng = random.Random(seed)
    plain = made_song(scenes, (), steps)
    return made_song(scenes, [edge for edge in sorted(full_edges(plain)) if rng.random() < share], steps)


@pytest.mark.parametrize("seed", range(4))
def test_sixteen_pictures_are_exact_whatever_the_time(seed: int) -> None:
    steps = [SceneStep("a", 15), SceneStep("b", 9)]
    song = sparse_song({"a": 16, "b": 16}, seed, 0.16, steps)
    request = RouteRequest(steps=tuple(steps), missing_price=5, no_repeat=True)

    late = plan_route(PlanGraph.of(song), request, deadline=lambda: True)

    assert late.optimal
    assert late.cost == plan_route(PlanGraph.of(song), request).cost
    assert len(set(late.pictures)) == 26


def test_beyond_that_a_route_tells_its_gap() -> None:
    steps = [SceneStep("a", 39)]
    song = sparse_song({"a": 40}, 3, 0.06, steps)
    request = RouteRequest(steps=tuple(steps), missing_price=5, no_repeat=True)

    hasty = plan_route(PlanGraph.of(song), request, deadline=lambda: True)
    patient = plan_route(PlanGraph.of(song), request, deadline=Tries(400))

    assert not hasty.optimal
    assert len(set(hasty.pictures)) == 40
    assert hasty.cost - hasty.gap <= patient.cost <= hasty.cost
    assert patient.gap <= hasty.gap


@given(st.integers(0, 1 << 70))
@settings(max_examples=10, deadline=None)
def test_the_same_seed_gives_the_same_route(seed: int) -> None:
    steps = [SceneStep("a", 4), SceneStep("b", 4)]
    song = sparse_song({"a": 12, "b": 12}, 1, 0.5, steps)
    for no_repeat in (False, True):
        request = RouteRequest(steps=tuple(steps), missing_price=5, no_repeat=no_repeat, seed=seed)
        assert plan_route(PlanGraph.of(song), request) == plan_route(PlanGraph.of(song), request)


def test_other_seeds_give_other_routes() -> None:
    steps = (SceneStep("a", 4), SceneStep("b", 4))
    graph = PlanGraph.of(sparse_song({"a": 12, "b": 12}, 1, 0.6, list(steps)))
    for no_repeat in (False, True):
        routes = {plan_route(graph, RouteRequest(steps=steps, missing_price=5, no_repeat=no_repeat, seed=seed)).pictures
                  for seed in range(20)}
        assert len(routes) > 15


def test_a_graph_travels_to_another_process() -> None:
    song = sparse_song({"a": 4, "b": 4}, 1, 0.5, [SceneStep("a", 1), SceneStep("b", 1)])
    graph = PlanGraph.of(song)
    assert graph.numbers
    there = pickle.loads(pickle.dumps(graph))
    request = RouteRequest(steps=song.sequences[""], missing_price=1)
    assert plan_route(there, request) == plan_route(graph, request)


def test_the_state_of_every_edge_is_that_of_the_song() -> None:
    song = sparse_song({"a": 4, "b": 3}, 2, 0.5, [])
    graph = PlanGraph.of(song)
    assert {graph.edge(one, other) for one, other, _ in graph.each_edge()} == full_edges(song)
    assert {graph.edge(one, other) for one, other, state in graph.each_edge() if state == PLAYABLE} == set(
        song.transitions)
    some = [(one, other) for one, other, _ in graph.each_edge()][::2]
    import numpy as np

    kept = graph.only(np.array(some, dtype=np.int32))
    assert [(one, other) for one, other, _ in kept.each_edge()] == some
    assert all(graph.between(one, other) == state == kept.between(other, one) for one, other, state in kept.each_edge())


A, B, C = (PictureId("a", 1000 + i) for i in range(3))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (RouteRequest(start=A, goals=(PictureId("b", 1000),)),
         ("from a_1000 to b_1000", "transition is made", "price")),
        (RouteRequest(steps=(SceneStep("a", 0, start=(A,)), SceneStep("a", 0, start=(C,))), no_repeat=True),
         ("row 1", "row 2", "made: a_1000 to a_1002")),
        (RouteRequest(steps=(SceneStep("a", 3),), missing_price=2, no_repeat=True),
         ("3 hops in row 1", "has 3 pictures to show and needs 4", "lower duration")),
        (RouteRequest(steps=(SceneStep("x", 1),)), ("row 1, scene 'x'", "no such scene", "a, b, c")),
        (RouteRequest(steps=(SceneStep("a", 1, avoid=frozenset((A, B, C))),)), ("every one of its 3", "a_1000")),
        (RouteRequest(steps=(SceneStep("a", 1, start=(PictureId("b", 1000),)),)), ("not in this scene", "a_1000")),
        (RouteRequest(steps=(SceneStep("a", 1, start=(A,), avoid=frozenset((A,))),)), ("also in its avoid list",)),
        (RouteRequest(start=A, goals=(C,), avoid=frozenset((B,))), ("once a_1001 may be shown", "avoid")),
        (RouteRequest(start=A, goals=(C,), hops=1, missing_price=math.inf), ("of 1 hops", "a_1000 to a_1002")),
        (RouteRequest(steps=(SceneStep("a", 0), SceneStep("c", 0)), missing_price=1), ("'scenes' joins no picture",)),
    ],
)
def test_what_blocks_is_said(request_: RouteRequest, words: tuple[str, ...]) -> None:
    song = made_song({"a": 3, "b": 2, "c": 1}, [(A, B), (B, C)])
    with pytest.raises(NoRoute) as caught:
        plan_route(PlanGraph.of(song), request_)
    line = str(caught.value)
    assert "\n" not in line
    for word in words:
        assert word in line


def test_anchors_that_cannot_be_joined_are_named_with_what_opens_them() -> None:
    song = made_song({"a": 2, "b": 3}, [(picture("a", 1000), picture("a", 1001)),
                                        (picture("a", 1001), picture("b", 1002))])
    steps = (SceneStep("a", 1), SceneStep("b", 0, start=(picture("b", 1000),)))
    with pytest.raises(NoRoute, match=r"row 1, scene 'a' to row 2, scene 'b'") as caught:
        plan_route(PlanGraph.of(song), RouteRequest(steps=steps))
    assert "b_1000" in str(caught.value)


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (RouteRequest(), InputError), (RouteRequest(hops=-1), OutOfRange), (RouteRequest(hops=10**9), OutOfRange),
        (RouteRequest(hops=1, steps=(SceneStep("a"),)), InputError),
        (RouteRequest(steps=(SceneStep("a", 10**9),)), OutOfRange),
        (RouteRequest(start=picture("nobody")), LibraryError),
        (RouteRequest(start=A, goals=(B,), missing_price=-1), OutOfRange),
        (RouteRequest(start=A, goals=(B,), missing_price=math.nan), OutOfRange),
    ],
)
def test_what_cannot_be_asked_is_refused(request_: RouteRequest, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        plan_route(PlanGraph.of(made_song({"a": 3})), request_)


@pytest.mark.parametrize("no_repeat", [False, True])
def test_a_picture_to_be_passed_that_is_named_twice_is_passed_once(no_repeat: bool) -> None:
    one, other = PictureId("a", 1), PictureId("a", 2)
    song = SongGraph("s", {each: Picture(each) for each in (one, other)}, {"s": Scene("s", (one, other))})
    asked = RouteRequest(one, (other,), via=(one, one, other, other), missing_price=8.0, no_repeat=no_repeat)
    assert plan_route(PlanGraph.of(song), asked).pictures == (one, other)


def test_a_song_without_pictures_has_no_route() -> None:
    with pytest.raises(NoRoute, match="no pictures"):
        plan_route(PlanGraph.of(SongGraph("empty")), RouteRequest(hops=1))


def test_where_the_show_stands_is_a_hop_before_the_first_row() -> None:
    song = made_song({"a": 2, "b": 2}, (), [SceneStep("a", 0), SceneStep("b", 1)])
    request = RouteRequest(start=picture("a", 1001), steps=(SceneStep("b", 1, "4"),), missing_price=1)
    route = plan_route(PlanGraph.of(song), request)
    assert route.rows == (-1, 0, 0)
    assert route.sections == ("4", "4")
    assert plan_route(PlanGraph.of(song), replace(request, start=picture("b", 1000))).rows == (0, 0)
