"""A movie as a source of frames: anything PyAV opens, in presentation order, onto a constant rate.

JPEG frames are handed on as they lie in the file; everything else is decoded here, one frame at a time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from server.errors import DamagedMovie, NotAMovie
from server.index.identity import stat_of, unreadable
from server.index.jpeg import jpeg_header, jpeg_problem
from server.index.timing import STANDARD_RATES, rate_of
from server.media.completeness import cut_short
from server.media.jpeg import jpeg_damage
from server.media.placement import Size
from server.media.resample import nearest_frame, resample, typical_rate
from server.media.shots import PacketShot, Shot, VideoShot
from server.media.sources import Findings
from server.media.unopened import not_a_movie, why
from server.units import exact_rate, format_seconds

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

_LIMITED_RANGE: Final = 1
_HDR_CURVES: Final = {16: "PQ", 18: "HLG"}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the container and the first frame say."""

    size: Size
    """As shown: square pixels, upright."""
    turns: int
    chroma: str | None
    rate: Fraction
    steady: bool
    seconds: Fraction
    start: Fraction
    copies: bool
    """The frames are JPEGs that can be handed on undecoded."""
    warnings: tuple[str, ...]


class MovieSource:
    """A movie, or the part of it between two times in seconds. Raises MissingFile, NotAMovie, DamagedMovie."""

    def __init__(self, path: Path, *, begin: Fraction | None = None, end: Fraction | None = None) -> None:
        stat_of(path)
        self.path = path
        self._begin, self._end = begin or Fraction(0), end
        self._facts = _look(path)
        length = min(self._facts.seconds, end or self._facts.seconds) - self._begin
        if length <= 0:
            raise NotAMovie(f"{path.name} is {format_seconds(float(self._facts.seconds))} long: nothing of it lies "
                            "between the times that are asked for")
        self._length = length

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def size(self) -> Size:
        return self._facts.size

    @property
    def chroma(self) -> str | None:
        return self._facts.chroma

    @property
    def rate(self) -> Fraction | None:
        return self._facts.rate

    def frames(self, rate: Fraction) -> int:
        return max(1, nearest_frame(self._length, rate))

    def shots(self, rate: Fraction, findings: Findings) -> Iterator[Shot]:
        for line in self._facts.warnings:
            findings.warn(line)
        self._check_length(findings)
        same = self._facts.steady and rate == self._facts.rate
        with open_movie(self.path) as container:
            timed = self._timed(container, findings)
            if same:
                yield from (self._shot(numbered, 1) for _, numbered in timed)
                return
            last = 1 / self._facts.rate if self._facts.steady else None
            for numbered, repeat in resample(timed, rate, findings.tally, last=last):
                yield self._shot(numbered, repeat)

    def _check_length(self, findings: Findings) -> None:
        there = cut_short(self.path)
        if there is None:
            return
        text = f"{self.path} is cut short: {there}"
        if not findings.salvage:
            raise DamagedMovie(f"{text}; copy it again, or keep those with --salvage")
        findings.warn(f"{text}; what is missing, or leans on it, is not in the new movie")

    def _shot(self, numbered: tuple[int, Any], repeat: int) -> Shot:
        number, item = numbered
        name = f"{self.path.name}, frame {number}"
        if isinstance(item, bytes):
            return PacketShot(item, name, repeat)
        return VideoShot(item, self._facts.size, name, self._facts.turns, repeat)

    def _timed(self, container: InputContainer, findings: Findings) -> Iterator[tuple[Fraction, tuple[int, Any]]]:
        """Yield (seconds since the movie's first frame, (its number, JPEG bytes or decoded frame)) between the times.

        Behind a seek, numbers are counted from there.
        """
        stream = container.streams.video[0]
        if self._begin and stream.time_base:
            place = int((self._facts.start + self._begin) / stream.time_base)
            container.seek(place, stream=stream, backward=True)
        reader = _Reader(self.path, container, stream, findings)
        for number, (time, item) in enumerate(reader.jpegs() if self._facts.copies else reader.frames()):
            since = number / self._facts.rate if time is None else time - self._facts.start
            if self._end is not None and since >= self._end:
                return
            if since >= self._begin:
                yield since, (number, item)


class _Reader:
    """The packets of an open movie, whole or decoded; damage is refused, or left out and said."""

    def __init__(self, path: Path, container: InputContainer, stream: VideoStream, findings: Findings) -> None:
        self._path, self._container, self._stream, self._findings = path, container, stream, findings
        self._done = 0

    def jpegs(self) -> Iterator[tuple[Fraction | None, bytes]]:
        """Yield (time, JPEG) of every packet that is to be shown; in salvage, whole ones in place of torn ones."""
        whole = b""
        for packet in self._packets():
            if not packet.size or packet.is_discard:
                continue
            data = bytes(packet)
            self._done += 1
            problem = jpeg_damage(data) if self._findings.salvage else None
            if problem is None:
                whole = data
            else:
                # The last one of a file that is cut short stands in for nothing.
                whole = b"" if packet.is_corrupt else whole
                self._findings.warn(f"{self._path.name}, frame {self._done - 1}: this JPEG {problem}; "
                                    + ("the frame before is shown in its place" if whole else "it was left out"))
            stamp = packet.pts if packet.pts is not None else packet.dts
            if whole:
                yield None if stamp is None else stamp * packet.time_base, whole

    def frames(self) -> Iterator[tuple[Fraction | None, VideoFrame]]:
        """Yield (time, decoded frame) in the order in which they are shown."""
        import av

        # With threads of its own for frames, FFmpeg loses those in flight at an error.
        self._stream.thread_type = "SLICE" if self._findings.salvage else "AUTO"
        for packet in self._packets():
            try:
                frames = packet.decode()
            except (av.FFmpegError, OSError) as reason:
                self._damaged(why(reason))
                continue
            for frame in frames:
                self._done += 1
                if frame.is_corrupt:
                    self._findings.warn(f"{self._path.name} has damaged frames, the first about frame {self._done}: "
                                        "they look as the decoder could mend them")
                yield None if frame.pts is None else frame.pts * frame.time_base, frame

    def _packets(self) -> Iterator[Any]:
        import av

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError) as reason:
                self._damaged(why(reason))
                return
            if packet is None:
                return
            yield packet

    def _damaged(self, reason: str) -> None:
        where = f"{self._path} is damaged about frame {self._done}: {reason}"
        if not self._findings.salvage:
            raise DamagedMovie(f"{where}; copy it again, or keep what can be read with --salvage")
        self._findings.warn(f"{where}; what could not be read was left out")


