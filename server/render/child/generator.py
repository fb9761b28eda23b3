"""The contract between the worker's loop and what makes frames, and the table of what there is. It makes nothing."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

from server.errors import RenderError
from server.render.job import PictureJob, TransitionJob
from server.units import Seconds

GENERATORS: Final[Mapping[str, str]] = MappingProxyType({
    "morph": "server.render.child.morphing:MorphGenerator",
    "bridge": "server.render.child.diffusion:DiffusionGenerator",
    "walk": "server.render.child.diffusion:DiffusionGenerator",
    "blend": "server.render.child.diffusion:DiffusionGenerator",
    "picture": "server.render.child.diffusion:DiffusionGenerator",
})
"""Mode → "module:factory", imported when it is first wanted: a worker that only morphs never imports torch."""

PICTURE: Final = "picture"
"""The mode of picture jobs."""


class Interruption(Exception):
    """What `Control.between` raises. Let it through: the loop knows what to do."""


class Stop(Interruption):
    """The job is to end: cancelled, or something more urgent waits."""


class Skip(Interruption):
    """What is being made is to be dropped; the loop calls again, from the next frame on, with this seed."""

    def __init__(self, seed: int) -> None:
        super().__init__(f"seed {seed}")
        self.seed = seed


class Leave(Interruption):
    """The way is left for another: the loop calls again with that one."""


class Control(Protocol):
    """What a generator asks and tells while it works, on the thread that it was called on."""

    def between(self) -> None:
        """Call it between any two pieces of work: batches, denoising steps, parts of loading.

        It says that the generator is alive, waits while paused, sleeps off the duty cycle, and raises Stop, Skip or
        Leave. The time from one call to the next counts as one launch and as work on the device.
        """

    def alive(self) -> None:
        """Say that a long piece of work (compiling, loading) goes on. From any thread; waits and raises nothing."""

    def due(self, number: int) -> Seconds | None:
        """How long it is until this frame must have left the worker: negative when late, None for no hurry."""

    def now(self) -> Seconds:
        """A clock for what work takes; it stands still while the generator is held up (paused, no credit)."""

    def launch_ms(self) -> float:
        """The longest uninterrupted launch that is welcome now, in milliseconds; infinite when nobody minds."""

    def loaded(self, facts: Mapping[str, Any]) -> None:
        """Everything is there and the first frame is begun: `device`, `model` and what else a person wants to know."""

    def preparing(self, done: int, of: int, text: str) -> None:
        """How far loading, compiling or warming up is; counts as a sign of life."""

    def stepped(self, done: int, of: int) -> None:
        """How many steps of a single picture are done; raises nothing."""

    def note(self, code: str, text: str) -> None:
        """Tell a person something that stops nothing: code `rung` for a step of the ladder, `prompt`, `size`, …"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A made picture: its JPEG and everything needed to make it again."""

    jpeg: bytes
    facts: Mapping[str, Any] = field(default_factory=dict)


class Generator(Protocol):
    """Makes what some modes mean. One is made for each factory and kept, so that what it has loaded stays loaded.

    It is called on one thread, one job at a time. What it raises of `server.errors` is told to the person as it is;
    OutOfMemory and DeviceLost end the process, which is started anew; anything else is told as internal.
    """

    facts: Mapping[str, Any]
    """After a job: what belongs into its provenance (steps taken, curve, rungs, device, versions). Plain values."""

    def transition(self, job: TransitionJob, control: Control, since: object | None = None
                   ) -> Iterator[tuple[int, bytes]]:
        """Yield (number, JPEG) of frames `job.start` … `job.frames` − 2, in order, of the job's size, 4:2:0 baseline.

        A frame is the same wherever `start` is, given the same batch plan (`job.batches`, counted from frame 1).
        The loop may close the iterator at any yield. `since` is what `left_at` gave when another way was left for this
        one, whose first end is then a frame of that way. Between yields call `control.between()`.
        """

    def picture(self, job: PictureJob, control: Control) -> Picture:
        """Make one picture."""

    def left_at(self, number: int) -> object | None:
        """The inner state at a frame of the last transition, for going on from there; None where there is none."""


class GeneratorFactory(Protocol):
    """What a row of the table names: a class, mostly. It loads nothing yet."""

    def __call__(self, models: Path | None, options: Mapping[str, Any]) -> Generator: ...


class Generators:
    """Generators by mode, each made once, when it is first wanted."""

    def __init__(self, models: Path | None, options: Mapping[str, Any], added: Mapping[str, str] | None = None) -> None:
        self._models, self._options = models, options
        self._rows = {**GENERATORS, **(added or {})}
        self._made: dict[str, Generator] = {}

    def opens(self, mode: str) -> bool:
        """Whether what a mode needs still has to be opened, which takes seconds where it means torch."""
        row = self._rows.get(mode)
        return row is not None and row not in self._made and row.partition(":")[0] not in sys.modules

    def of(self, mode: str) -> Generator:
        """The generator of a mode. Raises RenderError for a mode there is not, or whose packages are missing."""
        row = self._rows.get(mode)
        if row is None:
            raise RenderError(f"there is no mode {mode!r}; the modes are: {', '.join(sorted(self._rows))}")
        if row not in self._made:
            self._made[row] = _factory(mode, row)(self._models, self._options)
        return self._made[row]


def _factory(mode: str, row: str) -> GeneratorFactory:
    module, _, name = row.partition(":")
    try:
        factory: GeneratorFactory = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as reason:
        raise RenderError(f"the mode {mode} needs packages that are not installed ({reason}); "
                          "install them: python3 start.py --with generate, or use the mode morph") from None
    return factory
