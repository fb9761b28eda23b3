"""Values of old settings files in the types they were meant to have, and back in the form they had.

Numbers, switches, lists and dictionaries are understood as such and as text ("30", "True", "[0.09]"). It knows no
setting.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from server.errors import InputError
from server.library.formats.key_frames import (
    KeyFrames,
    constant,
    format_key_frames,
    format_number,
    parse_key_frames,
)
from server.library.formats.python_literal import parse_literal
from server.library.formats.schedules import Schedule, format_schedule, parse_schedule, schedule
from server.library.paths import shortened

Kind = Literal["switch", "whole", "number", "text", "list", "mapping", "key frames", "schedule"]
_ON: Final = frozenset(("true", "yes", "on", "1"))
_OFF: Final = frozenset(("false", "no", "off", "0"))
_WHOLE: Final = re.compile(r"[+-]?\d{1,1000}")
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,1000}(?:\.\d{0,1000})?|\.\d{1,1000})(?:[eE][+-]?\d{1,4})?")
_EXACT: Final = 2.0**53


def read_typed(kind: Kind, given: object) -> Any:
    """Read one value into the type of its kind. Raises InputError, saying what stood there."""
    try:
        return _READERS[kind](given)
    except InputError as reason:
        raise InputError(f"{_quoted(given)} is no {kind}: {reason}") from None


def write_typed(value: Any, like: object = None) -> Any:
    """A value as JSON has it; as text where `like`, what stood there before, was a text."""
    if isinstance(value, KeyFrames):
        return value.keys[0][1] if value.constant and _is_number(like) else format_key_frames(value)
    if isinstance(value, Schedule):
        return format_schedule(value)
    plain = _plain(value)
    if not isinstance(like, str) or isinstance(plain, str):
        return plain
    return format_number(plain) if isinstance(plain, float) else str(plain)


def _switch(given: object) -> bool:
    word = str(given).strip().lower()
    if isinstance(given, (bool, int, str)) and word in _ON | _OFF:
        return word in _ON
    raise InputError("it is neither true nor false")


def _whole(given: object) -> int:
    number = _number(given)
    if isinstance(number, int):
        return number
    if not number.is_integer():
        raise InputError("it has a fraction")
    if abs(number) > _EXACT:
        raise InputError("its last digits were lost when it was written; write all of them")
    return int(number)


def _number(given: object) -> int | float:
    """Whole numbers stay whole, whatever their size: seeds have more digits than a float keeps."""
    if isinstance(given, str):
        text = given.strip()
        if _WHOLE.fullmatch(text):
            return int(text)
        if not _NUMBER.fullmatch(text):
            raise InputError("it is no number")
        given = float(text)
    if not _is_number(given):
        raise InputError("it is no number")
    number: int | float = given  # type: ignore[assignment]
    if isinstance(number, float) and not math.isfinite(number):
        raise InputError("no number is that large")
    return number


def _text(given: object) -> str:
    if isinstance(given, str):
        return given
    if given is None or isinstance(given, bool):
        return str(given)
    if _is_number(given):
        return repr(given)
    raise InputError("it is a collection")


def _list(given: object) -> tuple[Any, ...]:
    """A list, also as text with or without its brackets; a single value is a list of one."""
    if isinstance(given, str):
        text = given.strip()
        given = parse_literal(text if text[:1] in ("[", "(") and text else f"[{text}]")
    if isinstance(given, (list, tuple)):
        return tuple(_frozen(value) for value in given)
    if isinstance(given, Mapping) or given is None:
        raise InputError("lists are like [1, 2]")
    return (given,)


def _mapping(given: object) -> Mapping[str, Any]:
    if isinstance(given, str):
        given = parse_literal(given) if given.strip() else {}
    if not isinstance(given, Mapping):
        raise InputError('dictionaries are like {"0": 1}')
    return MappingProxyType({str(key): _frozen(value) for key, value in given.items()})


def _key_frames(given: object) -> KeyFrames:
    if isinstance(given, str):
        return parse_key_frames(given)
    return constant(float(number) if isinstance(number := _number(given), float) else number)


def _schedule(given: object) -> Schedule:
    if isinstance(given, str):
        return parse_schedule(given)
    if isinstance(given, (list, tuple)) and all(_is_number(value) for value in given):
        return schedule((value, 1) for value in given)
    raise InputError("schedules are like [20]*200+[8]*800")


def _is_number(given: object) -> bool:
    return isinstance(given, (int, float)) and not isinstance(given, bool)


def _frozen(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(_frozen(one) for one in value)
    if isinstance(value, Mapping):
        return MappingProxyType({str(key): _frozen(one) for key, one in value.items()})
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return value


def _quoted(given: object) -> str:
    return shortened(given if isinstance(given, str) else str(given), 40)


_READERS: Final[Mapping[Kind, Callable[[object], Any]]] = MappingProxyType({
    "switch": _switch,
    "whole": _whole,
    "number": _number,
    "text": _text,
    "list": _list,
    "mapping": _mapping,
    "key frames": _key_frames,
    "schedule": _schedule,
})
