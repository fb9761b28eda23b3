"""A section of a story as a walk over the pictures that are marked in its movie. It reads no file."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from server.playback.timeline import Clip, Movie
from server.playback.walk import Hop, Leg, Route, lay_out

_BRIDGE: Final = " (bridge)"


def _node(name: str) -> str:
    """The picture in a mark's name, which may say its scene before and a bridge behind it."""
    return name.removesuffix(_BRIDGE).rpartition(" / ")[2]


def section_route(movie: Movie) -> tuple[Clip, Route]:
    """A section as a walk over the pictures that are marked in it: it plays to its end and holds there."""
    last = movie.count - 1
    marks = sorted((mark.frame, _node(mark.name)) for mark in movie.marks if 0 <= mark.frame <= last)
    if not marks or marks[0][0] > 0:
        marks.insert(0, (0, marks[0][1] if marks else movie.name))
    if marks[-1][0] < last:
        marks.append((last, marks[-1][1]))
    hops = tuple(Hop(one, other, movie, first, end) for (first, one), (end, other) in pairwise(marks)
                 if first < end)
    hops = hops or (Hop(marks[0][1], marks[0][1], movie, 0, last),)
    return lay_out(Leg(hops, (1.0,) * len(hops)))
