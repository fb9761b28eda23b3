"""What a picture was made from travels in the picture, whatever it says and however long it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError, NotAMovie
from server.index.jpeg import jpeg_header, jpeg_problem
from server.library.songs.recipe import recipe_of, with_recipe, without_recipe
from server.media.jpeg import decode_rgb, encode_rgb

JPEG = encode_rgb(np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3), 90)
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=80)
PLAIN = st.dictionaries(st.text(max_size=20), VALUES, max_size=6)


@given(PLAIN)
def test_a_recipe_is_read_as_it_was_written(recipe: dict[str, Any]) -> None:
    written = with_recipe(JPEG, recipe)
    assert recipe_of(written) == recipe
    assert without_recipe(written) == JPEG


def test_a_picture_with_a_recipe_is_the_same_picture_and_can_be_a_frame() -> None:
    written = with_recipe(JPEG, {"prompt": "a sun"})
    assert np.array_equal(decode_rgb(written), decode_rgb(JPEG))
    assert jpeg_header(written).muxable
    assert jpeg_problem(written) is None


def test_a_prompt_longer_than_a_comment_goes_on_in_the_next() -> None:
    recipe = {"prompt": "ö" * 100_000, "seed": "9006264050842235"}
    assert recipe_of(with_recipe(JPEG, recipe)) == recipe


def test_a_new_recipe_takes_the_place_of_the_old_one() -> None:
    twice = with_recipe(with_recipe(JPEG, {"seed": "1"}), {"seed": "2"})
    assert recipe_of(twice) == {"seed": "2"}
    assert twice == with_recipe(JPEG, {"seed": "2"})


def test_a_recipe_without_end_is_refused() -> None:
    with pytest.raises(InputError, match="shorten the prompt"):
        with_recipe(JPEG, {"prompt": "x" * (2 << 20)})


@pytest.mark.parametrize("data", [b"", b"no picture", JPEG, with_recipe(JPEG, {"a": 1})[:30],
                                  with_recipe(JPEG, {"a": 1}).replace(b'"a"', b"'a'")])
def test_where_there_is_none_there_is_none(data: bytes) -> None:
    assert recipe_of(data) == {}


def test_what_is_no_picture_gets_none() -> None:
    with pytest.raises(NotAMovie):
        with_recipe(b"no picture", {})


@given(st.binary(max_size=200))
def test_any_bytes_have_a_recipe_or_none(data: bytes) -> None:
    assert isinstance(recipe_of(b"\xff\xd8\xff\xfe" + data), dict)
