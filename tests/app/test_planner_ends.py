"""The two pictures of a transition that is to be made: their stage frames, and what is known of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from graph_song import FRAMES, make_song

from server.app.planner_ends import ends_of
from server.app.planner_song import PlannerSong
from server.errors import LibraryError
from server.index.jpeg import jpeg_header
from server.index.opening import open_index
from server.index.reader import FrameReader
from server.library.songs.song_folder import open_song
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame
from server.production.transition import FRAMES as USUAL

SIZE = (128, 96)
SEED = "123456789012345678901"


@pytest.fixture
def song(tmp_path: Path) -> PlannerSong:
    folder = tmp_path / "ring"
    make_song(folder, (("a-1", "b-2"),), size=SIZE, extra=f"sun,a sun,{SEED},3.5\nghost,nobody drew it,9,\n")
    (folder / "prompt_images").mkdir()
    (folder / "prompt_images" / f"sun_{SEED}.jpg").write_bytes(encode_rgb(numbered_frame(7, 256, 192), 90))
    return PlannerSong(tmp_path, folder, open_song(folder))


def test_a_picture_with_a_file_and_one_that_only_a_movie_shows(tmp_path: Path, song: PlannerSong) -> None:
    told = ends_of(tmp_path, song, SIZE, (f"sun-{SEED}", "b-2"))
    first, second = told["first"], told["second"]
    assert (first["name"], first["prompt"], first["seed"], first["guidance"]) == (f"sun-{SEED}", "a sun", SEED, 3.5)
    header = jpeg_header((tmp_path / first["path"]).read_bytes())
    assert (header.width, header.height, header.chroma) == (*SIZE, "420"), "made to the song's size"
    movie = song.folder / "transitions" / "a-1 to b-2.mov"
    with FrameReader(movie, open_index(movie)) as reader:
        assert (tmp_path / second["path"]).read_bytes() == bytes(reader.read(FRAMES - 1)), "byte for byte"
    assert (told["size"], told["rate"], told["frames"], told["place"]) == ([*SIZE], [30, 1], FRAMES, "ring")
    assert ends_of(tmp_path, song, SIZE, (f"sun-{SEED}", "b-2")) == told


def test_a_picture_that_nothing_shows(tmp_path: Path, song: PlannerSong) -> None:
    with pytest.raises(LibraryError, match="nothing shows ghost-9 yet"):
        ends_of(tmp_path, song, SIZE, ("b-2", "ghost-9"))


def test_without_settings_it_is_the_size_of_what_shows_it(tmp_path: Path, song: PlannerSong) -> None:
    (song.folder / "tgen_settings.json").unlink()
    told = ends_of(tmp_path, song, None, ("a-1", "b-2"))
    assert (told["size"], told["frames"]) == ([*SIZE], USUAL)
    with pytest.raises(LibraryError, match="has no size yet"):
        ends_of(tmp_path, song, None, ("ghost-9", "ghost-9"))


def test_what_a_picture_lacks(song: PlannerSong) -> None:
    lacking = song.lacking("b-2")
    assert "a-1" not in lacking
    assert f"sun-{SEED}" in lacking
    assert song.lacking("nobody-1") == []


def test_a_transition_that_no_renderer_opens_is_as_good_as_missing(song: PlannerSong) -> None:
    asked = {"start": "a-1", "goals": ["b-2"], "avoid": [], "broken": [], "previous": "", "visited": {}, "seed": 1}
    [[_, _, movie, first, last]], note = song.way(asked)
    assert (movie[0], first, last, note) == ("ring/transitions/a-1 to b-2.mov", 0, FRAMES - 1, "")
    for broken in (["a-1", "b-2"], ["b-2", "a-1"]):
        assert song.way({**asked, "broken": [broken]})[0] == [["a-1", "b-2", None, 0, 0]]
