"""Sizes of a show: a ten-minute movie, and ten thousand movies with their sidecars."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import psutil
import pytest
from stamped_movies import numbers_by_index, stamped_jpeg, steady_movie, write_movie

from server.index.format import decode_index, encode_index
from server.index.identity import identity_of
from server.index.opening import open_index, sidecar, write_sidecar
from server.media.demux import demux_index
from server.media.indexing import full_index, index_of
from server.media.verify import verify

TEN_MINUTES = 18_000


@pytest.mark.full
def test_a_movie_of_ten_minutes(tmp_path: Path) -> None:
    path = tmp_path / "ten minutes.mov"
    jpegs = [stamped_jpeg(i) for i in range(TEN_MINUTES)]
    rate = Fraction(30000, 1001)
    write_movie(path, [i * 1001 for i in range(TEN_MINUTES)], Fraction(1, 30000), rate=rate, jpegs=jpegs,
                options={"video_track_timescale": "30000"})

    index = open_index(path)

    assert (index.count, index.rate, index.pts) == (TEN_MINUTES, rate, None)
    assert numbers_by_index(path, index) == list(range(TEN_MINUTES))
    assert index.seconds_of(TEN_MINUTES - 1) == (TEN_MINUTES - 1) / rate
    assert demux_index(path).offset.tolist() == index.offset.tolist()
    full = full_index(path)
    assert full is not None
    assert len(encode_index(full)) < 21 * TEN_MINUTES + 1000
    verdict = verify(path, full=True)
    assert verdict is not None
    assert verdict.problems == ()


@pytest.mark.full
def test_a_library_of_ten_thousand_movies(tmp_path: Path) -> None:
    first = tmp_path / "first.mov"
    steady_movie(first, 30)
    index = index_of(first)
    movies = [tmp_path / f"{number % 100:02d}" / f"clip {number}.mov" for number in range(10_000)]
    for movie in movies:
        movie.parent.mkdir(exist_ok=True)
        shutil.copyfile(first, movie)
        write_sidecar(movie, replace(index, movie=identity_of(movie)))
    before = psutil.Process().memory_info().rss

    indexes = [open_index(movie) for movie in movies]

    assert {each.count for each in indexes} == {30}
    assert [each.movie.name for each in indexes] == [movie.name for movie in movies]
    held = (psutil.Process().memory_info().rss - before) / 1e6
    assert held < 100, f"ten thousand small indexes take {held:.0f} MB"
    assert decode_index(sidecar(movies[-1]).read_bytes()).movie.name == movies[-1].name
