"""A Motion-JPEG movie that was never finished as a source: the frames that its index could still find.

It opens no container; the index says where the pictures are.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from server.errors import DamagedMovie, MediaError, NotAMovie
from server.index.format import RECOVERED, FrameIndex
from server.index.reader import FrameReader
from server.media.indexing import index_of
from server.media.jpeg import jpeg_damage
from server.media.movie_source import MovieSource
from server.media.placement import Size
from server.media.resample import nearest_frame, resample
from server.media.shots import PacketShot, Shot
from server.media.sources import Findings, Source


class RecoveredSource:
    """Every frame that was found, in order. Raises what opening the index does."""

    def __init__(self, path: Path, index: FrameIndex) -> None:
        self.path = path
        self._index = index

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def size(self) -> Size:
        return self._index.width, self._index.height

    @property
    def chroma(self) -> str | None:
        return self._index.chroma

    @property
    def rate(self) -> Fraction | None:
        return self._index.rate

    def frames(self, rate: Fraction) -> int:
        return max(1, nearest_frame(self._index.count / self._index.rate, rate))

    def shots(self, rate: Fraction, findings: Findings) -> Iterator[Shot]:
        findings.warn(f"{self.path} was never finished: {self._index.count} frames were found {_how(self._index)}")
        for (number, jpeg), repeat in resample(self._timed(findings), rate, findings.tally, last=1 / self._index.rate):
            yield PacketShot(jpeg, f"{self.path.name}, frame {number}", repeat)

    def _timed(self, findings: Findings) -> Iterator[tuple[Fraction, tuple[int, bytes]]]:
        whole = b""
        with FrameReader(self.path, self._index) as reader:
            for number in range(self._index.count):
                jpeg = reader.read(number)
                problem = jpeg_damage(jpeg)
                if problem is None:
                    whole = jpeg
                else:
                    findings.warn(f"{self.path.name}, frame {number}: this JPEG {problem}; "
                                  + ("the frame before is shown in its place" if whole else "it was left out"))
                if whole:
                    yield self._index.seconds_of(number), (number, whole)


def movie_source(path: Path, findings: Findings) -> Source:
    """Open a movie; in salvage also one without an end. Raises MissingFile, NotAMovie, DamagedMovie."""
    try:
        return MovieSource(path)
    except NotAMovie as reason:
        index = _recovered(path)
        if index is None:
            raise
        if not findings.salvage:
            raise DamagedMovie(f"{path} was never finished: {index.count} frames can still be found in it; record or "
                               "copy it again, or keep those with --salvage") from reason
        return RecoveredSource(path, index)


def _recovered(path: Path) -> FrameIndex | None:
    try:
        index = index_of(path, remember=False)
    except MediaError:
        return None
    return index if index.codec == "mjpeg" and index.intra and RECOVERED in (index.made or {}) else None


def _how(index: FrameIndex) -> str:
    return str((index.made or {}).get(RECOVERED, "by its index"))
