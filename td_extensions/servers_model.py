"""Which of a main and a backup server is spoken to: the one that welcomed last, else each in turn.

Knows nothing of sockets. Python 3.9, standard library only: it runs inside TouchDesigner and in the stand-in.
"""

import math
from typing import Any, Sequence, Tuple

TURN = 1.2
"""Seconds without an answer after which the other server is asked: two hellos."""
_PORT = 6
"""Where a welcome says at which port its server receives."""

Place = Tuple[str, int]
"""Host and port of a server."""


class ServersModel:
    """The servers by their places, the main one first."""

    def __init__(self) -> None:
        self.places: Tuple[Place, ...] = ()
        self._at = 0
        self._since = -math.inf

    @property
    def at(self) -> int:
        """Which one is spoken to, counted from 0."""
        return self._at if self._at < len(self.places) else 0

    def know(self, places: Sequence[Place]) -> None:
        """These are the servers; other ones than before begin with the first."""
        if tuple(places) != self.places:
            self.places, self._at, self._since = tuple(places), 0, -math.inf

    def turn(self, linked: bool, now: float) -> None:
        """Ask the other server where this one does not answer."""
        if linked or self._since == -math.inf or len(self.places) < 2:
            self._since = now
        elif now - self._since >= TURN:
            self._since, self._at = now, (self.at + 1) % len(self.places)

    def welcomed(self, candidates: Sequence[int], args: Sequence[Any], now: float) -> None:
        """One of these servers has welcomed us: where two are on one computer, the port says which."""
        port = args[_PORT] if len(args) > _PORT else 0
        same = [number for number in candidates if self.places[number][1] == port] or list(candidates)
        if same:
            self._since, self._at = now, same[0]
