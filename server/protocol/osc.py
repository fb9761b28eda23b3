"""OSC 1.0 and 1.1 bytes to messages, for bytes of any origin: every input gives messages or reasons.

Never raises, never recurses, uses no regular expression, and knows no address of ours.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from server.protocol.text import printable

ADDRESS_MAX: Final = 255
TAGS_MAX: Final = 256
DEPTH_MAX: Final = 8
"""Bundles in bundles, and arrays in arrays."""
IMMEDIATELY: Final = 1
"""The time tag that means now."""
_BUNDLE: Final = b"#bundle\0"
_INT: Final = struct.Struct(">i")
_TIME: Final = struct.Struct(">Q")


class Impulse:
    """The value of tag `I`: a bang."""

    def __repr__(self) -> str:
        return "impulse"


IMPULSE: Final = Impulse()


class Message(NamedTuple):
    """One message; `tags` is None when an old sender left the type tags out (then `rest` holds the data)."""

    address: str
    tags: str | None
    args: tuple[Any, ...]
    rest: bytes = b""


class Reject(NamedTuple):
    """Bytes that are no OSC, and one line that says why."""

    reason: str
    address: str = ""


class Element(NamedTuple):
    """The bytes of one message and the NTP time tag of its bundle."""

    data: bytes
    time: int


def messages(packet: bytes) -> Iterator[Message | Reject]:
    """Every message of a packet in order, and a reason for every part that is none."""
    for element in elements(packet):
        yield element if isinstance(element, Reject) else message(element.data)


def elements(packet: bytes) -> Iterator[Element | Reject]:
    """Take bundles apart. A part that lies about its size ends its bundle: the rest cannot be trusted."""
    if not packet.startswith(_BUNDLE):
        yield Element(packet, IMMEDIATELY)
        return
    if len(packet) < 16:
        yield Reject("a bundle without a time tag")
        return
    open_bundles = [[16, len(packet), _TIME.unpack_from(packet, 8)[0]]]
    while open_bundles:
        at, end, time = bundle = open_bundles[-1]
        if at >= end:
            open_bundles.pop()
            continue
        size = _INT.unpack_from(packet, at)[0] if end - at >= 4 else -1
        if size < 4 or size % 4 or size > end - at - 4:
            yield Reject(f"a bundle says that its next part has {size} bytes; {end - at} are left")
            open_bundles.pop()
            continue
        start = at + 4
        bundle[0] = start + size
        if not packet.startswith(_BUNDLE, start):
            yield Element(packet[start:start + size], time)
        elif size < 16:
            yield Reject("a bundle without a time tag")
        elif len(open_bundles) == DEPTH_MAX:
            yield Reject(f"more than {DEPTH_MAX} bundles inside one another")
        else:
            # The specification wants an inner time at or after the outer one; an earlier one is the outer one.
            open_bundles.append([start + 16, start + size, max(time, _TIME.unpack_from(packet, start + 8)[0])])


def message(data: bytes) -> Message | Reject:
    """Parse one message."""
    if not data.startswith(b"/"):
        begin = data[:8].decode("latin-1")
        return Reject(f"{len(data)} bytes that are no OSC: they begin with {begin!r}, not with /" if data
                      else "an empty packet")
    if len(data) % 4:
        return Reject(f"{len(data)} bytes are no OSC packet: its length is a multiple of four")
    null = data.find(b"\0")
    if not 0 < null <= ADDRESS_MAX:
        return Reject(f"an address that does not end within {ADDRESS_MAX} bytes")
    try:
        address = data[:null].decode()
    except UnicodeDecodeError:
        return Reject("an address that is not UTF-8", printable(data[:null].decode("latin-1")))
    at = (null + 4) & -4
    if at == len(data):
        return Message(address, "", ())
    if data[at] != 0x2C:
        return Message(address, None, (), data[at:])
    null = data.find(b"\0", at)
    if null < 0 or null - at > TAGS_MAX:
        return Reject(f"type tags that do not end, or more than {TAGS_MAX} arguments", address)
    tags = data[at + 1:null].decode("latin-1")
    arguments = _arguments(data, tags, (null + 4) & -4)
    return Reject(arguments, address) if isinstance(arguments, str) else Message(address, tags, arguments)


def _arguments(data: bytes, tags: str, at: int) -> tuple[Any, ...] | str:
    """The values, or a line that says what is wrong."""
    values: list[Any] = []
    arrays: list[list[Any]] = []
    for number, tag in enumerate(tags, 1):
        read = _READ.get(tag)
        try:
            if read is not None:
                value, at = read(data, at)
                values.append(value)
            elif tag == "[" and len(arrays) < DEPTH_MAX:
                arrays.append(values)
                values = []
            elif tag == "]" and arrays:
                arrays[-1].append(values)
                values = arrays.pop()
            else:
                return f"type tag {printable(tag)!r} (argument {number}) is unknown or out of place"
        except struct.error:
            return f"the message ends inside argument {number} (type {tag})"
        except ValueError as problem:
            return f"argument {number} (type {tag}) {_why(problem)}"
    if arrays:
        return "an array that does not end"
    if data[at:].strip(b"\0"):
        return f"{len(data) - at} bytes more than the type tags {printable(tags)!r} say"
    return tuple(values)


def _why(problem: ValueError) -> str:
    return "is not UTF-8" if isinstance(problem, UnicodeDecodeError) else str(problem)


Read = Callable[[bytes, int], tuple[Any, int]]


def _plain(layout: str) -> Read:
    shape = struct.Struct(layout)

    def read(data: bytes, at: int) -> tuple[Any, int]:
        return shape.unpack_from(data, at)[0], at + shape.size
    return read


def _constant(value: object) -> Read:
    return lambda _data, at: (value, at)


def _string(data: bytes, at: int) -> tuple[str, int]:
    null = data.find(b"\0", at)
    if null < 0:
        raise ValueError("does not end")
    return data[at:null].decode(), (null + 4) & -4


def _blob(data: bytes, at: int) -> tuple[bytes, int]:
    size = _INT.unpack_from(data, at)[0]
    start = at + 4
    if not 0 <= size <= len(data) - start:
        raise ValueError(f"says that it has {size} bytes; {len(data) - start} are left")
    return data[start:start + size], (start + size + 3) & -4


def _character(data: bytes, at: int) -> tuple[str, int]:
    code = _INT.unpack_from(data, at)[0]
    if not 0 <= code < 0x110000:
        raise ValueError(f"{code} is no character")
    return chr(code), at + 4


_READ: Final[dict[str, Read]] = {
    "i": _plain(">i"), "f": _plain(">f"), "h": _plain(">q"), "d": _plain(">d"), "t": _plain(">Q"),
    "r": _plain(">I"), "m": _plain(">4s"), "s": _string, "S": _string, "b": _blob, "c": _character,
    "T": _constant(True), "F": _constant(False), "N": _constant(None), "I": _constant(IMPULSE),
}
