"""After a crash: what a killed writer left is finished where it was finished, else removed. It never guesses."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from server.errors import IndexDamaged
from server.index.format import SUFFIX
from server.index.opening import read_sidecar
from server.media.files_below import files_below, files_in
from server.media.part_file import PART, claim, remove_abandoned

_MOVIE_PARTS: Final = f"*.mov{PART}"
_INDEX_PARTS: Final = f"*{SUFFIX}.*{PART}"


def sweep_parts(folder: Path, *, below: bool = True) -> list[Path]:
    """Tidy a folder, and all `below` it, after killed writers; return what was removed. Living ones keep theirs.

    The index is published before its movie, so a part that its index describes is whole: it gets its name.
    """
    find = files_below if below else files_in
    removed = []
    for part in sorted(find(folder, _INDEX_PARTS)):
        movie = part.with_name(part.name.split(SUFFIX)[0])
        if not _is_being_written(movie) and part.is_file() and remove_abandoned(part):
            removed.append(part)
    for part in sorted(find(folder, _MOVIE_PARTS)):
        if part.is_file() and not _finished(part) and remove_abandoned(part):
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
        if not _is_being_written(movie):
            part.replace(movie)
        return True
    return False


def _is_being_written(movie: Path) -> bool:
    try:
        with movie.with_name(movie.name + PART).open("rb") as file:
            return not claim(file)
    except OSError:
        return False
