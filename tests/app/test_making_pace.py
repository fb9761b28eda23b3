"""Parts of a transition: long enough to be opened while the one before plays, short enough to be there in time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.app.making_pace import LEAST, MOST, Cutter


def make(cutter: Cutter, each: float) -> list[int]:
    """Make all frames at `each` seconds a frame; returns the sizes of the parts."""
    parts: list[int] = []
    begun = 0
    for made in range(2, cutter.frames):
        cutter.took(made * each)
        if cutter.ready(made):
            cutter.close(made)
            parts.append(made - begun)
            begun = made
    cutter.close(cutter.frames)
    return [*parts, cutter.frames - begun]


@example(frames=368, each=0.5, opening=2.0, rate=31.0)
@given(frames=st.integers(3, 600), each=st.floats(0.0005, 0.5), opening=st.floats(0, 2.0), rate=st.floats(10, 60))
def test_parts_hold_every_frame_once_and_can_be_opened_in_time(frames: int, each: float, opening: float,
                                                               rate: float) -> None:
    cutter = Cutter(frames, rate, opening)
    parts = make(cutter, each)
    assert sum(parts) == frames
    assert all(part >= min(cutter.least, frames) for part in parts)
    assert all(part <= max(MOST, 2 * cutter.least) for part in parts[:-1])
    assert cutter.least >= 2 * opening * rate
    assert cutter.due(frames) is None


def test_the_first_part_comes_soon_and_the_next_are_longer_where_there_is_time() -> None:
    parts = make(Cutter(300, 30.0, 0.1), each=0.01)
    assert parts[0] == LEAST
    assert parts[1] > parts[0]
    assert parts[2] > parts[1]


@given(each=st.floats(0.001, 0.02))
def test_no_part_takes_longer_than_the_one_before_it_plays(each: float) -> None:
    cutter = Cutter(600, 30.0, 0.1)
    parts = make(cutter, each)
    for before, part in pairwise(parts[:-1]):
        assert part == cutter.least or part * each <= before / 30.0 - 0.1


def test_a_slow_machine_makes_the_shortest_parts() -> None:
    assert set(make(Cutter(100, 30.0, 0.1), each=0.2)[:-1]) == {LEAST}


def test_when_the_next_part_is_there() -> None:
    cutter = Cutter(100, 30.0, 0.1)
    assert (cutter.due(1), cutter.eta(1)) == (None, None)
    cutter.took(0.0)
    cutter.took(0.1)
    assert cutter.due(3) == pytest.approx((LEAST - 3) * 0.1)
    assert cutter.eta(3) == pytest.approx(97 * 0.1)


def test_a_frame_that_does_not_come_puts_the_next_part_off() -> None:
    cutter = Cutter(100, 30.0, 0.1)
    cutter.took(0.0)
    cutter.took(0.1)
    assert cutter.due(3, 0.15) == pytest.approx((LEAST - 3) * 0.1)
    assert cutter.due(3, 2.1) == pytest.approx((LEAST - 3) * 0.1 + 1.9), "late by 1.9 s, the others are as ever"


def test_a_pause_is_not_taken_for_slowness() -> None:
    cutter = Cutter(100, 30.0, 0.1)
    for now in (0.0, 0.1, 0.2):
        cutter.took(now)
    cutter.paused()
    cutter.took(100.0)
    cutter.took(100.1)
    assert cutter.each == pytest.approx(0.1)
