"""A segment of the show log as bytes: blocks of steps, each with its length and checksum. Knows no file and no clock.

The first step of a segment is the whole show, so that every segment can be read without the others. Reading is total:
a torn or damaged end is left out, whatever it holds.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from server.errors import ArchiveDamaged
from server.show.archive import Packer, Tree, Unpacker, dump, load
from server.show.events import Event, SendBytes
from server.show.memory_state import Memory
from server.show.scribe import Began, Came, Flushed, Step, Ticked
from server.units import Seconds

MAGIC: Final = b"ISLOG\0"
VERSION: Final = 1
SUFFIX: Final = ".showlog"
_FILE: Final = struct.Struct("<6sHIId")
_BLOCK: Final = struct.Struct("<IIB")
BLOCK_MAX: Final = 1 << 28
PLAIN, SMALLER = range(2)
_WORTH: Final = 16_384
"""Bytes from which a block is made smaller: a show as a whole is, a tenth of a second of it is not."""
BEGAN, CAME, FLUSHED, TICKED = range(4)


class Head(NamedTuple):
    """What stands before the first block: which segment of which run, and the time of day when it was begun."""

    run: int
    number: int
    wall: Seconds


class Said(NamedTuple):
    """What went out with one step. Packets, above all the stream, are kept as a checksum of their bytes in order."""

    packets: int = 0
    checksum: int = 0
    events: tuple[Event, ...] = ()

    @classmethod
    def of(cls, events: Iterable[Event]) -> Said:
        """Sum up what went out."""
        packets = checksum = 0
        rest: list[Event] = []
        for event in events:
            if isinstance(event, SendBytes):
                packets += 1
                checksum = zlib.crc32(event.packet, zlib.crc32(f"{event.host}:{event.port} ".encode(), checksum))
            else:
                rest.append(event)
        return cls(packets, checksum, tuple(rest))


class Streamed(NamedTuple):
    """What messages had changed went out at `now`, or with the tick `number` at its deadline."""

    now: Seconds
    said: Said
    number: int | None = None


Recorded = Began | Came | Streamed
"""A step as it is read."""


class SegmentPacker:
    """Makes the blocks of one segment; they are read in the order in which they were made."""

    def __init__(self) -> None:
        self._packer = Packer()

    def block(self, steps: Iterable[Step]) -> bytes:
        """Steps as one block. Raises InputError for what has no place in an archive: then none of it counts."""
        body = dump([self._tree(step) for step in steps])
        kind = PLAIN
        if len(body) >= _WORTH:
            kind, body = SMALLER, zlib.compress(body, 1)
        return _BLOCK.pack(len(body), zlib.crc32(body), kind) + body

    def _tree(self, step: Step) -> Tree:
        if isinstance(step, Ticked):
            return [TICKED, step.deadline, *self._said(step.said), step.number]
        if isinstance(step, Flushed):
            return [FLUSHED, step.now, *self._said(step.said)]
        if isinstance(step, Came):
            return [CAME, step.now, self._packer.tree(step.item)]
        return [BEGAN, step.now, self._packer.tree(step.memory), step.lost]

    def _said(self, events: Sequence[Event]) -> tuple[int, int, Tree]:
        said = Said.of(events)
        return said.packets, said.checksum, [self._packer.tree(event) for event in said.events]


def head_bytes(head: Head) -> bytes:
    """What a segment begins with."""
    return _FILE.pack(MAGIC, VERSION, head.run, head.number, head.wall)


def read_head(data: bytes) -> Head:
    """Read it again. Raises ArchiveDamaged for what is no segment."""
    if len(data) < _FILE.size or not data.startswith(MAGIC):
        raise ArchiveDamaged("this is no part of a show log")
    _, version, run, number, wall = _FILE.unpack_from(data)
    if version != VERSION:
        raise ArchiveDamaged(f"this show log was written by another version of Interscene (format {version}, here "
                             f"{VERSION})")
    return Head(run, number, wall)


class SegmentReader:
    """The steps of a segment. After it was read, `problem` says why it ends before its end; empty when it does not."""

    def __init__(self, data: bytes) -> None:
        """Raises ArchiveDamaged for what is no segment."""
        self.head = read_head(data)
        self.problem = ""
        self._data = memoryview(data)
        self._unpacker = Unpacker()

    def steps(self) -> Iterator[Recorded]:
        """Every whole step from the beginning on."""
        at = _FILE.size
        try:
            while at < len(self._data):
                at, body = self._block(at)
                for tree in body:
                    yield self._step(tree)
        except ArchiveDamaged as problem:
            self.problem = str(problem)

    def _block(self, at: int) -> tuple[int, list[Tree]]:
        data = self._data[at:]
        if len(data) < _BLOCK.size:
            raise ArchiveDamaged("its end is torn: it was being written when its writer died")
        size, checksum, kind = _BLOCK.unpack_from(data)
        body = bytes(data[_BLOCK.size:_BLOCK.size + size])
        if len(body) < size:
            raise ArchiveDamaged("its end is torn: it was being written when its writer died")
        if zlib.crc32(body) != checksum:
            raise ArchiveDamaged(f"a block at byte {at} is damaged")
        steps = load(_whole(body) if kind == SMALLER else body)
        if kind not in (PLAIN, SMALLER) or not isinstance(steps, list):
            raise ArchiveDamaged(f"a block at byte {at} is none")
        return at + _BLOCK.size + size, steps

    def _step(self, tree: Tree) -> Recorded:
        try:
            kind, now, *rest = tree
            if isinstance(now, bool) or not isinstance(now, int | float) or not math.isfinite(now):
                raise ArchiveDamaged("a step has no time")
            if kind == CAME:
                item, = rest
                return Came(now, self._unpacker.value(item))
            if kind == BEGAN:
                memory, lost = rest
                return Began(now, self._memory(memory), lost)
            packets, checksum, events, *number = rest
            if kind not in (FLUSHED, TICKED) or len(number) != (kind == TICKED) or not all(
                    type(one) is int for one in (packets, checksum, *number)):
                raise ArchiveDamaged(f"a step is of the unknown kind {kind!r}")
            said = Said(packets, checksum, tuple(self._unpacker.value(event) for event in events))
            return Streamed(now, said, number[0] if number else None)
        except (TypeError, ValueError) as problem:
            raise ArchiveDamaged(f"a step is none: {problem}") from None

    def _memory(self, tree: Tree) -> Memory:
        memory: Any = self._unpacker.value(tree)
        if not isinstance(memory, Memory):
            raise ArchiveDamaged("a segment does not begin with a show")
        return memory


def _whole(body: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        # A few bytes can claim to be gigabytes.
        whole = unpacker.decompress(body, BLOCK_MAX)
    except zlib.error as problem:
        raise ArchiveDamaged(f"a block cannot be read: {problem}") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ArchiveDamaged("a block is larger than a block may be, or torn")
    return whole
