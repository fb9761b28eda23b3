"""Movies out of JPEG pictures: an all-intra `.mov` and its index, both or nothing. It encodes nothing.

The container is a hybrid one: while it grows it is fragmented, so that a killed program loses a second
at most, and once it is closed it is an ordinary QuickTime movie with one table of all frames.
"""

from __future__ import annotations

import contextlib
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from server.errors import DamagedMovie, InputError, MixedMovie, OutOfRange, OutputError
from server.index.format import MAX_SIDE, Axis, FrameIndex, Mark
from server.index.identity import stored_name
from server.index.jpeg import jpeg_header
from server.index.opening import sidecar, write_sidecar
from server.index.sampletable import index_from_sample_table
from server.media.part_file import PartFile
from server.units import RATE_MAX

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

    from server.media.difference import Thumbnail

PIXEL_FORMATS: Final = {"420": "yuvj420p", "422": "yuvj422p", "444": "yuvj444p", "gray": "yuvj420p"}
"""The container does not store it; PyAV opens no grey MJPEG encoder, and this one encodes nothing anyway."""
_CONTAINER: Final = {"movflags": "+hybrid_fragmented", "frag_duration": "1000000"}
_FULL_RANGE: Final = 2  # AVCOL_RANGE_JPEG
_BT601: Final = 5  # AVCOL_SPC_BT470BG, which is what JPEG means
_FINEST_TICKS: Final = 9_000
_TICKS_MAX: Final = (1 << 31) - 1
_BUFFER: Final = 1 << 20


