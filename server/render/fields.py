"""Values out of maps that came over a wire or from a disk: the right kind and size, or InputError. It knows no map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from server.errors import InputError

SEED_DIGITS: Final = 100
TEXT_MAX: Final = 1 << 16
JPEG_MAX: Final = 48 << 20
DEPTH_MAX: Final = 8
"""Maps within maps; what is deeper is no facts of ours."""
RATIO_MAX: Final = (1 << 31) - 1
_INTEGER_MAX: Final = (1 << 63) - 1


class Fields:
    """One map, read field by field; every complaint begins with `what` the map is."""

    def __init__(self, document: object, what: str) -> None:
        if not isinstance(document, Mapping) or not all(isinstance(key, str) for key in document):
            raise InputError(f"{what} is no map of named values; make it anew")
        self._document, self._what = document, what

    def has(self, name: str) -> bool:
        """Whether there is a value; None is none."""
        return self._document.get(name) is not None

    def raw(self, name: str) -> Any:
        """Whatever is there."""
        return self._document.get(name)

    def text(self, name: str, limit: int = TEXT_MAX) -> str:
        """Text of at most `limit` characters; empty where there is none."""
        value = self._document.get(name, "")
        if not isinstance(value, str) or len(value) > limit:
            raise self.wrong(name, f"text of at most {limit} characters")
        return value

    def data(self, name: str, limit: int = JPEG_MAX) -> bytes:
        """Bytes."""
        value = self._document.get(name)
        if not isinstance(value, bytes) or len(value) > limit:
            raise self.wrong(name, f"at most {limit} bytes")
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._document.get(name)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def integer(self, name: str, low: int = 0, high: int = _INTEGER_MAX) -> int:
        """A whole number from `low` to `high`."""
        value = self._document.get(name)
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(name, f"a whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number from `low` to `high`."""
        value = self._document.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(name, "a number")
        found = _float(value)
        if not (math.isfinite(found) and low <= found <= high):
            raise self.wrong(name, f"a number from {low:g} to {high:g}")
        return found

    def seed(self, name: str) -> int:
        """A whole number of any size; it travels as decimal digits."""
        value = self._document.get(name)
        if type(value) is int:
            return value
        digits = value.removeprefix("-") if isinstance(value, str) else ""
        # int() would take minutes over millions of digits.
        if not (0 < len(digits) <= SEED_DIGITS and digits.isascii() and digits.isdecimal()):
            raise self.wrong(name, f"a whole number of at most {SEED_DIGITS} digits")
        return int(str(value))

    def ratio(self, name: str) -> Fraction:
        """Two whole numbers above zero as a fraction."""
        value = self.integers(name, 2, 1, RATIO_MAX)
        return Fraction(value[0], value[1])

    def integers(self, name: str, count: int, low: int, high: int) -> tuple[int, ...]:
        """Exactly `count` whole numbers."""
        found = self.some_integers(name, count, low, high)
        if len(found) != count:
            raise self.wrong(name, f"{count} whole numbers")
        return found

    def some_integers(self, name: str, most: int, low: int, high: int) -> tuple[int, ...]:
        """At most `most` whole numbers; none where there is no list."""
        value = self._document.get(name, ())
        if not isinstance(value, (list, tuple)) or len(value) > most or not all(
                type(item) is int and low <= item <= high for item in value):
            raise self.wrong(name, f"whole numbers from {low} to {high}")
        return tuple(value)

    def facts(self, name: str) -> dict[str, Any]:
        """A map of plain values: text, numbers, lists and maps, not too deep."""
        value = self._document.get(name, {})
        if not isinstance(value, Mapping) or not plain(value):
            raise self.wrong(name, "a map of plain values")
        return dict(value)

    def wrong(self, name: str, wanted: str) -> InputError:
        """The complaint about one field."""
        return InputError(f"{self._what}: {name} must be {wanted}, not {_shown(self._document.get(name))}")


def plain(value: object, depth: int = DEPTH_MAX) -> bool:
    """Whether a value is text, a number, nothing, bytes, or lists and maps of such."""
    if value is None or isinstance(value, (str, bytes, bool, int, float)):
        return True
    if depth and isinstance(value, Mapping):
        return all(isinstance(key, str) and plain(item, depth - 1) for key, item in value.items())
    if depth and isinstance(value, Sequence):
        return all(plain(item, depth - 1) for item in value)
    return False


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _shown(value: object) -> str:
    if isinstance(value, int) and not -_INTEGER_MAX <= value <= _INTEGER_MAX:
        return "a huge number"
    return repr(value)[:60] if isinstance(value, (str, int, float, type(None))) else f"a {type(value).__name__}"
