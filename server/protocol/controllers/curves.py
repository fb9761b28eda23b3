"""How the travel of a control becomes the travel of a value, and back. Both go from 0 to 1; pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

BEND: Final = 4.0
"""Of the exponential: half of the travel is 12 % of the value."""


class Curve(NamedTuple):
    """A curve that never falls, and the way back."""

    there: Callable[[float], float]
    back: Callable[[float], float]


def _exponential(x: float) -> float:
    return math.expm1(BEND * x) / math.expm1(BEND)


def _logarithmic(x: float) -> float:
    return math.log1p(x * math.expm1(BEND)) / BEND


def _s(x: float) -> float:
    return x * x * (3 - 2 * x)


def _s_back(y: float) -> float:
    # The root between 0 and 1 of 3x² - 2x³ = y, by the trigonometric solution of the cubic.
    return 0.5 - math.sin(math.asin(min(max(1 - 2 * y, -1.0), 1.0)) / 3)


def _same(x: float) -> float:
    return x


CURVES: Final[Mapping[str, Curve]] = MappingProxyType({
    "linear": Curve(_same, _same),
    "exponential": Curve(_exponential, _logarithmic),
    "logarithmic": Curve(_logarithmic, _exponential),
    "s": Curve(_s, _s_back),
})


def shaped(travel: float, curve: str, *, invert: bool = False, steps: int = 0) -> float:
    """The value's travel for a control's: held to 0..1, turned round, bent, and put on `steps` even places."""
    x = min(max(travel, 0.0), 1.0)
    y = CURVES[curve].there(1 - x if invert else x)
    # Every step has the same share of the travel, the first and the last too.
    return min(math.floor(y * steps), steps - 1) / (steps - 1) if steps > 1 else y


def unshaped(value: float, curve: str, *, invert: bool = False) -> float:
    """Where a control would stand for a value's travel."""
    x = CURVES[curve].back(min(max(value, 0.0), 1.0))
    return 1 - x if invert else x
