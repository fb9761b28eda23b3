"""A song's graph as a file that other programs read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.library.formats.gexf import format_gexf, parse_gexf
from server.library.formats.oddity import Oddities
from server.library.graph.identity import PictureId, edge_of
from server.library.graph.song_graph import Picture, Presence, Scene, SongGraph, Transition
from server.library.songs.song_gexf import gexf_of_song

A, B, C, D = (PictureId("far dunes", 9006264050842235), PictureId("b_1", 2), PictureId("c", 3), PictureId("lost", 4))


def song(*transitions: Transition) -> SongGraph:
    return SongGraph("made", {each: Picture(each) for each in (A, B, C)},
                     {"s": Scene("s", (A, B)), "t": Scene("t", (B, C))}, {each.edge: each for each in transitions})


def test_scenes_presence_and_kind_of_every_edge() -> None:
    graph = gexf_of_song(song(Transition(A, B, Presence.EXISTS, "transitions/x.mov"), Transition(C, D),
                              Transition(C, B, Presence.STALE, "y"), Transition(A, C, Presence.DAMAGED, "z")))
    assert [(node.id, node.scene) for node in graph.nodes] == [
        (A.node, "s"), (B.node, "s"), (C.node, "t"), (D.node, "")]
    assert [(edge.source, edge.target, edge.exists, edge.transition_type, edge.attributes["presence"])
            for edge in graph.edges] == [
        (A.node, B.node, True, "intra", "exists"), (C.node, D.node, False, "inter", "missing"),
        (C.node, B.node, True, "inter", "stale"), (A.node, C.node, False, "inter", "damaged")]


@given(st.lists(st.tuples(st.sampled_from([A, B, C, D]), st.sampled_from([A, B, C, D]), st.sampled_from(Presence)),
                max_size=6, unique_by=lambda case: edge_of(case[0], case[1])))
def test_the_file_reads_back_as_the_same_graph(cases: list[tuple[PictureId, PictureId, Presence]]) -> None:
    graph = gexf_of_song(song(*(Transition(one, other, presence, "m") for one, other, presence in cases)))
    oddities = Oddities("f")
    assert parse_gexf(format_gexf(graph), oddities) == graph
    assert len(oddities) == 0
