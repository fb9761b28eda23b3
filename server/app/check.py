"""`interscene check`: a real server, a real renderer, real UDP, and whether the frame asked for is the one shown."""

from __future__ import annotations

import argparse
import random
import socket
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

from server.app.children import start_server, start_standin
from server.errors import ServeError
from server.playback.clock import Clock, SystemClock
from server.protocol.encode import message
from server.protocol.osc import Message, messages
from server.units import Seconds

HELP: Final = ("Prove on this machine that the frame asked for is the frame shown: a server, 500 random seeks by UDP, "
               "playing at two speeds, and a stand-in deck that reads the number in each picture.")
COUNT: Final = 600
RATE: Final = 30
MOVIES: Final = {"count-up.mov": 0, "count-on.mov": 100_000}
"""Test movies by the number in their first frame: a frame of the wrong movie is a wrong number too."""
PATIENCE: Final[Seconds] = 2.0
OPEN_LIMIT: Final[Seconds] = 10.0
PLAY_TIME: Final[Seconds] = 1.5
SPEEDS: Final = (1.5, -2.0)
PACE_LIMIT: Final = 1.0
"""Frames by which playing may be ahead or behind after PLAY_TIME, and still be at the speed asked for."""
ATTEMPTS: Final = 3
"""A machine that stalls spoils a stretch; a wrong speed spoils them all."""
READINGS_MIN: Final = 10


class Seen(NamedTuple):
    """A newly shown picture: the frame that was told, the number in it, and when, on the renderer's clock."""

    commanded: int
    number: int
    at: Seconds


@dataclass(frozen=True, slots=True)
class Pace:
    """Frames a second; `seen` is None when too few pictures were shown to tell."""

    asked: float
    seen: float | None

    @property
    def good(self) -> bool:
        return self.seen is not None and abs(self.seen - self.asked) * PLAY_TIME <= PACE_LIMIT

    def __str__(self) -> str:
        seen = "no speed" if self.seen is None else f"{self.seen:.1f}"
        return f"played at {seen}, asked for {self.asked:g} frames a second"


