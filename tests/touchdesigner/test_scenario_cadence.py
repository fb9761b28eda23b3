"""Movement at constant speed is as even as the movie's rate and the cook rate allow, at any phase, with jitter."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from pathlib import Path

import pytest
from fake_td import FakeTouchDesigner
from show_in_td import Together, together

from server.media.numbered import write_numbered

MINUTE = 60.0
STRETCH = 90
RATES = (30.0, 50.0, 59.94, 60.0, 120.0)


def steps(stage: Together, seconds: float, count: int) -> list[int]:
    """By how many frames each cook goes on, over a movie of so many."""
    stage.seen.clear()
    stage.run(seconds)
    numbers = [seen.number for seen in stage.seen]
    assert None not in numbers
    return [((b or 0) - (a or 0)) % count for a, b in pairwise(numbers)]


def unevenness(found: list[int], ideal: float) -> int:
    """How often the steps are not those of an even movement, rounded.

    Rounded even movement is as even as whole frames can be: over any stretch of cooks it goes on by the floor or the
    ceiling of what is ideal. Each stretch that does not is one uneven step.
    """
    uneven, begin, sums = 0, 0, [0]
    for index, step in enumerate(found):
        sums.append(sums[-1] + step)
        for length in range(1, min(STRETCH, index + 1 - begin) + 1):
            gone = sums[-1] - sums[-1 - length]
            if not floor(length * ideal + 1e-9) <= gone <= ceil(length * ideal - 1e-9):
                uneven, begin = uneven + 1, index + 1
                break
    return uneven


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A movie so long that no loop ends in it: at its end the server stands for a tick, which is a step of its own."""
    folder = tmp_path_factory.mktemp("minute")
    write_numbered(folder / "a.mov", 2100, 160, 96, Fraction(30))
    return folder


def play(media: Path, cook_rate: float, phase: float, seconds: float, speed: float = 1.0,
         count: int = 120) -> tuple[list[int], float]:
    """Play a movie of so many frames at 30 a second, and say by how many each cook went on."""
    with together(media, cook_rate=cook_rate, jitter=0.001, phase=phase, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/speed", speed)
        stage.run(1.5)
        return steps(stage, seconds, count), 30.0 * speed / cook_rate


@pytest.mark.parametrize("cook_rate", RATES)
def test_an_even_step_at_every_cook_rate(media: Path, cook_rate: float) -> None:
    # At 60 both fall together, which is the hardest.
    phase, seconds = 0.0 if cook_rate == 60 else 0.0071, 3.0 if cook_rate > 100 else 5.0
    found, ideal = play(media, cook_rate, phase, seconds)
    assert unevenness(found, ideal) <= 1


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("phase", [0.0, 0.0004, 0.0041, 0.0083, 0.0125, 0.0163])
@pytest.mark.parametrize("cook_rate", RATES)
def test_one_uneven_step_a_minute_at_most(minute: Path, cook_rate: float, phase: float) -> None:
    found, ideal = play(minute, cook_rate, phase, MINUTE, count=2100)
    assert unevenness(found, ideal) <= 1


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("speed", [-1.0, 0.5, 1.5, 2.0])
def test_other_speeds(minute: Path, speed: float) -> None:
    found, ideal = play(minute, 60.0, 0.0071, 20.0, speed, count=2100)
    if speed < 0:
        found = [step - 2100 if step else 0 for step in found]
        found, ideal = [-step for step in found], -ideal
    assert unevenness(found, ideal) <= 1


def check_loops(found: list[int], speed: float, cook_rate: float, count: int = 120) -> None:
    """A loop's end holds a picture for one cook at most, shows nothing else, and shifts nothing.

    The stream says that the movie stands on the last tick before it. Whoever cooks just before the next tick cannot
    know what that brings, and shows the last picture once more: one run too long, one too short.
    """
    if speed < 0:
        found = [(count - step) % count for step in found]
    ideal = 30.0 * abs(speed) / cook_rate
    wraps = ceil(len(found) * ideal / count)
    assert unevenness(found, ideal) <= 2 * wraps + 1
    assert max(found) <= ceil(ideal) + 1, "no other picture"
    assert abs(sum(found) - len(found) * ideal) <= 1.5, "nothing is lost or gained"


@pytest.mark.parametrize(("cook_rate", "speed"), [(60.0, -1.0), (50.0, 2.0)])
def test_loops_shift_nothing(media: Path, cook_rate: float, speed: float) -> None:
    check_loops(play(media, cook_rate, 0.0, 4.5, speed)[0], speed, cook_rate)


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("speed", [1.0, -1.0, 0.5, 2.0])
@pytest.mark.parametrize("phase", [0.0, 0.0041, 0.0083, 0.0163])
@pytest.mark.parametrize("cook_rate", RATES)
def test_many_loops_shift_nothing(media: Path, cook_rate: float, phase: float, speed: float) -> None:
    check_loops(play(media, cook_rate, phase, 20.0, speed)[0], speed, cook_rate)


def test_the_measure_notices_what_is_uneven() -> None:
    for ideal in (0.25, 0.5, 30 / 59.94, 0.6, 1.0, 1.5, 0.505):
        even = [floor(ideal * (n + 1) + 0.3) - floor(ideal * n + 0.3) for n in range(2000)]
        assert unevenness(even, ideal) == 0
        assert unevenness([*even[:900], even[900] + 1, *even[901:]], ideal) == 1
    assert unevenness([0, 1, 0, 1, 1, 0, 0, 1], 0.5) == 2
    assert unevenness([1, 1, 0, 2, 1], 1.0) == 2


def test_frames_that_touchdesigner_drops_do_not_shift_the_movie(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        stage.run(1.0)
        expected = stage.commanded()[0][1]
        assert isinstance(stage.td, FakeTouchDesigner)
        stage.clock.now += 0.4
        stage.run(1.0)
        now = stage.commanded()[0][1]
        assert abs((stage.seen[-1].number or 0) - now) <= 1
        assert now != expected
