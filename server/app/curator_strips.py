"""Strips of movies: frames from beginning to end beside each other in one small JPEG, kept while they are wanted."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Final

from server.errors import MissingFile
from server.index.reader import FrameReader
from server.media.indexing import index_of
from server.media.small import strip_jpeg

FRAMES: Final = 8
SIZE: Final = (96, 54)
KEPT: Final = 1000


class Strips:
    """Makes strips of movies, and remembers them by the state of their files."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Path, int, int], bytes] = OrderedDict()

    def of(self, path: Path) -> bytes:
        """The strip of a movie. Raises MediaErrors."""
        try:
            facts = path.stat()
        except OSError as reason:
            raise MissingFile(f"{path.name} cannot be opened: {reason.strerror}; look again") from None
        key = path, facts.st_size, facts.st_mtime_ns
        strip = self._kept.get(key)
        if strip is None:
            strip = self._kept[key] = _made(path)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return strip


def _made(path: Path) -> bytes:
    index = index_of(path)
    count = min(FRAMES, index.count)
    reader = FrameReader(path, index)
    try:
        frames = [(reader.read((2 * n + 1) * index.count // (2 * count)), path) for n in range(count)]
    finally:
        reader.close()
    return strip_jpeg(frames, *SIZE)
