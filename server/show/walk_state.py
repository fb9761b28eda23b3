"""What is live of walks and stories on a deck, besides what its players show: settings, where it has been, cues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from server.library.songs.stories import Story
from server.units import Seconds

TRAIL_MAX: Final = 1000
"""Pictures that a deck can go back by."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How a deck walks, and where it has been. Settings first; `goal` is the picture or scene asked for last.

    `asking`: a way is being planned. `waiting`: the picture to which a transition is being made and awaited. `trail`:
    pictures passed, the newest last; `onward`: those that were gone back from, `left` the last of them. `visited`
    counts how often each was passed. `broken`: transitions whose movies could not be shown. `steps`: choices made by
    the seed so far.
    """

    how: str = "interrupt"
    time: str = "route"
    fade: Seconds = 0.5
    auto: bool = False
    dwell: float = 0.0
    pace: float = 0.0
    unit: str = "seconds"
    seed: int = 0
    goal: str = ""
    asking: bool = False
    waiting: str = ""
    bridges: int = 0
    trail: tuple[str, ...] = ()
    onward: tuple[str, ...] = ()
    left: str = ""
    visited: Mapping[str, int] = field(default_factory=dict)
    avoid: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    broken: frozenset[tuple[str, str]] = frozenset()
    steps: int = 0

    def passing(self, picture: str) -> Walk:
        """This walk having come to a picture."""
        if picture in (self.left, *self.trail[-1:]):
            return self
        visited = {**self.visited, picture: self.visited.get(picture, 0) + 1}
        return replace(self, trail=(*self.trail, picture)[-TRAIL_MAX:], visited=visited, left="")

    def seconds(self, amount: float, bpm: float) -> Seconds:
        """A dwell or a pace in seconds."""
        return amount * 60.0 / bpm if self.unit == "beats" else amount

    def moved(self) -> Walk:
        """The same in a song that has just begun: settings stay, memory goes."""
        return replace(self, goal="", asking=False, waiting="", trail=(), onward=(), left="", visited={},
                       avoid=frozenset(), never=frozenset(), broken=frozenset(), steps=0)


@dataclass(frozen=True, slots=True)
class Cues:
    """A story on a deck. Cues are counted from 0; `current` and `armed` are -1 where there is none.

    `went`: when the last one was started, for the guard against a second press.
    """

    story: Story | None = None
    folder: str = ""
    current: int = -1
    armed: int = -1
    guard: Seconds = 0.5
    went: Seconds | None = None

    def name(self, number: int) -> str:
        """What a cue is called; empty where there is none."""
        sections = self.story.sections if self.story is not None else ()
        return sections[number].name if 0 <= number < len(sections) else ""
