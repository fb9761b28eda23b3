"""What the show and the one who keeps the files of snapshots tell each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server.show.snapshot import Snapshot
from server.show.snapshot_state import SnapshotEntry


@dataclass(frozen=True, slots=True)
class SnapshotOrder:
    """Something is to be done with the file of a snapshot; answered by `SnapshotRead` or `SnapshotDone`.

    `where` empty: the song's, else the global one. `song`: the folder of the song, in the media folder with /; None
    while there is none.
    """

    ticket: int
    what: Literal["save", "read", "lock", "rename", "delete"]
    name: str
    where: str = ""
    song: str | None = None
    snapshot: Snapshot | None = None
    to: str = ""
    on: bool | None = None


@dataclass(frozen=True, slots=True)
class SnapshotRead:
    """A snapshot as its file says. `notes`: what of the file means nothing here, a line each."""

    ticket: int
    snapshot: Snapshot
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SnapshotDone:
    """What was ordered is done, or why not. `name`: as the file is called."""

    ticket: int
    name: str = ""
    code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotsSeen:
    """The snapshots that there are, those of the song first."""

    entries: tuple[SnapshotEntry, ...] = ()


SnapshotNews = SnapshotRead | SnapshotDone | SnapshotsSeen
