"""One thing that is being made, from the wish to the movie: its job, its parts, how it is told. It decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from server.app.making_pace import Cutter
from server.playback.timeline import Movie
from server.playback.walk import Part
from server.render.job import Job as RenderJob
from server.render.job import TransitionJob
from server.render.pool import Priority
from server.render.publish import Closed, Publication
from server.show.making_state import UNKNOWN, Growing, Job, Recipe
from server.units import Seconds


class Left(NamedTuple):
    """What a detour leaves, and the frame of it that is its own first, counted along all that was played before."""

    job: str
    at: int
    parts: tuple[Part, ...]


@dataclass(slots=True, eq=False)
class Task:
    """`what`: transition, detour, picture, or ahead for the beginning of a transition that nobody asked for yet.

    `made`: frames that are there, counted from the first picture on. `ticket`: of the person who waits for its number.
    """

    number: str
    what: str
    folder: str
    first: str
    second: str
    recipe: Recipe
    deck: int = 0
    live: bool = False
    opening: Seconds = 0.0
    client: str = ""
    behind: bool = False
    """A deck left it for a detour: it goes on when there is nothing else to do."""
    place: str = ""
    job: RenderJob | None = None
    movie: Publication | None = None
    cutter: Cutter | None = None
    parts: tuple[Part, ...] = ()
    left: Left | None = None
    made: int = 0
    stepped: float = 0.0
    """Of a picture: the share of its steps that are done."""
    state: str = "waiting"
    eta: Seconds = UNKNOWN
    rung: str = ""
    reason: str = ""
    jpeg: bytes = b""
    due: Seconds = 0.0
    """When the next part is there, as it was told last."""
    facts: dict[str, Any] = field(default_factory=dict)
    pool_id: str = ""
    """What the pool calls it, another name each time: what is heard of an earlier time is not about this one."""
    told: Job | None = None
    told_at: Seconds = 0.0
    asked: Seconds = 0.0
    """When its pictures were asked for first."""
    ended: Seconds = 0.0
    retried: bool = False
    """It failed, and another task tries the same again."""

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "cancelled")

    @property
    def priority(self) -> Priority:
        if self.live:
            return "live"
        return "idle" if self.what == "ahead" or self.behind else "queued"

    @property
    def frames(self) -> int:
        return self.job.frames if isinstance(self.job, TransitionJob) else 1

    def view(self) -> Job:
        """As it is told."""
        picture = self.what == "picture"
        mode = self.job.mode if isinstance(self.job, TransitionJob) else "" if picture else self.recipe.mode
        made = self.stepped if picture else self.made / self.frames if self.job is not None else 0.0
        return Job(self.number, self.what, self.first, self.second, mode, self.folder, self.state,
                   1.0 if self.state == "done" else min(made, 1.0), 0.0 if self.over else self.eta, self.rung,
                   self.reason, self.deck, self.live, 0 if picture else self.frames,
                   self.job.model if self.job is not None else "")

    @property
    def way(self) -> tuple[Part, ...]:
        """The parts that it is played from, those of what a detour leaves before its own."""
        return self.parts if self.left is None else (*_until(self.left, bool(self.parts)), *self.parts)

    def part(self, closed: Closed, root: Path) -> Part:
        """A closed part as something to play."""
        job = self.job
        assert isinstance(job, TransitionJob)
        begin = closed.begin + (self.left.at if self.left is not None else 0)
        movie = Movie(closed.path.relative_to(root).as_posix(), closed.count, job.rate, *job.size)
        return Part(movie, begin, closed.count)

    def growing(self, root: Path, now: Seconds) -> Growing:
        """As far as it can be played."""
        job, movie = self.job, self.movie
        assert isinstance(job, TransitionJob)
        assert movie is not None
        count = job.frames + (self.left.at if self.left is not None else 0)
        whole = Movie(movie.out.relative_to(root).as_posix(), count, job.rate, *job.size)
        due = self.cutter.due(self.made, now) if self.cutter is not None and not self.over else None
        return Growing(self.number, self.folder, self.first, self.second, whole, self.way,
                       None if due is None else now + due, self.left is not None)


def _until(left: Left, goes_on: bool) -> tuple[Part, ...]:
    """The parts of what was left, up to the frame that the detour begins with; that one itself until it has begun."""
    end = left.at if goes_on else left.at + 1
    return tuple(replace(part, count=min(part.count, end - part.begin)) for part in left.parts if part.begin < end)
