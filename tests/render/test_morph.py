"""Morphs: exact at both ends, near them beside the ends, moving in between, and the same on any machine's threads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
import pytest

from server.errors import InputError
from server.media.composite import Compositor, Layers
from server.media.flaws import crossfade, flicker, ghost, sharpness
from server.media.perceived import apart as lengths
from server.media.perceived import perceived
from server.media.steps import evenness, peak, rmse, steps_of
from server.media.warp import Picture, blur, resize, sample
from server.production.art import draw
from server.render.morph import Morph

COUNT = 21
WIDTH, HEIGHT = 640, 360


@pytest.fixture(scope="module")
def unlike() -> tuple[Picture, Picture]:
    return draw("silk", 12, WIDTH, HEIGHT, "tide"), draw("cells", 7, WIDTH, HEIGHT, "verdigris")


@pytest.fixture(scope="module")
def alike() -> tuple[Picture, Picture]:
    first = draw("marble", 7, WIDTH, HEIGHT)
    return first, shifted(first, 24)


@pytest.fixture(params=["unlike", "alike"])
def pair(request: pytest.FixtureRequest) -> tuple[Picture, Picture]:
    pictures: tuple[Picture, Picture] = request.getfixturevalue(request.param)
    return pictures


@pytest.fixture
def threads() -> Iterator[None]:
    """OpenCV's own threads, put back afterwards."""
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


def shifted(picture: Picture, by: float) -> Picture:
    """The picture moved to the right."""
    rows, columns = np.mgrid[:picture.shape[0], :picture.shape[1]].astype(np.float32)
    return sample(picture, columns - np.float32(by), rows)


def apart(first: Picture, second: Picture) -> float:
    return float(np.abs(first.astype(float) - second).mean())


def frames(pair: tuple[Picture, Picture], seed: int = 1, *, even: bool = True) -> list[Picture]:
    morph = Morph(*pair, seed, frames=COUNT, even=even)
    return [morph.frame(number / (COUNT - 1)) for number in range(COUNT)]


def test_the_ends_are_the_pictures_themselves(pair: tuple[Picture, Picture]) -> None:
    morph = Morph(*pair, seed=1)

    assert np.array_equal(morph.frame(0), pair[0])
    assert np.array_equal(morph.frame(1), pair[1])


def test_near_its_ends_it_comes_near_the_pictures(pair: tuple[Picture, Picture]) -> None:
    morph = Morph(*pair, seed=1)

    for end, places in ((0, (0.04, 0.02, 0.01, 0.001)), (1, (0.96, 0.98, 0.99, 0.999))):
        distances = [apart(morph.frame(place), pair[end]) for place in places]
        assert distances == sorted(distances, reverse=True)
        assert distances[-1] < max(2.0, apart(*pair) / 20)


