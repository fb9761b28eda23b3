"""The index of any movie that PyAV can demux, and the thorough one with checksums and distances."""

from __future__ import annotations

import contextlib
import math
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from server.errors import DamagedMovie, IndexDamaged, NotAMovie
from server.index.format import FrameIndex
from server.index.opening import open_index, read_sidecar, rebuild_index, stored_annotations, write_sidecar
from server.index.reader import FrameReader

if TYPE_CHECKING:
    from server.media.difference import Thumbnail


def index_of(movie: Path, *, remember: bool = True) -> FrameIndex:
    """Return the index of a movie: its sidecar, else rebuilt from the movie and remembered beside it.

    Raises MissingFile, NotAMovie, DamagedMovie, NotSeekable.
    """
    return open_index(movie, demux=_demux, remember=remember)


def rebuilt(movie: Path) -> FrameIndex:
    """Build the index from the movie alone; its sidecar is neither read nor written. Raises as `index_of`."""
    return rebuild_index(movie, demux=_demux)


def new_index(movie: Path) -> FrameIndex:
    """Build the index anew, whatever the sidecar says, keep its annotations, and write it.

    Checksums and distances are kept too while the movie is the same. Raises what `index_of` does, and OutputError.
    """
    index = rebuild_index(movie, demux=_demux, kept=stored_annotations(movie))
    old = None
    with contextlib.suppress(IndexDamaged):
        old = read_sidecar(movie)
    if old is not None and _same_frames(old, index):
        index = replace(index, crc32=old.crc32, difference=old.difference)
    write_sidecar(movie, index)
    return index


def full_index(movie: Path, progress: Callable[[int, int], None] | None = None,
               cancelled: Callable[[], bool] | None = None) -> FrameIndex | None:
    """Build the index anew with a CRC-32 of every frame and its distance to the one before, and write it.

    The distance is that of `server.media.difference`: RMS of luma at 1/8 size, in levels 0 to 255; it is NaN
    where one of the two pictures is damaged, and left out for codecs other than MJPEG. `progress` is told
    frames done and frames in all, `cancelled` is asked once a frame; then nothing is written and None returned.
    Raises what `new_index` does, and NotSeekable for a long-GOP movie.
    """
    from server.media.parallel import ordered_map

    index = rebuild_index(movie, demux=_demux, kept=stored_annotations(movie))
    decodes = index.codec == "mjpeg"
    crc32 = np.zeros(index.count, dtype=np.uint32)
    apart = np.zeros(index.count, dtype=np.float32)
    before: Thumbnail | None = None
    with FrameReader(movie, index) as reader:
        work = partial(_facts_of_frame, reader, decodes)
        for frame, (checksum, thumbnail) in enumerate(ordered_map(work, range(index.count))):
            if cancelled is not None and cancelled():
                return None
            crc32[frame] = checksum
            if frame:
                apart[frame] = _difference(before, thumbnail)
            before = thumbnail
            if progress is not None:
                progress(frame + 1, index.count)
    index = replace(index, crc32=crc32, difference=apart if decodes else None)
    write_sidecar(movie, index)
    return index


def _same_frames(one: FrameIndex, other: FrameIndex) -> bool:
    return ((one.movie.bytes, one.movie.fingerprint) == (other.movie.bytes, other.movie.fingerprint)
            and np.array_equal(one.offset, other.offset) and np.array_equal(one.size, other.size))


def _demux(movie: Path) -> FrameIndex:
    # PyAV takes 60 ms to import, and a movie with a sample table does not need it.
    from server.media.demux import demux_index

    return demux_index(movie)


def _facts_of_frame(reader: FrameReader, decodes: bool, frame: int) -> tuple[int, Thumbnail | None]:
    data = reader.read(frame)
    return zlib.crc32(data), _thumbnail(data) if decodes else None


def _thumbnail(data: bytes) -> Thumbnail | None:
    from server.media.difference import thumbnail_of_jpeg

    try:
        return thumbnail_of_jpeg(data)
    except (NotAMovie, DamagedMovie):
        return None


def _difference(before: Thumbnail | None, current: Thumbnail | None) -> float:
    from server.media.difference import difference

    return math.nan if before is None or current is None else difference(before, current)
