"""Values to OSC bytes, built by python-osc."""

from __future__ import annotations

from typing import Final

from pythonosc.osc_message_builder import OscMessageBuilder

from server.errors import InputError
from server.protocol.text import printable

Value = str | int | float | bool | bytes | None
_FLOAT_MAX: Final = (2 - 2 ** -23) * 2.0 ** 127


def message(address: str, *args: Value, double: bool = False) -> bytes:
    """One message; ints beyond 32 bits go as `h`, booleans as `T` and `F`, floats as `f` or with `double` as `d`.

    Raises InputError for what OSC cannot carry: an int beyond 64 bits, a float beyond 32, a text with a NUL.
    """
    _check_text(address)
    if not address:
        raise InputError("an address is empty; it begins with /")
    builder = OscMessageBuilder(address)
    for value in args:
        builder.add_arg(value, _tag(value, double))
    return bytes(builder.build().dgram)


def _tag(value: object, double: bool) -> str:
    if value is None:
        return "N"
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, int):
        if not -1 << 63 <= value < 1 << 63:
            raise InputError(f"{value} does not fit into 64 bits; send it as text")
        return "i" if -1 << 31 <= value < 1 << 31 else "h"
    if isinstance(value, float):
        if not double and _FLOAT_MAX < abs(value) < float("inf"):
            raise InputError(f"{value} does not fit into 32 bits; send it as text")
        return "d" if double else "f"
    if isinstance(value, str):
        _check_text(value)
        return "s"
    if isinstance(value, bytes) and value:
        return "b"
    raise InputError(f"{printable(repr(value), 80)} cannot be sent; OSC takes numbers, texts, blobs, true and false")


def _check_text(text: str) -> None:
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise InputError(f"{printable(text, 80)!r} holds characters that OSC cannot carry")
