"""The files of folders that others change meanwhile: what vanishes while it is listed is not there, and no error.

`Path.glob` and `Path.rglob` raise FileNotFoundError when a folder goes between its listing and its turn.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path


def files_in(folder: Path, pattern: str = "*") -> Iterator[Path]:
    """Yield the files of a folder, in the order of their names; none where there is no such folder."""
    yield from _of(*next(os.walk(folder), (str(folder), [], []))[::2], pattern)


def files_below(folder: Path, pattern: str = "*") -> Iterator[Path]:
    """Yield the files in a folder and all below it, links to folders left out."""
    for place, _, names in os.walk(folder):
        yield from _of(place, names, pattern)


def _of(place: str, names: list[str], pattern: str) -> Iterator[Path]:
    for name in sorted(names):
        if fnmatch(name, pattern):
            yield Path(place, name)
