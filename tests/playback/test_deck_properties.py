"""Decks in front of two renderers that answer late or not at all: what must hold whatever is asked of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from decks import TICK, empty, movie
from hypothesis import given, settings
from hypothesis import strategies as st

from server.playback.deck import Deck, Happening
from server.playback.players import GRACE, Closed, Opened
from server.playback.program import Program
from server.playback.screen import Picture
from server.playback.timeline import Clip, Span
from server.units import shown

MOVIES = [movie(name, 24) for name in "abcd"]
RENDERERS = ("left", "right")
NEVER = 10**6


class Reply(NamedTuple):
    """How a renderer answers an open: after some ticks, with a picture or with a reason."""

    ticks: int
    fails: bool = False


class Act(NamedTuple):
    """Something that is asked of the deck after some ticks."""

    ticks: int
    verb: str
    value: Any = None


frames = st.integers(0, 23)
spans = st.builds(Span, st.sampled_from(MOVIES), frames, frames)
clips = st.lists(spans, min_size=1, max_size=5).map(lambda parts: Clip.from_spans("clip", parts))
delays, failures = st.sampled_from([0, 0, 1, 5, 12, 30, NEVER]), st.sampled_from([False] * 5 + [True])
replies = st.lists(st.builds(Reply, delays, failures), min_size=1, max_size=8)
fades = st.sampled_from([0.0, 0.0, 0.3, 1.0])


def act(verb: str, values: st.SearchStrategy[Any] | None = None, first: int = 40) -> st.SearchStrategy[Act]:
    return st.builds(Act, st.integers(0, first), st.just(verb), st.none() if values is None else values)


moves = st.one_of(act("set_speed", st.sampled_from([1.0, -1.0, 0.5, 2.0])), act("reverse"), act("pause"), act("play"))
ends = act("set_end", st.sampled_from(["loop", "hold", "bounce", "next"]))
seeks = act("seek", st.integers(0, 100))
loads = act("load", st.tuples(clips, fades))


class Theatre:
    """A deck, two renderers, and the time, tick by tick."""

    def __init__(self, replies: list[Reply]) -> None:
        self.deck = empty(*RENDERERS)
        self.tick = 0
        self._replies, self._asked = replies, 0
        self._answers: list[tuple[int, int, str, str]] = []
        self.before = self.deck
        self.happenings: list[Happening] = []

    @property
    def now(self) -> float:
        return self.tick * TICK

    def ask(self, act: Act) -> None:
        now = self.now
        if act.verb == "load":
            clip, fade = act.value
            self.deck = self.deck.prepare(clip, now).take_at(now, fade if self.deck.layers else 0.0)
        elif act.verb == "seek":
            self.deck = self.deck.change(lambda p: p.at(now, float(act.value % p.clip.count)))
        else:
            values = () if act.value is None else (act.value,)
            self.deck = self.deck.change(
                lambda p: replace(p, transport=getattr(p.transport, act.verb)(now, *values)))

    def step(self) -> None:
        """The next tick: what renderers say by then, then the deck."""
        self.tick += 1
        for answer in sorted(one for one in self._answers if one[0] <= self.tick):
            self._answers.remove(answer)
            _, id_, renderer, failure = answer
            self.deck = self.deck.answered(id_, renderer, self.now, failure)
        self.before = self.deck
        self.deck, self.happenings = self.deck.advance(self.now)
        for one in self.happenings:
            if isinstance(one, Opened):
                self._listen(one.id)

    def _listen(self, id_: int) -> None:
        for renderer in RENDERERS:
            reply = self._replies[self._asked % len(self._replies)]
            self._asked += 1
            if reply.ticks < NEVER:
                self._answers.append((self.tick + 1 + reply.ticks, id_, renderer, "no" if reply.fails else ""))

    def seen(self) -> dict[int, int]:
        """The ids on screen, by player."""
        return {i: state.clip for i, state in enumerate(self.deck.stream(self.now)) if state.level > 0}


def played(theatre: Theatre, acts: list[Act]) -> Iterator[Theatre]:
    """Run the script; yields after every tick."""
    for act in [*acts, Act(90, "end")]:
        for _ in range(act.ticks):
            theatre.step()
            yield theatre
        if act.verb != "end":
            theatre.ask(act)


def scripts(*acts: st.SearchStrategy[Act]) -> st.SearchStrategy[list[Act]]:
    first = act("load", st.tuples(clips, fades), first=0)
    return st.tuples(first, st.lists(st.one_of(*acts), max_size=6)).map(lambda both: [both[0], *both[1]])


@settings(max_examples=60)
@given(scripts(loads, moves, ends, seeks), replies)
def test_levels_make_one_whole_once_anything_is_seen(acts: list[Act], answers: list[Reply]) -> None:
    lit = False
    for theatre in played(Theatre(answers), acts):
        levels = [picture.level for picture in theatre.deck.pictures(theatre.now)]
        lit = lit or bool(levels)
        assert sum(levels) == pytest.approx(1.0 if lit else 0.0)
        assert len(levels) == len(theatre.seen())


def by_program(deck: Deck, t: float) -> dict[int, Picture]:
    """What is seen of each program."""
    return {deck.players.slots[picture.player].program: picture for picture in deck.pictures(t)}


@settings(max_examples=60)
@given(scripts(loads, moves, ends, seeks), replies)
def test_what_is_seen_is_never_closed_nor_opened_anew(acts: list[Act], answers: list[Reply]) -> None:
    last_seen: dict[int, float] = {}
    for theatre in played(Theatre(answers), acts):
        now, deck, before = theatre.now, theatre.deck, theatre.before
        seen = by_program(deck, now)
        mixed = {layer.program.id for layer in deck.layers if layer.ramp.level(now) > 0}
        watched = {before.players.slots[picture.player].id: program
                   for program, picture in by_program(before, now).items() if program in mixed}
        for one in theatre.happenings:
            if isinstance(one, Closed):
                # A program gives a player back only for another that shows it.
                assert watched.get(one.id) in {None, *seen}
            elif isinstance(one, Opened):
                assert one.player not in theatre.seen()
                assert now - last_seen.get(one.player, -1.0) >= GRACE - 1e-9
        last_seen |= dict.fromkeys(theatre.seen(), now)


def commanded(program: Program, deck: Deck, t: float) -> tuple[str, int]:
    place = program.clip.place(program.position(t, deck.drive))
    return place.movie.name, shown(place.position)


@settings(max_examples=60)
@given(scripts(loads, moves, ends, seeks), replies)
def test_every_frame_is_the_one_commanded_or_the_last_that_was_seen(acts: list[Act], answers: list[Reply]) -> None:
    last: dict[int, tuple[str, int]] = {}
    for theatre in played(Theatre(answers), acts):
        deck, now = theatre.deck, theatre.now
        programs = {layer.program.id: layer.program for layer in deck.layers}
        for id_, picture in by_program(deck, now).items():
            frame = picture.movie, picture.frame
            # A frame may come and go between two ticks and still be the last that could be seen.
            recent = {commanded(programs[id_], deck, now - TICK * part / 16) for part in range(16)}
            assert frame in recent | {last.get(id_)}
            last[id_] = frame


def mixed(deck: Deck, t: float) -> list[tuple[str, int, float]]:
    return [(picture.movie, picture.frame, picture.level) for picture in deck.pictures(t)]


def stepped(deck: Deck, start: float, ticks: int) -> Deck:
    for i in range(1, ticks + 1):
        deck = deck.advance(start + i * TICK)[0]
    return deck


@settings(max_examples=100)
@given(scripts(loads, moves, ends, seeks), replies, st.integers(1, 90), st.booleans())
def test_ahead_is_what_happens_when_nobody_answers(acts: list[Act], answers: list[Reply], ticks: int,
                                                   gone: bool) -> None:
    *_, theatre = played(Theatre(answers), acts)
    deck, now = theatre.deck, theatre.now
    for renderer in RENDERERS if gone else ():
        deck = deck.left(renderer)
    end = now + ticks * TICK

    assert mixed(stepped(deck, now, ticks), end) == mixed(deck.ahead(end), end)


def test_a_span_that_is_entered_backwards_ends_too() -> None:
    """On a border played backwards the position still belongs to the span that is left."""
    spans = [Span(MOVIES[number], 0, 0) for number in (0, 1, 0, 2)]
    *_, theatre = played(Theatre([Reply(0)]), [Act(0, "load", (Clip.from_spans("clip", spans), 0.0)),
                                               Act(2, "reverse")])
    deck, now = theatre.deck, theatre.now
    end = now + 5 * TICK

    assert mixed(stepped(deck, now, 5), end) == mixed(deck.ahead(end), end)
