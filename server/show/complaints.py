"""What went wrong lately, a line each, for the log and the page. Knows no sender, and says nothing itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from server.units import Seconds

SUPERSEDED: Final = "superseded"
"""Somebody changed their mind: no trouble that a person has to hear of."""
COMPLAINTS_PER_SECOND: Final = 10
COMPLAINTS_KEPT: Final = 100


class Complaint(NamedTuple):
    """One line for whoever runs the show; numbers grow by one."""

    number: int
    code: str
    text: str
    logged: bool = False
    """Whether the log has it already, with its sender."""


class Complaints:
    """The newest lines, oldest first; any thread may look at them."""

    def __init__(self) -> None:
        self._lines: deque[Complaint] = deque(maxlen=COMPLAINTS_KEPT)
        self._told = 0
        self._second: tuple[int, int] = (0, 0)

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, place: int) -> Complaint:
        return self._lines[place]

    def __iter__(self) -> Iterator[Complaint]:
        return iter(list(self._lines))

    def add(self, text: str, code: str, *, logged: bool = False) -> None:
        """Keep one line more."""
        self._told += 1
        self._lines.append(Complaint(self._told, code, text, logged))

    def may(self, now: Seconds) -> bool:
        """Whether somebody who gave no request id may be told once more in this second: a flood is not doubled."""
        second, count = self._second
        self._second = (int(now), count + 1 if second == int(now) else 1)
        return self._second[1] <= COMPLAINTS_PER_SECOND
