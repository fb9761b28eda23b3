"""How much one sender may send while others wait for it. Pure: time is an argument; it knows no packet and no socket.

A sender within its allowance is always heard, however much waits. One beyond it is heard as long as nobody waits, and
then not for a moment: where two threads fight for the interpreter, packets are read slower than anybody floods, and
the system drops those of others with them.
"""

from __future__ import annotations

from typing import Final

from server.units import Seconds

RATE: Final = 12_000.0
"""Messages a second."""
BURST: Final = 3000.0
"""Messages at once: half as many again as a recalled preset has."""
CROWDED: Final = 256
"""Messages that wait to be handled; with more, whoever sends too much is left out."""
AWAY: Final[Seconds] = 0.5
LONGEST: Final[Seconds] = 2.0
"""For who goes on at once each time."""
FORGIVEN: Final[Seconds] = 5.0
MISTAKE: Final = 8.0
"""What is wrong costs more than what is right: somebody is told, and it is written down."""


class Allowance:
    """One sender's."""

    __slots__ = ("_at", "_away", "_left", "_until", "left_out")

    def __init__(self, now: Seconds) -> None:
        self._at, self._left = now, BURST
        self._until, self._away = float("-inf"), AWAY
        self.left_out = 0
        """Packets that were not heard."""

    def admits(self, now: Seconds, waiting: int) -> bool:
        """Whether the packet that arrived now is heard, while so many messages wait; it is counted either way."""
        if now < self._until:
            self.left_out += 1
            return False
        self._left = min(BURST, self._left + (now - self._at) * RATE)
        self._at = now
        if self._left < 1.0 and waiting > CROWDED:
            again = now - self._until < FORGIVEN
            self._away = min(2 * self._away, LONGEST) if again else AWAY
            self._until = self._at = now + self._away
            self._left = 1.0
            self.left_out += 1
            return False
        self._left = max(self._left - 1.0, 0.0)
        return True

    def charge(self, commands: int, mistakes: int) -> None:
        """Count what was in it: a bundle is as much as its parts, and what is wrong costs more."""
        self._left = max(self._left - max(commands - 1, 0) - mistakes * MISTAKE, 0.0)
