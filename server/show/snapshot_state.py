"""What is told of snapshots, frozen: which there are, what a recall is doing, and the values that still move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from server.playback.fade import Ramp
from server.units import Seconds

SNAPSHOT: Final = "/snapshot/state/"
NAMES_MAX: Final = 900
"""Characters of the list of names: a message has to fit into a packet."""


@dataclass(frozen=True, slots=True)
class SnapshotEntry:
    """One that there is. `made`: when, in words; `versions`: how many older ones."""

    name: str
    where: str = "global"
    made: str = ""
    locked: bool = False
    versions: int = 0


@dataclass(frozen=True, slots=True)
class Glide:
    """A row whose value moves in a straight line. `program`: it is that program's, and ends with it; 0: none's."""

    row: str
    where: tuple[int | str, ...]
    ramp: Ramp
    program: int = 0


@dataclass(frozen=True, slots=True)
class SnapshotState:
    """`until`: when the last recall has arrived, on the server's clock; `opening`: it still waits for movies."""

    name: str = ""
    saved: str = ""
    entries: tuple[SnapshotEntry, ...] = ()
    glides: tuple[Glide, ...] = ()
    opening: bool = False
    until: Seconds = 0.0
    gone: str = ""


def snapshot_values(state: SnapshotState, now: Seconds) -> dict[str, tuple[Any, ...]]:
    """Each row below `/snapshot/state/`, by its last part."""
    names = ",".join(dict.fromkeys(entry.name for entry in state.entries))
    return {
        "name": (state.name,), "saved": (state.saved,),
        "names": (names if len(names) <= NAMES_MAX else names[:NAMES_MAX].rpartition(",")[0] + ",…",),
        "opening": (state.opening,), "left": (max(state.until - now, 0.0),), "gone": (state.gone,),
    }
