"""Steps of a long operation: states, estimates and stopping, with a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from server.errors import Cancelled, LibraryError
from server.production.build_steps import Step, Steps, StepState


class Told:
    """An observer that keeps everything."""

    def __init__(self) -> None:
        self.all: list[Sequence[Step]] = []

    def __call__(self, steps: Sequence[Step]) -> None:
        self.all.append(steps)

    def states(self) -> list[StepState]:
        return [step.state for step in self.all[-1]]


def test_steps_wait_run_and_are_done_or_kept() -> None:
    told = Told()
    steps = Steps(("a", "b"), told)
    assert told.states() == [StepState.WAITING, StepState.WAITING]

    with steps.step("a"):
        assert told.states() == [StepState.RUNNING, StepState.WAITING]
    with steps.step("b") as work:
        work.kept = True

    assert told.states() == [StepState.DONE, StepState.KEPT]


def test_the_rest_of_a_step_is_estimated_from_what_it_took_so_far() -> None:
    told, now = Told(), [10.0]
    steps = Steps(("a",), told, clock=lambda: now[0])

    with steps.step("a") as work:
        now[0] = 16.0
        work(3, 12)

    lefts = [each[0].left for each in told.all]
    assert 18.0 in lefts
    assert any(each[0].line == "a: 25 %, about 18 s left" for each in told.all)


def test_without_a_clock_there_is_progress_and_no_estimate() -> None:
    told = Told()
    steps = Steps(("a",), told)

    with steps.step("a") as work:
        work(1, 2)

    assert any(each[0].line == "a: 50 %" for each in told.all)


@pytest.mark.parametrize(("error", "state"), [
    (LibraryError("there is nothing\nsecond line"), StepState.FAILED), (Cancelled("enough"), StepState.STOPPED),
    (KeyboardInterrupt(), StepState.STOPPED)])
def test_what_ends_a_step_is_told_and_goes_on(error: BaseException, state: StepState) -> None:
    told = Told()
    steps = Steps(("a", "b"), told)

    with pytest.raises(type(error)), steps.step("a"):
        raise error

    assert told.states() == [state, StepState.WAITING]
    assert "second line" not in told.all[-1][0].line


def test_a_person_can_stop_between_two_pieces_of_work() -> None:
    stopped = [False]
    steps = Steps(("a",), cancelled=lambda: stopped[0])

    def run() -> None:
        with steps.step("a") as work:
            work(1, 3)
            stopped[0] = True
            work(2, 3)

    with pytest.raises(Cancelled, match="--resume"):
        run()


def test_a_step_can_find_out_about_further_ones() -> None:
    told = Told()
    steps = Steps(("way", "whole"), told)

    steps.insert_before("whole", ["section 1", "section 2"])
    with steps.step("section 2") as work:
        work.note("12 frames")

    assert [step.name for step in told.all[-1]] == ["way", "section 1", "section 2", "whole"]
    assert told.all[-1][2].line == "section 2: done (12 frames)"
