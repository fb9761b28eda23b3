"""The edit list of a track: which stored frames are shown, in which order, and when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Edit(NamedTuple):
    """`duration` in ticks of the track, `start` in the track's time; a start of -1 shows nothing."""

    duration: int
    start: int


Ticks = NDArray[np.int64]


def shown_samples(times: Ticks, edits: Sequence[Edit]) -> tuple[NDArray[np.int64], Ticks]:
    """Return (sample, time) of every shown frame in presentation order, on the movie's time line.

    A frame that begins before an edit does is hidden, even if it would still last: so FFmpeg, and
    with it every player built on it, reads edit lists.
    """
    order = np.argsort(times, kind="stable")
    if not edits:
        return order, times[order]
    in_order = times[order]
    shown: list[NDArray[np.int64]] = []
    when: list[NDArray[np.int64]] = []
    elapsed = 0
    for edit in edits:
        if edit.start >= 0:
            first = int(np.searchsorted(in_order, edit.start, side="left"))
            last = int(np.searchsorted(in_order, edit.start + edit.duration, side="left"))
            shown.append(order[first:last])
            when.append(in_order[first:last] - edit.start + elapsed)
        elapsed += edit.duration
    if not shown:
        return order[:0], in_order[:0]
    return np.concatenate(shown), np.concatenate(when)
