"""Fitting pictures into frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.colour import STEPS, planes_of_rgb
from server.media.placement import FITS, place, place_planes, place_rgb, scale

sizes = st.tuples(st.integers(1, 400), st.integers(1, 400))


@given(sizes, sizes, st.sampled_from(sorted(FITS)))
def test_every_fit_fills_the_frame_exactly(size: tuple[int, int], target: tuple[int, int], fit: str) -> None:
    placement = place(size, target, fit)
    left, top, width, height = placement.crop

    assert placement.target == target
    assert 0 <= left <= placement.scaled[0] - width
    assert 0 <= top <= placement.scaled[1] - height
    assert 0 <= placement.corner[0] <= target[0] - width
    assert 0 <= placement.corner[1] <= target[1] - height
    assert left % 2 == top % 2 == placement.corner[0] % 2 == placement.corner[1] % 2 == 0
    if fit == "contain":
        assert placement.scaled[0] == target[0] or placement.scaled[1] == target[1]
    else:
        assert (width, height) == target


@given(st.tuples(st.integers(8, 60), st.integers(8, 60)), st.tuples(st.integers(8, 60), st.integers(8, 60)),
       st.sampled_from(sorted(FITS)), st.sampled_from(sorted(STEPS)))
def test_planes_lie_where_pixels_do(size: tuple[int, int], target: tuple[int, int], fit: str, chroma: str) -> None:
    placement = place(size, target, fit)
    picture = np.full((size[1], size[0], 3), 255, np.uint8)

    pixels = place_rgb(picture, placement)
    planes = place_planes(planes_of_rgb(scale(picture, placement.scaled), chroma, 0.0), placement)

    across, down = STEPS[chroma]
    assert pixels.shape == (target[1], target[0], 3)
    assert planes[0].shape == (target[1], target[0])
    assert planes[1].shape == planes[2].shape == (-(-target[1] // down), -(-target[0] // across))
    assert np.array_equal(planes[0] > 128, pixels[..., 1] > 128)


def test_what_fits_already_is_not_touched() -> None:
    picture = np.zeros((64, 96, 3), np.uint8)
    placement = place((96, 64), (96, 64), "contain")

    assert placement.fills
    assert np.shares_memory(place_rgb(picture, placement), picture)


@given(st.integers(0, 2**24 - 1), st.sampled_from(sorted(STEPS)), st.tuples(st.integers(1, 9), st.integers(1, 9)),
       st.sampled_from([-0.15, 0.0, 0.4]))
def test_one_colour_stays_that_colour(value: int, chroma: str, size: tuple[int, int], crispness: float) -> None:
    colour = np.frombuffer(value.to_bytes(3, "big"), np.uint8)
    picture = np.ascontiguousarray(np.broadcast_to(colour, (size[1], size[0], 3)))

    y, u, v = (plane.astype(float) for plane in planes_of_rgb(picture, chroma, crispness))

    for plane in (y, u, v):
        assert plane.max() == plane.min()
    red, blue = y[0, 0] + 1.402 * (v[0, 0] - 128), y[0, 0] + 1.772 * (u[0, 0] - 128)
    green = y[0, 0] - 0.344136 * (u[0, 0] - 128) - 0.714136 * (v[0, 0] - 128)
    assert np.abs(np.array([red, green, blue]) - colour).max() < 2.5


def test_crisper_chroma_is_nearer_to_the_source_after_decoding() -> None:
    from server.media.jpeg import decode_rgb, encode_planes

    bars = np.kron(np.random.default_rng(4).integers(0, 256, (12, 16, 3), np.uint8), np.ones((7, 7, 1), np.uint8))

    def error(crispness: float) -> float:
        return float(np.abs(decode_rgb(encode_planes(*planes_of_rgb(bars, "420", crispness), 95)).astype(int) - bars)
                     .astype(float).mean())

    assert error(0.4) < error(0.0) < error(-0.15)


@pytest.mark.parametrize(("size", "target", "fit", "scaled", "corner"), [
    ((1920, 1080), (1280, 720), "contain", (1280, 720), (0, 0)),
    ((1440, 1080), (1920, 1080), "contain", (1440, 1080), (240, 0)),
    ((1920, 1080), (1280, 1280), "contain", (1280, 720), (0, 280)),
    ((1440, 1080), (1920, 1080), "cover", (1920, 1440), (0, 0))])
def test_usual_cases(size: tuple[int, int], target: tuple[int, int], fit: str, scaled: tuple[int, int],
                     corner: tuple[int, int]) -> None:
    placement = place(size, target, fit)
    assert (placement.scaled, placement.corner) == (scaled, corner)
