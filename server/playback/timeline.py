"""Clips: lists of spans of movies, forwards or backwards. It knows frames of movies; no bytes, no time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.errors import FrameOutOfRange, InputError
from server.playback.ends import EDGE, inside
from server.units import Position, shown

if TYPE_CHECKING:
    from server.index.format import Axis, FrameIndex, Mark


@dataclass(frozen=True, slots=True, eq=False)
class Movie:
    """What playback needs to know of a movie. Two are equal only if they are one."""

    name: str
    count: int
    rate: Fraction
    width: int
    height: int
    marks: tuple[Mark, ...] = ()
    axes: tuple[Axis, ...] = ()
    path_length: NDArray[np.float64] | None = None
    """The way from frame 0 to each frame, the sum of the differences on it; None where unmeasured."""

    @classmethod
    def of(cls, name: str, index: FrameIndex) -> Movie:
        """Make it from the movie's index."""
        return cls(name, index.count, index.rate, index.width, index.height, index.marks, index.axes,
                   path_length(index.difference))


def path_length(difference: NDArray[Any] | None) -> NDArray[np.float64] | None:
    """Add up the differences to the frame before; None where nothing is measured.

    Frame 0 has none; an unmeasured one counts as the mean of the rest.
    """
    if difference is None:
        return None
    steps = np.array(difference, dtype=np.float64)
    steps[:1] = 0.0
    measured = np.isfinite(steps[1:])
    if not measured.any():
        return None
    steps[1:][~measured] = steps[1:][measured].mean()
    return np.cumsum(np.maximum(steps, 0.0))


@dataclass(frozen=True, slots=True)
class Span:
    """Frames first..last of a movie, both included; first > last plays backwards. Raises FrameOutOfRange."""

    movie: Movie
    first: int
    last: int

    def __post_init__(self) -> None:
        for frame in (self.first, self.last):
            if not 0 <= frame < self.movie.count:
                raise FrameOutOfRange(f"{self.movie.name} has frames 0..{self.movie.count - 1}, not {frame}")

    @property
    def count(self) -> int:
        return abs(self.last - self.first) + 1

    @property
    def direction(self) -> int:
        """Movie frames for one clip frame: +1 or -1."""
        return 1 if self.first <= self.last else -1

    def marks(self) -> Iterator[Mark]:
        """The movie's marks inside the span, their frames counted from its beginning."""
        for mark in self.movie.marks:
            frame = (mark.frame - self.first) * self.direction
            if 0 <= frame < self.count:
                yield replace(mark, frame=frame)

    def path_length(self) -> NDArray[np.float64] | None:
        """The way from the span's first frame to each of its frames; None where unmeasured."""
        whole = self.movie.path_length
        if whole is None:
            return None
        part = whole[min(self.first, self.last):max(self.first, self.last) + 1]
        mirrored: NDArray[np.float64] = part - part[0] if self.direction > 0 else part[-1] - part[::-1]
        return mirrored


class Place(NamedTuple):
    """Where a clip's position lies."""

    span: int
    movie: Movie
    position: Position
    """In frames of the movie; `shown()` of it is the movie frame of the clip frame that is shown."""
    direction: int
    """Movie frames for one clip frame, +1 or -1: a velocity is to be multiplied by it."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What a deck plays: spans, one after the other, as one line of frames 0..count-1.

    A clip frame is one frame of its span, whatever the span's own rate: all spans run at the clip's rate,
    that of the first movie. In a reversed span marks and path length are mirrored with the frames. Raises
    InputError.
    """

    name: str
    spans: tuple[Span, ...]
    starts: tuple[int, ...] = field(init=False)
    rate: Fraction = field(init=False)
    count: int = field(init=False)
    marks: tuple[Mark, ...] = field(init=False)
    """In clip frames, in their order."""
    path_length: NDArray[np.float64] | None = field(init=False, compare=False)
    """The way from frame 0 to each frame; joints have no length. None where any span is unmeasured."""

    def __post_init__(self) -> None:
        if not self.spans:
            raise InputError(f"the clip {self.name!r} has no spans; give it at least one")
        ends = tuple(accumulate(span.count for span in self.spans))
        starts = (0, *ends[:-1])
        marks = (replace(mark, frame=start + mark.frame)
                 for start, span in zip(starts, self.spans, strict=True) for mark in span.marks())
        derived = {
            "starts": starts,
            "count": ends[-1],
            "rate": self.spans[0].movie.rate,
            "marks": tuple(sorted(marks, key=lambda mark: mark.frame)),
            "path_length": _joined([span.path_length() for span in self.spans]),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @classmethod
    def of_movie(cls, movie: Movie) -> Clip:
        """A whole movie, forwards."""
        return cls(movie.name, (Span(movie, 0, movie.count - 1),))

    @classmethod
    def from_spans(cls, name: str, spans: Sequence[Span]) -> Clip:
        """Spans, one after the other. Raises InputError where there are none."""
        return cls(name, tuple(spans))

    def span_start(self, i: int) -> int:
        """The clip frame at which span `i` begins."""
        return self.starts[i]

    def place(self, x: Position) -> Place:
        """Find the movie frame of a clip position; outside the clip it is the nearest end. O(log spans)."""
        x = inside(x, 0, self.count - 1)
        frame = shown(x)
        i = bisect_right(self.starts, frame) - 1
        span = self.spans[i]
        if span.direction > 0:
            # Added to a larger number, a position just below its frame's edge is rounded up to it: keep off.
            return Place(i, span.movie, span.first + (frame - self.starts[i]) + min(x - frame, 0.5 - EDGE), 1)
        centre = span.first - (frame - self.starts[i])
        # Mirrored, the lower edge of a frame is the upper one, which belongs to the next frame.
        return Place(i, span.movie, min(centre + (frame - x), centre + 0.5 - EDGE), -1)

    def reversed(self) -> Clip:
        """The same pictures from the last to the first."""
        turned = (Span(span.movie, span.last, span.first) for span in reversed(self.spans))
        return Clip(self.name, tuple(turned))


def _joined(parts: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    whole: list[NDArray[np.float64]] = []
    way = 0.0
    for part in parts:
        if part is None:
            return None
        whole.append(part + way)
        way = float(whole[-1][-1])
    return np.concatenate(whole)
