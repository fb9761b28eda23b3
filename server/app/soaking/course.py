"""What is done during a soak, and when: a seeded list of messages and of blows. Pure."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from server.units import Seconds

Value = float | int | str
DECKS: Final = 2
"""Deck 1 plays movies with numbers in their pictures, deck 2 walks through a song of pictures."""
PAUSE: Final[Seconds] = 0.4
"""Between two messages, in the middle."""
EVERY: Final[dict[str, Seconds]] = {"kill stand-in": 300.0, "kill worker": 900.0, "kill planner": 1200.0,
                                    "change movies": 600.0}
SERVER_DEATHS: Final = 4
SHOW_ALONE: Final = 0.4
"""From this part of the time on the server is not killed any more: its memory is looked at."""
_SECOND_HALF: Final = 2


@dataclass(frozen=True, slots=True, order=True)
class Act:
    """One thing that is done `at` seconds from the begin: a message, or a blow when there is no address."""

    at: Seconds
    what: str
    args: tuple[Value, ...] = ()

    @property
    def is_message(self) -> bool:
        return self.what.startswith("/")


def course(seed: int, length: Seconds, movies: Sequence[str], pictures: Sequence[str]) -> Iterator[Act]:
    """Everything that is done in `length` seconds, in order of time. The same seed does the same."""
    blows = [Act(at, what) for what, every in EVERY.items() for at in _times(length, every)]
    blows += [Act(length * SHOW_ALONE * (n + 0.5) / SERVER_DEATHS, "kill server") for n in range(SERVER_DEATHS)]
    return heapq.merge(sorted(blows), _messages(random.Random(seed), length, movies, pictures))


def _times(length: Seconds, every: Seconds) -> Iterator[Seconds]:
    """Moments of one kind of blow; in a short soak each kind happens twice all the same."""
    gap = min(every, length / 3)
    at = gap / _SECOND_HALF
    while at < length:
        yield at
        at += gap


def _messages(chance: random.Random, length: Seconds, movies: Sequence[str], pictures: Sequence[str]) -> Iterator[Act]:
    """What people send: overlapping takes and fades above all, then the transport, then the walk."""
    def movie() -> str:
        return chance.choice(movies)

    kinds: list[tuple[int, str, Callable[[], tuple[Value, ...]]]] = [
        (6, "/deck/1/load", lambda: (movie(),)), (6, "/deck/1/prepare", lambda: (movie(),)),
        (8, "/deck/1/take", lambda: ()), (8, "/deck/1/take/over", lambda: (round(chance.uniform(0.1, 4), 2),)),
        (1, "/deck/1/cancel", lambda: ()), (8, "/deck/1/frame", lambda: (chance.randrange(600),)),
        (4, "/deck/1/scrub", lambda: (round(chance.uniform(-30, 30), 2),)),
        (4, "/deck/1/speed", lambda: (round(chance.uniform(-3, 3), 2),)), (4, "/deck/1/play", lambda: ()),
        (1, "/deck/1/pause", lambda: ()), (2, "/deck/1/reverse", lambda: ()),
        (1, "/deck/1/loop", lambda: (chance.choice(("loop", "bounce", "hold")),)),
        (1, "/deck/1/freeze", lambda: (chance.randint(0, 1),)), (1, "/system/panic", lambda: ()),
        (2, "/clock/tempo", lambda: (round(chance.uniform(70, 170), 1),)),
        (5, "/deck/2/go/picture", lambda: (chance.choice(pictures),)), (2, "/deck/2/go/random", lambda: ()),
        (1, "/deck/2/go/back", lambda: ()), (1, "/deck/2/song", lambda: ("pictures",)),
    ]
    weights = [weight for weight, _, _ in kinds]
    at = 0.0
    while (at := at + chance.expovariate(1 / PAUSE)) < length:
        _, address, args = chance.choices(kinds, weights)[0]
        yield Act(at, address, args())
