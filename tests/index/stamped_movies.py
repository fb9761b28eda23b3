"""Movies whose frames carry their number, written packet by packet with PyAV, and tools to break them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from server.index.format import FrameIndex
from server.index.reader import FrameReader
from server.media.jpeg import decode_rgb, encode_rgb
from server.media.numbered import numbered_frame, read_number

PIXELS = {"420": "yuvj420p", "422": "yuvj422p", "444": "yuvj444p"}


def stamped_jpeg(number: int, width: int = 64, height: int = 64, chroma: str = "420") -> bytes:
    return encode_rgb(numbered_frame(number, width, height), 85, chroma)


def write_movie(path: Path, times: Sequence[int], time_base: Fraction, *, rate: Fraction = Fraction(30),
                form: str | None = None, options: dict[str, str] | None = None, width: int = 64,
                height: int = 64, chroma: str = "420", first: int = 0,
                jpegs: Sequence[bytes] | None = None) -> list[bytes]:
    """Mux one numbered JPEG for each time; the last lasts as long as the one before."""
    jpegs = jpegs or [stamped_jpeg(first + i, width, height, chroma) for i in range(len(times))]
    with av.open(str(path), "w", format=form, options=options or {}) as container:
        stream = container.add_stream("mjpeg", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, PIXELS[chroma]
        stream.time_base = time_base
        for i, jpeg in enumerate(jpegs):
            packet = av.Packet(jpeg)
            packet.stream, packet.time_base = stream, time_base
            packet.pts = packet.dts = times[i]
            after = times[i + 1] - times[i] if i + 1 < len(times) else times[i] - times[i - 1] if i else 0
            packet.duration = after or round(1 / (rate * time_base))
            packet.is_keyframe = True
            container.mux(packet)
    return list(jpegs)


def steady_movie(path: Path, count: int = 12, rate: Fraction = Fraction(30), **more: object) -> list[bytes]:
    """A movie at a constant rate with an exact time scale."""
    ticks = rate.numerator * (1 if rate.numerator >= 1000 else 512)
    step = ticks * rate.denominator // rate.numerator
    return write_movie(path, [i * step for i in range(count)], Fraction(1, ticks), rate=rate,
                       options={"video_track_timescale": str(ticks)}, **more)  # type: ignore[arg-type]


def long_gop_movie(path: Path, count: int = 24, gop: int = 12) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.gop_size = gop
        for i in range(count):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered_frame(i, 64, 64), format="rgb24")))
        container.mux(stream.encode(None))


def numbers_in_order(path: Path) -> list[int | None]:
    """The truth: every frame's number in presentation order, decoded sequentially by PyAV."""
    with av.open(str(path)) as container:
        return [read_number(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def numbers_by_index(path: Path, index: FrameIndex) -> list[int | None]:
    """The number of every frame as the index finds it, read backwards so that nothing is sequential."""
    with FrameReader(path, index) as reader:
        found = [read_number(decode_rgb(reader.read(frame))) for frame in reversed(range(index.count))]
    return found[::-1]


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def find_box(data: bytes, *path: bytes) -> tuple[int, int]:
    """Start and stop of the first box at a path, its header included."""
    start, stop = 0, len(data)
    for kind in path:
        while start < stop:
            size = int.from_bytes(data[start:start + 4], "big") or stop - start
            wide = 8 if size == 1 else 0
            size = int.from_bytes(data[start + 8:start + 16], "big") if wide else size
            if data[start + 4:start + 8] == kind:
                break
            start += size
        assert start < stop, f"no {kind!r}"
        found = start, start + size
        start, stop = start + 8 + wide, start + size
    return found


def replace_box(data: bytes, path: Sequence[bytes], new: bytes) -> bytes:
    """Replace a box and mend the sizes of all its parents; nothing that lies behind is moved in the tables."""
    start, stop = find_box(data, *path)
    result = bytearray(data[:start] + new + data[stop:])
    for depth in range(1, len(path)):
        at, _ = find_box(data, *path[:depth])
        size = int.from_bytes(data[at:at + 4], "big")
        result[at:at + 4] = struct.pack(">I", size + len(new) - (stop - start))
    return bytes(result)


TRAK = (b"moov", b"trak")
STBL = (*TRAK, b"mdia", b"minf", b"stbl")


def set_edits(path: Path, edits: Sequence[tuple[int, int]], *, wide: bool = False, rate: int = 1 << 16) -> None:
    """Give a movie (moov last) an edit list of (duration in the movie's scale, start in the track's)."""
    layout = ">Qqi" if wide else ">Iii"
    entries = b"".join(struct.pack(layout, duration, start, rate) for duration, start in edits)
    edts = box(b"edts", box(b"elst", struct.pack(">II", 1 << 24 if wide else 0, len(edits)) + entries))
    data = path.read_bytes()
    start, stop = find_box(data, *TRAK)
    children = data[start + 8:stop]
    if b"edts" in children[:300]:
        data = replace_box(data, (*TRAK, b"edts"), edts)
    else:
        tkhd = find_box(data, *TRAK, b"tkhd")
        data = replace_box(data, (*TRAK, b"tkhd"), data[tkhd[0]:tkhd[1]] + edts)
    path.write_bytes(data)
