"""Where jobs of a worker become movies: what it says of them is taken in, parts are closed, and the show is told.

It is used by one thread, and decides nothing about what is made.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from server.app.beginnings import Beginnings
from server.app.making_bench import Bench
from server.app.making_ear import Ear, Heard
from server.app.making_task import Left, Task
from server.app.navigator import Navigator
from server.errors import IntersceneError
from server.playback.clock import Clock
from server.render.job import TransitionJob
from server.render.pool import WorkerPool
from server.show.events import Grew, JobTold, News, Stunted
from server.show.making_state import UNKNOWN
from server.units import Seconds

TELL: Final[Seconds] = 0.2
"""How often progress is told."""
DUE_STEP: Final[Seconds] = 0.1
"""A change of the time of the next part that is worth telling."""
LIVE_DUE: Final[Seconds] = 1.0
"""When the first frame of what a deck waits for is wanted."""


class Floor:
    """The tasks, by their numbers. `put` takes what the worker says, from any thread; `answer` tells the show."""

    def __init__(self, root: Path, clock: Clock, pool: WorkerPool, navigator: Navigator, bench: Bench,
                 put: Callable[[Heard], None], answer: Callable[[News], None]) -> None:
        self._root, self._clock, self._pool, self._navigator = root, clock, pool, navigator
        self._ear, self._answer = Ear(put), answer
        self.bench, self.beginnings = bench, Beginnings()
        self.tasks: dict[str, Task] = {}
        self._each: dict[str, Seconds] = {}
        self._given = itertools.count(1)
        self._number = itertools.count(1)
        self._hearing: Mapping[str, Callable[..., None]] = {
            "started": self._started, "frame": self._frame, "progress": self._progress, "note": self._note,
            "done": self._done, "failed": self._failed,
        }

    def enter(self, task: Task) -> None:
        """Give a task its number; what nobody asked for takes none of those that people see."""
        task.number = f"ahead-{next(self._given)}" if task.what == "ahead" else str(next(self._number))
        self.tasks[task.number] = task

    def resume(self, task: Task) -> None:
        """Take in a task that has its number from an earlier run."""
        self.tasks[task.number] = task
        self._number = itertools.count(max(int(task.number) + 1, next(self._number)))

    def open_tasks(self) -> list[Task]:
        """Those that are not over, and that somebody asked for."""
        return [task for task in self.tasks.values() if not task.over and task.what != "ahead"]

    def tell(self, task: Task, *, now: bool = True, again: bool = False) -> None:
        """Tell the show of a task; of progress alone not too often. Beginnings are nobody's business."""
        view, at = task.view(), self._clock.now()
        if task.what == "ahead" or (view == task.told and not again) or (not now and at - task.told_at < TELL):
            return
        task.told, task.told_at = view, at
        self._answer(JobTold(view))

    def submit(self, task: Task) -> None:
        """Give a task to the pool, from the first frame that is not there yet."""
        job = task.job
        if job is None:
            return
        if isinstance(job, TransitionJob):
            if task.made >= job.frames - 1:
                self._guarded(task, lambda: self._finish(task, {}))
                return
            job = job.from_frame(max(task.made, 1))
        task.pool_id = self.name(task)
        self._pool.submit(replace(job, id=task.pool_id), self._ear, priority=task.priority, client=task.client,
                          deadline=LIVE_DUE if task.live else None)

    def name(self, task: Task) -> str:
        """What the pool is to call a task from now on: another name each time."""
        return f"{task.number}.{next(self._given)}"

    def withdraw(self, task: Task) -> None:
        """Have the pool make a task no longer; what it still says of it is not heard."""
        if task.pool_id:
            self._pool.cancel(task.pool_id)
            task.pool_id = ""

    def hurry(self, task: Task, opening: Seconds) -> None:
        """Somebody waits for what nobody waited for so far."""
        task.live, task.behind, task.opening = True, False, opening
        if task.job is not None:
            self.bench.hurry(task)
            self.withdraw(task)
            if task.made > 1:
                self.cut(task)
            self.submit(task)

    def relax(self, task: Task) -> None:
        """Nobody waits for it any more: it is made in its turn."""
        if task.live and not task.over:
            task.live = False
            if task.pool_id:
                self.withdraw(task)
                self.submit(task)
            self.tell(task)

    def drop(self, task: Task) -> None:
        """Make a task no longer, and throw away what there is of it."""
        self.withdraw(task)
        self.over(task, "cancelled", "")

    def estimate(self, task: Task) -> None:
        """How long what waits will take, by what others of its kind took."""
        job = task.job
        each = self._each.get(job.mode if isinstance(job, TransitionJob) else "")
        if task.state == "waiting" and each is not None:
            task.eta = (task.frames - task.made) * each

    # what the worker says ---------------------------------------------------------------------

    def hear(self, heard: Heard) -> None:
        """Take in what the pool says."""
        task = self.tasks.get(heard.job.partition(".")[0])
        if task is not None and task.pool_id == heard.job and not task.over:
            self._guarded(task, lambda: self._hearing[heard.kind](task, *heard.args))

    def _guarded(self, task: Task, do: Callable[[], None]) -> None:
        """Do something of a task; what goes wrong is why it failed."""
        try:
            do()
        except IntersceneError as error:
            self.withdraw(task)
            self.over(task, "failed", str(error))

    def broken(self, name: str) -> None:
        """Give up a task, by its number or what the pool calls it, that met an error nobody foresaw."""
        task = self.tasks.get(name.partition(".")[0])
        if task is not None and not task.over:
            self.withdraw(task)
            self.over(task, "failed", "the server failed to make it and says why in its log; the show goes on")

    def _started(self, task: Task, _attempt: int, facts: Mapping[str, Any]) -> None:
        task.state, task.reason = "making", task.facts.get("note", "")
        task.facts["started"] = dict(facts)
        self.tell(task)

    def _frame(self, task: Task, number: int, jpeg: bytes) -> None:
        if task.what == "ahead":
            if self.beginnings.add(task, number, jpeg):
                self.drop(task)
            return
        task.state = "making"
        if task.what == "picture":
            task.jpeg = jpeg
            return
        self.add(task, number, jpeg)
        cutter = task.cutter
        if cutter is not None:
            cutter.took(self._clock.now())
            if cutter.ready(task.made):
                self.cut(task)
            task.eta = UNKNOWN if (eta := cutter.eta(task.made)) is None else eta
            if cutter.each and isinstance(task.job, TransitionJob):
                self._each[task.job.mode] = cutter.each
        self.tell(task, now=False)

    def add(self, task: Task, number: int, jpeg: bytes) -> None:
        assert task.movie is not None
        task.movie.add(number, jpeg)
        task.made, task.jpeg = number + 1, jpeg

    def cut(self, task: Task) -> None:
        """Close a part: it can be played from now on."""
        assert task.movie is not None
        closed = task.movie.cut()
        if closed is None:
            return
        if task.cutter is not None:
            task.cutter.close(task.made)
        task.parts = (*task.parts, task.part(closed, self._root))
        self._grown(task)

    def pace(self, task: Task) -> None:
        """Tell who plays a task when its next part is expected, where that is no longer as it was told."""
        if not (task.live and task.parts) or task.over:
            return
        growing = task.growing(self._root, self._clock.now())
        if growing.due is not None and abs(growing.due - task.due) > DUE_STEP:
            self._grown(task)

    def _grown(self, task: Task) -> None:
        growing = task.growing(self._root, self._clock.now())
        task.due = growing.due or 0.0
        self._answer(Grew(growing, task.left.job if task.left else ""))

    def _progress(self, task: Task, done: int, of: int, eta: Seconds | None) -> None:
        if eta is not None and task.cutter is None:
            task.eta = eta
        if task.what == "picture" and of:
            task.stepped = done / (of + 1)  # decoding comes after the last step
        self.tell(task, now=False)

    def _note(self, task: Task, code: str, text: str) -> None:
        if code == "waiting":
            task.state = "waiting"
            if task.cutter is not None:
                task.cutter.paused()
        elif code == "rung":
            task.rung = text
        elif code == "preparing":
            task.state = "loading" if task.state == "waiting" else task.state
            task.reason = text
        else:
            task.reason = text
        self.tell(task)

    def _done(self, task: Task, facts: Mapping[str, Any]) -> None:
        turn = facts.get("retargeted")
        if isinstance(turn, dict):
            self.turned(task, turn)
        elif task.what == "ahead":
            self.over(task, "cancelled", "")
        else:
            self._finish(task, facts)

    def _finish(self, task: Task, facts: Mapping[str, Any]) -> None:
        """All frames are there: the last part first, so that nobody who plays it waits for the whole movie."""
        if task.what == "picture":
            self.bench.keep_picture(task, facts)
        else:
            job, movie = task.job, task.movie
            assert isinstance(job, TransitionJob)
            assert movie is not None
            self.add(task, job.frames - 1, job.second.jpeg)
            self.cut(task)
            made = movie.finish({**facts, "rungs": task.rung} if task.rung else facts)
            if task.what == "transition":
                self._navigator.made(task.folder, made.relative_to(self._root / task.place).as_posix())
            self.bench.judge(task, made)
        self.over(task, "done", "")

    def _failed(self, task: Task, code: str, text: str, retry: bool) -> None:
        if code == "cancelled":
            self.over(task, "cancelled", "")
        elif code == "safe" and retry:
            self.over(task, "failed", text, keep=True)
        else:
            self.over(task, "failed", text)

    def over(self, task: Task, state: str, reason: str, *, keep: bool = False) -> None:
        """A task is done, or will never be."""
        task.state, task.reason, task.ended, task.live = state, reason, self._clock.now(), False
        if state != "done" and task.movie is not None:
            if task.parts:
                self._answer(Stunted(task.number))
            else:
                task.movie.abandon()
                task.movie = None
        self.tell(task)
        if task.what == "ahead":
            del self.tasks[task.number]
        elif not keep:
            self.bench.forget(task)

    def turned(self, old: Task, turn: Mapping[str, Any]) -> None:
        """A detour begins here; what was left goes on when there is nothing else to do."""
        task = self.tasks.get(str(turn["to"]).partition(".")[0])
        if old.made > 1:
            self.cut(old)
        if task is not None and self._sets_out(task, old, int(turn["at"]), bytes(turn["first"])):
            old.live, old.behind = False, True
        old.state = "waiting"
        self.submit(old)
        self.tell(old)

    def _sets_out(self, task: Task, old: Task, at: int, first: bytes) -> bool:
        """Begin a detour; False where there will be none, and what it was to leave goes on as before."""
        if task.over or not isinstance(task.job, TransitionJob):
            return False
        task.job = replace(task.job, first=replace(task.job.first, jpeg=first, hash=self.bench.name_of(first)))
        task.left = Left(old.number, at + (old.left.at if old.left is not None else 0), old.way)
        try:
            self.bench.open_detour(task)
            self.add(task, 0, first)
            if task.cutter is not None:
                # Nothing of it was timed yet, and who plays up to it should know when to be slow.
                task.cutter.each = self._each.get(task.job.mode, 0.0)
        except IntersceneError as error:
            self.withdraw(task)
            self.over(task, "failed", str(error))
            return False
        self._grown(task)
        self.tell(task)
        return True
