"""Frames that come at any times onto a constant rate: how often each is shown. Exact, streaming, no codecs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Final, TypeVar

from server.index.timing import STANDARD_RATES
from server.units import exact_rate

Item = TypeVar("Item")


@dataclass(slots=True)
class Tally:
    """What resampling changed: frames left out, and how often a frame was shown once more than it came."""

    dropped: int = 0
    doubled: int = 0


_NEARER_TO_LATER: Final = Fraction(11, 20)


def nearest_frame(seconds: Fraction, rate: Fraction) -> int:
    """The output frame that begins nearest to a time; what lies about half-way goes to the later one.

    At half the rate every second frame lies half-way, give or take the rounding of its time: a limit at exactly
    one half would take them by chance.
    """
    return math.floor(seconds * rate + _NEARER_TO_LATER)


def resample(items: Iterable[tuple[Fraction, Item]], rate: Fraction, tally: Tally,
             *, last: Fraction | None = None) -> Iterator[tuple[Item, int]]:
    """Yield (item, how often it is shown, at least once) at a constant rate, for items with times in seconds.

    Every item begins at the output frame nearest to its time and stays until the next one begins; the first is
    frame 0. The last one lasts `last` seconds, or as long as the one before it. Times must not go backwards.
    """
    start = step = Fraction(0)
    held: tuple[Fraction, Item] | None = None
    shown = 0
    for time, item in items:
        if held is None:
            start, held = time, (time, item)
            continue
        until = max(shown, nearest_frame(time - start, rate))
        yield from _counted(held[1], until - shown, tally)
        step = time - held[0]
        shown, held = until, (time, item)
    if held is None:
        return
    end = held[0] - start + (step if last is None else last)
    # The last item is never lost: a movie ends on the picture that it was made to reach.
    yield from _counted(held[1], max(1, nearest_frame(end, rate) - shown), tally)


def typical_rate(times: Sequence[Fraction], resolution: Fraction) -> Fraction | None:
    """The rate at which the usual two neighbours follow each other, a standard one where `resolution` allows.

    Times are rounded to the resolution, in seconds. None without two different times.
    """
    steps = [after - before for before, after in pairwise(times) if after > before]
    if not steps:
        return None
    usual = median(steps)
    alike = [step for step in steps if abs(step - usual) <= resolution]
    step = sum(alike, Fraction(0)) / len(alike)
    # Within a run the roundings cancel but for the two at its ends.
    slack = 2 * resolution * (len(steps) - len(alike) + 1) / len(alike)
    nearest = min(STANDARD_RATES, key=lambda rate: abs(1 / rate - step))
    for rate in (Fraction(round(nearest)), nearest):  # 30 unless the times say that it is 29.97
        if abs(1 / rate - step) <= slack:
            return rate
    return exact_rate(float(1 / step))


def _counted(item: Item, count: int, tally: Tally) -> Iterator[tuple[Item, int]]:
    if count == 0:
        tally.dropped += 1
        return
    tally.doubled += count - 1
    yield item, count
