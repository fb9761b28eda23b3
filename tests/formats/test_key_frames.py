"""Key-frame strings: what people write, what lies between the keys, and frame numbers multiplied."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import refusal

from server.errors import InputError, OutOfRange
from server.library.formats.key_frames import (
    LAST_FRAME,
    KeyFrames,
    constant,
    doubled_frames,
    format_key_frames,
    key_frames,
    parse_key_frames,
)

VALUES = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**9), 10**9)
KEYS = st.dictionaries(st.integers(0, LAST_FRAME), VALUES, min_size=1, max_size=8).map(lambda d: key_frames(d.items()))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("0: (8), 100: (2)", ((0, 8), (100, 2))),
        ("0:(8),100:(2)", ((0, 8), (100, 2))),
        (" 100 : ( 2 ) , 0 : ( 8 ) ", ((0, 8), (100, 2))),
        ("0: (1), 10: (-2.25)", ((0, 1), (10, -2.25))),
        ("0: (1.04), 50: (10), ", ((0, 1.04), (50, 10))),
        ("5: (+.5)", ((5, 0.5),)),
        ("0: (1e-3)", ((0, 0.001),)),
        ("0: (1), 0: (2)", ((0, 2),)),
    ],
)
def test_what_people_write(text: str, keys: tuple[tuple[int, float], ...]) -> None:
    assert parse_key_frames(text) == KeyFrames(keys)


@pytest.mark.parametrize(("text", "value"), [("30000", 30000), ("-0.5", -0.5), (" 0.06 ", 0.06)])
def test_a_bare_number_is_the_same_at_every_frame(text: str, value: float) -> None:
    keys = parse_key_frames(text)
    assert keys == constant(value)
    assert [keys.at(frame) for frame in (0, 7, 10**6)] == [value] * 3
    assert keys.times(50) == keys


@pytest.mark.parametrize("text", ["0: 8", "0: (x)", "0: (8) 100: (2)", "(8)", "0: (8), x", "a: (1)",
                                  "-1: (2)", "0: (1+1)", "0: (__import__)", "99999999: (1)", "0: (1e999)", "0: ()"])
def test_what_is_no_key_is_quoted(text: str) -> None:
    with pytest.raises(InputError):
        parse_key_frames(text)


@pytest.mark.parametrize("text", ["", " ", ","])
def test_nothing_is_no_key_frame(text: str) -> None:
    with pytest.raises(InputError, match="keys are like"):
        parse_key_frames(text)


def test_between_keys_it_is_straight_and_outside_it_is_held() -> None:
    keys = parse_key_frames("10: (8), 110: (-2)")
    assert [keys.at(frame) for frame in (0, 10, 60, 110, 500)] == [8, 8, 3, -2, -2]
    assert keys.at(10.5) == pytest.approx(7.95)


def test_only_frame_numbers_are_multiplied_whatever_the_values_look_like() -> None:
    keys = parse_key_frames("0: (1), 25: (1.04), 50: (10)").times(3)
    assert format_key_frames(keys) == "0: (1), 75: (1.04), 150: (10)"
    with pytest.raises(OutOfRange):
        keys.times(0)
    with pytest.raises(OutOfRange):
        keys.times(LAST_FRAME)


def test_frames_that_are_named_twice_are_found() -> None:
    assert doubled_frames("0: (1), 5: (2), 0: (3), 5: (4), 6: (1)") == (0, 5)


@given(KEYS | VALUES.map(constant))
def test_what_is_written_is_read_back_the_same(keys: KeyFrames) -> None:
    assert parse_key_frames(format_key_frames(keys)) == keys


@given(KEYS, st.floats(0, LAST_FRAME))
def test_no_value_lies_outside_those_of_the_keys(keys: KeyFrames, frame: float) -> None:
    values = [value for _, value in keys.keys]
    value = keys.at(frame)
    slack = max(map(abs, values)) * 1e-12
    assert min(values) - slack <= value <= max(values) + slack
    for at, exact in keys.keys:
        assert math.isclose(keys.at(at), exact, rel_tol=1e-15)


@given(KEYS, st.integers(1, 9), st.integers(0, 1000))
def test_multiplied_frames_have_the_values_of_the_plain_ones(keys: KeyFrames, multiplier: int, frame: int) -> None:
    if keys.keys[-1][0] * multiplier <= LAST_FRAME:
        assert keys.times(multiplier).at(frame * multiplier) == pytest.approx(keys.at(frame), rel=1e-9, abs=1e-9)


@given(st.text("0123456789:(), .-+e", max_size=40) | st.text(max_size=20))
def test_any_text_gives_key_frames_or_an_error_in_words(text: str) -> None:
    assert "\n" not in refusal(lambda: parse_key_frames(text))
