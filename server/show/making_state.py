"""What is being made, as the show knows it: the jobs, how new ones are made, and what can be played of them already.

Frozen values. It makes nothing and asks for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from server.playback.timeline import Movie
from server.playback.walk import Hop, Missing, Part
from server.units import Seconds

OVER: Final = frozenset(("done", "failed", "cancelled"))
KEPT: Final = 30
"""Jobs that are over and still told of."""
LOST: Final = "lost "
"""Before the number of a job whose maker has gone, so that a job of now is not taken for it."""
UNKNOWN: Final = -1.0
"""The time until a job is done, while nobody knows it."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is told. `what`: transition, detour or picture. `state`: waiting, loading, making, paused, or OVER.

    `first` and `second` are pictures by their nodes; of a picture that is made, `second` is its prompt. `rung`: how far
    it had to step down to keep up, empty at full quality. `live`: a deck waits for it or plays it.
    """

    id: str
    what: str
    first: str
    second: str
    mode: str
    folder: str = ""
    state: str = "waiting"
    progress: float = 0.0
    eta: Seconds = UNKNOWN
    rung: str = ""
    reason: str = ""
    deck: int = 0
    live: bool = False
    frames: int = 0
    model: str = ""

    @property
    def over(self) -> bool:
        return self.state in OVER

    def document(self) -> dict[str, Any]:
        """As the page is told."""
        return {"id": self.id, "what": self.what, "from": self.first, "to": self.second, "mode": self.mode,
                "state": self.state, "progress": round(self.progress, 4), "eta": None if self.eta < 0 else
                round(self.eta, 1), "rung": self.rung, "reason": self.reason, "deck": self.deck, "live": self.live,
                "frames": self.frames, "model": self.model}


@dataclass(frozen=True, slots=True)
class Growing:
    """A transition that is being made, as far as it can be played: `parts` are closed movies, in order.

    `due`: when the next part is expected, on the server's clock; None when none is. `detour`: frames 0 to `left` are
    those of the transition that was left, and it is no edge of the song.
    """

    job: str
    folder: str
    start: str
    end: str
    movie: Movie
    parts: tuple[Part, ...] = ()
    due: Seconds | None = None
    detour: bool = False

    def hop(self) -> Hop:
        """As something to play."""
        return Hop(self.start, self.end, self.movie, 0, self.movie.count - 1, self.parts, self.job)

    @property
    def whole(self) -> bool:
        return self.hop().whole


@dataclass(frozen=True, slots=True)
class Recipe:
    """How what is asked for next is made, as the rows below /generate/ say."""

    mode: str = "morph"
    model: str = ""
    frames: int = 0
    seed: str = "0"
    steps: int = 0
    depth: float = 0.5
    guidance: float = 0.0
    embedding: str = "lerp"
    decoder: str = "tiny"
    even: bool = True


USUAL: Final = Recipe()


@dataclass(frozen=True, slots=True)
class Worker:
    """The process that makes things, as it says of itself."""

    state: str = "off"
    device: str = ""
    reason: str = ""
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Making:
    """All of it. `attached`: somebody makes what is asked for. `live`: also what walks lack; `ahead`: likely ones."""

    attached: bool = False
    live: bool = True
    ahead: bool = True
    wait: Seconds = 6.0
    paused: bool = False
    recipe: Recipe = USUAL
    worker: Worker = field(default_factory=Worker)
    jobs: tuple[Job, ...] = ()
    growing: Mapping[str, Growing] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def makes(self) -> bool:
        """Whether a walk may wait for what it lacks."""
        return self.attached and self.live and not self.paused and self.worker.state != "safe"

    def job(self, number: str) -> Job | None:
        return next((job for job in self.jobs if job.id == number), None)

    def open_jobs(self) -> tuple[Job, ...]:
        """Those that are not over, in the order in which they are told."""
        return tuple(job for job in self.jobs if not job.over)

    def with_job(self, job: Job) -> Making:
        """A job that is new or has come further; of those that are over the newest are kept."""
        known = self.job(job.id) is not None
        jobs = tuple(job if old.id == job.id else old for old in self.jobs) if known else (*self.jobs, job)
        over = [one for one in jobs if one.over]
        dropped = {one.id for one in over[:len(over) - KEPT]} if len(over) > KEPT else set()
        return replace(self, jobs=tuple(one for one in jobs if one.id not in dropped))

    def with_growing(self, growing: Growing) -> Making:
        return replace(self, growing=MappingProxyType({**self.growing, growing.job: growing}))

    def without_growing(self, jobs: Iterable[str]) -> Making:
        gone = frozenset(jobs)
        return replace(self, growing=MappingProxyType({job: one for job, one in self.growing.items()
                                                       if job not in gone}))

    def between(self, folder: str, start: str, end: str) -> Growing | None:
        """What can be played of the transition from one picture to the other, the other way only when it is whole."""
        for one in self.growing.values():
            there = one.folder == folder and not one.detour and bool(one.parts)
            if there and ((one.start, one.end) == (start, end) or (one.whole and (one.end, one.start) == (start, end))):
                return one
        return None

    def filled(self, folder: str, way: Iterable[Hop | Missing], broken: Collection[tuple[str, str]] = ()
               ) -> tuple[Hop | Missing, ...]:
        """A way with what is being made in place of what is missing; `broken`: transitions that cannot be shown."""
        steps: list[Hop | Missing] = []
        for step in way:
            barred = (step.start, step.end) in broken or (step.end, step.start) in broken
            found = self.between(folder, step.start, step.end) if isinstance(step, Missing) and not barred else None
            if found is None:
                steps.append(self.fresh(step) if isinstance(step, Hop) else step)
            else:
                steps.append(found.hop() if found.start == step.start else found.hop().turned())
        return tuple(steps)

    def fresh(self, hop: Hop) -> Hop:
        """A hop with all that there is of it by now."""
        known = self.growing.get(hop.job) if hop.job else None
        return hop if known is None or known.parts == hop.parts else replace(hop, parts=known.parts)
