"""Bytes that are nearly right: real ones, changed where parsers trust them. Reproducible; it knows no format."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable, Sequence
from typing import Final

LONGEST: Final = 1 << 16
"""Bytes of a mutated input; what is made of long repetitions is the business of tests of their own."""
_EDGES: Final = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
                 (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
_LAYOUTS: Final = (">H", "<H", ">I", "<I", ">Q", "<Q")
_BYTES: Final = (0, 0xFF, 0x7F, 0x80, 0x0A, 0x22, 0x2C, 0x2F, 0x5B, 0x7B, 0xC0, 0xED)
_DIGITS: Final = re.compile(rb"-?\d+(?:\.\d+)?")
_NUMBERS: Final = (b"0", b"-1", b"1e999", b"NaN", b"-0", b"99999999999999999999999", b"1" * 5000, b"0x10", b"1.5",
                   "١٢".encode(), b"4294967296", b"-9223372036854775809", b"1_0", b"")
_TEXTS: Final = (b"\0", b"\r\n", b"\xef\xbb\xbf", b"\xed\xa0\x80", "\u2028\u202e".encode(), "ß🎬".encode(), b"\x1b[2J",
                 b"../", b"..\\", b"//h/s", b"C:", b"%00", b"http://", b"\\u0000", b'"' * 3, b"'", b"[" * 200,
                 b"{" * 200, b"null", b"true", b"Infinity", b"/" * 300, b"*" * 40, b"=" * 50)

Change = Callable[[random.Random, bytearray, Sequence[bytes]], None]


class Mutator:
    """Makes inputs from a corpus; `words` are what the format gives a meaning to. Same seed, same inputs."""

    def __init__(self, seed: int, corpus: Sequence[bytes], words: Sequence[bytes] = ()) -> None:
        self._chance = random.Random(seed)
        self._corpus = list(corpus)
        self._words = [*words, *_TEXTS]

    def keep(self, data: bytes) -> None:
        """Mutate this one too, from now on."""
        self._corpus.append(data)

    def next(self) -> bytes:
        """The next input."""
        chance = self._chance
        data = bytearray(chance.choice(self._corpus))
        if chance.random() < 0.08:
            other = chance.choice(self._corpus)
            data[chance.randrange(len(data) + 1):] = other[chance.randrange(len(other) + 1):]
        for _ in range(min(chance.choice((1, 1, 1, 2, 2, 3, 4, 8, 16)), 16)):
            chance.choice(_CHANGES)(chance, data, self._words)
        return bytes(data[:LONGEST])


def _flip(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _byte(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.choice((*_BYTES, chance.randrange(256)))


def _cut(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = chance.randrange(len(data) + 1)
    del data[at:at + chance.choice((1, 1, 2, 4, 8, 64, len(data)))]


def _double(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    at, size = chance.randrange(len(data) + 1), chance.choice((1, 2, 4, 8, 16, 64, 512))
    data[at:at] = data[at:at + size] * chance.choice((1, 1, 2, 50))


def _move(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    at, size = chance.randrange(len(data) + 1), chance.choice((1, 4, 8, 32))
    piece = data[at:at + size]
    del data[at:at + size]
    to = chance.randrange(len(data) + 1)
    data[to:to] = piece


def _word(chance: random.Random, data: bytearray, words: Sequence[bytes]) -> None:
    at, word = chance.randrange(len(data) + 1), chance.choice(words)
    data[at:at + (len(word) if chance.random() < 0.5 else 0)] = word


def _noise(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = chance.randrange(len(data) + 1)
    data[at:at] = chance.randbytes(chance.randint(1, 8))


def _edge(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    """A number that something is bound to be compared with, in the place of one that stands there."""
    layout = chance.choice(_LAYOUTS)
    size = struct.calcsize(layout)
    if len(data) >= size:
        at = chance.randrange(len(data) - size + 1)
        old = struct.unpack_from(layout, data, at)[0]
        new = chance.choice((chance.choice(_EDGES), old + 1, old - 1, old * 2, len(data)))
        struct.pack_into(layout, data, at, new % (1 << 8 * size))


def _number(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    """Another number in the place of one that is written out."""
    found = [match.span() for match in _DIGITS.finditer(data, 0, 20_000)]
    if found:
        start, end = chance.choice(found)
        data[start:end] = chance.choice(_NUMBERS)


_CHANGES: Final[tuple[Change, ...]] = (_flip, _byte, _cut, _double, _move, _word, _word, _noise, _edge, _number)
