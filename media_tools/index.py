"""`interscene index`: write the index beside movies, and with --full what only reading every frame tells."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import Final

import numpy as np

from media_tools.movie_arguments import add_movies, each_movie
from media_tools.progress import ProgressLine
from server.errors import IndexDamaged, MediaError
from server.index.format import RECOVERED, FrameIndex
from server.index.opening import read_sidecar, sidecar, sidecar_state
from server.index.reader import not_seekable
from server.media.indexing import full_index, index_of, new_index
from server.units import format_rate

HELP: Final = "write the index beside movies"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    add_movies(parser)
    parser.add_argument("--full", action="store_true",
                        help="read every frame as well: checksums, and how far each is from the one before")
    parser.add_argument("--force", action="store_true", help="rebuild an index that is still fresh; "
                             "what --full once added is kept while the movie is the same")


def run(options: argparse.Namespace) -> int:
    """Index every movie that is named; return the exit code."""
    return each_movie(options.movies, lambda movie: _index(movie, full=options.full, force=options.force))


def _index(movie: Path, *, full: bool, force: bool) -> bool:
    state = sidecar_state(movie)
    index = None
    if state == "fresh" and not force:
        index = index_of(movie)
        if full and index.crc32 is None:
            index = None
    old = None
    with contextlib.suppress(IndexDamaged):
        old = read_sidecar(movie)
    if index is None:
        index, state = _full(movie) if full else new_index(movie), "written"
    print(f"{sidecar(movie)}: {index.count} frames, {format_rate(index.rate)} fps, {state}")
    if old is not None and old.crc32 is not None and index.crc32 is None:
        print("  NOTE: its checksums and differences were of other bytes and are gone; --full makes them again")
    return _is_good(movie, index)


def _full(movie: Path) -> FrameIndex:
    with ProgressLine(f"indexing {movie.name}") as progress:
        index = full_index(movie, progress)
    assert index is not None, "nobody cancelled it"
    return index


def _is_good(movie: Path, index: FrameIndex) -> bool:
    """Say what speaks against playing it; False where nothing can be played by frame."""
    if index.made is not None and RECOVERED in index.made:
        print(f"  WARNING: it was never finished; its frames were found {index.made[RECOVERED]}")
    unknown = 0 if index.difference is None else int(np.count_nonzero(np.isnan(index.difference)))
    if unknown:
        print(f"  WARNING: {unknown} frames have no distance, because pictures are damaged; run: interscene verify")
    if not index.intra:
        reason: MediaError = not_seekable(movie)
        print(f"  WARNING: {reason}")
    return index.intra
