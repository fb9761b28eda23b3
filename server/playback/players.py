"""Which movie each of a deck's players holds open, and who has said that it can be shown.

Knows nothing of time beyond the moment of an open, and nothing of levels or transports.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from server.units import Seconds

PLAYERS = 3
"""Two that may be fading and one that prepares, or previous, current and next."""

LATE_LIMIT: Seconds = 0.25
"""How long the others wait for the last of several renderers."""

GRACE: Seconds = 0.1
"""How long a player that was on screen is left alone: its level must have dropped before it opens another."""

SPARE = 0
"""The program of a player that holds a movie for whatever will need it next."""

SHARED_GRACE: Seconds = 0.05
"""The same for a walk, which must not be kept waiting: three ticks, and a level that was to drop has dropped."""

ID_LIMIT = 1 << 24
"""Ids travel as float32 in a CHOP; they wrap below the last exact integer."""


@dataclass(frozen=True, slots=True)
class Want:
    """A movie that a program needs open; `frame` is where it will be shown first.

    `shared`: a hidden player that holds the movie for another program, or as the spare, may be handed over.
    """

    program: int
    movie: str
    frame: int
    shared: bool = False

    @property
    def key(self) -> tuple[int, str]:
        return self.program, self.movie


@dataclass(frozen=True, slots=True)
class Player:
    """One Movie File In TOP. `id` 0 means that nothing is open; `freed` is when that began.

    `waiting` holds the renderers that have not answered yet, `answered` those that can show it, `failures` what
    the others said. `ready` is latched, so that a renderer that comes back does not take a picture off the
    others' screens. `heard` is when the last of them answered: the earliest moment a take may have happened.
    """

    number: int
    id: int = 0
    program: int = 0
    movie: str = ""
    frame: int = 0
    opened: Seconds = 0.0
    waiting: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()
    failures: tuple[tuple[str, str], ...] = ()
    ready: bool = False
    heard: Seconds = 0.0
    freed: Seconds = -math.inf

    @property
    def key(self) -> tuple[int, str]:
        return self.program, self.movie

    @property
    def failed(self) -> str:
        """Why nobody can show it; empty while somebody can, or may still say so."""
        return self.failures[0][1] if self.failures and not self.waiting and not self.answered else ""

    def settled(self) -> Player:
        """Latch `ready` when nobody is left to wait for and at least one, or nobody at all, can show it."""
        if self.id and not self.waiting and not self.failed and not self.ready:
            return replace(self, ready=True)
        return self

    def answer(self, renderer: str, now: Seconds, failure: str = "", *, seen: bool = False) -> Player:
        """A renderer is ready, or says why not; one that cannot show it does not hold up the others.

        What is `seen` stays ready: a failure then is for the log, not for the picture.
        """
        others = tuple(one for one in self.failures if one[0] != renderer)
        waiting = self.waiting - {renderer}
        if failure:
            answered = self.answered - {renderer}
            changed = replace(self, waiting=waiting, answered=answered, failures=(*others, (renderer, failure)),
                              ready=self.ready and (seen or bool(answered)))
        elif renderer in self.answered:
            return self
        else:
            changed = replace(self, waiting=waiting, answered=self.answered | {renderer}, failures=others)
        return replace(changed, heard=self.heard if self.ready else now).settled()

    def overdue(self, now: Seconds) -> bool:
        """Whether somebody has waited long enough for the last of several renderers."""
        return bool(self.id and not self.ready and self.answered) and now >= self.opened + LATE_LIMIT


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

    def answer(self, id_: int, renderer: str, now: Seconds, failure: str = "", *,
               seen: frozenset[int] = frozenset()) -> Players:
        """Take a renderer's answer; one about an id that is no longer open changes nothing."""
        player = self.by_id(id_)
        if player is None:
            return self
        return self.with_player(player.answer(renderer, now, failure, seen=player.program in seen))

    def without_the_late(self, now: Seconds, programs: frozenset[int]) -> Players:
        """Players of these programs wait no longer than the limit for the last renderer."""
        late = [p for p in self.slots if p.program in programs and p.overdue(now)]
        players = self
        for player in late:
            players = players.with_player(replace(player, ready=True))
        return players

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
        slots, next_id = list(self.slots), self.next_id
        _hand_over(slots, urgent, kept)
        for i, player in enumerate(slots):
            if player.id and player.key not in urgent:
                events.append(Closed(player.id, player.number, player.movie))
                slots[i] = Player(player.number, freed=now)
        free = [player for player in slots if not player.id]
        for want in [want for key, want in urgent.items() if key not in kept]:
            grace = (SHARED_GRACE if want.shared else GRACE) if audience else 0.0
            slot = next((slot for slot in free if now >= slot.freed + grace), None)
            if slot is None:
                break
            free.remove(slot)
            slots[slot.number] = Player(slot.number, next_id, want.program, want.movie, want.frame, now,
                                        waiting=audience, heard=now).settled()
            events.append(Opened(next_id, slot.number, want.movie, want.frame))
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
            replace(p, waiting=p.waiting - {renderer}, answered=p.answered - {renderer},
                    failures=tuple(one for one in p.failures if one[0] != renderer)).settled()
            for p in self.slots))


def _hand_over(slots: list[Player], urgent: dict[tuple[int, str], Want], kept: set[tuple[int, str]]) -> None:
    """Give hidden players that are needed less, or not at all, to programs that may share their movie.

    Nothing has to open for them then.
    """
    order = {key: place for place, key in enumerate(urgent)}
    for key, want in urgent.items():
        if key in kept or not want.shared or want.program == SPARE:
            continue
        for player in slots:
            needed = order.get(player.key, len(order)) < order[key]
            if player.id and player.movie == want.movie and not needed and not player.failures:
                kept.discard(player.key)
                kept.add(key)
                slots[player.number] = replace(player, program=want.program, frame=want.frame)
                break
