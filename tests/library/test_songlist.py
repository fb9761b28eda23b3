"""song_list.csv as people save it: separators, marks, newlines, gaps, and mistakes told with their line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError, MissingFile
from server.library.songlist import SongEntry, SongList, parse_song_list, read_song_list

HEADER = "song_name,subfolder,file_idx,playback_mode\n"
LIST = HEADER + "emit,1_Show\\Emit,0,1\nwin,1_Show,2,2\njam,2_Jam,0,0"
SONGS = (SongEntry("emit", "1_Show/Emit", 0, 1), SongEntry("win", "1_Show", 2, 2), SongEntry("jam", "2_Jam", 0, 0))


@pytest.mark.parametrize("data", [
    LIST.encode(), LIST.encode("utf-8-sig"), LIST.replace("\n", "\r\n").encode(), LIST.replace("\n", "\r").encode(),
    LIST.replace(",", ";").encode(), LIST.encode("utf-16"), (LIST + "\n,,,\n\n  ,\n").encode(), b"\n\n" + LIST.encode(),
    LIST.replace(",", " , ").encode(), LIST.replace("2,2", "2.0,2.0").encode(),
    LIST.replace("song_name", "Song_Name").replace("emit", '"emit"').encode(),
])
def test_one_list_in_many_files(data: bytes) -> None:
    assert parse_song_list(data) == SongList(SONGS)


def test_columns_may_come_in_any_order_and_number() -> None:
    data = b"note,playback_mode,subfolder,song_name\nx,1,a\\b\\,one\ny,,,two\nz,2,c\n"

    assert parse_song_list(data) == SongList((SongEntry("one", "a/b", 0, 1), SongEntry("two", "", 0, None)),
                                             ("song_list.csv, line 4: no song_name; the row is left out",))


def test_windows_letters() -> None:
    assert parse_song_list((HEADER + "Größe,Bühne,0,1").encode("cp1252")).entries[0] == SongEntry("Größe", "Bühne", 0,
                                                                                                  1)


@pytest.mark.parametrize(("row", "entry", "problem"), [
    ("x,a,-1,1", SongEntry("x", "a", 0, 1), "file_idx of x is '-1', no number from 0; its first movie is taken"),
    ("x,a,1.5,1", SongEntry("x", "a", 0, 1), "file_idx of x is '1.5'"),
    ("x,a,99999999,1", SongEntry("x", "a", 0, 1), "file_idx of x"),
    ("x,a,0,7", SongEntry("x", "a", 0, None), "playback_mode of x is '7'; 1 is driven by index, 2 is sequential"),
    ("x,a,²,loop", SongEntry("x", "a", 0, None), "playback_mode of x is 'loop'"),
])
def test_a_mistake_is_told_with_its_line_and_the_rest_is_used(row: str, entry: SongEntry, problem: str) -> None:
    found = parse_song_list((HEADER + "first,b,0,2\n" + row).encode(), "mine.csv")

    assert found.entries == (SongEntry("first", "b", 0, 2), entry)
    assert any(line.startswith(f"mine.csv, line 3: {problem}") for line in found.problems)


def test_the_first_of_two_songs_of_one_name_counts() -> None:
    found = parse_song_list((HEADER + "x,a,0,1\nx,b,0,1").encode())

    assert found.entries == (SongEntry("x", "a", 0, 1),)
    assert found.problems == ("song_list.csv, line 3: x is there twice; the first counts",)


def test_a_path_that_leads_out_is_left_for_the_library_to_refuse() -> None:
    folders = [entry.subfolder for entry in parse_song_list((HEADER + "a,..\\x,0,1\nb,\\\\pc\\x,0,1").encode()).entries]

    assert folders == ["../x", "//pc/x"]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"name,folder\nx,y\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"])
def test_what_is_no_song_list_is_told(data: bytes) -> None:
    with pytest.raises(InputError, match="song_name,subfolder,file_idx,playback_mode"):
        parse_song_list(data)


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "song list.csv").write_bytes(LIST.encode())

    assert read_song_list(tmp_path / "song list.csv").entries == SONGS
    with pytest.raises(MissingFile, match=r"gone\.csv cannot be read"):
        read_song_list(tmp_path / "gone.csv")
    with pytest.raises(MissingFile):
        read_song_list(tmp_path)


@given(st.binary(max_size=80).map(lambda data: HEADER.encode() + data) | st.binary(max_size=80))
def test_any_bytes_are_a_list_or_refused(data: bytes) -> None:
    try:
        found = parse_song_list(data)
    except InputError:
        return
    assert all(entry.song_name and entry.file_idx >= 0 for entry in found.entries)
