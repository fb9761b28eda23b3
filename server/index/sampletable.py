"""An index from a movie's own sample table (QuickTime, MP4). Refuses what only a demuxer knows."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from server.errors import DamagedMovie, MediaError
from server.index.boxes import Box, boxes, find, read_moov
from server.index.edits import Edit, shown_samples
from server.index.format import MAX_FRAMES, MAX_SIDE, FrameIndex
from server.index.identity import encode_command, identity_of, stat_of, unreadable
from server.index.jpeg import JpegHeader, jpeg_header
from server.index.timing import rate_of

JPEG_TAGS: Final = frozenset({b"jpeg", b"mjpa", b"MJPG", b"mjpg", b"AVDJ", b"dmb1"})
_INTRA: Final[Mapping[bytes, tuple[str, str]]] = {
    b"apch": ("prores", "422"), b"apcn": ("prores", "422"), b"apcs": ("prores", "422"),
    b"apco": ("prores", "422"),
    b"ap4h": ("prores", "444"), b"ap4x": ("prores", "444"), b"AVdn": ("dnxhd", "422"),
    b"AVdh": ("dnxhd", "422"),
    b"Hap1": ("hap", "444"), b"Hap5": ("hap", "444"), b"HapY": ("hap", "444"),
    b"HapM": ("hap", "444"), b"png ": ("png", "444")}
_INTER: Final[Mapping[bytes, str]] = {
    b"avc1": "h264", b"avc3": "h264", b"hvc1": "hevc", b"hev1": "hevc", b"mp4v": "mpeg4", b"vp08": "vp8",
    b"vp09": "vp9", b"av01": "av1", b"mp1v": "mpeg1video", b"mp2v": "mpeg2video", b"rle ": "qtrle"}
_MAX_HEADER: Final = 1 << 20
_LATEST: Final = 1 << 50
"""Ticks; sums of times below it do not overflow."""


@dataclass(frozen=True, slots=True)
class _Track:
    """What a video track's boxes say of the frames that are shown, in presentation order."""

    tag: bytes
    width: int
    height: int
    time_base: Fraction
    offset: NDArray[np.int64]
    size: NDArray[np.int64]
    time: NDArray[np.int64]
    """In ticks."""
    stored: int
    """Frames in the file, hidden ones included."""
    last_duration: int
    every_sample_is_key: bool


class _NotHereError(ValueError):
    """The table is missing, odd or nonsense: somebody else must say where the frames are."""


def hidden_frames(movie: Path) -> int:
    """Return how many stored frames an edit list hides; 0 also where no sample table tells. Raises MissingFile."""
    track = _read_track(movie, stat_of(movie).st_size)
    return 0 if track is None else track.stored - len(np.unique(track.offset))


def whole_frames(movie: Path) -> tuple[int, int] | None:
    """Return how many of its shown frames a movie holds to their last byte, and how many its table lists.

    None where no sample table tells. Raises MissingFile.
    """
    movie_bytes = stat_of(movie).st_size
    track = _read_track(movie, movie_bytes)
    return None if track is None else (_whole(track, movie_bytes), len(track.time))


def _whole(track: _Track, movie_bytes: int) -> int:
    return int(np.count_nonzero(track.offset + track.size <= movie_bytes))


def index_from_sample_table(movie: Path) -> FrameIndex | None:
    """Build an index from the first video track with frames; None where it cannot tell (fragments, mkv).

    Raises MissingFile, and DamagedMovie for a movie that is shorter than its own table says.
    """
    movie_bytes = stat_of(movie).st_size
    track = _read_track(movie, movie_bytes)
    if track is None or not len(track.time):
        return None
    count = len(track.time)
    whole = _whole(track, movie_bytes)
    if whole < count:
        raise DamagedMovie(f"{movie} is cut short: {whole} of its {count} frames are there; copy it again, "
                           f"or keep those with: {encode_command(movie, 'intra', '--salvage')}")
    rate, constant = rate_of(track.time, track.time_base, duration=track.last_duration)
    header = _first_header(movie, track)
    codec, chroma = _codec(track.tag)
    return FrameIndex(
        movie=identity_of(movie), codec=codec, width=header.width if header else track.width,
        height=header.height if header else track.height, chroma=header.chroma if header else chroma,
        rate=rate, count=count,
        offset=track.offset.astype(np.uint64), size=track.size.astype(np.uint32),
        pts=None if constant else track.time,
        time_base=None if constant else track.time_base,
        intra=track.tag in JPEG_TAGS or track.tag in _INTRA or track.every_sample_is_key)


