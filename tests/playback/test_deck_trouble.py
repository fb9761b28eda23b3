"""Decks in trouble: crowded, late, refused, frozen, held. Each was a wrong picture or a stuck deck once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from decks import TICK, clip, empty, levels_on, medley, movie, movies_on, opened, playing

from server.playback.deck import Deck, Took
from server.playback.players import GRACE, Closed, Opened
from server.playback.pulse import Pulse
from server.playback.tempo import Tempo
from server.playback.timeline import Clip, Movie


def run(deck: Deck, start: float, seconds: float) -> tuple[Deck, list[object]]:
    """Advance tick by tick; returns what happened."""
    happened: list[object] = []
    for i in range(1, round(seconds / TICK) + 1):
        deck, happenings = deck.advance(start + i * TICK)
        happened += happenings
    return deck, happened


def shown_by(deck: Deck, renderer: str, asked: list[Opened], t: float) -> Deck:
    for one in asked:
        deck = deck.answered(one.id, renderer, t)
    return deck


def crowded() -> Deck:
    """Three programs in one unfinished dissolve."""
    deck = playing("a").prepare(clip("b"), 1.0).take_at(1.0, 2.0).advance(1.0)[0]
    return deck.prepare(clip("c"), 1.5).take_at(2.0, 2.0).advance(2.0)[0]


def test_a_take_during_a_dissolve_of_three_lets_the_faintest_go_and_keeps_the_sum() -> None:
    deck = crowded().prepare(clip("d"), 2.5).take_at(2.5, 1.0).advance(2.5)[0]

    assert set(levels_on(deck, 3.0)) in ({"a", "c", "d"}, {"b", "c", "d"})
    assert sum(levels_on(deck, 3.0).values()) == pytest.approx(1.0)
    assert levels_on(deck.advance(3.5)[0], 3.5) == {"d": 1.0}


def test_after_panic_in_a_dissolve_of_three_loading_goes_on() -> None:
    deck = crowded().hold(2.5).advance(2.6)[0]
    deck = deck.prepare(clip("d"), 10.0).take_at(10.0, 0.0).advance(10.0)[0]

    assert movies_on(deck, 10.0) == [("d", 0)]


def test_a_take_that_waits_opens_nothing_twice() -> None:
    deck = empty("td").prepare(clip("a"), 0.0).take_at(0.0, 0.0)
    deck, first = deck.advance(0.0)
    deck = shown_by(deck, "td", opened(first), 0.0).advance(0.1)[0]
    deck = deck.prepare(clip("b"), 1.0).take_at(1.0, 0.0)
    deck, happened = run(deck, 1.0, 4.0)

    assert [one.movie for one in happened if isinstance(one, Opened)] == ["b"]
    assert [movie for movie, _ in movies_on(deck, 5.0)] == ["a"]


def test_a_silent_renderer_does_not_stop_the_others_at_a_span_border() -> None:
    story = medley("story", (movie("a", 30), 0, 29), (movie("b", 30), 0, 29))
    deck = empty("left", "right").prepare(story, 0.0).take_at(0.0, 0.0)
    deck, happenings = deck.advance(0.0)
    deck = shown_by(deck, "left", opened(happenings), 0.0)
    asked: list[object] = []
    for i in range(1, 100):
        deck, happenings = deck.advance(i * TICK)
        asked += happenings
        deck = shown_by(deck, "left", opened(happenings), i * TICK)

    assert movies_on(deck, 99 * TICK)[0][0] == "b"


def test_one_frame_clips_are_each_seen_for_a_frame() -> None:
    deck = playing("a", 1)
    deck = deck.change(lambda p: replace(p, transport=p.transport.set_end(0.0, "next")))
    deck = deck.prepare(clip("b", 1), 0.0)
    takes = [one.at for one in deck.advance(1.0)[1] if isinstance(one, Took)]

    assert takes == [pytest.approx(1 / 30)]


def test_while_a_movie_is_awaited_the_frame_seen_last_stays() -> None:
    parts = [(movie(name, 30), 0, 29) for name in "abcd"]
    deck = empty("td").prepare(medley("story", *parts), 0.0).take_at(0.0, 0.0)
    now, late = 0.0, "d"
    for i in range(240):
        now = i * TICK
        deck, happenings = deck.advance(now)
        deck = shown_by(deck, "td", [one for one in opened(happenings) if one.movie != late], now)

    assert movies_on(deck, now) == [("c", 29)]


def test_the_outgoing_side_of_a_fade_keeps_its_level_across_a_span_border() -> None:
    story = medley("story", (movie("a", 30), 0, 29), (movie("b", 30), 0, 29))
    deck = empty().prepare(story, 0.0).take_at(0.0, 0.0).advance(0.0)[0]
    deck = deck.prepare(clip("c"), 0.5).take_at(0.5, 2.0)
    for i in range(33, 140):
        deck = deck.advance(i * TICK)[0]
        assert sum(levels_on(deck, i * TICK).values()) == pytest.approx(1.0)


def test_a_player_that_was_just_seen_is_not_reused_at_once() -> None:
    deck = empty("td")
    for name in "abc":
        deck, happenings = deck.prepare(clip(name), 0.0).take_at(0.0, 0.0).advance(0.0)
        deck = shown_by(deck, "td", opened(happenings), 0.0).advance(0.0)[0]
    story = medley("story", *((movie(name, 30), 0, 29) for name in "xyz"))
    deck, happenings = deck.prepare(story, 1.0).take_at(1.0, 0.0).advance(1.0)
    deck = shown_by(deck, "td", opened(happenings), 1.0)
    freed: dict[int, float] = {}
    for i in range(64, 160):
        deck, happenings = deck.advance(i * TICK)
        for one in happenings:
            if isinstance(one, Closed):
                freed[one.player] = i * TICK
            elif isinstance(one, Opened) and one.player in freed:
                assert i * TICK - freed[one.player] >= GRACE - TICK
        deck = shown_by(deck, "td", opened(happenings), i * TICK)
    assert freed


def test_a_failure_is_remembered_while_others_are_awaited() -> None:
    deck = playing("a").joined("left").joined("right").prepare(clip("b"), 1.0).take_at(1.0, 0.0)
    deck, happenings = deck.advance(1.0)
    (asked,) = opened(happenings)
    deck = deck.answered(asked.id, "left", 1.1, "damaged").left("right").advance(2.0)[0]

    assert movies_on(deck, 2.0) == [("a", 60)]
    assert deck.prepared is None


def test_ready_and_then_failed_is_failed() -> None:
    deck = playing("a").joined("td").prepare(clip("b"), 1.0)
    deck, happenings = deck.advance(1.0)
    (asked,) = opened(happenings)
    deck = deck.answered(asked.id, "td", 1.1).answered(asked.id, "td", 1.2, "gone").take_at(1.3, 0.0).advance(1.3)[0]

    assert movies_on(deck, 1.3) == [("a", 39)]


@pytest.mark.parametrize("verb", ["set_speed", "reverse", "pause", "set_end", "set_range", "seek"])
def test_nothing_moves_a_frozen_picture(verb: str) -> None:
    arguments = {"set_speed": (2.0,), "set_end": ("bounce",), "set_range": (5, 20), "seek": (7.0,)}.get(verb, ())
    deck = playing("a").freeze(1.0, on=True).advance(1.0)[0]
    deck = deck.change(lambda p: replace(p, transport=getattr(p.transport, verb)(3.0, *arguments)))
    deck = replace(deck, pulse=Pulse(add=0.5, multiply=0.5))

    assert {tuple(movies_on(deck.advance(t)[0], t)) for t in (3.0, 3.2, 4.0)} == {(("a", 30),)}


def test_a_load_under_a_frozen_picture_is_seen_when_it_is_let_go() -> None:
    deck = playing("a").freeze(1.0, on=True).advance(1.0)[0]
    deck = deck.prepare(clip("b"), 2.0).take_at(2.0, 0.0).advance(2.0)[0]
    assert movies_on(deck, 3.0) == [("a", 30)]

    deck = deck.advance(4.0)[0].freeze(4.0, on=False).advance(4.0)[0]
    assert movies_on(deck, 4.0) == [("b", 60)]


def test_panic_holds_also_what_the_beat_pushes() -> None:
    deck = replace(playing("a"), pulse=Pulse(add=0.1, multiply=0.3))
    before = movies_on(deck, 1.1)
    deck = deck.hold(1.1)

    assert {tuple(movies_on(deck, 1.1 + i * 0.1)) for i in range(20)} == {tuple(before)}


def test_what_is_prepared_plays_as_the_one_before_it_does_when_it_is_taken() -> None:
    deck = playing("a").prepare(clip("b"), 1.0).advance(1.0)[0]
    deck = deck.change(lambda p: replace(p, transport=p.transport.set_speed(2.0, -2.0).set_end(2.0, "bounce")))
    deck = deck.take_at(3.0, 0.0).advance(3.0)[0]

    assert deck.current is not None
    assert (deck.current.transport.speed, deck.current.transport.end) == (-2.0, "bounce")
    assert movies_on(deck, 3.0) == [("b", 299)]

    paused = playing("a").prepare(clip("b"), 1.0).change(lambda p: replace(p, transport=p.transport.pause(2.0)))
    assert movies_on(paused.take_at(3.0, 0.0).advance(3.0)[0], 9.0) == [("b", 0)]


def test_a_take_that_waits_for_a_beat_follows_the_tempo() -> None:
    deck = playing("a").prepare(clip("b"), 0.5).take_at(2.0, 0.0, "bar").advance(0.5)[0]
    slower = deck.with_tempo(deck.tempo.set_bpm(1.0, 60.0), 1.0)
    takes = [one.at for one in slower.advance(4.0)[1] if isinstance(one, Took)]

    assert takes == [pytest.approx(3.0)]
    jumped = deck.with_tempo(Tempo(120.0, 1.0, 65.0), 1.0)
    assert jumped.take is not None
    assert jumped.take.at == pytest.approx(2.5)


def test_even_ranges_and_steps_count_in_the_frames_that_are_seen() -> None:
    import numpy as np

    way = np.cumsum([0.0] + [10.0] * 150 + [1.0] * 149)
    uneven = Clip.of_movie(Movie("u", 300, movie("x").rate, 64, 64, path_length=way))
    deck = empty().prepare(uneven, 0.0).take_at(0.0, 0.0).advance(0.0)[0]
    deck = deck.change(lambda p: replace(p, even=True, transport=p.transport.pause(0.0)).at(0.0, 75.0))

    def do(verb: str, *arguments: object) -> int:
        changed = deck.change(lambda p: p.in_frames(1.0, lambda t: getattr(t, verb)(1.0, *arguments)))
        return movies_on(changed, 1.0)[0][1]

    assert do("set_range", 0, 200) == 75
    assert do("set_range", 0, 299) == 75
    assert do("set_loop", (70, 80)) == 75
    assert do("step", 1) == 76
    assert do("step", -5) == 70
    assert do("nudge", 2.0) == 77
    looping = deck.change(lambda p: p.in_frames(1.0, lambda t: t.set_loop(1.0, (70, 80)).play(1.0)))
    assert {movies_on(looping, 1.0 + i * TICK)[0][1] for i in range(200)} == set(range(70, 81))


def test_a_range_that_loops_opens_its_first_movie_before_it_is_needed() -> None:
    parts = [(movie(name, 30), 0, 29) for name in "abcde"]
    deck = empty().prepare(medley("story", *parts), 0.0).take_at(0.0, 0.0).advance(0.0)[0]
    deck = deck.change(lambda p: replace(p, transport=p.transport.set_range(0.0, 30, 119).seek(0.0, 100.0)))
    deck = deck.advance(0.1)[0]

    assert movies_on(deck, 0.1)[0][0] == "d"
    assert {player.movie for player in deck.players.slots} == {"d", "b", "c"}
