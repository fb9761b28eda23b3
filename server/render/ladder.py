"""How well to make frames when time is short: which rung of the ladder is kept. Pure: times are arguments.

Fewer steps, then every second frame with the others between them by flow, then a morph. A picture never stops.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from server.units import Seconds

MARGIN: Final = 1.25
"""A better rung must be so much faster than is needed before it is tried again."""
EASY: Final[Seconds] = 2.0
"""So long it must have been easy before a better rung is tried."""
LEARN: Final = 0.3
"""The weight of the newest time a frame took."""
STEPS_GAIN: Final = 0.6
"""What a frame with fewer steps is expected to take, while nobody has tried: decoding stays."""
HALF_GAIN: Final = 0.55
"""The same for every second frame: the flow costs a little."""


class Rung(IntEnum):
    """The lower on the ladder, the higher the number."""

    FULL = 0
    FEWER_STEPS = 1
    HALF = 2
    MORPH = 3


WORDS: Final[Mapping[Rung, str]] = {
    Rung.FULL: "as well as asked for", Rung.FEWER_STEPS: "fewer steps: the machine is too slow for all of them",
    Rung.HALF: "every second frame, the others between them by flow: the machine is too slow for all",
    Rung.MORPH: "a morph for the rest: the machine is too slow for the model"}


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where a transition stands. `each`: seconds that a frame has taken of late, by rung.

    `rungs` are those that there are for it: without steps to leave out there is no FEWER_STEPS.
    """

    rungs: tuple[Rung, ...] = tuple(Rung)
    rung: Rung = Rung.FULL
    easy: Seconds = 0.0
    each: Mapping[Rung, Seconds] = field(default_factory=dict)

    def made(self, seconds: Seconds, slack: Seconds, rate: float, left: int) -> Ladder:
        """The ladder after a frame that took `seconds` and was there `slack` before it was due (negative: too late).

        `left` frames are still to be made, to be played `rate` a second. It is stepped down one rung as soon as the
        frames to come cannot all be in time, and up when the better rung would have been for a while.
        """
        known = self.each.get(self.rung)
        took = seconds if known is None else (1 - LEARN) * known + LEARN * seconds
        now = replace(self, each={**self.each, self.rung: took})
        if not now.lasts(now.rung, slack, rate, left):
            return now._to(now._lower())
        better = now._upper()
        # A morph has gone another way than the model would: there is no way back without a jump.
        if better is None or now.rung is Rung.MORPH:
            return now
        if now.expected(better) * rate * MARGIN > 1 or slack < 0:
            return replace(now, easy=0.0)
        easy = now.easy + 1 / rate
        return now._to(better) if easy >= EASY else replace(now, easy=easy)

    def lasts(self, rung: Rung, slack: Seconds, rate: float, left: int) -> bool:
        """Whether a rung keeps up with the rate, or the frames in hand last until all are made, as far as is known.

        One late frame is no reason to leave it: whoever waits for the first one plays from then on.
        """
        each = self.expected(rung)
        return (self.rung is Rung.MORPH or left <= 0 or each * rate <= 1
                or (slack >= 0 and slack + left / rate >= left * each))

    def expected(self, rung: Rung) -> Seconds:
        """Seconds that a frame takes on a rung: measured there, else guessed from its neighbours; 0 if unknown."""
        if rung in self.each:
            return self.each[rung]
        for near in sorted(self.each, key=lambda one: abs(one - rung)):
            return self.each[near] * _gain(rung) / _gain(near)
        return 0.0

    def begin(self) -> Ladder:
        """For the next transition of its kind: what frames took is remembered, and so is a rung that was needed."""
        rung = self.rung
        while rung is Rung.MORPH and (better := replace(self, rung=rung)._upper()) is not None:
            rung = better
        return replace(self, rung=rung, easy=0.0)

    def _to(self, rung: Rung) -> Ladder:
        return replace(self, rung=rung, easy=0.0) if rung is not self.rung else self

    def _lower(self) -> Rung:
        return next((rung for rung in self.rungs if rung > self.rung), self.rung)

    def _upper(self) -> Rung | None:
        return max((rung for rung in self.rungs if rung < self.rung), default=None)


def _gain(rung: Rung) -> float:
    return math.prod(gain for below, gain in (
        (Rung.FEWER_STEPS, STEPS_GAIN), (Rung.HALF, HALF_GAIN)) if rung >= below)


def fewer_steps(steps: int) -> int:
    """Half of them, at least one."""
    return max(1, steps // 2)
