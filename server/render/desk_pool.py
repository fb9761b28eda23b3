"""What every pool over a dispatcher passes on to it as it is. It starts no worker and takes no job."""

from __future__ import annotations

from server.render.dispatcher import Dispatcher
from server.render.job import TransitionJob


class DeskPool:
    """The half of a `WorkerPool` that only the dispatcher answers."""

    def __init__(self, desk: Dispatcher) -> None:
        self._desk = desk

    def cancel(self, job_id: str) -> bool:
        """See `WorkerPool.cancel`."""
        return self._desk.cancel(job_id)

    def skip(self, job_id: str, seed: int | None = None) -> bool:
        """See `WorkerPool.skip`."""
        return self._desk.skip(job_id, seed)

    def retarget(self, job_id: str, at: int, to: TransitionJob) -> bool:
        """See `WorkerPool.retarget`."""
        return self._desk.retarget(job_id, at, to)

    def pause(self, paused: bool) -> None:
        """See `WorkerPool.pause`."""
        self._desk.pause(paused)

    def budget(self, launch_ms: float, duty: float) -> None:
        """See `WorkerPool.budget`."""
        self._desk.budget(launch_ms, duty)
