"""A long operation as a list of steps: the state, progress and estimate of each, told as they change.

Knows nothing of the work, and prints nothing: an observer does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum

from server.errors import Cancelled
from server.units import Seconds


class StepState(StrEnum):
    """Where a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    KEPT = "kept"
    """What it makes was there already, and verified."""
    FAILED = "failed"
    STOPPED = "stopped"
    """The person stopped it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `left`: seconds, estimated; None where nothing is known yet."""

    name: str
    state: StepState = StepState.WAITING
    done: int = 0
    of: int = 0
    left: Seconds | None = None
    note: str = ""

    @property
    def line(self) -> str:
        """The step in one line for a person."""
        if self.state is StepState.RUNNING and self.of:
            left = "" if self.left is None else f", about {max(1, round(self.left))} s left"
            return f"{self.name}: {100 * self.done // self.of} %{left}"
        return f"{self.name}: {self.state}" + (f" ({self.note})" if self.note else "")


Clock = Callable[[], Seconds]
Observer = Callable[[Sequence[Step]], None]
"""Is handed all steps whenever one has changed."""


class Steps:
    """The list, in the order in which it is worked through; what a step finds out may add further ones.

    `clock` tells seconds; without one there are no estimates.
    """

    def __init__(self, names: Sequence[str], observer: Observer | None = None, *, clock: Clock | None = None,
                 cancelled: Callable[[], bool] | None = None) -> None:
        self._steps = [Step(name) for name in names]
        self._observer = observer or (lambda _steps: None)
        self._clock = clock
        self._cancelled = cancelled or (lambda: False)
        self._tell()

    @property
    def all(self) -> tuple[Step, ...]:
        """Every step as it is now."""
        return tuple(self._steps)

    def insert_before(self, name: str, names: Sequence[str]) -> None:
        """Put further steps before the one of that name."""
        place = self._place(name)
        self._steps[place:place] = [Step(each) for each in names]
        self._tell()

    @contextmanager
    def step(self, name: str) -> Iterator[Work]:
        """Run one step: leaving it by an exception says that it failed, or that it was stopped."""
        place = self._place(name)
        self._set(place, state=StepState.RUNNING)
        work = Work(self, place, self._clock)
        try:
            yield work
        except (Cancelled, KeyboardInterrupt):
            self._set(place, state=StepState.STOPPED)
            raise
        except BaseException as reason:
            self._set(place, state=StepState.FAILED, note=str(reason).partition("\n")[0])
            raise
        self._set(place, state=StepState.KEPT if work.kept else StepState.DONE)

    def update(self, place: int, done: int, of: int, left: Seconds | None) -> None:
        """Tell how far a step is. Raises Cancelled when the person has stopped the work."""
        if self._cancelled():
            raise Cancelled("the build was stopped; what is whole was kept: go on with --resume")
        self._set(place, done=done, of=of, left=left)

    def note(self, place: int, text: str) -> None:
        """Say what a step has found."""
        self._set(place, note=text)

    def _place(self, name: str) -> int:
        return next(place for place, step in enumerate(self._steps) if step.name == name)

    def _set(self, place: int, **changes: object) -> None:
        self._steps[place] = replace(self._steps[place], **changes)  # type: ignore[arg-type]
        self._tell()

    def _tell(self) -> None:
        self._observer(tuple(self._steps))


class Work:
    """The step that is running, as the work sees it; call it with (done, of)."""

    def __init__(self, steps: Steps, place: int, clock: Clock | None) -> None:
        self._steps, self._place, self._clock = steps, place, clock
        self._began = 0.0 if clock is None else clock()
        self.kept = False
        """Set it where nothing had to be made."""

    def __call__(self, done: int, of: int) -> None:
        left = None
        if done and self._clock is not None:
            left = (self._clock() - self._began) * (of - done) / done
        self._steps.update(self._place, done, of, left)

    def note(self, text: str) -> None:
        """Say in a few words what came of it."""
        self._steps.note(self._place, text)
