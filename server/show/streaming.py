"""The 60 Hz stream: a deck's players at a time, as the bytes that TouchDesigner reads."""

from __future__ import annotations

from server.playback.deck import Deck
from server.playback.screen import PlayerState
from server.protocol.stream import StreamTemplate
from server.units import Position, Seconds, shown

TICK_LIMIT = 1 << 24
"""Ticks wrap here: a CHOP is float32, exact below."""


_EDGE = 0.49


def _inside_frame(position: Position) -> float:
    """The position, kept off the edges of its frame: as float32 an edge could fall into the next one."""
    frame = shown(position)
    return min(max(position, frame - _EDGE), frame + _EDGE)


class Streamer:
    """Packs decks; remembers which tick was last, because packets between ticks are told from it."""

    def __init__(self, decks: int, tick_rate: float) -> None:
        self._templates = [StreamTemplate(number) for number in range(1, decks + 1)]
        self._number = 0
        self._deadline: Seconds = 0.0
        self.tick_rate = tick_rate

    def tick(self, number: int, deadline: Seconds) -> None:
        self._number, self._deadline = number % TICK_LIMIT, deadline

    def packet(self, deck: Deck, time: Seconds, now: Seconds, gain: float, pace: float = 1.0) -> bytes:
        """A deck as it is at its own `time`, which is `now` on the clock, counted from the last tick.

        A frame that moves is dated back to the tick, so that `frame + rate × age` is right for whoever
        counts from there; one that stands needs no date. `pace`: seconds of the deck's time in one of the clock's.
        """
        age = now - self._deadline if self._deadline else 0.0
        seen = deck.stream(time, gain)
        if pace != 1.0:
            seen = tuple(p._replace(rate=p.rate * pace) for p in seen)
        players = [PlayerState(p.clip, p.frame - p.rate * age if p.rate else _inside_frame(p.frame), p.rate, p.level)
                   for p in seen]
        return self._templates[deck.number - 1].pack(self._number, players)
