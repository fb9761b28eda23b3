"""Which movie each of a deck's players holds open, and who has said that it can be shown.

Knows nothing of time beyond the moment of an open, and nothing of levels or transports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from server.units import Seconds

PLAYERS = 3
"""Two that may be fading and one that prepares, or previous, current and next."""

ID_LIMIT = 1 << 24
"""Ids travel as float32 in a CHOP; they wrap below the last exact integer."""


@dataclass(frozen=True, slots=True)
class Want:
    """A movie that a program needs open; `frame` is where it will be shown first."""

    program: int
    movie: str
    frame: int

    @property
    def key(self) -> tuple[int, str]:
        return self.program, self.movie


@dataclass(frozen=True, slots=True)
class Player:
    """One Movie File In TOP. `id` 0 means that nothing is open.

    `waiting` holds the renderers that have not answered yet; `ready` is latched, so that a renderer
    that comes back does not take a picture off the others' screens. `heard` is when the last of them
    said that it can show the movie: the earliest moment a take may have happened.
    """

    number: int
    id: int = 0
    program: int = 0
    movie: str = ""
    frame: int = 0
    opened: Seconds = 0.0
    waiting: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()
    ready: bool = False
    failed: str = ""
    heard: Seconds = 0.0

    @property
    def key(self) -> tuple[int, str]:
        return self.program, self.movie

    def settled(self) -> Player:
        """Latch `ready` when nobody is left to wait for and at least one, or nobody at all, can show it."""
        if self.id and not self.waiting and not self.failed and not self.ready:
            return replace(self, ready=True)
        return self

    def answer(self, renderer: str, now: Seconds, failure: str = "") -> Player:
        """A renderer is ready, or says why not; one that cannot show it does not hold up the others."""
        if not failure and renderer in self.answered:
            return self
        waiting = self.waiting - {renderer}
        heard = self.heard if self.ready else now
        if failure:
            failed = failure if not waiting and not self.answered else ""
            return replace(self, waiting=waiting, failed=failed, heard=heard).settled()
        answered = self.answered | {renderer}
        return replace(self, waiting=waiting, answered=answered, failed="", heard=heard).settled()


@dataclass(frozen=True, slots=True)
class Opened:
    """A player has to open a movie (path relative to the media folder) at a frame."""

    id: int
    player: int
    movie: str
    frame: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A player's movie is no longer needed."""

    id: int
    player: int
    movie: str


@dataclass(frozen=True, slots=True)
class Players:
    """A deck's players; every method returns a new value."""

    slots: tuple[Player, ...] = field(default_factory=lambda: tuple(Player(i) for i in range(PLAYERS)))
    next_id: int = 1

    def find(self, program: int, movie: str) -> Player | None:
        return next((p for p in self.slots if p.id and p.key == (program, movie)), None)

    def of_program(self, program: int) -> list[Player]:
        return [p for p in self.slots if p.id and p.program == program]

    def by_id(self, id_: int) -> Player | None:
        return next((p for p in self.slots if id_ and p.id == id_), None)

    def with_player(self, player: Player) -> Players:
        return replace(self, slots=tuple(player if p.number == player.number else p for p in self.slots))

    def answer(self, id_: int, renderer: str, now: Seconds, failure: str = "") -> Players:
        """Take a renderer's answer; one about an id that is no longer open changes nothing."""
        player = self.by_id(id_)
        return self if player is None else self.with_player(player.answer(renderer, now, failure))

    def assign(self, wants: Sequence[Want], audience: frozenset[str], now: Seconds
               ) -> tuple[Players, list[Opened | Closed]]:
        """Hold open the first three of `wants`, the most urgent first, disturbing nothing that is open already."""
        urgent: dict[tuple[int, str], Want] = {}
        for want in wants:
            if len(urgent) < PLAYERS:
                urgent.setdefault(want.key, want)
        kept = {p.key for p in self.slots if p.id and p.key in urgent}
        if kept == set(urgent) and all(not p.id or p.key in urgent for p in self.slots):
            return self, []
        events: list[Opened | Closed] = []
        fresh = [want for key, want in urgent.items() if key not in kept]
        slots, next_id = list(self.slots), self.next_id
        for i, player in enumerate(slots):
            if player.id and player.key in urgent:
                continue
            if player.id:
                events.append(Closed(player.id, player.number, player.movie))
            slots[i] = Player(player.number)
            if fresh:
                want = fresh.pop(0)
                slots[i] = Player(player.number, next_id, want.program, want.movie, want.frame, now,
                                  waiting=audience, heard=now).settled()
                events.append(Opened(next_id, player.number, want.movie, want.frame))
                next_id = next_id + 1 if next_id + 1 < ID_LIMIT else 1
        return Players(tuple(slots), next_id), events

    def rejoin(self, renderer: str) -> Players:
        """A renderer came, or came back: it has everything still to open."""
        return replace(self, slots=tuple(
            replace(p, waiting=p.waiting | {renderer}, answered=p.answered - {renderer}) if p.id else p
            for p in self.slots))

    def leave(self, renderer: str) -> Players:
        """A renderer is gone: nobody waits for it."""
        return replace(self, slots=tuple(
            replace(p, waiting=p.waiting - {renderer}, answered=p.answered - {renderer}).settled()
            for p in self.slots))