@dataclass(slots=True)
class Report:
    """What was seen. `wrong` holds (asked, shown); `late` those that did not come in time."""

    seeks: int = 0
    delays: list[Seconds] = field(default_factory=list)
    wrong: list[tuple[int, int]] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    played: int = 0
    misplayed: list[tuple[int, int]] = field(default_factory=list)
    paces: list[Pace] = field(default_factory=list)

    @property
    def good(self) -> bool:
        exact = not (self.wrong or self.late or self.misplayed) and len(self.delays) == self.seeks
        return exact and self.played > 0 and bool(self.paces) and all(pace.good for pace in self.paces)

    def lines(self) -> list[str]:
        exact = self.seeks - len(self.wrong) - len(self.late)
        lines = [f"{exact} of {self.seeks} seeks showed exactly the frame asked for"]
        if self.delays:
            ranked = sorted(self.delays)
            lines.append(f"from the message to the decoded picture: {statistics.median(ranked) * 1000:.0f} ms in the "
                         f"middle, {ranked[int(len(ranked) * 0.99) - 1] * 1000:.0f} ms at worst in 99 of 100")
        lines.append(f"{self.played} frames while playing, {len(self.misplayed)} of them wrong")
        lines += [str(pace) for pace in self.paces]
        lines += [f"asked for {asked}, shown {shown}" for asked, shown in (self.wrong + self.misplayed)[:10]]
        lines += [f"asked for {asked}, nothing new within {PATIENCE:g} s" for asked in self.late[:10]]
        return lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("--seeks", type=int, default=500, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the random frames (default: %(default)s)")
    parser.add_argument("--open-ms", default="20-200", metavar="LOW-HIGH", help="how long the stand-in takes to open")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write the test movies there and keep them")


def run(options: argparse.Namespace) -> int:
    """Check and print the report; 1 when a single frame was wrong or late."""
    with tempfile.TemporaryDirectory(prefix="interscene-check-") as folder:
        media = options.keep or Path(folder)
        media.mkdir(parents=True, exist_ok=True)
        print("making two test movies with a number in every frame ...", flush=True)
        write_movies(media)
        print("starting a server and a stand-in deck ...", flush=True)
        report = check(media, seeks=max(options.seeks, 1), seed=options.seed, open_ms=options.open_ms)
    print("\n".join(report.lines()))
    print("check passed" if report.good else "check FAILED")
    return 0 if report.good else 1


def write_movies(folder: Path) -> None:
    """The test movies, where they are not there yet."""
    from server.media.numbered import write_numbered

    for name, first in MOVIES.items():
        if not (folder / name).exists():
            write_numbered(folder / name, COUNT, 640, 360, Fraction(RATE), first=first)


def check(media: Path, *, seeks: int, seed: int = 1, open_ms: str = "20-200", clock: Clock | None = None) -> Report:
    """Run server and stand-in over a folder that holds the test movies. Raises ServeError when one does not start."""
    clock = clock or SystemClock()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        server, osc_port, _ = start_server([media], "--media-dir", str(media), "--decks", "1")
        with server, start_standin(osc_port, "--report", f"127.0.0.1:{ear.getsockname()[1]}", "--open-ms", open_ms):
            stage = _Stage(ear, ("127.0.0.1", osc_port), clock)
            report = Report()
            draw = random.Random(seed)
            names = list(MOVIES)
            for part in range(2):
                stage.load(names[part])
                _seek(stage, report, draw, MOVIES[names[part]], (seeks + part) // 2)
            _play(stage, report)
            return report


def _seek(stage: _Stage, report: Report, draw: random.Random, first: int, seeks: int) -> None:
    now = stage.number - first
    for _ in range(seeks):
        # The frame on screen would not be shown anew.
        frame = draw.choice([f for f in range(COUNT) if f != now])
        report.seeks += 1
        sent = stage.clock.now()
        stage.say("/deck/1/frame", frame)
        seen = next(stage.shown(PATIENCE), None)
        if seen is None:
            report.late.append(frame)
        elif seen.number != first + frame:
            report.wrong.append((first + frame, seen.number))
        else:
            report.delays.append(stage.clock.now() - sent)
        now = frame


def _play(stage: _Stage, report: Report) -> None:
    """Forwards and backwards: each picture is the one that was told, and they go by at the speed asked for."""
    stage.say("/deck/1/frame", COUNT // 2)
    for speed in SPEEDS:
        stage.say("/deck/1/speed", speed)
        stage.say("/deck/1/play")
        for _ in range(ATTEMPTS):
            pace = Pace(speed * RATE, frames_a_second(_watch(stage, report)))
            if pace.good:
                break
        report.paces.append(pace)


def _watch(stage: _Stage, report: Report) -> list[Seen]:
    base = MOVIES[list(MOVIES)[1]]
    watched: list[Seen] = []
    end = stage.clock.now() + PLAY_TIME
    while stage.clock.now() < end:
        for seen in stage.shown(0.1):
            watched.append(seen)
            report.played += 1
            if seen.number != base + seen.commanded:
                report.misplayed.append((base + seen.commanded, seen.number))
            break
    return watched


def frames_a_second(watched: Sequence[Seen]) -> float | None:
    """How fast the numbers go by; None for fewer than READINGS_MIN pictures.

    The median over pairs (Theil and Sen), those close together left out: neither the last pictures at another speed
    nor a stall move it, and it takes the time at which a picture was due, not at which its report came.
    """
    if len(watched) < READINGS_MIN:
        return None
    apart = len(watched) // 3
    slopes = [(late.number - early.number) / (late.at - early.at)
              for n, early in enumerate(watched) for late in watched[n + apart:] if late.at > early.at]
    return statistics.median(slopes) if slopes else None


class _Stage:
    """The other side of the wire: what a person sends, and what the stand-in says it shows."""

    def __init__(self, ear: socket.socket, server: tuple[str, int], clock: Clock) -> None:
        self.clock = clock
        self.number = -1
        self._ear, self._server = ear, server

    def say(self, address: str, *args: float | int | str) -> None:
        self._ear.sendto(message(address, *args), self._server)

    def load(self, name: str) -> None:
        """Have a movie on screen, paused. Raises ServeError."""
        first = MOVIES[name]
        self.say("/deck/1/load", name)
        end = self.clock.now() + OPEN_LIMIT
        while self.clock.now() < end:
            if any(first <= seen.number < first + COUNT for seen in self.shown(0.25)):
                break
        else:
            raise ServeError(f"the stand-in did not show {name} within {OPEN_LIMIT:g} s")
        self.say("/deck/1/pause")
        for _ in self.shown(0.5):
            pass

    def shown(self, patience: Seconds) -> Iterator[Seen]:
        """Each newly shown picture, until none comes for `patience` seconds."""
        self._ear.settimeout(patience)
        while True:
            try:
                packet = self._ear.recv(65536)
            except TimeoutError:
                return
            for heard in messages(packet):
                if isinstance(heard, Message) and heard.address == "/standin/read" and len(heard.args) == 5:
                    _, _, commanded, self.number, micros = (int(arg) for arg in heard.args)
                    yield Seen(commanded, self.number, micros / 1e6)
