"""`<batch>(<n>)_stats.txt`: how long every frame of a run took, on which card. Numbers as they were measured:

frames in milliseconds, what was asked of another machine in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from server.errors import InputError
from server.library.formats.json_text import format_json, parse_object
from server.library.formats.oddity import Oddities
from server.library.formats.typed_values import read_typed

SERIES: Final[Mapping[str, str]] = {
    "frame_durations": "average_frame_duration",
    "antarctic_prompt_durations": "average_antarctic_prompt_duration",
    "object_detection_durations": "average_object_detection_duration",
}
"""Lists of durations, and the key of each one's average."""
_INTERPOLATION: Final = "interpolation_duration"
_SAME: Final = 0.01
"""Averages were stored rounded."""


@dataclass(frozen=True, slots=True)
class RunStats:
    """Durations by the names of `SERIES`. `stored`: the file's keys and values, in order."""

    gpu: str = ""
    durations: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    interpolation: float | None = None
    stored: Mapping[str, Any] = field(default_factory=dict)

    def average(self, series: str = "frame_durations") -> float | None:
        """The mean of a series, worked out from it; None when it is empty."""
        values = self.durations.get(series, ())
        return math.fsum(values) / len(values) if values else None


def parse_run_stats(data: bytes, oddities: Oddities) -> RunStats:
    """Parse a file of durations. Raises InputError with file and line."""
    stored = parse_object(data, oddities)
    durations: dict[str, tuple[float, ...]] = {}
    for series, mean in SERIES.items():
        if series in stored:
            durations[series] = _durations(stored[series], series, oddities)
            _say_other_mean(durations[series], stored.get(mean), mean, oddities)
    interpolation = _durations([stored[_INTERPOLATION]], _INTERPOLATION, oddities) if stored.get(_INTERPOLATION) else ()
    return RunStats(str(stored.get("gpu_name") or ""), durations, interpolation[0] if interpolation else None, stored)


def format_run_stats(stats: RunStats) -> bytes:
    """The bytes of a file of durations, with averages that are those of its lists."""
    stored = dict(stats.stored)
    if stats.gpu:
        stored["gpu_name"] = stats.gpu
    for series, values in stats.durations.items():
        if series not in stored or tuple(_numbers(stored[series])) != values:
            stored |= {series: list(values), SERIES[series]: stats.average(series)}
    if stats.interpolation is not None and tuple(_numbers([stored.get(_INTERPOLATION)])) != (stats.interpolation,):
        stored[_INTERPOLATION] = stats.interpolation
    return format_json(stored)


def _durations(given: object, series: str, oddities: Oddities) -> tuple[float, ...]:
    values = _numbers(given)
    count = len(given) if isinstance(given, (list, tuple)) else 1
    if len(values) < count:
        oddities.say(None, f"{series}: {count - len(values)} of {count} entries are no durations",
                     "they are kept in the file and not counted")
    return tuple(values)


def _numbers(given: object) -> list[float]:
    found = []
    for value in given if isinstance(given, (list, tuple)) else ():
        try:
            number = read_typed("number", value)
        except InputError:
            continue
        if number >= 0:
            found.append(number)
    return found


def _say_other_mean(values: tuple[float, ...], given: object, name: str, oddities: Oddities) -> None:
    said = _numbers([given])
    if values and said and abs(math.fsum(values) / len(values) - said[0]) > _SAME * max(1.0, said[0]):
        oddities.note(None, f"{name} is {said[0]:g} and the mean of its list is {math.fsum(values) / len(values):g}",
                      "the list counts")
