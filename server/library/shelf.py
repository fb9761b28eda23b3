"""Movies at hand: indexes and open files, kept while they are used often. It decodes nothing."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from server.errors import MissingFile, ServeError
from server.index.format import FrameIndex
from server.index.reader import FrameReader
from server.library.media_folder import MediaFolder


@dataclass(slots=True)
class _Held:
    """One movie at hand. `readers` counts the reads under way: its file is closed after the last of them."""

    path: Path
    stamp: tuple[int, int, int]
    index: FrameIndex
    reader: FrameReader | None = None
    readers: int = 0
    dropped: bool = False


class MovieShelf:
    """Indexes and frame bytes by movie name, from any thread.

    A movie that has changed on disk is opened anew; at most `most_indexes` are remembered and `most_files`
    kept open, the ones longest unused going first. Names are those of the media folder: `find` them before.
    """

    def __init__(self, folder: MediaFolder, *, most_indexes: int = 64, most_files: int = 16,
                 open_movie: Callable[[Path], FrameIndex] | None = None) -> None:
        self.folder = folder
        self._most_indexes, self._most_files = most_indexes, most_files
        self._open_movie = open_movie or _index_of
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = False

    def index(self, name: str) -> FrameIndex:
        """The index of a movie. Raises PathRefused and MediaErrors."""
        return self._fresh(name).index

    def jpeg(self, name: str, frame: int) -> bytes:
        """The stored bytes of a frame, untouched. Raises PathRefused and MediaErrors."""
        while True:
            held = self._fresh(name)
            reader = self._borrow(held)
            if reader is not None:
                break
        try:
            return reader.read(frame)
        finally:
            with self._lock:
                held.readers -= 1
                _close_if_idle(held)

    @property
    def open_files(self) -> int:
        """How many movies are open now."""
        with self._lock:
            return sum(held.reader is not None for held in self._held.values())

    def close(self) -> None:
        """Give all files back, each as soon as nobody reads from it; later calls raise ServeError."""
        with self._lock:
            self._closed = True
            for held in self._held.values():
                self._drop(held)
            self._held.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _fresh(self, name: str) -> _Held:
        """The movie as it is on disk now, at the young end of the shelf."""
        with self._lock:
            self._refuse_when_closed()
            held = self._held.get(name)
            if held is not None:
                self._held.move_to_end(name)
        # Without the lock: the disk may take long, and the other movies go on meanwhile.
        if held is not None and held.stamp == _stamp(held.path):
            return held
        path = self.folder.path(name)
        new = _Held(path, _stamp(path), self._open_movie(path))
        with self._lock:
            self._refuse_when_closed()
            old = self._held.pop(name, None)
            if old is not None:
                self._drop(old)
            self._held[name] = new
            while len(self._held) > self._most_indexes:
                self._drop(self._held.popitem(last=False)[1])
        return new

    def _borrow(self, held: _Held) -> FrameReader | None:
        """The open file of a movie, counted as in use; None when the movie was dropped meanwhile."""
        opened = None if held.reader is not None else FrameReader(held.path, held.index)
        with self._lock:
            if held.reader is None and opened is not None and not held.dropped:
                held.reader, opened = opened, None
                self._close_some(but=held)
            reader = None if held.dropped else held.reader
            held.readers += reader is not None
        if opened is not None:
            opened.close()
        return reader

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise ServeError("the movies have been put away; the server is stopping")

    def _close_some(self, but: _Held) -> None:
        open_now = [held for held in self._held.values() if held.reader is not None]
        for held in open_now[:max(0, len(open_now) - self._most_files)]:
            if held is not but and not held.readers and held.reader is not None:
                held.reader.close()
                held.reader = None

    def _drop(self, held: _Held) -> None:
        held.dropped = True
        _close_if_idle(held)


def _close_if_idle(held: _Held) -> None:
    if held.dropped and not held.readers and held.reader is not None:
        held.reader.close()
        held.reader = None


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        now = os.stat(path)  # noqa: PTH116
    except OSError as reason:
        raise MissingFile(f"{path.name} cannot be opened: {reason.strerror}; put it back, or load "
                          "another") from None
    return now.st_ino, now.st_size, now.st_mtime_ns


def _index_of(path: Path) -> FrameIndex:
    from server.media.indexing import index_of

    return index_of(path)
