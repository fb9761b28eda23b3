"""Morphs at 1280×720: how fast, JPEG included, beside encoding alone; how good, on drawn pictures and photographs."""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import numpy as np

from benchmarks.bench import Bench
from benchmarks.figures import Figure, absent
from benchmarks.paired import median, middle_half, ratios, rounds_of
from benchmarks.processes import cpu_seconds
from server.app.making_ear import Ear, Heard
from server.errors import MediaError
from server.media.jpeg import encode_planes, encode_rgb
from server.media.parallel import cores, ordered_map
from server.media.picture import load_picture
from server.media.placement import place, place_rgb
from server.media.warp import Picture
from server.production.art import draw
from server.production.judgement import LIMITS, Judgement
from server.production.stage_frames import StagePicture
from server.production.transition import TransitionOptions, judged, make_transition
from server.render.job import End, TransitionJob
from server.render.local_pool import LocalPool
from server.render.morph import Morph

SUBJECT: Final = "morph"
SIZE: Final = (1280, 720)
QUALITY: Final = 88
FPS: Final = 40.0
"""Frames a second that two cores must make."""
_MANY: Final = 20
"""Jobs of a minute each: more than any measurement lasts."""
COST: Final = 14.0
"""Most that a frame may cost, in JPEG encodings of the same frame."""
_DRAWN: Final = (("silk", 12, "tide"), ("strata", 9, "dusk"), ("nebula", 8, "ember"))
_PHOTOGRAPHS: Final = (("astronaut.png", "chelsea.png"), ("coffee.png", "rocket.jpg"), ("chelsea.png", "coffee.png"),
                       ("motorcycle_left.png", "motorcycle_right.png"))
"""Of scikit-image; the last two show one thing from two sides."""

Pair = tuple[str, Picture, Picture]


def measure(bench: Bench) -> list[Figure]:
    """Speed, then the worst figures over all pairs."""
    drawn = [draw(kind, seed, *SIZE, palette) for kind, seed, palette in _DRAWN[:2]]
    return [*_speed(bench, drawn[0], drawn[1]), *_worker_speed(bench, drawn[0], drawn[1]),
            *_worst(bench, "drawn", list(_drawn_pairs(bench))),
            *_worst(bench, "photographs", list(_photographs(bench)))]


