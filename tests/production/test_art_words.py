"""Generative pictures by words: what is understood, what is not, and that every word changes the picture."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError
from server.media.warp import resize
from server.production.art import PATTERNS, SPANS, paint
from server.production.art_finish import FINISHES
from server.production.art_palette import NAMED
from server.production.art_word_table import FIELDS, SMALL
from server.production.art_words import Recipe, described, recipe_at, recipe_of, understood

PLAIN = Recipe("voronoi", "lagoon")
SIZE = (160, 90)


def test_every_word_has_one_meaning_and_can_be_drawn() -> None:
    words = [word for names in FIELDS.values() for name, others in names.items() for word in (name, *others)]

    assert len(words) == len(set(words))
    assert not set(words) & SMALL
    assert set(FIELDS["pattern"]) == set(PATTERNS)
    assert set(FIELDS["palette"]) <= set(NAMED)
    assert set(FIELDS["density"]) == set(SPANS) - {""}
    assert {*FIELDS["symmetry"], *FIELDS["light"], *FIELDS["motion"]} == set(FINISHES)


@given(st.integers(0, 2 ** 32))
def test_a_description_says_its_recipe_and_nothing_else(seed: int) -> None:
    rng = np.random.default_rng(seed)
    recipe = recipe_at(rng)

    found = understood(described(recipe, rng))

    assert found.unknown == ()
    assert found.named == {each.name: value for each in fields(recipe) if (value := getattr(recipe, each.name))}


@given(st.text(max_size=400), st.integers())
def test_any_text_is_a_picture(text: str, seed: int) -> None:
    recipe, unknown = recipe_of(text, seed)

    assert recipe == recipe_of(text, seed)[0]
    assert recipe.pattern in PATTERNS
    assert recipe.palette in NAMED
    assert all(word in text.casefold() for word in unknown)


@pytest.mark.parametrize(("text", "named", "unknown"), [
    ("A glowing blue vortex of kittens", {"light": "neon", "palette": "lagoon", "pattern": "spiral"}, ("kittens",)),
    ("kaleidoscop in vilet", {"pattern": "kaleidoscope", "palette": "violet"}, ()),
    ("ring, Rings", {"pattern": "rings"}, ()),
    ("blue red", {"palette": "lagoon"}, ()),
    ("ein rotes Meer 🌊 红", {}, ("ein", "rotes", "meer", "红")),
    ("", {}, ())])
def test_what_is_understood_and_what_is_not(text: str, named: dict[str, str], unknown: tuple[str, ...]) -> None:
    found = understood(text)

    assert (found.named, found.unknown) == (named, unknown)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_is_the_same_for_the_same_seed_and_has_light_and_shade(pattern: str) -> None:
    recipe = replace(PLAIN, pattern=pattern)
    picture = paint(recipe, 3, *SIZE)

    assert picture.shape == (90, 160, 3)
    assert np.array_equal(picture, paint(recipe, 3, *SIZE))
    assert np.abs(picture.astype(float) - paint(recipe, 4, *SIZE)).mean() > 4
    assert 8 < picture.mean() < 200
    assert picture.std() > 12


@pytest.mark.parametrize("pattern", ["plasma", "rings", "rays", "truchet", "gradient", "coral", "fractal"])
def test_a_larger_picture_shows_the_same_picture(pattern: str) -> None:
    recipe = replace(PLAIN, pattern=pattern)
    small, large = paint(recipe, 2, 192, 108), paint(recipe, 2, 768, 432)

    assert np.abs(resize(large, 192, 108).astype(float) - small).mean() < 12


@pytest.mark.parametrize(("field", "word"), [
    (field, word) for field, words in FIELDS.items() for word in words if field not in ("pattern", "palette")])
def test_each_word_changes_the_picture(field: str, word: str) -> None:
    plain = paint(PLAIN, 6, *SIZE).astype(float)

    assert np.abs(paint(replace(PLAIN, **{field: word}), 6, *SIZE) - plain).mean() > 3


def test_words_do_what_they_say() -> None:
    def drawn(**words: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return paint(replace(PLAIN, **words), 8, *SIZE).astype(float)

    halves = drawn(symmetry="mirrored")
    corners = drawn(symmetry="quartered")
    edges = [np.abs(np.diff(drawn(density=word).mean(axis=2), axis=1)).mean() for word in ("sparse", "", "dense")]

    assert np.abs(halves - halves[:, ::-1]).mean() < 2
    assert max(np.abs(corners - corners[::-1]).mean(), np.abs(corners - corners[:, ::-1]).mean()) < 2
    assert drawn(light="dark").mean() < drawn().mean() < drawn(light="bright").mean()
    assert np.abs(np.diff(drawn(light="soft"), axis=1)).mean() < 0.6 * np.abs(np.diff(drawn(), axis=1)).mean()
    assert edges == sorted(edges)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (97, 33), (30, 200)])
def test_any_size_can_be_painted(size: tuple[int, int]) -> None:
    for pattern in PATTERNS:
        recipe = Recipe(pattern, "dusk", "dense", "rosette", "neon", "drifting")
        assert paint(recipe, 1, *size).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("size", [(0, 10), (10, 99_999)])
def test_sizes_that_cannot_be_painted_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InputError):
        paint(PLAIN, 1, *size)
