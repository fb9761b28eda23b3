"""Even speed along a way: which place belongs to which share of its length. It knows lengths, not pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pace:
    """A monotone cubic from shares of the length to places, both rising from 0 to 1."""

    shares: Doubles
    places: Doubles

    def place(self, share: float) -> float:
        """Where the way is when so much of its length is behind (0 to 1)."""
        number = int(np.clip(np.searchsorted(self.shares, share, side="right") - 1, 0, self.shares.size - 2))
        width = self.shares[number + 1] - self.shares[number]
        t = (min(max(share, 0.0), 1.0) - self.shares[number]) / width
        slopes = _slopes(self.shares, self.places)
        risen = 3 * t ** 2 - 2 * t ** 3
        found = (self.places[number] * (1 - risen) + self.places[number + 1] * risen
                 + width * (slopes[number] * (t ** 3 - 2 * t ** 2 + t) + slopes[number + 1] * (t ** 3 - t ** 2)))
        return float(np.clip(found, 0.0, 1.0))

    def document(self) -> list[list[float]]:
        """Pairs of share and place, as provenance keeps them."""
        return [[round(float(share), 5), round(float(place), 5)]
                for share, place in zip(self.shares, self.places, strict=True)]


STEADY = Pace(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
"""Places as they come, whatever their distance."""


def pace_of(lengths: Sequence[float], places: Sequence[float] | None = None) -> Pace:
    """The even pace through rising places, from each to the next a length; without places: through 0 to 1, equally."""
    steps = np.asarray(lengths, dtype=np.float64)
    total = float(steps.sum())
    if steps.size == 0 or total <= 0:
        return STEADY
    # An interval in which nothing happens is still crossed, else the curve would jump over it.
    steps = np.maximum(steps, 1e-4 * total / steps.size)
    shares = np.concatenate(([0.0], np.cumsum(steps))) / steps.sum()
    shares[-1] = 1.0
    return Pace(shares, np.linspace(0.0, 1.0, shares.size) if places is None else np.asarray(places, np.float64))


def _slopes(x: Doubles, y: Doubles) -> Doubles:
    """Slopes at the knots that keep a cubic monotone (Fritsch and Butland 1984, as PCHIP has them)."""
    widths, secants = np.diff(x), np.diff(y) / np.diff(x)
    slopes = np.empty_like(x)
    slopes[0], slopes[-1] = secants[0], secants[-1]
    before, after = 2 * widths[1:] + widths[:-1], widths[1:] + 2 * widths[:-1]
    slopes[1:-1] = (before + after) / (before / secants[:-1] + after / secants[1:])
    return slopes
