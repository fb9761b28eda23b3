"""Frames at any times onto a constant rate."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.resample import Tally, nearest_frame, resample, typical_rate

rates = st.sampled_from([Fraction(n) for n in (5, 10, 24, 25, 30, 50, 60)]
                        + [Fraction(n * 1000, 1001) for n in (24, 30, 60)])
steps = st.lists(st.fractions(0, 2, max_denominator=1000), min_size=0, max_size=40)


def resampled(times: list[Fraction], rate: Fraction, last: Fraction | None = None) -> tuple[list[int], Tally]:
    tally = Tally()
    shown = [number for number, count in resample(((time, number) for number, time in enumerate(times)), rate, tally,
                                                  last=last) for _ in range(count)]
    return shown, tally


@given(steps, rates, st.fractions(-5, 5, max_denominator=90))
def test_order_is_kept_the_ends_are_kept_and_everything_is_counted(gaps: list[Fraction], rate: Fraction,
                                                                   start: Fraction) -> None:
    times = [start]
    for gap in gaps:
        times.append(times[-1] + gap)

    shown, tally = resampled(times, rate)

    assert shown == sorted(shown)
    assert shown[-1] == len(times) - 1
    assert len(set(shown)) + tally.dropped == len(times)
    assert len(shown) - len(set(shown)) == tally.doubled


@given(st.integers(1, 60), rates, st.fractions(0, 9, max_denominator=7))
def test_the_same_rate_changes_nothing(count: int, rate: Fraction, start: Fraction) -> None:
    shown, tally = resampled([start + number / rate for number in range(count)], rate)

    assert shown == list(range(count))
    assert tally == Tally()


@given(st.integers(2, 60), rates, st.data())
def test_rounding_of_times_changes_nothing(count: int, rate: Fraction, data: st.DataObject) -> None:
    times = [number / rate + data.draw(st.fractions(Fraction(-1, 2000), Fraction(1, 2000))) for number in range(count)]

    shown, tally = resampled(sorted(times), rate)

    assert shown == list(range(count))
    assert tally == Tally()


@given(st.integers(1, 30), st.integers(2, 8), rates)
def test_a_multiple_of_the_rate_repeats_evenly(count: int, factor: int, rate: Fraction) -> None:
    shown, tally = resampled([number / rate for number in range(count)], rate * factor, last=1 / rate)

    assert shown == [number for number in range(count) for _ in range(factor)]
    assert tally.doubled == count * (factor - 1)


@pytest.mark.parametrize("jitter", [Fraction(0), Fraction(1, 2000), Fraction(-1, 2000)])
def test_half_the_rate_takes_every_second_frame_whatever_the_rounding(jitter: Fraction) -> None:
    times = [Fraction(number, 60) + (jitter if number % 3 else 0) for number in range(20)]

    assert resampled(times, Fraction(30))[0] == [*range(0, 20, 2), 19]


def test_a_long_pause_shows_the_frame_before_it() -> None:
    assert resampled([Fraction(0), Fraction(1, 10), Fraction(1)], Fraction(10))[0] == [0] + [1] * 9 + [2] * 9


def test_one_frame_lasts_as_long_as_it_is_told() -> None:
    assert resampled([Fraction(7)], Fraction(10), last=Fraction(1, 2)) == ([0] * 5, Tally(doubled=4))
    assert resampled([Fraction(7)], Fraction(10)) == ([0], Tally())
    assert resampled([], Fraction(10)) == ([], Tally())


@given(rates, st.integers(20, 60), st.sampled_from([Fraction(1, 1000), Fraction(1, 90_000), Fraction(1, 600)]),
       st.sets(st.integers(1, 59), max_size=5))
def test_the_typical_rate_looks_through_gaps_and_rounding(rate: Fraction, count: int, resolution: Fraction,
                                                          missing: set[int]) -> None:
    times = [round(number / rate / resolution) * resolution for number in range(count) if number not in missing]

    found = typical_rate(times, resolution)

    assert found is not None
    assert abs(found - rate) <= rate * Fraction(2, 1000), "24 and 23.976 cannot always be told from a few frames"


def test_no_rate_without_times() -> None:
    assert typical_rate([], Fraction(1)) is None
    assert typical_rate([Fraction(1), Fraction(1)], Fraction(1, 1000)) is None


@given(st.integers(0, 10**6), rates)
def test_exact_times_are_their_frames(frame: int, rate: Fraction) -> None:
    assert nearest_frame(frame / rate, rate) == frame
