"""A small file that is written again and again and never half: two slots in turn, each with a count and a checksum.

It knows nothing of what is kept.
"""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from pathlib import Path
from typing import Final, NamedTuple

from server.units import Seconds

MAGIC: Final = b"ISK1"
_HEAD: Final = struct.Struct("<4sQQQI")  # magic, count, tag, length, checksum of all that and the content
BYTES_MOST: Final = 256 << 20
SYNC_EVERY: Final[Seconds] = 5.0
"""What a process wrote outlives it; only for the sake of a power cut the disk is waited for, now and then."""


class Kept(NamedTuple):
    """What a slot holds: the more often it had been written, the newer. `tag` is the writer's own."""

    number: int
    tag: int
    content: bytes


class Slots:
    """Files NAME.0 and NAME.1 in a folder that is there. One process writes; `write` raises OSError."""

    def __init__(self, folder: Path, name: str) -> None:
        self._paths = tuple(folder / f"{name}.{number}" for number in (0, 1))
        self._files: list[int | None] = [None, None]
        self._count = max((kept.number for kept in self.read()), default=0)
        self._synced = float("-inf")

    def read(self) -> list[Kept]:
        """What can be read, the newest first; a slot that was being written when its writer died is left out."""
        found = [kept for path in self._paths if (kept := _read(path)) is not None]
        return sorted(found, key=lambda kept: -kept.number)

    def write(self, content: bytes, tag: int, now: Seconds) -> int:
        """Keep it in the slot that holds the older content; returns how often that was."""
        count = self._count + 1
        number = count % 2
        checksum = zlib.crc32(content, zlib.crc32(_HEAD.pack(MAGIC, count, tag, len(content), 0)))
        file = self._open(number)
        os.lseek(file, 0, os.SEEK_SET)
        data = memoryview(_HEAD.pack(MAGIC, count, tag, len(content), checksum) + content)
        while data:
            data = data[os.write(file, data):]
        os.ftruncate(file, _HEAD.size + len(content))
        if now - self._synced >= SYNC_EVERY:
            self._synced = now
            os.fsync(file)
        self._count = count
        return count

    def close(self) -> None:
        """Close the files."""
        for number, file in enumerate(self._files):
            if file is not None:
                os.close(file)
            self._files[number] = None

    def remove(self) -> None:
        """Close the files and remove them."""
        self.close()
        for path in self._paths:
            with contextlib.suppress(OSError):
                path.unlink()

    def _open(self, number: int) -> int:
        file = self._files[number]
        if file is None:
            file = os.open(self._paths[number], os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            self._files[number] = file
        return file


def _read(path: Path) -> Kept | None:
    """One slot; None where nothing whole is in it."""
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MOST)
    except OSError:
        return None
    if len(data) < _HEAD.size:
        return None
    magic, count, tag, length, checksum = _HEAD.unpack_from(data)
    content = data[_HEAD.size:_HEAD.size + length]
    wanted = zlib.crc32(content, zlib.crc32(_HEAD.pack(MAGIC, count, tag, length, 0)))
    return Kept(count, tag, content) if (magic, checksum) == (MAGIC, wanted) and len(content) == length else None
