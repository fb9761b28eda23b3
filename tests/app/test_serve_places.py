"""What `serve` makes of what a person names: folders, movies, names, and nothing at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.app.programme import Programme, find, in_force
from server.app.serve import read_settings
from server.errors import LibraryError, ServeError
from server.settings.resolved import Settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder in ("shows/first", "shows/second", "media/inside"):
        (tmp_path / folder).mkdir(parents=True)
    for movie in ("shows/first/a.mov", "shows/second/b.mov", "media/inside/c.mov"):
        (tmp_path / movie).write_bytes(b"x")
    (tmp_path / "shows/notes.txt").write_bytes(b"x")
    (tmp_path / "shows/empty").mkdir()
    return tmp_path


def settings(**given: object) -> Settings:
    return read_settings({name: str(value) for name, value in given.items()}, ())


def test_a_songs_folder_anywhere_makes_its_parent_the_media_folder(home: Path) -> None:
    assert find(settings(), ["shows/first"]) == Programme(home / "shows", (("first", False),))


def test_several_songs_share_the_folder_above_them(home: Path) -> None:
    assert find(settings(), ["shows/first", "shows/second"]) == Programme(
        home / "shows", (("first", False), ("second", False)))


def test_a_folder_of_songs_begins_with_its_first(home: Path) -> None:
    assert find(settings(), ["shows"]) == Programme(home / "shows", (("first", False),))
    assert find(settings(media_dir=home / "shows"), ["shows"]) == Programme(home / "shows", (("first", False),))


@pytest.mark.parametrize(("song", "word"), [("shows/empty", "no movies"), ("shows/notes.txt", "no movie")])
def test_what_cannot_be_played_is_refused_before_the_server_starts(home: Path, song: str, word: str) -> None:
    with pytest.raises(ServeError, match=word):
        find(settings(), [song])


def test_a_misspelt_name_in_the_media_folder_is_refused_with_a_hint(home: Path) -> None:
    with pytest.raises(LibraryError, match="inside"):
        find(settings(media_dir=home / "media"), ["insde"])


def test_a_movies_name_counts_too(home: Path) -> None:
    assert find(settings(media_dir=home / "media"), ["c"]) == Programme(home / "media", (("inside/c.mov", True),))


def test_a_single_movie_is_a_movie(home: Path) -> None:
    assert find(settings(), ["shows/first/a.mov"]) == Programme(home / "shows/first", (("a.mov", True),))


def test_inside_the_media_folder_names_are_relative_to_it(home: Path) -> None:
    given = settings(media_dir=home / "media")

    assert find(given, ["media/inside"]) == Programme(home / "media", (("inside", False),))
    assert find(given, ["inside"]) == Programme(home / "media", (("inside", False),))
    assert find(given, []) == Programme(home / "media", ())


def test_a_song_outside_a_media_folder_that_was_chosen_is_refused(home: Path) -> None:
    with pytest.raises(ServeError, match="--media-dir"):
        find(settings(media_dir=home / "media"), ["shows/first"])


def test_without_anything_to_serve_it_says_how_to_begin(home: Path) -> None:
    with pytest.raises(ServeError, match="interscene demo"):
        find(settings(), [])


def test_a_folder_that_is_not_there_is_named(home: Path) -> None:
    with pytest.raises(ServeError, match="nowhere"):
        find(settings(), ["nowhere"])


def test_a_songs_own_settings_count(home: Path) -> None:
    (home / "shows/first/interscene.toml").write_text("tempo = 98.5\n")

    assert read_settings({}, ["shows/first"]).tempo == 98.5
    assert read_settings({"tempo": "120"}, ["shows/first"]).tempo == 120.0


def test_the_folder_that_a_song_lies_in_is_told_as_the_media_folder(home: Path) -> None:
    usual, named = settings(), settings(media_dir=home / "media", meta_dir=home / "notes")
    told = in_force(usual, home / "shows")
    assert (told.media_dir, told.meta_dir) == (home / "shows", home / "shows")
    assert told.lines()[0].split() == ["media_dir", str(home / "shows"), *["where", "the", "song", "lies"]]
    assert in_force(named, home / "media") is named
    assert in_force(settings(meta_dir=home / "notes"), home / "shows").meta_dir == home / "notes"
