"""Generative pictures: seeded, of any size, without banding, and never black or blown out."""

from __future__ import annotations

import numpy as np
import pytest

from server.errors import InputError
from server.media.warp import resize
from server.production.art import KINDS, draw
from server.production.art_palette import PALETTES, ramp


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_the_same_for_the_same_seed_and_another_for_another(kind: str) -> None:
    first, again, other = (draw(kind, seed, 160, 90) for seed in (3, 3, 4))

    assert first.shape == (90, 160, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_has_light_shade_and_colour(kind: str) -> None:
    picture = draw(kind, 5, 320, 180).astype(float)

    assert 8 < picture.mean() < 190
    assert picture.std() > 15
    assert (picture > 250).all(axis=2).mean() < 0.05
    assert np.abs(picture[..., 0] - picture[..., 2]).mean() > 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 3), (97, 33), (30, 200)])
def test_any_size_can_be_drawn(kind: str, width: int, height: int) -> None:
    assert draw(kind, 1, width, height).shape == (height, width, 3)


@pytest.mark.parametrize("kind", ["silk", "ripples", "strata", "kaleidoscope", "cells", "spiral"])
def test_a_larger_picture_shows_the_same(kind: str) -> None:
    small, large = draw(kind, 2, 192, 108), draw(kind, 2, 768, 432)

    apart = np.abs(resize(large, 192, 108).astype(float) - small).mean()

    assert apart < 12


def test_gradients_have_no_steps() -> None:
    """Dithering spreads neighbouring levels: no long run of one value next to a run of the next."""
    picture = draw("silk", 12, 640, 360)[..., 1].astype(int)

    runs = np.abs(np.diff(picture, axis=1)) == 0

    assert runs.mean() < 0.75


def test_ramps_rise_from_dark_to_light() -> None:
    for name in PALETTES:
        luminance = ramp(name) @ np.array([0.2126, 0.7152, 0.0722])

        assert luminance[0] < 0.01
        assert luminance[-1] > 0.6
        assert np.diff(luminance).min() > -1e-3


@pytest.mark.parametrize(("kind", "palette", "size"), [
    ("sunset", None, (10, 10)), ("silk", "beige", (10, 10)), ("silk", None, (0, 10)), ("silk", None, (10, 99_999))])
def test_what_cannot_be_drawn_is_refused(kind: str, palette: str | None, size: tuple[int, int]) -> None:
    with pytest.raises(InputError):
        draw(kind, 1, *size, palette)


@pytest.mark.parametrize("seed", [0, -7, 2 ** 200])
def test_any_integer_is_a_seed(seed: int) -> None:
    assert draw("cells", seed, 32, 18).any()
