"""Ticks to rates: rounding is no variation, and a variation is not rounded away."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.index.timing import STANDARD_RATES, rate_of

NTSC = Fraction(24000, 1001)


def _rounded(rate: Fraction, scale: int, count: int, phase: Fraction = Fraction(0)) -> np.ndarray:
    return np.array([round((i + phase) / rate * scale) for i in range(count)], dtype=np.int64)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001), Fraction(60),
                                  Fraction(25), Fraction(5)])
@pytest.mark.parametrize("scale", [600, 1000, 90_000])
@pytest.mark.parametrize("count", [10, 84, 18_000])
def test_rounded_times_are_a_constant_rate(rate: Fraction, scale: int, count: int) -> None:
    found, constant = rate_of(_rounded(rate, scale, count), Fraction(1, scale), hint=rate)

    assert (found, constant) == (rate, True)


def test_without_a_hint_a_long_movie_tells_23_976_from_24() -> None:
    for rate in (NTSC, Fraction(24)):
        assert rate_of(_rounded(rate, 1000, 84), Fraction(1, 1000)) == (rate, True)


@settings(max_examples=100)
@given(rate=st.sampled_from(STANDARD_RATES), phase=st.fractions(0, 1), count=st.integers(2000, 3000))
def test_a_standard_rate_is_found_in_milliseconds(rate: Fraction, phase: Fraction, count: int) -> None:
    found, constant = rate_of(_rounded(rate, 1000, count, phase), Fraction(1, 1000))

    assert constant
    assert found == rate


@given(rate=st.fractions(1, 100, max_denominator=50), count=st.integers(2, 200))
def test_exact_ticks_give_the_exact_rate(rate: Fraction, count: int) -> None:
    scale = rate.numerator * 1000
    ticks = np.arange(count, dtype=np.int64) * 1000 * rate.denominator

    assert rate_of(ticks, Fraction(1, scale), hint=rate) == (rate, True)


@given(steps=st.lists(st.integers(1, 1000), min_size=5, max_size=50))
def test_what_is_called_constant_never_strays_by_more_than_a_rounding(steps: list[int]) -> None:
    ticks = np.cumsum([0, *steps]).astype(np.int64)
    rate, constant = rate_of(ticks, Fraction(1, 1000))

    assert rate > 0
    if constant:
        errors = [int(tick) - i / rate * 1000 for i, tick in enumerate(ticks)]
        assert max(errors) - min(errors) <= 1.001


def test_a_varying_rate_is_averaged() -> None:
    rate, constant = rate_of(np.array([0, 20, 53, 153, 160], dtype=np.int64), Fraction(1, 600))

    assert not constant
    assert rate == 15
    assert rate_of(np.array([0, 1, 10**9], dtype=np.int64), Fraction(1, 600))[0] > 0


@pytest.mark.parametrize(("scale", "duration", "hint", "rate"), [
    (24_000, 1001, None, NTSC), (1000, 42, NTSC, NTSC), (1000, 33, None, Fraction(30)), (15_360, 512, None, 30),
    (1000, 0, None, 30), (1000, 0, NTSC, NTSC), (1000, 777, None, Fraction(1000, 777))])
def test_one_frame_lasts_as_long_as_its_container_says(scale: int, duration: int, hint: Fraction | None,
                                                       rate: Fraction) -> None:
    assert rate_of(np.zeros(1, np.int64), Fraction(1, scale), hint=hint, duration=duration) == (rate, True)


def test_frames_at_one_instant_are_no_division_by_zero() -> None:
    rate, constant = rate_of(np.zeros(4, np.int64), Fraction(1, 1000))

    assert (rate > 0, constant) == (True, False)
