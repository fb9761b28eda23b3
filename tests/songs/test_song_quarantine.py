"""Damaged things out of the way and back, and what breaks when a picture goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from song_samples import make_frames, make_song, make_transition

from server.errors import InputError, LibraryError
from server.library.graph.identity import Edge, PictureId, edge_of
from server.library.graph.song_graph import Picture, Presence, Scene, SceneStep, SongGraph, Transition
from server.library.songs.song_folder import open_song, open_with_catalogue
from server.production.quarantine import damaged_things, quarantine, restore, things_named
from server.production.removal import breakage, pictures_named
from server.production.song_check import check_song

SUN, SUN2, SEA, SEA2 = (PictureId(*each) for each in (("sun", 1001), ("sun", 1002), ("sea", 2001), ("sea", 2002)))
WHEN = "2026-01-02 03.04.05"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    folder = make_song(tmp_path / "emit")
    make_transition(folder, SUN, SUN2)
    make_frames(folder, SEA, SEA2)
    return folder


def everything(song: Path) -> dict[str, bytes]:
    return {path.relative_to(song).as_posix(): path.read_bytes() for path in song.rglob("*")
            if path.is_file() and ".interscene" not in path.parts}


def test_what_is_damaged_goes_with_its_reason_and_comes_back(song: Path) -> None:
    (song / "prompt_images" / "sun_1001.png").write_bytes(b"half a picture")
    (song / "transition_images" / "sea-2001 to sea-2002" / "frame000004.png").unlink()
    before = everything(song)

    moved = quarantine(song, damaged_things(check_song(song)), WHEN)

    assert moved.paths == ("prompt_images/sun_1001.png", "transition_images/sea-2001 to sea-2002")
    reasons = (song / "quarantine" / WHEN / "reason.txt").read_text(encoding="utf-8")
    assert "prompt_images/sun_1001.png\tit is no picture, whatever its name says\n" in reasons
    assert "4 frames, and the settings ask for 5" in reasons
    graph = open_song(song)
    assert graph.pictures[SUN].presence is Presence.MISSING
    assert graph.between(SEA, SEA2) is None
    assert check_song(song).bad == ()

    assert restore(song).paths == moved.paths
    assert everything(song) == before
    assert not (song / "quarantine").exists()


def test_a_movie_takes_its_index_along(song: Path) -> None:
    opened = open_with_catalogue(song)
    before = everything(song)

    moved = quarantine(song, [(path, "too dark\nfor us") for path in things_named(opened, ["sun-1002 to sun-1001"])],
                       WHEN)

    assert moved.paths == ("transitions/sun-1001 to sun-1002.mov",)
    assert list((song / "transitions").iterdir()) == []
    assert "too dark for us" in (moved.folder / "reason.txt").read_text(encoding="utf-8")
    restore(song)
    assert everything(song) == before


def test_one_of_several_can_be_put_back(song: Path) -> None:
    quarantine(song, [("prompt_images/sun_1001.png", "a"), ("prompt_images/sea_2001.png", "b")], WHEN)

    assert restore(song, "2026", ["sea_2001"]).paths == ("prompt_images/sea_2001.png",)
    assert (song / "prompt_images" / "sea_2001.png").is_file()
    assert not (song / "prompt_images" / "sun_1001.png").exists()
    assert restore(song).paths == ("prompt_images/sun_1001.png",)


def test_nothing_is_written_over(song: Path) -> None:
    quarantine(song, [("prompt_images/sun_1001.png", "a")], WHEN)
    (song / "prompt_images" / "sun_1001.png").write_bytes(b"a new one")

    moved = restore(song)

    assert moved.paths == ()
    assert moved.kept == (("prompt_images/sun_1001.png", "something of that name is there already"),)
    assert (song / "prompt_images" / "sun_1001.png").read_bytes() == b"a new one"
    assert (song / "quarantine" / WHEN / "prompt_images" / "sun_1001.png").is_file()


def test_two_quarantines_of_one_second_do_not_meet(song: Path) -> None:
    one = quarantine(song, [("prompt_images/sun_1001.png", "a")], WHEN)
    other = quarantine(song, [("prompt_images/sun_1002.png", "b")], WHEN)

    assert one.folder != other.folder


def test_names_that_lead_nowhere_or_out_are_refused(song: Path) -> None:
    opened = open_with_catalogue(song)
    with pytest.raises(LibraryError, match="did you mean sun_1001"):
        things_named(opened, ["sun_1011"])
    moved = quarantine(song, [("../emit/prompt_images", "no")], WHEN)
    assert moved.paths == ()
    assert "leads out" in moved.kept[0][1]
    with pytest.raises(LibraryError, match="nothing in quarantine"):
        restore(song)


@pytest.mark.parametrize("name", ["sun_1001", "sun-1001", "prompt_images/sun_1001.png"])
def test_a_picture_has_several_names(song: Path, name: str) -> None:
    assert things_named(open_with_catalogue(song), [name]) == ["prompt_images/sun_1001.png"]


A, B, C, D, E = (PictureId(letter, 1) for letter in "abcde")


def graph_of(edges: Sequence[Edge], *, missing: Sequence[Edge] = ()) -> SongGraph:
    pictures = {each: Picture(each, presence=Presence.EXISTS) for each in (A, B, C, D, E)}
    transitions = {edge_of(*each): Transition(*each, Presence.EXISTS, "x.mov") for each in edges}
    transitions |= {edge_of(*each): Transition(*each) for each in missing}
    scenes = {"one": Scene("one", (A, B)), "two": Scene("two", (C,)), "three": Scene("three", (D, E))}
    steps = (SceneStep("one", start=(A, B)), SceneStep("two", start=(C,)), SceneStep("three"))
    return SongGraph("emit", pictures, scenes, transitions, {"": steps})


def test_what_breaks_without_a_picture_in_the_middle() -> None:
    found = breakage(graph_of([(A, B), (A, C), (B, C), (C, D), (D, E)], missing=[(A, E)]), [C])

    assert found.edges == ((A, C), (B, C), (C, D))
    assert set(found.unreachable) in ({A, B}, {D, E})
    assert found.emptied == ("two",)
    assert found.parted == (("one", "two"), ("two", "three"))
    assert found.steps == ("scene_sequence.csv, scene 2 (two) begins with c_1, and with no other",)
    assert not found.harmless


def test_what_breaks_without_a_picture_that_others_replace() -> None:
    found = breakage(graph_of([(A, B), (A, C), (B, C), (C, D), (D, E), (C, E), (A, D), (A, E)]), [B])

    assert found.dead_ends == ()
    assert found.steps == ("scene_sequence.csv, scene 1 (one) begins with b_1",)
    assert found.edges == ((A, B), (B, C))


def test_a_picture_that_is_left_with_one_way_is_said() -> None:
    found = breakage(graph_of([(A, B), (A, C), (B, C)]), [B])

    assert found.dead_ends == (A, C)


@given(edges=st.lists(st.tuples(*[st.sampled_from((A, B, C, D, E))] * 2).filter(lambda pair: pair[0] != pair[1])),
       gone=st.sets(st.sampled_from((A, B, C, D, E)), max_size=5))
@settings(max_examples=100, deadline=None)
def test_what_is_lost_and_what_is_left_is_everything(edges: list[tuple[PictureId, PictureId]],
                                                     gone: set[PictureId]) -> None:
    graph = graph_of(edges)

    found = breakage(graph, gone)

    assert set(found.edges) == {edge for edge in graph.transitions if set(edge) & gone}
    assert not gone & {*found.dead_ends, *found.unreachable}
    assert not gone or not found.harmless or all(
        not set(step.start) & gone for step in graph.sequences[""])


def test_stories_that_use_a_picture_are_named(song: Path) -> None:
    (song / "story").mkdir()
    (song / "story" / "trans_sequence.csv").write_text(",c1,c2\n0,sun-1001,sea-2001\n")
    (song / "stories" / "old").mkdir(parents=True)
    (song / "stories" / "old" / "trans_sequence_old.csv").write_text(",c1,c2\n0,sun-10011,sea-2002\n")

    assert breakage(open_song(song), [SUN], song).stories == ("story/trans_sequence.csv",)
    assert breakage(open_song(song), [SEA2], song).stories == ("stories/old/trans_sequence_old.csv",)


def test_pictures_are_named_in_many_ways(song: Path) -> None:
    graph = open_song(song)

    assert pictures_named(graph, ["sun_1001", "sun-1002", "sea_2001.png"]) == [SUN, SUN2, SEA]
    assert pictures_named(graph, ["sea"]) == [SEA, SEA2]
    with pytest.raises(LibraryError, match="no picture 'moon'"):
        pictures_named(graph, ["moon"])


def test_a_short_name_that_two_pictures_have_is_asked_back(tmp_path: Path) -> None:
    graph = open_song(make_song(tmp_path / "emit", {"sun": (10015, 10016)}))

    with pytest.raises(InputError, match="sun_10015 or sun_10016"):
        pictures_named(graph, ["sun-1001"])
