"""A movie file as TouchDesigner's reading threads have it: opened late, read ahead, decoded by presentation order.

Time is an argument; nothing here waits.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fake_td.pictures import Picture, of_rgb
from server.errors import IntersceneError
from server.media.presentation import Presentation

NEVER = math.inf
DECODED_MAX, SMALL = 2000, 1 << 17
_DECODED: dict[tuple[str, int, int, int], Picture] = {}
"""Pictures of small movies, decoded once for all tests."""


def _as_it_is(path: str, index: int) -> tuple[str, int, int, int]:
    """A frame of a file in its present state."""
    try:
        state = Path(path).stat()
    except OSError:
        return path, 0, 0, index
    return path, state.st_mtime_ns, state.st_size, index


@dataclass
class Disk:
    """How long files take, and which are held open. A test sets `open_time` and `decode_time` as it likes."""

    chance: random.Random
    open_time: Callable[[str, random.Random], float] = lambda path, chance: chance.uniform(0.020, 0.800)
    decode_time: Callable[[str, int], float] = lambda path, index: 0.003
    held: Counter[str] = field(default_factory=Counter)
    """Files that are open, which on Windows can be neither replaced nor deleted."""
    opens: list[tuple[float, str]] = field(default_factory=list)
    """Every open, with the moment at which it began."""
    decodes: int = 0
    hardware_decodes: bool = False

    def is_held(self, path: Path) -> bool:
        return self.held[str(path)] > 0


class Reading:
    """One file that is being opened, is open, or could not be opened."""

    def __init__(self, disk: Disk, path: str, now: float) -> None:
        self._disk, self.path = disk, path
        self.began = now
        self.ready_at = now + disk.open_time(path, disk.chance)
        self.movie: Presentation | None = None
        self.failed = ""
        self._ready: dict[int, float] = {}
        self._pictures: dict[int, Picture] = {}
        self.decode_errors = 0
        self.misses = 0
        disk.opens.append((now, path))

    def progress(self, now: float) -> None:
        """Open what is due."""
        if self.movie is not None or self.failed or now < self.ready_at:
            return
        try:
            self.movie = Presentation(Path(self.path))
        except (IntersceneError, OSError, ValueError) as error:
            self.failed = str(error)
        else:
            self._disk.held[self.path] += 1

    @property
    def open(self) -> bool:
        return self.movie is not None

    @property
    def opening(self) -> bool:
        return self.movie is None and not self.failed

    @property
    def count(self) -> int:
        return self.movie.count if self.movie is not None else 0

    def close(self) -> None:
        if self.movie is not None:
            self.movie.close()
            self.movie = None
            self._disk.held[self.path] -= 1
        self.failed = self.failed or "closed"

    def read_ahead(self, index: int, step: int, frames: int, now: float) -> None:
        """Ask for the frames from `index` on, in the direction of `step`; what lies outside is let go."""
        wanted = [index + step * n for n in range(frames)]
        wanted = [n for n in wanted if 0 <= n < self.count]
        for gone in set(self._ready) - set(wanted):
            del self._ready[gone]
            self._pictures.pop(gone, None)
        # Frames that nobody wants any more are not decoded: the thread is free when the others are done.
        free_at = max([now, self.ready_at, *self._ready.values()])
        for n in wanted:
            if n not in self._ready:
                free_at += self._disk.decode_time(self.path, n)
                self._ready[n] = free_at

    def ready_time(self, index: int, now: float) -> float:
        """When a frame can be shown; one that is not there yet is decoded before all others."""
        if index not in self._ready:
            self.misses += 1
        if self._ready.get(index, NEVER) > now:
            soon = max(now, self.ready_at) + self._disk.decode_time(self.path, index)
            self._ready[index] = min(soon, self._ready.get(index, NEVER))
        return self._ready[index]

    def ready_frames(self, now: float) -> list[int]:
        return [index for index, at in self._ready.items() if at <= now]

    def picture(self, index: int) -> Picture | None:
        """Decode; None for a frame that cannot be."""
        if index in self._pictures:
            return self._pictures[index]
        assert self.movie is not None
        self._disk.decodes += 1
        key = _as_it_is(self.path, index)
        try:
            picture = _DECODED.get(key)
            if picture is None:
                picture = of_rgb(self.movie.decode_at(index).rgb())
        except (IntersceneError, OSError, ValueError):
            self.decode_errors += 1
            return None
        if len(_DECODED) < DECODED_MAX and picture.nbytes < SMALL:
            _DECODED[key] = picture
        self._pictures[index] = picture
        return picture

    def fully_read(self, index: int, step: int, frames: int, now: float) -> bool:
        wanted = [n for n in (index + step * k for k in range(frames)) if 0 <= n < self.count]
        return self.open and all(self._ready.get(n, NEVER) <= now for n in wanted)
