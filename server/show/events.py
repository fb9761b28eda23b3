"""What the show tells the world, as data; the loop that runs it hands each to the one who can do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from server.library.songs.stories import Story
from server.library.spans import WrittenSpan
from server.playback.timeline import Clip
from server.playback.walk import Hop, Missing, Route
from server.protocol.command import Source
from server.protocol.timecode.heard import TimeHeard
from server.show.control_events import ControlNews, EditControls
from server.show.making_state import USUAL, Growing, Job, Recipe, Worker
from server.show.snapshot_events import SnapshotNews, SnapshotOrder
from server.show.song_map import SongMap
from server.show.state import SongPlace
from server.units import Seconds

Kind = Literal["movie", "song", "spans"]


@dataclass(frozen=True, slots=True)
class Send:
    """A message to one address; `source` is who it goes to, whatever way it came in by."""

    to: Source
    address: str
    args: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class SendBytes:
    """A packet, ready made, to a UDP address."""

    host: str
    port: int
    packet: bytes


@dataclass(frozen=True, slots=True)
class NeedMovie:
    """A movie, a song's first, or spans are wanted as a person wrote them; answered by `Loaded` with the ticket.

    Names are looked up where disks may be waited for, not here. `spans`: those that are meant, read already; `name` is
    then only what the clip is called.
    """

    ticket: int
    name: str
    kind: Kind = "movie"
    spans: tuple[WrittenSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The answer to `NeedMovie`: the clip and the song that it is in, or why it cannot be played."""

    ticket: int
    clip: Clip | None
    song: SongPlace = field(default_factory=SongPlace)
    code: str = ""
    error: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    """(code, words) about other movies of the song: those that cannot be played."""
    route: Route | None = None
    """Of a song of pictures: the picture that it begins with, standing."""


@dataclass(frozen=True, slots=True)
class FullState:
    """Someone asked for every state row at once."""

    to: Source


@dataclass(frozen=True, slots=True)
class NeedRoute:
    """A way through a song is wanted; answered by `Routed` with the ticket, if at all.

    `goals`: pictures of which any will do; none: any neighbour of `start`, as in a walk without end. `avoid` are
    pictures, `broken` transitions that a show could not play. Of one deck only the newest is still wanted.
    """

    ticket: int
    deck: int
    folder: str
    start: str
    goals: tuple[str, ...] = ()
    previous: str = ""
    """The picture before the start, which a walk without end does not go straight back to."""
    avoid: tuple[str, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()
    visited: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Routed:
    """The answer to `NeedRoute`: the hops from its start, or why there is no way."""

    ticket: int
    hops: tuple[Hop | Missing, ...] = ()
    note: str = ""
    """Why it is not what it might be."""
    code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class NeedTransition:
    """A route wants a transition that there is not: whoever makes some may make this one. Nobody answers.

    `opening`: how long renderers took to open a movie lately. `live`: the walk waits for it.
    """

    deck: int
    folder: str
    start: str
    end: str
    recipe: Recipe = USUAL
    opening: Seconds = 0.0
    live: bool = True


@dataclass(frozen=True, slots=True)
class NeverAgain:
    """A picture of a song is never to be shown again: to be written down with the song."""

    folder: str
    picture: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """A song has changed on disk: its new map. With an `error` it is gone, and the old one counts until it is back."""

    folder: str
    song: SongMap | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class NeedStory:
    """A story of a song is wanted by its name, empty for the one there is; answered by `Storied` with the ticket."""

    ticket: int
    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class Storied:
    """The answer to `NeedStory`. Movies of its sections lie in `folder`."""

    ticket: int
    folder: str = ""
    story: Story | None = None
    code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class NeedJob:
    """A person wants a transition or a picture made; answered by `Jobbed` with the ticket.

    `first` and `second` are pictures by their nodes; of a picture that is to be made, `name`, `prompt` and `negative`
    say what it is. `client`: who asks; what several ask for is made by turns.
    """

    ticket: int
    deck: int
    folder: str
    what: Literal["transition", "picture"]
    first: str = ""
    second: str = ""
    recipe: Recipe = USUAL
    opening: Seconds = 0.0
    name: str = ""
    prompt: str = ""
    negative: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class NeedDetour:
    """A deck that plays a transition while it is made is to leave it behind frame `at` for another picture.

    Answered by `Jobbed` with the ticket.
    """

    ticket: int
    deck: int
    job: str
    at: int
    picture: str
    recipe: Recipe = USUAL
    opening: Seconds = 0.0


@dataclass(frozen=True, slots=True)
class JobOrder:
    """What is to become of a job; without one, of all. `relax`: no deck waits for it any more, or plays it. `panic`:
    what decks wait for is stopped, the rest is held."""

    order: Literal["cancel", "skip", "relax", "pause", "go on", "again", "panic"]
    job: str = ""
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A deck has come to a picture, and may go on to any neighbour of it."""

    deck: int
    folder: str
    picture: str
    recipe: Recipe = USUAL
    ahead: bool = True


@dataclass(frozen=True, slots=True)
class Health:
    """How a renderer on this graphics card is doing, once a second. `on_air`: whether anything of it is seen."""

    renderer: str
    fps: float
    frame_ms: float
    dropped: int
    on_air: bool


@dataclass(frozen=True, slots=True)
class Unused:
    """The parts of a transition that was being made are shown by nobody any more."""

    job: str


@dataclass(frozen=True, slots=True)
class Jobbed:
    """The answer to `NeedJob` and `NeedDetour`: the number of the job, or why there is none."""

    ticket: int
    job: str = ""
    code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class JobTold:
    """A job is new or has come further."""

    job: Job


@dataclass(frozen=True, slots=True)
class Grew:
    """More of a transition that is being made can be played; `left`: the job that this one is a detour of."""

    growing: Growing
    left: str = ""


@dataclass(frozen=True, slots=True)
class Stunted:
    """A transition will not be finished: what there is of it leads nowhere."""

    job: str


@dataclass(frozen=True, slots=True)
class WorkerTold:
    """How the process is that makes things; `attached`: whether there is to be one. `note`: to be told to people."""

    worker: Worker
    attached: bool = True
    note: str = ""


Made = Jobbed | JobTold | Grew | Stunted | WorkerTold
"""What comes back from the one who makes things."""

News = Loaded | Routed | Mapped | Storied | Made | ControlNews | TimeHeard | SnapshotNews
"""What comes back from those who may wait for disks and processes."""

Navigate = NeedRoute | NeedTransition | NeverAgain
"""What goes to the one who knows the way."""

Make = NeedJob | NeedDetour | JobOrder | Standing | Health | Unused
"""What goes to the one who makes things, besides the `NeedTransition` of walks."""

Event = Send | SendBytes | NeedMovie | NeedStory | FullState | Navigate | Make | EditControls | SnapshotOrder


@dataclass(frozen=True, slots=True)
class NotNow:
    """A handler's answer to what is right but cannot be done in this state; no error, nothing changed."""

    why: str


@dataclass(frozen=True, slots=True)
class Later:
    """A handler's answer when the acknowledgement comes with something still under way."""
