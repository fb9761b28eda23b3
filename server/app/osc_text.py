"""OSC as people type and read it on a command line. Knows no server and no thread."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from server.errors import InputError
from server.protocol.endpoints import ALIASES, BY_ADDRESS, DECK
from server.protocol.osc import IMPULSE
from server.protocol.row import Arg, Row
from server.protocol.text import printable

OSC_PORT: Final = 7500
DECKS_MAX: Final = 8
"""A command line does not know how many decks the server has."""
_WORDS: Final = {"true": True, "false": False}


class Ramp(NamedTuple):
    """An argument that moves from one number to another."""

    start: float
    end: float

    def at(self, part: float) -> float:
        """Its value when `part` of the time is over, 0 to 1."""
        return self.end if part >= 1 else self.start + (self.end - self.start) * part


def parse_endpoint(text: str, port: int = OSC_PORT) -> tuple[str, int]:
    """`HOST:PORT`, `HOST` or `PORT` as a numeric address. Raises InputError."""
    host, colon, number = text.rpartition(":")
    if not colon:
        host, number = ("127.0.0.1", text) if text.isdigit() else (text, str(port))
    if not number.isascii() or not number.isdigit() or not 0 < int(number) < 65536:
        raise InputError(f"{text!r} is no place to send to; write HOST:PORT, for example 127.0.0.1:{port}")
    # Some systems try IPv6 first for this name, where nobody listens.
    host = "127.0.0.1" if host in ("localhost", "") else host
    try:
        found = socket.getaddrinfo(host, int(number), socket.AF_INET, socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise InputError(f"no computer is called {host!r}; write its address, for example 192.168.10.42") from None
    return str(found[0][4][0]), int(number)


def row_of(address: str) -> Row | None:
    """The row of the table that an address names, when it is plain to see."""
    words = ALIASES.get(address, address).split("/")
    if words[:2] == ["", "deck"] and len(words) > 3:
        words[2] = "{n}"
    if "mark" in words and words[-1] != "mark" and words[words.index("mark") + 1].isdigit():
        words[words.index("mark") + 1] = "{m}"
    known = "/".join(words)
    return BY_ADDRESS.get(known) or BY_ADDRESS.get(DECK + known)


def parse_arguments(address: str, words: Sequence[str]) -> list[Any]:
    """Numbers, true, false, ramps like `0..1` and texts; what the table says is a text stays one."""
    row = row_of(address)
    known: list[Arg | None] = list(row.args) if row else []
    known += [None] * len(words)
    return [_value(word, arg) for word, arg in zip(words, known, strict=False)]


def line(address: str, args: Sequence[Any]) -> str:
    """A message on one line."""
    return " ".join((printable(address), *(_written(value) for value in args)))


def _value(word: str, arg: Arg | None) -> Any:
    if arg is not None and arg.tag == "s" and not arg.choices:
        return word
    start, dots, end = word.partition("..")
    if dots:
        numbers = _number(start), _number(end)
        if numbers[0] is not None and numbers[1] is not None:
            return Ramp(float(numbers[0]), float(numbers[1]))
    number = _number(word)
    return _WORDS.get(word.lower(), word) if number is None else number


def _number(word: str) -> int | float | None:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return None


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.1f}" if value.is_integer() and abs(value) < 1e7 else f"{value:.7g}"
    if isinstance(value, str):
        return printable(value) if value and " " not in value else f'"{printable(value)}"'
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, tuple | list):
        return "[" + " ".join(map(_written, value)) + "]"
    return "nil" if value is None else "bang" if value is IMPULSE else printable(str(value))
