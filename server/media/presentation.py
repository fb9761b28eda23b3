"""Decode the n-th picture of a movie as a player would show it, by FFmpeg's own timestamps.

Knows nothing of our frame index: it is the witness against which playback is judged.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from server.errors import DamagedMovie, FrameOutOfRange, MissingFile, NotAMovie

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


class Picture:
    """One decoded frame; converted only when asked, because most readers need one form of it."""

    __slots__ = ("_frame", "height", "width")

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self.width: int = frame.width
        self.height: int = frame.height

    def gray(self) -> NDArray[np.uint8]:
        """The luma, uint8 (height, width)."""
        return self._as("gray")

    def rgb(self) -> NDArray[np.uint8]:
        """uint8 (height, width, 3)."""
        return self._as("rgb24")

    def _as(self, layout: str) -> NDArray[np.uint8]:
        return np.ascontiguousarray(self._frame.to_ndarray(format=layout), dtype=np.uint8)


class Presentation:
    """An open movie, read by presentation order; for one thread at a time.

    Raises MissingFile, NotAMovie or DamagedMovie when it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._frames: Iterator[Any] = iter(())
        self._next = -1
        self._scanned = False
        self._start(scan=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    @property
    def count(self) -> int:
        """How many pictures a player shows from start to end."""
        return len(self._pts)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._stream.width, self._stream.height

    @property
    def rate(self) -> Fraction:
        """Pictures a second, as the container states it on average; 0 where it does not."""
        return Fraction(self._stream.average_rate or 0)

    def decode_at(self, number: int) -> Picture:
        """Decode picture `number` (0 is the first shown). Raises FrameOutOfRange or DamagedMovie."""
        if not 0 <= number < self.count:
            raise FrameOutOfRange(f"{self.path.name} has pictures 0 to {self.count - 1}, not {number}")
        frame = self._fetch(number)
        if frame is None and not self._scanned:
            # Even when the second look fails there is none after it.
            self._scanned = True
            self.close()
            self._start(scan=True)
            frame = self._fetch(number) if number < self.count else None
        if frame is None:
            raise DamagedMovie(f"picture {number} of {self.path.name} cannot be decoded; "
                               "run: interscene verify")
        return Picture(frame)

    def close(self) -> None:
        """Let go of the file; closing twice is fine."""
        self._closed = True
        self._frames = iter(())
        self._container.close()

    def _start(self, *, scan: bool) -> None:
        self._container = _open(self.path)
        self._closed = False
        try:
            self._stream = _video(self._container, self.path)
            listed = None if scan else _listed(self._stream)
            self._scanned = listed is None
            self._pts = _demuxed(self._container, self._stream, self.path) if listed is None else listed
        except BaseException:
            self._container.close()
            raise

    def _fetch(self, number: int) -> Any | None:
        import av

        if self._closed:
            return None
        wanted = self._pts[number]
        try:
            if number != self._next:
                self._container.seek(wanted, stream=self._stream)
                self._frames = _decoded(self._container, self._stream)
            for frame in self._frames:
                if frame.pts == wanted:
                    self._next = number + 1
                    return frame
                if frame.pts is None or frame.pts > wanted:
                    break
        except (av.FFmpegError, OSError):
            pass  # the caller decides whether another look at the timestamps helps
        self._next = -1
        return None


def _open(path: Path) -> InputContainer:
    import av

    try:
        return av.open(str(path))
    except FileNotFoundError:
        raise MissingFile(f"there is no {path.name} in {path.parent}") from None
    except PermissionError:
        raise MissingFile(f"{path.name} may not be read; check its permissions") from None
    except (av.FFmpegError, OSError, ValueError) as error:
        raise NotAMovie(f"{path.name} cannot be opened as a movie ({error})") from None


def _video(container: InputContainer, path: Path) -> VideoStream:
    if not container.streams.video:
        raise NotAMovie(f"{path.name} has no video in it")
    return container.streams.video[0]


def _listed(stream: VideoStream) -> list[int] | None:
    """Timestamps from the container's own table, where one of an all-intra codec is complete; else None.

    Reading every packet of a ten-minute movie from a cold disk takes many seconds. What an edit list
    hides is marked as discarded here too, and decode_at checks the timestamp of every picture it decodes.
    """
    if not stream.codec.intra_only:
        return None
    entries = stream.index_entries
    if not stream.frames or len(entries) != stream.frames:
        return None
    listed = sorted(entry.timestamp for entry in entries if not entry.is_discard)
    return listed or None


def _demuxed(container: InputContainer, stream: VideoStream, path: Path) -> list[int]:
    import av

    shown: list[int] = []
    # A movie that was cut short still has the pictures before the cut.
    with contextlib.suppress(av.FFmpegError, OSError):
        for packet in container.demux(stream):
            stamp = packet.pts if packet.pts is not None else packet.dts
            if packet.size and stamp is not None and not packet.is_discard:
                shown.append(stamp)
    if not shown:
        raise DamagedMovie(f"{path.name} holds no picture that can be shown; run: interscene verify")
    return sorted(shown)


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[Any]:
    for packet in container.demux(stream):
        yield from packet.decode()
