"""Timecode from outside: jitter goes, drop-outs are bridged, jumps and halts come through, silence ends in a hold."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import OutOfRange
from server.playback.timecode import LATE, TimecodeFollower

WHEEL = 2.0
Place = Callable[[float], float]
Error = tuple[float, float]


def followed(place: Place, seconds: float, *, jitter: float, hz: float = 100.0, seed: int = 0,
             gone: Iterable[tuple[float, float]] = (), start: TimecodeFollower | None = None,
             ) -> tuple[TimecodeFollower, list[Error]]:
    """Follow a place that is heard with jitter; (time, error in seconds of what is told 10 ms ahead) at each moment."""
    chance = random.Random(seed)
    follower = start or TimecodeFollower()
    errors = []
    for k in range(int(seconds * hz)):
        t = k / hz
        if not any(begin <= t < end for begin, end in gone):
            follower = follower.observe(t + chance.uniform(-jitter, jitter), place(t))
        soon = t + 0.01
        errors.append((soon, follower.seconds(soon, WHEEL) - place(soon)))
    return follower, errors


def worst(errors: list[Error], begin: float, end: float = inf) -> float:
    return max(abs(error) for t, error in errors if begin <= t < end)


def hour(t: float) -> float:
    return 3600 + t


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("hz", [25.0, 100.0])
def test_five_milliseconds_of_jitter_come_out_below_one_and_a_half(seed: int, hz: float) -> None:
    _, errors = followed(hour, 20.0, jitter=0.005, hz=hz, seed=seed)
    assert worst(errors, 1.0) < 0.004
    assert worst(errors, 8.0) < 0.0015
    settled = [error for t, error in errors if t >= 8]
    assert (sum(error**2 for error in settled) / len(settled)) ** 0.5 < 0.0006


@pytest.mark.parametrize("seed", range(4))
def test_drop_outs_are_bridged(seed: int) -> None:
    gone = [(6.0, 6.3), (9.0, 10.5), (14.0, 14.1)]
    _, errors = followed(hour, 20.0, jitter=0.005, seed=seed, gone=gone)
    assert worst(errors, 5.0) < 0.004


@pytest.mark.parametrize("speed", [0.96, 1.04, 0.5, 2.0, -1.0])
def test_another_speed_is_found_within_a_second(speed: float) -> None:
    def varied(t: float) -> float:
        return 100 + min(t, 8.0) + speed * max(t - 8.0, 0.0)
    follower, errors = followed(varied, 16.0, jitter=0.005, seed=3)
    assert worst(errors, 9.0) < 0.01
    assert worst(errors, 8.0, 9.0) < 0.25
    assert follower.line.rate == pytest.approx(speed, abs=0.002)


def test_the_speed_of_a_steady_sender_is_known_to_a_thousandth() -> None:
    follower, _ = followed(hour, 12.0, jitter=0.005)
    assert follower.speed(12.0, WHEEL) == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize("seed", range(4))
def test_bad_jitter_is_not_taken_for_another_speed(seed: int) -> None:
    for seconds in (0.3, 0.6, 1.0, 2.0, 5.0):
        follower, _ = followed(hour, seconds, jitter=0.015, seed=seed)
        assert follower.speed(seconds, WHEEL) == pytest.approx(1.0, abs=0.001)
    slow, _ = followed(lambda t: 100 + 0.96 * t, 3.0, jitter=0.005, seed=seed)
    assert slow.speed(3.0, WHEEL) == pytest.approx(0.96, abs=0.004)


def test_it_says_how_it_is_locked() -> None:
    follower = TimecodeFollower()
    assert follower.lock(5.0, WHEEL) == "waiting"
    follower, _ = followed(hour, 0.1, jitter=0.0)
    assert follower.lock(0.1, WHEEL) == "locking"
    follower, _ = followed(hour, 1.0, jitter=0.0)
    last = follower.heard or 0.0
    assert follower.lock(last + LATE, WHEEL) == "locked"
    assert follower.lock(last + 1.0, WHEEL) == "freewheel"
    assert follower.seconds(last + 1.0, WHEEL) == pytest.approx(hour(last + 1.0), abs=1e-3)
    assert follower.lock(last + LATE + WHEEL, WHEEL) == "lost"
    assert follower.seconds(last + 60.0, WHEEL) == pytest.approx(hour(last + LATE + WHEEL), abs=1e-3)
    assert follower.speed(last + 60.0, WHEEL) == 0.0


def test_without_freewheeling_it_holds_at_once() -> None:
    follower, _ = followed(hour, 1.0, jitter=0.0)
    assert follower.lock(2.0, 0.0) == "lost"
    assert follower.seconds(2.0, 0.0) == pytest.approx(hour((follower.heard or 0.0) + LATE), abs=1e-3)


def test_after_a_hold_it_follows_again_at_once() -> None:
    follower, _ = followed(hour, 4.0, jitter=0.002)
    follower = follower.observe(64.0, 7000.0)
    assert follower.seconds(64.0, WHEEL) == 7000.0
    assert follower.speed(64.0, WHEEL) == 1.0


def test_a_jump_is_believed_at_the_second_message() -> None:
    follower, _ = followed(hour, 4.0, jitter=0.002)
    first = follower.observe(4.0, 50.0)
    assert first.seconds(4.0, WHEEL) == pytest.approx(hour(4.0), abs=0.01)
    second = first.observe(4.04, 50.04)
    assert second.seconds(4.04, WHEEL) == pytest.approx(50.04, abs=0.005)


def test_messages_that_were_held_up_and_come_in_one_heap_move_nothing() -> None:
    follower, _ = followed(hour, 4.0, jitter=0.002)
    for k in range(20):
        follower = follower.observe(4.2 + k / 10_000, hour(4.0 + k / 100))
    follower = follower.observe(4.21, hour(4.21)).observe(4.22, hour(4.22))
    assert follower.seconds(4.22, WHEEL) == pytest.approx(hour(4.22), abs=0.005)


def test_a_sender_that_stands_is_held_where_it_stands() -> None:
    follower, _ = followed(hour, 4.0, jitter=0.002)
    stood = follower.stand(4.0, 3610.0)
    assert stood.lock(900.0, WHEEL) == "standing"
    assert stood.seconds(900.0, WHEEL) == 3610.0
    again = stood.observe(900.0, 3610.02, 1)
    assert again.seconds(900.5, WHEEL) == pytest.approx(3610.52)


def test_the_same_label_again_and_again_is_a_halt_but_not_within_a_frame() -> None:
    follower, _ = followed(lambda t: 10 + int(t * 25) / 25, 4.0, jitter=0.0, hz=100.0)
    assert follower.lock(4.0, WHEEL) == "locked"
    for k in range(1, 40):
        follower = follower.observe(4.0 + k / 100, 13.96)
    assert follower.lock(4.4, WHEEL) == "standing"
    assert follower.seconds(99.0, WHEEL) == 13.96


def test_a_sender_that_turns_round_and_says_so_is_followed_at_once() -> None:
    follower, _ = followed(hour, 4.0, jitter=0.002)
    back = follower.observe(4.0, 3604.0, -1)
    assert back.seconds(4.5, WHEEL) == pytest.approx(3603.5)


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e12])
def test_what_is_no_time_is_refused(value: float) -> None:
    with pytest.raises(OutOfRange):
        TimecodeFollower().observe(0.0, value)
    with pytest.raises(OutOfRange):
        TimecodeFollower().stand(0.0, value)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(-0.1, 10), st.floats(0, 86400) | st.floats(0, 0.2), st.sampled_from((-1, 0, 1, 2))),
                max_size=40))
def test_no_sender_breaks_it(samples: list[tuple[float, float, int]]) -> None:
    follower, t = TimecodeFollower(), 0.0
    for gap, place, direction in samples:
        t += gap
        follower = follower.stand(t, place) if direction == 2 else follower.observe(t, place, direction)
        assert abs(follower.line.rate) <= 4
        assert abs(follower.seconds(t, WHEEL)) < 200_000
        assert follower.line.value_var >= 0
        assert follower.line.rate_var >= 0
