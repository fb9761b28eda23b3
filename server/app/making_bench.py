"""What making needs besides a worker: models, places on the disk, the list of what waits, the budget of the card.

Used by the maker's thread. It gives nothing to a pool but its budget, and tells the show nothing.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from server.app import wire
from server.app.judging import Judging
from server.app.making_pace import Cutter
from server.app.making_recipes import MODELLESS, end_of, picture_job, transition_job
from server.app.making_task import Task
from server.app.waiting_list import WaitingList
from server.errors import InputError, IntersceneError, OutputError
from server.frontends.security import is_loopback
from server.index.opening import open_index
from server.index.reader import FrameReader
from server.library.graph.identity import PictureId
from server.library.models.registry import Registry
from server.library.songs.adding import add_pictures
from server.library.songs.listing import MOVIES
from server.library.songs.naming import movie_name
from server.library.songs.new_song import SIZE
from server.library.songs.recipe import with_recipe
from server.library.songs.song_size import wanted_of
from server.library.songs.stage_list import sha1
from server.library.songs.versions import next_version
from server.media.part_file import write_file
from server.playback.clock import Clock
from server.production.subjects import definitions_of, subjects
from server.render.gpu_budget import GpuBudget
from server.render.job import PictureJob, TransitionJob
from server.render.pool import WorkerPool
from server.render.publish import Publication, sweep
from server.show.events import Health
from server.units import Seconds

log = logging.getLogger("interscene.maker")

DETOURS: Final = "detours"
SPARE: Final = 64 << 20
"""Bytes that are left on the disk for everybody else."""
COPIES: Final = 2
"""Parts and movie are there at once."""
FORGOTTEN: Final[Seconds] = 10.0
"""A renderer that says nothing for so long drops no frames."""
STEADY: Final[Seconds] = 4.0
"""Length of the parts of what nobody waits for: few, but a walk that comes by need not wait for the end."""


class Bench:
    """`root` is the media folder, `models` the registry. `pool` is told the budget only."""

    def __init__(self, root: Path, clock: Clock, pool: WorkerPool, models: Registry, waiting: WaitingList,
                 judging: Judging) -> None:
        self._root, self._clock, self._pool, self._models = root, clock, pool, models
        self._waiting, self.judging = waiting, judging
        self._budgets: dict[str, tuple[GpuBudget, Seconds, int]] = {}
        self._told: tuple[float, float] | None = None
        self._swept: set[str] = set()

    # models -----------------------------------------------------------------------------------

    def check(self, task: Task) -> None:
        """Refuse at once what can never be made. Raises InputError."""
        if task.what == "picture" or task.recipe.model:
            self._model(task.recipe.model)

    def _model(self, words: str) -> str:
        """What a job names its model by; without words the only one that there is. Raises InputError."""
        if words:
            return self._models.recipe([word.strip() for word in words.split("+")])
        found = [model for model in self._models.all() if model.kind == "checkpoint"]
        if len(found) == 1:
            return found[0].short
        if not found:
            raise InputError("there is no model; add one with: interscene model add FILE")
        raise InputError("there are several models; say which: /generate/model "
                         + " or ".join(model.name for model in found[:5]))

    def _mode(self, task: Task) -> tuple[str, str]:
        """The mode and the model; a morph, and that is said, where there is no model to use."""
        mode = task.recipe.mode
        if mode == MODELLESS:
            return mode, ""
        try:
            return mode, self._model(task.recipe.model)
        except IntersceneError as problem:
            task.rung = f"made as a morph: {problem}"
            return MODELLESS, ""

    # tasks ------------------------------------------------------------------------------------

    def set_up(self, task: Task, said: wire.Said) -> None:
        """Make the job of a task, and its place on the disk. Raises IntersceneError."""
        task.place = said["place"]
        self.sweep(task.place)
        if task.what == "picture":
            task.job = self._picture_job(task)
            return
        mode, model = self._mode(task)
        ends = end_of(self._root, said["first"]), end_of(self._root, said["second"])
        job = transition_job(task.number, ends, said, task.recipe, mode, model)
        task.job = job
        if task.what == "ahead":
            return
        song = self._root / task.place
        first, second = (PictureId.of_node(node) for node in (task.first, task.second))
        self._open(task, next_version(song / movie_name(first, second)), job)
        self._add_first(task, job)

    def sweep(self, place: str) -> None:
        """Once for each song: remove the parts that a server left there which was killed."""
        if place not in self._swept:
            self._swept.add(place)
            for folder in (MOVIES, DETOURS):
                sweep(self._root / place / folder)

    def open_detour(self, task: Task) -> None:
        """The place on the disk of a detour, whose first picture is known by now. Raises OutputError."""
        job, left = task.job, task.left
        assert isinstance(job, TransitionJob)
        assert left is not None
        name = f"{job.first.name} to {task.second}.mov"
        self._open(task, next_version(self._root / task.place / DETOURS / name), job)

    def _open(self, task: Task, out: Path, job: TransitionJob) -> None:
        self._room(out, COPIES * job.frames * max(len(job.first.jpeg), len(job.second.jpeg)))
        task.movie = Publication(out, job)
        least = 0.0 if task.live else STEADY
        task.cutter = Cutter(job.frames, float(job.rate), max(task.opening, least / 2))

    @staticmethod
    def _add_first(task: Task, job: TransitionJob) -> None:
        assert task.movie is not None
        task.movie.add(0, job.first.jpeg)
        task.made, task.jpeg = 1, job.first.jpeg

    @staticmethod
    def _room(out: Path, needed: int) -> None:
        """Raises OutputError where the disk has no place for it."""
        folder = next(parent for parent in out.parents if parent.is_dir())
        free = shutil.disk_usage(folder).free
        if free < needed + SPARE:
            raise OutputError(f"the disk of {folder} has {free >> 20} MB left, and {out.name} needs "
                              f"{(needed + SPARE) >> 20} MB; make room")

    def hurry(self, task: Task) -> None:
        """Parts as short as can be opened in time, for a deck that waits now."""
        if task.cutter is not None:
            task.cutter = replace(task.cutter, opening=task.opening)

    def frame(self, task: Task, number: int) -> bytes:
        """A frame that was made. Raises InputError, MediaError."""
        part = next((part for part in (task.movie.parts if task.movie is not None else ())
                     if part.begin <= number < part.begin + part.count), None)
        if part is None:
            raise InputError(f"frame {number} of job {task.number} is not there yet; try again")
        with FrameReader(part.path, open_index(part.path)) as reader:
            return bytes(reader.read(number - part.begin))

    @staticmethod
    def name_of(jpeg: bytes) -> str:
        """What names a picture's bytes."""
        return sha1(jpeg)

    def judge(self, task: Task, movie: Path) -> None:
        """Have a movie judged when there is time."""
        if task.movie is not None:
            self.judging.add(movie, task.movie.index.count)

    # pictures ---------------------------------------------------------------------------------

    def _picture_job(self, task: Task) -> PictureJob:
        song = self._root / task.place
        words = f"{task.first}={task.second}" if task.first else task.second
        task.first = subjects(definitions_of(song), [words])[0].name
        return picture_job(task.number, task.second, task.facts.get("negative", ""), wanted_of(song).size or SIZE,
                           task.recipe, self._model(task.recipe.model))

    def keep_picture(self, task: Task, facts: Mapping[str, Any]) -> None:
        """Put a picture that was made into its song, with what it was made from. Raises IntersceneError."""
        with tempfile.TemporaryDirectory(prefix="interscene-") as folder:
            path = Path(folder) / f"{task.first}_{task.recipe.seed}.jpg"
            write_file(path, with_recipe(task.jpeg, facts))
            task.first = add_pictures(self._root / task.place, [path], prompt=task.second)[0].id.node

    # what waits -------------------------------------------------------------------------------

    def remember(self, task: Task) -> None:
        """Write down that a task waits."""
        self._waiting.put(task)

    def forget(self, task: Task) -> None:
        """It waits no longer."""
        self._waiting.remove(task.number)

    def together(self) -> AbstractContextManager[None]:
        """What waits is written down once, however many are remembered and forgotten inside."""
        return self._waiting.together()

    def restore(self) -> Sequence[Task]:
        """What waited when the server ended."""
        return self._waiting.tasks()

    # the card ---------------------------------------------------------------------------------

    def health(self, event: Health) -> None:
        """Take less of the card when a renderer beside us drops frames, more when none were dropped for a while."""
        if not is_loopback(event.renderer.rpartition("@")[2].rpartition(":")[0]):
            return
        now = self._clock.now()
        budget, since, before = self._budgets.get(event.renderer, (GpuBudget(), now, event.dropped))
        # It counts from its own start; a smaller number is another start.
        dropped = event.dropped - before if event.dropped >= before else event.dropped
        budget = budget.after(dropped, now - since)
        self._budgets[event.renderer] = budget, now, event.dropped
        self._budgets = {name: one for name, one in self._budgets.items() if now - one[1] < FORGOTTEN}
        told = min((one[0].told(on_air=event.on_air) for one in self._budgets.values()), key=lambda pair: pair[1])
        if told != self._told:
            self._told = told
            self._pool.budget(*told)


