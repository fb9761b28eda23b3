"""The copies and morphs that stories were put together from: those that no story needs any more go.

They can be made again from what the song has, so nothing is lost but time; what a locked story names is kept.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from server.errors import DamagedMovie, InputError, MediaError, NotAMovie
from server.index.opening import sidecar
from server.library.songs.listing import MOVIE_SUFFIX
from server.library.songs.stories import STORIES, UNFINISHED
from server.library.songs.story_lock import read_lock
from server.media.indexing import index_of
from server.production.story_parts import BRIDGES, FITTED


def remove_unneeded(song: Path) -> tuple[int, int]:
    """Remove copies whose ends are no frame of a locked story; return how many went, and their bytes.

    While another story is unfinished, or a lock cannot be read, all are kept.
    """
    needed = _needed(song)
    if needed is None:
        return 0, 0
    count = size = 0
    for path in _copies(song):
        try:
            ends = index_of(path).ends
        except (NotAMovie, DamagedMovie):
            ends = None
        except MediaError:
            continue  # its disk may be back the next time
        if ends is not None and needed.issuperset(ends):
            continue
        with contextlib.suppress(OSError):  # one that is open, on Windows, goes the next time
            bytes_of = path.stat().st_size
            path.unlink()
            sidecar(path).unlink(missing_ok=True)
            count, size = count + 1, size + bytes_of
    return count, size


def _needed(song: Path) -> set[str] | None:
    """The stage frames of all locked stories, by their hashes; None where that is not known for certain."""
    needed: set[str] = set()
    for folder in (song / STORIES).glob("*/"):
        if (folder / UNFINISHED).exists():
            return None
        try:
            lock = read_lock(folder)
        except InputError:
            return None
        if lock is not None:
            needed.update(lock.stage.values())
    return needed


def _copies(song: Path) -> Iterator[Path]:
    for place in (FITTED, BRIDGES):
        with contextlib.suppress(OSError):
            yield from sorted(path for path in (song / place).iterdir() if path.suffix == MOVIE_SUFFIX)
