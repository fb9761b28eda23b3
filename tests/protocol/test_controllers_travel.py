"""Curves, encoders and soft takeover: the travel of a control and the travel of a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol.controllers.control import Control
from server.protocol.controllers.curves import CURVES, shaped, unshaped
from server.protocol.controllers.encoders import ENCODERS, guess, steps_of
from server.protocol.controllers.pickup import NEAR, Pickup
from server.protocol.controllers.telling import ECHOES, RESTS, Telling

TRAVEL = st.floats(0, 1)
CURVE = st.sampled_from(sorted(CURVES))
KNOB = Control("cc", "pad", 7, 1)


@given(TRAVEL, CURVE, st.booleans())
def test_a_curve_stays_inside_and_leads_back(travel: float, curve: str, invert: bool) -> None:
    value = shaped(travel, curve, invert=invert)
    assert 0 <= value <= 1
    assert unshaped(value, curve, invert=invert) == pytest.approx(travel, abs=1e-6)


@given(TRAVEL, TRAVEL, CURVE)
def test_a_curve_never_falls_and_begins_and_ends_at_the_ends(first: float, second: float, curve: str) -> None:
    low, high = sorted((first, second))
    assert shaped(low, curve) <= shaped(high, curve) + 1e-12
    assert (shaped(0.0, curve), shaped(1.0, curve)) == pytest.approx((0.0, 1.0))
    assert (shaped(-3.0, curve), shaped(3.0, curve)) == pytest.approx((0.0, 1.0))


def test_half_way_says_which_curve_it_is() -> None:
    assert [round(shaped(0.5, curve), 2) for curve in ("linear", "exponential", "logarithmic", "s")] == [
        0.5, 0.12, 0.83, 0.5]
    assert shaped(0.25, "s") < 0.25 < 0.75 < shaped(0.75, "s")


@given(TRAVEL, st.integers(2, 20), CURVE, st.booleans())
def test_steps_are_even_places(travel: float, steps: int, curve: str, invert: bool) -> None:
    place = shaped(travel, curve, invert=invert, steps=steps) * (steps - 1)
    assert place == pytest.approx(round(place))


def test_each_step_has_its_share_of_the_travel() -> None:
    places = [shaped(raw / 127, "linear", steps=4) for raw in range(128)]
    assert sorted({round(place * 3) for place in places}) == [0, 1, 2, 3]
    assert all(30 <= sum(round(place * 3) == step for place in places) <= 33 for step in range(4))


@pytest.mark.parametrize(("encoder", "right", "left"), [
    ("twos-complement", 1, 127), ("binary-offset", 65, 63), ("sign-magnitude", 1, 65)])
def test_a_step_to_the_right_and_one_to_the_left(encoder: str, right: int, left: int) -> None:
    assert (steps_of(right, encoder), steps_of(left, encoder)) == (1, -1)
    assert guess([right] * 4 + [left] * 4) == encoder


@given(st.integers(0, 127), st.sampled_from(sorted(ENCODERS)))
def test_no_step_is_further_than_half_a_circle(raw: int, encoder: str) -> None:
    assert -64 <= steps_of(raw, encoder) <= 64


@pytest.mark.parametrize("values", [[], [5], list(range(60)), [0.0, 127.0, 0.0], [127.0] * 5, [40.0, 41.0, 41.0, 45.0]])
def test_faders_and_buttons_are_no_encoders(values: list[float]) -> None:
    assert guess(values) == ""


def test_a_control_takes_hold_only_where_the_value_is() -> None:
    pickup = Pickup()
    assert [pickup.takes(at, 0.5) for at in (0.0, 0.2, 0.4)] == [False] * 3
    assert pickup.waits
    assert pickup.takes(0.6, 0.5), "it has passed the value"
    assert pickup.takes(0.9, 0.6)
    assert not pickup.waits


def test_a_control_that_begins_at_the_value_acts_at_once() -> None:
    assert Pickup().takes(0.5 + NEAR / 2, 0.5)


def test_it_loses_hold_when_others_move_the_value() -> None:
    pickup = Pickup()
    assert pickup.takes(0.5, 0.5)
    assert not pickup.takes(0.51, 0.9)
    assert pickup.takes(0.9, 0.9)


def test_a_control_is_told_what_others_did_and_nothing_twice() -> None:
    telling = Telling()
    assert telling.due(KNOB, 64.0, 0.0)
    assert not telling.due(KNOB, 64.0, 1.0)
    assert telling.due(KNOB, 65.0, 1.0)


def test_a_control_is_never_told_what_it_said_itself() -> None:
    telling = Telling()
    telling.moved(KNOB, 64.0, 0.0, stands=True)
    assert not telling.due(KNOB, 64.0, 10.0)
    telling.moved(KNOB, 64.0, 20.0, stands=False)
    assert telling.due(KNOB, 64.0, 21.0), "a button's lamp may have been changed by the press"


def test_a_motor_does_not_pull_against_a_hand() -> None:
    telling = Telling()
    telling.moved(KNOB, 64.0, 5.0, stands=True)
    assert not telling.rests(KNOB, 5.0 + RESTS / 2)
    assert telling.rests(KNOB, 5.01 + RESTS)


def test_an_echo_is_known_until_the_control_is_moved() -> None:
    telling = Telling()
    telling.due(KNOB, 64.0, 0.0)
    assert telling.is_echo(KNOB, 64.0, ECHOES / 2)
    assert not telling.is_echo(KNOB, 65.0, ECHOES / 2)
    assert not telling.is_echo(KNOB, 64.0, ECHOES)
    telling.moved(KNOB, 70.0, 0.1, stands=True)
    assert not telling.is_echo(KNOB, 64.0, 0.2)


def test_a_device_that_was_plugged_in_again_is_told_everything() -> None:
    telling = Telling()
    telling.due(KNOB, 64.0, 0.0)
    before = telling.changed_at(KNOB)
    telling.forget("pad")
    assert telling.changed_at(KNOB) != before
    assert telling.due(KNOB, 64.0, 5.0)
