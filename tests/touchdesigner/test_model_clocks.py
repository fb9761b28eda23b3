"""When ticks were sent and when frames are cooked: straight lines through what comes early, late or not at all."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from td_extensions.cook_clock import CookClock
from td_extensions.tick_clock import DEADBAND, FREEWHEEL, TickClock

RATES = (30.0, 50.0, 59.94, 60.0, 120.0)
JITTER = 0.001


def steps(cook_rate: float, movie_rate: float, phase: float, *, told: float | None = None, seconds: float = 60.0,
          drift: float = 0.0, seed: int = 1) -> list[int]:
    """By how many frames each cook goes on; both clocks have run for a while before."""
    chance = random.Random(seed)
    cooks, ticks = CookClock(told or cook_rate), TickClock(60.0)
    shown: list[int] = []
    for n in range(int((seconds + 20) * cook_rate)):
        now = 100 + phase + n / cook_rate + chance.uniform(-JITTER, JITTER)
        tick = int((now - 90) * 60 / (1 + drift))
        if ticks.accepts(tick, now):
            ticks.hear(tick, now)
        even = cooks.beat(now)
        if n >= 20 * cook_rate:
            assert ticks.tick is not None
            shown.append(math.floor(movie_rate * (ticks.tick / 60 + ticks.age(even)) + 0.5))
    return [b - a for a, b in pairwise(shown)]


def uneven(found: list[int], ideal: float) -> int:
    """Cooks that rounding to whole frames does not explain: wrong steps, and runs that are too long or too short."""
    low, high = math.floor(ideal + 1e-9), math.ceil(ideal - 1e-9)
    wrong = sum(not low <= step <= high for step in found)
    total, off = 0.0, 0
    for step in found:
        total += step - ideal
        if abs(total) > 1.0 + 1e-6:
            off, total = off + 1, 0.0
    return wrong + off


@pytest.mark.parametrize("phase", [0.0, 0.0004, 0.0083, 0.0163])
@pytest.mark.parametrize("movie_rate", [12.5, 24.0, 29.97, 30.0, 60.0])
@pytest.mark.parametrize("cook_rate", RATES)
def test_constant_speed_is_as_even_as_the_rates_allow(cook_rate: float, movie_rate: float, phase: float) -> None:
    assert uneven(steps(cook_rate, movie_rate, phase, seconds=15.0), movie_rate / cook_rate) <= 1


@pytest.mark.full
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cook_rate", RATES)
def test_a_minute_on_two_machines_that_drift_apart(cook_rate: float, seed: int) -> None:
    phase = random.Random(seed).random() / 30
    # 50 parts in a million are a frame in eleven minutes, which is no more uneven step than one.
    assert uneven(steps(cook_rate, 30.0, phase, drift=5e-5, seed=seed), 30 / cook_rate) <= 2


def test_a_rate_that_the_project_does_not_reach_is_learnt() -> None:
    found = steps(59.94, 30.0, 0.003, told=60.0, seconds=60.0)
    assert uneven(found, 30 / 59.94) <= 1


def test_a_beat_of_cooks_follows_another_rate_within_a_second() -> None:
    cooks = CookClock(60.0)
    for n in range(600):
        cooks.beat(n / 60)
    now = 10.0
    for _ in range(60):
        now += 1 / 50
        even = cooks.beat(now)
    assert cooks.rate == pytest.approx(50, rel=0.01)
    assert abs(even - now) < 0.002


def test_cooks_that_were_left_out_are_counted() -> None:
    cooks = CookClock(60.0)
    moments = [n / 60 for n in range(300) if n not in (100, 200, 201)]
    assert all(abs(cooks.beat(moment) - moment) < 1e-6 for moment in moments)
    assert cooks.dropped == 3


@given(st.lists(st.floats(1e-4, 5.0), min_size=1, max_size=80))
def test_however_cooks_come_the_beat_stays_near(gaps: list[float]) -> None:
    cooks = CookClock(60.0)
    now = 0.0
    for gap in gaps:
        now += gap
        assert abs(cooks.beat(now) - now) < 0.06
        assert 1.0 < cooks.rate < 100_000


def test_one_tick_seen_late_moves_nothing() -> None:
    ticks = TickClock(60.0)
    for n in range(600):
        ticks.hear(n, 5 + n / 60 + (0.012 if n == 400 else 0.0))
    assert ticks.age(5 + 599 / 60) == pytest.approx(0.0, abs=DEADBAND)


def test_ticks_of_another_sender_are_told_apart() -> None:
    ticks = TickClock(60.0)
    ticks.hear(1000, 5.0)
    assert ticks.in_line(1006, 5.1)
    assert ticks.in_line(1006, 5.3), "late, but of this sender"
    assert not ticks.in_line(3, 5.1)
    assert not ticks.in_line(1100, 5.1)


def test_ages_end_with_freewheeling() -> None:
    ticks = TickClock(60.0)
    ticks.hear(1, 5.0)
    assert ticks.age(6.0) == pytest.approx(1.0)
    assert ticks.age(60.0) == pytest.approx(FREEWHEEL)
