"""Stage frames: one JPEG a picture, made once, recognised without any list; and the movie of all of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import pytest
from song_samples import SIZE, drawn, make_song, save

from server.errors import LibraryError, MissingFile
from server.index.jpeg import jpeg_header
from server.index.reader import FrameReader
from server.library.graph.identity import PictureId
from server.library.songs.catalogue import catalogue_path
from server.library.songs.song_folder import open_song, open_with_catalogue
from server.media.difference import difference, thumbnail_of_jpeg, thumbnail_of_rgb
from server.media.indexing import index_of
from server.media.jpeg import encode_rgb
from server.production.stage_song import (
    StageFrame,
    find_stills,
    make_stage_frames,
    make_stills,
    song_size,
    stage_frame,
)

SUN, SEA = PictureId("sun", 1001), PictureId("sea", 2001)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_song(tmp_path / "emit", {"sun": (1001,), "sea": (2001,)})


def test_a_stage_frame_is_what_every_player_shows_alike(song: Path) -> None:
    frame = stage_frame(song, open_song(song).pictures[SUN])

    header = jpeg_header(frame.jpeg())
    assert (header.width, header.height, header.chroma, header.process) == (*SIZE, "420", "baseline")
    assert header.orientation is None
    assert frame.path == song / "stage_frames" / f"{frame.hash}.jpg"
    assert frame.hash == hashlib.sha1(frame.jpeg(), usedforsecurity=False).hexdigest()
    assert difference(thumbnail_of_jpeg(frame.jpeg()), thumbnail_of_rgb(drawn(1001))) < 2


def test_it_is_made_once(song: Path) -> None:
    picture = open_song(song).pictures[SUN]
    frame = stage_frame(song, picture)
    written = frame.path.stat().st_mtime_ns

    assert stage_frame(song, picture) == frame
    assert frame.path.stat().st_mtime_ns == written
    assert stage_frame(song, picture, (96, 64)).hash != frame.hash


def test_one_that_was_deleted_is_made_again_alike(song: Path) -> None:
    picture = open_song(song).pictures[SUN]
    frame = stage_frame(song, picture)
    frame.path.unlink()

    assert stage_frame(song, picture) == frame
    assert frame.path.is_file()


def test_a_jpeg_that_fits_is_taken_byte_for_byte(song: Path) -> None:
    data = encode_rgb(drawn(5), 80)
    (song / "prompt_images" / "sun_1001.png").unlink()
    (song / "prompt_images" / "sun_1001.jpg").write_bytes(data)

    assert stage_frame(song, open_song(song).pictures[SUN]).jpeg() == data


def test_a_picture_without_a_file_has_none(song: Path) -> None:
    (song / "prompt_images" / "sun_1001.png").unlink()

    with pytest.raises(MissingFile, match="sun_1001"):
        stage_frame(song, open_song(song).pictures[SUN])


@pytest.mark.parametrize(("settings", "size"), [
    ('{"default": {"res_height": 564, "res_width": 1024}}', (1024, 560)),
    ('{"res_height": "48", "res_width": "64"}', (64, 48)),
    ('{"cell": {"res_height": 1024, "res_width": 576}}', (576, 1024)),
    ("[]", (64, 48)),
    ("{broken", (64, 48)),
])
def test_the_size_is_that_of_the_settings_else_of_the_pictures(song: Path, settings: str,
                                                               size: tuple[int, int]) -> None:
    (song / "tgen_settings.json").write_text(settings)

    assert song_size(song) == size
    assert open_with_catalogue(song).size == size


def test_without_settings_and_pictures_there_is_no_size(tmp_path: Path) -> None:
    song = make_song(tmp_path / "emit", pictures=False)
    (song / "tgen_settings.json").unlink()

    with pytest.raises(LibraryError, match="no size yet"):
        song_size(song)


def test_stills_hold_one_frame_a_picture_with_marks(song: Path) -> None:
    (song / "prompt_images" / "broken_1.png").write_bytes(b"no picture")
    (song / "prompt_images" / "black_2.png").write_bytes(cv2.imencode(".png", drawn(3))[1].tobytes()[:-80])

    movie = make_stills(song)

    assert movie == song / "stills.mov" == find_stills(song)
    index = index_of(movie)
    graph = open_song(song)
    assert [(mark.name, mark.picture, mark.seed, mark.prompt) for mark in index.marks] == [
        (which.node, graph.pictures[which].stage, which.seed, f"a picture of {which.name}") for which in (SUN, SEA)]
    with FrameReader(movie, index) as reader:
        assert [reader.read(number) for number in range(index.count)] == [
            stage_frame(song, graph.pictures[which]).jpeg() for which in (SUN, SEA)]


def test_stills_are_kept_while_right_and_new_ones_get_a_new_name(song: Path) -> None:
    first = make_stills(song)
    written = first.stat().st_mtime_ns
    assert make_stills(song) == first
    assert first.stat().st_mtime_ns == written

    save(song / "prompt_images" / "sun_1001.png", drawn(99))

    assert make_stills(song) == song / "stills ~2.mov" == find_stills(song)


def test_pictures_never_to_be_shown_are_left_out(song: Path) -> None:
    (song / "never_again.txt").write_text("sun_1001\n")

    assert [mark.name for mark in index_of(make_stills(song)).marks] == ["sea-2001"]


def test_making_stage_frames_tells_which_cannot_be_made_and_is_remembered(song: Path) -> None:
    data = bytearray((song / "prompt_images" / "sun_1001.png").read_bytes())
    data[len(data) // 2] ^= 0x55
    (song / "prompt_images" / "sun_1001.png").write_bytes(data)
    opened = open_with_catalogue(song)

    made = make_stage_frames(opened)

    assert isinstance(made[SEA], StageFrame)
    assert "checksum" in str(made[SUN])
    graph = open_song(song)
    assert graph.pictures[SEA].stage == made[SEA].hash
    assert "checksum" in graph.pictures[SUN].reason
    catalogue_path(song).unlink()
    assert open_song(song).pictures[SEA].stage == made[SEA].hash
