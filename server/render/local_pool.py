"""The pool that is always there: one supervised process of this machine, started when it is first needed.

It may die at any time: it is started again, the job it had is tried once more, and when it dies again and again
nothing is made until somebody says so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from server.errors import RenderError, WireDamaged
from server.render.desk_pool import DeskPool
from server.render.dispatcher import Dispatcher
from server.render.job import Job
from server.render.messages import VERSION, Message, Ping, Pong, Welcome
from server.render.pool import PoolStatus, Priority, Sink, State
from server.render.worker_process import MODULE, WorkerProcess
from server.units import Seconds

log = logging.getLogger("interscene.render")

BACK_OFF: Final[tuple[Seconds, ...]] = (0.1, 0.5, 1.0, 2.0, 5.0)
"""How long to wait before it is started again, each time it dies without having made anything."""
CREDITS: Final = 32
"""Frames that may be on their way: the largest batch twice."""
_TICK: Final[Seconds] = 0.1


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """`models` is the folder of models, `options` is what generators take (device, dtype …), `generators` adds modes.

    `memory`: bytes that the worker may take, 0 for no limit. `hang`: how long it may leave a ping unanswered. `stall`:
    how long a job may give no sign of life. `patience`: factor on both until a model is loaded, because opening large
    libraries holds up everything and compiling takes minutes, and while others leave the worker no core. `deaths`: so
    many in a row, with nothing made between, mean safe mode. `unload`: having had nothing to make for so long, it ends
    and gives its memory back; None for never.
    """

    models: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    generators: Mapping[str, str] = field(default_factory=dict)
    memory: int = 0
    hang: Seconds = 5.0
    stall: Seconds = 60.0
    patience: float = 12.0
    deaths: int = 5
    unload: Seconds | None = None
    back_off: tuple[Seconds, ...] = BACK_OFF
    module: str = MODULE


class LocalPool(DeskPool):
    """A `WorkerPool`; `now` is the server's clock."""

    def __init__(self, now: Callable[[], Seconds], options: PoolOptions | None = None) -> None:
        self._now, self.options = now, options or PoolOptions()
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        super().__init__(Dispatcher(now, self._calls.put))
        self._state: State = "off"
        self._reason = ""
        self._restarts = 0
        self._wake = threading.Event()
        self._closing = False
        self._process: WorkerProcess | None = None
        self._heard_at = 0.0
        self._quiet = 0.0
        # The process asks to die with the thread that started it, so that thread lives as long as the pool.
        self._supervisor = threading.Thread(target=self._supervise, name="render worker", daemon=True)
        self._teller = threading.Thread(target=self._tell, name="render news", daemon=True)
        self._supervisor.start()
        self._teller.start()

    # the contract -------------------------------------------------------------------------------

    def submit(self, job: Job, sink: Sink, *, priority: Priority = "queued", deadline: Seconds | None = None,
               client: str = "") -> None:
        """See `WorkerPool.submit`."""
        if self._closing:
            raise RenderError(f"{job.id} is not made: the pool of workers is closed")
        self._desk.submit(job, sink, priority=priority, deadline=deadline, client=client)
        self._wake.set()

    def recover(self) -> None:
        """See `WorkerPool.recover`."""
        if self._state == "safe":
            self._state, self._reason = "off", ""
            self._desk.accept()
            self._wake.set()

    def status(self) -> PoolStatus:
        """See `WorkerPool.status`."""
        state, job = self._state, self._desk.running()
        return PoolStatus("busy" if state == "ready" and job else state, self._desk.device, self._desk.model,
                          self._reason, self._restarts, self._desk.waiting(), job)

    def close(self) -> None:
        """See `WorkerPool.close`."""
        if self._closing:
            return
        self._closing = True
        self._desk.refuse("cancelled", "the server ends")
        self._wake.set()
        self._supervisor.join(timeout=5.0)
        self._calls.put(None)
        self._teller.join(timeout=5.0)

    @property
    def pid(self) -> int | None:
        """The worker's process."""
        return self._process.pid if self._process is not None else None

    # sinks --------------------------------------------------------------------------------------

    def _tell(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call()
            except Exception:  # a thread's top: one sink's trouble must not keep the others uninformed
                log.exception("what the worker made could not be handed on")

    # the process --------------------------------------------------------------------------------

    def _supervise(self) -> None:
        deaths = 0
        while not self._closing:
            self._wake.wait()
            self._wake.clear()
            while self._desk.wanted() and not self._closing and not self._is_safe():
                made = self._desk.finished
                try:
                    reason = self._live()
                except Exception:  # a thread's top: without it there would be no worker any more
                    log.exception("the worker could not be run")
                    reason = "the worker could not be run; the log says why"
                if not reason:
                    break
                deaths = 1 if self._desk.finished > made else deaths + 1
                self._died(deaths, reason)
                if self._is_safe():
                    deaths = 0
            if not self._is_safe():
                self._state = "off"

    def _is_safe(self) -> bool:
        return self._state == "safe"

    def _died(self, deaths: int, reason: str) -> None:
        """Say so; wait a little, or give up."""
        self._restarts += 1
        self._reason = reason
        self._desk.disconnect(reason)
        if deaths >= self.options.deaths:
            text = f"generation is off: the worker died {deaths} times in a row, at last because {reason}"
            log.error("%s", text)
            self._state, self._reason = "safe", text
            self._desk.refuse("safe", text)
            return
        log.warning("%s; it is started again", reason)
        self._state = "restarting"
        pause = self.options.back_off[min(deaths, len(self.options.back_off)) - 1]
        until = self._now() + pause
        while not self._closing and (left := until - self._now()) > 0:
            self._wake.wait(min(left, _TICK))
            self._wake.clear()
        self._wake.set()

    def _live(self) -> str:
        """One life of the worker; returns why it ended, "" when it was meant to."""
        if self._state != "restarting":
            self._state = "starting"
        try:
            process = WorkerProcess(self.options.memory, module=self.options.module)
        except RenderError as error:
            return str(error)
        self._process = process
        orders: SimpleQueue[Message | None] = SimpleQueue()
        writer = threading.Thread(target=self._write, args=(process, orders), name="render orders", daemon=True)
        try:
            process.greet(self._welcome(), self._now, lambda: self._closing)
            writer.start()
            self._state = "ready"
            self._desk.connect(orders.put)
            return self._listen(process, orders)
        except RenderError as error:
            return "" if self._closing else str(error)
        finally:
            self._desk.disconnect("the worker has ended")
            self._process = None
            orders.put(None)
            process.end(0.5 if self._closing else 0.05)
            if writer.ident is not None:
                writer.join(timeout=1.0)

    def _welcome(self) -> Welcome:
        made = self.options
        return Welcome(VERSION, "" if made.models is None else str(made.models), dict(made.options),
                       dict(made.generators), CREDITS, made.memory)

    def _write(self, process: WorkerProcess, orders: SimpleQueue[Message | None]) -> None:
        """Hand orders on; a worker that does not read holds up this thread only."""
        while (order := orders.get()) is not None:
            try:
                process.wire.send(order)
            except (OSError, WireDamaged) as reason:
                log.info("the worker was not told: %s", reason)

    def _listen(self, process: WorkerProcess, orders: SimpleQueue[Message | None]) -> str:
        """Take what the worker says until it ends or hangs; returns why, "" when it was meant to."""
        pings, idle_since, looked_at = 0, self._now(), self._now()
        self._heard_at, self._quiet = self._now(), 0.0
        pinged_at = self._now() - self.options.hang
        while not self._closing:
            now = self._now()
            if now - pinged_at >= min(self.options.hang / 4, 1.0):
                pinged_at, pings = now, pings + 1
                orders.put(Ping(pings))
            try:
                came = process.wire.receive(_TICK)
                if came is None:
                    process.wire.close()
                    process.wait(0.5)
                    return self._again(process.ended())
                for message in came:
                    self._hear(message)
            except WireDamaged as error:
                return self._again(f"the worker said what cannot be read: {error}")
            if self._now() - looked_at > self.options.hang / 2:
                # We were stopped or asleep ourselves, and cannot tell silence from not having listened.
                self._heard_at = self._now()
            looked_at = self._now()
            wrong = self._wrong(process)
            if wrong:
                process.kill()
                return self._again(wrong)
            if self._desk.wanted():
                idle_since = now
            elif self.options.unload is not None and now - idle_since > self.options.unload:
                self._state, self._desk.device, self._desk.model = "off", "", ""
                return ""
        return ""

    def _again(self, reason: str) -> str:
        """The job in hand learns the reason at once, before the process is swept away."""
        self._desk.disconnect(reason)
        return reason

    def _hear(self, message: Message) -> None:
        if isinstance(message, Pong):
            self._heard_at, self._quiet = self._now(), message.quiet
        else:
            self._desk.heard(message)

    def _wrong(self, process: WorkerProcess) -> str:
        """What is wrong with a worker that lives, or ""."""
        silent, hang, stall = self._now() - self._heard_at, self.options.hang, self.options.stall
        if silent <= hang and self._quiet <= stall:
            return ""
        if self._desk.loading() or process.starves():
            hang, stall = hang * self.options.patience, stall * self.options.patience
        if silent > hang:
            return f"the worker gave no answer for {hang:g} s"
        return f"the job gave no sign of life for {stall:g} s" if self._quiet > stall else ""
