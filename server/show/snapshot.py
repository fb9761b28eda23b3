"""What a snapshot is: everything that is live at one moment, as values that need no movie to be open.

Frozen; knows neither files nor how it is brought back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from server.library.spans import WrittenSpan
from server.playback.walk import Manner
from server.protocol.controllers.mapping import Mapping as ControlMapping
from server.protocol.controllers.mapping import Where
from server.units import Position, Seconds

PARTS: Final = ("decks", "clock", "master", "generate", "controllers", "marks")
"""What may be recalled alone, besides single decks."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a row of the table says: its address there, what stands for its placeholders, and its arguments."""

    row: str
    where: tuple[int | str, ...]
    args: tuple[Any, ...]

    @property
    def address(self) -> str:
        """With the deck in it."""
        return self.row.replace("{n}", str(self.where[0])) if self.where else self.row


@dataclass(frozen=True, slots=True)
class SavedHop:
    """A transition that is played from one picture to the other, by the name of its movie."""

    start: str
    end: str
    span: WrittenSpan


@dataclass(frozen=True, slots=True)
class SavedLeg:
    """Hops without a gap; see `playback.walk.Leg`."""

    hops: tuple[SavedHop, ...]
    speeds: tuple[float, ...]
    bridge: bool = False
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedWalk:
    """A walk, and the frame at which its first hop was entered; see `playback.walk.Route`."""

    leg: SavedLeg
    entered: int
    fade: Seconds = 0.0
    after: tuple[SavedLeg, ...] = ()
    timed: str = ""
    since: str = ""
    before: Manner | None = None

    @property
    def goal(self) -> str:
        """The picture that it leads to in the end."""
        return (self.after[-1] if self.after else self.leg).hops[-1].end

    @property
    def legs(self) -> tuple[SavedLeg, ...]:
        return (self.leg, *self.after)


@dataclass(frozen=True, slots=True)
class SavedProgram:
    """A clip and where in it the playhead is. `last` -1: its end. `waits`: until the playhead moves.

    `picture`: the movie and frame that were seen of it, or the node of a picture that a walk passed last.
    """

    name: str
    spans: tuple[WrittenSpan, ...]
    position: Position = 0.0
    speed: float = 1.0
    forward: bool = True
    playing: bool = True
    first: int = 0
    last: int = -1
    end: str = "loop"
    inner: tuple[int, int] | None = None
    even: bool = False
    waits: Seconds = 0.0
    walk: SavedWalk | None = None
    seen: tuple[str, int] = ("", 0)
    passed: str = ""


@dataclass(frozen=True, slots=True)
class SavedMemory:
    """Where a deck's walks have been; see `show.walk_state.Walk`."""

    auto: bool = False
    goal: str = ""
    trail: tuple[str, ...] = ()
    onward: tuple[str, ...] = ()
    left: str = ""
    visited: Mapping[str, int] = field(default_factory=dict)
    avoid: tuple[str, ...] = ()
    steps: int = 0
    bridges: int = 0


@dataclass(frozen=True, slots=True)
class SavedStory:
    """A story that is ready, and its cues, counted from 0."""

    name: str
    current: int = -1
    armed: int = -1


@dataclass(frozen=True, slots=True)
class SavedDeck:
    """What a deck shows. `held`: the still picture instead, while it is frozen. `ready`: what is prepared.

    `song`: its name; `folder`: of a song of pictures. `take`: what is ready is to be shown so much later, over so long.
    """

    number: int
    shows: SavedProgram | None = None
    held: SavedProgram | None = None
    ready: SavedProgram | None = None
    take: tuple[Seconds, Seconds] | None = None
    song: str = ""
    folder: str | None = None
    memory: SavedMemory = field(default_factory=SavedMemory)
    story: SavedStory | None = None

    @property
    def visible(self) -> SavedProgram | None:
        """What is on screen of it."""
        return self.held or self.shows


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """What lies on a control, by the file that says it: that of every song, or of the song of the selected deck."""

    where: Where
    mapping: ControlMapping


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of it. `marks`: hot cues by clip. `song`: the folder that the mappings of a song belong to."""

    name: str
    decks: tuple[SavedDeck, ...] = ()
    settings: tuple[Setting, ...] = ()
    marks: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    mappings: tuple[SavedMapping, ...] = ()
    song: str | None = None
