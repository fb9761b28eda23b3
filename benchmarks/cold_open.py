"""A ten-minute movie that is in no cache: open it and show one frame, each time in a fresh process."""

from __future__ import annotations

import os
import random
from pathlib import Path

from benchmarks.bench import Bench, PeerMissing
from benchmarks.figures import Figure, absent
from benchmarks.frame_decode import TITLES
from benchmarks.material import heavy_pictures, write_movie
from benchmarks.paired import median, middle_half, ratios
from server.errors import OutputError
from server.index.opening import sidecar

SUBJECT = "cold open"
MOST = 20.0
NAME = "ten minutes of 1080p to the first decoded frame"
PEERS = ("pyav", "decord", "torchcodec")


def measure(bench: Bench) -> list[Figure]:
    """At most 20 ms from a cold file to its first decoded frame, beside PyAV, decord and torchcodec exact."""
    if not hasattr(os, "posix_fadvise"):
        return [absent(SUBJECT, NAME, "this system cannot be told to forget a file")]
    movie, frames, distinct = bench.folder / "cold.mov", bench.few(18_000, 3_000), bench.few(300, 60)
    try:
        write_movie(movie, heavy_pictures(distinct), frames)
    except OutputError as problem:
        return [absent(SUBJECT, NAME, str(problem))]
    rounds = bench.few(7, 3)
    taken: dict[str, list[float]] = {}
    figures, wrong = [], 0
    rng = random.Random(3)
    for turn in range(rounds):
        number = rng.randrange(frames)
        for name in rng.sample(("interscene", *PEERS), 1 + len(PEERS)):
            try:
                took, shown = _opened(bench, name, movie, number)
            except PeerMissing as missing:
                figures += [absent(SUBJECT, f"times faster than {TITLES[name]}", str(missing))] if turn == 0 else []
                continue
            taken.setdefault(name, []).append(took)
            wrong += name == "interscene" and shown != number % distinct
    movie.unlink()
    return [*_figures(taken, wrong, rounds, frames), *figures]


def _opened(bench: Bench, name: str, movie: Path, number: int) -> tuple[float, int | None]:
    with bench.peer(name, movie) as peer:
        for path in (movie, sidecar(movie)):
            forget(path)
        took = peer.open() + peer.frames([number])[0]
        return took / 1e6, peer.shown()[0]


def forget(path: Path) -> None:
    """Put a file out of the page cache."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _figures(taken: dict[str, list[float]], wrong: int, rounds: int, frames: int) -> list[Figure]:
    ours = taken["interscene"]
    figures = [Figure(SUBJECT, NAME, median(ours), "ms", MOST, at_least=False, spread=middle_half(ours),
                      rounds=rounds, note=f"{frames:,} frames"),
               Figure(SUBJECT, "wrong frames", wrong, "", 0, at_least=False, rounds=rounds)]
    for name in PEERS:
        if name in taken:
            quotient = ratios(taken[name], ours)
            figures.append(Figure(SUBJECT, f"times faster than {TITLES[name]}", median(quotient), "×",
                                  spread=middle_half(quotient), rounds=rounds,
                                  note=f"{median(taken[name]):,.0f} ms"))
    return figures
