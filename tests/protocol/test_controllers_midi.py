"""MIDI bytes to controls and back: seven and fourteen bits, NRPN, whatever a wire brings; and names of ports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol.controllers.control import ANY, TOPS, Control
from server.protocol.controllers.midi_decoder import MidiDecoder
from server.protocol.controllers.midi_encoder import midi_messages
from server.protocol.controllers.port_names import find_port, stable_names

BYTE = st.integers(0, 127)


def heard(*messages: tuple[int, ...]) -> list[tuple[str, int, int, int]]:
    """Kind, number, channel and value of everything that a device says with these messages."""
    decoder = MidiDecoder("pad")
    return [(control.kind, control.number, control.channel, value)
            for message in messages for control, value in decoder.feed(message)]


@pytest.mark.parametrize(("message", "said"), [
    ((0xB0, 40, 127), ("cc", 40, 1, 127)),
    ((0x9F, 60, 100), ("note", 60, 16, 100)),
    ((0x9F, 60, 0), ("note", 60, 16, 0)),
    ((0x80, 60, 64), ("note", 60, 1, 0)),
    ((0xE1, 0x7F, 0x7F), ("bend", ANY, 2, 16383)),
    ((0xE1, 0, 0x40), ("bend", ANY, 2, 8192)),
    ((0xC2, 5), ("program", ANY, 3, 5)),
    ((0xD2, 70), ("pressure", ANY, 3, 70)),
    ((0xA2, 61, 70), ("keypressure", 61, 3, 70)),
])
def test_each_message_is_a_control_and_a_value(message: tuple[int, ...], said: tuple[str, int, int, int]) -> None:
    assert heard(message) == [said]


@pytest.mark.parametrize("message", [(), (0xB0,), (0xB0, 7), (0xF8,), (0xF0, 1, 2, 0xF7), (7, 7, 7), (0xB0, 200, 1),
                                     (0xB0, 7, -1), (0xFF, 0, 0)])
def test_what_is_no_move_says_nothing(message: tuple[int, ...]) -> None:
    assert heard(message) == []


@given(st.lists(st.lists(st.integers(-5, 300), max_size=5), max_size=40))
def test_no_bytes_break_the_decoder_and_no_value_is_out_of_range(messages: list[list[int]]) -> None:
    decoder = MidiDecoder("pad")
    for message in messages:
        for control, value in decoder.feed(message):
            assert 0 <= value <= TOPS[control.kind]
            assert 1 <= control.channel <= 16


def test_two_controllers_make_one_of_fourteen_bits_and_neither_jumps() -> None:
    said = heard((0xB0, 7, 64), (0xB0, 39, 1), (0xB0, 7, 65), (0xB0, 39, 0), (0xB0, 39, 9))
    assert [value for kind, number, _, value in said if (kind, number) == ("cc14", 7)] == [
        64 << 7 | 1, 65 << 7, 65 << 7 | 9]


def test_a_fine_part_that_was_left_out_is_nought() -> None:
    said = heard((0xB0, 7, 64), (0xB0, 39, 1), (0xB0, 7, 70), (0xB0, 7, 71))
    assert [value for kind, *_, value in said if kind == "cc14"][-1] == 71 << 7


def test_a_controller_above_32_in_its_own_right_is_no_fine_part() -> None:
    assert heard((0xB0, 7, 64), (0xB0, 20, 3), (0xB0, 39, 1)) == [
        ("cc", 7, 1, 64), ("cc", 20, 1, 3), ("cc", 39, 1, 1)]


def test_an_nrpn_is_put_together_from_its_four_parts() -> None:
    parts = ((0xB0, 99, 2), (0xB0, 98, 3), (0xB0, 6, 100), (0xB0, 38, 5))
    said = heard(*parts, (0xB0, 6, 101), (0xB0, 38, 0), (0xB0, 96, 0), (0xB0, 97, 0), (0xB0, 97, 0))
    assert [(number, value) for kind, number, _, value in said if kind == "nrpn"] == [
        (2 << 7 | 3, value) for value in (100 << 7, 100 << 7 | 5, 101 << 7, (101 << 7) + 1, 101 << 7, (101 << 7) - 1)]


def test_after_an_rpn_data_is_nobodys() -> None:
    said = heard((0xB0, 99, 2), (0xB0, 98, 3), (0xB0, 101, 0), (0xB0, 100, 0), (0xB0, 6, 2))
    assert not any(kind == "nrpn" for kind, *_ in said)


@given(st.sampled_from(["cc", "cc14", "nrpn", "note", "bend", "keypressure", "program", "pressure"]),
       st.integers(0, 31), st.integers(1, 16), st.integers(0, 16383))
def test_what_a_control_is_told_is_what_it_would_have_said(kind: str, number: int, channel: int, raw: int) -> None:
    number = ANY if kind in ("bend", "program", "pressure") else number
    control = Control(kind, "pad", number, channel)
    value = raw % (TOPS[kind] + 1)
    decoder = MidiDecoder("pad")
    said = [reading for packet in midi_messages(control, value) for reading in decoder.feed(packet)]
    assert (control, value) in said


def test_a_value_beyond_the_ends_is_told_as_the_end() -> None:
    assert midi_messages(Control("cc", "pad", 7, 0), 900) == [bytes((0xB0, 7, 127))]


@pytest.mark.parametrize(("ports", "names"), [
    (["nanoKONTROL2:nanoKONTROL2 MIDI 1 20:0", "Midi Through:Midi Through Port-0 14:0"],
     ["nanoKONTROL2 MIDI 1", "Midi Through Port-0"]),
    (["nanoKONTROL2 0", "2- Launchpad Mini 1"], ["nanoKONTROL2", "Launchpad Mini"]),
    (["Launchpad Mini 2"], ["Launchpad Mini 2"]),
    (["X-TOUCH", "X-TOUCH", "X-TOUCH"], ["X-TOUCH", "X-TOUCH (2)", "X-TOUCH (3)"]),
    (["a:b 20:1"], ["a:b"]),
    (["  "], ["MIDI"]),
    ([], []),
])
def test_names_lose_what_changes_when_a_device_is_plugged_in_again(ports: list[str], names: list[str]) -> None:
    assert stable_names(ports) == names


@given(st.lists(st.text(max_size=12), max_size=6))
def test_every_port_has_a_name_of_its_own(ports: list[str]) -> None:
    names = stable_names(ports)
    assert len(names) == len(ports)
    assert all(names)


def test_a_port_is_found_by_its_name_or_by_a_beginning_that_is_clear() -> None:
    names = ["nanoKONTROL2 MIDI 1", "Launchpad A", "Launchpad B"]
    assert find_port("nanokontrol2", names) == "nanoKONTROL2 MIDI 1"
    assert find_port("Launchpad A", names) == "Launchpad A"
    assert find_port("Launchpad", names) is None
    assert find_port("", names) is None
