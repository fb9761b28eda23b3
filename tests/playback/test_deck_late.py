"""A tick that comes late: what was due in between happens at the moment it was due."""

from __future__ import annotations

import pytest
from decks import TICK, clip, empty, levels_on, medley, movie, opened

from server.playback.deck import Deck, Took
from server.playback.players import GRACE, LATE_LIMIT

LATE = 3.0


def ready(deck: Deck, now: float, *renderers: str) -> Deck:
    """Advance, and let the renderers show what is opened."""
    deck, happenings = deck.advance(now)
    for one in opened(happenings):
        for renderer in renderers:
            deck = deck.answered(one.id, renderer, now)
    return deck


def on_screen(name: str, *renderers: str) -> Deck:
    deck = ready(empty(*renderers).prepare(clip(name), 0.0).take_at(0.0, 0.0), 0.0, *renderers)
    return deck.advance(0.0)[0]


def opened_at(deck: Deck, name: str) -> float:
    return next(player.opened for player in deck.players.slots if player.movie == name)


def test_what_comes_after_a_take_is_opened_at_the_take() -> None:
    story = medley("bc", (movie("b", 600), 0, 599), (movie("c"), 0, 99))
    deck = ready(on_screen("a", "td").prepare(story, 0.0).take_at(1.0, 0.0), 0.5, "td")

    deck = deck.advance(LATE)[0]

    assert opened_at(deck, "c") == 1.0


def test_a_player_is_used_again_as_soon_as_its_picture_is_gone() -> None:
    story = medley("bcd", (movie("b", 600), 0, 599), (movie("c"), 0, 99), (movie("d"), 0, 99))
    deck = ready(on_screen("a", "td").prepare(story, 0.0).take_at(1.0, 0.0), 0.5, "td")

    deck = deck.advance(LATE)[0]

    assert sorted(opened_at(deck, name) for name in "cd") == pytest.approx([1.0, 1.0 + GRACE])


def test_a_fade_ends_when_it_ends() -> None:
    story = medley("bcd", (movie("b", 600), 0, 599), (movie("c"), 0, 99), (movie("d"), 0, 99))
    deck = ready(on_screen("a", "td").prepare(story, 0.0).take_at(1.0, 0.75), 0.5, "td")

    deck = deck.advance(LATE)[0]

    assert levels_on(deck, LATE) == {"b": 1.0}
    assert sorted(opened_at(deck, name) for name in "cd") == pytest.approx([1.0, 1.75 + GRACE])


def test_the_last_of_two_renderers_is_waited_for_no_longer_than_the_limit() -> None:
    deck = on_screen("a", "left", "right").prepare(clip("b"), 0.0).take_at(1.0, 0.5)
    deck = ready(deck, 1.0 - TICK, "left")

    deck, happenings = deck.advance(LATE)

    took = next(one for one in happenings if isinstance(one, Took))
    assert took.late == ("right",)
    assert took.at == pytest.approx(1.0 + LATE_LIMIT)
