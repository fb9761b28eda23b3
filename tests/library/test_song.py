"""Songs by name: from the song list, from folders, and what is answered when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.errors import LibraryError, PathRefused
from server.library.media_folder import MediaFolder
from server.library.song import Song, song_by_name
from server.library.songlist import SongEntry


@pytest.fixture
def media(tmp_path: Path) -> MediaFolder:
    for name in ("1_Show/handsoff.mov", "1_Show/corpus.mov", "1_Show/Emit/section_10.mov",
                 "1_Show/Emit/section_2.mov", "acai/one.mov", "old/acai/one.mov", "top.mov"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return MediaFolder(tmp_path)


def test_a_folder_is_a_song_in_natural_order(media: MediaFolder) -> None:
    song = song_by_name(media, "1_Show/Emit")

    assert song == Song("Emit", "1_Show/Emit", ("1_Show/Emit/section_2.mov", "1_Show/Emit/section_10.mov"))
    assert song.movie == "1_Show/Emit/section_2.mov"


@pytest.mark.parametrize("name", ["emit", "EMIT", r"1_show\emit", "Emit"])
def test_the_last_part_and_any_case_are_enough(media: MediaFolder, name: str) -> None:
    assert song_by_name(media, name).folder == "1_Show/Emit"


def test_a_whole_path_wins_over_a_last_part(media: MediaFolder) -> None:
    assert song_by_name(media, "acai").folder == "acai"


def test_the_song_list_goes_first_and_says_where_to_begin(media: MediaFolder) -> None:
    entries = [SongEntry("handsoff", "1_Show", 1, 2), SongEntry("emit", r"1_Show\Emit", 0, 1)]

    handsoff = song_by_name(media, "HandsOff", entries)
    emit = song_by_name(media, "emit", entries)

    assert (handsoff.movie, handsoff.playback_mode) == ("1_Show/handsoff.mov", 2)
    assert (emit.folder, emit.movie, emit.playback_mode) == ("1_Show/Emit", "1_Show/Emit/section_2.mov", 1)


def test_an_entry_finds_its_folder_in_another_case(media: MediaFolder) -> None:
    assert song_by_name(media, "x", [SongEntry("x", "1_SHOW/emit", 1, 1)]).movie == "1_Show/Emit/section_10.mov"


def test_an_entry_without_folder_means_the_media_folder(media: MediaFolder) -> None:
    assert song_by_name(media, "x", [SongEntry("x", "", 0, 1)]).movie == "top.mov"


@pytest.mark.parametrize(("entry", "message"), [
    (SongEntry("x", "1_Show", 2, 1), "puts 'x' at movie 2 of '1_Show', which has 2"),
    (SongEntry("x", "gone", 0, 1), "which has 0"),
])
def test_an_entry_that_leads_nowhere_is_told(media: MediaFolder, entry: SongEntry, message: str) -> None:
    with pytest.raises(LibraryError, match=message):
        song_by_name(media, "x", [entry])


def test_an_entry_may_not_lead_out(media: MediaFolder) -> None:
    with pytest.raises(PathRefused):
        song_by_name(media, "x", [SongEntry("x", r"..\other", 0, 1)])


def test_an_unknown_song_is_answered_with_what_may_be_meant(media: MediaFolder) -> None:
    with pytest.raises(LibraryError, match="did you mean acai"):
        song_by_name(media, "akai")
    with pytest.raises(LibraryError, match="did you mean heist"):
        song_by_name(media, "hiest", [SongEntry("heist", "acai", 0, 1)])
    with pytest.raises(LibraryError, match="there are 1_Show, 1_Show/Emit, acai"):
        song_by_name(media, "zzz")


def test_the_media_folder_itself_may_be_a_song(media: MediaFolder) -> None:
    assert song_by_name(media, ".").movies == ("top.mov",)


def test_an_empty_media_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="interscene demo"):
        song_by_name(MediaFolder(tmp_path), "emit")
    with pytest.raises(LibraryError, match="holds no movies"):
        song_by_name(MediaFolder(tmp_path), ".")
