"""Values out of a JSON document, each of the kind that is wanted, or an error that says where it stands."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, TypeVar

from server.errors import InputError
from server.protocol.arguments import show as shown

Value = TypeVar("Value")
TEXT_MAX: Final = 4096
LIST_MAX: Final = 20_000


class Fields:
    """One object of a document; `place` is where it stands, in words. Every method raises InputError."""

    def __init__(self, values: object, place: str) -> None:
        if not isinstance(values, dict):
            raise InputError(f"{place}: an object is wanted, not {shown(values)}")
        self._values, self.place = values, place

    def has(self, key: str) -> bool:
        """Whether anything but null stands there."""
        return self._values.get(key) is not None

    def text(self, key: str, otherwise: str = "") -> str:
        found = self._values.get(key, otherwise)
        if not isinstance(found, str) or len(found) > TEXT_MAX:
            raise self._wrong(key, f"a text of at most {TEXT_MAX} characters", found)
        return found

    def switch(self, key: str, *, otherwise: bool) -> bool:
        found = self._values.get(key, otherwise)
        if not isinstance(found, bool):
            raise self._wrong(key, "true or false", found)
        return found

    def number(self, key: str, otherwise: float, low: float = -1e9, high: float = 1e9) -> float:
        found = self._values.get(key, otherwise)
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found) or not (
                low <= found <= high):
            raise self._wrong(key, f"a number from {low:g} to {high:g}", found)
        return float(found)

    def whole(self, key: str, otherwise: int, low: int = -1, high: int = 1 << 31) -> int:
        found = self._values.get(key, otherwise)
        return whole_number(found, low, high, f"{self.place}, {key}")

    def choice(self, key: str, among: tuple[str, ...], otherwise: str) -> str:
        found = self._values.get(key, otherwise)
        if found not in among:
            raise self._wrong(key, f"one of {', '.join(among)}", found)
        return str(found)

    def inner(self, key: str) -> Fields:
        """The object that stands there."""
        return Fields(self._values.get(key), f"{self.place}, {key}")

    def each(self, key: str, read: Callable[[Any, str], Value]) -> tuple[Value, ...]:
        """Every value of a list, read with where it stands; none where there is no list."""
        found = self._values.get(key)
        if found is None:
            return ()
        if not isinstance(found, list) or len(found) > LIST_MAX:
            raise self._wrong(key, f"a list of at most {LIST_MAX}", found)
        return tuple(read(one, f"{self.place}, {key} {number}") for number, one in enumerate(found, 1))

    def counts(self, key: str) -> dict[str, int]:
        """An object of whole numbers; empty where there is none."""
        found = self._values.get(key)
        if found is None:
            return {}
        if not isinstance(found, dict) or len(found) > LIST_MAX:
            raise self._wrong(key, "an object", found)
        return {str(name): whole_number(count, 0, 1 << 31, f"{self.place}, {key}") for name, count in found.items()}

    def items(self, key: str) -> list[tuple[str, Any]]:
        """Names and values of an object, read by nobody yet; none where there is no object."""
        found = self._values.get(key)
        if found is None:
            return []
        if not isinstance(found, dict) or len(found) > LIST_MAX:
            raise self._wrong(key, "an object", found)
        return list(found.items())

    def _wrong(self, key: str, wanted: str, found: object) -> InputError:
        return InputError(f"{self.place}, {key}: {wanted} is wanted, not {shown(found)}")


def whole_number(value: object, low: int, high: int, place: str) -> int:
    """The value, if it is a whole number. Raises InputError."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{place}: a whole number from {low} to {high} is wanted, not {shown(value)}")
    return value


def word(value: object, place: str) -> str:
    """The value, if it is a text. Raises InputError."""
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise InputError(f"{place}: a text is wanted, not {shown(value)}")
    return value
