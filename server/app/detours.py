"""Leaving a transition that is being made and played for another picture: when, from which frame, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from server.app import wire
from server.app.making_floor import Floor
from server.app.making_recipes import end_of, transition_job
from server.app.making_task import Task
from server.app.navigator import Navigator
from server.errors import InputError, IntersceneError, LibraryError
from server.render.job import End, TransitionJob
from server.render.pool import WorkerPool
from server.show.events import Jobbed, NeedDetour, News


class Leave(NamedTuple):
    """The picture that a detour leads to is ready, or is not."""

    event: NeedDetour
    said: wire.Said


class Detours:
    """Used by the maker's thread. `put` leaves something in its inbox, from any thread."""

    def __init__(self, root: Path, floor: Floor, pool: WorkerPool, navigator: Navigator, put: Callable[[Leave], None],
                 answer: Callable[[News], None]) -> None:
        self._root, self._floor, self._pool, self._navigator = root, floor, pool, navigator
        self._put, self._answer = put, answer

    def want(self, event: NeedDetour) -> None:
        """Have the picture got ready that a detour leads to."""
        old = self._floor.tasks.get(event.job)
        if old is None or old.over:
            self._refuse(event, InputError(f"job {event.job} is done already; /go/picture goes elsewhere"))
            return
        self._navigator.ends(old.folder, old.first, event.picture, lambda said: self._put(Leave(event, said)))

    def leave(self, order: Leave) -> None:
        """Set out, if the transition is still being made."""
        event, said = order
        old = self._floor.tasks.get(event.job)
        try:
            if said.get("say") == "endless":
                raise LibraryError(said["text"])
            if old is None or old.over or not isinstance(old.job, TransitionJob):
                raise InputError(f"job {event.job} is done already; /go/picture goes elsewhere")
            task = Task("", "detour", old.folder, old.first, event.picture, event.recipe, event.deck, live=True,
                        opening=event.opening, client=old.client, place=old.place)
            self._set_out(task, old, old.job, event.at, said)
        except IntersceneError as error:
            self._refuse(event, error)
            return
        self._answer(Jobbed(event.ticket, task.number))

    def _set_out(self, task: Task, old: Task, way: TransitionJob, at: int, said: wire.Said) -> None:
        floor = self._floor
        first = End(b"", "", f"{old.first} to {old.second} at {at}")
        if old.left is not None:
            at -= old.left.at
        if at < 1:
            raise InputError(f"job {old.number} has not left for {old.second} yet; try again in a moment")
        if at < old.made:
            floor.cut(old)
            jpeg = floor.bench.frame(old, at)
            first = replace(first, jpeg=jpeg, hash=floor.bench.name_of(jpeg))
        job = transition_job(old.number, (first, end_of(self._root, said["second"])), said, task.recipe, way.mode,
                             way.model)
        floor.enter(task)
        task.pool_id = floor.name(task)
        task.job = replace(job, id=task.pool_id, rate=way.rate, size=way.size)
        if not self._pool.retarget(old.pool_id, at, task.job):
            if not first.jpeg:
                floor.over(task, "failed", f"job {old.number} could not be left just then; try again")
                raise InputError(task.reason)
            floor.withdraw(old)
            floor.turned(old, {"at": at, "to": task.pool_id, "first": first.jpeg})
            if task.over:
                raise InputError(task.reason)
            floor.submit(task)
        floor.tell(task)

    def _refuse(self, event: NeedDetour, error: IntersceneError) -> None:
        self._answer(Jobbed(event.ticket, code=error.code, error=str(error)))
