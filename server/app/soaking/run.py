"""A soak from its begin to its end: a supervised server, stand-ins, blows, and everything that was seen."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from server.app.children import Child, start_standin
from server.app.life import Order
from server.app.soaking import material
from server.app.soaking.course import DECKS, Act, course
from server.app.soaking.figures import Figures, Sample
from server.app.soaking.onlooker import HERE, Onlooker
from server.app.soaking.processes import children, held
from server.app.supervisor import Supervisor
from server.errors import ServeError
from server.library.media_folder import MediaFolder
from server.playback.clock import Clock
from server.units import Seconds

log = logging.getLogger("interscene.soak")

LISTENING: Final = re.compile(r"listening osc=(\d+)")
START: Final[Seconds] = 60.0
LOOK: Final[Seconds] = 10.0
TELL: Final[Seconds] = 60.0
LAST: Final[Seconds] = 3.0
"""For answers and the last pictures."""
PROGRAMS: Final = {"kill worker": "server.render.child", "kill planner": "server.app.planner"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: how long, with which seed, where; `given` are more options of the server."""

    length: Seconds
    seed: int
    media: Path
    given: Mapping[str, Any]


def soak(plan: Plan, clock: Clock, tell: Callable[[str], None], stop: threading.Event) -> Figures:
    """Run it; returns early when `stop` is set. Raises ServeError when the server does not start."""
    material.prepare(plan.media)
    figures = Figures()
    with ExitStack() as stack:
        server = _Server(plan, clock)
        stack.callback(server.close)
        onlooker = Onlooker((HERE, server.port), figures, clock)
        stack.callback(onlooker.close)
        stage = _Stage(plan, clock, server, onlooker, figures, stack)
        _follow(stage, plan, clock, tell, stop)
        clock.sleep_until(clock.now() + LAST)
    figures.made = sum(1 for _ in (plan.media / material.SONG / "transitions").glob("*.mov"))
    return figures


class _Server:
    """A supervisor on a thread of its own, as `interscene serve` runs it."""

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self._stop, self._port, self._reached = threading.Event(), 0, threading.Event()
        order = Order({"media_dir": str(plan.media), "osc_port": "0", "http_port": "0", "decks": str(DECKS),
                       "announce": "no", "generate": "auto", **plan.given}, [])
        self.supervisor = Supervisor(order, self._stop, clock, self._line)
        self._thread = threading.Thread(target=self.supervisor.run, name="supervisor", daemon=True)
        self._thread.start()
        if not self._reached.wait(START):
            self.close()
            raise ServeError(f"the server did not start within {START:g} s; what it said is above")

    @property
    def port(self) -> int:
        return self._port

    @property
    def pid(self) -> int | None:
        return self.supervisor.pids[0]

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=20.0)

    def _line(self, line: str) -> None:
        log.info("server: %s", line)
        if found := LISTENING.search(line):
            self._port = int(found[1])
            self._reached.set()


class _Stage:
    """Carries out acts."""

    def __init__(self, plan: Plan, clock: Clock, server: _Server, onlooker: Onlooker, figures: Figures,
                 stack: ExitStack) -> None:
        self._plan, self._clock, self.server, self.onlooker, self.figures = plan, clock, server, onlooker, figures
        self._standins: list[Child] = []
        self._changes, self._lives, self._pid = 0, 0, server.pid
        stack.callback(self._stop_standins)
        self._standins.append(self._standin())
        movies = MediaFolder(plan.media)
        onlooker.ask("/deck/1/load", material.MOVIES[0])
        onlooker.ask("/deck/2/song", material.SONG)
        log.info("soak: over %s", movies.root)

    def _stop_standins(self) -> None:
        for each in self._standins:
            each.stop()

    def do(self, act: Act) -> None:
        """Send a message, or strike."""
        if act.is_message:
            self.onlooker.ask(act.what, *act.args)
            return
        done = {"kill server": self._kill_server, "kill stand-in": self._kill_standin,
                "change movies": self._change}.get(act.what, lambda: self._kill_child(act.what))()
        if done:
            self.figures.blows[act.what] = self.figures.blows.get(act.what, 0) + 1
        elif (remark := f"{act.what}: there was none to be killed at one time or another") not in self.figures.remarks:
            self.figures.remarks.append(remark)

    def look(self) -> Sample:
        """Write down what the server's process holds."""
        pid = self.server.pid
        if pid != self._pid:
            self._lives, self._pid = self._lives + 1, pid
        sample = Sample(round(self.onlooker.elapsed, 1), self._lives, *held(pid or 0))
        self.figures.samples.append(sample)
        return sample

    def _standin(self) -> Child:
        return start_standin(self.server.port, "--report", self.onlooker.readings, "--open-ms", "20-300",
                             "--seed", str(self._plan.seed))

    def _kill_standin(self) -> bool:
        old = self._standins.pop()
        _kill(old.pid)
        old.stop()
        self._standins.append(self._standin())
        return True

    def _kill_server(self) -> bool:
        pid = self.server.pid
        if pid is None:
            return False
        self.onlooker.struck()
        _kill(pid)
        return True

    def _kill_child(self, what: str) -> bool:
        """A process of the server, where the system tells which there are."""
        found = [pid for pid, line in children(self.server.pid or 0).items() if PROGRAMS[what] in line]
        for pid in found:
            _kill(pid)
        return bool(found)

    def _change(self) -> bool:
        material.change(self._plan.media, self._changes)
        self._changes += 1
        return True


def _follow(stage: _Stage, plan: Plan, clock: Clock, tell: Callable[[str], None], stop: threading.Event) -> None:
    """Do everything at its time, and look round meanwhile."""
    names = [*material.MOVIES, material.EXTRA]
    pictures = [f"{kind}-{seed}" for seed, kind in enumerate(material.PICTURES, 1)]
    next_look, next_line = 0.0, TELL
    for act in course(plan.seed, plan.length, names, pictures):
        while (now := stage.onlooker.elapsed) < act.at:
            if stop.is_set():
                return
            if now >= next_look:
                next_look = now + LOOK
                stage.look()
            if now >= next_line:
                next_line += TELL
                tell(_line(stage, plan, now))
            clock.sleep_until(clock.now() + min(act.at - now, 0.05))
        stage.figures.length = stage.onlooker.elapsed
        stage.do(act)


def _line(stage: _Stage, plan: Plan, now: Seconds) -> str:
    figures, sample = stage.figures, stage.figures.samples[-1]
    memory = "" if sample.resident is None else f", {sample.resident / 1e6:.0f} MB"
    return (f"{now / 60:.0f} of {plan.length / 60:.0f} min: {figures.messages} messages, {figures.pictures} pictures, "
            f"{len(figures.wrong)} wrong, {len(figures.missed)} jumps, {len(figures.back)} restarts{memory}")


def _kill(pid: int) -> None:
    """End a process at once; it hears nothing of it."""
    try:
        os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    except OSError as reason:
        log.warning("%d could not be killed: %s", pid, reason)
