"""A worker pool with what earlier runs taught: what will not fit is not tried, what did not fit is made smaller.

It knows jobs, not songs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from server.errors import OutOfMemory
from server.production.run_log import Run, RunLog, seconds_a_frame, stepped_down
from server.production.worker_jobs import Say, Work
from server.render.job import PictureJob, Size, TransitionJob
from server.render.pool import WorkerPool
from server.units import Seconds

BATCH: Final = 8
"""Frames at once, where nothing is known against it: larger batches are hardly faster a frame."""
_STEPS: Final = 1
"""Where a job leaves them to the model; only their ratio counts, between runs of one model."""

Made = TypeVar("Made")


def _silent(_code: str, _text: str) -> None:
    """What nobody asked to be told."""


@dataclass(slots=True)
class Workbench:
    """`now` is a clock. `device` is known as soon as the worker has begun a job, or from the last run."""

    pool: WorkerPool
    log: RunLog
    now: Callable[[], Seconds]
    say: Say = _silent
    cancelled: Callable[[], bool] | None = None
    device: str = field(init=False)

    def __post_init__(self) -> None:
        self.device = self.pool.status().device or next((
            run.device for run in reversed(self.log.runs) if run.device), "")

    def picture(self, job: PictureJob) -> tuple[bytes, dict[str, Any]]:
        """Make a picture: its JPEG and its facts. Raises OutOfMemory, Cancelled, RenderError."""
        wanted = Run(self.device, job.model, "picture", *job.size, 1, job.steps or _STEPS, job.decoder, fits=False)

        def make(run: Run) -> tuple[tuple[bytes, dict[str, Any]], Seconds]:
            work = self.work(replace(job, decoder=run.decoder))
            jpeg, seconds = self._done(work, work.picture)
            return (jpeg, {**work.begun, **work.facts}), seconds

        return self._smaller_if_need_be(wanted, make)

    def transition(self, job: TransitionJob, make: Callable[[Work], Made]) -> Made:
        """Make a transition by whatever `make` does with the work. Raises OutOfMemory, Cancelled, RenderError."""
        wanted = Run(self.device, job.model, job.mode, *job.size, max(job.batches, default=BATCH),
                     job.steps or _STEPS, job.decoder, fits=False, frames=job.wanted)

        def smaller(run: Run) -> tuple[Made, Seconds]:
            work = self.work(replace(job, batches=(run.batch,), decoder=run.decoder))
            return self._done(work, lambda: make(work))

        return self._smaller_if_need_be(wanted, smaller)

    def work(self, job: PictureJob | TransitionJob) -> Work:
        """The job in this pool."""
        return Work(self.pool, job, self.now, say=self.say, cancelled=self.cancelled)

    def seconds_left(self, job: PictureJob | TransitionJob, count: int) -> Seconds | None:
        """How long so many jobs like this one will take, from earlier runs; None when nothing is known."""
        mode = job.mode if isinstance(job, TransitionJob) else "picture"
        frames = job.wanted if isinstance(job, TransitionJob) else 1
        each = seconds_a_frame(self.log.runs, Run(self.device, job.model, mode, *job.size, 1, job.steps or _STEPS,
                                                  job.decoder, fits=True))
        return None if each is None else each * frames * count

    def took(self, what: str, size: Size, frames: int, seconds: Seconds) -> None:
        """Remember how long work took that no worker did: morphs, judging."""
        self.log.add(Run("", "", what, *size, 1, _STEPS, "", fits=True, frames=frames, seconds=seconds))

    def would_take(self, what: str, size: Size, frames: int) -> Seconds | None:
        """How long so many frames of such work will take; None when nothing is known."""
        if not frames:
            return 0.0
        each = seconds_a_frame(self.log.runs, Run("", "", what, *size, 1, _STEPS, "", fits=True))
        return None if each is None else each * frames

    def _done(self, work: Work, make: Callable[[], Made]) -> tuple[Made, Seconds]:
        """What was made, and how long it took once the model was loaded."""
        began = self.now()
        try:
            made = make()
        finally:
            self.device = _device(work.begun) or _device(work.facts) or self.device
        return made, max(0.0, self.now() - (began if work.begun_at is None else work.begun_at))

    def _smaller_if_need_be(self, wanted: Run, make: Callable[[Run], tuple[Made, Seconds]]) -> Made:
        while True:
            wanted = replace(wanted, device=self.device)
            run = stepped_down(self.log.runs, wanted)
            if run is None:
                raise OutOfMemory(f"{wanted.width}×{wanted.height} does not fit into the memory of "
                                  f"{self.device or 'this computer'}, not even one frame at a time; make it smaller, "
                                  f"or remove {self.log.path} if something else filled it then")
            if run != wanted:
                self.say("memory", f"{wanted.width}×{wanted.height} in batches of {wanted.batch} did not fit into the "
                         f"memory of {self.device or 'this computer'}: made in batches of {run.batch}, with the "
                         f"{run.decoder} decoder")
            try:
                made, seconds = make(run)
            except OutOfMemory:
                self.log.add(replace(run, device=self.device, fits=False, frames=0))
                wanted = run
                continue
            self.log.add(replace(run, device=self.device, fits=True, frames=max(run.frames, 1), seconds=seconds))
            return made


def _device(facts: Mapping[str, Any]) -> str:
    return str(facts.get("device") or "")
