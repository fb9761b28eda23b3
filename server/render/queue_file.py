"""What waits to be made, on disk: it survives a kill or a power cut at any instant. It makes nothing.

One file, only ever appended to. A record is its length, the CRC-32 of its body, that of these eight bytes, and the
body; it is on the disk before anybody goes on. One that was being written when the end came is cut off; a file that is
damaged otherwise is set aside, and said.
"""

from __future__ import annotations

import contextlib
import logging
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import msgpack

from server.errors import InputError, OutputError
from server.media.part_file import PartFile, claim, make_folders, output_error, write_file
from server.render.backlog import Backlog
from server.render.fields import Fields, plain
from server.render.job import ID_MOST, Job, job_from_document
from server.render.messages import ITEMS_MAX, MESSAGE_MAX
from server.render.pool import PRIORITIES, Priority

log = logging.getLogger("interscene.render")

HEADER: Final = b"interscene.queue 1\n"
JOBS_MOST: Final = 1000
WASTE_MOST: Final = 64 << 20
"""Bytes of jobs that are over before the file is written anew."""
_HEAD: Final = struct.Struct("<II")
_HEAD_SIZE: Final = 12


@dataclass(frozen=True, slots=True)
class Queued:
    """A job that waits, and what its client wants to know of it afterwards: plain values, like where it goes."""

    job: Job
    priority: Priority = "queued"
    client: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


class QueueFile:
    """Jobs by id. What is taken stays on the disk until `end`, and waits again after a restart.

    `problems` says what was wrong with the file. One thread at a time. Raises OutputError when it cannot be written or
    another program has it.
    """

    def __init__(self, path: Path, limit: int = JOBS_MOST) -> None:
        self.path = path
        self.problems: tuple[str, ...] = ()
        self._entries: dict[str, Queued] = {}
        self._sizes: dict[str, int] = {}
        self._limit, self._wasted = limit, 0
        self._taken: dict[str, Queued] = {}
        make_folders(path.parent)
        good = self._read()
        self._waiting: Backlog[Queued] = Backlog(max(limit, len(self._entries)))
        for name, entry in self._entries.items():
            self._waiting.put(name, entry, entry.priority, entry.client)
        self._file = self._open(good)
        if self._wasted:
            self._rewrite()

    # what is wanted -----------------------------------------------------------------------------

    def __len__(self) -> int:
        """How many jobs wait or are being made."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Queued]:
        """What waits, in the order in which it is taken."""
        return iter(self._waiting)

    def put(self, entry: Queued) -> None:
        """Add a job; when this returns, it is on the disk. Raises QueueFull, InputError, OutputError."""
        name = entry.job.id
        if name in self._entries:
            raise InputError(f"a job {name!r} is in the queue already; give every job an id of its own")
        if not plain(entry.about):
            raise InputError(f"what is kept with the job {name} must be text, numbers, lists and maps")
        self._waiting.limit = max(self._limit - len(self._taken), 0)
        self._waiting.put(name, entry, entry.priority, entry.client)
        try:
            self._sizes[name] = self._append(_put_record(entry))
        except BaseException:
            self._waiting.remove(name)
            raise
        self._entries[name] = entry

    def take(self) -> Queued | None:
        """The next job, which is not forgotten before its `end`; None when nothing waits."""
        entry = self._waiting.take()
        if entry is not None:
            self._taken[entry.job.id] = entry
        return entry

    def give_back(self, name: str) -> None:
        """A job that was taken could not be made now: it is the next again."""
        entry = self._taken.pop(name, None)
        if entry is not None:
            self._waiting.put_back(name, entry, entry.priority, entry.client)

    def end(self, name: str) -> bool:
        """Forget a job that is done, failed or cancelled, waiting or taken; False when it is not here."""
        if name not in self._entries:
            return False
        self._append({"do": "end", "id": name})
        self._forget(name)
        self._waiting.remove(name)
        self._taken.pop(name, None)
        if self._wasted > max(WASTE_MOST, sum(self._sizes.values())):
            self._rewrite()
        return True

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    # the file -----------------------------------------------------------------------------------

    def _forget(self, name: str) -> None:
        if self._entries.pop(name, None) is not None:
            self._wasted += self._sizes.pop(name, 0)

    def _open(self, good: int) -> IO[bytes]:
        """The file, ours alone, cut where the last whole record ends."""
        if not good:
            write_file(self.path, HEADER)
        try:
            file = self.path.open("r+b")
            if not claim(file):
                file.close()
                raise OutputError(f"{self.path.name} is used by another program; end that one first")
            file.truncate(good or len(HEADER))
            file.seek(0, os.SEEK_END)
            _to_disk(file)
        except OSError as reason:
            raise output_error(self.path, reason) from None
        return file

    def _append(self, record: Mapping[str, Any]) -> int:
        """Write a record to the disk; return its size. When that fails, nothing of it is left."""
        data, begin = _packed(record), self._file.tell()
        try:
            self._file.write(data)
            _to_disk(self._file)
        except OSError as reason:
            with contextlib.suppress(OSError):
                self._file.seek(begin)
                self._file.truncate(begin)
            raise output_error(self.path, reason) from None
        return len(data)

    def _rewrite(self) -> None:
        """Write what is left anew and put it in place of the old; when that fails, the old one is good enough."""
        try:
            part = PartFile(self.path, overwrite=True)
        except OutputError as reason:
            log.warning("%s", reason)
            return
        try:
            part.write(HEADER)
            for entry in self._entries.values():
                part.write(_packed(_put_record(entry)))
            part.flush()
            self._file.close()  # an open file cannot be replaced on Windows
            part.publish()
            self._wasted = 0
        except OutputError as reason:
            log.warning("%s", reason)
        finally:
            part.abandon()
        if self._file.closed:
            self._file = self._open(self.path.stat().st_size)

    def _read(self) -> int:
        """Read what is there; return where the last whole record ends, 0 for a new file."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return 0
        except OSError as reason:
            raise output_error(self.path, reason) from None
        if not data.startswith(HEADER):
            if not HEADER.startswith(data):
                self._set_aside("it does not begin like one")
            return 0
        place = len(HEADER)
        while place < len(data):
            try:
                body = _body(data, place)
                if body is None:
                    log.info("%s: the last record was not finished and is left out", self.path.name)
                    break
                self._apply(body, _HEAD_SIZE + len(body))
            except InputError as reason:
                self._set_aside(str(reason))
                break
            place += _HEAD_SIZE + len(body)
        return place

    def _apply(self, body: bytes, size: int) -> None:
        """One record. Raises InputError."""
        try:
            document = msgpack.unpackb(body, raw=False, strict_map_key=True, unicode_errors="surrogatepass",
                                       max_array_len=ITEMS_MAX, max_map_len=ITEMS_MAX)
        except (ValueError, TypeError, OverflowError, RecursionError, msgpack.exceptions.UnpackException):
            raise InputError("a record cannot be read") from None
        fields = Fields(document, "a record of the queue")
        if fields.text("do", 20) == "end":
            self._forget(fields.text("id", ID_MOST))
            self._wasted += size
            return
        priority = fields.text("priority", 20)
        if priority not in PRIORITIES:
            raise fields.wrong("priority", f"one of {', '.join(PRIORITIES)}")
        job = job_from_document(fields.raw("job"))
        self._entries[job.id] = Queued(job, priority, fields.text("client"), fields.facts("about"))
        self._sizes[job.id] = size

    def _set_aside(self, why: str) -> None:
        """Keep a damaged file beside, whole, and say so; what could be read of it goes on."""
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.damaged-{number}")).exists():
            number += 1
        try:
            aside.write_bytes(self.path.read_bytes())
        except OSError as reason:
            raise output_error(aside, reason) from None
        text = (f"{self.path.name} is damaged ({why}): it was set aside as {aside.name}, and the {len(self._entries)} "
                "jobs that could be read go on; submit the others again")
        self.problems = (*self.problems, text)
        log.error("%s", text)


