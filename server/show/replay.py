"""A logged show once more: the same steps, the same bytes. Time comes from the log, and nothing leaves by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.show import steps
from server.show.events import Event
from server.show.log_format import Recorded, Said, Streamed
from server.show.memory import recalled
from server.show.scribe import Began, Came
from server.show.show import Show
from server.units import Seconds


@dataclass(frozen=True, slots=True)
class Difference:
    """The first step at which a replay does not send what was sent."""

    now: Seconds
    number: int | None
    wanted: Said
    came: Said

    def text(self) -> str:
        """What differs, for a person."""
        where = f"tick {self.number}" if self.number is not None else "what messages had changed"
        return f"{where}: {_what_differs(self.wanted, self.came)}"


class Replay:
    """Drives a show from the beginning of a segment on. Raises ArchiveDamaged where none can be made of that."""

    def __init__(self, began: Began) -> None:
        self.show: Show
        self.now: Seconds
        self._begin(began)

    def step(self, recorded: Recorded) -> list[Event]:
        """Do one step; returns what would go out now."""
        if isinstance(recorded, Began):
            # The same show, a segment on: what it had become by itself is not needed any more.
            self._begin(recorded)
            return []
        self.now = recorded.now
        if isinstance(recorded, Came):
            steps.hear(self.show, recorded.item, recorded.now)
            return []
        if recorded.number is None:
            steps.flush(self.show, recorded.now)
        else:
            steps.tick(self.show, recorded.number, recorded.now)
        return self.show.take_events()

    def _begin(self, began: Began) -> None:
        self.show, self.now = recalled(began.memory), began.now


class Verifier:
    """Replays and compares, segment by segment. `difference` is the first one; after it nothing is compared."""

    def __init__(self) -> None:
        self.ticks = 0
        self.messages = 0
        self.packets = 0
        self.difference: Difference | None = None
        self._replay: Replay | None = None

    def feed(self, recorded: Iterable[Recorded]) -> None:
        """Go on with these steps, up to the first difference."""
        for step in recorded:
            if self.difference is not None:
                return
            self._step(step)

    def _step(self, step: Recorded) -> None:
        if isinstance(step, Began):
            self._replay = Replay(step)
        elif self._replay is not None:
            said = Said.of(self._replay.step(step))
            if isinstance(step, Streamed):
                self.ticks += step.number is not None
                self.packets += said.packets
                if said != step.said:
                    self.difference = Difference(step.now, step.number, step.said, said)
            else:
                self.messages += 1


def _what_differs(wanted: Said, came: Said) -> str:
    if wanted.packets != came.packets:
        return f"{wanted.packets} packets were sent, and the replay sends {came.packets}"
    if wanted.checksum != came.checksum:
        return f"the {wanted.packets} packets have other bytes"
    for one, other in zip(wanted.events, came.events, strict=False):
        if one != other:
            return f"it said {one!r}, and the replay says {other!r}"
    return f"it said {len(wanted.events)} things, and the replay says {len(came.events)}"
