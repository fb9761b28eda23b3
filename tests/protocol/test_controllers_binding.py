"""A mapping in use: what its row is told for each move, and what its control is told of the row's value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol.command import Source
from server.protocol.controllers.binding import Binding
from server.protocol.controllers.control import Moved
from server.protocol.controllers.curves import CURVES
from server.protocol.controllers.mapping_edit import Add, edited
from server.protocol.controllers.mapping_file import read_mappings
from server.protocol.targets import Targets

TARGETS = Targets(2)
KNOB = {"midi": "cc 7", "device": "pad", "channel": 1}


class Desk:
    """One mapping on a row that takes what it is told."""

    def __init__(self, row: str, now: tuple[Any, ...] | None = None, **keys: Any) -> None:
        file = read_mappings(edited("", Add({**({} if "osc" in keys else KNOB), "row": row, **keys})), TARGETS)
        assert file.problems == ()
        self.binding = Binding(file.laid[0], "global")
        self.now = now

    def move(self, *values: float | None) -> tuple[Any, ...] | None:
        moved = Moved(self.binding.mapping.control, values, Source("pad", 0, "midi"))
        told = self.binding.take(moved, lambda: self.now)
        if told:
            self.now = told
        return told

    def moves(self, *values: float) -> list[Any]:
        return [None if told is None else told[0] if told else () for told in map(self.move, values)]


@pytest.mark.parametrize(("row", "keys", "raw", "told"), [
    ("/deck/1/level", {}, 127, 1.0),
    ("/deck/1/level", {"invert": True}, 127, 0.0),
    ("/deck/1/level", {"range": [0.5, 0.0]}, 127, 0.0),
    ("/deck/1/level", {"from": [27, 127]}, 27, 0.0),
    ("/deck/1/level", {"from": [127, 0]}, 127, 0.0),
    ("/deck/1/speed", {}, 0, -2.0),
    ("/deck/1/frame", {"range": [0, 299]}, 127, 299),
    ("/deck/1/step", {}, 127, 10),
    ("/deck/1/fade", {"range": [0, 8], "steps": 3}, 63, 4.0),
    ("/clock/quantise", {}, 0, "off"),
    ("/clock/quantise", {}, 64, "beat"),
    ("/clock/quantise", {}, 127, "bar"),
    ("/master/black", {}, 64, True),
    ("/master/black", {}, 63, False),
    ("/master/black", {"invert": True}, 127, False),
])
def test_a_place_of_the_control_is_a_value_of_the_row(row: str, keys: dict[str, Any], raw: int, told: Any) -> None:
    value, = Desk(row, **keys).move(raw) or ()
    assert value == pytest.approx(told) if isinstance(told, float) else value == told


@given(st.integers(0, 127), st.sampled_from(sorted(CURVES)), st.booleans(), st.booleans())
def test_a_control_that_is_told_the_value_it_set_stays_where_it_is(raw: int, curve: str, invert: bool,
                                                                   falls: bool) -> None:
    desk = Desk("/deck/1/speed", range=[2.0, -1.0] if falls else [-1.0, 2.0], curve=curve, invert=invert)
    assert desk.binding.lamp(desk.move(raw)) == raw


def test_steps_of_a_choice_are_told_once() -> None:
    assert Desk("/clock/quantise").moves(0, 10, 20, 60, 70, 120, 127, 0) == [
        "off", None, None, "beat", None, "bar", None, "off"]


def test_what_says_no_number_for_this_mapping_does_nothing() -> None:
    desk = Desk("/deck/1/level", osc="/1/xy", argument=2)
    assert desk.move(0.25) is None
    assert desk.move(0.25, None) is None
    assert desk.move(0.25, 0.75) == (0.75,)


@pytest.mark.parametrize("button", [None, "trigger", "toggle", "momentary"])
def test_a_button_of_the_table_is_pressed_once_a_press(button: str | None) -> None:
    desk = Desk("/deck/1/play", **({"button": button} if button else {}))
    assert [desk.move(raw) for raw in (100, 110, 0, 0, 100)] == [(), None, None, None, ()]


def test_a_button_that_is_never_let_go_presses_each_time() -> None:
    desk = Desk("/deck/1/play")
    assert [desk.move(127) for _ in range(3)] == [(), (), ()]


@pytest.mark.parametrize(("row", "now", "told"), [
    ("/deck/1/level", 1.0, [0.0, None, 1.0, None]),
    ("/deck/1/level", 0.2, [1.0, None, 0.0, None]),
    ("/master/black", False, [True, None, False, None]),
    ("/clock/quantise", "beat", ["bar", None, "off", None]),
])
def test_a_toggle_goes_to_the_other_end_and_back(row: str, now: Any, told: list[Any]) -> None:
    assert Desk(row, (now,), button="toggle").moves(127, 0, 127, 0) == told


def test_a_toggle_goes_by_the_rows_value_whoever_set_it() -> None:
    desk = Desk("/master/black", (False,), button="toggle")
    assert desk.moves(127, 0) == [True, None]
    desk.now = (False,)
    assert desk.moves(127) == [True]


@pytest.mark.parametrize(("row", "told"), [
    ("/deck/1/level", [1.0, None, 0.0]), ("/master/black", [True, None, False]),
    ("/clock/quantise", ["bar", None, "off"])])
def test_a_momentary_button_holds(row: str, told: list[Any]) -> None:
    assert Desk(row, button="momentary").moves(127, 100, 0) == told


def test_a_press_sends_its_value() -> None:
    assert Desk("/deck/1/song", value="emit").moves(127, 0, 127) == ["emit", None, "emit"]
    assert Desk("/deck/1/range", value=[10, 20]).move(127) == (10, 20)


def test_a_held_value_gives_back_what_was_there() -> None:
    assert Desk("/clock/quantise", ("beat",), value="bar", button="momentary").moves(127, 0) == ["bar", "beat"]
    assert Desk("/clock/quantise", ("beat",), value="bar", button="toggle").moves(127, 0, 127) == ["bar", None, "beat"]


def test_an_encoder_goes_on_from_the_rows_value_and_not_beyond_its_range() -> None:
    desk = Desk("/deck/1/level", (0.5,), encoder="binary-offset")
    assert desk.moves(65, 66, 63) == pytest.approx([0.51, 0.53, 0.52])
    desk.now = (0.98,)
    assert desk.moves(70, 65) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(("row", "now", "keys", "told"), [
    ("/deck/1/level", 0.5, {"step": 0.1, "invert": True}, [0.4, 0.5]),
    ("/deck/1/frame", 100, {"range": [0, 299]}, [101, 100]),
    ("/deck/1/frame", 100, {"range": [0, 299], "step": 0.5}, [101, 100]),
    ("/clock/quantise", "off", {}, ["beat", "off"]),
    ("/master/black", False, {}, [True, False]),
])
def test_an_encoder_does_what_its_row_can(row: str, now: Any, keys: dict[str, Any], told: list[Any]) -> None:
    moved = Desk(row, (now,), encoder="twos-complement", **keys).moves(1, 127)
    assert moved == pytest.approx(told) if isinstance(told[0], float) else moved == told


def test_steps_smaller_than_a_frame_add_up() -> None:
    desk = Desk("/deck/1/frame", (100,), encoder="twos-complement", range=[0, 299], step=0.25)
    assert desk.moves(*[1] * 8) == [100, 101, 101, 101, 101, 102, 102, 102]


def test_an_encoder_on_a_row_of_distances_tells_the_distance() -> None:
    assert Desk("/deck/1/scrub", encoder="binary-offset", step=0.5).moves(66, 63) == [1.0, -0.5]
    assert Desk("/deck/1/step", encoder="binary-offset").moves(66, 63) == [2, -1]


def test_an_encoder_on_a_row_without_a_value_counts_for_itself() -> None:
    assert Desk("/deck/1/file", encoder="binary-offset", step=0.25).moves(65, 65, 63) == [0.25, 0.5, 0.25]


def test_a_fader_waits_until_it_meets_the_value() -> None:
    desk = Desk("/deck/1/level", (0.5,), pickup=True)
    assert desk.moves(0, 30, 60) == [None, None, None]
    assert desk.binding.waits
    assert desk.moves(70, 127) == pytest.approx([70 / 127, 1.0])
    assert not desk.binding.waits


def test_a_row_that_has_no_value_now_is_no_reason_to_wait() -> None:
    assert Desk("/deck/1/loop/beats", None, pickup=True).move(64) is not None


@pytest.mark.parametrize(("row", "keys", "now", "lamp"), [
    ("/deck/1/level", {}, 0.5, 64), ("/deck/1/level", {"button": "toggle"}, 1.0, 127),
    ("/deck/1/level", {"button": "toggle"}, 0.2, 0), ("/master/black", {"button": "toggle"}, True, 127),
    ("/master/black", {"button": "toggle"}, False, 0), ("/clock/quantise", {"value": "bar"}, "bar", 127),
    ("/clock/quantise", {"value": "bar"}, "beat", 0), ("/clock/quantise", {}, "bar", 127),
    ("/clock/quantise", {"button": "toggle"}, "off", 0), ("/clock/quantise", {"button": "toggle"}, "beat", 127),
    ("/deck/1/level", {"encoder": "binary-offset"}, 0.5, 64), ("/deck/1/level", {"range": [0, 0.5]}, 0.9, 127),
    ("/deck/1/level", {}, None, None), ("/deck/1/play", {}, None, None),
])
def test_what_a_lamp_is_told(row: str, keys: dict[str, Any], now: Any, lamp: float | None) -> None:
    assert Desk(row, **keys).binding.lamp(None if now is None else (now,)) == lamp


def test_a_control_of_any_device_is_told_where_it_was_heard() -> None:
    desk = Desk("/deck/1/level", midi="cc 7", device="", channel=0)
    assert desk.binding.lamp_of() is None
    heard = desk.binding.mapping.control._replace(place="pad", channel=3)
    desk.binding.take(Moved(heard, (5.0,), Source("pad", 0, "midi")), lambda: None)
    assert desk.binding.lamp_of() == heard
