"""A song folder as a graph: what is there, what its catalogue remembers, and what a bad catalogue costs (nothing)."""

from __future__ import annotations

import os
import random
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from song_samples import drawn, make_frames, make_song, make_transition, save

from server.errors import LibraryError, MissingFile, OutputError
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Presence
from server.library.songs import song_folder
from server.library.songs.catalogue import DEEP, GLANCE, Catalogue, catalogue_path, load_catalogue, save_catalogue
from server.library.songs.listing import Stamp
from server.library.songs.new_song import make_song as make_song_folder
from server.library.songs.song_folder import open_song, open_with_catalogue

SUN, SUN2, SEA = PictureId("sun", 1001), PictureId("sun", 1002), PictureId("sea", 2001)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    folder = make_song(tmp_path / "emit")
    make_transition(folder, SUN, SUN2)
    catalogue_path(folder).unlink()
    return folder


def test_pictures_and_transitions_are_found(song: Path) -> None:
    graph = open_song(song)

    assert graph.name == "emit"
    assert graph.pictures[SUN].file == "prompt_images/sun_1001.png"
    assert {each.presence for each in graph.pictures.values()} == {Presence.EXISTS}
    transition = graph.between(SUN2, SUN)
    assert transition is not None
    assert transition.playable
    assert transition.movie == "transitions/sun-1001 to sun-1002.mov"
    assert transition.frames == 5
    assert graph.between(SUN, SEA) is None


def test_a_folder_of_frames_exists_but_cannot_be_played(song: Path) -> None:
    make_frames(song, SEA, SUN)

    transition = open_song(song).between(SUN, SEA)

    assert transition is not None
    assert (transition.first, transition.presence, transition.frames) == (SEA, Presence.EXISTS, 5)
    assert not transition.playable
    assert "convert" in transition.reason


def test_a_movie_counts_before_a_folder_and_a_newer_version_before_an_older(song: Path) -> None:
    make_frames(song, SUN, SUN2)
    make_transition(song, SUN, SUN2, version=2)

    transition = open_song(song).between(SUN, SUN2)

    assert transition is not None
    assert transition.movie == "transitions/sun-1001 to sun-1002 ~2.mov"


def test_a_damaged_newer_version_does_not_hide_a_whole_one(song: Path) -> None:
    newer = make_transition(song, SUN, SUN2, version=2)
    newer.write_bytes(b"")
    newer.with_name(newer.name + ".frames").unlink()

    transition = open_song(song).between(SUN, SUN2)

    assert transition is not None
    assert transition.movie == "transitions/sun-1001 to sun-1002.mov"


@pytest.mark.parametrize(("name", "content", "reason"), [
    ("sun_1001.png", b"", "empty"),
    ("sun_1001.png", bytes(5000), "zeros"),
    ("sun_1001.png", b"<html>sign in</html>", "no picture"),
])
def test_what_is_no_picture_is_damaged(song: Path, name: str, content: bytes, reason: str) -> None:
    (song / "prompt_images" / name).write_bytes(content)

    picture = open_song(song).pictures[SUN]

    assert picture.presence is Presence.DAMAGED
    assert reason in picture.reason


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_that_is_cut_short_is_damaged(song: Path, suffix: str) -> None:
    (song / "prompt_images" / "sun_1001.png").unlink()
    file = save(song / "prompt_images" / f"sun_1001{suffix}", drawn(1))
    file.write_bytes(file.read_bytes()[:-200])

    picture = open_song(song).pictures[SUN]

    assert picture.presence is Presence.DAMAGED
    assert "cut short" in picture.reason


def test_a_folder_where_a_picture_should_be_is_damaged(song: Path) -> None:
    (song / "prompt_images" / "sun_1001.png").unlink()
    (song / "prompt_images" / "sun_1001.png").mkdir()

    picture = open_song(song).pictures[SUN]

    assert (picture.presence, picture.reason) == (Presence.DAMAGED, "it is a folder where a picture should be")


def test_nothing_is_looked_at_twice(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_song(song)

    assert open_with_catalogue(song).new == 0
    monkeypatch.setattr(song_folder, "structure_of", None)
    assert open_song(song) == first


def test_a_replaced_picture_is_looked_at_again(song: Path) -> None:
    open_song(song)
    (song / "prompt_images" / "sun_1001.png").write_bytes(b"broken")

    assert open_song(song).pictures[SUN].presence is Presence.DAMAGED


@pytest.mark.parametrize("damage", ["garbage", "cut", "foreign", "empty", "folder", "older"])
def test_a_bad_catalogue_is_made_anew(song: Path, damage: str) -> None:
    truth = open_song(song)
    path = catalogue_path(song)
    if damage == "garbage":
        path.write_bytes(os.urandom(5000))
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-4096])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as database:
            if damage == "older":
                database.execute(f"PRAGMA application_id = {0x49534353}")
                database.execute("CREATE TABLE facts (key TEXT, value TEXT)")
                database.execute("INSERT INTO facts VALUES ('format', 'interscene.catalogue'), ('version', '0')")
            database.execute("CREATE TABLE others (x)")
        database.close()

    assert load_catalogue(song).findings == {}
    assert open_song(song) == truth
    if damage != "folder":
        assert load_catalogue(song).findings


