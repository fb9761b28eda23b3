"""Takes, fades and players of a deck, without clocks or renderers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from decks import TICK, clip, empty, levels_on, medley, movie, movies_on, opened, playing
from hypothesis import given
from hypothesis import strategies as st

from server.playback.deck import Failed, Took
from server.playback.players import PLAYERS, Closed
from server.units import shown


def test_the_first_load_is_on_screen_at_once_without_renderers() -> None:
    deck = playing("a")

    assert movies_on(deck, 0.0) == [("a", 0)]
    assert movies_on(deck, 1.0) == [("a", 30)]


def test_a_take_waits_until_its_renderer_is_ready_and_starts_then() -> None:
    deck, happenings = empty("td").prepare(clip("a"), 0.0).take_at(0.0, 0.0).advance(0.0)
    (asked,) = opened(happenings)
    assert movies_on(deck, 0.1) == []

    deck = deck.answered(asked.id, "td", 0.5)
    deck, happenings = deck.advance(0.6)

    assert [h.at for h in happenings if isinstance(h, Took)] == [0.5]
    assert movies_on(deck, 0.5) == [("a", 0)]
    assert movies_on(deck, 1.5) == [("a", 30)]


def test_what_is_prepared_stands_still_until_it_is_taken() -> None:
    deck = playing("a").prepare(clip("b"), 1.0).advance(1.0)[0]

    assert deck.prepared_ready
    assert movies_on(deck, 5.0) == [("a", 150)]

    deck = deck.take_at(7.0, 0.0).advance(7.0)[0]
    assert movies_on(deck, 7.0) == [("b", 0)]


def test_one_late_renderer_of_two_holds_up_a_take_for_a_quarter_of_a_second() -> None:
    deck, happenings = empty("left", "right").prepare(clip("a"), 0.0).take_at(1.0, 0.0).advance(0.0)
    (asked,) = opened(happenings)
    deck = deck.answered(asked.id, "left", 0.2)

    deck, happenings = deck.advance(1.2)
    assert not any(isinstance(h, Took) for h in happenings)

    deck, happenings = deck.advance(1.3)
    (took,) = [h for h in happenings if isinstance(h, Took)]
    assert took == Took(1.25, "a", ("right",))


def test_a_renderer_that_fails_does_not_hold_up_the_others() -> None:
    deck, happenings = empty("left", "right").prepare(clip("a"), 0.0).take_at(0.0, 0.0).advance(0.0)
    (asked,) = opened(happenings)
    deck = deck.answered(asked.id, "right", 0.1, "no such file").answered(asked.id, "left", 0.2)

    deck, happenings = deck.advance(0.2)

    assert [h.late for h in happenings if isinstance(h, Took)] == [()]


def test_what_nobody_can_open_is_given_up_and_the_picture_stays() -> None:
    deck = playing("a").joined("td").prepare(clip("b"), 1.0).take_at(1.0, 0.0)
    deck, happenings = deck.advance(1.0)
    (asked,) = opened(happenings)

    deck, happenings = deck.answered(asked.id, "td", 1.1, "damaged").advance(1.1)

    assert Failed("b", "b", "damaged") in happenings
    assert deck.prepared is None
    assert movies_on(deck, 1.1) == [("a", 33)]


def test_a_dissolve_keeps_the_sum_of_levels() -> None:
    deck = playing("a").prepare(clip("b"), 1.0).take_at(1.0, 2.0).advance(1.0)[0]

    assert levels_on(deck, 2.0) == {"a": 0.5, "b": 0.5}
    deck = deck.advance(3.0)[0]
    assert levels_on(deck, 3.0) == {"b": 1.0}


def test_a_take_during_a_fade_starts_from_what_is_on_screen() -> None:
    deck = playing("a").prepare(clip("b"), 1.0).take_at(1.0, 2.0).advance(1.0)[0]
    deck = deck.prepare(clip("c"), 1.5).take_at(2.0, 1.0).advance(2.0)[0]

    assert levels_on(deck, 2.0) == {"a": 0.5, "b": 0.5}
    assert levels_on(deck, 2.5) == {"a": 0.25, "b": 0.25, "c": 0.5}
    assert levels_on(deck.advance(3.0)[0], 3.0) == {"c": 1.0}


def test_three_players_are_enough_and_a_fourth_movie_waits_for_one() -> None:
    deck = playing("a").prepare(clip("b"), 1.0).take_at(1.0, 2.0).advance(1.0)[0]
    deck = deck.prepare(clip("c"), 1.5).take_at(1.5, 2.0).advance(1.5)[0]
    deck, happenings = deck.prepare(clip("d"), 1.6).advance(1.6)
    assert not opened(happenings)
    assert set(levels_on(deck, 1.7)) == {"a", "b", "c"}

    deck, _ = deck.advance(3.5)
    deck, happenings = deck.advance(3.5 + TICK)

    assert deck.prepared_ready


def test_spans_of_other_movies_are_opened_before_they_are_needed_and_closed_after() -> None:
    a, b, c, d = (movie(name, 30) for name in "abcd")
    story = medley("story", (a, 0, 29), (b, 29, 0), (c, 0, 29), (d, 0, 29))
    deck = empty().prepare(story, 0.0).take_at(0.0, 0.0).advance(0.0)[0]
    seen, open_movies = [], set()

    for i in range(1, 4 * 64):
        deck, happenings = deck.advance(i * TICK)
        open_movies |= {h.movie for h in opened(happenings)}
        assert not {h.movie for h in happenings if isinstance(h, Closed)} & {movies_on(deck, i * TICK)[0][0]}
        seen.append(movies_on(deck, i * TICK)[0])

    assert [m for m, _ in seen[::64]] == ["a", "b", "c", "d"]
    assert ("b", 29) in seen
    assert ("b", 0) in seen
    assert seen.index(("b", 29)) < seen.index(("b", 0))
    assert {"b", "c", "d"} <= open_movies


def test_a_movie_that_is_not_ready_leaves_the_last_frame_of_the_one_before() -> None:
    a, b = movie("a", 30), movie("b", 30)
    deck = empty("td").prepare(medley("story", (a, 0, 29), (b, 0, 29)), 0.0).take_at(0.0, 0.0)
    deck, happenings = deck.advance(0.0)
    first = next(h for h in opened(happenings) if h.movie == "a")
    deck, happenings = deck.answered(first.id, "td", 0.0).advance(0.0)
    (second,) = opened(happenings)

    deck = deck.advance(1.5)[0]
    assert movies_on(deck, 1.5) == [("a", 29)]

    deck = deck.answered(second.id, "td", 1.5).advance(1.6)[0]
    assert movies_on(deck, 1.6) == [("b", shown(1.6 * 30 - 30))]


def test_the_end_mode_next_goes_on_to_what_is_prepared_when_the_clip_is_over() -> None:
    deck = playing("a", 60)
    deck = deck.change(lambda p: replace(p, transport=p.transport.set_end(0.0, "next")))
    deck = deck.prepare(clip("b"), 0.5).advance(0.5)[0]

    deck, happenings = deck.advance(2.5)

    over = 59 / 30
    assert [h.at for h in happenings if isinstance(h, Took)] == [pytest.approx(over)]
    assert movies_on(deck, over + 0.1) == [("b", 3)]


def test_on_a_grid_what_is_ready_too_late_waits_for_the_next_boundary() -> None:
    deck, happenings = empty("td").prepare(clip("a"), 0.1).take_at(0.5, 0.0, "beat").advance(0.1)
    (asked,) = opened(happenings)
    deck = deck.answered(asked.id, "td", 0.7)

    deck, happenings = deck.advance(0.8)
    assert not any(isinstance(h, Took) for h in happenings)
    deck, happenings = deck.advance(1.0)
    assert [h.at for h in happenings if isinstance(h, Took)] == [1.0]


def test_panic_holds_pictures_and_levels() -> None:
    deck = playing("a").prepare(clip("b"), 1.0).take_at(1.0, 2.0).advance(1.0)[0].advance(2.0)[0].hold(2.0)

    assert levels_on(deck, 2.0) == levels_on(deck, 60.0) == {"a": 0.5, "b": 0.5}
    assert movies_on(deck, 2.0) == movies_on(deck, 60.0)


def test_freeze_holds_the_picture_while_time_goes_on() -> None:
    frozen = playing("a").freeze(1.0, on=True).advance(1.0)[0]

    assert movies_on(frozen, 5.0) == [("a", 30)]
    assert movies_on(frozen.freeze(5.0, on=False).advance(5.0)[0], 5.0) == [("a", 150)]


def test_a_renderer_that_comes_back_takes_no_picture_off_the_screen() -> None:
    deck, happenings = empty("td").prepare(clip("a"), 0.0).take_at(0.0, 0.0).advance(0.0)
    deck = deck.answered(opened(happenings)[0].id, "td", 0.1).advance(0.1)[0]

    deck = deck.left("td").joined("td").advance(0.2)[0]

    assert movies_on(deck, 0.2) == [("a", shown(0.1 * 30))]


def test_the_stream_stands_where_the_line_breaks() -> None:
    deck = playing("a", 30)
    moving, last = deck.stream(0.5)[0], deck.stream(29.4 / 30)[0]

    assert moving.rate == pytest.approx(30.0)
    assert moving.frame == pytest.approx(15.0)
    assert last.rate == 0.0


@given(st.lists(st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 3.0)), min_size=1, max_size=6), st.floats(0.0, 1.0))
def test_a_deck_evaluated_ahead_is_what_then_happens(takes: list[tuple[float, float]], late: float) -> None:
    deck, now = playing("start"), 0.0
    for i, (wait, fade) in enumerate(takes):
        now += wait
        deck = deck.advance(now)[0].prepare(clip(f"clip {i}"), now).take_at(now + late, fade)
        deck = deck.advance(now)[0]
    ahead = deck.ahead(now + 1.0)
    steps = deck
    for i in range(1, 65):
        steps = steps.advance(now + i * TICK)[0]

    assert steps.pictures(now + 1.0) == ahead.pictures(now + 1.0)


@given(st.lists(st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 3.0)), min_size=1, max_size=8))
def test_levels_never_exceed_the_whole_and_players_are_never_shared(takes: list[tuple[float, float]]) -> None:
    deck, now = playing("start"), 0.0
    for i, (wait, fade) in enumerate(takes):
        now += wait
        deck = deck.advance(now)[0].prepare(clip(f"clip {i % 3}"), now).take_at(now, fade).advance(now)[0]
        for part in (0.0, 0.01, 0.5, 1.0):
            seen = deck.advance(now + part)[0]
            pictures = seen.pictures(now + part)
            assert sum(p.level for p in pictures) == pytest.approx(1.0)
            assert len({p.player for p in pictures}) == len(pictures) <= PLAYERS
