"""The transport's promises for every sequence of verbs and every time."""

from __future__ import annotations

from fractions import Fraction
from math import inf, isfinite

from exact_walk import exact_position
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from transport_strategies import (
    Verb,
    delays,
    flat_verbs,
    rates,
    speeds,
    times,
    transports,
    verbs,
)

from server.playback.ends import EDGE
from server.playback.transport import Transport
from server.units import shown

relaxed = settings(max_examples=150)
DAY = 86_400.0


def circular(a: float | Fraction, b: float | Fraction, transport: Transport) -> float:
    """The distance of two positions, also across the wrap of the outer or the inner loop."""
    ends = [(transport.first, transport.last)] if transport.end == "loop" else []
    ends += [transport.loop] if transport.loop else []
    direct = abs(Fraction(a) - Fraction(b))
    return float(min([direct, *(abs(direct - (high - low + 1)) for low, high in ends)]))


@relaxed
@given(transports(), st.lists(st.tuples(delays, verbs), max_size=12), delays)
def test_the_frame_shown_is_always_in_range(
        transport: Transport, acts: list[tuple[float, tuple[str, Verb]]], later: float) -> None:
    t = transport.anchor_time
    for delay, (_, verb) in acts:
        t += delay
        transport = verb(transport, t)
        for s in (t, t + later, t + later / 7, t - later, t + 1e7):
            x = transport.position(s)
            assert isfinite(x)
            assert transport.first <= shown(x) <= transport.last
            assert 0 <= transport.elapsed(s) <= transport.duration
            assert 0 <= transport.remaining(s) <= transport.duration


@relaxed
@given(transports(), delays, flat_verbs)
def test_no_verb_but_a_seek_moves_the_playhead(transport: Transport, later: float, act: tuple[str, Verb]) -> None:
    t = transport.anchor_time + later
    before, after = transport.position(t), act[1](transport, t).position(t)
    assert abs(after - before) <= 2 * EDGE
    assert shown(after) == shown(before) or abs(before + 0.5 - round(before + 0.5)) <= 2 * EDGE


@relaxed
@given(transports(), delays, st.floats(0, 1), st.floats(0, 1))
def test_a_range_around_the_playhead_does_not_move_it(transport: Transport, later: float, a: float, b: float) -> None:
    t = transport.anchor_time + later
    x = transport.position(t)
    first, last = round(a * shown(x)), shown(x) + round(b * (transport.count - 1 - shown(x)))
    assert abs(transport.set_range(t, first, last).position(t) - x) <= 2 * EDGE


@relaxed
@given(transports(), delays, st.floats(0.0, 0.999))
def test_a_sample_is_the_straight_line_it_claims_to_be(transport: Transport, later: float, part: float) -> None:
    t = transport.anchor_time + later
    sample = transport.sample(t)
    assert sample.until >= t
    assume(sample.until - t > 1e-6)
    s = t + part * min(sample.until - t, 1000.0)
    line = sample.position + sample.velocity * (s - t)
    assert abs(transport.position(s) - line) < 1e-4


@relaxed
@given(transports(end=st.sampled_from(["loop", "bounce", "hold"]), playing=st.just(True)), delays)
def test_the_line_does_break_where_it_says(transport: Transport, later: float) -> None:
    t = transport.anchor_time + later
    sample = transport.sample(t)
    assume(sample.until < inf and abs(sample.velocity) > 0.1)
    # A thousandth of a frame behind the break no straight continuation is near.
    s = sample.until + 0.002 / abs(sample.velocity)
    assert abs(transport.position(s) - (sample.position + sample.velocity * (s - t))) > 0.001


@relaxed
@given(transports(), delays, delays, delays)
def test_anchoring_again_changes_no_future(transport: Transport, a: float, b: float, c: float) -> None:
    t = transport.anchor_time + a
    again = transport.set_speed(t, transport.speed)
    again = again.set_speed(t + b, again.speed)
    s = t + b + c
    assert circular(again.position(s), transport.position(s), transport) < 1e-4


