"""What the show tells the world, as data; the loop that runs it hands each to the one who can do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from server.playback.timeline import Clip
from server.protocol.command import Source
from server.show.state import SongPlace

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

    Names are looked up where disks may be waited for, not here.
    """

    ticket: int
    name: str
    kind: Kind = "movie"


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


@dataclass(frozen=True, slots=True)
class FullState:
    """Someone asked for every state row at once."""

    to: Source


Event = Send | SendBytes | NeedMovie | FullState


@dataclass(frozen=True, slots=True)
class NotNow:
    """A handler's answer to what is right but cannot be done in this state; no error, nothing changed."""

    why: str


@dataclass(frozen=True, slots=True)
class Later:
    """A handler's answer when the acknowledgement comes with something still under way."""
