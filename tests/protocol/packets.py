"""OSC bytes built by hand, independent of any codec, and strategies for values and packets."""

from __future__ import annotations

import random
import struct
from typing import Any

from hypothesis import strategies as st

OTHER = "/outside/of/the/table"


def padded(text: bytes) -> bytes:
    return text + b"\0" * (4 - len(text) % 4)


def raw(address: str, tags: str, data: bytes = b"") -> bytes:
    """A message from its parts; `data` as it is to be."""
    return padded(address.encode()) + padded(b"," + tags.encode()) + data


def floats(address: str, *values: float) -> bytes:
    return raw(address, "f" * len(values), struct.pack(f">{len(values)}f", *values))


def doubles(address: str, *values: float) -> bytes:
    return raw(address, "d" * len(values), struct.pack(f">{len(values)}d", *values))


def ints(address: str, *values: int) -> bytes:
    return raw(address, "i" * len(values), struct.pack(f">{len(values)}i", *values))


def texts(address: str, *values: str) -> bytes:
    return raw(address, "s" * len(values), b"".join(padded(value.encode()) for value in values))


def bundle(*elements: bytes, time: int = 1) -> bytes:
    return b"#bundle\0" + struct.pack(">Q", time) + b"".join(struct.pack(">i", len(one)) + one for one in elements)


def nested(depth: int, inner: bytes) -> bytes:
    for _ in range(depth):
        inner = bundle(inner)
    return inner


# What python-osc can build: no NUL, no half of a surrogate pair, no empty blob.
words = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
addresses = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="/_-.%"),
                    min_size=1, max_size=30).map(lambda text: "/" + text)
values: st.SearchStrategy[Any] = st.one_of(
    st.integers(-2 ** 31, 2 ** 31 - 1), st.integers(-2 ** 63, 2 ** 63 - 1),
    st.floats(width=32, allow_nan=False), words, st.binary(min_size=1, max_size=20), st.booleans(), st.none())
argument_lists = st.recursive(st.lists(values, max_size=5), lambda inner: st.lists(values | inner, max_size=4),
                              max_leaves=8)


@st.composite
def mutated(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A well-formed packet with some bytes changed, cut out, doubled or put in."""
    packet = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(packet) - 1, 0)))
        span = draw(st.integers(0, 8))
        how = draw(st.sampled_from(("change", "cut", "double", "put")))
        if how == "change" and packet:
            packet[at] = draw(st.integers(0, 255))
        elif how == "cut":
            del packet[at:at + span]
        elif how == "double":
            packet[at:at] = packet[at:at + span]
        else:
            packet[at:at] = draw(st.binary(max_size=8))
    return bytes(packet)


def mutate(chance: random.Random, packet: bytes) -> bytes:
    """The same without Hypothesis, for a hundred times as many."""
    changed = bytearray(packet)
    for _ in range(chance.randint(1, 6)):
        at, span = chance.randrange(len(changed) + 1), chance.randint(0, 8)
        how = chance.randrange(4)
        if how == 0 and at < len(changed):
            changed[at] = chance.choice((0, 0xFF, 0x7F, 0x80, 0x2C, 0x2F, 0x2A, chance.randrange(256)))
        elif how == 1:
            del changed[at:at + span]
        elif how == 2:
            changed[at:at] = changed[at:at + span]
        else:
            changed[at:at] = chance.randbytes(span)
    return bytes(changed)
