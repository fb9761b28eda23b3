"""Foreign values to the values a row promises: coerced where the meaning is plain, else refused with a reason.

Pure; knows the rows, not what they do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from server.errors import InputError, OutOfRange
from server.protocol.osc import IMPULSE
from server.protocol.row import Arg, Row
from server.protocol.text import printable
from server.units import shown

TEXT_MAX: Final = 1024
"""Bytes of a text argument."""
NUMERAL_MAX: Final = 64
HUGE: Final = 2.0 ** 53
"""Beyond this neighbouring integers are one float: nobody means such a number."""
_ON: Final = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False, "no": False}

Coerce = Callable[[Any], Any]


class Coercer:
    """What `args` of one row become. Raises InputError or OutOfRange, without the address."""

    __slots__ = ("defaults", "only", "required", "row", "steps")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.required = row.required
        self.steps: tuple[Coerce, ...] = tuple(_coerce(arg, row.continuous) for arg in row.args)
        self.defaults = tuple(arg.default for arg in row.args)
        self.only = self.steps[0] if len(self.steps) == 1 and not row.trigger else None

    def __call__(self, args: Sequence[Any]) -> tuple[Any, ...] | None:
        """One value for every argument of the row; None for a button that was let go."""
        if self.only is not None and len(args) == 1 and args[0].__class__ in (float, int):
            return (self.only(args[0]),)
        if self.row.trigger:
            return () if _pressed(args) else None
        if self.required == 0 and len(args) == 1 and (args[0] is None or args[0] is IMPULSE):
            args = ()
        if not self.required <= len(args) <= len(self.steps):
            raise InputError(f"takes {_count(self.required, len(self.steps))}, not {len(args)}")
        values = tuple(step(value) for step, value in zip(self.steps, args, strict=False))
        return values + self.defaults[len(values):]


def amount(value: object) -> float:
    """The number of a relative change: finite, else unlimited."""
    return _number(Arg("the change", "f"), value)


def show(value: object) -> str:
    """A value as people write it, on one line."""
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, bytes):
        return f"{len(value)} bytes of data"
    return printable(repr(value), 80)


def _pressed(args: Sequence[Any]) -> bool:
    if not args or (len(args) == 1 and (args[0] is None or args[0] is IMPULSE)):
        return True
    if len(args) > 1 or not isinstance(args[0], int | float | str):
        raise InputError(f"takes no argument, not {len(args) if len(args) > 1 else show(args[0])}")
    value = _number(Arg("a button", "f", 0, 1), args[0])
    # A controller's fader or button sends 0.0 on release, and anything in between while it moves.
    return value == 1.0 if isinstance(value, float) else value != 0


def _coerce(arg: Arg, continuous: bool) -> Coerce:
    if arg.choices:
        return lambda value: _choice(arg, value)
    if arg.tag in "ih":
        return _integer(arg)
    if arg.tag == "f":
        return _fader(arg) if continuous else _real(arg)
    return {"s": _text, "T": _switch, "b": _blob}[arg.tag](arg)


def _real(arg: Arg) -> Coerce:
    low, high = _bounds(arg)

    def coerce(value: Any) -> float:
        if value.__class__ is float and low <= value <= high:
            return value
        number = float(_number(arg, value))
        if not low <= number <= high:
            raise _outside(arg, number)
        return number
    return coerce


def _fader(arg: Arg) -> Coerce:
    low, high = _bounds(arg)
    span = high - low

    def coerce(value: Any) -> float:
        if value.__class__ is float and low <= value <= high:
            return value
        number = float(_number(arg, value))
        if not low - span <= number <= high + span:
            raise _outside(arg, number)
        return min(max(number, low), high)
    return coerce


def _integer(arg: Arg) -> Coerce:
    low, high = _bounds(arg)

    def coerce(value: Any) -> int:
        number = value if value.__class__ is int else _number(arg, value)
        if not low <= number <= high:
            raise _outside(arg, number)
        return number if number.__class__ is int else shown(number)
    return coerce


def _text(arg: Arg) -> Coerce:
    def coerce(value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise InputError(f"{arg.name} is a text, not {show(value)}")
        if len(value) * 4 > TEXT_MAX and len(value.encode("utf-8", "replace")) > TEXT_MAX:
            raise InputError(f"{arg.name} has at most {TEXT_MAX} bytes, not {len(value.encode('utf-8', 'replace'))}")
        return printable(value, TEXT_MAX)
    return coerce


def _switch(arg: Arg) -> Coerce:
    def coerce(value: Any) -> bool:
        if isinstance(value, str):
            known = _ON.get(value.lower())
            if known is not None:
                return known
        if not isinstance(value, int | float) or math.isnan(value):
            raise InputError(f"{arg.name} is 1 or 0, true or false, not {show(value)}")
        return value >= 0.5 if isinstance(value, float) else value != 0
    return coerce


def _blob(arg: Arg) -> Coerce:
    def coerce(value: Any) -> bytes:
        if not isinstance(value, bytes):
            raise InputError(f"{arg.name} is a blob, not {show(value)}")
        return value
    return coerce


def _choice(arg: Arg, value: Any) -> str:
    assert arg.choices
    if isinstance(value, bool) and arg.switch:
        return arg.switch[value]
    if isinstance(value, str):
        for choice in arg.choices:
            if value.lower() == choice:
                return choice
    elif not isinstance(value, bool) and value in range(len(arg.choices)):
        return arg.choices[int(value)]
    raise OutOfRange(f"{arg.name} is {arg.limits()}, or a number from 0 to {len(arg.choices) - 1}, not {show(value)}")


def _number(arg: Arg, value: object) -> int | float:
    """An int or float that is finite and not absurd, from a number, a boolean or a numeral."""
    if isinstance(value, str):
        value = _numeral(arg, value)
    if not isinstance(value, int | float):
        raise InputError(f"{arg.name} is a number, not {show(value)}")
    if not -HUGE < value < HUGE:
        limits = arg.limits()
        raise OutOfRange(f"{arg.name} is a number{' from ' + limits if limits else ''}, not {show(value)}")
    return int(value) if isinstance(value, bool) else value


def _numeral(arg: Arg, text: str) -> int | float:
    if len(text) <= NUMERAL_MAX:
        for kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                continue
    raise InputError(f"{arg.name} is a number, not {show(text)}")


def _bounds(arg: Arg) -> tuple[float, float]:
    return (-HUGE if arg.low is None else float(arg.low)), (HUGE if arg.high is None else float(arg.high))


def _outside(arg: Arg, value: float) -> OutOfRange:
    return OutOfRange(f"{arg.name} is {arg.limits()}, not {show(value)}")


def _count(low: int, high: int) -> str:
    if high == 0:
        return "no argument"
    number = str(low) if low == high else f"{low} to {high}"
    return f"{number} argument{'s' if high > 1 else ''}"
