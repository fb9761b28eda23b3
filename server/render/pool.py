"""The contract of whoever makes jobs: a supervised process here, a farm of machines elsewhere. It makes nothing.

`tests/render/pool_conformance.py` is the contract as tests; every pool passes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from server.render.job import Job, TransitionJob
from server.units import Seconds

Priority = Literal["live", "queued", "idle"]
PRIORITIES: Final[tuple[Priority, ...]] = ("live", "queued", "idle")
"""Most urgent first. A job gives way at once to a more urgent one, and goes on later where it was."""

State = Literal["off", "starting", "ready", "busy", "restarting", "safe"]
"""`off`: nothing was wanted yet, or it is closed. `safe`: the worker died again and again; nothing is made until
`recover`, and `reason` says why."""


class Sink(Protocol):
    """Who is told about one job, and by which names: a detour's own id, once a job was retargeted.

    Called on a thread of the pool, one call at a time; it must return at once and raise nothing. For each job exactly
    one `done` or `failed` comes, and after it nothing. Frames come in order, from the job's `start`, each once,
    whatever the number of attempts: the attempt is told by `started`.
    """

    def started(self, job: str, attempt: int, facts: Mapping[str, Any]) -> None:
        """A worker has what it needs and begins. Facts: `device`, `model`, what the generator adds."""

    def frame(self, job: str, number: int, jpeg: bytes) -> None:
        """One frame; a picture job has one, of number 0."""

    def progress(self, job: str, done: int, of: int, eta: Seconds | None) -> None:
        """How much is made, and how long the rest will take (None: unknown)."""

    def note(self, job: str, code: str, text: str) -> None:
        """Something a person should know: a rung of the ladder (code `rung`), a new attempt (`again`), loading and
        warming up (`preparing`), having made room for something more urgent (`waiting`)."""

    def done(self, job: str, facts: Mapping[str, Any]) -> None:
        """All frames have come. Facts belong into the provenance. `retargeted` in them: frames only up to
        `retargeted.at` came, and the job `retargeted.to` goes on from there with the same sink."""

    def failed(self, job: str, code: str, text: str, retry: bool) -> None:
        """No more frames will come. Codes: `cancelled`, `worker` (it died), `safe`, and those of `server.errors`.
        `retry`: the same job, submitted again, may go better."""


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """How a pool is doing; `reason` is one line for a person, empty when there is nothing to say."""

    state: State
    device: str = ""
    model: str = ""
    reason: str = ""
    restarts: int = 0
    waiting: int = 0
    job: str = ""
    """The job being made."""


class WorkerPool(Protocol):
    """Makes jobs, the most urgent first, fairly among clients. Every call returns at once, from any thread."""

    def submit(self, job: Job, sink: Sink, *, priority: Priority = "queued", deadline: Seconds | None = None,
               client: str = "") -> None:
        """Take a job. `deadline`: its first wanted frame must be there so many seconds from now; the others follow at
        the job's rate. Raises QueueFull, InputError for an id that is in use or an end without its picture, and
        RenderError once the pool is closed."""

    def cancel(self, job_id: str) -> bool:
        """Give a job up: `failed` with the code `cancelled` follows, and no frame after it. False: it is not here."""

    def skip(self, job_id: str, seed: int | None = None) -> bool:
        """Drop what is being made of a job right now and make it with another seed (None: the next). False where
        nothing of it is being made."""

    def retarget(self, job_id: str, at: int, to: TransitionJob) -> bool:
        """Let the job being made leave after frame `at` for another picture, its detour `to`: a job of its own id.

        `to.first` without a JPEG stands for frame `at`, which must still be to come; with one the way is left at once.
        False where the job is not being made: then cancel it and submit `to`.
        """

    def pause(self, paused: bool) -> None:
        """Hold everything, between two frames or batches; or go on."""

    def budget(self, launch_ms: float, duty: float) -> None:
        """Keep each uninterrupted launch on the device below `launch_ms` (0: no limit), and work at most the share
        `duty` (0 to 1) of the time."""

    def recover(self) -> None:
        """Leave the state `safe` and try again."""

    def status(self) -> PoolStatus:
        """How it is doing now."""

    def close(self) -> None:
        """End the worker; jobs that are not done fail with the code `cancelled`. May be called twice."""
