"""The OSC parser: golden vectors, every malformed class, totality, and agreement with python-osc."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packets import addresses, argument_lists, bundle, ints, mutated, nested, padded, raw, texts
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from server.protocol.osc import DEPTH_MAX, IMPULSE, Element, Message, Reject, elements, message, messages

GOLDEN = [
    # the two examples of the OSC 1.0 specification
    (bytes.fromhex("2f6f7363696c6c61746f722f342f6672657175656e637900 2c660000 43dc0000"),
     Message("/oscillator/4/frequency", "f", (440.0,))),
    (bytes.fromhex("2f666f6f00000000 2c69697366660000 000003e8 ffffffff 68656c6c6f000000 3f9df3b6 40b5b22d"),
     Message("/foo", "iisff", (1000, -1, "hello", struct.unpack(">f", bytes.fromhex("3f9df3b6"))[0],
                               struct.unpack(">f", bytes.fromhex("40b5b22d"))[0]))),
    (b"/a\0\0", Message("/a", "", ())),
    (b"/a\0\0,\0\0\0", Message("/a", "", ())),
    (b"/a\0\0\0\0\0\x05", Message("/a", None, (), b"\0\0\0\x05")),
    (raw("/a", "TFNI"), Message("/a", "TFNI", (True, False, None, IMPULSE))),
    (raw("/a", "hd", struct.pack(">qd", 2 ** 62, 0.1)), Message("/a", "hd", (2 ** 62, 0.1))),
    (raw("/a", "trmc", struct.pack(">QI4si", 2 ** 63, 0xFF8800FF, b"\0\x90\x40\x7f", 0x1F3AC)),
     Message("/a", "trmc", (2 ** 63, 0xFF8800FF, b"\0\x90\x40\x7f", "🎬"))),
    (raw("/a", "Sb", padded(b"symbol") + struct.pack(">i", 3) + b"abc\0"), Message("/a", "Sb", ("symbol", b"abc"))),
    (raw("/a", "b", struct.pack(">i", 0)), Message("/a", "b", (b"",))),
    (raw("/a", "i[ff[s]]i", struct.pack(">iff", 1, 2, 3) + padded(b"x") + struct.pack(">i", 4)),
     Message("/a", "i[ff[s]]i", (1, [2.0, 3.0, ["x"]], 4))),
    (raw("/ä/🎬", "s", padded("Bühne".encode())), Message("/ä/🎬", "s", ("Bühne",))),
    (texts("/a", "") + b"\0\0\0\0", Message("/a", "s", ("",))),
]


@pytest.mark.parametrize(("packet", "expected"), GOLDEN)
def test_golden_vectors(packet: bytes, expected: Message) -> None:
    assert list(messages(packet)) == [expected]


MALFORMED = [
    (b"", "an empty packet"),
    (b"GET / HTTP/1.1\r\n", "begin with 'GET / HT', not with /"),
    (b"\0\0\0\0", "no OSC"),
    (b"/a\0", "a multiple of four"),
    (b"/abc", "an address that does not end"),
    (b"/" + b"a" * 255 + padded(b""), "does not end within 255 bytes"),
    (b"/\xff\xfe\0", "not UTF-8"),
    (b"/a\0\0,iii", "type tags that do not end"),
    (raw("/a", "i" * 300, bytes(1200)), "more than 256 arguments"),
    (raw("/a", "i"), "ends inside argument 1 (type i)"),
    (raw("/a", "ih", bytes(8)), "ends inside argument 2 (type h)"),
    (raw("/a", "s", b"abcd"), "argument 1 (type s) does not end"),
    (raw("/a", "s", b"\xff\xff\0\0"), "argument 1 (type s) is not UTF-8"),
    (raw("/a", "b", struct.pack(">i", -1)), "says that it has -1 bytes; 0 are left"),
    (raw("/a", "b", struct.pack(">i", 2 ** 31 - 1)), "says that it has 2147483647 bytes"),
    (raw("/a", "c", struct.pack(">i", -5)), "-5 is no character"),
    (raw("/a", "x"), "type tag 'x' (argument 1) is unknown"),
    (raw("/a", "]"), "out of place"),
    (raw("/a", "[i", bytes(4)), "an array that does not end"),
    (raw("/a", "[" * 40), "type tag '[' (argument 9)"),
    (ints("/a", 1) + b"\0\0\0\1", "4 bytes more than the type tags 'i' say"),
    (b"#bundle\0", "a bundle without a time tag"),
    (bundle() + b"\0\0", "its next part has -1 bytes; 2 are left"),
    (bundle() + struct.pack(">i", -4), "has -4 bytes"),
    (bundle() + struct.pack(">i", 0), "has 0 bytes"),
    (bundle() + struct.pack(">i", 6) + bytes(8), "has 6 bytes"),
    (bundle() + struct.pack(">i", 2 ** 31 - 1), "has 2147483647 bytes; 4 are left"),
    (bundle(b"#bundle\0"), "a bundle without a time tag"),
    (nested(DEPTH_MAX + 1, b"/a\0\0"), "more than 8 bundles inside one another"),
    (nested(600, b"/a\0\0"), "more than 8 bundles inside one another"),
]


@pytest.mark.parametrize(("packet", "reason"), MALFORMED)
def test_every_malformed_class_is_told_in_one_line(packet: bytes, reason: str) -> None:
    rejects = [one for one in messages(packet) if isinstance(one, Reject)]

    assert len(rejects) == 1
    assert reason in rejects[0].reason
    assert rejects[0].reason.isprintable()


def test_the_rest_of_a_packet_survives_a_bad_part() -> None:
    good = Message("/a", "", ())
    packet = bundle(b"/a\0\0", b"nonsense", bundle(b"/a\0\0", b"/a\0\0" + b"x" * 4), b"/a\0\0")

    assert [one for one in messages(packet) if isinstance(one, Message)] == [good, good,
                                                                             Message("/a", None, (), b"xxxx"),
                                                                            good]
    assert sum(isinstance(one, Reject) for one in messages(packet)) == 1


def test_bundles_as_deep_as_allowed_are_read() -> None:
    assert list(messages(nested(DEPTH_MAX, b"/a\0\0"))) == [Message("/a", "", ())]


def test_an_inner_bundle_is_not_earlier_than_the_outer() -> None:
    packet = bundle(b"/a\0\0", bundle(b"/b\0\0", time=1), bundle(b"/c\0\0", time=9 << 32), time=7 << 32)

    assert [one.time >> 32 for one in elements(packet) if isinstance(one, Element)] == [7, 7, 9]


def test_control_characters_of_strangers_are_escaped() -> None:
    reject = message(b"\x1b[2J\r\n\x07x")

    assert isinstance(reject, Reject)
    assert "\\x1b[2J\\r\\n\\x07x" in reject.reason


@given(packet=st.binary(max_size=200))
def test_any_bytes_give_messages_or_reasons(packet: bytes) -> None:
    assert all(isinstance(one, Message | Reject) for one in messages(packet))


SEEDS = [vector for vector, _ in GOLDEN] + [packet for packet, _ in MALFORMED if len(packet) < 1000] + [
    bundle(*(vector for vector, _ in GOLDEN)), nested(6, bundle(ints("/a", 1), texts("/b", "x")))]


@given(packet=mutated(SEEDS))
def test_mutated_packets_give_messages_or_reasons(packet: bytes) -> None:
    assert all(isinstance(one, Message | Reject) for one in messages(packet))


@given(address=addresses, args=argument_lists)
def test_what_python_osc_builds_is_read_the_same(address: str, args: list[Any]) -> None:
    builder = OscMessageBuilder(address)
    for value in args:
        builder.add_arg(value)

    ours = message(builder.build().dgram)

    assert isinstance(ours, Message)
    assert ours.address == address
    assert _plain(ours.args) == _plain(args)


@given(packet=mutated(SEEDS))
def test_where_both_read_a_message_they_read_the_same(packet: bytes) -> None:
    """python-osc takes more than we do; what both take is the same."""
    ours = message(packet)
    if not isinstance(ours, Message) or not ours.tags or set(ours.tags) & set("SctIm"):
        return  # types that python-osc does not know, or reads as something else
    try:
        theirs = OscMessage(packet)
    except Exception:  # noqa: BLE001  it raises whatever the bytes lead to
        return

    assert ours.address == theirs.address
    assert _plain(ours.args) == _plain(theirs.params)


@given(st.lists(st.tuples(addresses, st.integers(-9, 9)), min_size=1, max_size=5))
def test_bundles_are_read_like_python_osc_reads_them(parts: list[tuple[str, int]]) -> None:
    packet = bundle(*(ints(address, value) for address, value in parts))

    theirs = [(one.message.address, tuple(one.message.params)) for one in OscPacket(packet).messages]

    assert [(one.address, one.args) for one in messages(packet) if isinstance(one, Message)] == theirs


def _plain(value: Any) -> Any:
    """Equal where the bytes were: NaN to NaN, lists to tuples."""
    if isinstance(value, list | tuple):
        return tuple(_plain(one) for one in value)
    return "nan" if isinstance(value, float) and math.isnan(value) else value
