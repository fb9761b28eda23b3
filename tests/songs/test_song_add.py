"""Pictures that come into a song, and songs that begin empty."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_songs import PROMPTS, contents, fill, png, small_song

from server.errors import InputError, IntersceneError, LibraryError, MissingFile, NotAMovie, OutputError
from server.library.graph.identity import PictureId
from server.library.songs.adding import add_pictures
from server.library.songs.file_graph import resolve
from server.library.songs.new_song import make_song
from server.library.songs.song_files import read_song_folder

TABLE = "prompt_image_definitions.csv"


def test_a_name_with_a_seed_says_who_a_picture_is(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    new = fill(tmp_path, {"sun_9006264050842235.png": png(shade=9), "red sky_0007.JPG": png(shade=8)})
    added = add_pictures(song, [new / "sun_9006264050842235.png", new / "red sky_0007.JPG"], prompt="a red sky")
    assert [each.id for each in added] == [PictureId("sun", 9006264050842235), PictureId("red sky", 7)]
    assert (song / TABLE).read_text() == PROMPTS.replace("1000 1001", "1000 1001 9006264050842235") + (
        "red sky,a red sky,7,\n")
    assert (song / "prompt_images" / "sun_9006264050842235.png").read_bytes() == png(shade=9)
    graph = resolve(read_song_folder(song)).graph
    assert graph.pictures[PictureId("red sky", 7)].file == "prompt_images/red sky_7.jpg"


def test_other_names_get_the_next_free_number_each(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    files = [fill(tmp_path / folder, {"My-holiday?.png".replace("?", ""): png(shade=shade)}) / "My-holiday.png"
             for shade, folder in enumerate(("a", "b", "c"))]
    added = add_pictures(song, files)
    assert [each.id for each in added] == [PictureId("My_holiday", seed) for seed in range(3)]
    assert all(each.numbered for each in added)
    more = add_pictures(song, [fill(tmp_path / "d", {"My-holiday.png": png(shade=77)}) / "My-holiday.png"])
    assert more[0].id == PictureId("My_holiday", 3)
    assert "My_holiday,,\"0, 1, 2, 3\"," in (song / TABLE).read_text()


def test_the_rows_of_others_keep_their_bytes(tmp_path: Path) -> None:
    table = (b"\xef\xbb\xbfname,prompt,seeds,mood,\r\n  sun ,\"a,  sun\",\"1000,  1001\",calm,\r\n,,,,\r\n"
             b"moon,b,5 6,,x\r\n,,,,\r\n")
    song = small_song(tmp_path / "x", {TABLE: table})
    add_pictures(song, [fill(tmp_path, {"moon_7.png": png()}) / "moon_7.png"])
    assert (song / TABLE).read_bytes() == table.replace(b"5 6", b"5 6 7")


def test_a_picture_that_is_listed_already_only_gets_its_file(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    (song / "prompt_images" / "sun_1000.png").unlink()
    before = (song / TABLE).read_bytes()
    add_pictures(song, [fill(tmp_path, {"sun_1000.png": png()}) / "sun_1000.png"])
    assert (song / TABLE).read_bytes() == before
    assert (song / "prompt_images" / "sun_1000.png").exists()


def test_a_picture_that_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    before = contents(song)
    same = fill(tmp_path / "same", {"sun_1000.png": before["prompt_images/sun_1000.png"]}) / "sun_1000.png"
    assert add_pictures(song, [same])[0].known
    assert contents(song) == before
    other = fill(tmp_path / "other", {"sun_1000.png": png(shade=3)}) / "sun_1000.png"
    with pytest.raises(InputError, match="--overwrite"):
        add_pictures(song, [other])
    assert contents(song) == before
    add_pictures(song, [other], overwrite=True)
    assert (song / "prompt_images" / "sun_1000.png").read_bytes() == png(shade=3)


@pytest.mark.parametrize(("file", "content", "kind"), [
    ("a_1.png", png()[:-9], NotAMovie), ("a_1.png", b"", NotAMovie), ("a_1.txt", b"x", NotAMovie),
    ("a_1.png", b"no picture", NotAMovie), ("gone_1.png", None, MissingFile),
])
def test_one_bad_picture_keeps_all_out(tmp_path: Path, file: str, content: bytes | None,
                                       kind: type[IntersceneError]) -> None:
    song = small_song(tmp_path / "x")
    before = contents(song)
    good = fill(tmp_path / "new", {"good_1.png": png()}) / "good_1.png"
    bad = tmp_path / "new" / file
    if content is not None:
        bad.write_bytes(content)
    with pytest.raises(kind):
        add_pictures(song, [good, bad])
    assert contents(song) == before


def test_two_pictures_cannot_be_one(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    files = [fill(tmp_path / folder, {"a_1.png": png(shade=shade)}) / "a_1.png"
             for shade, folder in enumerate(("one", "two"))]
    with pytest.raises(InputError, match="both be a_1"):
        add_pictures(song, files)


def test_a_failed_write_takes_the_pictures_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    song = small_song(tmp_path / "x")
    before = contents(song)

    def fail(path: Path, data: bytes) -> None:
        raise OutputError(f"{path.name} was not written: the disk is full")

    monkeypatch.setattr("server.library.songs.adding.write_file", fail)
    with pytest.raises(OutputError, match="full"):
        add_pictures(song, [fill(tmp_path, {"new_1.png": png()}) / "new_1.png"])
    assert contents(song) == before


def test_a_song_that_is_not_there_is_made_first(tmp_path: Path) -> None:
    picture = fill(tmp_path, {"a_1.png": png()}) / "a_1.png"
    with pytest.raises(LibraryError, match="song new"):
        add_pictures(tmp_path / "x", [picture])
    make_song(tmp_path / "x")
    add_pictures(tmp_path / "x", [picture], prompt="an a")
    graph = resolve(read_song_folder(tmp_path / "x")).graph
    assert graph.pictures[PictureId("a", 1)].prompt == "an a"
    assert [step.scene for step in graph.sequences[""]] == ["a"]


def test_a_song_without_definitions_gets_them(tmp_path: Path) -> None:
    song = fill(tmp_path / "x", {"prompt_images/sun_5.png": png()})
    add_pictures(song, [fill(tmp_path, {"sun_6.png": png()}) / "sun_6.png"])
    assert (song / TABLE).read_text() == "name,prompt,seeds,guidance_scale\nsun,,6,\n"


def test_a_new_song_has_nothing_odd_about_it(tmp_path: Path) -> None:
    make_song(tmp_path / "x", size=(640, 360), frames=12)
    files = read_song_folder(tmp_path / "x")
    assert files.size == (640, 360)
    assert files.settings[""].usual.frames == 12
    assert {each.what for each in files.oddities} == {"the sequence has no rows"}


@pytest.mark.parametrize("size", [(641, 360), (0, 360), (8, 8), (100_000, 360)])
def test_a_size_that_pictures_cannot_have_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="multiples of 8"):
        make_song(tmp_path / "x", size=size)
    assert not (tmp_path / "x").exists()


def test_a_new_song_replaces_nothing(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    before = contents(song)
    with pytest.raises(OutputError, match="already there"):
        make_song(song)
    assert contents(song) == before
