"""A server that is killed while a movie plays: how soon the next one sends the right frame, and how far off it is."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.paired import median, middle_half, percentile
from benchmarks.stage import TICK_RATE, Stage, Told, serving_ports, told
from server.app.children import Child
from server.app.state_files import FOLDER, LOCK
from server.errors import ServeError
from server.library.songs.listing import HIDDEN
from server.media.numbered import write_numbered

SUBJECT: Final = "restart"
KILLS: Final = 20
IN_A_ROW: Final = 4
"""Kills of one supervisor: after five within a minute it would leave generation away."""
SECONDS: Final = 1.0
FRAMES: Final = 1.0
SETTLES: Final = 0.5
"""Seconds after the first packet in which one is looked for that was not held up."""
LONGEST: Final = 60.0
"""Seconds that are waited for another server."""


class Gap(NamedTuple):
    """One death: seconds until the first packet after it, and how many frames that is off."""

    seconds: float
    frames: float


def measure(bench: Bench) -> list[Figure]:
    """At most 1 s (95 of 100) until the right frame is sent after a kill, and at most a frame of error."""
    root = bench.folder / "restart"
    write_numbered(root / "song" / "long.mov", 9000, 64, 64, Fraction(30))
    kills, warm, cold = bench.few(KILLS, IN_A_ROW), list[Gap](), list[Gap]()
    while len(warm) < kills:
        with supervised(root) as (child, stage):
            cold.append(death(stage, root))
            for _ in range(min(IN_A_ROW, kills - len(warm))):
                child.line_with("spare server is ready")
                warm.append(death(stage, root))
    seconds = [gap.seconds for gap in warm]
    return [
        Figure(SUBJECT, "from kill -9 to the right frame, 95 of 100", percentile(seconds, 0.95), "s", SECONDS,
               at_least=False, spread=middle_half(seconds), rounds=len(warm), note=f"the worst {max(seconds):.2f} s"),
        Figure(SUBJECT, "from kill -9 to the right frame, no spare server ready yet",
               median([gap.seconds for gap in cold]), "s", rounds=len(cold)),
        Figure(SUBJECT, "the playhead after that, off by at most", max(gap.frames for gap in warm + cold), "frames",
               FRAMES, at_least=False, rounds=len(warm) + len(cold)),
    ]


@contextmanager
def supervised(root: Path) -> Iterator[tuple[Child, Stage]]:
    """A server under its supervisor, and a renderer that sees the movie play."""
    with serving_ports(root / "song", "--media-dir", str(root), "--no-announce", "--no-midi", "--generate", "off",
                       supervised=True) as (child, ports), Stage(ports["osc"]) as stage:
        stage.join()
        last_of(stage, 1.5)
        yield child, stage


def last_of(stage: Stage, seconds: float) -> Told:
    """Listen for so long, and say what was told last of the player that is seen. Raises ServeError."""
    last: Told | None = None
    for heard in stage.hear(seconds):
        last = told(heard) or last
    if last is None:
        raise ServeError("the server under test shows nothing")
    return last


def pid_of(root: Path) -> int:
    """The process that serves; 0 while one hands over to another."""
    with suppress(OSError, ValueError):
        return int((root / HIDDEN / FOLDER / LOCK).read_text(encoding="ascii"))
    return 0


def death(stage: Stage, root: Path) -> Gap:
    """Kill the server, and wait for the next one. Raises ServeError."""
    stage.forget()
    before = last_of(stage, 0.3)
    dead = pid_of(root)
    os.kill(dead, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    killed = time.time_ns()
    until = time.perf_counter() + LONGEST
    heard = [before]
    while pid_of(root) in (dead, 0):
        if time.perf_counter() > until:
            raise ServeError("no other server came")
        heard += _told_in(stage, 0.1)
    heard += _told_in(stage, SETTLES)
    # On a quiet machine the next server is there within a few ticks: the death is the longest silence.
    gaps = [now.at - last.at for last, now in pairwise(heard)]
    place = gaps.index(max(gaps))
    before, after = heard[place], heard[place + 1:]
    now = after[0]
    # A packet may be late but never early: the least late one tells when its tick was.
    late = min((one.at - before.at) / 1e9 - (one.tick - before.tick) / TICK_RATE for one in after)
    wanted = before.frame + before.rate * (now.tick - before.tick) / TICK_RATE
    return Gap((now.at - killed) / 1e9, abs(now.frame - wanted) + abs(late) * before.rate)


def _told_in(stage: Stage, seconds: float) -> list[Told]:
    return [one for heard in stage.hear(seconds) if (one := told(heard)) is not None]
