"""Whether the disk gives a show's frames in time, whether TouchDesigner decodes them in time, and what is free."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.app.examinations.finding import Finding, Level
from server.errors import IntersceneError
from server.index.format import FrameIndex
from server.index.reader import FrameReader
from server.library.media_folder import MediaFolder
from server.media.indexing import index_of
from server.media.probe import cost_of
from server.playback.clock import Clock
from server.units import Seconds, format_bytes, format_rate

MOVIES_MAX: Final = 24
FRAMES_MAX: Final = 40
"""Frames that are read of a movie, at places by chance: what a scrub asks of a disk."""
BYTES_MAX: Final = 400 << 20
AT_ONCE: Final = 4
"""Movies that a show reads at once: two decks, each in a dissolve."""
_SLOWEST: Final[Seconds] = 0.010
"""Within which a scrubbed frame should be there."""
_ENOUGH, _LOW, _EMPTY = 20 << 30, 4 << 30, 1 << 30


@dataclass(frozen=True, slots=True)
class Sample:
    """What reading frames of some movies took."""

    movies: int
    bytes: int
    seconds: Seconds
    waits: tuple[Seconds, ...]
    wanted: float
    """Bytes a second that the most demanding movie needs at its own rate."""
    cached: bool
    """Whether the system may have given them from memory."""

    @property
    def speed(self) -> float:
        """Bytes a second."""
        return self.bytes / max(self.seconds, 1e-9)


def examine_disk(root: Path, clock: Clock, movies_max: int = MOVIES_MAX, *, beside_show: bool = False) -> list[Finding]:
    """Read frames of some of the movies of a media folder and compare with what playing them needs.

    Beside a show nothing is dropped from the system's memory, for the show is played from it.
    """
    if not root.is_dir():
        return [Finding(Level.NOTE, "disk", f"there is no media folder {root}",
                        "interscene demo makes a first song; --media-dir names another folder")]
    found = [_free(root)]
    try:
        folder = MediaFolder(root)
        names = folder.scan()
    except IntersceneError as reason:
        return [*found, Finding(Level.BAD, "disk", str(reason))]
    if not names:
        return [*found, Finding(Level.NOTE, "disk", f"no movies in {root}", "interscene encode SOURCE makes some")]
    opened, broken = _opened([folder.path(name) for name in _some(names, movies_max)])
    if broken:
        found.append(Finding(Level.POOR, "movies", f"{len(broken)} of {len(opened) + len(broken)} movies that were "
                             f"looked at cannot be played: {broken[0]}", f"all of them: interscene verify {root}"))
    if opened:
        found += [_judged(read_some(opened, clock, from_disk=not beside_show)), _decoding(opened)]
    return found


def _free(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    level = Level.GOOD if free > _ENOUGH else Level.NOTE if free > _LOW else Level.POOR if free > _EMPTY else Level.BAD
    return Finding(level, "disk", f"{format_bytes(free)} free where the media folder is",
                   "make room: transitions that are made during a show are kept there" if level > Level.NOTE else "")


def _some(names: Sequence[str], most: int) -> list[str]:
    """At most so many names, spread over all of them."""
    if len(names) <= most:
        return list(names)
    return [names[place * len(names) // most] for place in range(most)]


def _opened(paths: Sequence[Path]) -> tuple[list[tuple[Path, FrameIndex]], list[str]]:
    opened, broken = [], []
    for path in paths:
        try:
            index = index_of(path, remember=False)
            FrameReader(path, index).close()
            opened.append((path, index))
        except IntersceneError as reason:
            broken.append(str(reason).partition(";")[0])
    return opened, broken


def read_some(movies: Sequence[tuple[Path, FrameIndex]], clock: Clock, *, from_disk: bool = True) -> Sample:
    """Read frames at places by chance; `from_disk`: not from memory, where the system lets it be emptied of them."""
    chance = random.Random(1)
    total, spent, waits, wanted = 0, 0.0, [], 0.0
    emptied = [from_disk and _forget(path) for path, _ in movies]
    for path, index in movies:
        wanted = max(wanted, float(index.size.mean()) * float(index.rate))
        with contextlib.suppress(IntersceneError), FrameReader(path, index) as reader:
            for _ in range(FRAMES_MAX):
                begin = clock.now()
                total += len(reader.read(chance.randrange(index.count)))
                waits.append(clock.now() - begin)
                spent += waits[-1]
                if total > BYTES_MAX:
                    return Sample(len(movies), total, spent, tuple(waits), wanted, not all(emptied))
    return Sample(len(movies), total, spent, tuple(waits), wanted, not all(emptied))


def _forget(path: Path) -> bool:
    """Have the system drop what it remembers of a file; False where it offers no such thing."""
    advise = getattr(os, "posix_fadvise", None)
    if advise is None:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        advise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _judged(sample: Sample) -> Finding:
    ordered = sorted(sample.waits)
    slow = ordered[int(0.99 * (len(ordered) - 1))]
    room = sample.speed / max(sample.wanted * AT_ONCE, 1.0)
    text = (f"frames of {sample.movies} movies at places by chance: {format_bytes(int(sample.speed))}/s, 99 of 100 "
            f"within {1000 * slow:.1f} ms; {AT_ONCE} movies at once need {format_bytes(int(sample.wanted * AT_ONCE))}/s"
            f"{' (some may have come from memory)' if sample.cached else ''}")
    if room >= 2 and slow <= _SLOWEST:
        return Finding(Level.GOOD, "disk", text)
    return Finding(Level.BAD if room < 1 else Level.POOR, "disk", text,
                   "put the song on an SSD inside this computer; no synced folder, no network drive during a show")


def _decoding(movies: Sequence[tuple[Path, FrameIndex]]) -> Finding:
    costs = [(path, cost) for path, index in movies if (cost := cost_of(index)) is not None]
    if not costs:
        return Finding(Level.POOR, "decoding", "none of the movies that were looked at is Motion-JPEG",
                       "interscene encode SOURCE OUT.mov makes movies whose every frame is at hand")
    path, worst = min(costs, key=lambda each: each[1].headroom)
    text = (f"the heaviest of {len(costs)} movies ({path.name}) takes TouchDesigner about {worst.peak:.1f} ms a frame; "
            f"at {format_rate(worst.rate)} fps there are {worst.budget:.1f} ms")
    if worst.holds:
        return Finding(Level.GOOD, "decoding", text)
    return Finding(Level.POOR, "decoding", text, "encode it with a smaller --preset or a lower --quality; "
                   f"interscene probe {path.name} says more")
