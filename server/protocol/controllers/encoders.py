"""Endless encoders: what their values mean as steps, and which of the three ways a device has. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Final

FASTEST: Final = 16
"""Steps at once that a turn is believed to make; what jumps further is no encoder."""
ALIKE: Final = 2
"""A fader never says the same value twice in a row; an encoder does all the time."""


def _twos_complement(raw: int) -> int:
    return raw - 128 if raw >= 64 else raw


def _binary_offset(raw: int) -> int:
    return raw - 64


def _sign_magnitude(raw: int) -> int:
    return -(raw - 64) if raw >= 64 else raw


ENCODERS: Final[Mapping[str, Callable[[int], int]]] = MappingProxyType({
    "twos-complement": _twos_complement,
    "binary-offset": _binary_offset,
    "sign-magnitude": _sign_magnitude,
})
"""1 and 127, 65 and 63, 1 and 65 are a step to the right and one to the left."""


def steps_of(raw: float, encoder: str) -> int:
    """How far a seven-bit value turns an encoder; positive is to the right."""
    return ENCODERS[encoder](int(raw) & 127)


def guess(values: Sequence[float]) -> str:
    """The way in which these values are an encoder's; empty where they are more likely a fader's or a button's.

    Turned one way only, two ways may fit: then the more common one is taken.
    """
    repeated = sum(a == b for a, b in pairwise(values))
    if repeated < ALIKE or set(values) <= {0.0, 127.0}:
        return ""
    for name in ("twos-complement", "binary-offset", "sign-magnitude"):
        turned = [steps_of(value, name) for value in values]
        if all(1 <= abs(steps) <= FASTEST for steps in turned):
            return name
    return ""
