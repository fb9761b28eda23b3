"""Medians, percentiles and paired ratios. It takes numbers and knows nothing of where they come from."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from server.errors import InputError

Key = TypeVar("Key")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie, interpolated between neighbours."""
    if not values:
        raise InputError("a percentile needs at least one value")
    ordered = sorted(values)
    place = min(max(share, 0.0), 1.0) * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return percentile(values, 0.5)


def middle_half(values: Sequence[float]) -> tuple[float, float]:
    """The quartiles."""
    return percentile(values, 0.25), percentile(values, 0.75)


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Quotients of what was measured in the same round."""
    if len(over) != len(under):
        raise InputError(f"paired rounds must be as many on both sides, not {len(over)} and {len(under)}")
    return [a / b for a, b in zip(over, under, strict=True)]


def rounds_of(methods: Mapping[Key, Callable[[int], float]], rounds: int, seed: int = 1) -> dict[Key, list[float]]:
    """Call every method once a round, in an order that changes, and collect what each returns for the round."""
    rng = random.Random(seed)
    taken: dict[Key, list[float]] = {key: [] for key in methods}
    for turn in range(rounds):
        order = list(methods)
        rng.shuffle(order)
        for key in order:
            taken[key].append(methods[key](turn))
    return taken
