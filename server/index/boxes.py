"""The box structure of QuickTime and MP4 files, bounded on every side. Knows what no box means."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

MAX_MOOV: Final = 1 << 28
_MAX_TOP_LEVEL: Final = 100_000
_MAX_CHILDREN: Final = 10_000


class Box(NamedTuple):
    """A box's type and where its payload begins and ends."""

    kind: bytes
    start: int
    stop: int


def boxes(data: bytes, start: int, stop: int) -> Iterator[Box]:
    """Yield the boxes of one level; the first that does not fit ends it, and so does an absurd number."""
    for _ in range(_MAX_CHILDREN):
        if start + 8 > stop:
            return
        size, kind = struct.unpack_from(">I4s", data, start)
        payload = start + 8
        if size == 1 and start + 16 <= stop:
            (size,) = struct.unpack_from(">Q", data, payload)
            payload += 8
        elif size == 0:
            size = stop - start
        if size < payload - start or start + size > stop:
            return
        yield Box(kind, payload, start + size)
        start += size


def find(data: bytes, parent: Box, *path: bytes) -> Box | None:
    """Return the first box at a path below a parent."""
    box: Box | None = parent
    for kind in path:
        if box is None:
            return None
        box = next((child for child in boxes(data, box.start, box.stop) if child.kind == kind), None)
    return box


def lacks_table(file: BinaryIO, end: int) -> bool:
    """Whether a file begins as QuickTime or MP4 and has no movie box, which recorders write last."""
    position, kinds = 0, set()
    for _ in range(_MAX_TOP_LEVEL):
        file.seek(position)
        head = file.read(16)
        if len(head) < 8:
            break
        size, kind = struct.unpack_from(">I4s", head)
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack_from(">Q", head, 8)
        kinds.add(kind)
        if size < 8 or position + size > end:
            break
        position += size
    return bool(kinds & {b"ftyp", b"mdat", b"wide"}) and not kinds & {b"moov", b"moof"}


def read_moov(file: BinaryIO, end: int) -> bytes | None:
    """Return the payload of a file's movie box; None if there is none, or if fragments follow it."""
    position = 0
    moov: bytes | None = None
    for _ in range(_MAX_TOP_LEVEL):
        file.seek(position)
        head = file.read(16)
        if len(head) < 8:
            return moov
        size, kind = struct.unpack_from(">I4s", head)
        payload = 8
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack_from(">Q", head, 8)
            payload = 16
        elif size == 0:
            size = end - position
        if kind == b"moof":
            return None
        if size < payload:
            return moov
        if kind == b"moov" and moov is None:
            if size - payload > MAX_MOOV or position + size > end:
                return None
            file.seek(position + payload)
            moov = file.read(size - payload)
        position += size
        if position >= end:
            return moov
    return None
