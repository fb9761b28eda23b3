"""The thorough index: checksums and distances, with marks kept, progress told and a way out."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stamped_movies import long_gop_movie, stamped_jpeg, steady_movie

from server.errors import NotSeekable
from server.index.format import Mark
from server.index.opening import read_sidecar, sidecar, write_sidecar
from server.media.difference import difference, thumbnail_of_jpeg
from server.media.indexing import full_index, index_of, rebuilt


def test_checksums_and_distances_of_every_frame(tmp_media: Path) -> None:
    movie = tmp_media / "clip.mov"
    jpegs = steady_movie(movie, 6)
    write_sidecar(movie, replace(index_of(movie), marks=(Mark(2, "two"),), made={"generator": "test"}))
    told: list[tuple[int, int]] = []

    index = full_index(movie, lambda done, total: told.append((done, total)))

    assert index is not None
    assert index.crc32 is not None
    assert index.difference is not None
    assert index.crc32.tolist() == [zlib.crc32(jpeg) for jpeg in jpegs]
    small = [thumbnail_of_jpeg(jpeg) for jpeg in jpegs]
    expected = [0.0, *(difference(small[i - 1], small[i]) for i in range(1, 6))]
    assert index.difference == pytest.approx(np.array(expected, np.float32))
    assert (index.marks, index.made) == ((Mark(2, "two"),), {"generator": "test"})
    assert told == [(done, 6) for done in range(1, 7)]
    remembered = read_sidecar(movie)
    assert remembered is not None
    assert remembered.crc32 is not None


def test_equal_frames_are_no_distance_apart(tmp_media: Path) -> None:
    movie = tmp_media / "still.mov"
    jpeg = stamped_jpeg(7)
    steady_movie(movie, 4, jpegs=[jpeg] * 4)

    index = full_index(movie)

    assert index is not None
    assert index.difference is not None
    assert index.difference.tolist() == [0, 0, 0, 0]


def test_a_damaged_picture_leaves_its_distances_open(tmp_media: Path) -> None:
    movie = tmp_media / "torn.mov"
    jpegs = steady_movie(movie, 6)
    data = bytearray(movie.read_bytes())
    place = int(index_of(movie).offset[3])
    data[place:place + len(jpegs[3])] = bytes(len(jpegs[3]))
    movie.write_bytes(data)

    index = full_index(movie)

    assert index is not None
    assert index.difference is not None
    assert np.isnan(index.difference).tolist() == [False, False, False, True, True, False]


def test_cancelled_leaves_the_old_index(tmp_media: Path) -> None:
    movie = tmp_media / "clip.mov"
    steady_movie(movie, 20)
    index_of(movie)
    before = sidecar(movie).read_bytes()
    asked: list[int] = []

    def after_five() -> bool:
        asked.append(1)
        return len(asked) > 5

    assert full_index(movie, cancelled=after_five) is None
    assert sidecar(movie).read_bytes() == before


def test_a_long_gop_movie_has_no_thorough_index(tmp_media: Path) -> None:
    movie = tmp_media / "long.mp4"
    long_gop_movie(movie)

    with pytest.raises(NotSeekable, match="interscene encode"):
        full_index(movie)


def test_a_codec_that_is_not_decoded_has_checksums_only(tmp_media: Path) -> None:
    movie = tmp_media / "intra.mp4"
    long_gop_movie(movie, gop=1)

    index = full_index(movie)

    assert index is not None
    assert index.crc32 is not None
    assert index.difference is None


def test_the_movie_alone_can_be_asked(tmp_media: Path) -> None:
    movie = tmp_media / "clip.mov"
    steady_movie(movie, 3)
    sidecar(movie).write_bytes(b"nonsense")

    assert rebuilt(movie).count == 3
    assert sidecar(movie).read_bytes() == b"nonsense"
