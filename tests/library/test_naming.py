"""One naming rule for everything that is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError, OutputError, PathRefused
from server.library.naming import (
    KINDS,
    TakeName,
    derived_path,
    free_path,
    group_takes,
    next_take,
    parse_take,
    song_name,
    take_name,
)

letters = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters='<>"|?*:/\\')
songs = st.text(letters, min_size=1, max_size=40).filter(
    lambda text: text == text.strip() and not text.endswith(".") and not text.startswith(("con", "nul", "aux", "prn"))
    and text.split(".")[0].strip() and len(text.encode()) < 200)


@given(songs, st.integers(0, 999_999), st.sampled_from(KINDS))
def test_names_read_back(song: str, take: int, kind: str) -> None:
    try:
        name = take_name(song, take, kind)
    except PathRefused:
        return  # a device of Windows
    assert parse_take(str(name)) == TakeName(song, take, kind)


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_refused_in_one_line(text: str) -> None:
    try:
        name = song_name(text)
    except PathRefused as reason:
        said = str(reason)
    else:
        said = ""
        assert name == text
        assert not set(name) & set('/\\:<>"|?*\0')
        assert name not in (".", "..")
        assert not name.endswith((".", " "))
    assert len(said.splitlines()) <= 1


@pytest.mark.parametrize("name", ["my song", "Bühne 🎬", "it's", "a-1234 to b-5678", "v1.5", "雪", "%d", "a'b;c&d"])
def test_names_that_people_use_are_fine(name: str) -> None:
    assert song_name(name) == name


@pytest.mark.parametrize(("name", "says"), [
    ("", "empty"), ("  ", "empty"), ("..", "leads out"), (".", "no file"),
    ("a/b", "separator"), ("a\\b", "separator"),
    ("../a", "separator"), ("CON", "device"), ("nul", "device"), ("com1.take", "device"), ("a.", "dot"),
    ("a ", "blank"),
    (" a", "blank"), ("a\nb", "control"), ("a\0b", "control"), ("a:b", "':'"), ("what?", "Windows does not allow"),
    ('say "a"', "Windows does not allow"), ("x" * 300, "longer than 255"), ("\ud800", "control")])
def test_names_that_are_none_everywhere(name: str, says: str) -> None:
    with pytest.raises(PathRefused) as caught:
        take_name(name, 1, "movie")
    assert says in str(caught.value)


def test_takes_count_up_and_never_meet(tmp_path: Path) -> None:
    made = []
    for _ in range(3):
        path = free_path(tmp_path, "emit", "movie")
        path.write_bytes(b"x")
        made.append(path.name)
    assert made == ["emit_001_movie.mov", "emit_002_movie.mov", "emit_003_movie.mov"]


def test_a_take_is_taken_by_whatever_carries_its_number() -> None:
    assert next_take(["emit_004_sheet.png", "emit_9_movie.mov", "other_077_movie.mov", "notes.txt"], "emit") == 5
    assert next_take(["EMIT_007_movie.mov.part", "emit_008_movie.mov.frames"], "emit") == 9
    assert next_take(["emit_999_movie.mov", "emit_1000_movie.mov"], "emit") == 1001
    assert next_take([], "emit") == 1


def test_what_is_derived_carries_the_takes_number(tmp_path: Path) -> None:
    source = tmp_path / "emit_004_movie.mov"
    assert derived_path(source, "inbetween") == tmp_path / "emit_004_inbetween.mov"
    assert derived_path(source, "sheet", ".png") == tmp_path / "emit_004_sheet.png"
    assert derived_path(tmp_path / "clip.mov", "sheet", ".png") == tmp_path / "clip_001_sheet.png"
    (tmp_path / "emit_004_sheet.png").write_bytes(b"")
    with pytest.raises(OutputError, match="already there"):
        derived_path(source, "sheet", ".png")


def test_files_are_grouped_under_their_take() -> None:
    names = ["b_002_movie.mov", "a_001_sheet.png", "a_001_movie.mov", "a_001_inbetween.mov", "a_010_movie.mov", "x.mov"]
    assert group_takes(names) == {
        ("a", 1): ("a_001_movie.mov", "a_001_inbetween.mov", "a_001_sheet.png"), ("a", 10): ("a_010_movie.mov",),
        ("b", 2): ("b_002_movie.mov",)}


@pytest.mark.parametrize("name", ["emit_1_movie.mov", "emit_001_movie", "emit_0001_movie.mov", "_001_movie.mov",
                                  "emit_001_Movie.mov", "emit_001_.mov", "emit_001_movie.mov.frames", ""])
def test_other_names_follow_no_rule(name: str) -> None:
    assert parse_take(name) is None


@pytest.mark.parametrize(("take", "kind"), [(-1, "movie"), (1_000_000, "movie"), (1, "Movie"), (1, ""), (1, "a_b")])
def test_impossible_parts(take: int, kind: str) -> None:
    with pytest.raises(InputError):
        take_name("song", take, kind)
