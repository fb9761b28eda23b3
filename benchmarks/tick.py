"""The 60 Hz stream of a real server beside a bare sleeping loop, at the same time on the same machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction

from benchmarks.bench import REPOSITORY, Bench
from benchmarks.figures import Figure
from benchmarks.morph import FPS, morphing
from benchmarks.paired import median, middle_half, percentile
from benchmarks.stage import TICK_RATE, Heard, Stage, Told, receive, running_server, told, udp_socket
from server.media.numbered import write_numbered

SUBJECT = "60 Hz stream"
COUNT = 900
EXTRA = {"idle": 0.3, "busy": 1.0, "making": 1.0}
STATES = {"idle": "idle", "busy": "with a busy process on every core",
          "making": "while the worker makes a transition at 1280×720"}
_NEAR = 2e-3
"""Of a frame: a position in the stream is a 32-bit float."""
_TIMESTAMPS = 35


def measure(bench: Bench) -> list[Figure]:
    """p99 lateness at most the bare loop's + 0.3 ms idle, + 1 ms with every core busy or the worker at work; every
    value right; and the worker's frames a second meanwhile."""
    song = bench.folder / "tick"
    song.mkdir()
    write_numbered(song / "tick.mov", COUNT, 320, 180, Fraction(30))
    rounds, seconds = bench.few(9, 3), bench.few(6, 3)
    ours: dict[str, list[float]] = {name: [] for name in EXTRA}
    bare: dict[str, list[float]] = {name: [] for name in EXTRA}
    wrong = checked = 0
    made: list[float] = []
    with running_server(song, "--end", "loop") as (_, stage):
        stage.load("tick.mov")
        stage.say("/deck/1/play")
        for name in list(EXTRA) * rounds:
            ticks, beats = _round(stage, seconds, name, made)
            checked += len(ticks)
            wrong += wrong_values(ticks, COUNT)
            ours[name].append(percentile(lateness([(one.tick, one.at) for one in ticks]), 0.99))
            bare[name].append(percentile(lateness(beats), 0.99))
    figures = [_figure(name, extra, ours[name], bare[name]) for name, extra in EXTRA.items()]
    figures.append(Figure(SUBJECT, "frames a second from the worker meanwhile", median(made), "fps",
                          FPS if os.cpu_count() == 2 else None, spread=middle_half(made), rounds=len(made),
                          note="1280×720, JPEG included, at the lowest priority, on all cores but one"))
    return [*figures, Figure(SUBJECT, "values that differ from the pure function of time", wrong, "", 0,
                             at_least=False, note=f"of {checked}")]


def _round(stage: Stage, seconds: int, state: str, made: list[float]) -> tuple[list[Told], list[tuple[int, int]]]:
    """What the stream told, and the numbers and times of the bare loop's beats, over the same seconds.

    While something is made, how many frames a second that were is added to `made`.
    """
    with _state(state, made), bare_loop(seconds + 1) as bare:
        stage.forget()
        streamed = [told(heard) for heard in list(stage.hear(seconds))]
        beats = [(int.from_bytes(heard.packet, "big"), heard.at) for heard in list(bare)]
    return [one for one in streamed if one is not None], beats


def lateness(ticks: Sequence[tuple[int, int]]) -> list[float]:
    """Milliseconds each tick (number, Unix nanoseconds) came after the grid that the earliest one lies on.

    The grid may run a little faster or slower than the calendar clock, which is steered: it is laid below
    the first and the last third of the ticks.
    """
    first = ticks[0][0]
    raw = [(number - first, at - ticks[0][1] - (number - first) * 1e9 / TICK_RATE) for number, at in ticks]
    third = max(1, len(raw) // 3)
    (x0, y0), (x1, y1) = (min(part, key=lambda tick: tick[1]) for part in (raw[:third], raw[-third:]))
    slope = (y1 - y0) / (x1 - x0) if x1 != x0 else 0.0
    rest = [y - y0 - slope * (x - x0) for x, y in raw]
    return [(y - min(rest)) / 1e6 for y in rest]


def wrong_values(ticks: Sequence[Told], count: int) -> int:
    """Ticks whose frame is not where the first one, its rate and the tick's number put it, or that are twice."""
    if not ticks:
        return 1
    start, wrong, seen = ticks[0], 0, set()
    for one in ticks:
        expected = start.frame + 30.0 * (one.tick - start.tick) / TICK_RATE
        apart = (one.frame - expected + count / 2) % count - count / 2
        wrong += abs(apart) > _NEAR or not -0.5 <= one.frame < count - 0.5 + _NEAR or one.tick in seen
        seen.add(one.tick)
    return wrong


@contextmanager
def _state(state: str, made: list[float]) -> Iterator[None]:
    if state != "making":
        with load_on_cores(state == "busy"):
            yield
        return
    with morphing() as came:
        while not came.empty():
            came.get()
        began = time.perf_counter()
        yield
        spent = time.perf_counter() - began
        frames = 0
        while not came.empty():
            frames += came.get()[0].kind == "frame"
        made.append(frames / spent)


@contextmanager
def load_on_cores(busy: bool) -> Iterator[None]:
    """A process on every core that does nothing but count."""
    cores = (os.cpu_count() or 1) if busy else 0
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores)]
    try:
        time.sleep(0.5)
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextmanager
def bare_loop(seconds: float) -> Iterator[list[Heard]]:
    """What the bare loop sends, collected by a thread with the kernel's times."""
    ear, heard, stop = udp_socket(), list[Heard](), threading.Event()
    with suppress(OSError):
        ear.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
    ear.settimeout(0.2)

    def listen() -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                heard.append(receive(ear))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    loop = subprocess.Popen([sys.executable, "-m", "benchmarks.beat", str(ear.getsockname()[1]), str(seconds)],
                            env={**os.environ, "PYTHONPATH": str(REPOSITORY)})
    try:
        while not heard:
            time.sleep(0.02)
        yield heard
    finally:
        loop.kill()
        loop.wait()
        stop.set()
        thread.join()
        ear.close()


def _figure(name: str, extra: float, ours: list[float], bare: list[float]) -> Figure:
    beyond = [late - least for late, least in zip(ours, bare, strict=True)]
    return Figure(SUBJECT, f"p99 lateness beyond a bare loop, {STATES[name]}", median(beyond), "ms", extra,
                  at_least=False, spread=middle_half(beyond), rounds=len(ours),
                  note=f"{median(ours):.2f} beside {median(bare):.2f} ms")
