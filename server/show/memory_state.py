"""Everything that a show knows at one moment, frozen. It knows no show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.show.state import ShowState


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A thing that changes, as it was: what it is, and its attributes."""

    kind: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """A show as it was: its state, what it says of itself, and what it had in mind, by the attributes of `Show`."""

    state: ShowState
    name: str
    tick_rate: float
    media_folder: str
    session: int
    mind: Mapping[str, Any]
