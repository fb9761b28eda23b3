"""The worker's work: one job after the other, from a generator to messages. It opens no socket and knows no model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any, Final, cast

from server.errors import DeviceLost, IntersceneError, OutOfMemory, RenderError
from server.render.child import laddering
from server.render.child.control import LiveControl
from server.render.child.generator import PICTURE, Generator, Generators, Leave, Skip, Stop
from server.render.job import PictureJob, TransitionJob
from server.render.messages import Done, Failed, Message, Start

log = logging.getLogger("interscene.worker")

UNUSABLE: Final = 5
"""Exit code of a worker that has to be started again."""


Source = Generator | laddering.Laddered


class Unusable(Exception):
    """This process cannot make anything more."""


class Loop:
    """Makes jobs until there are none; `send` takes messages."""

    def __init__(self, control: LiveControl, generators: Generators, send: Callable[[Message], None]) -> None:
        self._control, self._generators, self._send = control, generators, send
        self._ladders = laddering.Ladders()

    def run(self) -> None:
        """Work until the server goes. Raises Unusable when another process has to go on."""
        while (start := self._control.next_job()) is not None:
            try:
                self._make(start)
            finally:
                self._control.end()

    def _make(self, start: Start) -> None:
        """One job; whatever happens is told."""
        try:
            self._control.between()
            mode = PICTURE if isinstance(start.job, PictureJob) else start.job.mode
            if start.job.model and self._generators.opens(mode):
                self._control.note("preparing", f"opening what {mode} needs")
            if isinstance(start.job, PictureJob):
                self._picture(start.job, start.attempt)
            else:
                self._transition(start.job, start.attempt)
        except Stop:
            self._failed("cancelled", "cancelled", retry=True)
        except (OutOfMemory, DeviceLost) as error:
            self._failed(error.code, str(error), retry=True, leaving=True)
            raise Unusable from error
        except MemoryError as error:
            self._failed(OutOfMemory.code, "the memory of this machine does not suffice; make smaller pictures, or end "
                         "other programs", retry=True, leaving=True)
            raise Unusable from error
        except IntersceneError as error:
            self._failed(error.code, str(error), retry=False)
        except Exception as error:  # one job's trouble must not end the worker
            log.exception("a job could not be made")
            self._failed("internal", f"it could not be made ({type(error).__name__}); the server's log says why",
                         retry=True)

    def _failed(self, code: str, text: str, *, retry: bool, leaving: bool = False) -> None:
        about = self._control.current()
        if about is not None:
            self._send(Failed(*about, code, text, retry, leaving))

    def _picture(self, job: PictureJob, attempt: int) -> None:
        generator, skips = self._generators.of(PICTURE), []
        while True:
            try:
                made = generator.picture(job, self._control)
                self._control.emit(0, made.jpeg)
            except Skip as skip:
                skips.append(str(skip.seed))
                job = replace(job, seed=skip.seed)
                continue
            facts: dict[str, Any] = {**made.facts, **({"skipped_to": skips} if skips else {})}
            self._send(Done(job.id, attempt, facts))
            return

    def _transition(self, job: TransitionJob, attempt: int) -> None:
        since: object | None = None
        skips: list[list[Any]] = []
        while True:
            source = self._source(job)
            way = _Way(source.transition(job, self._control, since), job)
            try:
                detour = way.follow(self._control)
            except Skip as skip:
                skips.append([way.next, str(skip.seed)])
                job = replace(job.from_frame(way.next), seed=skip.seed)
                continue
            except Leave:
                detour = self._control.left(way.next - 1)
            facts = {**source.facts, **({"skips": skips} if skips else {})}
            if detour is None:
                self._send(Done(job.id, attempt, facts))
                return
            at, to = detour
            self._send(Done(job.id, attempt, {**facts, "retargeted": {
                "at": at, "to": to.id, "first": to.first.jpeg}}))
            # What one generator knows of its frames is of use to no other.
            same = self._generators.of(to.mode) is self._generators.of(job.mode)
            since = source.left_at(at) if same else None
            job, skips = cast("TransitionJob", self._control.go_on_with(to, at).job), []


    def _source(self, job: TransitionJob) -> Source:
        """The job's generator, on the ladder where somebody waits for the frames."""
        if laddering.applies(job, self._control):
            return laddering.Laddered(self._generators, self._ladders, job.mode)
        return self._generators.of(job.mode)


class _Way:
    """One walk along one transition, and which frame comes next."""

    def __init__(self, frames: Iterator[tuple[int, bytes]], job: TransitionJob) -> None:
        self._frames, self._job = frames, job
        self.next = job.start

    def follow(self, control: LiveControl) -> tuple[int, TransitionJob] | None:
        """Send the frames; return the detour that was taken, or None at the end of the way."""
        with closing(cast("Any", self._frames)) as frames:
            for number, jpeg in frames:
                if number != self.next:
                    raise RenderError(f"the mode {self._job.mode} made frame {number} where {self.next} was wanted; "
                                      "use another mode, and tell its makers")
                control.emit(number, jpeg)
                self.next += 1
                detour = control.left(number)
                if detour is not None:
                    return detour
        if self.next != self._job.frames - 1:
            raise RenderError(f"the mode {self._job.mode} stopped at frame {self.next} of {self._job.frames}; use "
                              "another mode, and tell its makers")
        return None
