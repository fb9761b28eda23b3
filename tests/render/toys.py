"""Generators of tests: frames that say what they are, and every kind of trouble. They run in the real worker, too."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from server.errors import DeviceLost, OutOfMemory, RenderError
from server.render.child.generator import Control, Picture
from server.render.job import End, PictureJob, TransitionJob

TABLE = {name: f"toys:{factory}" for name, factory in (
    ("count", "Count"), ("picture", "Count"), ("crash", "Crash"), ("stop", "Stopped"), ("stall", "Stalled"),
    ("raise", "Raising"), ("hungry", "Hungry"), ("wrong", "Wrong"), ("short", "Short"), ("poison", "Poison"),
    ("loaded", "LoadedModules"), ("noisy", "Noisy"))}
TROUBLE_AT = 7


def end(name: str) -> End:
    return End(b"\xff\xd8 the picture " + name.encode() + b" \xff\xd9", hash=name, name=name)


def job(name: str, mode: str = "count", frames: int = 50, **more: Any) -> TransitionJob:
    return TransitionJob(name, end("a"), end("b"), mode, frames, (64, 36), Fraction(30), **more)


def content(job: TransitionJob, number: int) -> bytes:
    """What the frame must be: the job decides, and nothing else."""
    told = repr((job.seed, job.frames, job.first.jpeg, job.second.jpeg, number)).encode()
    return b"\xff\xd8" + hashlib.sha256(told).digest() + b"\xff\xd9"


def contents(job: TransitionJob) -> list[tuple[int, bytes]]:
    return [(number, content(job, number)) for number in range(job.start, job.frames - 1)]


class Count:
    """The well-behaved one."""

    def __init__(self, models: Path | None, options: Mapping[str, Any]) -> None:
        self.options, self.facts = options, {}
        self._left: TransitionJob | None = None

    def transition(self, job: TransitionJob, control: Control, since: object | None = None
                   ) -> Iterator[tuple[int, bytes]]:
        self.facts = {"since": since is not None, "generator": "count"}
        control.loaded({"device": "toy", "model": job.model})
        self._left = job
        for number in range(job.start, job.frames - 1):
            control.between()
            self.trouble(number, control)
            yield number, content(job, number)

    def trouble(self, number: int, control: Control) -> None:
        """Nothing happens."""

    def picture(self, job: PictureJob, control: Control) -> Picture:
        control.loaded({"device": "toy", "model": job.model})
        control.between()
        return Picture(b"\xff\xd8" + repr((job.prompt, job.seed)).encode() + b"\xff\xd9", {"seed": str(job.seed)})

    def left_at(self, number: int) -> object | None:
        return (self._left, number)

    def once(self, number: int) -> bool:
        """True at the frame of trouble, the first time that any process comes there."""
        if number != TROUBLE_AT:
            return False
        mark = Path(self.options["folder"]) / type(self).__name__
        if mark.exists():
            return False
        mark.write_text("was here", encoding="utf-8")
        return True


class Crash(Count):
    """Dies once without a word."""

    def trouble(self, number: int, control: Control) -> None:
        if self.once(number):
            os._exit(77)


class Poison(Count):
    """Dies whenever it is asked."""

    def trouble(self, number: int, control: Control) -> None:
        os._exit(78)


class Stopped(Count):
    """The whole process stands still, once."""

    def trouble(self, number: int, control: Control) -> None:
        if self.once(number):
            import signal

            os.kill(os.getpid(), signal.SIGSTOP)


class Stalled(Count):
    """The job stands still and the process answers, once."""

    def trouble(self, number: int, control: Control) -> None:
        if self.once(number):
            threading.Event().wait()


class Raising(Count):
    """Raises what its options say."""

    def trouble(self, number: int, control: Control) -> None:
        kinds = {"ours": RenderError("there is no such thing"), "memory": OutOfMemory("too large"),
                 "python": MemoryError(), "device": DeviceLost("the card fell off"), "bug": ValueError("a bug")}
        if number == TROUBLE_AT:
            raise kinds[self.options["raises"]]


class Hungry(Count):
    """Takes more memory than it may."""

    def trouble(self, number: int, control: Control) -> None:
        held = []
        while True:
            held.append(b"\1" * (16 << 20))
            threading.Event().wait(0.01)


class Wrong(Count):
    """Leaves out a frame."""

    def transition(self, job: TransitionJob, control: Control, since: object | None = None
                   ) -> Iterator[tuple[int, bytes]]:
        yield job.start, content(job, job.start)
        yield job.start + 2, content(job, job.start + 2)


class Short(Count):
    """Stops too early."""

    def transition(self, job: TransitionJob, control: Control, since: object | None = None
                   ) -> Iterator[tuple[int, bytes]]:
        yield from super().transition(replace(job, frames=job.frames - 5), control, since)


class Noisy(Count):
    """Prints, as libraries do."""

    def trouble(self, number: int, control: Control) -> None:
        if number == TROUBLE_AT:
            print("a library says hello")
            os.write(1, b"and another one, past Python\n")


class LoadedModules(Count):
    """Tells which modules and which scheduling its process has."""

    def transition(self, job: TransitionJob, control: Control, since: object | None = None
                   ) -> Iterator[tuple[int, bytes]]:
        import sys

        yield from super().transition(job, control, since)
        self.facts = {"modules": sorted(name for name in sys.modules if "." not in name),
                      "nice": os.getpriority(os.PRIO_PROCESS, 0) if hasattr(os, "getpriority") else None,
                      "scheduler": os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None}
