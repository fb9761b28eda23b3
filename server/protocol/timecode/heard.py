"""What was heard of time from outside, stamped where it arrived. Frozen values; nothing here decides anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server.units import Beats, Seconds

Kind = Literal["first", "tick", "start", "stop", "position"]


@dataclass(frozen=True, slots=True)
class ClockHeard:
    """A message of a MIDI clock. `beats`: from the start of the song; `at`: when it arrived, on the server's clock.

    `tick` is one of 24 a beat; `first` a tick that begins somewhere new. `start`, `stop` and `position` are no ticks:
    they say that the sender plays, that it stands, and where it will go on.
    """

    device: str
    at: Seconds
    beats: Beats
    kind: Kind


@dataclass(frozen=True, slots=True)
class MtcHeard:
    """A place in MIDI time code: `frame` in frames from 00:00:00:00, quarters included, of the named counting.

    `direction`: 1 forwards, -1 backwards, 0: the sender stands there.
    """

    device: str
    at: Seconds
    frame: float
    counting: str
    direction: int


TimeHeard = ClockHeard | MtcHeard
