"""After a crash: what a killed writer left is finished where it was finished, else removed. It never guesses."""

from __future__ import annotations

import contextlib
from pathlib import Path

from server.errors import IndexDamaged
from server.index.format import SUFFIX
from server.index.opening import read_sidecar
from server.media.part_file import PART, claim, remove_abandoned

_MOVIE_PART = f"*.mov{PART}"
_INDEX_PART = f"*{SUFFIX}.*{PART}"


def sweep_parts(folder: Path) -> list[Path]:
    """Tidy a folder and all below it after killed writers, and return what was removed; living ones keep theirs.

    The index is published before its movie, so a part that its index describes is whole: it gets its name.
    """
    removed = [part for part in sorted(folder.rglob(_INDEX_PART)) if part.is_file() and remove_abandoned(part)]
    for part in sorted(folder.rglob(_MOVIE_PART)):
        if not part.is_file() or _finished(part):
            continue
        if remove_abandoned(part):
            removed.append(part)
    return removed


def _finished(part: Path) -> bool:
    """Publish a part that is complete; True when it was."""
    movie = part.with_name(part.name.removesuffix(PART))
    with contextlib.suppress(OSError, IndexDamaged):
        index = read_sidecar(movie)
        facts = part.stat()
        if index is None or (index.movie.bytes, index.movie.mtime_ns) != (facts.st_size, facts.st_mtime_ns):
            return False
        with part.open("rb") as file:
            if not claim(file):
                return True  # somebody is publishing it at this moment
        part.replace(movie)
        return True
    return False

