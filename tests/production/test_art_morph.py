"""Morphs: exact at both ends, near them beside the ends, and moving in between."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from server.errors import InputError
from server.media.warp import Picture, sample
from server.production.art import draw
from server.production.art_morph import Morph, eased


@pytest.fixture(scope="module")
def pair() -> tuple[Picture, Picture]:
    return draw("silk", 12, 320, 180), draw("cells", 7, 320, 180)


def shifted(picture: Picture, by: float) -> Picture:
    """The picture moved to the right."""
    rows, columns = np.mgrid[:picture.shape[0], :picture.shape[1]].astype(np.float32)
    return sample(picture, columns - np.float32(by), rows)


def apart(first: Picture, second: Picture) -> float:
    return float(np.abs(first.astype(float) - second).mean())


def test_the_ends_are_the_pictures_themselves(pair: tuple[Picture, Picture]) -> None:
    morph = Morph(*pair, seed=1)

    assert np.array_equal(morph.frame(0), pair[0])
    assert np.array_equal(morph.frame(1), pair[1])


def test_frames_beside_the_ends_approach_them_and_the_way_is_even(pair: tuple[Picture, Picture]) -> None:
    morph = Morph(*pair, seed=1)
    frames = [morph.frame(i / 30) for i in range(31)]
    steps = [apart(a, b) for a, b in pairwise(frames)]

    assert apart(frames[1], pair[0]) < apart(*pair) / 20
    assert apart(frames[-2], pair[1]) < apart(*pair) / 20
    assert max(steps) < apart(*pair) / 5


def test_half_way_shows_parts_of_both_and_no_mud(pair: tuple[Picture, Picture]) -> None:
    middle = Morph(*pair, seed=1).frame(0.5)
    fade = (pair[0].astype(float) + pair[1]) / 2

    assert middle.std() > fade.std()


def test_the_seed_decides_and_nothing_else(pair: tuple[Picture, Picture]) -> None:
    first, again, other = (Morph(*pair, seed=seed).frame(0.5) for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_alike_pictures_move_instead_of_ghosting() -> None:
    first = draw("marble", 7, 320, 180)
    second = shifted(first, 8)

    middle = Morph(first, second, seed=1).frame(0.5)

    truth = shifted(first, 4)[20:-20, 20:-20]
    assert apart(middle[20:-20, 20:-20], truth) < apart(first[20:-20, 20:-20], truth) / 2


def test_equal_and_tiny_pictures_are_no_trouble() -> None:
    same = draw("silk", 1, 64, 48)
    assert apart(Morph(same, same, 1).frame(0.5), same) < 1
    dot = np.zeros((2, 3, 3), np.uint8)
    assert Morph(dot, dot + 255, 1).frame(0.5).shape == (2, 3, 3)


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="4 x 2 and 2 x 2"):
        Morph(np.zeros((2, 4, 3), np.uint8), np.zeros((2, 2, 3), np.uint8), 1)


def test_easing_goes_from_end_to_end_without_standing_still() -> None:
    places = [eased(i / 100) for i in range(101)]

    assert (places[0], places[-1]) == (0, 1)
    assert min(b - a for a, b in pairwise(places)) > 0.004
