"""Links in folders of songs: which are followed when a song is copied. Windows' junctions are links, too.

A folder of pictures on another disk is followed; one that leads back to where it was come from is not.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from server.library.formats.oddity import Oddity, counted, listed

MOST: Final = 100
"""Links to folders that are followed in one copy; more are a net of links, not a song."""
Way = tuple[Path, ...]
"""The real folders in which links were met, from the outermost on."""


class LinkedFolders:
    """Decides about one link after the other. `apart`: folders that may not be come into by a link."""

    def __init__(self, *apart: Path) -> None:
        self._apart = [path.resolve() for path in apart]
        self._followed = 0

    def follow(self, link: Path, way: Way) -> tuple[Way, str]:
        """Return the way behind a link, and why it is not followed, empty if it is. Raises OSError."""
        try:
            here, there = link.parent.resolve(), link.resolve(strict=True)
        except RuntimeError:  # a loop of links; an OSError from Python 3.13 on
            return way, "a link that leads to itself"
        way = (*way, here)
        if any(there == each or there in each.parents for each in way):
            return way, "a link to a folder that it lies in"
        if any(there == each or there in each.parents or each in there.parents for each in self._apart):
            return way, "a link to the folder that is written"
        if self._followed >= MOST:
            return way, f"a link to a folder, after {MOST} others"
        self._followed += 1
        return way, ""


def is_junction(entry: os.DirEntry[str]) -> bool:
    """Whether a folder is one of Windows' links that say they are none; Python 3.12 and later can tell."""
    tell = getattr(entry, "is_junction", None)
    return tell is not None and bool(tell())


def said_of_links(files: Sequence[str], done: str) -> Iterator[Oddity]:
    """Say once of all files that are links, by their paths, that what they lead to is `done`."""
    if len(files) == 1:
        yield Oddity(files[0], None, "it is a link to a file", f"that file is {done}", note=True)
    elif files:
        yield Oddity(".", None, f"{counted(len(files), 'file')} that are links: {listed(files)}",
                     f"the files that they lead to are {done}", note=True)
