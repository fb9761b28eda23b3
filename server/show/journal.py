"""What came in lately and what became of it, for a person who looks. Knows no sockets and no clock.

Refusals are always kept; what went well only while somebody looks, so that nobody pays for it otherwise.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from server.protocol.command import Command, Forward, Rejection, Released, Source
from server.units import Seconds

Item = Command | Rejection | Forward | Released
Outcome = Literal["done", "waiting", "told", "forwarded", "alone", "released", "refused"]
"""`waiting`: its effect comes later; `told`: a question, answered; `alone`: for a renderer, and there is none."""

LINES_MAX: Final = 400
TOGETHER: Final[Seconds] = 1.0
"""Messages alike that follow each other within this time are one line: a fader is one line, not sixty a second."""
LONGEST: Final[Seconds] = 10.0
"""After this a line that goes on is begun anew, so that what happens now stands among what happens now."""
LOOKING: Final[Seconds] = 5.0
"""How long after a look what went well is kept."""
KEYS_MAX: Final = 1024


@dataclass(slots=True)
class Line:
    """One message, or several alike; `item` is the newest of them. `number` grows with each."""

    id: int
    number: int
    began: Seconds
    last: Seconds
    count: int
    item: Item
    outcome: Outcome
    code: str = ""
    text: str = ""


class Journal:
    """Written by the show thread; `look` and `since` may be called from any other."""

    __slots__ = ("_ids", "_number", "_together", "lines", "looked_until")

    def __init__(self) -> None:
        self.lines: deque[Line] = deque(maxlen=LINES_MAX)
        self.looked_until: Seconds = float("-inf")
        self._together: dict[tuple[object, ...], Line] = {}
        self._number = 0
        self._ids = 0

    @property
    def newest(self) -> int:
        """The highest number that was given."""
        return self._number

    def look(self, now: Seconds) -> None:
        """From now on, and for some seconds, keep what goes well too."""
        self.looked_until = now + LOOKING

    def since(self, number: int) -> list[Line]:
        """The lines that are new or went on since a line's number, oldest first."""
        return [line for line in list(self.lines) if line.number > number]

    def done(self, command: Command, outcome: Outcome, now: Seconds) -> None:
        """Note what a command did, if somebody looks."""
        if now < self.looked_until:
            key = (command.source, command.row.address, command.where, command.said, outcome)
            self._note(key, command, outcome, "", "", now)

    def forwarded(self, item: Forward, renderers: int, now: Seconds) -> None:
        """Note a message that was handed on to so many renderers, if somebody looks."""
        if now < self.looked_until:
            outcome: Outcome = "forwarded" if renderers else "alone"
            self._note((item.source, item.packet[:item.packet.find(b"\0")], outcome), item, outcome, "", "", now)

    def released(self, item: Released, now: Seconds) -> None:
        """Note a button that was let go, if somebody looks."""
        if now < self.looked_until:
            self._note((item.source, item.address, "released"), item, "released", "", "", now)

    def refused(self, item: Command | Rejection, code: str, text: str, now: Seconds) -> None:
        """Note what was not done, and why."""
        what = (item.row.address, item.where) if isinstance(item, Command) else (item.address,)
        self._note((item.source, *what, code), item, "refused", code, text, now)

    def _note(self, key: tuple[object, ...], item: Item, outcome: Outcome, code: str, text: str,
              now: Seconds) -> None:
        self._number += 1
        line = self._together.get(key)
        # One that others have pushed out is seen by nobody: it is begun anew.
        told = line is not None and line.id > self._ids - LINES_MAX
        if line is not None and told and now - line.last <= TOGETHER and now - line.began <= LONGEST:
            line.item, line.text, line.last = item, text, now
            line.count += 1
            line.number = self._number
            return
        if len(self._together) >= KEYS_MAX:
            self._together.clear()
        self._ids += 1
        line = Line(self._ids, self._number, now, now, 1, item, outcome, code, text)
        self._together[key] = line
        self.lines.append(line)


def source_text(source: Source) -> str:
    """A sender as people know it."""
    if source.kind == "http":
        return f"page {source.host}" if source.port else "this server"
    return source.host if source.kind == "midi" else f"{source.host}:{source.port}"
