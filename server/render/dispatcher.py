"""Which job the worker makes now, and who is told what came of it. It knows no process, no socket and no clock.

A worker is whatever `connect` gave a `send` for: it makes one job at a time and answers through `heard`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, cast

from server.errors import InputError
from server.render.backlog import Backlog
from server.render.job import Job, TransitionJob
from server.render.messages import (
    Budget,
    Cancel,
    Credit,
    Done,
    Failed,
    Frame,
    Loaded,
    Message,
    Note,
    Pause,
    Progress,
    Retarget,
    Skip,
    Start,
)
from server.render.pool import PRIORITIES, Priority, Sink
from server.render.task import FAILURES_MOST, Task
from server.units import Seconds

log = logging.getLogger("interscene.render")

WAITING_MOST: Final = 1000
Send = Callable[[Message], None]
Tell = Callable[[Callable[[], None]], None]
"""Takes a call to a sink, to be made in order and outside of every lock."""


class Dispatcher:
    """Every method may be called from any thread."""

    def __init__(self, now: Callable[[], Seconds], tell: Tell, limit: int = WAITING_MOST) -> None:
        self._now, self._tell = now, tell
        self._lock = threading.RLock()
        self._backlog: Backlog[Task] = Backlog(limit)
        self._running: Task | None = None
        self._send: Send | None = None
        self._paused = False
        self._budget: Budget | None = None
        self._refusal: tuple[str, str] | None = None
        self.device = self.model = ""
        self.finished = 0
        """Jobs that came to a good end."""

    # what is wanted -----------------------------------------------------------------------------

    def submit(self, job: Job, sink: Sink, *, priority: Priority = "queued", deadline: Seconds | None = None,
               client: str = "") -> None:
        """See `WorkerPool.submit`."""
        if isinstance(job, TransitionJob) and not (job.first.jpeg and job.second.jpeg):
            raise InputError(f"the job {job.id} has an end without its picture; give the stage frame's bytes")
        with self._lock:
            if job.id in self._in_hand():
                raise InputError(f"a job {job.id!r} is being made already; give every job an id of its own")
            task = Task(job, sink, priority, client, None if deadline is None else self._now() + deadline)
            if self._refusal is not None:
                self._fail(task, *self._refusal, retry=True)
                return
            self._backlog.put(job.id, task, priority, client)
            self._make_room()
            self._next()

    def cancel(self, job_id: str) -> bool:
        """See `WorkerPool.cancel`."""
        with self._lock:
            task = self._backlog.remove(job_id)
            if task is None:
                task = self._running
                if task is not None and task.detour is not None and task.detour.id == job_id and not task.over:
                    self._detour_failed(task, "cancelled", f"{job_id} was cancelled")
                    return True
                if task is None or task.id != job_id or task.over:
                    return False
                self._say(Cancel(task.id, task.attempt))
            self._fail(task, "cancelled", f"{job_id} was cancelled", retry=True)
            return True

    def skip(self, job_id: str, seed: int | None = None) -> bool:
        """See `WorkerPool.skip`."""
        with self._lock:
            task = self._running_one(job_id)
            if task is not None:
                self._say(Skip(task.id, task.attempt, seed))
            return task is not None

    def retarget(self, job_id: str, at: int, to: TransitionJob) -> bool:
        """See `WorkerPool.retarget`."""
        with self._lock:
            task = self._running_one(job_id)
            if task is None or task.detour is not None or not isinstance(task.job, TransitionJob):
                return False
            if not to.first.jpeg and not task.next <= at <= task.job.frames - 2:
                return False
            if to.id in self._backlog or to.id == job_id:
                raise InputError(f"a job {to.id!r} is there already; give every job an id of its own")
            if not to.second.jpeg:
                raise InputError(f"the job {to.id} has no second picture; give the stage frame's bytes")
            task.detour = to
            self._say(Retarget(task.id, task.attempt, at, to))
            return True

    def pause(self, paused: bool) -> None:
        """See `WorkerPool.pause`."""
        with self._lock:
            self._paused = paused
            self._say(Pause(paused))

    def budget(self, launch_ms: float, duty: float) -> None:
        """See `WorkerPool.budget`."""
        with self._lock:
            self._budget = Budget(max(launch_ms, 0.0), min(max(duty, 0.0), 1.0))
            self._say(self._budget)

    def wanted(self) -> bool:
        """Whether there is anything to make."""
        with self._lock:
            return self._running is not None or len(self._backlog) > 0

    def loading(self) -> bool:
        """Whether the job being made still waits for its model."""
        task = self._running
        return task is not None and not task.loaded

    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._backlog)

    def running(self) -> str:
        """The id of the job being made, or ""."""
        task = self._running
        return "" if task is None else task.id

    # the worker ---------------------------------------------------------------------------------

    def connect(self, send: Send) -> None:
        """A worker is there and idle."""
        with self._lock:
            self._send = send
            if self._paused:
                self._say(Pause(True))
            if self._budget is not None:
                self._say(self._budget)
            self._next()

    def disconnect(self, reason: str) -> None:
        """The worker is gone; the job it had is tried again by the next one, or fails with this reason."""
        with self._lock:
            self._send = None
            task, self._running = self._running, None
            if task is not None and not task.over:
                if task.yielding:
                    self._wait(task)
                else:
                    self._again(task, "worker", reason)

    def refuse(self, code: str, text: str) -> None:
        """Fail everything, and what comes from now on."""
        with self._lock:
            self._refusal = code, text
            task, self._running = self._running, None
            for each in ([] if task is None or task.over else [task]) + self._all():
                self._fail(each, code, text, retry=True)

    def accept(self) -> None:
        """Take jobs again."""
        with self._lock:
            self._refusal = None

    def heard(self, message: Message) -> None:
        """Take what the worker says; what is of no present attempt is dropped."""
        with self._lock:
            if isinstance(message, Frame):
                self._frame(message)
                return
            task = self._running
            if task is None or getattr(message, "attempt", None) != task.attempt:
                return
            if isinstance(message, Failed) and task.detour is not None and message.job == task.detour.id:
                self._detour_failed(task, message.code, message.text)
            elif getattr(message, "job", None) == task.id:
                self._about(task, message)

    def _about(self, task: Task, message: Message) -> None:
        name, sink, live = task.id, task.sink, not task.over
        if isinstance(message, Done):
            self._done(task, message.facts)
        elif isinstance(message, Failed):
            self._failed(task, message)
        elif isinstance(message, Loaded):
            task.loaded = True
            self.device, self.model = str(message.facts.get("device", "")), str(message.facts.get("model", ""))
            if live:
                self._tell(lambda: sink.started(name, message.attempt, message.facts))
        elif isinstance(message, Progress) and live:
            self._tell(lambda: sink.progress(name, message.done, message.of, message.eta))
        elif isinstance(message, Note) and live:
            self._tell(lambda: sink.note(name, message.code, message.text))

    def _frame(self, message: Frame) -> None:
        task, send = self._running, self._send

        def credit() -> None:
            if send is not None:
                send(Credit(1))

        if (task is None or task.over or (message.job, message.attempt, message.number)
                != (task.id, task.attempt, task.next)):
            self._tell(credit)
            return
        task.next += 1
        sink, name = task.sink, task.id

        def hand_over() -> None:
            try:
                sink.frame(name, message.number, message.jpeg)
            finally:
                credit()

        self._tell(hand_over)

    # what became of it --------------------------------------------------------------------------

    def _done(self, task: Task, facts: dict[str, Any]) -> None:
        self._running = None
        turn, detour, wanted = _turn(facts), task.detour, not task.over
        task.over = True
        if wanted:
            self.finished += 1
            sink, name = task.sink, task.id
            self._tell(lambda: sink.done(name, facts))
        if turn is not None:
            # The worker goes on by itself, also with what nobody wants any more.
            at, to, first = turn
            way = detour or cast("TransitionJob", task.job)
            self._running = task.goes_on_as(replace(way, id=to), first, at)
            if detour is None or detour.id != to or not wanted:
                self._running.over = True
                self._say(Cancel(to, task.attempt))
        if detour is not None and wanted and (turn is None or detour.id != turn[1]):
            self._detour_failed(task, "late", f"{task.id} came to its end before it could be left; submit {detour.id}")
        self._next()

    def _failed(self, task: Task, message: Failed) -> None:
        self._running = None
        if message.leaving:
            self._send = None
        if not task.over:
            if task.yielding and message.code == "cancelled":
                self._wait(task)
            elif message.retry:
                self._again(task, message.code, message.text)
            else:
                self._fail(task, message.code, message.text, retry=False)
        self._next()

    def _again(self, task: Task, code: str, text: str) -> None:
        """Try a job once more, from the frame that it had come to; or let it fail."""
        task.failures += 1
        if task.failures >= FAILURES_MOST:
            self._fail(task, code, text, retry=True)
            return
        sink, name = task.sink, task.id
        self._tell(lambda: sink.note(name, "again", f"{text}; it is tried again"))
        self._wait(task)

    def _wait(self, task: Task) -> None:
        task.yielding = False
        if task.detour is not None:
            self._detour_failed(task, "late", f"{task.id} was interrupted before it could be left; submit "
                                f"{task.detour.id}")
        self._backlog.put_back(task.id, task, task.priority, task.client)

    def _fail(self, task: Task, code: str, text: str, *, retry: bool) -> None:
        task.over = True
        sink, name = task.sink, task.id
        if task.detour is not None:
            self._detour_failed(task, code, text)
        self._tell(lambda: sink.failed(name, code, text, retry))

    def _detour_failed(self, task: Task, code: str, text: str) -> None:
        detour, task.detour = task.detour, None
        if detour is not None:
            sink, name = task.sink, detour.id
            self._tell(lambda: sink.failed(name, code, text, True))

    # the order ----------------------------------------------------------------------------------

    def _next(self) -> None:
        """Give the idle worker what is most urgent."""
        if self._send is None or self._running is not None:
            return
        task = self._backlog.take()
        if task is None:
            return
        task.attempt += 1
        task.loaded = False
        self._running = task
        self._say(Start(task.remaining(), task.attempt, task.due(self._now())))

    def _make_room(self) -> None:
        """Stop the job being made when something more urgent waits; it goes on later."""
        task, urgent = self._running, self._backlog.urgency()
        if task is None or urgent is None or task.over or task.yielding or task.detour is not None:
            return
        if PRIORITIES.index(urgent) < PRIORITIES.index(task.priority):
            task.yielding = True
            self._say(Cancel(task.id, task.attempt))
            sink, name = task.sink, task.id
            self._tell(lambda: sink.note(name, "waiting", "something more urgent is made first"))

    def _in_hand(self) -> set[str]:
        """The ids of what is being made, and of what will be made right after it."""
        task = self._running
        if task is None or task.over:
            return set()
        return {task.id} if task.detour is None else {task.id, task.detour.id}

    def _running_one(self, job_id: str) -> Task | None:
        task = self._running
        return task if task is not None and task.id == job_id and not task.over and not task.yielding else None

    def _all(self) -> list[Task]:
        found = list(self._backlog)
        for task in found:
            self._backlog.remove(task.id)
        return found

    def _say(self, message: Message) -> None:
        if self._send is not None:
            self._send(message)


def _turn(facts: dict[str, Any]) -> tuple[int, str, bytes] | None:
    """Frame, detour and picture that a way was left with."""
    told = facts.get("retargeted")
    if not isinstance(told, dict):
        return None
    at, to, first = told.get("at"), told.get("to"), told.get("first")
    return (at, to, first) if isinstance(at, int) and isinstance(to, str) and isinstance(first, bytes) else None
