"""The keys of a mapping in a file, and what each takes. One key at a time; what fits together is checked elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from server.errors import InputError
from server.protocol.controllers.control import read_midi
from server.protocol.controllers.curves import CURVES
from server.protocol.controllers.encoders import ENCODERS
from server.protocol.controllers.mapping import BUTTONS, GRIDS
from server.protocol.text import printable

NAME_MAX: Final = 64
STEPS_MAX: Final = 1024
_ADDRESS_MAX: Final = 255


def suggestion(word: object, known: Iterable[str]) -> str:
    """`; did you mean 'row'?`, or nothing."""
    text, names = str(word).lower(), list(known)
    near = get_close_matches(text, names, n=1) or [name for name in names if text and name.startswith(text)][:1]
    return f"; did you mean {near[0]!r}?" if near else ""


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _ADDRESS_MAX or not value.isprintable():
        raise InputError(f"is a text on one line, not {_shown(value)}")
    return value.strip()


def _name(value: object) -> str:
    text = _text(value)
    if len(text) > NAME_MAX:
        raise InputError(f"has at most {NAME_MAX} characters, not {len(text)}")
    return text


def _address(value: object) -> str:
    text = _text(value)
    if not text.startswith("/") or set(text) & set("*?[]{}"):
        raise InputError(f"is an OSC address such as '/1/fader1', not {_shown(value)}")
    return text


def _number(value: object) -> float:
    try:
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.inf  # a whole number of a file has any number of digits
    if not math.isfinite(number):
        raise InputError(f"is a number, not {_shown(value)}")
    return number


def _whole(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise InputError(f"is a whole number, {low} to {high}, not {_shown(value)}")
        return value
    return read


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"is true or false, not {_shown(value)}")
    return value


def _choice(choices: Iterable[str]) -> Callable[[object], str]:
    known = tuple(choices)

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise InputError(f"is {', '.join(known[:-1])} or {known[-1]}, not {_shown(value)}"
                             f"{suggestion(value, known)}")
        return value
    return read


def _pair(value: object) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise InputError(f"is two numbers such as [0, 1], not {_shown(value)}")
    low, high = _number(value[0]), _number(value[1])
    if not math.isfinite(high - low):
        raise InputError(f"is two numbers that lie nearer to each other, not {_shown(value)}")
    return low, high


def _source(value: object) -> tuple[float, float]:
    low, high = _pair(value)
    if low == high:
        raise InputError("is two different numbers: what the control says at its ends")
    return low, high


def _values(value: object) -> tuple[Any, ...]:
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not values or any(not isinstance(one, bool | int | float | str) for one in values):
        raise InputError(f"is a text, a number, true or false, or a list of them, not {_shown(value)}")
    return values


def _midi(value: object) -> str:
    text = _text(value)
    try:
        read_midi(text)
    except InputError as error:
        raise InputError(f"is such as 'cc 7': {error}") from None
    return text


def _feedback(value: object) -> bool | str:
    return value if isinstance(value, bool) else _text(value)


def _device(value: object) -> str:
    return "" if value == "" else _text(value)


def _step(value: object) -> float:
    step = _number(value)
    if step == 0:
        raise InputError("is not 0: nothing would happen")
    return step


KEYS: Final[Mapping[str, Callable[[object], Any]]] = MappingProxyType({
    "name": _name,
    "osc": _address, "argument": _whole(1, 64),
    "device": _device, "channel": _whole(0, 16), "midi": _midi,
    "row": _text, "value": _values,
    "from": _source, "range": _pair, "curve": _choice(CURVES), "invert": _switch, "steps": _whole(0, STEPS_MAX),
    "button": _choice(BUTTONS), "encoder": _choice(ENCODERS), "step": _step,
    "pickup": _switch, "quantise": _choice(GRIDS), "feedback": _feedback,
})
"""What may stand in a `[[mapping]]`, in the order in which it is written."""


def endpoint(text: str) -> tuple[str, int]:
    """Host and port of `192.168.1.20:9000`. Raises InputError; names are not looked up, that would wait."""
    host, _, port = text.rpartition(":")
    parts = host.split(".")
    if (len(parts) != 4 or not all(part.isdecimal() and len(part) < 4 and int(part) < 256 for part in parts)
            or not port.isdecimal() or len(port) > 5 or not 0 < int(port) < 65536):
        raise InputError(f"is an address with its port such as '192.168.1.20:9000', not {_shown(text)}")
    return host, int(port)


def _shown(value: object) -> str:
    return printable(repr(value), 60)
