"""Random frames as RGB, each method in its own process, the same frame in the same round, every one verified.

The peers convert with FFmpeg, which leaves chroma unsmoothed; they are compared with the same work of ours.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from functools import partial

from benchmarks.bench import Bench, Peer, PeerMissing
from benchmarks.figures import Figure, absent
from benchmarks.material import heavy_pictures, write_movie
from benchmarks.paired import median, middle_half, ratios, rounds_of

SUBJECT = "decoded frames"
TOGETHER = 5
"""Frames a method fetches in its turn, so that it runs warm as on a deck."""
MUST = {"pyav": 1.25, "torchcodec": 1.25, "opencv": 10.0, "decord": None}
OURS = ("interscene", "plain")
"""As we show it, with smoothed chroma; and unsmoothed, which is the work that the peers do."""
TITLES = {"pyav": "PyAV", "torchcodec": "torchcodec", "opencv": "OpenCV VideoCapture", "decord": "decord"}


def measure(bench: Bench) -> list[Figure]:
    """At least 1.25 times PyAV and torchcodec, and 10 times OpenCV, with no wrong frame from us."""
    movie = bench.folder / "decode.mov"
    count = bench.few(300, 120)
    write_movie(movie, heavy_pictures(count), count)
    figures: list[Figure] = []
    with ExitStack() as stack:
        peers = {name: stack.enter_context(bench.peer(name, movie)) for name in OURS}
        for name in MUST:
            try:
                peers[name] = stack.enter_context(bench.peer(name, movie))
            except PeerMissing as missing:
                figures.append(absent(SUBJECT, f"speed beside {TITLES[name]}", str(missing)))
        for peer in peers.values():
            peer.open()
            peer.frames(range(3))
            peer.shown()
        wrong = dict.fromkeys(peers, 0)
        taken = _rounds(peers, count, bench.few(60, 16), wrong)
    return _figures(taken, wrong) + figures


def _rounds(peers: dict[str, Peer], count: int, rounds: int, wrong: dict[str, int]) -> dict[str, list[float]]:
    rng = random.Random(7)
    numbers = [rng.choices(range(count), k=TOGETHER) for _ in range(rounds)]

    def fetch(name: str, turn: int) -> float:
        took = peers[name].frames(numbers[turn])
        wrong[name] += sum(a != b for a, b in zip(peers[name].shown(), numbers[turn], strict=True))
        return median(took) / 1e6

    return rounds_of({name: partial(fetch, name) for name in peers}, rounds)


def _figures(taken: dict[str, list[float]], wrong: dict[str, int]) -> list[Figure]:
    ours, plain, rounds = taken["interscene"], taken["plain"], len(taken["plain"])
    frames = 2 * rounds * TOGETHER
    figures = [Figure(SUBJECT, "a random 1080p frame as RGB", median(ours), "ms", spread=middle_half(ours),
                      rounds=rounds),
               Figure(SUBJECT, "wrong frames", sum(wrong[name] for name in OURS), "", 0, at_least=False,
                     note=f"of {frames} that say which they are")]
    for name, must in MUST.items():
        if name in taken:
            quotient = ratios(taken[name], plain)
            note = f"{median(taken[name]):.1f} beside {median(plain):.1f} ms, {median(ours):.1f} with smoothed chroma"
            note += f"; {wrong[name]} frames wrong" if wrong[name] else ""
            figures.append(Figure(SUBJECT, f"speed beside {TITLES[name]}", median(quotient), "×", must,
                                  spread=middle_half(quotient), rounds=rounds, note=note))
    return figures
