"""What each verb of the transport does, by example."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import inf, nan

import pytest

from server.errors import OutOfRange
from server.playback.transport import Transport
from server.units import shown

RATE = Fraction(30)


def running(count: int = 10, **fields: object) -> Transport:
    return replace(Transport(count, RATE, playing=True), **fields)


def frames(transport: Transport, ticks: int, rate: int = 30) -> list[int]:
    """The frames shown at ticks of this rate; ticks are a quarter frame late, so that none lies on an edge."""
    return [shown(transport.position((k + 0.25) / rate)) for k in range(ticks)]


def test_it_rests_until_played() -> None:
    transport = Transport(10, RATE)
    assert transport.position(100.0) == 0.0
    assert transport.play(100.0).position(100.1) == pytest.approx(3.0)


def test_a_loop_shows_every_frame_equally_long() -> None:
    assert frames(running(3), 9) == [0, 1, 2, 0, 1, 2, 0, 1, 2]


def test_a_loop_played_backwards() -> None:
    backwards = running(3, forward=False, anchor=2.0)
    assert frames(backwards, 6) == [2, 1, 0, 2, 1, 0]
    assert frames(running(3, speed=-1.0, anchor=2.0), 6) == [2, 1, 0, 2, 1, 0]


def test_a_bounce_turns_on_the_centres_of_the_ends() -> None:
    bouncing = running(3, end="bounce")
    assert [bouncing.position(k / 30) for k in range(7)] == pytest.approx([0, 1, 2, 1, 0, 1, 2])
    assert bouncing.sample(1.5 / 30).velocity == 30
    assert bouncing.sample(2.5 / 30).velocity == -30
    assert bouncing.sample(2.5 / 30).until == pytest.approx(4 / 30)


@pytest.mark.parametrize("end", ["hold", "next"])
def test_a_hold_stays_on_the_last_frame(end: str) -> None:
    held = running(3, end=end)
    assert frames(held, 5) == [0, 1, 2, 2, 2]
    assert held.ends_at() == pytest.approx(2 / 30)
    assert held.sample(5.0) == (2.0, 0.0, inf)
    assert held.reverse(5.0).position(5.0 + 1 / 30) == pytest.approx(1.0)


def test_ends_at_is_none_where_it_never_ends() -> None:
    assert running(end="loop").ends_at() is None
    assert running(end="bounce").ends_at() is None
    assert Transport(10, RATE, end="hold").ends_at() is None
    assert running(end="next", speed=0.0).ends_at() is None
    assert running(end="next", loop=(2, 4)).ends_at() is None
    assert running(end="next", loop=(2, 4), anchor=6.0).ends_at() == pytest.approx(3 / 30)
    assert running(end="hold", forward=False, anchor=9.0, speed=2.0).ends_at() == pytest.approx(9 / 60)


def test_the_inner_loop_is_intro_loop_outro() -> None:
    transport = running(8, end="hold", loop=(2, 4))
    assert frames(transport, 10) == [0, 1, 2, 3, 4, 2, 3, 4, 2, 3]
    outro = transport.set_loop(9.25 / 30, None)
    assert frames(outro, 16)[9:] == [3, 4, 5, 6, 7, 7, 7]


def test_an_inner_loop_that_was_passed_is_met_again_after_the_wrap() -> None:
    assert frames(running(6, loop=(1, 2), anchor=4.0), 7) == [4, 5, 0, 1, 2, 1, 2]


def test_an_inner_loop_that_was_passed_is_entered_backwards_by_a_bounce() -> None:
    assert frames(running(6, end="bounce", loop=(1, 2), anchor=4.0), 8) == [4, 5, 4, 3, 2, 1, 2, 1]


def test_an_inner_loop_played_backwards() -> None:
    assert frames(running(6, forward=False, loop=(1, 2), anchor=4.0), 7) == [4, 3, 2, 1, 2, 1, 2]


def test_loops_of_one_frame_stand_still() -> None:
    assert set(frames(running(1), 5)) == {0}
    assert set(frames(running(1, end="bounce"), 5)) == {0}
    assert set(frames(running(9, first=4, last=4), 5)) == {4}
    assert frames(running(9, loop=(2, 2)), 6) == [0, 1, 2, 2, 2, 2]


def test_stop_goes_to_the_end_that_playing_begins_from() -> None:
    ranged = running(10, first=2, last=7)
    assert ranged.stop(0.1).position(9.0) == 2.0
    assert ranged.reverse(0.0).stop(0.1).position(9.0) == 7.0
    assert ranged.set_speed(0.0, -2.0).stop(0.1).position(9.0) == 7.0
    assert ranged.set_speed(0.0, -2.0).reverse(0.0).stop(0.1).position(9.0) == 2.0
    assert not ranged.stop(0.1).playing


@pytest.mark.parametrize("speed", [1.0, -1.0])
def test_stop_takes_a_bounce_back_to_the_in_point_whichever_way_it_was_going(speed: float) -> None:
    falling = running(3, end="bounce", speed=speed, forward=speed > 0)
    again = falling.stop(2.5 / 30).play(1.0)
    assert again.position(1.0) == 0.0
    assert again.position(1.0 + 1 / 30) == pytest.approx(1.0)


def test_reverse_turns_the_way_that_is_seen_while_bouncing() -> None:
    falling = running(3, end="bounce")
    assert falling.reverse(2.5 / 30).sample(2.6 / 30).velocity == 30


def test_speed_zero_freezes_and_keeps_playing() -> None:
    frozen = running().set_speed(0.1, 0.0)
    assert frozen.playing
    assert frozen.sample(50.0) == (pytest.approx(3.0), 0.0, inf)
    assert frozen.set_speed(50.0, 0.5).position(50.2) == pytest.approx(6.0)


def test_a_seek_keeps_playing_or_pausing() -> None:
    assert running().seek(5.0, 4).position(5.1) == pytest.approx(7.0)
    assert Transport(10, RATE).seek(5.0, 4).position(5.1) == 4.0
    assert running(first=2, last=5).seek(5.0, 9.4).position(5.0) == 5.0
    assert running(first=2, last=5).seek(5.0, -7).position(5.0) == 2.0


def test_a_scrub_holds_and_then_runs_on() -> None:
    scrubbed = running(100).scrub(1.0, 40)
    assert scrubbed.sample(1.2) == (40.0, 0.0, 1.25)
    assert scrubbed.position(1.35) == pytest.approx(43.0)
    assert Transport(100, RATE).scrub(1.0, 40).position(9.0) == 40.0
    assert scrubbed.play(1.1).position(1.2) == pytest.approx(43.0)


def test_a_start_still_to_come_survives_a_seek_and_a_speed() -> None:
    armed = Transport(100, RATE).start_at(10.0)
    changed = armed.seek(9.0, 50).set_speed(9.5, 2.0).scrub(9.6, 51)
    assert changed.position(10.0) == 51.0
    assert changed.position(10.1) == pytest.approx(57.0)
    assert armed.pause(9.0).position(11.0) == 0.0


@pytest.mark.parametrize(("end", "steps", "frame"), [
    ("loop", 1, 4), ("loop", -1, 2), ("loop", 5, 2), ("loop", -2, 7), ("hold", 50, 7), ("bounce", -50, 2)])
def test_a_step_pauses_on_a_whole_frame(end: str, steps: int, frame: int) -> None:
    stepped = running(10, first=2, last=7, anchor=3.4, end=end).step(0.0, steps)
    assert not stepped.playing
    assert stepped.position(8.0) == frame


def test_a_nudge_shifts_without_stopping() -> None:
    assert running().nudge(0.1, 1.5).position(0.1) == pytest.approx(4.5)
    assert running().nudge(0.1, 1.5).position(0.2) == pytest.approx(7.5)
    assert running().nudge(0.1, -5.0).position(0.1) == pytest.approx(8.0)
    assert shown(running(end="hold").nudge(0.1, 99.0).position(0.1)) == 9


def test_a_jump_wraps_inside_the_range_whatever_the_end() -> None:
    ranged = running(10, first=2, last=5, anchor=4.0, end="hold")
    assert ranged.jump(0.0, 3.0).position(0.0) == pytest.approx(3.0)
    assert ranged.jump(0.0, -3.0).position(0.0) == pytest.approx(5.0)


def test_a_range_takes_the_playhead_inside_and_cuts_the_inner_loop() -> None:
    transport = running(10, anchor=8.0, loop=(2, 6))
    assert transport.set_range(0.0, 1, 5).position(0.0) == 5.0
    assert transport.set_range(0.0, 4, 9).loop == (4, 6)
    assert transport.set_range(0.0, 7, 9).loop is None


def test_turning_a_loop_into_a_hold_does_not_pull_the_playhead_back() -> None:
    looping = running(3)
    t = 2.3 / 30
    held = looping.set_end(t, "hold")
    assert held.position(t) == pytest.approx(2.3)
    assert shown(held.position(99.0)) == 2


def test_times_and_fractions_of_the_range() -> None:
    transport = Transport(100, RATE, first=30, last=89)
    assert transport.duration == 2.0
    assert transport.seek(0.0, 45).elapsed(1.0) == 0.5
    assert transport.seek(0.0, 45).remaining(1.0) == 1.5
    assert transport.seconds_of(60.0) == 2.0
    assert transport.x_of_fraction(0.5) == 59.5
    assert transport.fraction_of(59.5) == 0.5
    assert Transport(5, RATE, first=2, last=2).fraction_of(2.0) == 0.0


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_numbers_that_are_none_stop_at_the_border(value: float) -> None:
    transport = running()
    for verb in (transport.set_speed, transport.seek, transport.scrub, transport.nudge, transport.jump):
        with pytest.raises(OutOfRange):
            verb(0.0, value)
    for read in (transport.x_of_fraction, transport.start_at):
        with pytest.raises(OutOfRange):
            read(value)
    with pytest.raises(OutOfRange):
        transport.step(0.0, value)  # type: ignore[arg-type]
    with pytest.raises(OutOfRange):
        transport.scrub(0.0, 1, hold=value)


def test_numbers_out_of_range_say_what_is_allowed() -> None:
    transport = running(10)
    with pytest.raises(OutOfRange, match=r"-16 and 16.*17"):
        transport.set_speed(0.0, 17)
    with pytest.raises(OutOfRange, match="out lies between 5 and 9"):
        transport.set_range(0.0, 5, 10)
    with pytest.raises(OutOfRange, match="out lies between 5 and 9"):
        transport.set_range(0.0, 5, 4)
    with pytest.raises(OutOfRange, match=r"loop 3\.\.2"):
        transport.set_loop(0.0, (3, 2))
    with pytest.raises(OutOfRange, match="hold, loop, bounce, next"):
        transport.set_end(0.0, "explode")
    with pytest.raises(OutOfRange, match="at least one frame"):
        Transport(0, RATE)
    with pytest.raises(OutOfRange, match="above 0"):
        Transport(1, Fraction(0))
