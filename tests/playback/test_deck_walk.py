"""Routes as clips: joints, directions, where one is on them; and players that are handed over instead of opened."""

from __future__ import annotations

from dataclasses import replace

import pytest
from decks import TICK, clip, empty, movie, movies_on, opened
from hypothesis import given
from hypothesis import strategies as st

from server.playback.deck import Deck
from server.playback.program import Program
from server.playback.transport import SPEED_MAX, Transport
from server.playback.walk import Hop, Leg, coming, hops_left, lay_out, passed, seconds_left, speed_for, where

MOVIES = {pair: movie(pair, 31) for pair in ("ab", "bc", "cd")}
AB, BC = Hop("a", "b", MOVIES["ab"], 0, 30), Hop("b", "c", MOVIES["bc"], 0, 30)


def leg(*hops: Hop, bridge: bool = False) -> Leg:
    return Leg(hops, (1.0,) * len(hops), bridge)


def program(*hops: Hop, at: float = 0.0) -> Program:
    clip_, route = lay_out(leg(*hops))
    transport = Transport(count=clip_.count, rate=clip_.rate, playing=True, end=route.end, anchor=at)
    return Program(1, clip_, transport, route=route)


def walking(*hops: Hop) -> Deck:
    clip_, route = lay_out(leg(*hops))
    return empty().prepare(clip_, 0.0, route=route).take_at(0.0, 0.0).advance(0.0)[0]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).filter(lambda ends: ends[0] != ends[1]),
                min_size=1, max_size=6))
def test_of_each_joint_one_frame_is_left_out_and_every_hop_ends_on_its_picture(ends: list[tuple[int, int]]) -> None:
    hops = [Hop(f"p{i}", f"p{i + 1}", movie(f"m{i}", 21), *pair) for i, pair in enumerate(ends)]
    laid, route = lay_out(leg(*hops))

    assert laid.count == sum(hop.frames for hop in hops) + 1
    for hop, stop in zip(hops, route.stops, strict=True):
        place = laid.place(stop)
        assert (place.movie.name, place.position) == (hop.movie.name, hop.last)
    assert laid.place(0).position == hops[0].first
    assert route.pictures == tuple(f"p{i}" for i in range(len(hops) + 1))


def test_a_hop_may_be_entered_midway_both_ways() -> None:
    forward, _ = lay_out(leg(AB), frame=12)
    back, route = lay_out(leg(AB.turned()), frame=12, since="a")

    assert (forward.count, forward.place(0).position) == (19, 12)
    assert (back.count, back.place(0).position, back.place(12).position) == (13, 12, 0)
    entered = Program(1, back, Transport(count=13, rate=back.rate, playing=True, end="hold"), route=route)
    assert (passed(entered, 0.0), coming(entered, 0.0)) == ("a", "a")


@pytest.mark.parametrize(("t", "before", "after", "left", "resting"), [
    (0.0, "a", "b", 2, "a"), (0.5, "a", "b", 2, ""), (1.0, "b", "c", 1, "b"), (1.5, "b", "c", 1, ""),
    (2.0, "c", "", 0, "c"), (9.0, "c", "", 0, "c")])
def test_where_a_walk_is(t: float, before: str, after: str, left: int, resting: str) -> None:
    walk = program(AB, BC)
    here = where(walk, t)
    assert here is not None
    assert (passed(walk, t), coming(walk, t), hops_left(walk, t), here.resting) == (before, after, left, resting)
    assert seconds_left(walk, t, 0.5) == pytest.approx(max(2.0 - t, 0.0), abs=1e-6)


def test_played_backwards_it_comes_back_to_where_it_was() -> None:
    walk = program(AB, BC)
    turned = replace(walk, transport=walk.transport.reverse(1.5))
    assert coming(turned, 1.5) == "b"
    assert coming(turned, 2.5) == "a"


def test_legs_behind_missing_transitions_count() -> None:
    _, route = lay_out(leg(AB), after=(leg(Hop("c", "d", MOVIES["cd"], 0, 30), bridge=True),))
    walk = replace(program(AB), route=route)
    assert (route.end, route.goal, route.pictures) == ("next", "d", ("a", "b", "c", "d"))
    assert hops_left(walk, 0.5) == 3
    assert seconds_left(walk, 0.5, 9.0) == pytest.approx(1.5)
    still, last = lay_out(leg(AB), after=(leg(Hop("d", "d", MOVIES["cd"], 30, 30), bridge=True),))
    assert still.count == 31
    assert seconds_left(replace(walk, route=last), 0.5, 9.0) == pytest.approx(9.5)


