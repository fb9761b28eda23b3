"""Clocks, and the deadlines of a metronome."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import OutOfRange
from server.playback.clock import Clock, ManualClock, Metronome, SystemClock

RATES = [Fraction(60), Fraction(60000, 1001), Fraction(24), Fraction(1, 3)]


class RestlessTime:
    """The time module's two functions on a machine that wakes every sleeper halfway."""

    def __init__(self) -> None:
        self.now = 50.0
        self.sleeps: list[float] = []

    def perf_counter(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds / 2 if seconds > 1e-3 else seconds


def test_the_system_clock_sleeps_on_when_it_is_woken_early(monkeypatch: pytest.MonkeyPatch) -> None:
    time = RestlessTime()
    monkeypatch.setattr("server.playback.clock.time", time)
    clock: Clock = SystemClock()
    clock.sleep_until(50.5)
    assert clock.now() == 50.5
    assert len(time.sleeps) > 1
    asleep = len(time.sleeps)
    clock.sleep_until(49.0)
    assert (clock.now(), len(time.sleeps)) == (50.5, asleep)


def test_the_system_clock_never_goes_back() -> None:
    clock = SystemClock()
    times = [clock.now() for _ in range(100)]
    assert times == sorted(times)


def test_a_manual_clock_is_moved_by_hand_and_by_sleeping() -> None:
    clock = ManualClock(5.0)
    clock.advance(1.5)
    assert clock.now() == 6.5
    clock.sleep_until(8.0)
    clock.sleep_until(7.0)
    assert clock.now() == 8.0
    clock.set(9.0)
    assert clock.now() == 9.0
    with pytest.raises(OutOfRange, match="does not go back"):
        clock.set(8.5)


@settings(max_examples=100)
@given(st.sampled_from(RATES), st.floats(0, 1e6), st.integers(0, 10_000_000))
def test_deadlines_do_not_accumulate_rounding(rate: Fraction, start: float, k: int) -> None:
    exact = Fraction(start) + k / rate
    assert abs(Fraction(Metronome(start, rate).deadline(k)) - exact) < Fraction(1, 10**8)


@settings(max_examples=200)
@given(st.sampled_from(RATES), st.floats(0, 1e6), st.floats(-10, 1e5), st.booleans())
def test_the_next_tick_is_the_first_after_now(rate: Fraction, start: float, later: float, exact: bool) -> None:
    metronome = Metronome(start, rate)
    now = start + later
    if exact and later > 0:
        now = metronome.deadline(int(later * rate))
    k, deadline = metronome.next_tick(now)
    assert deadline == metronome.deadline(k)
    assert deadline > now
    assert k == 0 or metronome.deadline(k - 1) <= now


def test_late_ticks_are_skipped_and_make_none_later() -> None:
    clock, metronome = ManualClock(100.0), Metronome(100.0, Fraction(60))
    seen = []
    for late in (0.0, 0.0, 0.05, 0.0):
        k, deadline = metronome.next_tick(clock.now())
        clock.sleep_until(deadline)
        clock.advance(late)
        seen.append(k)
    assert seen == [1, 2, 3, 7]
    assert clock.now() == metronome.deadline(7)
