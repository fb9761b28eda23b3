"""The last lines of a verb that wrote a movie: where it is, what it is, what it costs to play."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from server.index.format import FrameIndex
from server.media.probe import probe
from server.units import format_bytes, format_rate, format_seconds


def say_movie(path: Path, index: FrameIndex, notes: Iterable[str] = (), warnings: Iterable[str] = ()) -> None:
    """Print the facts and notes; warnings go to the error stream."""
    seconds = float(index.count / index.rate)
    bits = 8 * int(index.size.sum()) / seconds / 1e6
    for note in notes:
        print(f"  {note}")
    for warning in warnings:
        print(f"WARNING: {warning}", file=sys.stderr)
    cost = probe(path).cost
    if cost is not None:
        for line in cost.lines():
            print(line, file=sys.stderr if line.startswith("WARNING") else sys.stdout)
    print(f"{path}: {index.count} frames, {index.width}×{index.height} {index.chroma}, {format_rate(index.rate)} fps, "
          f"{format_seconds(seconds)}, {format_bytes(index.movie.bytes)}, {bits:.1f} Mbit/s")
