"""Stories as a show sees them: of older programs, unfinished, damaged, and several versions of one."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from server.errors import LibraryError
from server.index.format import Mark
from server.library.songs.stories import UNFINISHED, Story, read_stories, story_named
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame
from server.media.writer import MovieWriter


def movie(path: Path, frames: int = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with MovieWriter(path, width=64, height=64, rate=Fraction(10), marks=(Mark(0, "a-1"),)) as writer:
        for number in range(frames):
            writer.add(encode_rgb(numbered_frame(number, 64, 64), 85))
    return path


def story(name: str, label: str, version: int = 1, *, approved: bool = False, date: str = "") -> Story:
    return Story(name, label, (), version, approved=approved, date=date)


def test_a_story_of_an_older_program_has_its_sections_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "stories" / "kv_fix"
    for number in (10, 2, 1):
        movie(folder / "sections" / f"section_{number}.mov", number + 1)
    movie(folder / "hills_kv_fix_combined.mov")

    found, = read_stories(tmp_path)

    assert [section.name for section in found.sections] == ["1", "2", "10"]
    assert [section.frames for section in found.sections] == [2, 3, 11]
    assert found.sections[0].movie == "stories/kv_fix/sections/section_1.mov"
    assert found.sections[0].marks == (Mark(0, "a-1"),)
    assert found.whole == "stories/kv_fix/hills_kv_fix_combined.mov"
    assert (found.locked, found.playable) == (False, True)


def test_a_section_that_cannot_be_opened_is_listed_with_the_reason(tmp_path: Path) -> None:
    movie(tmp_path / "stories" / "a" / "section_1.mov")
    (tmp_path / "stories" / "a" / "section_2.mov").write_bytes(b"half a movie")

    found, = read_stories(tmp_path)

    assert found.sections[1].problem
    assert not found.playable


def test_an_unfinished_story_says_how_to_go_on(tmp_path: Path) -> None:
    movie(tmp_path / "stories" / "a" / "section_1.mov")
    (tmp_path / "stories" / "a" / UNFINISHED).write_text("{}")

    assert "--resume" in read_stories(tmp_path)[0].problem


def test_a_damaged_lock_is_a_problem_of_that_story_only(tmp_path: Path) -> None:
    for name in ("a", "b"):
        movie(tmp_path / "stories" / name / "section_1.mov")
    (tmp_path / "stories" / "a" / "story.json").write_text("{")

    damaged, whole = read_stories(tmp_path)

    assert "story.json" in damaged.problem
    assert not whole.problem


def test_folders_without_movies_are_no_stories(tmp_path: Path) -> None:
    (tmp_path / "stories" / "empty").mkdir(parents=True)
    (tmp_path / "stories" / ".hidden").mkdir()
    (tmp_path / "stories" / "a file").write_text("")

    assert read_stories(tmp_path) == ()
    assert read_stories(tmp_path / "nowhere") == ()


def test_a_label_is_its_newest_approved_version() -> None:
    first, second, third = story("main", "main"), story("main-2", "main", 2, approved=True), story("main-3", "main", 3)

    assert story_named([first, second, third], "main") is second
    assert story_named([first, third], "main") is third
    assert story_named([first, second], "main-1") is first
    assert story_named([first, second, third], "MAIN-3") is third


def test_no_name_is_the_approved_or_the_only_story() -> None:
    one, other = story("a", "a"), story("b", "b", approved=True)

    assert story_named([one], "") is one
    assert story_named([one, other], "") is other
    with pytest.raises(LibraryError, match="say which story: a, c"):
        story_named([one, story("c", "c")], "")
    with pytest.raises(LibraryError, match="no stories"):
        story_named([], "")
    with pytest.raises(LibraryError, match="there is no story 'x'; there are a"):
        story_named([one], "x")
