"""An index from a container's packets, by PyAV, for what has no sample table of its own. Decodes nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from server.errors import DamagedMovie, MediaError, NotAMovie, NotSeekable
from server.index.format import MAX_SIDE, RECOVERED, FrameIndex
from server.index.identity import encode_command, identity_of, stat_of, unreadable
from server.index.jpeg import jpeg_header
from server.index.timing import rate_of
from server.media.unopened import not_a_movie, why
from server.units import exact_rate

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Formats that are pictures, lists of other files, or text drawn as video.
_NO_MOVIES: Final = frozenset({"image2", "image2pipe", "hls", "dash", "concat", "tty", "lavfi", "ico", "ffmetadata"})
# A Matroska block begins with a header that its packet's position does not count.
_BLOCK_HEADER: Final = 64
_CHROMA: Final = {(8, 8): "420", (8, 16): "422", (16, 16): "444", (16, 8): "440", (4, 16): "411"}
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Packet:
    offset: int
    size: int
    pts: int
    duration: int


def demux_index(movie: Path) -> FrameIndex:
    """Build an index from the first video stream's packets in presentation order, hidden ones left out.

    Reads the whole file once. Raises MissingFile, NotAMovie, and NotSeekable where frames are stored packed.
    """
    import av

    stat_of(movie)
    try:
        with opened(movie) as container:
            return _index(movie, container)
    except (av.FFmpegError, UnicodeError) as reason:
        raise not_a_movie(movie, reason) from None


def opened(movie: Path) -> InputContainer:
    """Open a file, and only this file, with PyAV. Raises av.FFmpegError."""
    import av

    # A name with a colon is no URL, and a list in the file leads to no other.
    return av.open(f"file:{movie}", options={"protocol_whitelist": "file"})


def _index(movie: Path, container: InputContainer) -> FrameIndex:
    name = container.format.name
    if name in _NO_MOVIES or name.endswith("_pipe"):
        raise NotAMovie(f"{movie} is no movie but {container.format.long_name or name}; "
                        "make one of it with: interscene encode")
    stream = _stream(movie, container)
    codec = stream.codec_context.codec
    width, height, chroma = stream.width, stream.height, _chroma_of(stream.codec_context.format)
    packets, every_one_is_key, whole = _packets(movie, container, stream, codec.intra_only)
    if not packets:
        raise NotAMovie(f"{movie} has no frame; copy or record it again")
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise NotAMovie(f"{movie} does not say how large its picture is; make it again with: interscene encode")
    time_base = stream.time_base or Fraction(1, 1000)
    packets.sort(key=lambda packet: packet.pts)
    ticks = np.array([packet.pts for packet in packets], dtype=np.int64)
    stated = stream.average_rate or stream.base_rate
    rate, constant = rate_of(ticks, time_base, hint=exact_rate(float(stated)) if stated else None,
                             duration=packets[-1].duration)
    if codec.canonical_name == "mjpeg" and (shape := _shape_of_first(movie, packets)) is not None:
        width, height, chroma = shape
    return FrameIndex(
        movie=identity_of(movie), codec=codec.canonical_name, width=width, height=height, chroma=chroma,
        rate=rate, count=len(packets), offset=np.array([packet.offset for packet in packets], dtype=np.uint64),
        size=np.array([packet.size for packet in packets], dtype=np.uint32), pts=None if constant else ticks,
        time_base=None if constant else time_base, intra=codec.intra_only or every_one_is_key,
        made=None if whole else {RECOVERED: "by its packets up to where it breaks off"})


def _stream(movie: Path, container: InputContainer) -> VideoStream:
    import av

    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            if stream.codec_context is None:
                raise NotAMovie(f"{movie} has a picture in a format that nothing here decodes; "
                                "export it from the program that made it as MJPEG or ProRes")
            return stream
    raise NotAMovie(f"{movie} has no picture, only sound; choose a movie")


def _packets(movie: Path, container: InputContainer, stream: VideoStream,
             intra: bool) -> tuple[list[_Packet], bool, bool]:
    """The shown packets as stored, whether each is a keyframe, and whether the file was read to its end."""
    import av

    found: list[_Packet] = []
    keys, torn = True, False
    try:
        with movie.open("rb") as file:
            for packet in _shown(container, stream):
                keys, torn = keys and packet.is_keyframe, packet.is_corrupt
                offset = _place(file, packet, exact=intra or keys)
                if offset is None:
                    raise NotSeekable(f"{movie} stores its frames packed; run: {encode_command(movie)}")
                pts = packet.pts if packet.pts is not None else packet.dts
                found.append(_Packet(offset, packet.size, len(found) if pts is None else pts,
                                     packet.duration or 0))
    except av.FFmpegError as reason:
        _log.warning("%s breaks off after %d frames: %s", movie, len(found), why(reason))
        return found, keys, False
    except OSError as reason:
        raise unreadable(movie, reason) from None
    if torn and intra:
        # The last frame of a killed recording is cut short; FFmpeg would show what there is of it.
        return found[:-1], keys, False
    return found, keys, True


def _shown(container: InputContainer, stream: VideoStream) -> Iterator[Any]:
    for packet in container.demux(stream):
        if packet.size and not packet.is_discard:
            yield packet


def _place(file: BinaryIO, packet: Any, *, exact: bool) -> int | None:
    """Where a packet's bytes lie in the file: the demuxer's own word is checked, for one read must serve them."""
    position = packet.pos
    if position is None or position < 0:
        return None if exact else 0
    if not exact:
        return int(position)
    data = bytes(packet)
    file.seek(position)
    window = file.read(len(data) + _BLOCK_HEADER)
    inside = 0 if window.startswith(data) else window.find(data)
    return None if inside < 0 else int(position) + inside


def _chroma_of(pixels: Any) -> str:
    if pixels is None:
        return "unknown"
    if pixels.is_rgb:
        return "444"
    if len(pixels.components) == 1:
        return "gray"
    return _CHROMA.get((pixels.chroma_width(16), pixels.chroma_height(16)), "unknown")


def _shape_of_first(movie: Path, packets: list[_Packet]) -> tuple[int, int, str] | None:
    """Size and chroma as the first readable JPEG states them."""
    with movie.open("rb") as file:
        for packet in packets[:: max(1, len(packets) // 8)]:
            file.seek(packet.offset)
            try:
                header = jpeg_header(file.read(packet.size))
            except (MediaError, DamagedMovie):
                continue
            return header.width, header.height, header.chroma
    return None
