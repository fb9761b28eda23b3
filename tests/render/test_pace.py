"""Even speed: monotone, exact at the ends, and steps of one length after it where there were many before."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.media.perceived import apart, perceived
from server.media.steps import evenness
from server.production.art import draw
from server.render.pace import STEADY, Pace, pace_of


def sigmoid(steepness: float, at: np.ndarray) -> np.ndarray:
    """A way that is fast in the middle, 0 to 1."""
    raw = 1 / (1 + np.exp(-steepness * (at - 0.5)))
    return (raw - raw[0]) / (raw[-1] - raw[0])


@settings(max_examples=150)
@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=30))
def test_places_rise_from_none_to_all(lengths: list[float]) -> None:
    pace = pace_of(lengths)
    places = [pace.place(share) for share in np.linspace(0, 1, 101)]

    assert (places[0], places[-1]) == (0.0, pytest.approx(1.0))
    assert all(after >= before - 1e-9 for before, after in pairwise(places))


@pytest.mark.parametrize(("steepness", "pilot", "reached"), [(10, 9, 0.97), (10, 25, 0.98), (25, 25, 0.95)])
def test_a_pilot_makes_a_steep_way_even(steepness: float, pilot: int, reached: float) -> None:
    pace = pace_of(np.diff(sigmoid(steepness, np.linspace(0, 1, pilot))).tolist())
    way = np.linspace(0, 1, 2001)
    went = np.interp([pace.place(share) for share in np.linspace(0, 1, 31)], way, sigmoid(steepness, way))

    assert evenness(np.diff(sigmoid(steepness, np.linspace(0, 1, 31))).tolist()) < 0.6
    assert evenness(np.diff(went).tolist()) > reached


def test_a_pace_that_was_checked_is_even_where_its_pilot_was_not() -> None:
    # Grain: two places look the farther apart the less they are, and soon as far as any two.
    way = np.linspace(0, 1, 2001)

    def apart_at(one: float, two: float) -> float:
        return 1 - math.exp(-60 * abs(two - one) * (0.2 + one ** 2))

    def steps(pace: Pace) -> list[float]:
        return [apart_at(pace.place(share), pace.place(share + 1 / 60)) for share in np.linspace(0, 59 / 60, 60)]

    places = np.linspace(0, 1, 13)
    pilot = pace_of([apart_at(one, two) for one, two in pairwise(places)])
    middles = (places[1:] + places[:-1]) / 2
    checked = [apart_at(pilot.place(share - 1 / 120), pilot.place(share + 1 / 120)) for share in middles]
    pace = pace_of(checked, [pilot.place(share) for share in places])

    assert evenness(steps(pilot)) < 0.9
    assert evenness(steps(pace)) > 0.95
    assert all(after >= before for before, after in pairwise(pace.place(share) for share in way))


def test_where_nothing_happens_it_goes_steadily() -> None:
    assert pace_of([0.0, 0.0]).place(0.3) == pytest.approx(0.3)
    assert STEADY.place(0.7) == pytest.approx(0.7)
    assert (STEADY.place(-1), STEADY.place(2)) == (0.0, 1.0)


def test_what_is_stored_of_it_is_enough_to_have_it_again() -> None:
    pace = pace_of([1.0, 3.0, 0.5, 2.0])
    shares, places = np.array(json.loads(json.dumps(pace.document()))).T
    again = Pace(shares, places)

    assert [again.place(share) for share in (0, 0.2, 0.6, 1)] == pytest.approx(
        [pace.place(share) for share in (0, 0.2, 0.6, 1)], abs=1e-4)


def test_steps_of_a_way_add_up() -> None:
    first = draw("silk", 1, 160, 90)
    darker = [np.asarray(first * (1 - 0.1 * part), np.uint8) for part in (0, 0.5, 1)]
    seen = [perceived(picture) for picture in darker]

    assert apart(seen[0], seen[0]) == 0
    assert apart(seen[0], seen[1]) + apart(seen[1], seen[2]) == pytest.approx(apart(seen[0], seen[2]), rel=0.1)
