"""Two bent pictures as one: read where they lie, as sharp as they are, and the same however it is cut up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.media.colour import Planes
from server.media.composite import Compositor, Layers
from server.media.warp import Floats, Picture, resize
from server.production.art import draw

ROWS, COLUMNS = 45, 80
WIDTH, HEIGHT = 320, 180
CELL = 4


@pytest.fixture(scope="module")
def pair() -> tuple[Picture, Picture]:
    return draw("silk", 3, WIDTH, HEIGHT), draw("cells", 3, WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def compositor(pair: tuple[Picture, Picture]) -> Compositor:
    return Compositor(*pair)


def bent(right: float = 0.0, down: float = 0.0) -> Floats:
    """Everything read so many pixels away."""
    return np.stack([np.full((ROWS, COLUMNS), way / CELL, np.float32) for way in (right, down)])


def layers(first: Floats, second: Floats, mask: Floats | float, tint: float = 0.0) -> Layers:
    shown = np.broadcast_to(np.asarray(mask, np.float32), (ROWS, COLUMNS))
    return Layers(first, second, np.ascontiguousarray(shown), np.full((3, ROWS, COLUMNS), tint, np.float32))


def front(angle: float, at: float, half: float) -> Floats:
    """A mask that rises over a straight front."""
    y, x = np.mgrid[-1:1:ROWS * 1j, -1:1:COLUMNS * 1j]
    return np.asarray(np.clip((np.cos(angle) * x + np.sin(angle) * y - at) / (2 * half) + 0.5, 0, 1), np.float32)


def far(one: Planes, two: Planes) -> int:
    """The largest difference of any sample."""
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in zip(one, two, strict=True))


def test_a_whole_pixel_away_it_reads_the_very_pixels(compositor: Compositor) -> None:
    still, _, _ = compositor.planes(layers(bent(), bent(), 0))
    moved, _, _ = compositor.planes(layers(bent(right=6, down=-4), bent(), 0))

    assert np.array_equal(moved[4:, :-6], still[:-4, 6:])


@pytest.mark.parametrize("away", [(0.5, 0.0), (0.0, 0.5), (0.5, 0.5), (0.25, 0.75)])
def test_between_pixels_it_is_as_sharp_as_on_them(away: tuple[float, float]) -> None:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    # Five pixels a wave, the finest that is left of a picture 1280 wide where transitions are judged.
    waves = 128 + 60 * np.sin(2 * np.pi / 5 * columns) + 30 * np.sin(2 * np.pi / 5 * rows)
    fine = np.repeat(waves.astype(np.uint8)[..., None], 3, axis=2)
    plain = cv2.remap(fine[..., 0], columns.astype(np.float32) + 0.5, rows.astype(np.float32) + 0.5, cv2.INTER_LINEAR)
    compositor = Compositor(fine, fine)

    read, _, _ = compositor.planes(layers(bent(*away), bent(), 0))

    assert 0.85 < read[8:-8, 8:-8].var() / fine[..., 0].var() < 1.15
    assert plain[8:-8, 8:-8].var() / fine[..., 0].var() < 0.7


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 6.3), st.floats(-1.5, 1.5), st.floats(0.01, 0.6))
def test_what_is_read_in_tiles_is_what_is_read_as_a_whole(compositor: Compositor, angle: float, at: float,
                                                          half: float) -> None:
    one, two, mask = bent(3.3, -2.1), bent(-5.7, 1.2), front(angle, at, half)

    drawn = compositor.planes(layers(one, two, mask))

    parts = [compositor.planes(layers(one, two, shown)) for shown in (0, 1)]
    whole = []
    for first, second in zip(*parts, strict=True):
        weight = resize_linear(mask, first.shape)
        whole.append(np.rint(first * (1 - weight) + second * weight).astype(np.uint8))
    assert far(drawn, (whole[0], whole[1], whole[2])) <= 1


def resize_linear(field: Floats, shape: tuple[int, ...]) -> Floats:
    return np.asarray(cv2.resize(field, shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def test_what_was_drawn_stays_when_more_is_drawn(compositor: Compositor) -> None:
    half = layers(bent(2.5), bent(-2.5), front(1.0, 0.1, 0.2))
    first = compositor.planes(half)
    kept = [plane.copy() for plane in first]
    compositor.planes(layers(bent(-9.5, 3), bent(1, 1), 1, tint=40))

    assert far(first, (kept[0], kept[1], kept[2])) == 0
    assert far(compositor.planes(half), first) == 0


def test_threads_draw_side_by_side(compositor: Compositor) -> None:
    wanted = [layers(bent(number, -number), bent(-number), front(number, 0.1 * number, 0.3), number)
              for number in range(12)]
    alone = [compositor.planes(one) for one in wanted]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(compositor.planes, wanted))

    assert all(far(one, other) == 0 for one, other in zip(alone, together, strict=True))


@pytest.mark.parametrize("size", [(2, 3), (33, 17), (161, 91), (641, 40)])
def test_any_size_is_drawn_whole(size: tuple[int, int]) -> None:
    width, height = size
    first, second = (resize(draw(kind, 3, 160, 90), width, height) for kind in ("silk", "cells"))
    drawn = Compositor(first, second).planes(layers(bent(), bent(), front(0.4, 0, 0.2)))
    shown = [Compositor(first, second).planes(layers(bent(), bent(), mask)) for mask in (0, 1)]

    assert drawn[0].shape == (height, width)
    assert drawn[1].shape == drawn[2].shape == (-(-height // 2), -(-width // 2))
    for plane, *ends in zip(drawn, *shown, strict=True):
        assert (plane >= np.minimum(*ends) - 1).all()
        assert (plane <= np.maximum(*ends) + 1).all()
