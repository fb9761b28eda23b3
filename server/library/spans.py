"""Spans as a person writes them into one line: `waves.mov 0 89; shore.mov 120 30; waves.mov`. Opens no movie."""

from __future__ import annotations

from typing import Final, NamedTuple

from server.errors import FrameOutOfRange, InputError
from server.library.paths import shortened

SPANS_MAX: Final = 256
LAST: Final = -1
"""Written for the last frame of a movie."""
_DIGITS: Final = 9


class WrittenSpan(NamedTuple):
    """A movie by name, and its first and last frame; `first` after `last` plays backwards, -1 is the movie's last."""

    movie: str
    first: int = 0
    last: int = LAST

    def within(self, count: int) -> tuple[int, int]:
        """The two frames in a movie of so many. Raises FrameOutOfRange."""
        frames = [count - 1 if frame == LAST else frame for frame in (self.first, self.last)]
        for frame in frames:
            if not 0 <= frame < count:
                raise FrameOutOfRange(f"{shortened(self.movie)} has frames 0 to {count - 1}, not {frame}")
        return frames[0], frames[1]


def parse_spans(text: str) -> tuple[WrittenSpan, ...]:
    """Read spans separated by `;`, each `MOVIE` or `MOVIE FIRST LAST`. Raises InputError."""
    parts = [part.strip() for part in text.split(";")]
    spans = tuple(_span(part) for part in parts if part)
    if not 1 <= len(spans) <= SPANS_MAX:
        raise InputError(f"a clip has 1 to {SPANS_MAX} spans, not {len(spans)}; write them like: "
                         "waves.mov 0 89; shore.mov 120 30")
    return spans


def _span(part: str) -> WrittenSpan:
    words = part.rsplit(None, 2)
    if len(words) == 3 and _is_frame(words[1]) and _is_frame(words[2]):
        return WrittenSpan(words[0], int(words[1]), int(words[2]))
    return WrittenSpan(part)


def _is_frame(word: str) -> bool:
    return word == str(LAST) or (word.isascii() and word.isdigit() and len(word) <= _DIGITS)
