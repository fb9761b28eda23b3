"""Clips of several movies: what is opened, what is held while another movie is awaited, what is inherited."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest
from decks import TICK, clip, empty, medley, movie, movies_on, opened, playing

from server.playback.deck import Deck
from server.playback.program import Program
from server.playback.timeline import Clip, Movie

PARTS = {name: movie(name, 30) for name in "abcde"}


def story(names: str) -> Clip:
    """One span of thirty frames for each letter."""
    return medley(names, *((PARTS[name], 0, 29) for name in names))


def answer(deck: Deck, now: float, silent: Collection[str] = ()) -> tuple[Deck, list[str]]:
    """Advance; the renderer shows at once what is opened, but for the silent movies."""
    deck, happenings = deck.advance(now)
    for one in opened(happenings):
        if one.movie not in silent:
            deck = deck.answered(one.id, "td", now)
    return deck, [one.movie for one in opened(happenings)]


def start(names: str, end: str = "loop", *, silent: Collection[str] = (), at: float = 0.0,
          speed: float = 1.0) -> Deck:
    """A story on screen at frame `at`, with one renderer."""
    deck = empty("td").prepare(story(names), 0.0).take_at(0.0, 0.0)
    deck, _ = answer(deck, 0.0, silent)
    deck, _ = answer(deck, 0.0, silent)
    deck = deck.change(lambda p: replace(p, transport=p.transport.set_end(0.0, end).set_speed(0.0, speed))
                       .at(0.0, at))
    return answer(deck, 0.0, silent)[0]


def run(deck: Deck, start: float, seconds: float, silent: Collection[str] = ()) -> tuple[Deck, list[str], float]:
    now, movies = start, list[str]()
    for i in range(1, round(seconds / TICK) + 1):
        now = start + i * TICK
        deck, asked = answer(deck, now, silent)
        movies += asked
    return deck, movies, now


def on_program(deck: Deck) -> Program:
    assert deck.current is not None
    return deck.current


# held -----------------------------------------------------------------------------------------


def test_what_is_seen_is_not_closed_for_what_is_awaited_far_away() -> None:
    deck = start("abcd", "hold", silent="bcd")
    deck = deck.change(lambda p: replace(p, transport=p.transport.pause(0.5)).at(0.5, 100.0))
    deck, _, now = run(deck, 0.5, 1.0, "bcd")

    assert [name for name, _ in movies_on(deck, now)] == ["a"]
    assert "d" in {player.movie for player in deck.players.slots}


@pytest.mark.parametrize(("at", "speed", "seconds", "silent", "held"), [
    (50.0, 1.0, 0.75, "c", ("b", 29)),   # d, still to come, is open too
    (100.0, -1.0, 1.75, "b", ("c", 0)),  # and so is a, backwards
    (68.0, -1.0, 2.0, "a", ("b", 0)),    # and so is d, round the loop's end
])
def test_of_two_pictures_that_could_be_held_it_is_the_one_shown_last(at: float, speed: float, seconds: float,
                                                                     silent: str, held: tuple[str, int]) -> None:
    deck, _, now = run(start("abcd", at=at, speed=speed), 0.0, seconds, silent)

    assert movies_on(deck, now) == [held]
    assert sum(player.ready for player in deck.players.slots) == 2


def test_a_movie_of_several_spans_is_held_at_the_end_of_the_one_that_was_seen() -> None:
    a, b = PARTS["a"], PARTS["b"]
    back_and_forth = medley("back and forth", (a, 0, 9), (b, 0, 14), (a, 29, 20), (b, 15, 29))
    deck = empty("td").prepare(back_and_forth, 0.0).take_at(0.0, 0.0)
    deck, _ = answer(deck, 0.0, "b")
    held = [movies_on(deck := run(deck, start, 0.5, "b")[0], start + 0.5) for start in (0.0, 0.5, 1.0)]

    assert held == [[("a", 9)], [("a", 24)], [("a", 20)]]


# opened ahead ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("end", "at", "speed", "beside"), [
    ("loop", 100.0, 1.0, {"c", "a"}), ("hold", 100.0, 1.0, {"c"}), ("bounce", 100.0, 1.0, {"c"}),
    ("loop", 20.0, -1.0, {"b", "d"}), ("hold", 20.0, -1.0, {"b"}), ("hold", 45.0, 1.0, {"a", "c"}),
])
def test_only_a_loop_has_the_movie_beyond_its_end_open(end: str, at: float, speed: float, beside: set[str]) -> None:
    deck = start("abcd", end, at=at, speed=speed)
    deck, _, now = run(deck, 0.0, 0.25)

    on_screen = {name for name, _ in movies_on(deck, now)}
    assert {player.movie for player in deck.players.slots if player.id} - on_screen == beside


# streamed -------------------------------------------------------------------------------------


def rates(deck: Deck, ticks: int) -> list[tuple[float, float, float]]:
    """Frame, rate and the frame one tick later, of the player that is seen, tick by tick."""
    told = []
    for i in range(1, ticks):
        deck = deck.advance(i * TICK)[0]
        (here,) = [player for player in deck.stream(i * TICK) if player.level > 0]
        later = deck.advance((i + 1) * TICK)[0].stream((i + 1) * TICK)
        (after,) = [player for player in later if player.level > 0]
        told.append((here.frame, here.rate, after.frame if after.clip == here.clip else -1.0))
    return told


@pytest.mark.parametrize("names", ["ab", "aba", "a"])
def test_a_rate_is_told_only_where_the_next_tick_continues_it(names: str) -> None:
    a, b = PARTS["a"], PARTS["b"]
    spans = {"ab": ((a, 0, 29), (b, 29, 0)), "aba": ((a, 0, 9), (a, 29, 20), (b, 5, 5), (a, 3, 8)), "a": ((a, 9, 0),)}
    deck = empty().prepare(medley(names, *spans[names]), 0.0).take_at(0.0, 0.0).advance(0.0)[0]
    told = rates(deck, 160)

    assert any(rate == 0.0 for _, rate, _ in told)
    assert sum(abs(rate) == pytest.approx(30.0, abs=1e-3) for _, rate, _ in told) > 100
    for frame, rate, after in told:
        assert abs(rate) <= 30.0 + 1e-3
        if rate:
            assert frame + rate * TICK == pytest.approx(after, abs=1e-4)


# inherited ------------------------------------------------------------------------------------


def uneven(name: str) -> Clip:
    way = np.cumsum([0.0] + [10.0] * 150 + [1.0] * 149)
    return Clip.of_movie(Movie(name, 300, movie("x").rate, 64, 64, path_length=way))


def taken(deck: Deck, clip_: Clip, *, runs: bool | None = None) -> Deck:
    """Prepared long before it is taken at 3."""
    prepared = deck.prepare(clip_, 0.5, runs=runs).advance(0.5)[0]
    return prepared.change(lambda p: p).take_at(3.0, 0.0).advance(3.0)[0]


def test_a_taken_clip_goes_backwards_when_the_one_before_it_was_turned_round() -> None:
    deck = playing("a").prepare(clip("b"), 0.5).advance(0.5)[0]
    deck = deck.change(lambda p: replace(p, transport=p.transport.reverse(1.0)))
    deck = deck.take_at(3.0, 0.0).advance(3.0)[0]

    assert on_program(deck).transport.forward is False
    assert movies_on(deck, 3.0) == [("b", 299)]
    assert movies_on(deck, 4.0) == [("b", 269)]


def test_a_taken_clip_keeps_speed_end_and_its_own_range() -> None:
    deck = playing("a").change(lambda p: replace(
        p, transport=p.transport.set_range(0.0, 5, 20).set_speed(0.0, 0.5).set_end(0.0, "bounce")))
    transport = on_program(taken(deck, clip("b", 40))).transport

    assert (transport.speed, transport.end, transport.playing) == (0.5, "bounce", True)
    assert (transport.first, transport.last, transport.anchor_time) == (0, 39, 3.0)


@pytest.mark.parametrize(("measured", "even"), [(True, True), (False, False)])
def test_constant_speed_is_inherited_by_what_is_measured(measured: bool, even: bool) -> None:
    deck = empty().prepare(uneven("u"), 0.0).take_at(0.0, 0.0).advance(0.0)[0]
    deck = deck.change(lambda p: replace(p, even=True))

    assert on_program(taken(deck, uneven("v") if measured else clip("v"))).even is even
    assert on_program(taken(playing("a"), uneven("v"))).even is False


@pytest.mark.parametrize(("before", "runs", "plays"), [
    (True, None, True), (False, None, False), (True, False, False), (False, True, True)])
def test_a_taken_clip_plays_as_the_one_before_it_unless_it_says_otherwise(before: bool, runs: bool | None,
                                                                         plays: bool) -> None:
    deck = playing("a")
    if not before:
        deck = deck.change(lambda p: replace(p, transport=p.transport.pause(0.0)))

    assert movies_on(taken(deck, clip("b"), runs=runs), 4.0) == [("b", 30 if plays else 0)]


@pytest.mark.parametrize(("runs", "frame"), [(None, 30), (True, 30), (False, 0)])
def test_the_first_clip_plays_unless_it_says_otherwise(runs: bool | None, frame: int) -> None:
    assert movies_on(taken(empty(), clip("b"), runs=runs), 4.0) == [("b", frame)]