@relaxed
@given(transports(), delays, verbs, delays)
def test_what_is_evaluated_a_second_ahead_then_happens(
        transport: Transport, later: float, act: tuple[str, Verb], after: float) -> None:
    t = transport.anchor_time + later
    foreseen = act[1](transport, t + 1.0)
    for moment in (t, t + 0.25, t + 0.5):
        transport = transport.set_speed(moment, transport.speed)
    happened = act[1](transport, t + 1.0)
    s = t + 1.0 + after
    # A verb that looks at the frame on screen may see either side of an edge that is a rounding error away.
    x = transport.position(t + 1.0)
    assume(abs(x + 0.5 - round(x + 0.5)) > 1e-4)
    assert circular(foreseen.position(s), happened.position(s), foreseen) < 1e-4


@relaxed
@given(transports(playing=st.just(True)), delays)
def test_it_agrees_with_walking_from_edge_to_edge(transport: Transport, later: float) -> None:
    assume(transport.speed != 0)
    t = transport.anchor_time + later
    assert circular(transport.position(t), exact_position(transport, t), transport) < 1e-4


@relaxed
@given(transports(playing=st.just(True)), st.floats(0.9 * DAY, DAY))
def test_a_day_of_playing_drifts_less_than_a_thousandth_of_a_frame(transport: Transport, later: float) -> None:
    assume(transport.speed != 0)
    t = transport.anchor_time + later
    assert circular(transport.position(t), exact_position(transport, t), transport) < 1e-3


@settings(max_examples=8)
@given(rates, st.lists(speeds, min_size=2, max_size=9), st.integers(1, 40_000), st.floats(30.0, 80.0), times)
def test_a_day_of_changing_speeds_drifts_less_than_a_thousandth_of_a_frame(
        rate: Fraction, chosen: list[float], count: int, every: float, start: float) -> None:
    transport = Transport(count, rate, playing=True, anchor_time=start)
    exact, speed, since, t = Fraction(0), Fraction(1), Fraction(start), start
    for k in range(int(DAY / every)):
        t += every
        transport = transport.set_speed(t, chosen[k % len(chosen)])
        exact += speed * rate * (Fraction(t) - since)
        speed, since = Fraction(transport.speed), Fraction(t)
    wrapped = (exact + Fraction(1, 2)) % count - Fraction(1, 2)
    # Every verb that finds the playhead within EDGE of a frame's edge may move it by as much.
    assert circular(transport.position(t), wrapped, transport) < 1e-3


@relaxed
@given(transports(), delays, delays)
def test_inside_an_inner_loop_it_stays_there(transport: Transport, a: float, b: float) -> None:
    assume(transport.loop is not None)
    assert transport.loop is not None
    low, high = transport.loop
    t = transport.anchor_time + a
    inside = transport.seek(t, (low + high) // 2)
    assert low <= shown(inside.position(t + b)) <= high
    out = inside.set_loop(t + b, None)
    assert out.loop is None
    assert abs(out.position(t + b) - inside.position(t + b)) <= 2 * EDGE


@relaxed
@given(transports(playing=st.just(True)))
def test_ends_at_is_when_it_comes_to_rest(transport: Transport) -> None:
    end = transport.ends_at()
    if end is None:
        assert transport.velocity == 0 or transport.sample(transport.anchor_time + 1e9).velocity != 0 \
            or (transport.end == "bounce" and transport.first == transport.last)
        return
    assert transport.end in ("hold", "next")
    assert end >= transport.anchor_time
    assert transport.sample(end + max(1e-6, 1e-9 * end)).velocity == 0
    final = transport.last if transport.velocity > 0 else transport.first
    assert shown(transport.position(end + 1e-6)) == final


@relaxed
@given(transports(playing=st.just(True)), st.floats(0.0, 1e5))
def test_before_its_start_it_stands_still(transport: Transport, earlier: float) -> None:
    transport = transport.start_at(transport.anchor_time)
    t = transport.anchor_time - earlier
    assume(t < transport.anchor_time)
    sample = transport.sample(t)
    assert abs(sample.position - transport.anchor) <= EDGE
    assert sample.velocity == 0
    assert sample.until == (transport.anchor_time if transport.velocity else inf)


@relaxed
@given(transports(), st.floats(0, 1))
def test_fractions_and_positions_are_inverse(transport: Transport, fraction: float) -> None:
    assert transport.x_of_fraction(0) == transport.first
    assert transport.x_of_fraction(1) == transport.last
    if transport.first < transport.last:
        assert abs(transport.fraction_of(transport.x_of_fraction(fraction)) - fraction) < 1e-9
        assert transport.fraction_of(float(transport.last)) == 1.0