def open_movie(path: Path) -> InputContainer:
    """Open a movie for reading; a colon in its name makes no URL of it. Raises MissingFile, NotAMovie."""
    import av

    try:
        container: InputContainer = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except (FileNotFoundError, PermissionError, IsADirectoryError) as reason:
        raise unreadable(path, reason) from None
    except (av.FFmpegError, OSError, ValueError) as reason:
        raise not_a_movie(path, reason) from None
    if not container.streams.video:
        container.close()
        raise NotAMovie(f"{path} has no picture in it, only sound or text")
    return container


def _look(path: Path) -> _Facts:
    with open_movie(path) as container:
        stream = container.streams.video[0]
        ticks = _ticks(container, stream, path)
        time_base = Fraction(stream.time_base or Fraction(1, 1000))
        # Containers round what they say of their rate as they round their times: only a standard one helps.
        stated = exact_rate(float(stream.average_rate)) if stream.average_rate else None
        hint = stated if stated in STANDARD_RATES else None
    rate, steady = rate_of(ticks, time_base, hint=hint)
    if not steady:
        rate = typical_rate([int(tick) * time_base for tick in ticks[:10_000]], time_base) or rate
    seconds = (int(ticks[-1]) - int(ticks[0])) * time_base + 1 / rate
    with open_movie(path) as container:
        chroma, copies = _jpeg_facts(container)
    with open_movie(path) as container:
        first = _first_frame(container, path)
        turns = int(first.rotation) // 90 % 4
        size = _shown_size(first, container.streams.video[0], turns)
        warnings = tuple(_warnings(container, first, path))
    return _Facts(size, turns, chroma, rate, steady, seconds, int(ticks[0]) * time_base,
                  copies and not turns and size == (first.width, first.height), warnings)


def _ticks(container: InputContainer, stream: VideoStream, path: Path) -> NDArray[np.int64]:
    """The times of all frames in ticks, in order, from the table of the container or else from its packets."""
    import av

    entries = stream.index_entries
    # The table is in decoding order: only where every frame is key are its times those that are shown.
    if stream.codec.intra_only and stream.frames and len(entries) == stream.frames:
        listed = sorted(entry.timestamp for entry in entries if not entry.is_discard)
    else:
        listed = []
        with contextlib.suppress(av.FFmpegError, OSError):  # what comes behind the damage is reported when it is read
            for packet in container.demux(stream):
                stamp = packet.pts if packet.pts is not None else packet.dts
                if stamp is not None and packet.size and not packet.is_discard:
                    listed.append(stamp)
        listed.sort()
    if not listed:
        raise DamagedMovie(f"{path} holds no frame that can be shown; copy or record it again")
    return np.array(listed, dtype=np.int64)


def _first_frame(container: InputContainer, path: Path) -> VideoFrame:
    import av

    reason = "nothing in it can be decoded"
    try:
        for frame in container.decode(container.streams.video[0]):
            return frame
    except (av.FFmpegError, OSError) as error:
        reason = why(error)
    raise DamagedMovie(f"{path} cannot be decoded ({reason}); copy or record it again")


def _jpeg_facts(container: InputContainer) -> tuple[str | None, bool]:
    """The chroma of a Motion-JPEG movie, and whether its pictures stand alone as plain JPEGs."""
    stream = container.streams.video[0]
    if stream.codec_context.name != "mjpeg":
        return None, False
    pictures = (bytes(packet) for packet in container.demux(stream) if packet.size and not packet.is_discard)
    # A torn one at the beginning says nothing of the others; interlaced ones are all alike.
    data = next((each for each in islice(pictures, 8) if jpeg_problem(each) is None), None)
    if data is None:
        return None, False
    header = jpeg_header(data)
    limited = stream.codec_context.color_range == _LIMITED_RANGE
    return header.chroma, header.muxable and not limited


def _shown_size(frame: VideoFrame, stream: VideoStream, turns: int) -> Size:
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    width = frame.width if aspect <= 0 else round(frame.width * aspect)
    return (frame.height, width) if turns % 2 else (width, frame.height)


def _warnings(container: InputContainer, frame: VideoFrame, path: Path) -> Iterator[str]:
    if container.streams.audio:
        yield (f"{path.name} has sound, which is not in the new movie: frames that can be played in any order carry "
               "none; play the sound from the original")
    if len(container.streams.video) > 1:
        yield f"{path.name} has {len(container.streams.video)} pictures tracks; the first one was used"
    if frame.interlaced_frame:
        yield f"{path.name} is interlaced: its lines were left as they are; deinterlace it first if combs show"
    curve = _HDR_CURVES.get(int(frame.color_trc))
    if curve is not None:
        yield f"{path.name} is HDR ({curve}): it was not tone-mapped and will look pale; grade it to SDR first"