def test_it_is_what_a_transition_must_be(pair: tuple[Picture, Picture]) -> None:
    # At half the size, as an eye follows moving pictures and as all transitions are judged.
    pictures = [resize(picture, WIDTH // 2, HEIGHT // 2) for picture in frames(pair)]
    ends = pictures[0], pictures[-1]
    steps = steps_of(pictures)
    least, most = sharpness(pictures)

    assert evenness(steps) >= 0.93
    assert peak(steps) <= 1.5
    assert flicker(pictures) - flicker(crossfade(*ends, COUNT)) <= 0.10
    assert ghost(*ends, pictures[COUNT // 2]) <= 0.75
    assert least >= 0.75
    assert most <= 1.3


def test_without_an_even_pace_the_steps_are_less_even(unlike: tuple[Picture, Picture]) -> None:
    plain = [apart(one, two) for one, two in pairwise(frames(unlike, even=False))]
    even = [apart(one, two) for one, two in pairwise(frames(unlike))]

    assert np.std(even) / np.mean(even) < np.std(plain) / np.mean(plain)


def test_fine_detail_does_not_make_it_uneven(unlike: tuple[Picture, Picture]) -> None:
    size = 480, 270
    grain = np.random.default_rng(1).normal(128, 50, (size[1], size[0], 1)).repeat(3, axis=2)
    morph = Morph(np.clip(blur(grain, 0.8), 0, 255).astype(np.uint8), resize(unlike[0], *size), seed=1, frames=COUNT)
    seen = [perceived(morph.frame(number / (COUNT - 1))) for number in range(COUNT)]

    assert evenness([lengths(one, two) for one, two in pairwise(seen)]) > 0.96


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_detail_stays_in_sight_whatever_the_seed(seed: int) -> None:
    # Whatever comes in from the wrong side covers all detail of the first picture with what is plain in the second.
    first, second = detailed_on("left"), detailed_on("right")
    morph = Morph(first, second, seed, frames=13, even=False)

    assert sharpness([morph.frame(number / 12) for number in range(13)])[0] > 0.65


def detailed_on(side: str) -> Picture:
    """A plain picture with grain in a third of it."""
    grain = np.random.default_rng(2).normal(0, 40, (180, 320))
    across = np.linspace(0, 1, 320)
    grain *= across < 0.35 if side == "left" else across > 0.65
    level = 110 if side == "left" else 150
    grey = np.asarray(np.clip(blur(grain + level, 0.8), 0, 255), np.uint8)
    return grey[..., None].repeat(3, axis=2)


@pytest.mark.full
@pytest.mark.parametrize(("frames", "seed"), [(31, 3), (61, 1)])
def test_a_large_picture_stays_sharp_between_its_pixels(frames: int, seed: int) -> None:
    ends = draw("strata", 9, 1280, 720, "dusk"), draw("nebula", 8, 1280, 720, "ember")
    morph = Morph(*ends, seed, frames=frames)
    # As transitions are judged.
    pictures = [resize(morph.frame(number / (frames - 1)), 512, 288) for number in range(frames)]
    least, most = sharpness(pictures)

    assert 0.75 <= least <= most <= 1.3
    assert flicker(pictures) - flicker(crossfade(pictures[0], pictures[-1], frames)) <= 0.10


def test_the_seed_decides_and_nothing_else(unlike: tuple[Picture, Picture], threads: None) -> None:
    cv2.setNumThreads(1)
    first = Morph(*unlike, seed=1).frame(0.4)
    cv2.setNumThreads(5)
    again, other, large = (Morph(*unlike, seed=seed).frame(0.4) for seed in (1, 2, 10 ** 40))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(other, large)


def test_a_longer_morph_is_carried_farther(unlike: tuple[Picture, Picture]) -> None:
    short, long = (Morph(*unlike, seed=1, frames=count).frame(0.3) for count in (25, 61))

    assert not np.array_equal(short, long)


def test_alike_pictures_are_known_from_unlike_ones(unlike: tuple[Picture, Picture],
                                                   alike: tuple[Picture, Picture]) -> None:
    brighter = np.clip(alike[0].astype(int) * 3 // 4 + 10, 0, 255).astype(np.uint8)

    assert Morph(*alike, 1).alike
    assert Morph(alike[0], brighter, 1).alike
    assert not Morph(*unlike, 1).alike


def test_equal_tiny_and_narrow_pictures_are_no_trouble() -> None:
    same = draw("silk", 1, 64, 48)
    assert apart(Morph(same, same, 1).frame(0.5), same) < 3
    dot = np.zeros((2, 3, 3), np.uint8)
    assert Morph(dot, dot + 255, 1).frame(0.5).shape == (2, 3, 3)
    ribbon = draw("silk", 1, 640, 20)
    assert Morph(ribbon, ribbon[:, ::-1].copy(), 1).frame(0.5).shape == (20, 640, 3)


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="4 x 2 and 2 x 2"):
        Morph(np.zeros((2, 4, 3), np.uint8), np.zeros((2, 2, 3), np.uint8), 1)


@pytest.mark.parametrize("size", [(161, 91), (640, 360)])
def test_a_compositor_that_bends_nothing_shows_its_pictures(size: tuple[int, int]) -> None:
    first, second = (draw(kind, 3, *size) for kind in ("silk", "cells"))
    compositor = Compositor(first, second)
    still, none = np.zeros((2, 18, 32), np.float32), np.zeros((3, 18, 32), np.float32)
    nine = np.array([9, 0, 0], np.float32)[:, None, None]

    for mask, wanted in ((0.0, first), (1.0, second)):
        layers = Layers(still, still, np.full((18, 32), mask, np.float32), none)
        assert apart(compositor.picture(layers), wanted) < 2.5
        brighter = compositor.picture(Layers(still, still, layers.mask, none + nine))
        assert 7 < (brighter.astype(int) - compositor.picture(layers)).mean() <= 9.5
        y, cb, cr = compositor.planes(layers)
        assert y.shape == wanted.shape[:2]
        assert cb.shape == cr.shape == (-(-size[1] // 2), -(-size[0] // 2))
    half = compositor.picture(Layers(still, still, np.full((18, 32), 0.5, np.float32), none))
    assert rmse(half, crossfade(first, second, 3)[1]) < 8
