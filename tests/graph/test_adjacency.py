"""Rules join what they say, each edge once, the same for the same seed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_songs import full_edges, made_song, picture

from server.errors import InputError
from server.library.graph.adjacency import BETWEEN, INSIDE, RULES, neighbours_of, rule_edges
from server.library.graph.identity import Edge, PictureId
from server.library.graph.plan_graph import PlanGraph
from server.library.graph.song_graph import SceneStep, SongGraph


def edges(song: SongGraph, rule: str, seed: int = 0, k: int = 4) -> set[Edge]:
    graph = PlanGraph.of(song, rule, seed=seed, k=k)
    return {graph.edge(one, other) for one, other, _ in graph.each_edge()}


def pictures(*names: str) -> list[PictureId]:
    return [PictureId.of_node(name) for name in names]


@pytest.mark.parametrize("rule", [*RULES, *(f"{inside}+{between}" for inside, between in
                                           itertools.product(INSIDE, BETWEEN))])
@settings(max_examples=10, deadline=None)
@given(sizes=st.lists(st.integers(0, 6), max_size=4), seed=st.integers(0, 9))
def test_every_rule_stays_within_the_full_graph_and_is_repeatable(rule: str, sizes: list[int], seed: int) -> None:
    song = made_song({f"s{number}": size for number, size in enumerate(sizes)})
    numbers = {one: number for number, one in enumerate(song.pictures)}
    found = rule_edges(song, rule, numbers, seed=seed)
    assert (found[:, 0] < found[:, 1]).all()
    assert len({tuple(pair) for pair in found.tolist()}) == len(found)
    assert (found == rule_edges(song, rule, numbers, seed=seed)).all()
    assert edges(song, rule, seed) <= full_edges(song)


def test_the_older_programs_full_graph() -> None:
    song = made_song({"a": 3, "b": 2, "c": 2}, (), [SceneStep("a"), SceneStep("c"), SceneStep("b")])
    assert edges(song, "scenes") == full_edges(song)
    assert len(edges(song, "scenes")) == 3 + 1 + 1 + 3 * 2 + 2 * 2


def test_a_ring_and_everybody_with_one_of_the_neighbour() -> None:
    song = made_song({"a": 5, "b": 2})
    found = edges(song, "ring")
    inside = {edge for edge in found if edge[0].name == edge[1].name == "a"}
    assert len(inside) == 5
    assert all(sum(one in edge for edge in inside) == 2 for one in song.scenes["a"].pictures)
    assert all(any(one in edge and edge not in inside for edge in found) for one in song.pictures)


def test_the_first_three_and_modulo_pairs() -> None:
    song = made_song({"a": 5, "b": 2})
    a, b = song.scenes["a"].pictures, song.scenes["b"].pictures
    assert edges(song, "first") == {*itertools.combinations(a[:3], 2), (b[0], b[1]),
                                    *((a[at], b[at % 2]) for at in range(5))}


def test_the_nearest_few_in_an_order_that_the_seed_draws() -> None:
    song = made_song({"a": 20, "b": 11})
    found = edges(song, "nearest+none", k=4)
    assert all(sum(one in edge for edge in found) == 4 for one in song.pictures)
    assert found != edges(song, "nearest+none", seed=1, k=4)
    between = edges(song, "none+nearest", k=4)
    assert all(sum(one in edge for edge in between) >= 2 for one in song.pictures)
    assert len(between) < 20 * 11 / 2


def test_the_same_prompt_and_the_same_seed() -> None:
    song = made_song({"x": pictures("a-1", "a-2", "b-1"), "y": pictures("c-1", "d-3")})
    assert edges(song, "alike") == {(picture("a", 1), picture("a", 2)), (picture("a", 1), picture("c", 1)),
                                    (picture("b", 1), picture("c", 1))}
    assert edges(song, "seed+none") == {(picture("a", 1), picture("b", 1))}


def test_a_picture_in_two_scenes_is_not_joined_with_itself() -> None:
    shared = picture("m", 7)
    song = made_song({"x": [picture("a"), shared], "y": [shared, picture("b")]})
    found = edges(song, "scenes")
    assert all(one != other for one, other in found)
    assert len(found) == 3


def test_what_the_song_lists_is_there_under_every_rule() -> None:
    far = (picture("a", 1000), picture("c", 1000))
    song = made_song({"a": 2, "b": 2, "c": 2}, [far])
    assert all(far in edges(song, rule) for rule in RULES)
    assert edges(song, "listed") == {far}


def test_neighbours_are_rows_that_follow_each_other() -> None:
    steps = [SceneStep("a"), SceneStep("gone"), SceneStep("c"), SceneStep("c"), SceneStep("a"), SceneStep("b")]
    song = made_song({"a": 1, "b": 1, "c": 1}, (), steps)
    assert neighbours_of(song) == (("a", "c"), ("a", "b"))
    apart = made_song({"a": 1, "b": 1, "c": 1, "d": 1}, (), [SceneStep("c"), SceneStep("a")])
    assert neighbours_of(apart) == (("a", "c"), ("a", "b"), ("c", "d"))
    assert neighbours_of(apart, apart.sequences.values()) == (("a", "c"),)
    assert neighbours_of(song, [[SceneStep("gone")]]) == (("a", "b"), ("b", "c"))


def test_banished_pictures_are_joined_with_nothing() -> None:
    gone = picture("a", 1000)
    song = made_song({"a": 3, "b": 2}, never=[gone])
    assert not any(gone in edge for edge in edges(song, "scenes"))


@pytest.mark.parametrize("rule", ["", "all", "ring+", "ring+ring", "complete complete"])
def test_a_rule_that_there_is_not_is_refused_with_those_there_are(rule: str) -> None:
    with pytest.raises(InputError, match="modulo"):
        edges(made_song({"a": 2}), rule)
