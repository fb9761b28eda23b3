"""From a movie to its index: the sidecar while fresh, else what tells where the frames are. Never decodes."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from server.errors import DamagedMovie, IndexDamaged, IndexFromNewer, MediaError, NotAMovie, OutputError
from server.index.format import (
    MAX_BYTES,
    RECOVERED,
    SUFFIX,
    Annotations,
    FrameIndex,
    annotations_of,
    decode_index,
    encode_index,
    salvage,
)
from server.index.identity import fingerprint_of, identity_of, stat_of, stored_name
from server.index.sampletable import index_from_sample_table
from server.index.scan import index_from_markers

__all__ = ["Demux", "fingerprint_of", "identity_of", "open_index", "read_sidecar", "rebuild_index", "sidecar",
           "sidecar_state", "stored_annotations", "write_sidecar"]

Demux = Callable[[Path], FrameIndex]
"""Builds an index from a container's packets; raises NotAMovie where it cannot."""

_log: Final = logging.getLogger(__name__)


def sidecar(movie: Path) -> Path:
    """Return where the index of a movie lies: beside it."""
    return movie.with_name(movie.name + SUFFIX)


def write_sidecar(movie: Path, index: FrameIndex) -> None:
    """Write the index of a movie beside it, all or nothing. Raises OutputError, InputError."""
    data = encode_index(index)
    target = sidecar(movie)
    part = target.with_name(f"{target.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as reason:
        with contextlib.suppress(OSError):
            part.unlink()
        raise OutputError(f"{target} cannot be written: {reason.strerror}; free some space or change "
                          "the permissions of its folder") from None


def read_sidecar(movie: Path) -> FrameIndex | None:
    """Read the index beside a movie, fresh or stale; None where there is none. Raises IndexDamaged."""
    data = _sidecar_bytes(movie)
    return None if data is None else decode_index(data)


def open_index(movie: Path, *, demux: Demux | None = None, remember: bool = True) -> FrameIndex:
    """Return the index of a movie, rebuilding it where the sidecar is missing, stale, broken or foreign.

    Only a sidecar of a newer version is left as it is. `remember` writes what was rebuilt, where the
    folder allows. Raises MissingFile, NotAMovie, DamagedMovie.
    """
    facts = stat_of(movie)
    data = _sidecar_bytes(movie)
    old: FrameIndex | None = None
    kept = Annotations()
    try:
        old = None if data is None else decode_index(data)
    except IndexDamaged as reason:
        kept = salvage(data or b"")
        remember = remember and not isinstance(reason, IndexFromNewer)
        _log.warning("%s is not used: %s", sidecar(movie).name, reason)
    if old is not None:
        kept = annotations_of(old)
        if (found := _fresh(movie, facts, old)) is not None:
            if found.movie.mtime_ns != old.movie.mtime_ns and remember:
                _remember(movie, found)
            return found
    index = rebuild_index(movie, demux=demux, kept=kept)
    if remember:
        _remember(movie, index)
    return index


def rebuild_index(movie: Path, *, demux: Demux | None = None, kept: Annotations | None = None) -> FrameIndex:
    """Build the index from the movie itself, and carry over the annotations of an old one.

    Raises MissingFile, NotAMovie, DamagedMovie.
    """
    kept = kept or Annotations()
    stat_of(movie)
    index = index_from_sample_table(movie)
    failure: MediaError | None = None
    if index is None and demux is not None:
        try:
            index = demux(movie)
        except (NotAMovie, DamagedMovie) as reason:
            failure = reason
    if index is None:
        index = index_from_markers(movie, rate=kept.rate)
    if index is None:
        raise failure or NotAMovie(f"{movie} is no movie that can be opened; check the file, or make one with: "
                                   "interscene encode")
    return _annotated(index, kept)


def sidecar_state(movie: Path) -> str:
    """Say how the sidecar stands to its movie: `fresh`, `stale`, `missing`, `damaged` or `newer`.

    Raises MissingFile, NotAMovie.
    """
    facts = stat_of(movie)
    try:
        old = read_sidecar(movie)
    except IndexFromNewer:
        return "newer"
    except IndexDamaged:
        return "damaged"
    if old is None:
        return "missing"
    return "stale" if _fresh(movie, facts, old) is None else "fresh"


def stored_annotations(movie: Path) -> Annotations:
    """Return what the sidecar says that the movie cannot, as far as it can be read; never raises."""
    data = _sidecar_bytes(movie)
    return Annotations() if data is None else salvage(data)


def _sidecar_bytes(movie: Path) -> bytes | None:
    try:
        with sidecar(movie).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError:
        return None


def _fresh(movie: Path, facts: os.stat_result, old: FrameIndex) -> FrameIndex | None:
    """The old index with the movie's present name and time, if it is still true."""
    if old.movie.bytes != facts.st_size:
        return None
    if old.movie.mtime_ns != facts.st_mtime_ns and old.movie.fingerprint != fingerprint_of(movie):
        return None
    return replace(old, movie=replace(old.movie, name=stored_name(movie), mtime_ns=facts.st_mtime_ns))


def _annotated(index: FrameIndex, kept: Annotations) -> FrameIndex:
    """The index with what people and generators said about the movie; what no longer fits is logged."""
    marks = tuple(mark for mark in kept.marks if mark.frame < index.count)
    if len(marks) < len(kept.marks):
        _log.warning("%s has %d frames now: %d marks lay behind its end and are gone",
                     index.movie.name, index.count, len(kept.marks) - len(marks))
    fits = math.prod(len(axis.values) for axis in kept.axes) <= index.count
    if not fits:
        _log.warning("%s has %d frames now: its axes do not fit and are gone", index.movie.name, index.count)
    # How an earlier rebuild found the frames says nothing about this one.
    made = {key: value for key, value in (kept.made or {}).items() if key != RECOVERED}
    made.update(index.made or {})
    return replace(index, marks=marks, axes=kept.axes if fits else (), ends=kept.ends, made=made or None)


def _remember(movie: Path, index: FrameIndex) -> None:
    try:
        write_sidecar(movie, index)
    except OutputError as reason:
        _log.info("the index is not remembered: %s", reason)