@pytest.mark.parametrize("change", ["frames = 'abc'", "reason = NULL", "size = 'x'", "more = '[\"a\",\"b\",[1,2],[]]'",
                                    "more = '[\"a\",7,null,[]]'", "ends = x'05'"])
def test_a_catalogue_that_holds_anything_else_is_made_anew(song: Path, change: str) -> None:
    truth = open_song(song)
    database = sqlite3.connect(catalogue_path(song))
    database.execute("CREATE TABLE other AS SELECT * FROM files")
    database.execute("DROP TABLE files")
    database.execute("ALTER TABLE other RENAME TO files")
    database.execute(f"UPDATE files SET {change}")
    database.commit()
    database.close()

    assert open_song(song) == truth


def test_no_byte_that_a_disk_changed_is_believed(song: Path) -> None:
    truth = open_song(song)
    path = catalogue_path(song)
    whole, known = path.read_bytes(), load_catalogue(song)
    assert known.findings
    text = [place for place, byte in enumerate(whole) if byte]
    for place in random.Random(1).sample(text, 400):
        path.write_bytes(whole[:place] + bytes((whole[place] ^ 1,)) + whole[place + 1:])
        found = load_catalogue(song)
        assert found in (known, Catalogue()), f"byte {place} of {len(whole)}"
    assert open_song(song) == truth


def test_without_a_place_for_a_catalogue_the_song_opens_all_the_same(song: Path) -> None:
    truth = open_song(song)
    for path in (song / ".interscene").iterdir():
        path.unlink()
    (song / ".interscene").rmdir()
    (song / ".interscene").write_text("in the way")

    assert open_song(song) == truth


def test_a_renamed_song_keeps_its_catalogue(song: Path) -> None:
    open_song(song)
    song = song.rename(song.with_name("emit 2026"))

    opened = open_with_catalogue(song)

    assert (opened.graph.name, opened.new) == ("emit 2026", 0)


def test_stage_frames_are_recognised_without_a_catalogue(song: Path) -> None:
    movie = make_transition(song, SUN2, SEA)
    catalogue_path(song).unlink()

    graph = open_song(song)

    assert {graph.pictures[which].stage for which in (SUN, SUN2, SEA)} == {
        path.stem for path in (song / "stage_frames").iterdir()}
    assert movie.is_file()
    transition = graph.between(SUN2, SEA)
    assert transition is not None
    assert transition.presence is Presence.EXISTS


def test_what_is_no_song_says_so(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="no song folder"):
        open_song(tmp_path / "nowhere")
    (tmp_path / "bare").mkdir()
    with pytest.raises(LibraryError, match="is no song"):
        open_song(tmp_path / "bare")


@pytest.mark.parametrize("name", ["what? #1 50%20 'x' ä", "emit;mode=memory&"])
def test_any_name_of_a_folder_keeps_its_catalogue(tmp_path: Path, name: str) -> None:
    song = make_song(tmp_path / name)
    open_song(song)

    assert open_with_catalogue(song).new == 0


def test_a_name_of_bytes_that_are_no_text_spoils_nothing(song: Path) -> None:
    try:
        (song / "prompt_images" / os.fsdecode(b"\xff\xfe_3.png")).write_bytes((song / "prompt_images" /
                                                                              "sun_1001.png").read_bytes())
    except OSError:
        pytest.skip("this disk takes names of text only")

    open_song(song)
    assert open_song(song).pictures[SUN].presence is Presence.EXISTS
    assert load_catalogue(song).findings["prompt_images/sun_1001.png"].presence is Presence.EXISTS


def test_a_song_that_is_new_asks_for_pictures(tmp_path: Path) -> None:
    make_song_folder(tmp_path / "mine")

    with pytest.raises(LibraryError, match=r"mine has no pictures yet; add some: interscene song add"):
        open_song(tmp_path / "mine")
    with pytest.raises(OutputError, match="something in it"):
        make_song_folder(tmp_path / "mine")


def test_what_another_program_found_out_meanwhile_is_kept_where_it_looked_closer(song: Path) -> None:
    name = "prompt_images/sun_1001.png"
    mine = open_with_catalogue(song).catalogue
    glance = mine.findings[name]._replace(level=GLANCE)
    closer = glance._replace(level=DEEP, presence=Presence.DAMAGED, reason="its lower half is missing")
    for found, kept in ((closer, closer), (closer._replace(stamp=Stamp(1, 2)), glance), (glance, glance)):
        catalogue_path(song).unlink()
        for one in (found, glance):
            assert save_catalogue(song, replace(mine, findings={**mine.findings, name: one}))
        assert load_catalogue(song).findings[name] == kept
