"""The bytes of any frame by one positional read. Knows nothing about what they show."""

from __future__ import annotations

import os
import threading
from array import array
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from server.errors import DamagedMovie, FrameOutOfRange, MissingFile, NotSeekable, OutOfRange
from server.index.format import FrameIndex
from server.index.identity import encode_command, unreadable


class Door(Protocol):
    """Positional reads from one file, from any thread; a short result means the file ends there."""

    def read(self, size: int, offset: int) -> bytes: ...
    def read_into(self, buffer: memoryview, offset: int) -> int: ...
    def close(self) -> None: ...


class PositionalDoor:
    """POSIX: one descriptor, read at any offset. Not mmap: a cold page would stall every Python thread."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self, size: int, offset: int) -> bytes:
        return os.pread(self._descriptor, size, offset)

    def read_into(self, buffer: memoryview, offset: int) -> int:
        return os.preadv(self._descriptor, (buffer,), offset)

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class HandleDoor:
    """Windows, which has no positional reads in Python: one unbuffered handle per thread, seek and read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._lock = threading.Lock()
        self._handles: list[BinaryIO] | None = []
        self._handle()

    def read(self, size: int, offset: int) -> bytes:
        handle = self._handle()
        handle.seek(offset)
        return handle.read(size)

    def read_into(self, buffer: memoryview, offset: int) -> int:
        handle = self._handle()
        handle.seek(offset)
        return handle.readinto(buffer)  # type: ignore[attr-defined, no-any-return]

    def close(self) -> None:
        with self._lock:
            handles, self._handles = self._handles, None
        for handle in handles or ():
            handle.close()

    def _handle(self) -> BinaryIO:
        handle: BinaryIO | None = getattr(self._own, "handle", None)
        if handle is None:
            with self._lock:
                if self._handles is None:
                    raise OSError("the file is closed")
                handle = self._path.open("rb", buffering=0)
                self._handles.append(handle)
            self._own.handle = handle
        elif handle.closed:
            raise OSError("the file is closed")
        return handle


class FrameReader:
    """Reads the stored bytes of frames, from any thread. Close it when no read is under way any more.

    Raises MissingFile, and NotSeekable for a long-GOP movie.
    """

    def __init__(self, path: Path, index: FrameIndex, *, door: type[Door] | None = None) -> None:
        if not index.intra:
            raise not_seekable(path)
        self.path = path
        self.count = index.count
        self.largest = int(index.size.max())
        """Bytes of the largest frame: the buffer that `read_into` needs at most."""
        # Plain integers: an array.array gives one in half the time of a NumPy scalar.
        self._offset = array("Q", index.offset.astype("=u8").tobytes())
        self._size = array("I", index.size.astype("=u4").tobytes())
        try:
            self._door = (door or _DOOR)(path)  # type: ignore[call-arg]
        except OSError as reason:
            raise unreadable(path, reason) from None

    def read(self, frame: int) -> bytes:
        """Return the bytes of a frame. Raises FrameOutOfRange, DamagedMovie, MissingFile."""
        if not 0 <= frame < self.count:
            raise self._no_such_frame(frame)
        size = self._size[frame]
        try:
            data = self._door.read(size, self._offset[frame])
        except OSError as reason:
            raise self._gone(reason) from None
        return data if len(data) == size else self._read_on(frame, data)

    def read_into(self, frame: int, buffer: bytearray | memoryview) -> memoryview:
        """Read a frame into a reused buffer and return the part that it fills.

        Raises FrameOutOfRange, DamagedMovie, MissingFile, and OutOfRange for a buffer smaller than the frame.
        """
        if not 0 <= frame < self.count:
            raise self._no_such_frame(frame)
        size = self._size[frame]
        view = memoryview(buffer)[:size]
        if len(view) < size:
            raise OutOfRange(f"frame {frame} of {self.path.name} has {size} bytes, the buffer {len(view)}; "
                             f"{self.largest} are always enough")
        try:
            got = self._door.read_into(view, self._offset[frame])
        except OSError as reason:
            raise self._gone(reason) from None
        if got != size:
            view[:] = self._read_on(frame, bytes(view[:got]))
        return view

    def close(self) -> None:
        """Give the file back; further reads raise MissingFile."""
        self._door.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _read_on(self, frame: int, data: bytes) -> bytes:
        """Finish a read that a network file system has cut into pieces."""
        offset, size = self._offset[frame], self._size[frame]
        while len(data) < size:
            try:
                more = self._door.read(size - len(data), offset + len(data))
            except OSError as reason:
                raise self._gone(reason) from None
            if not more:
                raise DamagedMovie(f"{self.path} ends inside frame {frame}; it has changed since it was "
                                   "opened: load it again, or copy it again")
            data += more
        return data

    def _no_such_frame(self, frame: int) -> FrameOutOfRange:
        return FrameOutOfRange(f"{self.path.name} has frames 0 to {self.count - 1}, not {frame}")

    def _gone(self, reason: OSError) -> MissingFile:
        return unreadable(self.path, reason)


def not_seekable(path: Path) -> NotSeekable:
    """Word the refusal of a long-GOP movie, with the command that fixes it."""
    return NotSeekable(f"{path} is long-GOP and cannot be played by frame; run: "
                       + encode_command(path))


_DOOR: type[Door] = PositionalDoor if hasattr(os, "preadv") else HandleDoor
