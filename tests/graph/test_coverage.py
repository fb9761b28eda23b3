"""Plans keep their promise, are about as small as plans can be, and spend what is left on what is used most."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_songs import full_edges, made_song, picture, songs

from server.errors import InputError, OutOfRange
from server.library.graph import least_plan as least_plan_module
from server.library.graph.coverage import CoveragePlan, plan_coverage
from server.library.graph.guarantee import Pair, demands_of, shortfalls
from server.library.graph.identity import Edge, edge_of
from server.library.graph.least_plan import least_bound, least_plan
from server.library.graph.plan_graph import PLAYABLE, PlanGraph
from server.library.graph.request import RouteRequest
from server.library.graph.routes import plan_route
from server.library.graph.song_graph import SceneStep, SongGraph


def free_pairs(graph: PlanGraph) -> set[Pair]:
    return {(one, other) for one, other, state in graph.each_edge() if state == PLAYABLE}


def edges_of(plan: CoveragePlan) -> set[Edge]:
    return {edge_of(each.first, each.second) for each in plan.edges}


def small_song(seed: int, most_edges: int = 11) -> SongGraph:
    """A song whose every set of edges can be tried."""
    rng = random.Random(seed)
    while True:
        sizes = [rng.randint(1, 4) for _ in range(rng.randint(1, 3))]
        steps = [SceneStep(f"s{number}", rng.randint(0, 3)) for number in range(len(sizes))]
        if rng.random() < 0.3:
            at = rng.randrange(len(sizes))
            steps[at] = replace(steps[at], start=(picture(f"s{at}", 1000 + rng.randrange(sizes[at])),))
        song = made_song({f"s{number}": size for number, size in enumerate(sizes)}, (), steps)
        edges = sorted(full_edges(song))
        if rng.random() < 0.4:
            there = [edge for edge in edges if rng.random() < 0.3]
            song = made_song({name: scene.pictures for name, scene in song.scenes.items()}, there, steps)
        if len(edges) <= most_edges:
            return song


def fewest(song: SongGraph) -> int:
    """The fewest new edges of all sets of edges that keep the promise."""
    graph = PlanGraph.of(song)
    demands = demands_of(song, graph)
    free = free_pairs(graph)
    new = [(one, other) for one, other, state in graph.each_edge() if state != PLAYABLE]
    return next(count for count in range(len(new) + 1) for some in itertools.combinations(new, count)
                if not shortfalls(demands, len(graph.pictures), free.union(some)))


@pytest.mark.parametrize("seed", range(25))
def test_the_minimum_is_the_fewest_of_all_and_its_bound_holds(seed: int) -> None:
    song = small_song(seed)
    graph = PlanGraph.of(song)
    demands = demands_of(song, graph)

    plan = least_plan(graph, demands, seed=seed)

    best = fewest(song)
    assert not shortfalls(demands, len(graph.pictures), plan | free_pairs(graph))
    assert least_bound(graph, demands) <= best
    assert len(plan) == best


@settings(max_examples=40, deadline=None)
@given(songs(most_scenes=4, most_pictures=5), st.integers(0, 3), st.sampled_from(["scenes", "ring", "sparse", "first"]))
def test_every_plan_keeps_the_promise_that_its_rule_can_give(song: SongGraph, seed: int, rule: str) -> None:
    plan = plan_coverage(song, rule, seed=seed)
    assert plan.lacking == ()
    assert plan.after.safe == plan.after.pictures == len(song.pictures)
    assert plan.least <= plan.minimum == len(plan.edges), (plan.least, plan.minimum)
    assert not edges_of(plan) & song.transitions.keys()
    assert plan == plan_coverage(song, rule, seed=seed)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 3)), min_size=1, max_size=4), st.integers(0, 99))
def test_on_a_planned_graph_every_picture_can_begin_a_pass_either_way(rows: list[tuple[int, int]], seed: int) -> None:
    steps = [SceneStep(f"s{number}", min(hops, size - 1)) for number, (size, hops) in enumerate(rows)]
    song = made_song({f"s{number}": size for number, (size, _) in enumerate(rows)}, (), steps)
    plan = plan_coverage(song, seed=seed)
    planned = PlanGraph.of(made_song({name: scene.pictures for name, scene in song.scenes.items()}, edges_of(plan),
                                     steps), "listed")
    for way in (steps, steps[::-1]):
        for start in song.scenes[way[0].scene].pictures:
            route = plan_route(planned, RouteRequest(start=start, steps=tuple(way), no_repeat=True))
            assert route.missing == ()


def test_more_is_what_comes_after_the_same_minimum() -> None:
    song = made_song({"a": 6, "b": 9}, (), [SceneStep("a", 3), SceneStep("b", 2)])
    least, more = plan_coverage(song), plan_coverage(song, more=7)
    assert more.edges[:least.minimum] == least.edges
    assert len(more.edges) == least.minimum + 7
    assert len(edges_of(more)) == len(more.edges)
    assert more.after.edges == more.before.edges + len(more.edges)
    assert plan_coverage(song, budget=len(more.edges)).edges == more.edges
    everything = plan_coverage(song, more=10**6)
    assert edges_of(everything) == full_edges(song)
    assert all(each.reason for each in everything.edges)


def test_what_is_added_first_helps_where_the_walk_comes_by_most_often() -> None:
    # every pass goes through the one picture of b; the pictures of a share the walk among them
    song = made_song({"a": 8, "b": 1, "c": 8}, (), [SceneStep("a", 0), SceneStep("b", 0), SceneStep("c", 0)])
    all_to_b = plan_coverage(song)
    assert {edge for edge in full_edges(song) if picture("b", 1000) in edge} <= edges_of(all_to_b)

    steps = [SceneStep("a", 1), SceneStep("b", 1, start=(picture("b", 1000),))]
    anchored = made_song({"a": 8, "b": 8}, (), steps)
    further = plan_coverage(anchored, more=6).edges
    extra = further[plan_coverage(anchored).minimum:]
    assert all(picture("b", 1000) in (each.first, each.second) for each in extra)


def test_a_small_budget_makes_the_beginning_and_says_what_is_lacking() -> None:
    song = made_song({"a": 4, "b": 4, "c": 4}, (), [SceneStep("a", 1), SceneStep("b", 1), SceneStep("c", 1)])
    whole, part = plan_coverage(song), plan_coverage(song, budget=5)
    assert part.edges == whole.edges[:5]
    assert part.minimum == 5
    assert part.lacking
    assert {(each.scene_from, each.scene_to) for each in part.edges} <= {("a", "a"), ("a", "b"), ("b", "b")}
    assert plan_coverage(song, budget=0).edges == ()


def test_what_exists_costs_nothing() -> None:
    steps = [SceneStep("a", 2), SceneStep("b", 2)]
    song = made_song({"a": 5, "b": 5}, (), steps)
    plan = plan_coverage(song)
    made = made_song({"a": 5, "b": 5}, edges_of(plan), steps)
    again = plan_coverage(made)
    assert again.edges == ()
    assert again.least == 0
    assert again.before == again.after == replace(plan.after)
    half = made_song({"a": 5, "b": 5}, sorted(edges_of(plan))[::2], steps)
    assert len(plan_coverage(half).edges) <= len(plan.edges) // 2


def test_avoided_and_banished_pictures_are_led_round() -> None:
    gone, shunned = picture("a", 1001), picture("b", 1000)
    steps = [SceneStep("a", 2), SceneStep("b", 1, avoid=frozenset((shunned,)))]
    song = made_song({"a": 5, "b": 4}, (), steps, never=[gone])
    plan = plan_coverage(song)
    assert plan.lacking == ()
    assert not any(gone in edge for edge in edges_of(plan))
    kept = PlanGraph.of(made_song({"a": 5, "b": 4}, edges_of(plan), steps, never=[gone]), "listed")
    for start in song.scenes["a"].pictures:
        if start != gone:
            route = plan_route(kept, RouteRequest(start=start, steps=tuple(steps), no_repeat=True))
            assert not {gone, shunned} & set(route.pictures)


def test_rows_that_cannot_be_followed_are_told() -> None:
    steps = [SceneStep("a", 9), SceneStep("nowhere", 1), SceneStep("b", 0, start=(picture("c", 5),))]
    plan = plan_coverage(made_song({"a": 3, "b": 2}, (), steps))
    assert [note.partition(":")[0] for note in plan.notes] == ["row 1, scene 'a'", "row 2, scene 'nowhere'",
                                                              "row 3, scene 'b'"]
    assert plan.lacking == ()


@pytest.mark.parametrize("steps", [[], [SceneStep("a", 1), SceneStep("b", 1), SceneStep("a", 1)],
                                   [SceneStep("a", 0), SceneStep("a", 0)]])
def test_songs_without_a_sequence_and_sequences_that_come_back(steps: list[SceneStep]) -> None:
    plan = plan_coverage(made_song({"a": 4, "b": 3}, (), steps))
    assert plan.lacking == ()
    assert plan.minimum >= 6


def test_what_cannot_be_planned_is_refused() -> None:
    song = made_song({"a": 2})
    with pytest.raises(OutOfRange):
        plan_coverage(song, more=-1)
    with pytest.raises(InputError, match="scenes, ring"):
        plan_coverage(song, "everything")
    assert plan_coverage(SongGraph("empty")).edges == ()


def test_the_check_finds_whatever_is_taken_from_a_minimum() -> None:
    song = made_song({"a": 5, "b": 4}, (), [SceneStep("a", 2), SceneStep("b", 1)])
    graph = PlanGraph.of(song)
    demands = demands_of(song, graph)
    plan = least_plan(graph, demands)
    for pair in plan:
        assert shortfalls(demands, len(graph.pictures), plan - {pair})
    only = graph.only(np.array(sorted(plan), dtype=np.int32))
    assert only.edges == len(plan)


def test_the_search_for_ways_nearly_as_long_as_their_scenes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(least_plan_module, "_WORK", 500_000)
    scenes = {f"s{number}": 40 for number in range(3)}
    song = made_song(scenes, (), [SceneStep(name, 32) for name in scenes])
    told: list[tuple[int, int]] = []
    plan = plan_coverage(song, progress=lambda done, of: told.append((done, of)))
    assert plan.lacking == ()
    assert plan.least <= plan.minimum <= 1.5 * plan.least, "how far it is from the fewest is told, and not far"
    assert told[0][0] == 0
    assert told[-1][0] < told[-1][1], "it was left when it had cost enough"
