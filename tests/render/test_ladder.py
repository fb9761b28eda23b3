"""The ladder and the budget of the graphics card: what is done when time is short, and how things get better again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.render.gpu_budget import DUTY_LEAST, LAUNCH_LEAST_MS, LAUNCH_MS, GpuBudget
from server.render.ladder import WORDS, Ladder, Rung, fewer_steps

RATE = 30.0
FAST, SLOW = 1 / 60, 1 / 10
ALL_BUT_STEPS = (Rung.FULL, Rung.HALF, Rung.MORPH)


def test_fast_enough_it_stays_where_it_is() -> None:
    ladder = Ladder()
    for left in range(100, 0, -1):
        ladder = ladder.made(FAST, 0.0, RATE, left)
    assert ladder.rung is Rung.FULL


def test_too_slow_it_goes_down_one_rung_at_a_time() -> None:
    ladder, seen = Ladder(), [Rung.FULL]
    for left in range(100, 0, -1):
        ladder = ladder.made(SLOW, -0.1, RATE, left)
        if ladder.rung is not seen[-1]:
            seen.append(ladder.rung)
    assert seen == [Rung.FULL, Rung.FEWER_STEPS, Rung.HALF, Rung.MORPH]
    assert set(WORDS) == set(Rung)


def test_what_there_is_not_is_left_out() -> None:
    ladder = Ladder(ALL_BUT_STEPS).made(SLOW, -0.1, RATE, 100)
    assert ladder.rung is Rung.HALF


def test_frames_in_hand_may_be_used_up() -> None:
    left = 60
    enough = left * SLOW - left / RATE
    assert Ladder().made(SLOW, enough + 0.01, RATE, left).rung is Rung.FULL
    assert Ladder().made(SLOW, enough - 0.01, RATE, left).rung is Rung.FEWER_STEPS


def test_late_but_fast_enough_it_does_not_step_down() -> None:
    assert Ladder().made(FAST, -5.0, RATE, 100).rung is Rung.FULL


def test_it_steps_up_when_it_has_been_easy_for_a_while() -> None:
    ladder = Ladder(rung=Rung.FEWER_STEPS, each={Rung.FULL: 1 / 20, Rung.FEWER_STEPS: 1 / 35})
    for _ in range(300):
        ladder = ladder.made(1 / 35, 1.0, RATE, 1000)
    assert ladder.rung is Rung.FEWER_STEPS  # the better one was too slow, and is known to be

    ladder, steps = replace(ladder, each={Rung.FEWER_STEPS: 1 / 200}), 0
    while ladder.rung is Rung.FEWER_STEPS:
        ladder, steps = ladder.made(1 / 200, 1.0, RATE, 1000), steps + 1
    assert ladder.rung is Rung.FULL
    assert steps >= 2 * RATE - 1


def test_a_better_rung_must_be_faster_than_it_need_be() -> None:
    ladder = Ladder(rung=Rung.FEWER_STEPS, each={Rung.FULL: 1 / 33, Rung.FEWER_STEPS: 1 / 60})
    for _ in range(300):
        ladder = ladder.made(1 / 60, 1.0, RATE, 1000)
    assert ladder.rung is Rung.FEWER_STEPS


def test_one_late_frame_and_it_waits_anew_before_it_steps_up() -> None:
    ladder = Ladder(rung=Rung.FEWER_STEPS, each={Rung.FEWER_STEPS: 1 / 200})
    for _ in range(50):
        ladder = ladder.made(1 / 200, 1.0, RATE, 1000)
    ladder = ladder.made(1 / 200, -0.1, RATE, 1000)
    for _ in range(50):
        ladder = ladder.made(1 / 200, 1.0, RATE, 1000)
    assert ladder.rung is Rung.FEWER_STEPS


def test_from_a_morph_there_is_no_way_back_in_the_same_transition() -> None:
    ladder = Ladder(rung=Rung.MORPH, each={Rung.HALF: 0.001, Rung.MORPH: 0.001})
    for _ in range(300):
        ladder = ladder.made(0.001, 10.0, RATE, 1000)
    assert ladder.rung is Rung.MORPH
    assert ladder.begin().rung is Rung.HALF
    assert Ladder(rung=Rung.FEWER_STEPS).begin().rung is Rung.FEWER_STEPS


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(-10, 10), st.integers(0, 1000)), max_size=60),
       st.sampled_from([tuple(Rung), ALL_BUT_STEPS]))
def test_it_is_always_on_one_of_its_rungs_and_moves_by_one(frames: list[tuple[float, float, int]],
                                                           rungs: tuple[Rung, ...]) -> None:
    ladder = Ladder(rungs)
    for seconds, slack, left in frames:
        before = ladder.rung
        ladder = ladder.made(seconds, slack, RATE, left)
        assert ladder.rung in rungs
        assert abs(rungs.index(ladder.rung) - rungs.index(before)) <= 1
        assert ladder.easy >= 0
        assert all(ladder.expected(rung) >= 0 for rung in rungs)


@given(st.floats(0.001, 1), st.sampled_from(list(Rung)), st.sampled_from(list(Rung)))
def test_a_lower_rung_is_expected_to_be_no_slower(each: float, one: Rung, other: Rung) -> None:
    ladder = Ladder(each={Rung.FULL: each})
    if one <= other:
        assert ladder.expected(one) >= ladder.expected(other)


@pytest.mark.parametrize(("steps", "fewer"), [(1, 1), (2, 1), (4, 2), (30, 15)])
def test_fewer_steps_are_half_of_them(steps: int, fewer: int) -> None:
    assert fewer_steps(steps) == fewer


def test_the_first_dropped_frames_halve_the_budget() -> None:
    assert GpuBudget().after(1, 1.0).duty == 0.5
    assert GpuBudget().after(500, 1.0).duty == 0.5


def test_it_comes_back_slowly_after_a_quiet_while() -> None:
    budget = GpuBudget().after(3, 1.0)
    for _ in range(5):
        budget = budget.after(0, 1.0)
    assert budget.duty == 0.5
    seconds = 0
    while budget.duty < 1:
        before, budget, seconds = budget.duty, budget.after(0, 1.0), seconds + 1
        assert before < budget.duty <= before + 0.021
    assert seconds >= 20


def test_at_the_least_duty_launches_get_shorter_and_nothing_stops() -> None:
    budget = GpuBudget()
    for _ in range(20):
        budget = budget.after(9, 1.0)
    assert (budget.duty, budget.launch) == (DUTY_LEAST, LAUNCH_LEAST_MS)
    for _ in range(1000):
        budget = budget.after(0, 1.0)
    assert (budget.duty, budget.launch) == (1.0, LAUNCH_MS)


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 10)), max_size=80), st.floats(1, 50))
def test_the_budget_stays_within_its_bounds(health: list[tuple[int, float]], most: float) -> None:
    budget = GpuBudget(launch=most, most=most)
    for dropped, passed in health:
        before = budget
        budget = budget.after(dropped, passed)
        assert DUTY_LEAST <= budget.duty <= 1
        assert min(LAUNCH_LEAST_MS, most) <= budget.launch <= most
        if dropped:
            assert budget.duty <= before.duty
        else:
            assert budget.duty >= before.duty
    assert budget.told(on_air=False) == (0.0, 1.0)
    assert budget.told(on_air=True) == (budget.launch, budget.duty)
