"""Locked stories held against their locks: seams from the index, movies by their bytes, all of it made once more."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from built_songs import build, frames_of, make_song, make_transition, transition_between

from server.errors import InputError, LibraryError
from server.index.opening import write_sidecar
from server.library.graph.identity import PictureId
from server.library.songs.stories import read_story
from server.library.songs.story_lock import read_lock
from server.media.indexing import index_of
from server.production.seams import seams
from server.production.story_build import BuildReport
from server.production.story_stage import approve, list_stories, set_note, withdraw
from server.production.story_verify import story_seams, verify_story


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_song(tmp_path / "hills")


def test_every_seam_is_the_same_bytes_on_both_sides(song: Path) -> None:
    report = build(song)

    shown = story_seams(song, "main")

    whole = frames_of(report.folder / report.lock.whole.movie)
    found = shown[report.lock.whole.movie]
    assert len(found) == len(report.lock.hops) - 1
    assert sum(len(each) for each in shown.values()) == len(found) + len(report.lock.hops) - len(report.lock.sections)
    for seam, before, after in zip(found, report.lock.hops, report.lock.hops[1:], strict=False):
        assert (seam.problem, seam.compared) == ("", True)
        assert seam.picture == after.first.node == before.second.node
        sources = [frames_of(song / side.file)[side.frame] for side in (seam.before, seam.after)]
        assert sources == [whole[seam.frame]] * 2


def test_the_index_alone_shows_the_seams_when_sources_are_gone(song: Path) -> None:
    report = build(song)
    shutil.rmtree(song / "transitions")

    found = story_seams(song, "main")[report.lock.whole.movie]

    assert {(seam.compared, seam.problem) for seam in found} == {(False, "")}
    assert "by its checksums" in found[0].line


def test_a_source_that_has_other_ends_now_is_named(song: Path) -> None:
    report = build(song)
    hop = report.lock.hops[0]
    path = transition_between(song, hop.first, hop.second)
    first, second = (PictureId.of_node(node) for node in path.stem.split(" to "))
    other = frames_of(path)[2]
    make_transition(song, first, second, ends=(other, other))

    found = story_seams(song, "main")[report.lock.whole.movie]

    assert path.name in found[0].problem
    assert not found[-1].problem


def test_a_seam_that_the_index_lies_about_is_found(song: Path) -> None:
    report = build(song)
    movie = report.folder / report.lock.whole.movie
    index = index_of(movie)
    assert index.made is not None
    lied = [list(seam) for seam in index.made["seams"]]
    lied[0][3] ^= 1
    write_sidecar(movie, replace(index, made={**index.made, "seams": lied}))

    assert "two sides were not the same" in seams(song, movie)[0].problem


def test_movies_without_seams_say_so(song: Path) -> None:
    path = next((song / "transitions").glob("*.mov"))

    with pytest.raises(InputError, match="does not say what it was joined from"):
        seams(song, path)


def test_a_story_is_made_again_byte_for_byte(song: Path) -> None:
    report = build(song)
    before = sorted(song.rglob("*"))

    verdict = verify_story(song, "main")

    assert verdict.problems == ()
    assert verdict.movies == len(report.lock.sections) + 1
    assert sorted(song.rglob("*")) == before


def test_a_bridged_story_is_made_again_byte_for_byte_without_its_copies(tmp_path: Path) -> None:
    song = make_song(tmp_path / "hills", edges="none")
    build(song, bridge=True, size=(48, 32))
    shutil.rmtree(song / ".interscene")

    assert verify_story(song, "main").problems == ()


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    stamp = path.stat()
    path.write_bytes(bytes(data))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def _other_frames(song: Path, report: BuildReport) -> None:
    hop = report.lock.hops[-1]
    path = transition_between(song, hop.first, hop.second)
    first, second = (PictureId.of_node(node) for node in path.stem.split(" to "))
    make_transition(song, first, second, shift=5)


@pytest.mark.parametrize(("harm", "words"), [
    (lambda _, report: (report.folder / "section_1.mov").unlink(), "is not there"),
    (lambda _, report: _flip(report.folder / "section_2.mov"), "is not the movie that was locked"),
    (_other_frames, "has other frames"),
    (lambda song, _: shutil.rmtree(song / "transitions"), "cannot be made again"),
])
def test_whatever_is_not_as_it_was_locked_is_a_problem(song: Path, harm: Callable[[Path, BuildReport], None],
                                                        words: str) -> None:
    report = build(song)
    harm(song, report)

    assert any(words in problem for problem in verify_story(song, "main").problems)


def test_only_locked_stories_can_be_verified(song: Path) -> None:
    (song / "stories" / "old").mkdir(parents=True)
    shutil.copy(next((song / "transitions").glob("*.mov")), song / "stories" / "old" / "section_1.mov")

    with pytest.raises(LibraryError, match="is not locked"):
        verify_story(song, "old")
    with pytest.raises(LibraryError, match="there is no story 'new'"):
        verify_story(song, "new")


def test_notes_and_approval_are_kept_with_the_version(song: Path) -> None:
    build(song)
    build(song, seed=1, new_version=True)

    set_note(song, "main-1", "as played in Kyiv")
    lines = approve(song, "main-1", date="2023-11-14T22:13:20Z")

    assert lines == ["main is approved for stage"]
    story = read_story(song, "main")
    assert (story.version, story.approved, story.note) == (1, True, "as played in Kyiv")
    lock = read_lock(song / "stories" / "main")
    assert lock is not None
    assert lock.approved_on == "2023-11-14T22:13:20Z"
    assert any("main is not approved any more" in line for line in approve(song, "main-2"))
    assert read_story(song, "main").version == 2
    assert read_story(song, "").version == 2
    assert withdraw(song, "main-2") == ["main-2 is not approved for stage any more"]
    assert [each.story.approved for each in list_stories(song)] == [False, False]


def test_a_story_that_cannot_be_played_is_not_approved(song: Path) -> None:
    report = build(song)
    (report.folder / "section_1.mov").unlink()

    with pytest.raises(LibraryError, match="cannot be approved"):
        approve(song, "main")


def test_a_note_keeps_the_lock_and_the_next_build_keeps_the_note(song: Path) -> None:
    build(song)
    set_note(song, "main", "the right one")

    assert build(song).kept
    assert read_story(song, "main").note == "the right one"
