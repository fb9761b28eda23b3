"""When a launch happens: now, on the next beat, on the next bar. It knows a tempo, not what is launched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Final

from server.errors import OutOfRange
from server.playback.bounds import within
from server.playback.tempo import Tempo
from server.units import Seconds

# A boundary that rounding put this little before `now` is meant: 1e-6 beats are far below a frame.
_SLACK: Final = 1e-6
AHEAD_MAX: Final = 60.0

Grid = Callable[[Tempo, Seconds, Seconds], Seconds]


def _off(_tempo: Tempo, now: Seconds, _ahead: Seconds) -> Seconds:
    return now


def _beat(tempo: Tempo, now: Seconds, ahead: Seconds) -> Seconds:
    return _boundary(tempo, now + ahead, 1)


def _bar(tempo: Tempo, now: Seconds, ahead: Seconds) -> Seconds:
    return _boundary(tempo, now + ahead, tempo.beats_per_bar)


def _boundary(tempo: Tempo, earliest: Seconds, beats: int) -> Seconds:
    bars = ceil((tempo.beat(earliest) - _SLACK) / beats)
    return max(tempo.time_of(bars * beats), earliest)


GRIDS: Final[Mapping[str, Grid]] = {"off": _off, "beat": _beat, "bar": _bar}


def launch_time(tempo: Tempo, now: Seconds, grid: str, ahead: Seconds = 0.0) -> Seconds:
    """The next boundary of the grid that is at least `ahead` seconds away; `off` is now. Raises OutOfRange."""
    if grid not in GRIDS:
        raise OutOfRange(f"quantise to one of {', '.join(GRIDS)}, not to {grid!r}")
    return GRIDS[grid](tempo, now, within("a look-ahead", ahead, 0.0, AHEAD_MAX))
