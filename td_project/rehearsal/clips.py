"""Clips being opened and clips that are open, with an opening time like TouchDesigner's.

Knows nothing of the stream or of the network.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path

from server.errors import InputError, IntersceneError
from server.media.presentation import Picture, Presentation

NEVER = "never"


@dataclass(frozen=True, slots=True)
class OpenTime:
    """How long opening takes at least: a random time between two limits, in seconds; infinite is never."""

    low: float
    high: float

    def draw(self, chance: random.Random) -> float:
        return self.low if math.isinf(self.low) else chance.uniform(self.low, self.high)


def parse_open_time(text: str) -> OpenTime:
    """`20-800` or `20` in milliseconds, or `never`. Raises InputError."""
    if text == NEVER:
        return OpenTime(math.inf, math.inf)
    low, _, high = text.partition("-")
    try:
        limits = OpenTime(float(low) / 1000, float(high or low) / 1000)
    except ValueError:
        limits = OpenTime(1, 0)
    if not 0 <= limits.low <= limits.high <= 3600:
        raise InputError(f"{text!r} is no opening time; write 20-800, 50 or never (milliseconds)")
    return limits


@dataclass(slots=True)
class Clip:
    """An open movie on a reel, and the picture on it that was decoded last."""

    movie: Presentation
    picture: Picture
    frame: int
    """The number of that picture, as `shown` reports it."""
    told: tuple[int | None, int] | None = None
    """The open and the frame that the server was told of last."""
    broken: int | None = None
    """The frame that could not be decoded last; the picture before it stays."""


@dataclass(slots=True)
class Opening:
    """A clip that is not ready yet."""

    id: int
    ready_at: float
    result: Future[Clip]

    def done(self, now: float) -> bool:
        return now >= self.ready_at and self.result.done()

    def outcome(self) -> Clip | str:
        """The open clip, or why it cannot be shown. For an opening that is done."""
        try:
            return self.result.result()
        except IntersceneError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - the top of the opening thread: one movie's trouble is its own
            return f"it cannot be opened ({type(error).__name__}: {error}); run: interscene verify"

    def abandon(self) -> None:
        """Close the movie as soon as it is open."""
        self.result.add_done_callback(_close_result)


def _close_result(result: Future[Clip]) -> None:
    if not result.cancelled() and result.exception() is None:
        result.result().movie.close()


class Opener:
    """Opens movies beside the cooking loop; `executor` does the work."""

    def __init__(self, executor: Executor, open_time: OpenTime, seed: int) -> None:
        self._executor = executor
        self._open_time = open_time
        self._chance = random.Random(seed)

    def start(self, clip: int, find: Callable[[], Path], frame: int, now: float) -> Opening:
        """Begin to open what `find` returns; both it and the first picture are looked for elsewhere."""
        ready_at = now + self._open_time.draw(self._chance)
        return Opening(clip, ready_at, self._executor.submit(_open_clip, find, frame))


def _open_clip(find: Callable[[], Path], frame: int) -> Clip:
    movie = Presentation(find())
    try:
        first = min(frame, movie.count - 1)
        return Clip(movie, movie.decode_at(first), first)
    except BaseException:
        movie.close()
        raise
