"""Who makes what the show lacks: wishes become jobs of a worker, and orders reach them.

One thread does all of it; the show, the planner and the worker only ever leave something in its inbox.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple

from server.app import wire
from server.app.detours import Detours, Leave
from server.app.making_bench import Bench
from server.app.making_ear import Heard
from server.app.making_floor import Floor
from server.app.making_task import Task
from server.app.navigator import Navigator
from server.errors import IntersceneError, LibraryError
from server.playback.clock import Clock
from server.render.pool import WorkerPool
from server.show.events import (
    Health,
    Jobbed,
    JobOrder,
    Make,
    NeedDetour,
    NeedJob,
    NeedTransition,
    News,
    Standing,
    Unused,
    WorkerTold,
)
from server.show.making_state import Worker
from server.units import Seconds

log = logging.getLogger("interscene.maker")

LOOK: Final[Seconds] = 0.1
OPEN_MAX: Final = 100
"""Jobs that are made or wait; more are refused."""
AGAIN: Final[Seconds] = 10.0
"""How soon what failed is tried once more because a walk comes by."""
KEPT: Final[Seconds] = 300.0
"""How long a job that is over can still be asked for its last frame."""
KEPT_MOST: Final = 60
"""So many of them: each holds two pictures and a frame."""
AHEAD: Final = 2
"""Transitions whose beginnings are made while nothing else is wanted."""
OPENS_MOST: Final[Seconds] = 120.0
"""How long a song may take to be opened."""
OPENS: Final[Seconds] = 0.5
"""How soon it is asked again for pictures of a song that is not open yet."""


class Ends(NamedTuple):
    """What the planner says of the two pictures of a task."""

    number: str
    said: wire.Said


class Likely(NamedTuple):
    """What the planner says a deck may go on to for which there is no transition."""

    event: Standing
    said: wire.Said


class Stop(NamedTuple):
    """The server ends."""


Item = Make | NeedTransition | Heard | Ends | Leave | Likely | Stop


class Maker:
    """`answer` takes what is to be told to the show, from any thread. `bench` keeps what outlives a task."""

    def __init__(self, root: Path, clock: Clock, pool: WorkerPool, navigator: Navigator, bench: Bench,
                 answer: Callable[[News], None]) -> None:
        self._clock, self.pool, self._navigator, self._bench, self._answer = clock, pool, navigator, bench, answer
        self._inbox: SimpleQueue[Item] = SimpleQueue()
        self.floor = Floor(root, clock, pool, navigator, bench, self._inbox.put, answer)
        self._detours = Detours(root, self.floor, pool, navigator, self._inbox.put, answer)
        self._worker = Worker()
        self._later: dict[str, Seconds] = {}
        self._held_open: set[str] = set()
        self._going = True
        self._thread = threading.Thread(target=self._run, name="maker", daemon=True)
        self._doing: Mapping[type, Callable[[Any], None]] = {
            NeedTransition: self._want, NeedJob: self._ask, JobOrder: self._order, Standing: self._stand,
            NeedDetour: self._detours.want, Leave: self._detours.leave, Health: self._bench.health,
            Unused: self._release, Heard: self.floor.hear, Ends: self._begin, Likely: self._foresee,
        }

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Give everything up; what waits is made when the server runs again."""
        self._inbox.put(Stop())
        self._thread.join(timeout=2.0)

    # what others leave here -------------------------------------------------------------------

    def want(self, event: NeedTransition) -> None:
        """A walk lacks a transition; returns at once."""
        self._inbox.put(event)

    def make(self, event: Make) -> None:
        """Take an order; returns at once."""
        self._inbox.put(event)

    def picture(self, job: str) -> bytes:
        """The newest frame of a job. Raises LibraryError."""
        task = self.floor.tasks.get(job)
        if task is None or not task.jpeg:
            raise LibraryError(f"there is no frame of job {job[:40]}" + (" yet" if task is not None else ""))
        return task.jpeg

    # the thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        self._answer(WorkerTold(self._worker))
        self._guarded(None, lambda _: self._restore())
        while self._going:
            self.turn()
        self.turn_off()

    def turn(self, *, wait: bool = True) -> bool:
        """Do one thing that was left here, and look round; False when there was nothing."""
        try:
            item = self._inbox.get(timeout=LOOK) if wait else self._inbox.get_nowait()
        except Empty:
            item = None
        if isinstance(item, Stop):
            self._going = False
            return False
        if item is not None:
            self._guarded(item, self._doing[type(item)])
        self._guarded(None, lambda _: self._look())
        return item is not None

    def turn_off(self) -> None:
        """End the worker, and leave nothing half made."""
        self.pool.close()
        for task in self.floor.tasks.values():
            if task.movie is not None:
                self._guarded(task.movie, lambda movie: movie.abandon())

    def _guarded(self, item: Any, do: Callable[[Any], None]) -> None:
        try:
            do(item)
        except Exception:  # a thread's top: one job's trouble must not end the making of others
            log.exception("the maker could not deal with %s", type(item).__name__)
            if isinstance(item, Ends | Heard):
                self.floor.broken(item.number if isinstance(item, Ends) else item.job)
            if isinstance(item, NeedJob | NeedDetour):
                self._answer(Jobbed(item.ticket, code="internal", error="the server failed to do this and says why in "
                                    "its log; the show goes on"))

    def _look(self) -> None:
        """Tell how the worker is; ask again for what was not ready; forget what is over."""
        status, now = self.pool.status(), self._clock.now()
        worker = Worker(status.state, status.device, status.reason, status.restarts)
        if worker != self._worker:
            note = status.reason if worker.state == "safe" != self._worker.state else ""
            self._worker = worker
            self._answer(WorkerTold(worker, note=note))
        tasks = self.floor.tasks
        for task in self.floor.open_tasks():
            self.floor.estimate(task)
            self.floor.tell(task, now=False)
            self.floor.pace(task)
        for number in [number for number, at in self._later.items() if now >= at]:
            del self._later[number]
            if number in tasks:
                self._prepare(tasks[number])
        for number in sorted(self._held_open):
            movie = tasks[number].movie if number in tasks else None
            if movie is None or movie.clear():
                self._held_open.discard(number)
        over = [task for task in tasks.values() if task.over and not task.parts]
        for place, task in enumerate(reversed(over)):
            if now - task.ended > KEPT or place >= KEPT_MOST:
                del tasks[task.number]

    # wishes -----------------------------------------------------------------------------------

    def _want(self, event: NeedTransition) -> None:
        task = self._known(event.folder, event.start, event.end)
        if task is not None:
            if event.live and not task.over and not task.live:
                task.deck = event.deck
                self.floor.hurry(task, event.opening)
            self.floor.tell(task, again=True)
        elif event.live and len(self.floor.open_tasks()) < OPEN_MAX:
            self._new(Task("", "transition", event.folder, event.start, event.end, event.recipe, event.deck, live=True,
                           opening=event.opening, client=f"deck {event.deck}"))

    def _known(self, folder: str, start: str, end: str) -> Task | None:
        """The newest task for a transition, either way; none where that is over and the song lacks it again."""
        found = [task for task in self.floor.tasks.values() if task.what == "transition" and task.folder == folder
                 and {task.first, task.second} == {start, end}]
        last = found[-1] if found else None
        old = last is not None and last.over and self._clock.now() - last.ended > AGAIN
        return None if last is None or (old and not last.parts) or last.state == "cancelled" else last

    def _ask(self, event: NeedJob) -> None:
        known = self._known(event.folder, event.first, event.second) if event.what == "transition" else None
        if known is not None and not known.over and known.recipe == event.recipe:
            self._answer(Jobbed(event.ticket, known.number))
            return
        if len(self.floor.open_tasks()) >= OPEN_MAX:
            self._answer(Jobbed(event.ticket, code="queue-full", error=f"{OPEN_MAX} jobs are waiting, and no more is "
                                "taken; wait, or cancel some"))
            return
        task = Task("", event.what, event.folder, event.first, event.second, event.recipe, event.deck,
                    opening=event.opening, client=event.client)
        if event.what == "picture":
            task.first, task.second, task.facts = event.name, event.prompt, {"negative": event.negative}
        try:
            self._bench.check(task)
        except IntersceneError as error:
            self._answer(Jobbed(event.ticket, code=error.code, error=str(error)))
            return
        self._new(task)
        self._answer(Jobbed(event.ticket, task.number))

    def _new(self, task: Task) -> None:
        """Give a task its number, and have its pictures got ready."""
        self.floor.enter(task)
        self.floor.tell(task)
        if task.what == "transition":
            for ahead in [one for one in self.floor.tasks.values() if one.what == "ahead"]:
                if {ahead.first, ahead.second} == {task.first, task.second}:
                    self.floor.drop(ahead)
        self._prepare(task)
        if task.what != "ahead":
            self._bench.remember(task)

    def _prepare(self, task: Task) -> None:
        if task.what == "picture":
            known = self._navigator.map_of(task.folder)
            self._begin(Ends(task.number, {"place": known.place if known is not None else task.folder}))
            return
        number = task.number
        self._navigator.ends(task.folder, task.first, task.second, lambda said: self._inbox.put(Ends(number, said)))

    def _begin(self, ends: Ends) -> None:
        """The pictures of a task are ready, or are not."""
        task, said = self.floor.tasks.get(ends.number), ends.said
        if task is None or task.over:
            return
        now = self._clock.now()
        task.asked = task.asked or now
        if said.get("code") in ("planner", "opening") and now - task.asked < OPENS_MOST:
            self._later[task.number] = now + OPENS
            return
        try:
            if said.get("say") == "endless":
                raise LibraryError(said["text"])
            self._bench.set_up(task, said)
            for number, jpeg in self.floor.beginnings.take(task):
                self.floor.add(task, number, jpeg)
            if task.made > 1:
                self.floor.cut(task)
            self.floor.submit(task)
        except IntersceneError as error:
            self.floor.over(task, "failed", str(error))
        self.floor.tell(task)

    def _restore(self) -> None:
        """Go on with what waited when the server ended; a deck that waited for it does so no more."""
        for task in self._bench.restore():
            self.floor.resume(task)
            self.floor.tell(task)
            self._prepare(task)

    def _stand(self, event: Standing) -> None:
        """While nothing is wanted, begin what may be wanted next."""
        known = self._navigator.map_of(event.folder)
        if known is not None:
            self._bench.sweep(known.place)
        if not self.floor.open_tasks():
            self._navigator.lacking(event.folder, event.picture, lambda said: self._inbox.put(Likely(event, said)))

    def _foresee(self, likely: Likely) -> None:
        event = likely.event
        if self.floor.open_tasks() or likely.said.get("say") != "lacking":
            return
        for task in [task for task in self.floor.tasks.values() if task.what == "ahead"]:
            self.floor.drop(task)
        for end in likely.said["to"][:AHEAD]:
            if self._known(event.folder, event.picture, end) is None and not self.floor.beginnings.has(
                    event.folder, event.picture, end):
                self._new(Task("", "ahead", event.folder, event.picture, end, event.recipe, client="ahead"))

    # orders -----------------------------------------------------------------------------------

    def _order(self, event: JobOrder) -> None:
        if event.order in ("pause", "go on", "panic"):
            self.pool.pause(event.order != "go on")
        elif event.order == "again":
            self._again()
        chosen = [task for task in self.floor.open_tasks() if (
            task.live if event.order == "panic" else event.job in ("", task.number))]
        with self._bench.together():
            for task in chosen:
                if event.order in ("cancel", "panic"):
                    self.floor.drop(task)
                elif event.order == "skip":
                    self._skip(task, event.seed)
                elif event.order == "relax":
                    self.floor.relax(task)
        if event.order in ("pause", "go on", "panic"):
            for task in self.floor.open_tasks():
                self._held(task, event.order != "go on")

    def _held(self, task: Task, held: bool) -> None:
        """What was being made stands still, or goes on."""
        if held and task.state == "making":
            task.state = "paused"
        elif not held and task.state == "paused":
            task.state = "making"
        if task.cutter is not None:
            task.cutter.paused()
        self.floor.tell(task)

    def _skip(self, task: Task, seed: int | None) -> None:
        if self.pool.skip(task.pool_id, seed):
            if seed is not None:
                task.recipe = replace(task.recipe, seed=str(seed))
                self._bench.remember(task)
        else:
            task.reason = "nothing of it was being made just then: nothing was dropped"
            self.floor.tell(task)

    def _again(self) -> None:
        """Start the worker again if it was given up, and make what failed anew, each thing under another number."""
        self.pool.recover()
        for task in [task for task in self.floor.tasks.values() if task.state == "failed" and task.what != "detour"]:
            self._bench.forget(task)
            if not task.retried and (task.what == "picture" or self._known(
                    task.folder, task.first, task.second) in (task, None)):
                task.retried = True
                self._new(Task("", task.what, task.folder, task.first, task.second, task.recipe, task.deck,
                               opening=task.opening, client=task.client, facts=task.facts))

    def _release(self, event: Unused) -> None:
        """Nobody shows the parts of a task any more."""
        task = self.floor.tasks.get(event.job)
        if task is not None and task.movie is not None and task.over:
            task.parts = ()
            if task.state != "done":
                task.movie.abandon()
            elif not task.movie.clear():
                self._held_open.add(task.number)
