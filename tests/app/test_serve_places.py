"""What `serve` makes of what a person names: folders, movies, names, and nothing at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.app.serve import Programme, find, read_settings
from server.errors import ServeError
from server.settings.resolved import Settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder in ("shows/first", "shows/second", "media/inside"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "shows/first/a.mov").write_bytes(b"x")
    return tmp_path


def settings(**given: object) -> Settings:
    return read_settings({name: str(value) for name, value in given.items()}, ())


def test_a_songs_folder_anywhere_makes_its_parent_the_media_folder(home: Path) -> None:
    assert find(settings(), ["shows/first"]) == Programme(home / "shows", (("first", False),))


def test_several_songs_share_the_folder_above_them(home: Path) -> None:
    assert find(settings(), ["shows/first", "shows/second"]) == Programme(
        home / "shows", (("first", False), ("second", False)))


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
