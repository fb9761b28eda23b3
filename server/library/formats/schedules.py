"""Schedules over the thousand steps of a diffusion, `[20]*200+[8]*800`: read as runs of numbers, never evaluated."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from server.errors import InputError, OutOfRange
from server.library.formats.key_frames import format_number
from server.library.paths import shortened

STEPS: Final = 1000
"""How many entries the older program looks up; what stands behind them is never reached."""
LONGEST: Final = 1_000_000
# Each number can be read in one way only: with two ways each, a list without its end would take 2^numbers attempts.
_NUMBER: Final = r"[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,3})?"
_LIST: Final = rf"\[\s*((?:{_NUMBER}\s*,\s*)*(?:{_NUMBER})?)\s*\]"
_TERM: Final = re.compile(rf"\s*(?:(\d{{1,9}})\s*\*\s*)?{_LIST}\s*(?:\*\s*(\d{{1,9}})\s*)?(\+|$)")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Runs (value, how many times) in order."""

    runs: tuple[tuple[float, int], ...]

    @property
    def length(self) -> int:
        """How many entries it has."""
        return sum(count for _, count in self.runs)

    def at(self, step: int) -> float:
        """The value of a step from 0; behind the end, the last one. Raises OutOfRange before 0."""
        if step < 0:
            raise OutOfRange(f"steps are numbered from 0, not {step}")
        ends = list(accumulate(count for _, count in self.runs))
        return self.runs[min(bisect_right(ends, step), len(self.runs) - 1)][0]

    def problems(self) -> tuple[str, ...]:
        """What is wrong with it as a schedule of the older program, in words."""
        if self.length < STEPS:
            return (f"it has {self.length} entries and {STEPS} are needed; the last value is held",)
        return ()


def schedule(runs: Iterable[tuple[float, int]]) -> Schedule:
    """Make a schedule, equal neighbours put together. Raises OutOfRange."""
    joined: list[tuple[float, int]] = []
    for value, count in runs:
        if count < 0 or not math.isfinite(value):
            raise OutOfRange(f"a schedule is made of numbers, each a number of times; not {value} × {count}")
        if joined and joined[-1][0] == value:
            joined[-1] = (value, joined[-1][1] + count)
        elif count:
            joined.append((value, count))
    found = Schedule(tuple(joined))
    if not 0 < found.length <= LONGEST:
        raise OutOfRange(f"a schedule has 1 to {LONGEST} entries, not {found.length}")
    return found


def parse_schedule(text: str) -> Schedule:
    """Parse `[20]*200+[8]*800`, or a list of numbers. Raises InputError that quotes what cannot be read."""
    runs: list[tuple[float, int]] = []
    place = 0
    while True:
        match = _TERM.match(text, place)
        if match is None:
            raise InputError(f"{shortened(text[place:].strip(), 40)} is no part of a schedule; "
                             "schedules are like [20]*200+[8]*800")
        values = [float(value) for value in match[2].replace(",", " ").split()]
        times = int(match[1] or 1) * int(match[3] or 1)
        if times * len(values) > LONGEST:
            raise OutOfRange(f"a schedule has 1 to {LONGEST} entries, not {times * len(values)}")
        runs += [(values[0], times)] if len(values) == 1 else _entries(values) * times
        place = match.end()
        if match[4] != "+":
            return schedule(runs)


def format_schedule(found: Schedule) -> str:
    """The text that `parse_schedule` reads back as the same."""
    return "+".join(f"[{format_number(value)}]*{count}" for value, count in found.runs)


def _entries(values: Sequence[float]) -> list[tuple[float, int]]:
    return [(value, 1) for value in values]
