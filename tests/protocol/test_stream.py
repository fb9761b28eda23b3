"""The 60 Hz bundle: python-osc reads back what was put in."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_packet import OscPacket

from server.protocol.osc import Message, messages
from server.protocol.stream import StreamTemplate

numbers = st.floats(-1e6, 1e6, width=32)
players = st.tuples(st.integers(0, 2 ** 24 - 1), numbers, numbers, numbers)


@given(deck=st.integers(1, 16), tick=st.integers(0, 2 ** 24 - 1), three=st.tuples(players, players, players))
def test_an_independent_reader_sees_every_value(
        deck: int, tick: int, three: tuple[tuple[int, float, float, float], ...]) -> None:
    packet = StreamTemplate(deck).pack(tick, three)

    read = [(one.message.address, list(one.message.params)) for one in OscPacket(packet).messages]

    names = ("clip", "frame", "rate", "level")
    expected = [(f"/td/deck/{deck}/tick", [tick])]
    expected += [(f"/td/deck/{deck}/player/{p}/{name}", [value])  # type: ignore[list-item]
                 for p, player in enumerate(three) for name, value in zip(names, player, strict=True)]
    assert read == expected
    assert [(one.address, list(one.args)) for one in messages(packet) if isinstance(one, Message)] == expected


def test_its_size_never_changes_and_fits_one_datagram() -> None:
    template = StreamTemplate(1)
    empty = (0, 0.0, 0.0, 0.0)

    assert len(template.pack(0, (empty,) * 3)) == template.size == len(template.pack(9, ((7, 1.5, 30.0, 1.0),) * 3))
    assert template.size < 1400


def test_a_tick_is_an_int_and_a_frame_a_float() -> None:
    packet = StreamTemplate(2).pack(5, ((1, 2.0, 3.0, 4.0),) * 3)

    assert packet[16:20] == struct.pack(">i", 24)
    assert packet.count(b",i\0\0") == 4
    assert packet.count(b",f\0\0") == 9


def test_it_wants_three_players() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        StreamTemplate(1).pack(0, ((1, 2.0, 3.0, 4.0),) * 2)
