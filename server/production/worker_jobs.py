"""Jobs of a worker pool that a person waits for: frames as they come, failures as errors. It makes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Any, Final

from server.errors import Cancelled, DeviceLost, OutOfMemory, RenderError
from server.render.job import Job, TransitionJob
from server.render.pool import WorkerPool
from server.units import Seconds

Say = Callable[[str, str], None]
"""Is told (code, line) of what a person should know and stops nothing."""

PREPARING: Final = "preparing"
"""The code of what is only true for a moment: how far a model is loaded."""
_LOOK: Final[Seconds] = 0.2
_RAISED: Final[Mapping[str, type[RenderError]]] = MappingProxyType({
    OutOfMemory.code: OutOfMemory, DeviceLost.code: DeviceLost})


def kept_in(notes: dict[str, None], moment: Callable[[str], None] | None = None) -> Say:
    """Keeps each line once, in order; `moment` is told those of the moment."""
    def say(code: str, text: str) -> None:
        if code != PREPARING:
            notes.setdefault(text)
        elif moment is not None:
            moment(text)

    return say


class Work:
    """One job, submitted when its frames are asked for. Afterwards `facts` hold what belongs into the provenance."""

    def __init__(self, pool: WorkerPool, job: Job, now: Callable[[], Seconds], *, say: Say | None = None,
                 cancelled: Callable[[], bool] | None = None) -> None:
        self._pool, self.job, self._now = pool, job, now
        self._say, self._cancelled = say, cancelled
        self._news: SimpleQueue[tuple[str, tuple[Any, ...]]] = SimpleQueue()
        self.begun: Mapping[str, Any] = {}
        """What the worker said when it began: device, model."""
        self.begun_at: Seconds | None = None
        """When it first had everything it needs; None before."""
        self.facts: Mapping[str, Any] = {}

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """Yield (number, JPEG) in order. Raises Cancelled, OutOfMemory, DeviceLost, RenderError.

        Left before its end, by an error elsewhere or by Ctrl-C, it cancels the job.
        """
        self._pool.submit(self.job, _Inbox(self._news.put))
        ended = False
        try:
            while True:
                name, told = self._next()
                if name == "frame":
                    yield told[1], told[2]
                elif name == "done":
                    self.facts = told[1]
                    ended = True
                    return
                elif name == "failed":
                    ended = True
                    raise self._error(told[1], told[2])
                else:
                    self._tell(name, told)
        finally:
            if not ended:
                self._pool.cancel(self.job.id)

    def picture(self) -> bytes:
        """The JPEG of a picture job. Raises as `frames` does."""
        made = dict(self.frames())
        if 0 not in made:
            raise RenderError("the worker ended without a picture; try again")
        return made[0]

    def _next(self) -> tuple[str, tuple[Any, ...]]:
        while True:
            if self._cancelled is not None and self._cancelled():
                raise Cancelled(f"{self._what()} was cancelled; nothing of it was kept")
            try:
                return self._news.get(timeout=_LOOK)
            except Empty:
                continue

    def _tell(self, name: str, told: tuple[Any, ...]) -> None:
        if name == "started":
            self.begun = told[2]
            self.begun_at = self._now() if self.begun_at is None else self.begun_at
        elif name == "note" and self._say is not None:
            self._say(told[1], told[2])

    def _error(self, code: str, text: str) -> Exception:
        if code == "cancelled":
            return Cancelled(f"{self._what()} was cancelled; nothing of it was kept")
        return _RAISED.get(code, RenderError)(text)

    def _what(self) -> str:
        if isinstance(self.job, TransitionJob):
            return f"the transition from {self.job.first.name or 'A'} to {self.job.second.name or 'B'}"
        return f"the picture of seed {self.job.seed}"


class _Inbox:
    """A pool's sink that puts everything in order into one queue."""

    def __init__(self, put: Callable[[tuple[str, tuple[Any, ...]]], None]) -> None:
        self._put = put

    def started(self, job: str, attempt: int, facts: Mapping[str, Any]) -> None:
        self._put(("started", (job, attempt, facts)))

    def frame(self, job: str, number: int, jpeg: bytes) -> None:
        self._put(("frame", (job, number, jpeg)))

    def progress(self, job: str, done: int, of: int, eta: Seconds | None) -> None:
        self._put(("progress", (job, done, of, eta)))

    def note(self, job: str, code: str, text: str) -> None:
        self._put(("note", (job, code, text)))

    def done(self, job: str, facts: Mapping[str, Any]) -> None:
        self._put(("done", (job, facts)))

    def failed(self, job: str, code: str, text: str, retry: bool) -> None:
        self._put(("failed", (job, code, text, retry)))

