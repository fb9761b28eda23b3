"""What is live of main and backup: who plays, what the other one told last, and how its clock lies to ours. Frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from server.playback.tempo import Tempo
from server.playback.transport import Transport
from server.units import Seconds

MAIN: Final = "main"
BACKUP: Final = "backup"
SILENT: Final[Seconds] = 1.5
"""A server that was not heard for so long is away."""


@dataclass(frozen=True, slots=True)
class DeckTold:
    """A deck of the other server. `spans`: a sum of what its clip is made of; `transport` in the time of its clock."""

    clip: str
    spans: int
    song: str
    movies: int
    """How many movies its song has, and `names`, a sum of what they are called."""
    names: int
    fade: float
    level: float
    following: str
    transport: Transport | None = None
    each: bytes = b""
    """A sum of four bytes for each name, told only where the names are others than there."""


@dataclass(frozen=True, slots=True)
class RendererTold:
    """A renderer that the other server plays to, by what it said in its hello."""

    host: str
    port: int
    name: str
    stream_port: int
    event_port: int
    decks: tuple[int, ...] | None
    build: str
    cook_rate: float
    largest: int


@dataclass(frozen=True, slots=True)
class PeerTold:
    """How a show is, as its server tells the other one. `term`: of two that play, the higher one took over later.

    `now`: when this was said; `echo`: when the question that it answers was asked, on the asker's clock.
    """

    name: str
    version: str
    session: int
    role: str
    active: bool
    term: int
    now: Seconds
    echo: Seconds | None
    tick_rate: float
    decks: tuple[DeckTold, ...]
    tempo: Tempo
    source: str
    quantise: str
    engaged: bool
    level: float
    black: bool
    renderers: tuple[RendererTold, ...] = ()


@dataclass(frozen=True, slots=True)
class PeerState:
    """`address`: where the other server receives; None: nobody is known. `port`: where we do.

    `claim`: until when we wait for the other one to say that it plays already; None: we do not. `offset`: the other
    clock less ours, measured with a round trip of `trip`, at `measured`. `unlike`: what differs, each
    since when, as it was `compared` last.
    """

    role: str = MAIN
    active: bool = True
    term: int = 0
    name: str = ""
    version: str = ""
    port: int = 0
    address: tuple[str, int] | None = None
    takeover_after: Seconds = 0.0
    claim: Seconds | None = None
    told: PeerTold | None = None
    heard: Seconds | None = None
    offset: Seconds = 0.0
    trip: Seconds = float("inf")
    measured: Seconds = 0.0
    unlike: tuple[tuple[str, Seconds], ...] = ()
    compared: Seconds = 0.0
    away: bool = False
    """The other server was heard, and is not any more."""

    def kept(self) -> PeerState:
        """What of it is still true after a restart."""
        return PeerState(self.role, self.active, self.term, self.name)

    def silent(self, now: Seconds) -> bool:
        """Whether the other server was heard once and is not now."""
        return self.heard is not None and now - self.heard > SILENT
