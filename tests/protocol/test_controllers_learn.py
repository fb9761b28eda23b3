"""Making out what was moved: a fader, a button, an encoder, one of fourteen bits, one of an XY pad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol.command import Source
from server.protocol.controllers.control import Control, Moved
from server.protocol.controllers.learn import LONGEST, PATIENCE, SETTLES, Learning
from server.protocol.controllers.mapping_edit import Add, edited
from server.protocol.controllers.mapping_file import read_mappings
from server.protocol.controllers.midi_decoder import MidiDecoder
from server.protocol.targets import Targets

TARGETS = Targets(2)
PHONE = Source("10.0.0.9", 9000)
PAD = Source("pad", 0, "midi")


def learnt(moves: Iterable[Moved], row: str = "/deck/1/level", value: tuple[Any, ...] | None = None) -> dict[str, Any]:
    """What is learnt of moves ten milliseconds apart; it is always something that a file may hold."""
    learning = Learning(row, TARGETS.find(row)[0], value=value)
    now = 0.0
    for moved in moves:
        now += 0.01
        learning.feed(moved, now)
    assert learning.is_over(now + SETTLES)
    keys = learning.result()
    assert keys is not None
    assert keys["row"] == row
    assert read_mappings(edited("", Add(keys)), TARGETS).problems == ()
    return keys


def osc(*values: Any, address: str = "/1/fader1") -> list[Moved]:
    return [Moved(Control("osc", address), value if isinstance(value, tuple) else (float(value),), PHONE)
            for value in values]


def midi(*messages: tuple[int, ...]) -> list[Moved]:
    decoder = MidiDecoder("pad")
    return [Moved(control, (float(value),), PAD) for message in messages for control, value in decoder.feed(message)]


def turned(*values: int, number: int = 40) -> list[Moved]:
    return midi(*((0xB0, number, value) for value in values))


def without(keys: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if key not in ("row", *names)}


def test_an_osc_fader() -> None:
    assert without(learnt(osc(0.1, 0.2, 0.3))) == {"osc": "/1/fader1"}


@pytest.mark.parametrize(("values", "span"), [
    ((0, 40, 127), [0, 127]), ((-0.5, 0.2), [-1, 1]), ((3, 90), [0, 100]), ((10, 200), [0, 255]),
    ((-300, 9), [-300, 9]), ((99999.0,), [0, 99999])])
def test_what_an_osc_control_says_at_its_ends_is_made_out(values: tuple[float, ...], span: list[float]) -> None:
    assert learnt(osc(*values))["from"] == span


def test_of_an_xy_pad_the_value_that_was_moved() -> None:
    keys = learnt(osc((0.5, 0.1), (0.51, 0.4), (0.5, 0.9), address="/1/xy"))
    assert (keys["osc"], keys["argument"]) == ("/1/xy", 2)


def test_of_several_controls_the_one_that_was_moved_furthest() -> None:
    moves = [*osc(0.50, address="/noise"), *osc(0.1), *osc(0.51, address="/noise"), *osc(0.8)]
    assert learnt(moves)["osc"] == "/1/fader1"


def test_a_midi_fader_is_to_be_picked_up_where_the_row_holds_a_value() -> None:
    keys = learnt(turned(0, 5, 9, 20))
    assert without(keys) == {"device": "pad", "channel": 1, "midi": "cc 40", "pickup": True}
    assert "pickup" not in learnt(turned(0, 5, 9), "/deck/1/position")
    assert "pickup" not in learnt(turned(0, 5, 9), "/deck/1/scrub")


@pytest.mark.parametrize(("values", "encoder"), [
    ((1, 1, 1, 127, 127), "twos-complement"), ((65, 65, 66, 63, 63), "binary-offset"),
    ((1, 1, 1, 65, 65), "sign-magnitude"), ((1, 1, 1, 1), "twos-complement")])
def test_an_endless_encoder(values: tuple[int, ...], encoder: str) -> None:
    assert learnt(turned(*values))["encoder"] == encoder
    assert "encoder" not in learnt(turned(*values), "/deck/1/play"), "nothing to turn"


def test_a_fader_of_fourteen_bits_and_not_one_of_its_halves() -> None:
    keys = learnt(midi(*(message for step in range(9) for message in ((0xB0, 7, 60), (0xB0, 39, step)))))
    assert keys["midi"] == "cc14 7"


def test_an_nrpn_and_not_one_of_its_parts() -> None:
    keys = learnt(midi((0xB0, 99, 2), (0xB0, 98, 3), (0xB0, 6, 100), (0xB0, 38, 5), (0xB0, 6, 101)))
    assert keys["midi"] == "nrpn 259"


def test_a_bend_wheel() -> None:
    assert learnt(midi((0xE0, 0, 64), (0xE0, 0, 90)))["midi"] == "bend"


@pytest.mark.parametrize(("row", "button"), [
    ("/deck/1/play", None), ("/master/black", "toggle"), ("/clock/quantise", "toggle"), ("/deck/1/level", "momentary")])
@pytest.mark.parametrize("moves", [midi((0x90, 60, 100), (0x80, 60, 0)), midi((0x90, 60, 100)), turned(127, 0),
                                   turned(127), osc(1.0, 0.0)])
def test_a_button_is_what_its_row_can_use(row: str, button: str | None, moves: list[Moved]) -> None:
    assert learnt(moves, row).get("button") == button


def test_an_osc_switch_that_remembers_itself_sets_the_row() -> None:
    assert "button" not in learnt(osc(1.0), "/master/black")


@pytest.mark.parametrize(("row", "named"), [("/deck/1/play", "program 5"), ("/master/black", "program 5"),
                                            ("/deck/1/frame", "program"), ("/clock/quantise", "program")])
def test_a_program_is_a_button_or_a_number_as_the_row_needs_it(row: str, named: str) -> None:
    assert learnt(midi((0xC0, 5)), row)["midi"] == named


def test_a_press_that_sends_a_value() -> None:
    assert learnt(osc(1.0), "/deck/1/song", ("emit",))["value"] == "emit"
    assert learnt(midi((0xC0, 5)), "/deck/1/level", (0.5,))["midi"] == "program 5"
    assert learnt(osc(1.0), "/deck/1/range", (10, 20))["value"] == [10, 20]


@pytest.mark.parametrize("address", ["/" + "x" * 250, "/Mixer 1/Fader #2,a", "/ü/ß"])
def test_addresses_of_sloppy_senders_can_be_learnt(address: str) -> None:
    assert learnt(osc(0.1, 0.5, address=address))["osc"] == address


def test_nothing_is_learnt_before_a_control_rests_or_has_been_moved_long_enough() -> None:
    learning = Learning("/deck/1/level", TARGETS.find("/deck/1/level")[0], began=5.0)
    assert not learning.is_over(5.0 + PATIENCE)
    assert learning.is_over(5.1 + PATIENCE)
    assert learning.result() is None
    now = 10.0
    while now < 10.0 + LONGEST - 0.2:
        learning.feed(osc(now / 20)[0], now)
        assert not learning.is_over(now)
        now += 0.1
    assert learning.is_over(10.0 + LONGEST)


@given(st.lists(st.tuples(st.sampled_from(["/a", "/b"]), st.lists(st.none() | st.floats(-1e6, 1e6), max_size=3))
                | st.lists(st.integers(0, 255), max_size=4).map(tuple), max_size=60),
       st.sampled_from(["/deck/1/level", "/deck/1/play", "/master/black", "/clock/quantise", "/deck/1/step"]))
def test_whatever_is_moved_a_mapping_that_can_be_read_comes_of_it(moves: list[Any], row: str) -> None:
    learning = Learning(row, TARGETS.find(row)[0])
    decoder = MidiDecoder("pad")
    for move in moves:
        if len(move) == 2 and isinstance(move[0], str):
            learning.feed(Moved(Control("osc", move[0]), tuple(move[1]), PHONE), 1.0)
        else:
            for control, value in decoder.feed(move):
                learning.feed(Moved(control, (float(value),), PAD), 1.0)
    keys = learning.result()
    if keys is not None:
        assert read_mappings(edited("", Add(keys)), TARGETS).problems == ()