def _speed(bench: Bench, first: Picture, second: Picture) -> list[Figure]:
    count, rounds = bench.few(60, 12), bench.few(9, 3)
    morph = Morph(first, second, 1, frames=count + 1)
    pictures = [morph.frame(number / count) for number in range(1, count, max(1, count // 8))]
    workers = min(2, cores())

    def timed(work: Iterator[bytes]) -> float:
        began = time.perf_counter()
        sum(map(len, work))
        return time.perf_counter() - began

    def morphed(_turn: int) -> float:
        return timed(ordered_map(lambda number: encode_planes(*morph.planes(number / count), QUALITY),
                                 range(1, count), workers=workers)) / (count - 1)

    def encoded(_turn: int) -> float:
        return timed(ordered_map(lambda number: encode_rgb(pictures[number % len(pictures)], QUALITY),
                                 range(count), workers=workers)) / count

    taken = rounds_of({"morph": morphed, "encode": encoded}, rounds)
    speeds = [1 / seconds for seconds in taken["morph"]]
    costs = ratios(taken["morph"], taken["encode"])
    size = f"{SIZE[0]}×{SIZE[1]}, JPEG included"
    return [
        Figure(SUBJECT, "frames a second on two cores", median(speeds), "fps", FPS if workers == 2 else None,
               spread=middle_half(speeds), rounds=rounds, note=size),
        Figure(SUBJECT, "a frame, in JPEG encodings", median(costs), "×", COST, at_least=False,
               spread=middle_half(costs), rounds=rounds, note=size)]


@contextmanager
def morphing() -> Iterator[SimpleQueue[tuple[Heard, float]]]:
    """A worker process that makes one morph after another; what it tells, and when, comes out of the queue."""
    first, second = (draw(kind, seed, *SIZE, palette) for kind, seed, palette in _DRAWN[:2])
    ends = [End(encode_rgb(picture, 92), name) for name, picture in (("a", first), ("b", second))]
    came: SimpleQueue[tuple[Heard, float]] = SimpleQueue()
    ear = Ear(lambda heard: came.put((heard, time.perf_counter())))
    pool = LocalPool(time.perf_counter)
    try:
        for number in range(_MANY):
            pool.submit(TransitionJob(str(number), ends[0], ends[1], "morph", 1801, SIZE, quality=QUALITY), ear)
        while came.get()[0].kind != "frame":
            pass
        yield came
    finally:
        pool.close()


def _worker_speed(bench: Bench, first: Picture, second: Picture) -> list[Figure]:
    """From the worker's process, behind everything else of the machine, to JPEG bytes in this one."""
    count, rounds = bench.few(121, 25), bench.few(5, 2)
    ends = [End(encode_rgb(picture, 92), name) for name, picture in (("a", first), ("b", second))]
    came: SimpleQueue[tuple[Heard, float]] = SimpleQueue()
    ear = Ear(lambda heard: came.put((heard, time.perf_counter())))
    speeds, costs = [], []
    pool = LocalPool(time.perf_counter)
    try:
        for number in range(rounds + 1):
            pool.submit(TransitionJob(str(number), ends[0], ends[1], "morph", count, SIZE, quality=QUALITY), ear)
            times = list(_frame_times(came, pool))
            if number and len(times) == count - 2:
                (began, before), (ended, after) = times[0], times[-1]
                speeds.append((count - 3) / (ended - began))
                costs.append(1e3 * (after - before) / (count - 3))
    finally:
        pool.close()
    name, cost = "frames a second from the worker process", "processor time of a frame in the worker process"
    if not speeds:
        return [absent(SUBJECT, name, "the worker made none; the log says why")]
    used = f"{max(1, cores() - 1)} of {cores()} cores"
    figures = [Figure(SUBJECT, name, median(speeds), "fps", FPS if cores() == 2 else None, spread=middle_half(speeds),
                      rounds=len(speeds), note=f"{SIZE[0]}×{SIZE[1]}, at the lowest priority, on {used}")]
    if not any(costs):
        return [*figures, absent(SUBJECT, cost, "nothing tells it here; install psutil")]
    return [*figures, Figure(SUBJECT, cost, median(costs), "ms", 1e3 / FPS, at_least=False, spread=middle_half(costs),
                             rounds=len(costs), note="all its threads, JPEG included")]


def _frame_times(came: SimpleQueue[tuple[Heard, float]], pool: LocalPool) -> Iterator[tuple[float, float]]:
    """When each frame of a job has come, until its end, and how much processor the worker had used by then."""
    while True:
        heard, when = came.get()
        if heard.kind in ("done", "failed"):
            return
        if heard.kind == "frame":
            yield when, (cpu_seconds(pool.pid) if pool.pid is not None else None) or 0.0


def _worst(bench: Bench, what: str, pairs: list[Pair]) -> list[Figure]:
    """The figure nearest to each limit, or beyond it, of all pairs and lengths."""
    if not pairs:
        return [absent(SUBJECT, f"quality, {what}", "scikit-image is not installed, or has not these photographs")]
    verdicts = []
    for name, first, second in pairs:
        for frames in (31,) if bench.quick else (31, 61):
            bench.say(f"  {name}, {frames} frames")
            verdicts.append(_judged(bench.folder, first, second, frames))
    figures = []
    for name, (least, most) in LIMITS.items():
        at_least = most == math.inf
        values = [float(getattr(verdict, name)) for verdict in verdicts]
        figures.append(Figure(SUBJECT, f"{name}, {what}", min(values) if at_least else max(values), "",
                              least if at_least else most, at_least=at_least, rounds=len(values),
                              note="worst of all"))
    exact = all(verdict.ends == math.inf for verdict in verdicts)
    return [*figures, Figure(SUBJECT, f"exact ends, {what}", float(exact), "", 1.0, rounds=len(verdicts))]


def _judged(folder: Path, first: Picture, second: Picture, frames: int) -> Judgement:
    ends = [StagePicture(name, encode_rgb(picture, 92), SIZE) for name, picture in (("a", first), ("b", second))]
    out = folder / "morph.mov"
    index = make_transition(ends[0], ends[1], out, TransitionOptions(frames=frames, seed=3, rate=Fraction(30)),
                            overwrite=True)
    return judged(out, index)[1]


def _drawn_pairs(bench: Bench) -> Iterator[Pair]:
    pictures = [draw(kind, seed, *SIZE, palette) for kind, seed, palette in _DRAWN[:2 if bench.quick else 3]]
    for number, picture in enumerate(pictures[1:]):
        yield f"{_DRAWN[number][0]} → {_DRAWN[number + 1][0]}", pictures[number], picture


def _photographs(bench: Bench) -> Iterator[Pair]:
    """Photographs that another package brings along; it is not imported, and nothing is fetched."""
    found = importlib.util.find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        return
    folder = Path(next(iter(found.submodule_search_locations))) / "data"
    for names in _PHOTOGRAPHS[:1] if bench.quick else _PHOTOGRAPHS:
        try:
            first, second = (_at_size(load_picture(folder / name).rgb) for name in names)
        except MediaError:
            continue
        yield " → ".join(names), first, second


def _at_size(picture: Picture) -> Picture:
    placement = place((picture.shape[1], picture.shape[0]), SIZE, "cover")
    return np.ascontiguousarray(place_rgb(picture, placement))
