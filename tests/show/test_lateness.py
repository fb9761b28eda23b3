"""Figures of the last minute from what the show thread notes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.show.lateness import Lateness


def test_before_the_first_tick_there_is_nothing() -> None:
    assert Lateness(60.0).figures().ticks == 0


def test_the_middle_the_worst_and_what_was_missed() -> None:
    late = Lateness(60.0)
    for number in range(1000, 1101):
        if number not in (1040, 1041):
            late.note(number, 0.02 if number == 1090 else 0.001)
    figures = late.figures()
    assert (figures.ticks, figures.missed, late.missed) == (99, 2, 2)
    assert figures.p50 == pytest.approx(1.0)
    assert figures.longest == pytest.approx(20.0)


def test_what_is_older_than_a_minute_is_forgotten() -> None:
    late = Lateness(10.0)
    late.note(0, 5.0)
    for number in range(1, 601):
        late.note(number, 0.001)
    assert late.figures() == (600, 0, *[pytest.approx(1.0)] * 3)
    late.note(2000, 0.002)
    assert late.figures().ticks == 1, "after a long gap only that tick belongs to the last minute"
    assert late.missed == 1399


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0, 0.1)), min_size=1, max_size=300), st.floats(1, 240))
def test_they_are_in_order_and_count_all(steps: list[tuple[int, float]], rate: float) -> None:
    late, number = Lateness(rate), 0
    for step, seconds in steps:
        number += step
        late.note(number, seconds)
    figures = late.figures()
    assert 0 <= figures.p50 <= figures.p99 <= figures.longest
    assert 1 <= figures.ticks <= len(steps) == late.ticks
    assert late.missed == sum(step - 1 for step, _ in steps[1:])
