"""A pool without a process: the worker's own loop on a thread of the test. For tests of what uses a pool."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from server.errors import RenderError
from server.playback.clock import SystemClock
from server.render.child.control import LiveControl
from server.render.child.generator import Generators
from server.render.child.loop import Loop, Unusable
from server.render.desk_pool import DeskPool
from server.render.dispatcher import Dispatcher
from server.render.job import Job
from server.render.messages import Decoder, Message, encoded
from server.render.pool import PoolStatus, Priority, Sink
from server.units import Seconds

log = logging.getLogger("interscene.render")


class InlinePool(DeskPool):
    """A `WorkerPool`; `generators` adds modes: "module:factory", importable where the test runs."""

    def __init__(self, generators: Mapping[str, str] | None = None, *, models: Path | None = None,
                 options: Mapping[str, Any] | None = None, credits: int = 32,  # noqa: A002
                 now: Callable[[], Seconds] | None = None) -> None:
        now = now or SystemClock().now
        self._generators = Generators(models, options or {}, generators)
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        super().__init__(Dispatcher(now, self._calls.put))
        self._control = LiveControl(now, lambda message: self._desk.heard(_over_the_wire(message)), credits)
        self._loop = Loop(self._control, self._generators, lambda message: self._desk.heard(_over_the_wire(message)))
        self._threads = [threading.Thread(target=target, name=name, daemon=True)
                         for target, name in ((self._work, "inline worker"), (self._tell, "inline news"))]
        self._desk.connect(lambda message: self._control.hear(_over_the_wire(message)))
        self._closed = False
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        while True:
            try:
                self._loop.run()
                return
            except Unusable:
                self._desk.connect(lambda message: self._control.hear(_over_the_wire(message)))

    def _tell(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call()
            except Exception:
                log.exception("a sink raised")

    def submit(self, job: Job, sink: Sink, *, priority: Priority = "queued", deadline: Seconds | None = None,
               client: str = "") -> None:
        if self._closed:
            raise RenderError(f"{job.id} is not made: the pool of workers is closed")
        self._desk.submit(job, sink, priority=priority, deadline=deadline, client=client)

    def recover(self) -> None:
        self._desk.accept()

    def status(self) -> PoolStatus:
        job = self._desk.running()
        return PoolStatus("off" if self._closed else "busy" if job else "ready", self._desk.device, self._desk.model,
                          "", 0, self._desk.waiting(), job)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._desk.refuse("cancelled", "the server ends")
        self._control.close()
        self._threads[0].join(10)
        self._calls.put(None)
        self._threads[1].join(10)


def _over_the_wire(message: Message) -> Message:
    """As the other side would have it."""
    return next(iter(Decoder().feed(encoded(message))))
