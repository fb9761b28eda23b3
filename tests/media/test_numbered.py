"""Numbered test pictures: whatever happens to them, the number comes back or nothing does."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_media import shown_numbers

from server.errors import OutOfRange, OutputError
from server.index.opening import open_index
from server.media.jpeg import decode_rgb, encode_rgb
from server.media.numbered import NUMBER_LIMIT, colour_bars, numbered_frame, read_number, write_numbered

numbers = st.integers(0, NUMBER_LIMIT - 1)
sizes = st.sampled_from([(64, 64), (99, 75), (320, 180), (640, 360), (641, 363), (180, 320), (64, 400)])


@given(numbers, sizes, st.sampled_from(["420", "422", "444", "gray"]), st.integers(15, 100))
def test_number_survives_jpeg(number: int, size: tuple[int, int], chroma: str, quality: int) -> None:
    picture = decode_rgb(encode_rgb(numbered_frame(number, *size), quality, chroma))

    assert read_number(picture) == number
    assert read_number(np.ascontiguousarray(picture[..., 1])) == number


@given(numbers, sizes, st.sampled_from([cv2.INTER_AREA, cv2.INTER_LINEAR]))
def test_number_survives_quarter_scale_after_jpeg(number: int, size: tuple[int, int], method: int) -> None:
    picture = decode_rgb(encode_rgb(numbered_frame(number, *size), 60))
    small = cv2.resize(picture, (size[0] // 4, size[1] // 4), interpolation=method)

    assert read_number(np.asarray(small)) == number


@given(numbers, st.integers(0, 39))
def test_no_single_wrong_cell_is_read_as_another_number(number: int, cell: int) -> None:
    picture = numbered_frame(number, 640, 360)
    row, column = divmod(cell, 20)
    top = 315 + row * 45 // 2
    picture[top:top + 23, column * 32:column * 32 + 32] = 255 - picture[top + 5, column * 32 + 5]

    assert read_number(picture) is None


@given(st.integers(0, 2**32 - 1), st.sampled_from([(64, 64), (320, 180), (640, 360)]), st.sampled_from([1, 8, 40]))
def test_random_pictures_have_no_number(seed: int, size: tuple[int, int], block: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (size[1] // block + 1, size[0] // block + 1, 3), np.uint8)
    picture = np.asarray(cv2.resize(noise, size, interpolation=cv2.INTER_NEAREST))

    assert read_number(picture) is None


@pytest.mark.parametrize("level", [0, 12, 128, 243, 255])
def test_an_even_picture_has_no_number(level: int) -> None:
    assert read_number(np.full((360, 640, 3), level, np.uint8)) is None


@pytest.mark.parametrize("shape", [(1, 1), (2, 20), (5, 8), (3, 1000)])
def test_tiny_pictures_have_no_number(shape: tuple[int, int]) -> None:
    assert read_number(np.zeros(shape, np.uint8)) is None


def test_a_picture_on_its_head_has_no_number() -> None:
    assert read_number(np.ascontiguousarray(numbered_frame(1234, 640, 360)[::-1, ::-1])) is None


def test_digits_are_big_and_differ() -> None:
    one, two = numbered_frame(1, 1280, 720), numbered_frame(2, 1280, 720)
    middle = slice(150, 620)
    bright = (one[middle] == 255).all(axis=2)

    assert np.flatnonzero(bright.any(axis=1)).size > 300, "a digit is as tall as a quarter of the picture at least"
    assert (one[middle] != two[middle]).any()


def test_bars_have_their_colours() -> None:
    bars = colour_bars(100, 4)

    assert bars.shape == (4, 100, 3)
    assert [tuple(bars[2, place]) for place in (5, 55, 75, 95)] == [
        (191, 191, 191), (191, 0, 0), (255, 255, 255), (0, 0, 0)]


@pytest.mark.parametrize(("number", "size"), [(-1, (64, 64)), (NUMBER_LIMIT, (64, 64)), (0, (63, 64)), (0, (64, 1))])
def test_what_cannot_be_drawn_is_refused(number: int, size: tuple[int, int]) -> None:
    with pytest.raises(OutOfRange):
        numbered_frame(number, *size)


@pytest.mark.parametrize(("count", "rate", "chroma"), [
    (1, Fraction(30), "420"), (9, Fraction(24000, 1001), "444"), (12, Fraction(60000, 1001), "gray"),
    (5, Fraction(1, 2), "422")])
def test_a_numbered_movie_counts(tmp_media: Path, count: int, rate: Fraction, chroma: str) -> None:
    out = tmp_media / "n 'é'.mov"
    told: list[int] = []

    index = write_numbered(out, count, 96, 64, rate, chroma=chroma, first=70, watch=told.append)

    assert shown_numbers(out) == list(range(70, 70 + count))
    assert (index.count, index.rate, index.chroma) == (count, rate, chroma)
    assert told == list(range(1, count + 1))
    assert open_index(out, remember=False).marks == index.marks
    assert index.marks[0].frame == 0


def test_a_watcher_that_stops_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_numbered(tmp_path / "n.mov", 50, 64, 64, watch=stop)
    assert list(tmp_path.iterdir()) == []


def test_refusals_of_a_numbered_movie(tmp_path: Path) -> None:
    with pytest.raises(OutOfRange):
        write_numbered(tmp_path / "n.mov", 0)
    with pytest.raises(OutOfRange):
        write_numbered(tmp_path / "n.mov", 2, 64, 64, first=NUMBER_LIMIT - 1)
    (tmp_path / "n.mov").write_bytes(b"mine")
    with pytest.raises(OutputError, match="already there"):
        write_numbered(tmp_path / "n.mov", 2, 64, 64)
    assert (tmp_path / "n.mov").read_bytes() == b"mine"
