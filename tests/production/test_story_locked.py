"""Locked stories that would come out otherwise, and sequences edited by hand: what is said, and what stays."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from built_songs import (
    build,
    make_song,
    make_transition,
    movies,
    pictures,
    transition_between,
    write_scenes,
)

from server.errors import InputError, LibraryError
from server.library.graph.identity import PictureId
from server.library.songs.stories import read_story

WHOLE = "hills_main_combined.mov"
REAL_SONGS = Path(__file__).parents[1] / "data" / "songs"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_song(tmp_path / "hills")


def test_a_locked_story_that_would_differ_says_exactly_what_and_stays(song: Path) -> None:
    report = build(song)
    before = movies(report.folder)
    hop = report.lock.hops[0]
    path = transition_between(song, hop.first, hop.second)
    first, second = (PictureId.of_node(node) for node in path.stem.split(" to "))
    make_transition(song, first, second, shift=9)

    with pytest.raises(LibraryError, match="is locked") as caught:
        build(song)

    assert f"{first.node} to {second.node} has other frames" in str(caught.value)
    assert "--new-version" in str(caught.value)
    assert movies(report.folder) == before

    newer = build(song, new_version=True)

    assert newer.folder.name == "main-2"
    assert (newer.lock.label, newer.lock.version, newer.lock.seed) == ("main", 2, report.lock.seed)
    assert movies(report.folder) == before
    assert read_story(song, "main").version == 2
    assert read_story(song, "main-1").version == 1
    assert (newer.folder / "hills_main-2_combined.mov").is_file()


@pytest.mark.parametrize(("options", "words"), [
    ({"seed": 99}, "the seed was 1 and is 99"), ({"rate": Fraction(24)}, "the rate was 10 and is 24"),
    ({"size": (32, 24)}, "the size was 64×48 and is 32×24")])
def test_other_options_for_a_locked_story_are_differences(song: Path, options: dict[str, object], words: str) -> None:
    build(song)

    with pytest.raises(LibraryError, match=words):
        build(song, **options)


def test_a_changed_scene_sequence_is_told_row_by_row(song: Path) -> None:
    build(song)
    write_scenes(song, [("dawn", 2, 1), ("noon", 1, 1), ("dusk", 1, 2)])

    with pytest.raises(LibraryError, match="row 1 was 'scene dawn; 1 hops; section 1' and is 'scene dawn; 2 hops"):
        build(song)


def test_a_transition_that_a_locked_story_needs_and_that_is_gone_is_named(song: Path) -> None:
    hop = build(song).lock.hops[0]
    transition_between(song, hop.first, hop.second).unlink()

    with pytest.raises(LibraryError, match="cannot be used any more"):
        build(song)


def test_a_damaged_movie_of_a_locked_story_is_made_again_to_the_byte(song: Path) -> None:
    report = build(song)
    before = movies(report.folder)
    for name in ("section_1.mov", WHOLE):
        data = bytearray(before[name])
        data[len(data) // 2] ^= 0x55
        (report.folder / name).write_bytes(bytes(data))
    (report.folder / "section_2.mov").unlink()
    assert "is not there" in read_story(song, "main").sections[1].problem

    again = build(song)

    assert not again.kept
    assert movies(report.folder) == before
    assert again.notes == ()


def test_an_edited_sequence_is_built_as_it_stands(song: Path, tmp_path: Path) -> None:
    a, b, c = pictures("dawn")
    edited = tmp_path / "edited.csv"
    edited.write_text(f"c1,c2,section\n{a.node},{b.node},1\n{b.node},{c.node},1\n{c.node},{a.node},last\n",
                      encoding="utf-8")

    report = build(song, hops_file=edited, label="by hand")

    assert [(hop.first, hop.second) for hop in report.lock.hops] == [(a, b), (b, c), (c, a)]
    assert [each.movie for each in report.lock.sections] == ["section_1.mov", "section_last.mov"]
    assert report.lock.edited == "edited.csv"
    edited.unlink()
    assert build(song, label="by hand").kept


@pytest.mark.parametrize(("rows", "words"), [
    ("dawn-1001,dawn-1002\nnoon-2001,noon-2002", "row 2: the way breaks"),
    ("dawn-1001,moon-1", "has no picture 'moon-1'"), ("dusk-9006,noon-2001", "write the whole seed")])
def test_an_edited_sequence_that_cannot_be_is_refused_in_words(song: Path, tmp_path: Path, rows: str,
                                                                words: str) -> None:
    edited = tmp_path / "edited.csv"
    edited.write_text(f"c1,c2\n{rows}\n", encoding="utf-8")

    with pytest.raises(InputError, match=words):
        build(song, hops_file=edited)


def test_a_folder_of_an_older_program_is_left_as_it_is(song: Path) -> None:
    (song / "stories" / "main" / "sections").mkdir(parents=True)

    with pytest.raises(LibraryError, match="made by another program"):
        build(song)
    assert build(song, label="other").lock.label == "other"


def test_without_a_sequence_all_scenes_are_gone_through(song: Path) -> None:
    (song / "scene_sequence.csv").unlink()

    report = build(song)

    assert {hop.scene for hop in report.lock.hops} == {"dawn", "noon", "dusk"}
