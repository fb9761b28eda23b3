"""Beats from outside: jitter goes, tempo changes and jumps come through."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import OutOfRange
from server.playback.follow import BeatFollower

Beat = Callable[[float], float]
SEEDS = range(4)


def steady(bpm: float) -> Beat:
    return lambda t: t * bpm / 60


def changing(before: float, after: float, at: float = 10.0) -> Beat:
    return lambda t: min(t, at) * before / 60 + max(t - at, 0.0) * after / 60


def late(beat: Beat, seconds: float, jitter: float, seed: int = 0, hz: float = 60.0, loss: float = 0.0,
         bpm: Callable[[float], float] | None = None) -> list[tuple[float, float]]:
    """Follow a beat that is received with jitter; (time, error of the filtered beat in seconds) after each sample."""
    chance = random.Random(seed)
    follower = BeatFollower()
    errors = []
    for k in range(int(seconds * hz)):
        t = k / hz
        received = t + chance.uniform(-jitter, jitter)
        if chance.random() >= loss:
            follower = follower.observe(received, beat(t))
            if bpm is not None:
                follower = follower.observe_bpm(received, bpm(t))
        soon = t + 0.02
        errors.append((t, (follower.tempo.beat(soon) - beat(soon)) / follower.line.rate))
    return errors


def worst(errors: Sequence[tuple[float, float]], start: float, end: float = inf) -> float:
    return max(abs(error) for t, error in errors if start <= t < end)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("bpm", [60.0, 120.0, 174.0])
def test_eight_milliseconds_of_jitter_come_out_below_one(bpm: float, seed: int) -> None:
    errors = late(steady(bpm), 30.0, 0.008, seed)
    assert worst(errors, 10.0) < 0.0011
    settled = [error for t, error in errors if t >= 8]
    assert (sum(error**2 for error in settled) / len(settled)) ** 0.5 < 0.0005


@pytest.mark.parametrize("seed", SEEDS)
def test_it_settles_within_a_second(seed: int) -> None:
    assert worst(late(steady(174.0), 4.0, 0.008, seed), 1.0) < 0.004
    assert worst(late(steady(174.0), 4.0, 0.0, seed), 0.5) < 0.0005


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("after", [60.0, 118.0, 128.0, 180.0])
def test_a_new_tempo_is_found_within_a_second(after: float, seed: int) -> None:
    errors = late(changing(120.0, after), 13.0, 0.004, seed)
    assert worst(errors, 11.0) < 0.006
    assert worst(errors, 10.0, 11.0) < 0.25


def test_a_slowly_growing_tempo_is_followed() -> None:
    def speeding(t: float) -> float:
        return 2 * t + t * t / 120
    assert worst(late(speeding, 30.0, 0.002), 2.0) < 0.006


def test_lost_packets_do_no_harm() -> None:
    assert worst(late(steady(120.0), 20.0, 0.004, loss=0.5), 10.0) < 0.002


@pytest.mark.parametrize("hz", [1.0, 4.0, 20.0])
def test_a_slow_sender_is_followed_too(hz: float) -> None:
    assert worst(late(steady(126.0), 40.0, 0.002, hz=hz), 15.0) < 0.003


def test_one_very_late_packet_does_not_pull_the_line() -> None:
    follower = BeatFollower()
    for k in range(600):
        follower = follower.observe(k / 60, k / 30)
    pulled = follower.observe(10.15, 20.0)
    assert abs(pulled.tempo.beat(10.2) - 20.4) < 0.01


def test_a_jump_is_taken_at_once_and_keeps_the_tempo() -> None:
    follower = BeatFollower()
    for k in range(600):
        follower = follower.observe(k / 60, k / 30)
    jumped = follower.observe(10.0, 520.0)
    assert jumped.tempo.beat(10.0) == 520.0
    assert jumped.tempo.bpm == pytest.approx(120)
    back = jumped.observe(10.1, 3.0)
    assert back.tempo.beat(10.1) == 3.0


def test_silent_it_goes_on_at_the_last_tempo() -> None:
    follower = BeatFollower()
    assert not follower.locked
    for k in range(600):
        follower = follower.observe(k / 60, k / 30)
    assert follower.locked
    assert follower.tempo.beat(70.0) == pytest.approx(140.0, abs=1e-3)
    resumed = follower.observe(70.0, 140.2)
    assert resumed.tempo.beat(70.0) == 140.2
    assert resumed.tempo.bpm == pytest.approx(120, abs=0.01)


def test_a_paused_sender_is_a_silent_one() -> None:
    follower = BeatFollower()
    for k in range(600):
        follower = follower.observe(k / 60, k / 30)
    paused = follower
    for k in range(600, 900):
        paused = paused.observe(k / 60, 599 / 30)
    assert paused == follower


def test_a_stated_tempo_is_taken_at_once() -> None:
    def bpm(t: float) -> float:
        return 120.0 if t < 10 else 128.0
    errors = late(changing(120.0, 128.0), 13.0, 0.008, seed=1, bpm=bpm)
    assert worst(errors, 8.0) < 0.0015


def test_a_tempo_that_the_beats_contradict_is_given_up() -> None:
    assert worst(late(steady(180.0), 20.0, 0.004, bpm=lambda t: 90.0), 8.0) < 0.003


def test_a_tempo_alone_sets_the_pace_before_any_beat() -> None:
    assert BeatFollower().observe_bpm(3.0, 90.0).tempo.bpm == pytest.approx(90)


def test_a_hand_moves_the_beat_against_the_senders() -> None:
    follower = BeatFollower().observe(0.0, 8.0).observe(0.1, 8.2).nudge(0.5)
    assert follower.tempo.beat(0.1) == pytest.approx(8.7, abs=0.05)
    one = follower.downbeat(0.4)
    assert one.tempo.beat(0.4) == pytest.approx(8.0)
    moved = one.observe(60.1, 999.0)
    assert moved.tempo.beat(60.1) == pytest.approx(999.0 + one.offset)


@pytest.mark.parametrize("value", [nan, inf, -inf, 2.0**63])
def test_beats_that_are_no_beats_are_refused(value: float) -> None:
    with pytest.raises(OutOfRange):
        BeatFollower().observe(0.0, value)
    with pytest.raises(OutOfRange):
        BeatFollower().observe_bpm(0.0, value)
    with pytest.raises(OutOfRange):
        BeatFollower().nudge(value if value != 2.0**63 else nan)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(-1, 40), st.floats(-2.0**30, 2.0**30) | st.floats(-1, 1),
                          st.none() | st.floats(20, 999)), max_size=40))
def test_no_sender_breaks_it(samples: list[tuple[float, float, float | None]]) -> None:
    follower, t = BeatFollower(), 0.0
    for gap, beats, bpm in samples:
        t += gap
        follower = follower.observe(t, follower.line.value + beats if abs(beats) <= 1 else beats)
        if bpm is not None:
            follower = follower.observe_bpm(t, bpm)
        tempo = follower.tempo
        assert 20 <= tempo.bpm <= 999
        assert abs(tempo.beat(t)) < 2.0**33
        assert follower.line.value_var >= 0
        assert follower.line.rate_var >= 0
