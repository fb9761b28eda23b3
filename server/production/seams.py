"""Seams of a built movie: that the frames on both sides of every joint were the same bytes before one was dropped.

The index of the movie says what both sides were; the movie itself and its sources are held against that.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from server.errors import DamagedMovie, InputError, MediaError, MissingFile, PathRefused
from server.index.format import FrameIndex
from server.index.identity import typed
from server.index.reader import FrameReader
from server.library.paths import inside
from server.media.indexing import index_of


@dataclass(frozen=True, slots=True)
class Side:
    """A frame of a source, as the index of the built movie remembers it."""

    file: str
    frame: int
    crc32: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Seam:
    """A joint. `problem` is empty when both sides, and the frame that was kept, are one and the same."""

    frame: int
    picture: str
    before: Side
    after: Side
    compared: bool = False
    """The bytes were read from both sources and compared; else a source is gone, and the index alone says it."""
    problem: str = ""

    @property
    def line(self) -> str:
        """The seam in one line for a person."""
        verdict = self.problem or ("the same bytes in both sources" if self.compared else
                                   "the same by its checksums; a source is gone")
        return f"frame {self.frame}, {self.picture}: {self.before.bytes} bytes, {self.before.crc32:08x}: {verdict}"


def seams(song: Path, movie: Path) -> list[Seam]:
    """Every seam of a built movie. Raises MediaError, and InputError for a movie that remembers none."""
    index = index_of(movie)
    remembered = _remembered(song, movie, index)
    found = []
    sources = _Sources(song)
    with FrameReader(movie, index) as reader:
        for seam in remembered:
            found.append(_compared(sources, seam, reader.read(seam.frame)))
    return found


class _Sources:
    """The movies that a story was joined from; the index of each is read once."""

    def __init__(self, song: Path) -> None:
        self._song = song
        self._indexes: dict[str, FrameIndex] = {}

    def read(self, side: Side) -> bytes | None:
        """The frame of a source; None when the source is gone. Raises MediaError, PathRefused."""
        path = inside(self._song, side.file)
        try:
            index = self._indexes.setdefault(side.file, self._indexes.get(side.file) or index_of(path))
            with FrameReader(path, index) as reader:
                return reader.read(side.frame)
        except MissingFile:
            return None


def _remembered(song: Path, movie: Path, index: FrameIndex) -> list[Seam]:
    made = index.made or {}
    parts, joints = made.get("parts"), made.get("seams")
    if not isinstance(parts, list) or not isinstance(joints, list) or len(joints) != max(0, len(parts) - 1):
        raise InputError(f"the index of {movie.name} does not say what it was joined from; only stories that were "
                         f"built here can show their seams: interscene song build {typed(song)}")
    try:
        return [_seam(joint, before, after, index)
                for joint, before, after in zip(joints, parts, parts[1:], strict=False)]
    except (KeyError, TypeError, ValueError, IndexError):
        raise DamagedMovie(f"what the index of {movie.name} says of its seams cannot be read; build it again") from None


def _seam(joint: Sequence[int], before: Mapping[str, Any], after: Mapping[str, Any], index: FrameIndex) -> Seam:
    frame, crc_before, bytes_before, crc_after, bytes_after = (int(number) for number in joint)
    if not 0 <= frame < index.count:
        raise ValueError
    sides = (Side(str(before["file"]), int(before["span"][1]), crc_before, bytes_before),
             Side(str(after["file"]), int(after["span"][0]), crc_after, bytes_after))
    return Seam(frame, str(after["from"]), *sides)


def _compared(sources: _Sources, seam: Seam, kept: bytes) -> Seam:
    problems = []
    if (seam.before.crc32, seam.before.bytes) != (seam.after.crc32, seam.after.bytes):
        problems.append("its two sides were not the same")
    if (zlib.crc32(kept), len(kept)) != (seam.before.crc32, seam.before.bytes):
        problems.append("the frame in the story is another one now")
    compared = True
    for side in (seam.before, seam.after):
        try:
            data = sources.read(side)
        except (MediaError, PathRefused) as reason:
            problems.append(str(reason))
            continue
        compared = compared and data is not None
        if data is not None and data != kept:
            problems.append(f"frame {side.frame} of {side.file} is not that frame any more")
    return replace(seam, compared=compared, problem="; ".join(problems))