class MovieWriter:
    """Mux JPEG pictures of one size and chroma into a movie at a constant rate.

    A context manager: leaving it publishes index and movie, leaving it by an exception leaves nothing behind.
    `marks` and `made` may be changed until it is left. Afterwards `index` is the index of the movie. Raises
    OutputError when it is already there or cannot be.
    """

    index: FrameIndex

    def __init__(self, out: Path, *, width: int, height: int, rate: Fraction, chroma: str = "420",
                 marks: Sequence[Mark] = (), axes: Sequence[Axis] = (), ends: tuple[str, str] | None = None,
                 made: Mapping[str, Any] | None = None, overwrite: bool = False) -> None:
        self.out = out
        self._ticks, self._step = _time_scale(rate)
        _check_shape(out, width, height, chroma)
        self._shape = (width, height, chroma)
        self._rate = rate
        self.marks = list(marks)
        self.made = made
        self._notes: dict[str, Any] = {"axes": tuple(axes), "ends": ends}
        self._sizes: list[int] = []
        self._crc32: list[int] = []
        self._differences: list[float] = []
        self._last: tuple[bytes, Thumbnail | None] | None = None
        self._ends_of_file: tuple[bytes, bytes] = (b"", b"")
        self._part = PartFile(out, overwrite=overwrite)
        try:
            self._container, self._stream = self._open()
        except BaseException:
            self._part.abandon()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._publish()
        finally:
            self._part.deafen()
            self._container.close()
            self._part.abandon()

    @property
    def count(self) -> int:
        """How many frames were added."""
        return len(self._sizes)

    def add(self, jpeg: bytes, difference: float = math.nan) -> None:
        """Append one picture, byte for byte; a `difference` that is not given is measured here, at 1/8 size.

        Raises MixedMovie for another size, chroma or kind of JPEG, DamagedMovie, OutputError.
        """
        self._check(jpeg)
        self._differences.append(self._measured(jpeg) if math.isnan(difference) else difference)
        if not math.isnan(difference):
            self._last = (jpeg, None)
        self._ends_of_file = (self._ends_of_file[0] or jpeg, jpeg)
        self._crc32.append(zlib.crc32(jpeg))
        self._mux(jpeg)
        self._sizes.append(len(jpeg))

    def _open(self) -> tuple[OutputContainer, VideoStream]:
        import av

        width, height, chroma = self._shape
        options = {**_CONTAINER, "video_track_timescale": str(self._ticks)}
        container = av.open(self._part, "w", format="mov", options=options, buffer_size=_BUFFER)
        stream = container.add_stream("mjpeg", rate=self._rate)
        stream.width, stream.height = width, height
        stream.pix_fmt = PIXEL_FORMATS[chroma]
        stream.time_base = Fraction(1, self._ticks)
        stream.codec_context.color_range = _FULL_RANGE
        stream.codec_context.colorspace = _BT601
        return container, stream

    def _check(self, jpeg: bytes) -> None:
        header = jpeg_header(jpeg)
        if (header.width, header.height, header.chroma) != self._shape:
            raise MixedMovie(f"frame {self.count} of {self.out.name} is {header.width}×{header.height} "
                             f"{header.chroma}, but a movie has one size and chroma, here "
                             "{}×{} {}; encode the picture to that".format(*self._shape))
        if not header.muxable:
            raise MixedMovie(f"frame {self.count} of {self.out.name} is no plain JPEG ({header.process}, "
                             f"{header.bits} bit, {header.components} components); encode it, do not copy it")
        if jpeg[-2:] != b"\xff\xd9" and not jpeg[-64:].rstrip(b"\x00").endswith(b"\xff\xd9"):
            raise DamagedMovie(f"frame {self.count} of {self.out.name} is cut short; make that picture again")

    def _measured(self, jpeg: bytes) -> float:
        from server.media.difference import difference, thumbnail_of_jpeg

        current = thumbnail_of_jpeg(jpeg)
        previous = self._last
        self._last = (jpeg, current)
        if previous is None:
            return 0.0
        before = thumbnail_of_jpeg(previous[0]) if previous[1] is None else previous[1]
        return difference(before, current)

    def _mux(self, jpeg: bytes) -> None:
        import av

        packet = av.Packet(jpeg)
        packet.stream = self._stream
        packet.time_base = Fraction(1, self._ticks)
        packet.pts = packet.dts = self.count * self._step
        packet.duration = self._step
        packet.is_keyframe = True
        self._container.mux(packet)
        self._part.check()

    def _publish(self) -> None:
        if not self.count:
            raise OutputError(f"{self.out.name} was not written: it would have no frames")
        self._container.close()
        self._part.flush()
        self.index = self._read_back()
        before = _bytes_of(sidecar(self.out))
        write_sidecar(self.out, self.index)
        try:
            self._part.publish()
        except OutputError:
            _restore(sidecar(self.out), before)
            raise

    def _read_back(self) -> FrameIndex:
        """The index that the finished file itself tells; what was muxed must be found in it, to the byte."""
        found = index_from_sample_table(self._part.path)
        if found is None:  # FFmpeg before 8.1 leaves the movie marked as a fragmented one
            raise OutputError(f"{self.out.name} was not written: this PyAV writes no ordinary movies; it must be 17.1 "
                              "or newer, and start.py installs it")
        if found.size.tolist() != self._sizes or not self._ends_agree(found):
            raise OutputError(f"{self.out.name} was not written: its table of frames does not match what was "
                              f"muxed ({found.count} frames of {self.count}); check the disk")
        width, height, chroma = self._shape
        if self.marks and max(mark.frame for mark in self.marks) >= self.count:
            raise InputError(f"{self.out.name} has {self.count} frames, and a mark lies behind them")
        movie = replace(found.movie, name=stored_name(self.out))
        return replace(found, movie=movie, width=width, height=height,
                       chroma=chroma, rate=self._rate, marks=tuple(self.marks), made=self.made, **self._notes,
                       crc32=np.array(self._crc32, dtype=np.uint32),
                       difference=np.array(self._differences, dtype=np.float32))

    def _ends_agree(self, found: FrameIndex) -> bool:
        with self._part.path.open("rb") as file:
            for frame, jpeg in ((0, self._ends_of_file[0]), (-1, self._ends_of_file[1])):
                file.seek(int(found.offset[frame]))
                if file.read(len(jpeg)) != jpeg:
                    return False
        return True


def _time_scale(rate: Fraction) -> tuple[int, int]:
    """Ticks per second, a multiple of the rate, and per frame: no time is rounded. Raises OutOfRange."""
    if not 0 < rate <= RATE_MAX:
        raise OutOfRange(f"a frame rate lies between 0 and {RATE_MAX}, not {float(rate):g}")
    factor = max(1, -(-_FINEST_TICKS // rate.numerator))
    if max(rate.numerator, rate.denominator) * factor > _TICKS_MAX:
        raise OutOfRange(f"the frame rate {rate} is too odd for a movie; use a rounder one")
    return rate.numerator * factor, rate.denominator * factor


def _check_shape(out: Path, width: int, height: int, chroma: str) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise OutOfRange(f"{out.name}: a JPEG has 1 to {MAX_SIDE} pixels a side, not {width}×{height}")
    if chroma not in PIXEL_FORMATS:
        raise InputError(f"{out.name}: chroma is one of {', '.join(PIXEL_FORMATS)}, not {chroma!r}")


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _restore(path: Path, before: bytes | None) -> None:
    with contextlib.suppress(OSError):
        if before is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(before)
