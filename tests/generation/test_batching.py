"""Batch sizes by the deadline, and fixed plans."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from server.render.child.diffusion.batching import SIZES, Ramp, planned


def test_it_begins_with_one_and_doubles_while_there_is_time() -> None:
    ramp, before, sizes = Ramp(), 0, []
    for _ in range(6):
        size = ramp.size(100, 5.0, before)
        ramp.took(size, 0.05 * size)
        sizes.append(size)
        before = size
    assert sizes == [1, 2, 4, 8, 16, 16]


def test_no_hurry_takes_the_largest_and_the_rest_what_is_left() -> None:
    ramp = Ramp()
    assert [ramp.size(left, None, 0) for left in (40, 16, 15, 3, 1)] == [16, 16, 8, 2, 1]


def test_a_batch_must_be_done_before_its_first_frame_is_due() -> None:
    ramp = Ramp()
    ramp.took(1, 0.05)
    assert ramp.size(100, 0.2, 8) == 2
    assert ramp.size(100, 0.01, 8) == 1
    assert ramp.size(100, 1.0, 8) == 8


def test_when_it_is_late_batches_stay_small() -> None:
    ramp = Ramp()
    ramp.took(16, 0.5)
    assert ramp.size(100, -1.0, 16) == 4


def test_a_launch_is_no_longer_than_is_welcome() -> None:
    ramp = Ramp()
    ramp.took(1, 0.004)
    assert ramp.size(100, None, 8, 0.008) == 2
    assert ramp.size(100, 10.0, 8, 0.001) == 1


def test_what_did_not_fit_is_not_tried_again() -> None:
    ramp = Ramp()
    assert ramp.too_large(16)
    assert ramp.size(100, None, 0) == 8
    assert not ramp.too_large(1)


@given(st.integers(1, 200), st.none() | st.floats(-10, 10), st.sampled_from((0, *SIZES)),
       st.lists(st.tuples(st.sampled_from(SIZES), st.floats(0, 10)), max_size=8))
def test_any_history_gives_a_known_size_that_is_left(
    left: int, slack: float | None, before: int, history: list[tuple[int, float]]
) -> None:
    ramp = Ramp()
    for size, seconds in history:
        ramp.took(size, seconds)
    assert ramp.size(left, slack, before, math.inf) in [size for size in SIZES if size <= left]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(1, 60))
def test_a_plan_covers_every_frame_once(plan: list[int], frames: int) -> None:
    covered = [first + place for first, size in planned(plan, frames) for place in range(size)]
    assert covered == list(range(1, len(covered) + 1))
    assert len(covered) >= frames