def test_no_walk_is_nowhere() -> None:
    plain = Program(1, clip("x"), Transport(count=300, rate=clip("x").rate))
    assert (where(plain, 0.0), passed(plain, 0.0), coming(plain, 0.0), hops_left(plain, 0.0)) == (None, "", "", 0)
    assert seconds_left(plain, 0.0, 1.0) == 0.0


@given(st.floats(0, 1e6), st.floats(1, 240), st.floats(0, 1e5))
def test_a_speed_is_always_one_that_can_be_played(frames: float, rate: float, seconds: float) -> None:
    assert 0 < speed_for(frames, rate, seconds) <= SPEED_MAX


def test_a_walk_goes_at_its_own_speed_and_hands_back_the_decks() -> None:
    deck = empty().prepare(clip("x"), 0.0).take_at(0.0, 0.0).advance(0.0)[0]
    deck = deck.change(lambda p: replace(p, transport=p.transport.set_speed(0.0, -2.0)))
    clip_, route = lay_out(Leg((AB,), (0.5,)), timed="route")
    deck = deck.prepare(clip_, 1.0, route=route).take_at(1.0, 0.0).advance(1.0)[0]
    assert movies_on(deck.ahead(2.0), 2.0) == [("ab", 15)]
    deck = deck.ahead(5.0).prepare(clip("y"), 5.0).take_at(5.0, 0.0).advance(5.0)[0]
    assert deck.current is not None
    transport = deck.current.transport
    assert (transport.speed, transport.end, transport.forward) == (-2.0, "loop", True)


def test_a_leg_is_taken_when_the_one_before_it_ends_over_its_own_fade() -> None:
    first, route = lay_out(leg(AB), after=(leg(BC, bridge=True),))
    second, after = lay_out(leg(BC, bridge=True), fade=0.5)
    deck = replace(empty(), fade=9.0).prepare(first, 0.0, route=route).take_at(0.0, 0.0).advance(0.0)[0]
    deck = deck.prepare(second, 0.0, route=after)
    assert [name for name, _ in movies_on(deck.ahead(0.9), 0.9)] == ["ab"]
    assert {p.movie: round(p.level, 2) for p in deck.ahead(1.25).pictures(1.25)} == {"ab": 0.5, "bc": 0.5}
    assert movies_on(deck.ahead(1.75), 1.75) == [("bc", 23)]


def test_another_way_takes_over_a_player_that_has_its_movie_open() -> None:
    clip_, route = lay_out(leg(AB, BC))
    deck = empty("td").prepare(clip_, 0.0, route=route).take_at(0.0, 0.0)
    deck, happened = deck.advance(0.0)
    for one in opened(happened):
        deck = deck.answered(one.id, "td", 0.0)
    deck, happened = deck.advance(TICK)
    (second,) = opened(happened)
    deck = deck.answered(second.id, "td", TICK)
    assert second.movie == "bc"

    other, route = lay_out(leg(BC))
    deck, happened = deck.prepare(other, 0.5, route=route).take_at(0.5, 0.0).advance(0.5)
    assert movies_on(deck, 0.5) == [("bc", 0)]
    assert [state.clip for state in deck.stream(0.5) if state.level] == [second.id]


def test_in_a_movie_that_holds_many_a_spare_player_is_kept_ready() -> None:
    whole = movie("atlas", 300)
    one, two = Hop("a", "b", whole, 0, 30), Hop("c", "d", whole, 100, 130)
    clip_, route = lay_out(leg(one), packed=("atlas",))
    deck, happened = empty("td").prepare(clip_, 0.0, route=route).take_at(0.0, 0.0).advance(0.0)
    ids = {event.id for event in opened(happened)}
    for id_ in ids:
        deck = deck.answered(id_, "td", 0.0)
    deck, happened = deck.advance(TICK)
    for event in opened(happened):
        deck = deck.answered(event.id, "td", TICK)
    other, route = lay_out(leg(two), packed=("atlas",), fade=1.0)
    deck, happened = deck.prepare(other, 0.5, route=route).take_at(0.5, 1.0).advance(0.5)

    assert {frame for _, frame in movies_on(deck.ahead(0.75), 0.75)} == {22, 107} or len(movies_on(deck, 0.75)) == 2
    assert len(opened(happened)) <= 1


def test_a_movie_that_is_loaded_again_by_hand_is_opened_again() -> None:
    deck, _ = empty("td").prepare(clip("x"), 0.0).advance(0.0)
    deck, happened = deck.prepare(clip("x"), 1.0).advance(1.0)
    deck, later = deck.advance(1.25)
    assert [one.movie for one in opened([*happened, *later])] == ["x"]
