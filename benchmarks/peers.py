"""One way to fetch a frame, in a process of its own that times itself; started as `python -m benchmarks.peers`.

It imports nothing of the project but for the project's own way, so that a peer's Python needs the peer only.
Lines in: `open`, `frames N …`, `spill PATH`. A line out for each: nanoseconds, or the shape of what was spilt:
every fourth pixel of every frame since the last spill.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import IO, Any, Final, Protocol


class Fetcher(Protocol):
    """What every way offers: open a movie, then fetch frames as RGB (height, width, 3) arrays."""

    def open(self, path: str) -> None: ...

    def fetch(self, number: int) -> Any: ...


class Interscene:
    """The index, one positional read, one JPEG decoder, one reused buffer."""

    def __init__(self) -> None:
        from pathlib import Path

        import numpy as np

        from server.index.reader import FrameReader
        from server.media.indexing import index_of
        from server.media.jpeg import decode_rgb

        self._path, self._index_of, self._reader_of, self._decode, self._np = (
            Path, index_of, FrameReader, decode_rgb, np)

    def open(self, path: str) -> None:
        index = self._index_of(self._path(path))
        self._reader = self._reader_of(self._path(path), index)
        self._buffer = self._np.empty((index.height, index.width, 3), self._np.uint8)

    def fetch(self, number: int) -> Any:
        return self._decode(self._reader.read(number), self._buffer)


class Plain(Interscene):
    """The same without smoothing chroma: pixel for pixel what FFmpeg's converter makes of it."""

    def fetch(self, number: int) -> Any:
        return self._decode(self._reader.read(number), self._buffer, smooth=False)


class PyAV:
    """Seek to the frame's time, decode until it is reached, convert to RGB."""

    def __init__(self) -> None:
        import av

        self._av = av

    def open(self, path: str) -> None:
        self._container = self._av.open(path)
        self._stream: Any = self._container.streams.video[0]

    def fetch(self, number: int) -> Any:
        stream = self._stream
        wanted = round(number / Fraction(stream.average_rate) / stream.time_base) + (stream.start_time or 0)
        self._container.seek(wanted, stream=stream)
        for frame in self._container.decode(stream):
            if frame.pts >= wanted:
                return frame.to_ndarray(format="rgb24")
        raise LookupError(number)


class TorchCodec:
    """The decoder in its exact mode, which scans the file when it opens it."""

    def __init__(self) -> None:
        from torchcodec.decoders import VideoDecoder

        self._decoder_of = VideoDecoder

    def open(self, path: str) -> None:
        self._decoder = self._decoder_of(path, dimension_order="NHWC", seek_mode="exact")

    def fetch(self, number: int) -> Any:
        return self._decoder.get_frame_at(number).data.numpy()


class OpenCV:
    """`set(CAP_PROP_POS_FRAMES)` and `read`; it hands out BGR."""

    def __init__(self) -> None:
        import cv2

        self._cv2 = cv2

    def open(self, path: str) -> None:
        self._capture = self._cv2.VideoCapture(path)

    def fetch(self, number: int) -> Any:
        self._capture.set(self._cv2.CAP_PROP_POS_FRAMES, number)
        return self._capture.read()[1]


class Decord:
    """The reader as its manual shows it."""

    def __init__(self) -> None:
        import decord

        self._decord = decord

    def open(self, path: str) -> None:
        self._reader = self._decord.VideoReader(path)

    def fetch(self, number: int) -> Any:
        return self._reader[number].asnumpy()


FETCHERS: Final[dict[str, Callable[[], Fetcher]]] = {
    "interscene": Interscene, "plain": Plain, "pyav": PyAV, "torchcodec": TorchCodec, "opencv": OpenCV,
    "decord": Decord}


def serve(fetcher: Fetcher, movie: str, lines: Iterable[str], out: IO[str]) -> None:
    """Do what the lines say until they end."""
    import numpy as np

    seen: list[Any] = []
    for line in lines:
        verb, _, rest = line.strip().partition(" ")
        answer: list[int] = []
        if verb == "open":
            begin = time.perf_counter_ns()
            fetcher.open(movie)
            answer.append(time.perf_counter_ns() - begin)
        elif verb == "frames":
            for number in rest.split():
                begin = time.perf_counter_ns()
                frame = fetcher.fetch(int(number))
                answer.append(time.perf_counter_ns() - begin)
                seen.append(frame[::4, ::4].copy())
        else:
            together = np.stack(seen)
            together.tofile(rest)
            answer.extend(together.shape)
            seen.clear()
        print(*answer, file=out, flush=True)


if __name__ == "__main__":
    try:
        made = FETCHERS[sys.argv[1]]()
    except (ImportError, OSError, RuntimeError) as missing:
        sys.exit(f"{sys.argv[1]} cannot be loaded: {str(missing).strip().splitlines()[-1][:200]}")
    print("ready", flush=True)
    serve(made, sys.argv[2], sys.stdin, sys.stdout)
