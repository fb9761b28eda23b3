"""One job in a pool: who wants it, how urgently, what has come of it, and when it is due. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from server.render.job import Job, TransitionJob
from server.render.pool import Priority, Sink
from server.units import Seconds

FAILURES_MOST: Final = 2
"""A job is tried again once."""


@dataclass(slots=True, eq=False)
class Task:
    """`next` is the frame that comes next; `deadline` is a time of the pool's clock, for frame `job.start` as it was
    when it was submitted."""

    job: Job
    sink: Sink
    priority: Priority
    client: str
    deadline: Seconds | None
    attempt: int = 0
    failures: int = 0
    next: int = 0
    first: int = 0
    over: bool = False
    """The sink was told the end."""
    yielding: bool = False
    """It was told to make room and is to go on later."""
    loaded: bool = False
    """The worker has everything for it and has begun."""
    detour: TransitionJob | None = None
    """What it was told to leave for."""

    def __post_init__(self) -> None:
        if isinstance(self.job, TransitionJob):
            self.next = self.first = self.job.start

    @property
    def id(self) -> str:
        return self.job.id

    def remaining(self) -> Job:
        """The job without the frames that have come."""
        return self.job.from_frame(self.next) if isinstance(self.job, TransitionJob) else self.job

    def due(self, now: Seconds) -> Seconds | None:
        """How long it is until the next frame must be there."""
        if self.deadline is None:
            return None
        rate = float(self.job.rate) if isinstance(self.job, TransitionJob) else 1.0
        return self.deadline + (self.next - self.first) / rate - now

    def goes_on_as(self, detour: TransitionJob, first: bytes, at: int) -> Task:
        """The task of the detour that was left for after frame `at`."""
        job = replace(detour, first=replace(detour.first, jpeg=first))
        rate = float(self.job.rate) if isinstance(self.job, TransitionJob) else 1.0
        deadline = None if self.deadline is None else self.deadline + (at + 1 - self.first) / rate
        return Task(job, self.sink, self.priority, self.client, deadline, attempt=self.attempt, loaded=self.loaded)
