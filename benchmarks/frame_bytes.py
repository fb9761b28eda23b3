"""Random frames as bytes, without decoding: the index and one positional read, beside the bare read."""

from __future__ import annotations

import os
import random
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.material import heavy_pictures, write_movie
from benchmarks.paired import median, middle_half, ratios, rounds_of
from server.index.format import FrameIndex
from server.index.reader import FrameReader
from server.media.indexing import index_of

SUBJECT = "frame bytes"
READS = 2000


def measure(bench: Bench) -> list[Figure]:
    """At least 20,000 random frames a second of about 400 kB from the page cache, each one verified."""
    movie = bench.folder / "bytes.mov"
    write_movie(movie, heavy_pictures(bench.few(240, 120)), 600)
    index = index_of(movie)
    rounds = bench.few(15, 7)
    with FrameReader(movie, index) as reader:
        wrong = _wrong_frames(reader, index)
        buffer = bytearray(reader.largest)
        methods: dict[str, Callable[[int], float]] = {"reader": partial(_timed, reader, buffer)}
        if hasattr(os, "preadv"):
            bare = _Bare(movie, index, buffer)
            methods["bare"] = bare.timed
        for method in methods.values():
            method(-1)
        taken = rounds_of(methods, rounds)
    rates = [READS / seconds for seconds in taken["reader"]]
    size = int(index.size.mean())
    figures = [Figure(SUBJECT, "random frames a second, page cache hot", median(rates), "", 20_000,
                      spread=middle_half(rates), rounds=rounds, note=f"{size / 1000:.0f} kB a frame"),
               Figure(SUBJECT, "wrong frames", wrong, "", 0, at_least=False, rounds=index.count)]
    if "bare" in taken:
        shares = ratios(taken["bare"], taken["reader"])
        figures.append(Figure(SUBJECT, "speed beside bare preadv", median(shares), "×", spread=middle_half(shares),
                              rounds=rounds))
    return figures


def _wrong_frames(reader: FrameReader, index: FrameIndex) -> int:
    if index.crc32 is None:
        return index.count
    return sum(zlib.crc32(reader.read(i)) != index.crc32[i] for i in range(index.count))


def _order(count: int, turn: int) -> list[int]:
    rng = random.Random(turn)
    return [rng.randrange(count) for _ in range(READS)]


def _timed(reader: FrameReader, buffer: bytearray, turn: int) -> float:
    numbers = _order(reader.count, turn)
    begin = time.perf_counter()
    for number in numbers:
        reader.read_into(number, buffer)
    return time.perf_counter() - begin


class _Bare:
    """The same reads by the system call alone."""

    def __init__(self, movie: Path, index: FrameIndex, buffer: bytearray) -> None:
        self._file = movie.open("rb", buffering=0)
        self._offset, self._size = index.offset.tolist(), index.size.tolist()
        self._view = memoryview(buffer)

    def timed(self, turn: int) -> float:
        numbers = _order(len(self._offset), turn)
        file, view = self._file.fileno(), self._view
        begin = time.perf_counter()
        for number in numbers:
            os.preadv(file, (view[:self._size[number]],), self._offset[number])
        return time.perf_counter() - begin
