"""The beat pulse against the filter that it is the closed form of."""

from __future__ import annotations

from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import OutOfRange
from server.playback.pulse import Pulse, filtered
from server.playback.tempo import Tempo

quick = settings(max_examples=100)
phases = st.floats(0, 1, exclude_max=True)
constants = st.floats(0, 1)
pulses = st.builds(Pulse, st.floats(-1, 1), st.floats(-16, 16), constants)


def integrated(constant: float, steps: int = 4000, beats: int = 40) -> list[float]:
    """The same filter, step by step from rest; the last beat of many."""
    y, dt = 0.0, 1 / steps
    trace: list[float] = []
    for _ in range(beats):
        trace = []
        for k in range(steps):
            trace.append(y)
            # The midpoint rule, exact enough at this step for a time constant of a twentieth of a beat.
            middle = y + dt / 2 * (1 - k * dt - y) / constant
            y += dt * (1 - (k + 0.5) * dt - middle) / constant
    return trace


@pytest.mark.parametrize("constant", [0.05, 0.2, 0.5, 1.0])
def test_it_is_the_steady_state_of_the_low_pass(constant: float) -> None:
    trace = integrated(constant)
    worst = max(abs(y - filtered(k / len(trace), constant)) for k, y in enumerate(trace))
    assert worst < 1e-5


@quick
@given(constants)
def test_the_filter_keeps_the_mean_and_joins_beat_to_beat(constant: float) -> None:
    n = 2000
    mean = sum(filtered((k + 0.5) / n, constant) for k in range(n)) / n
    assert mean == pytest.approx(0.5, abs=2e-3)
    if constant > 0.01:
        assert filtered(1 - 1e-12, constant) == pytest.approx(filtered(0.0, constant), abs=1e-6)


@quick
@given(phases, constants)
def test_the_filtered_pulse_stays_between_zero_and_one(phase: float, constant: float) -> None:
    assert -1e-12 <= filtered(phase, constant) <= 1


@pytest.mark.parametrize("constant", [0.0, 5e-324, 1e-300, 1e-9])
def test_without_a_filter_it_is_the_bare_ramp(constant: float) -> None:
    assert filtered(0.25, constant) == pytest.approx(0.75)


def test_a_pulse_pushes_in_parts_of_the_range() -> None:
    tempo = Tempo(120.0)
    assert Pulse(multiply=0.5).displace(10.0, tempo, 0.0, 0, 100) == 60.0
    assert Pulse(multiply=0.5).displace(10.0, tempo, 0.25, 0, 100) == 35.0
    assert Pulse(add=0.1, multiply=0.5).displace(10.0, tempo, 0.25, 0, 100) == 45.0
    assert Pulse(add=0.1).displace(10.0, tempo, 7.7, 0, 100) == 20.0


@quick
@given(pulses, st.floats(-0.5, 99.49), st.floats(0, 1000), st.integers(0, 50), st.integers(0, 49))
def test_it_never_leaves_the_range(pulse: Pulse, x: float, t: float, first: int, more: int) -> None:
    last = first + more
    x = min(max(x, first - 0.5), last + 0.49)
    pushed = pulse.displace(x, Tempo(), t, first, last)
    assert min(x, first) <= pushed <= max(x, last)


@quick
@given(st.floats(-0.5, 99.49), st.floats(0, 1000), constants)
def test_idle_it_is_the_identity(x: float, t: float, constant: float) -> None:
    pulse = Pulse(0.0, 0.0, constant)
    assert pulse.idle
    assert pulse.displace(x, Tempo(), t, 0, 99) == x


@pytest.mark.parametrize("fields", [{"add": nan}, {"add": 1.1}, {"multiply": 17.0}, {"filter": -0.1}, {"filter": nan}])
def test_numbers_out_of_range_are_refused(fields: dict[str, float]) -> None:
    with pytest.raises(OutOfRange, match="pulse"):
        Pulse(**fields)
