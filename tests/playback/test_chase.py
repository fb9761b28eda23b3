"""A playhead that follows outside time: it jumps when far off, trims when near, and keeps loops, ranges and ends."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.playback.chase import TRIM_MAX, Outside, chased, drift, due
from server.playback.transport import Transport
from server.units import shown

TICK = 1 / 60
RATE = Fraction(30)


def clip(**changes: object) -> Transport:
    return replace(Transport(count=900, rate=RATE, end="hold"), **changes)  # type: ignore[arg-type]


def run(transport: Transport, seconds: float, *, behind: float = 0.0, speed: float = 1.0, start: float = 0.0,
        tolerance: float = 2.0) -> tuple[Transport, list[float], int]:
    """Chase a steady outside time that began `behind` seconds ago; the drift at each tick, and how often it jumped."""
    drifts, jumps = [], 0
    for k in range(int(seconds / TICK)):
        t = start + k * TICK
        before, outside = transport.position(t), Outside(behind + speed * k * TICK, speed)
        transport = chased(transport, t, outside, tolerance)
        jumps += abs(transport.position(t) - before) > 1e-6
        drifts.append(drift(transport, t, due(transport, outside)))
    return transport, drifts, jumps


def test_it_jumps_to_where_it_belongs_and_stays() -> None:
    transport, drifts, jumps = run(clip(), 10.0, behind=5.0)
    assert jumps == 1
    assert max(map(abs, drifts)) < 1e-6
    assert transport.position(10.0) == pytest.approx(450)
    assert transport.speed == 1.0


def test_a_small_error_is_trimmed_away_without_a_jump() -> None:
    late = clip(anchor=148.5, playing=True)
    transport, drifts, jumps = run(late, 20.0, behind=5.0)
    assert jumps == 0
    assert abs(drifts[0]) == pytest.approx(1.5)
    assert all(abs(after) <= abs(before) + 1e-9 for before, after in pairwise(drifts))
    assert max(abs(error) for error in drifts[-60:]) < 0.1
    assert transport.speed == pytest.approx(1.0, abs=0.002)


@pytest.mark.parametrize("error", [-1.9, 1.9])
def test_the_trim_is_at_most_one_percent(error: float) -> None:
    first = chased(clip(anchor=150.0 - error, playing=True), 0.0, Outside(5.0, 1.0), 2.0)
    assert first.speed == pytest.approx(1.0 + TRIM_MAX * (1 if error > 0 else -1))


@pytest.mark.parametrize("speed", [0.997, 1.003, 0.96, 1.04])
def test_a_sender_at_another_speed_is_followed_within_half_a_frame(speed: float) -> None:
    _, drifts, jumps = run(clip(), 20.0, behind=2.0, speed=speed)
    assert jumps == 1
    assert max(abs(error) for error in drifts) < 0.5


def test_a_wandering_line_changes_the_transport_rarely() -> None:
    transport, changes = clip(), 0
    for k in range(1200):
        t = k * TICK
        wobble = 0.0005 * ((k * 7919) % 100 / 50 - 1)
        new = chased(transport, t, Outside(1 + t + wobble, 1.0), 2.0)
        changes += new is not transport
        transport = new
    assert changes < 20


def test_it_stands_where_the_sender_stands_and_moves_when_it_moves() -> None:
    moving, _, _ = run(clip(), 1.0)
    standing = chased(moving, 1.0, Outside(7.0, 0.0), 2.0)
    assert not standing.playing
    assert standing.position(50.0) == 210.0
    assert chased(standing, 2.0, Outside(7.0, 0.0), 2.0) is standing
    again = chased(standing, 2.0, Outside(7.0, 1.0), 2.0)
    assert again.position(3.0) == pytest.approx(240)


def test_before_its_start_it_waits_and_after_its_end_it_holds() -> None:
    waiting = chased(clip(anchor=400.0, playing=True), 0.0, Outside(-10.0, 1.0), 2.0)
    assert (waiting.position(5.0), waiting.playing) == (0.0, False)
    over = chased(waiting, 5.0, Outside(1000.0, 1.0), 2.0)
    assert (shown(over.position(9.0)), over.playing) == (899, False)


def test_a_loop_goes_round_without_a_jump() -> None:
    _, drifts, jumps = run(clip(end="loop", last=59), 10.0, behind=0.5)
    assert jumps == 1
    assert max(map(abs, drifts)) < 1e-6


def test_a_loop_that_is_a_little_late_is_trimmed_round_its_end() -> None:
    _, drifts, jumps = run(clip(end="loop", last=59, anchor=14.0, playing=True), 20.0, behind=0.5)
    assert jumps == 0
    assert abs(drifts[-1]) < 0.1


def test_a_bounce_turns_by_itself() -> None:
    _, drifts, jumps = run(clip(end="bounce", last=59), 10.0, behind=0.5)
    assert jumps == 1
    assert max(map(abs, drifts)) < 1e-6


def test_the_in_point_is_where_timecode_begins() -> None:
    ranged = clip(first=100, last=199)
    assert due(ranged, Outside(1.0, 1.0)).position == 130


def test_backwards_it_follows_too() -> None:
    transport, drifts, jumps = run(clip(), 5.0, behind=20.0, speed=-1.0)
    assert jumps == 1
    assert max(map(abs, drifts)) < 1e-6
    assert not transport.forward


def test_next_counts_as_hold() -> None:
    transport, _, _ = run(clip(end="next"), 1.0)
    assert transport.end == "hold"


def test_what_a_hand_did_meanwhile_is_taken_back() -> None:
    transport, _, _ = run(clip(), 1.0)
    handled = transport.seek(1.0, 700.0).set_speed(1.0, -3.0)
    back = chased(handled, 1.0, Outside(1.0, 1.0), 2.0)
    assert back.position(2.0) == pytest.approx(60)


@given(st.sampled_from(("hold", "loop", "bounce", "next")), st.floats(0, 899), st.floats(-16, 16), st.booleans(),
       st.booleans(), st.floats(-100, 1000), st.floats(-4, 4), st.floats(0.5, 100))
def test_after_a_chase_the_error_is_within_the_tolerance(end: str, anchor: float, speed: float, forward: bool,
                                                         playing: bool, seconds: float, outside: float,
                                                         tolerance: float) -> None:
    transport = clip(end=end, anchor=anchor, speed=speed, forward=forward, playing=playing, anchor_time=1.0)
    followed = chased(transport, 2.0, Outside(seconds, outside), tolerance)
    wanted = due(followed, Outside(seconds, outside))
    assert abs(drift(followed, 2.0, wanted)) <= tolerance + 1e-6
    assert followed.first - 0.5 <= followed.position(2.0) <= followed.last + 0.5
    assert followed.playing == (wanted.heading != 0)
