"""Beats over time, and tempo from taps."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import OutOfRange
from server.playback.tempo import TapTempo, Tempo

quick = settings(max_examples=100)
tempos = st.builds(Tempo, st.floats(20, 999), st.floats(0, 90_000), st.floats(-1e6, 1e6), st.integers(1, 12))
times = st.floats(0.0, 90_000.0)


def tapped(taps: list[float]) -> tuple[TapTempo, Tempo | None]:
    state, tempo = TapTempo(), None
    for t in taps:
        state, now = state.tap(t)
        tempo = now or tempo
    return state, tempo


def test_beats_of_a_hundred_and_twenty() -> None:
    tempo = Tempo(120.0, anchor_time=10.0, anchor_beat=4.0)
    assert tempo.beat(11.25) == 6.5
    assert tempo.time_of(6.5) == 11.25
    assert tempo.phase(11.25) == 0.5
    assert tempo.bar_phase(11.25) == 0.625
    assert tempo.period == 0.5
    assert tempo.phase(9.75) == 0.5


@quick
@given(tempos, times)
def test_phases_are_below_one_and_beats_have_their_time(tempo: Tempo, t: float) -> None:
    assert 0 <= tempo.phase(t) < 1
    assert 0 <= tempo.bar_phase(t) < 1
    assert abs(tempo.time_of(tempo.beat(t)) - t) < 1e-6


def test_a_phase_just_before_a_beat_is_not_one() -> None:
    assert Tempo(60.0, anchor_beat=-1e-20).phase(0.0) < 1
    assert Tempo(60.0, anchor_beat=-1e-20).bar_phase(0.0) < 1


@quick
@given(tempos, times, st.floats(20, 999))
def test_a_new_tempo_goes_on_from_the_same_beat(tempo: Tempo, t: float, bpm: float) -> None:
    changed = tempo.set_bpm(t, bpm)
    assert changed.beat(t) == tempo.beat(t)
    assert changed.bpm == bpm
    assert changed.beats_per_bar == tempo.beats_per_bar


@quick
@given(tempos, times)
def test_a_downbeat_is_the_first_beat_of_the_nearest_bar(tempo: Tempo, t: float) -> None:
    one = tempo.downbeat(t)
    assert one.bar_phase(t) == 0
    assert abs(one.beat(t) - tempo.beat(t)) <= tempo.beats_per_bar / 2 + 1e-6
    assert one.bpm == tempo.bpm


def test_a_nudge_pushes_the_beat() -> None:
    assert Tempo(120.0).nudge(1.0, 0.25).beat(1.0) == 2.25
    assert Tempo(120.0).nudge(1.0, -0.25).beat(2.0) == 3.75


@pytest.mark.parametrize("bpm", [19.9, 999.1, nan, inf, -120.0])
def test_a_tempo_out_of_range_is_refused(bpm: float) -> None:
    with pytest.raises(OutOfRange, match="between 20 and 999"):
        Tempo().set_bpm(0.0, bpm)


def test_other_numbers_that_make_no_tempo_are_refused() -> None:
    with pytest.raises(OutOfRange):
        Tempo().set_beats_per_bar(0)
    with pytest.raises(OutOfRange):
        Tempo().nudge(0.0, nan)
    with pytest.raises(OutOfRange):
        Tempo(anchor_beat=inf)


def test_three_taps_make_a_tempo_in_phase_with_them() -> None:
    assert tapped([5.0, 5.5])[1] is None
    tempo = tapped([5.0, 5.5, 6.0])[1]
    assert tempo is not None
    assert tempo.bpm == pytest.approx(120)
    assert tempo.beat(5.0) == pytest.approx(0)
    assert tempo.bar_phase(7.0) == pytest.approx(0)


@quick
@given(st.floats(35, 300), st.integers(4, 20), st.floats(0, 1000), st.randoms(use_true_random=False))
def test_a_shaky_finger_is_averaged(bpm: float, count: int, start: float, random: object) -> None:
    period = 60 / bpm
    taps = [start + k * period + random.uniform(-0.03, 0.03) * period for k in range(count)]  # type: ignore[attr-defined]
    tempo = tapped(taps)[1]
    assert tempo is not None
    assert tempo.bpm == pytest.approx(bpm, rel=0.03)
    off = (tempo.beat(taps[-1]) + 0.5) % 1 - 0.5
    assert abs(off) < 0.1


def test_a_missed_beat_and_a_bouncing_switch_change_nothing() -> None:
    beats = [0, 1, 2, 3, 5, 6, 7]
    taps = [10 + 0.5 * beat for beat in beats]
    taps = sorted([*taps, taps[2] + 0.02, taps[5] + 0.05])
    state, tempo = tapped(taps)
    assert tempo is not None
    assert tempo.bpm == pytest.approx(120)
    assert tempo.beat(10.0) == pytest.approx(0)
    assert len(state.taps) <= 8


def test_one_stray_tap_does_not_spoil_the_tempo() -> None:
    tempo = tapped([0.0, 0.5, 1.0, 1.72, 2.0, 2.5, 3.0])[1]
    assert tempo is not None
    assert tempo.bpm == pytest.approx(120, rel=0.02)


def test_after_a_rest_a_new_series_begins() -> None:
    state, _ = tapped([0.0, 0.5, 1.0])
    state, tempo = state.tap(3.5)
    assert tempo is None
    assert state.taps == (3.5,)
    for t in (4.5, 5.5):
        state, tempo = state.tap(t)
    assert tempo is not None
    assert tempo.bpm == pytest.approx(60)
    assert tempo.beat(3.5) == pytest.approx(0)


def test_a_clock_that_goes_back_begins_a_new_series() -> None:
    state, _ = tapped([10.0, 10.5, 11.0])
    state, tempo = state.tap(3.0)
    assert (state.taps, tempo) == ((3.0,), None)


@quick
@given(st.lists(st.floats(0, 4), max_size=30))
def test_no_rhythm_of_taps_breaks_it(gaps: list[float]) -> None:
    state, t = TapTempo(), 0.0
    for gap in gaps:
        t += gap
        state, tempo = state.tap(t)
        assert tempo is None or 20 <= tempo.bpm <= 999
