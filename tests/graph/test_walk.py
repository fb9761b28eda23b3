"""The endless walk on the planned graphs of real songs, whole and with two fifths of it there."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from small_songs import made_song, picture

from server.library.graph.coverage import plan_coverage
from server.library.graph.identity import Edge, PictureId, edge_of
from server.library.graph.passages import fitted_steps, usual_steps
from server.library.graph.plan_graph import PlanGraph
from server.library.graph.request import NoRoute
from server.library.graph.song_graph import Presence, SceneStep, SongGraph, Transition
from server.library.graph.walk import endless, endless_sequence, next_hop
from server.library.songs.file_graph import graph_of_files
from server.library.songs.song_files import read_song_folder

SONGS = Path(__file__).resolve().parents[1] / "data" / "songs"
HOPS = 10_000
QUICK = "elationstation"
NAMES = sorted(path.parent.name for path in SONGS.glob("*/prompt_image_definitions.csv"))


def with_transitions(song: SongGraph, edges: Iterable[Edge], there: set[Edge]) -> SongGraph:
    """The song with these transitions listed, and some of them there."""
    transitions: Mapping[Edge, Transition] = {
        edge: Transition(*edge, Presence.EXISTS, "transitions/x.mov", 30) if edge in there else Transition(*edge)
        for edge in edges}
    return replace(song, transitions=transitions)


def planned(song: SongGraph) -> list[Edge]:
    return sorted(edge_of(each.first, each.second) for each in plan_coverage(song).edges)


def test_all_eleven_songs_are_walked() -> None:
    assert len(NAMES) == 11


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [name if name == QUICK else pytest.param(name, marks=pytest.mark.full)
                                  for name in NAMES])
def test_ten_thousand_hops_on_the_planned_graph_without_a_dead_end(name: str) -> None:
    song = graph_of_files(read_song_folder(SONGS / name))
    edges = planned(song)
    sequences = {key: fitted_steps(song, steps).steps for key, steps in song.sequences.items()} or {
        "": usual_steps(song)}
    for share in (1.0, 0.4):
        rng = random.Random(f"{name}/{share}")
        there = {edge for edge in edges if rng.random() < share}
        graph = PlanGraph.of(with_transitions(song, edges, there), "listed")
        start = next(iter(song.pictures))
        walk = list(itertools.islice(endless(graph, start, seed=1), HOPS + 1))
        bridges = walked(walk, set(edges), there)
        assert len(set(walk)) == len(song.pictures), "every picture is come by"
        for steps in sequences.values():
            along = list(itertools.islice(endless_sequence(graph, steps, seed=1), HOPS // len(sequences) + 1))
            bridges += walked(along, set(edges), there)
        print(f"{name}: {len(there)} of {len(edges)} transitions there, {bridges} of {2 * HOPS} hops bridged")
        assert (bridges == 0) is (share == 1.0)


def walked(walk: list[PictureId], edges: set[Edge], there: set[Edge]) -> int:
    """Count the bridges; every hop keeps to the plan, and none goes back at once where the plan offers two ways."""
    hops = [edge_of(*hop) for hop in itertools.pairwise(walk)]
    assert set(hops) <= edges
    assert all(one != other for one, other in itertools.pairwise(walk))
    return sum(edge not in there for edge in hops)


def test_the_same_seed_is_the_same_walk() -> None:
    graph = PlanGraph.of(made_song({"a": 6, "b": 6}))
    walks = [tuple(itertools.islice(endless(graph, picture("a", 1000), seed), 40)) for seed in (1, 1, 2)]
    assert walks[0] == walks[1] != walks[2]


def test_it_turns_back_only_where_there_is_no_other_way() -> None:
    a, b, c = (picture("a", 1000 + number) for number in range(3))
    graph = PlanGraph.of(made_song({"a": 3}, [(a, b), (b, c)]), "listed")
    assert tuple(itertools.islice(endless(graph, a, 3), 9)) == (a, b, c, b, a, b, c, b, a)


def test_what_exists_comes_before_what_is_missing_and_what_is_new_before_what_was_shown() -> None:
    a, b, c, d = (picture("a", 1000 + number) for number in range(4))
    graph = PlanGraph.of(made_song({"a": 4}, [(a, b)]))
    draws = [next_hop(graph, a, {}, seed) for seed in range(300)]
    assert draws.count(b) > 200
    assert {c, d} < set(draws)
    assert {next_hop(graph, a, {}, seed, bridges=False) for seed in range(20)} == {b}
    shown = [next_hop(graph, a, {b: 9}, seed) for seed in range(300)]
    assert shown.count(b) < 10


def test_avoid_and_never_are_kept_to_even_where_that_takes_a_bridge() -> None:
    a, b, c = (picture("a", 1000 + number) for number in range(3))
    other = picture("b", 1000)
    song = made_song({"a": 3, "b": 1}, [(a, b)], never=[c])
    graph = PlanGraph.of(song, "listed")
    assert next_hop(graph, a, {}, 1) == b
    assert next_hop(graph, a, {}, 1, avoid=frozenset((b,))) == other
    with pytest.raises(NoRoute, match="take one from the list"):
        next_hop(graph, a, {}, 1, avoid=frozenset((b, other)))
    with pytest.raises(NoRoute, match="allow bridges"):
        next_hop(graph, a, {}, 1, avoid=frozenset((b,)), bridges=False)
    with pytest.raises(NoRoute, match="add some"):
        next_hop(PlanGraph.of(made_song({"a": 1})), a, {}, 1)


def test_along_a_sequence_it_goes_to_the_end_and_back() -> None:
    steps = (SceneStep("a", 1), SceneStep("b", 0), SceneStep("c", 2))
    song = made_song({"a": 3, "b": 2, "c": 4}, (), steps)
    walk = list(itertools.islice(endless_sequence(PlanGraph.of(song), steps, 1), 20))
    assert "".join(one.name for one in walk) == "aab" + "ccc" + "ccb" + "aa" + "ab" + "ccc" + "ccb" + "aa"[:1]
    with pytest.raises(NoRoute, match="single picture"):
        list(itertools.islice(endless_sequence(PlanGraph.of(made_song({"a": 1})), [SceneStep("a", 0)], 1), 5))


def test_on_the_way_back_a_scene_may_be_entered_anywhere() -> None:
    steps = (SceneStep("a", 0), SceneStep("b", 1, start=(PictureId("b", 1000),)), SceneStep("c", 0))
    song = made_song({"a": 1, "b": 4, "c": 1}, (), steps)
    walk = list(itertools.islice(endless_sequence(PlanGraph.of(song), steps, 1), 60))
    entered = {back: {b.seed for a, b in itertools.pairwise(walk) if (a.name, b.name) == (back, "b")} for back in "ac"}
    assert entered["a"] == {1000}, "the anchor holds on the way there"
    assert len(entered["c"]) > 1, "and not on the way back"