def _codec(tag: bytes) -> tuple[str, str]:
    if tag in JPEG_TAGS:
        return "mjpeg", "unknown"
    return _INTRA.get(tag) or (_INTER.get(tag, tag.decode("latin-1").strip()), "unknown")


def _first_header(movie: Path, track: _Track) -> JpegHeader | None:
    """The header of the first of a few pictures that has one: the sample table does not know the chroma."""
    if track.tag not in JPEG_TAGS:
        return None
    try:
        with movie.open("rb") as file:
            for frame in range(0, len(track.offset), max(1, len(track.offset) // 8)):
                file.seek(int(track.offset[frame]))
                with contextlib.suppress(MediaError):
                    return jpeg_header(file.read(min(int(track.size[frame]), _MAX_HEADER)))
    except OSError as reason:
        raise unreadable(movie, reason) from None
    return None


def _read_track(movie: Path, movie_bytes: int) -> _Track | None:
    try:
        with movie.open("rb") as file:
            moov = read_moov(file, movie_bytes)
        return None if moov is None else _track(moov, movie_bytes)
    except OSError as reason:
        raise unreadable(movie, reason) from None
    except (_NotHereError, struct.error, ValueError, IndexError, OverflowError):
        return None


def _track(moov: bytes, movie_bytes: int) -> _Track | None:
    root = Box(b"moov", 0, len(moov))
    if find(moov, root, b"mvex") is not None:
        return None
    mvhd = find(moov, root, b"mvhd")
    movie_scale = 0 if mvhd is None else _time_scale(moov, mvhd)
    for trak in boxes(moov, root.start, root.stop):
        handler = find(moov, trak, b"mdia", b"hdlr") if trak.kind == b"trak" else None
        if handler is None or moov[handler.start + 8:handler.start + 12] != b"vide":
            continue
        stbl = find(moov, trak, b"mdia", b"minf", b"stbl")
        if stbl is not None and (track := _video(moov, trak, stbl, movie_scale, movie_bytes)) is not None:
            return track
    return None


def _video(moov: bytes, trak: Box, stbl: Box, movie_scale: int, movie_bytes: int) -> _Track | None:
    size = _sizes(moov, _need(moov, stbl, b"stsz"), movie_bytes)
    if not len(size):
        return None
    _refuse_other_files(moov, trak)
    tag, width, height = _description(moov, _need(moov, stbl, b"stsd"))
    scale = _time_scale(moov, _need(moov, trak, b"mdia", b"mdhd"))
    if scale <= 0:
        raise _NotHereError
    time, last_duration = _times(moov, stbl, len(size))
    stss = find(moov, stbl, b"stss")
    keys = len(size) if stss is None else len(np.unique(_table(moov, stss, ">u4")))
    samples, shown = shown_samples(time, _edits(moov, trak, scale, movie_scale))
    return _Track(tag=tag, width=width, height=height, time_base=Fraction(1, scale),
                  offset=_offsets(moov, stbl, size)[samples], size=size[samples], time=shown, stored=len(size),
                  last_duration=last_duration, every_sample_is_key=keys >= len(size))


def _need(data: bytes, parent: Box, *path: bytes) -> Box:
    box = find(data, parent, *path)
    if box is None:
        raise _NotHereError
    return box


def _table(data: bytes, box: Box, layout: Any, skip: int = 4) -> NDArray[Any]:
    """The entries of a full box: version and flags, (skip bytes), count, entries."""
    (count,) = struct.unpack_from(">I", data, box.start + skip)
    first = box.start + skip + 4
    if count * np.dtype(layout).itemsize > box.stop - first:
        raise _NotHereError
    return np.frombuffer(data, dtype=layout, count=count, offset=first)


def _sizes(moov: bytes, box: Box, movie_bytes: int) -> NDArray[np.int64]:
    same, count = struct.unpack_from(">II", moov, box.start + 4)
    # One size for all needs no table: the count must be held against the file instead.
    if count > MAX_FRAMES or (same and same * count > movie_bytes):
        raise _NotHereError
    sizes = np.full(count, same, np.int64) if same else _table(moov, box, ">u4", skip=8).astype(np.int64)
    if not bool(np.all(sizes > 0)):
        # An empty sample repeats a frame; how often is the demuxer's business.
        raise _NotHereError
    return sizes


def _offsets(moov: bytes, stbl: Box, size: NDArray[np.int64]) -> NDArray[np.int64]:
    co64 = find(moov, stbl, b"co64")
    chunks = _table(moov, _need(moov, stbl, b"stco"), ">u4") if co64 is None else _table(moov, co64, ">u8")
    runs = _table(moov, _need(moov, stbl, b"stsc"),
                  [("first", ">u4"), ("samples", ">u4"), ("description", ">u4")])
    first = runs["first"].astype(np.int64)
    lengths = np.diff(np.append(first, len(chunks) + 1))
    if (not len(chunks) or not len(runs) or first[0] != 1 or bool(np.any(lengths <= 0))
            or bool(np.any(runs["description"] != 1)) or int(chunks.max()) >= 1 << 62):
        raise _NotHereError
    per_chunk = np.repeat(runs["samples"].astype(np.int64), lengths)
    if int(per_chunk.sum()) != len(size):
        raise _NotHereError
    chunk_of = np.repeat(np.arange(len(chunks)), per_chunk)
    before = np.cumsum(size) - size
    first_of_chunk = np.minimum(np.cumsum(per_chunk) - per_chunk, len(size) - 1)
    offsets: NDArray[np.int64] = chunks.astype(np.int64)[chunk_of] + before - before[first_of_chunk][chunk_of]
    return offsets


def _times(moov: bytes, stbl: Box, count: int) -> tuple[NDArray[np.int64], int]:
    """Presentation times in ticks of every sample in stored order, and the duration of the last."""
    runs = _table(moov, _need(moov, stbl, b"stts"), [("count", ">u4"), ("delta", ">i4")])
    if int(runs["count"].sum(dtype=np.int64)) != count or bool(np.any(runs["delta"] < 0)):
        raise _NotHereError
    deltas = np.repeat(runs["delta"].astype(np.int64), runs["count"])
    times = np.cumsum(deltas) - deltas
    ctts = find(moov, stbl, b"ctts")
    if ctts is not None:
        shifts = _table(moov, ctts, [("count", ">u4"), ("shift", ">i4")])
        if int(shifts["count"].sum(dtype=np.int64)) != count:
            raise _NotHereError
        times = times + np.repeat(shifts["shift"].astype(np.int64), shifts["count"])
    return times, int(deltas[-1])


def _time_scale(data: bytes, box: Box) -> int:
    version = data[box.start]
    (scale,) = struct.unpack_from(">I", data, box.start + (20 if version == 1 else 12))
    return int(scale)


def _description(moov: bytes, box: Box) -> tuple[bytes, int, int]:
    (count,) = struct.unpack_from(">I", moov, box.start + 4)
    _, tag = struct.unpack_from(">I4s", moov, box.start + 8)
    width, height = struct.unpack_from(">HH", moov, box.start + 8 + 32)
    # Several descriptions may mean several codecs in one track.
    if count != 1 or not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise _NotHereError
    return tag, width, height


def _refuse_other_files(moov: bytes, trak: Box) -> None:
    """A reference movie keeps its frames in other files."""
    dref = find(moov, trak, b"mdia", b"minf", b"dinf", b"dref")
    if dref is None:
        return
    for reference in boxes(moov, dref.start + 8, dref.stop):
        if not moov[reference.start + 3] & 1:
            raise _NotHereError


def _edits(moov: bytes, trak: Box, scale: int, movie_scale: int) -> tuple[Edit, ...]:
    elst = find(moov, trak, b"edts", b"elst")
    if elst is None:
        return ()
    wide = moov[elst.start] == 1
    layout = [("duration", ">u8" if wide else ">u4"), ("start", ">i8" if wide else ">i4"), ("rate", ">i4")]
    entries = _table(moov, elst, layout)
    if movie_scale <= 0 or len(entries) > 1000:
        raise _NotHereError
    edits = []
    for entry in entries:
        duration, start = int(entry["duration"]), int(entry["start"])
        if not (-1 <= start < _LATEST and duration < _LATEST):
            raise _NotHereError
        if start >= 0 and (duration == 0 or int(entry["rate"]) != 1 << 16):
            raise _NotHereError
        ticks = (2 * duration * scale + movie_scale) // (2 * movie_scale)
        edits.append(Edit(min(ticks, 1 << 60), start))
    _refuse_gaps(edits)
    return tuple(edits)


def _refuse_gaps(edits: Sequence[Edit]) -> None:
    """A wait before the first frame hides nothing; what players make of a gap between edits differs."""
    shown = [edit.start >= 0 for edit in edits]
    if True not in shown or False in shown[shown.index(True):]:
        raise _NotHereError
