"""Movies that get a new name when their content is new: `a.mov`, `a ~2.mov` …; the highest number counts.

An open movie cannot be replaced on every system, and players do not open the same path again.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from server.index.format import SUFFIX
from server.library.songs.listing import HIDDEN, MOVIE_SUFFIX
from server.library.songs.naming import split_version
from server.media.part_file import claim, remove_abandoned

_HOLD: Final = "held-"


def versions_of(first: Path) -> list[tuple[int, Path]]:
    """Every version of a movie that is there, by its number, the oldest first; `first` is the name without number."""
    found = []
    for path in _siblings(first):
        if path.suffix == first.suffix:
            stem, number = split_version(path.stem)
            if stem == first.stem:
                found.append((number, path))
    return sorted(found)


def newest_version(first: Path) -> Path | None:
    """The newest version of a movie, None when there is none."""
    found = versions_of(first)
    return found[-1][1] if found else None


def next_version(first: Path) -> Path:
    """The name for a new content of a movie; nothing has it yet."""
    found = versions_of(first)
    return first if not found else first.with_name(f"{first.stem} ~{found[-1][0] + 1}{first.suffix}")


def superseded(folder: Path) -> list[Path]:
    """The movies in a folder of which there is a newer version, in order of their names."""
    newest: dict[str, int] = {}
    movies = [path for path in _entries(folder) if path.suffix == MOVIE_SUFFIX]
    for path in movies:
        stem, number = split_version(path.stem)
        newest[stem] = max(number, newest.get(stem, 0))
    return sorted(path for path in movies if split_version(path.stem)[1] < newest[split_version(path.stem)[0]])


def tidy(song: Path, folder: str, whole: Collection[str], *, held: bool) -> tuple[list[str], list[str]]:
    """Remove movies of which there is a newer one among the `whole`, unless the song is `held`.

    Return what went and what waits, as paths in the song. What the system refuses to remove is open somewhere; it
    waits, too.
    """
    newest = {split_version(name.removesuffix(MOVIE_SUFFIX))[0]: name for name in whole}
    gone, waiting = [], []
    for path in superseded(song / folder):
        name = path.relative_to(song).as_posix()
        if name in whole or split_version(name.removesuffix(MOVIE_SUFFIX))[0] not in newest:
            continue
        if not held and _removed(path):
            gone.append(name)
        else:
            waiting.append(name)
    return gone, waiting


def _removed(path: Path) -> bool:
    try:
        path.unlink()
        path.with_name(path.name + SUFFIX).unlink(missing_ok=True)
    except OSError:
        return False
    return True


class SongHold:
    """Says to other programs that this one plays a song, until it is closed or its process ends, however it ends."""

    def __init__(self, song: Path) -> None:
        self._path = song / HIDDEN / f"{_HOLD}{secrets.token_hex(6)}"
        self._file = None
        with contextlib.suppress(OSError):  # on a read-only disk nobody can take anything away either
            self._path.parent.mkdir(exist_ok=True)
            self._file = self._path.open("xb")
            claim(self._file)

    def close(self) -> None:
        """Let go."""
        if self._file is not None:
            self._file.close()
            self._file = None
            with contextlib.suppress(OSError):
                self._path.unlink()


def is_held(song: Path) -> bool:
    """Whether a program plays this song now; what killed programs left is removed."""
    held = [path for path in _entries(song / HIDDEN) if path.name.startswith(_HOLD)]
    held = [path for path in held if not remove_abandoned(path)]
    return bool(held)


def _siblings(path: Path) -> Iterator[Path]:
    return _entries(path.parent)


def _entries(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from folder.iterdir()