def _put_record(entry: Queued) -> dict[str, Any]:
    return {"do": "put", "id": entry.job.id, "priority": entry.priority, "client": entry.client,
            "about": dict(entry.about), "job": entry.job.document()}


def _packed(record: Mapping[str, Any]) -> bytes:
    try:
        body: bytes = msgpack.packb(record, use_bin_type=True, unicode_errors="surrogatepass")
    except (TypeError, ValueError, OverflowError) as reason:
        raise InputError(f"the job {record['id']} cannot be kept: {reason}") from None
    if len(body) > MESSAGE_MAX:
        raise InputError(f"the job {record['id']} has {len(body)} bytes, more than {MESSAGE_MAX}; make smaller "
                         "pictures")
    head = _HEAD.pack(len(body), zlib.crc32(body))
    return head + zlib.crc32(head).to_bytes(4, "little") + body


def _body(data: bytes, place: int) -> bytes | None:
    """The body of the record that begins at a place; None where the file ends within it. Raises InputError."""
    head = data[place:place + _HEAD.size]
    length_end = place + _HEAD_SIZE
    if len(data) < length_end:
        return None
    if int.from_bytes(data[place + _HEAD.size:length_end], "little") != zlib.crc32(head):
        raise InputError("a record is damaged")
    length, checksum = _HEAD.unpack(head)
    body = data[length_end:length_end + length]
    if len(body) < length:
        return None
    if zlib.crc32(body) != checksum:
        raise InputError("a record is damaged")
    return body


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
