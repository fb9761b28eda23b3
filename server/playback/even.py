"""Constant-speed playback: equal times for equal ways through the pictures. It never looks at a picture.

A frame that differs from none still keeps a sliver of time, so that each has its place and can be sought.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import floor
from typing import Any, Final

from numpy.typing import NDArray

from server.units import Position

_UNIFORM: Final = 1e-4
"""The part of the range that is shared out by frames instead of by path length."""

PathLength = Sequence[float] | NDArray[Any]


def is_uniform(path_length: PathLength | None, first: int, last: int) -> bool:
    """Whether there is nothing to go by in first..last: unmeasured, all the same picture, or one frame."""
    return path_length is None or first >= last or not float(path_length[last]) > float(path_length[first])


def even_position(path_length: PathLength | None, x: Position, first: int, last: int) -> Position:
    """The frame position that lies as far along the path as `x` lies along first..last.

    `path_length[i]` is the way from frame 0 to frame i. Ends are exact; outside the range, and where
    `is_uniform`, it is the identity. Monotone. For a rate take the difference between two ticks: the slope
    has steps.
    """
    if is_uniform(path_length, first, last) or not first < x < last:
        return x
    assert path_length is not None
    warp = _Warp(path_length, first, last)
    i = bisect_right(range(first, last + 1), x, key=warp.at) - 1 + first
    low, high = warp.at(i), warp.at(i + 1)
    return min(i + (x - low) / (high - low), i + 1.0)


def uneven_position(path_length: PathLength | None, x: Position, first: int, last: int) -> Position:
    """The inverse of `even_position`: where the playhead must be for position `x` to be shown."""
    if is_uniform(path_length, first, last) or not first < x < last:
        return x
    assert path_length is not None
    warp = _Warp(path_length, first, last)
    i = min(floor(x), last - 1)
    low, high = warp.at(i), warp.at(i + 1)
    return min(low + (x - i) * (high - low), high)


class _Warp:
    """The playhead at which each frame of the range is centred; strictly growing, exact at both ends."""

    __slots__ = ("_first", "_length", "_scale", "_start", "_way")

    def __init__(self, path_length: PathLength, first: int, last: int) -> None:
        self._way, self._first, self._length = path_length, first, last - first
        self._start = float(path_length[first])
        self._scale = (1.0 - _UNIFORM) / (float(path_length[last]) - self._start)

    def at(self, frame: int) -> Position:
        i = frame - self._first
        if i == self._length:
            return float(frame)
        part = (float(self._way[frame]) - self._start) * self._scale
        return self._first + self._length * part + _UNIFORM * i
