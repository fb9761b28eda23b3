"""Constant-speed playback: equal ways in equal times, and every frame can still be sought."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from server.playback.even import even_position, is_uniform, uneven_position
from server.units import shown

quick = settings(max_examples=150)


@st.composite
def paths(draw: st.DrawFn) -> tuple[NDArray[np.float64], int, int]:
    steps = draw(st.lists(st.one_of(st.just(0.0), st.floats(0.01, 255.0)), min_size=1, max_size=60))
    first = draw(st.integers(0, len(steps)))
    return np.cumsum([0.0, *steps]), first, draw(st.integers(first, len(steps)))


def along(way: NDArray[np.float64], x: float) -> float:
    return float(np.interp(x, np.arange(len(way)), way))


def test_equal_times_are_equal_ways() -> None:
    way = np.cumsum([0.0, 1, 1, 8, 1, 1, 3, 5])
    ways = [along(way, even_position(way, x, 0, 7)) for x in np.linspace(0, 7, 29)]
    assert np.diff(ways) == pytest.approx(20 / 28, rel=2e-3)


def test_only_the_range_counts() -> None:
    way = np.cumsum([0.0, 100, 1, 1, 4, 100])
    assert even_position(way, 2.5, 1, 4) == pytest.approx(3.25, abs=1e-3)


@quick
@given(paths(), st.lists(st.floats(-0.5, 1.5), min_size=2, max_size=10))
def test_it_is_monotone_and_stays_in_range(path: tuple[NDArray[np.float64], int, int], parts: list[float]) -> None:
    way, first, last = path
    xs = sorted(min(max(first + part * (last - first), first - 0.5), last + 0.499) for part in parts)
    bent = [even_position(way, x, first, last) for x in xs]
    assert bent == sorted(bent)
    assert all(first <= shown(x) <= last for x in bent)


@quick
@given(paths(), st.floats(0, 1))
def test_it_has_an_inverse(path: tuple[NDArray[np.float64], int, int], part: float) -> None:
    way, first, last = path
    x = first + part * (last - first)
    assert even_position(way, uneven_position(way, x, first, last), first, last) == pytest.approx(x, abs=1e-6)
    assert uneven_position(way, even_position(way, x, first, last), first, last) == pytest.approx(x, abs=1e-6)


@quick
@given(paths())
def test_ends_are_exact_and_every_frame_can_be_sought(path: tuple[NDArray[np.float64], int, int]) -> None:
    way, first, last = path
    assert even_position(way, float(first), first, last) == first
    assert even_position(way, float(last), first, last) == last
    for frame in range(first, last + 1):
        x = uneven_position(way, float(frame), first, last)
        assert shown(even_position(way, x, first, last)) == frame


def test_a_long_movie_with_held_frames_is_still_sought_exactly() -> None:
    steps = np.random.default_rng(1).uniform(0, 40, 36_000)
    steps[np.random.default_rng(2).uniform(size=36_000) < 0.5] = 0.0
    way = np.cumsum(np.concatenate([[0.0], steps]))
    for frame in range(0, 36_001, 97):
        x = uneven_position(way, float(frame), 0, 36_000)
        assert even_position(way, x, 0, 36_000) == pytest.approx(frame, abs=1e-4)


@pytest.mark.parametrize("way", [None, np.zeros(10), (0.0,) * 10])
def test_without_a_path_it_is_the_identity_and_says_so(way: NDArray[np.float64] | None) -> None:
    assert is_uniform(way, 0, 9)
    for x in (-0.5, 0.0, 3.3, 9.0, 9.4):
        assert even_position(way, x, 0, 9) == x
        assert uneven_position(way, x, 0, 9) == x


def test_a_range_of_one_frame_is_uniform() -> None:
    assert is_uniform(np.arange(10.0), 4, 4)
    assert not is_uniform(np.arange(10.0), 4, 5)
    assert even_position(np.arange(10.0), 4.2, 4, 4) == 4.2
