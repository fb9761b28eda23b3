"""Launches on beats and bars."""

from __future__ import annotations

from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import OutOfRange
from server.playback.quantise import launch_time
from server.playback.tempo import Tempo

tempos = st.builds(Tempo, st.floats(20, 999), st.floats(0, 90_000), st.floats(-1e4, 1e4), st.integers(1, 12))


@pytest.mark.parametrize(("grid", "now", "ahead", "at"), [
    ("off", 1.3, 0.0, 1.3),
    ("off", 1.3, 0.5, 1.3),
    ("beat", 1.3, 0.0, 1.5),
    ("beat", 1.3, 0.3, 2.0),
    ("beat", 1.5, 0.0, 1.5),
    ("bar", 1.3, 0.0, 2.0),
    ("bar", 2.0, 0.0, 2.0),
    ("bar", 1.9, 0.2, 4.0),
])
def test_the_next_boundary(grid: str, now: float, ahead: float, at: float) -> None:
    assert launch_time(Tempo(120.0), now, grid, ahead) == pytest.approx(at)


@settings(max_examples=200)
@given(tempos, st.floats(0, 90_000), st.sampled_from(["beat", "bar"]), st.floats(0, 10))
def test_it_is_a_boundary_the_first_and_far_enough(tempo: Tempo, now: float, grid: str, ahead: float) -> None:
    at = launch_time(tempo, now, grid, ahead)
    size = 1 if grid == "beat" else tempo.beats_per_bar
    beats = tempo.beat(at) / size
    assert abs(beats - round(beats)) < 1e-5
    assert at >= now + ahead
    assert at - (now + ahead) <= size * tempo.period + 1e-6


@settings(max_examples=100)
@given(tempos, st.integers(0, 10_000))
def test_a_boundary_that_is_now_is_not_missed_by_rounding(tempo: Tempo, beat: int) -> None:
    now = tempo.time_of(beat)
    assert abs(launch_time(tempo, now, "beat") - now) < 1e-9


def test_what_is_no_grid_and_no_look_ahead_is_refused() -> None:
    with pytest.raises(OutOfRange, match="off, beat, bar"):
        launch_time(Tempo(), 0.0, "phrase")
    for ahead in (nan, -1.0):
        with pytest.raises(OutOfRange, match="look-ahead"):
            launch_time(Tempo(), 0.0, "bar", ahead)
