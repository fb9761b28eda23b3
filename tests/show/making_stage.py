"""A stage on which somebody makes transitions: parts come when the test says so, frame by frame in its own time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stage import plain_movie
from walks import RING, Pair, WalkStage

from server.playback.walk import Hop, Missing, Part
from server.show.events import (
    Grew,
    Jobbed,
    JobOrder,
    JobTold,
    NeedDetour,
    NeedJob,
    NeedRoute,
    NeedTransition,
    Routed,
    Stunted,
    Unused,
    WorkerTold,
)
from server.show.making_state import Growing, Job, Worker

FRAMES = 61
"""Of what is made: two seconds."""


class MakingStage(WalkStage):
    """`quick`: a wish is answered at once by the word that it is being made. `lacks`: transitions that are planned."""

    def __init__(self, pairs: tuple[Pair, ...] = RING, *, quick: bool = True, lacks: tuple[Pair, ...] = (),
                 **more: Any) -> None:
        super().__init__(pairs, **more)
        self.quick, self.lacks, self.there = quick, lacks, pairs
        self.numbers: dict[Pair, str] = {}
        self.grown: dict[str, Growing] = {}
        self.feed([WorkerTold(Worker("ready", "cpu"))])

    def settle(self) -> None:
        seen = len(self.events)
        super().settle()
        if self.quick:
            for event in [event for event in self.events[seen:] if isinstance(event, NeedTransition) and event.live]:
                self.begin_job(event)

    def plan(self, asked: NeedRoute) -> Routed:
        """As without anybody who makes things, but over what is planned, too."""
        self.there, self.pairs = self.pairs, (*self.pairs, *self.lacks)
        try:
            return super().plan(asked)
        finally:
            self.pairs = self.there

    def hop(self, start: str, end: str) -> Hop | Missing:
        lacking = not any(pair in ((start, end), (end, start)) for pair in self.there)
        return Missing(start, end) if lacking else super().hop(start, end)

    def begin_job(self, event: NeedTransition) -> str:
        """Say that a transition is being made; returns the number of the job."""
        pair = (event.start, event.end)
        if pair not in self.numbers:
            self.numbers[pair] = str(len(self.numbers) + 1)
            self.feed([JobTold(self.job(pair))])
        return self.numbers[pair]

    def job(self, pair: Pair, state: str = "making", **more: Any) -> Job:
        return Job(self.numbers[pair], "transition", *pair, "morph", "song", state, deck=1, live=True, **more)

    def grow(self, pair: Pair, upto: int, due: float | None = None) -> MakingStage:
        """Frames up to this one (not counted) are closed now; the next part comes `due` seconds from now."""
        number = self.numbers[pair]
        whole = plain_movie(f"song/transitions/{pair[0]} to {pair[1]}.mov", count=FRAMES)
        one = self.grown.get(number) or Growing(number, "song", *pair, whole)
        begin = one.parts[-1].begin + one.parts[-1].count if one.parts else 0
        movie = plain_movie(f"song/transitions/{pair[0]} to {pair[1]}.making/{begin:05}.mov", count=upto - begin)
        one = replace(one, parts=(*one.parts, Part(movie, begin, upto - begin)),
                      due=None if due is None else self.now + due)
        self.grown[number] = one
        self.feed([Grew(one)])
        return self

    def finish(self, pair: Pair) -> MakingStage:
        """All of it is there, and soon the song has it."""
        made = self.grown[self.numbers[pair]].hop().made
        if made < FRAMES:
            self.grow(pair, FRAMES)
        self.feed([JobTold(self.job(pair, "done", progress=1.0))])
        return self

    def detour(self, job: str, number: str, end: str, at: int, made: int, of: int) -> MakingStage:
        """A transition is left behind frame `at` for another picture; `made` frames of the rest are there."""
        old = self.grown[job]
        whole = plain_movie(f"song/detours/{old.start} to {old.end} {at} to {end}.mov", count=at + of)
        parts = tuple(replace(part, count=min(part.count, at + 1 - part.begin)) for part in old.parts
                      if part.begin <= at)
        movie = plain_movie(f"song/detours/{number}.making/0.mov", count=made)
        one = Growing(number, "song", old.start, end, whole, (*parts, Part(movie, at + 1, made)), detour=True)
        self.grown[number] = one
        self.feed([Grew(one, left=job)])
        return self

    def fail(self, pair: Pair, state: str = "failed", reason: str = "the disk is full") -> MakingStage:
        self.feed([JobTold(self.job(pair, state, reason=reason)), Stunted(self.numbers[pair])])
        return self

    def answered(self, kind: type[NeedJob] | type[NeedDetour]) -> Any:
        """The newest event of a kind, answered with a number."""
        event = next(event for event in reversed(self.events) if isinstance(event, kind))
        self.feed([Jobbed(event.ticket, "17")])
        return event

    def ordered(self) -> list[JobOrder]:
        return [event for event in self.events if isinstance(event, JobOrder)]

    def released(self) -> list[str]:
        return [event.job for event in self.events if isinstance(event, Unused)]

    def logical(self, deck: int = 1) -> int:
        """The frame of the transition that is seen, wherever it lies."""
        from server.playback.walk import where

        value = self.show.state.deck(deck)
        assert value.current is not None
        here = where(value.current, self.show.state.time_of(value, self.now))
        assert here is not None
        return round(here.frame)
