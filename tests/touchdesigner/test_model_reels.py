"""Sessions, ghosts and reels of a deck: what is seen while something is missing, with injected time."""

from __future__ import annotations

import pytest

from td_extensions.deck_model import NO_REEL, DeckModel, Shown
from td_extensions.player_model import Command
from td_extensions.tick_clock import FREEWHEEL

START = 900


def on_air(path: str = "a.mov", frames: int = 1000, rate: float = 30.0) -> DeckModel:
    """Clip 7 plays on player 0 since one second, at frame 100 when the last tick was sent at 1.0."""
    deck = DeckModel(1)
    deck.open(7, 0, path, 0)
    deck.opened(7, frames)
    deck.apply(START, {0: Command(7, 100.0, rate, 1.0)}, 1.0)
    return deck


def seen(deck: DeckModel, now: float) -> list[tuple[str | None, int | None, float]]:
    return [(one.path, one.frame, round(one.level, 3)) for one in deck.shown(now) if one.level > 0]


def on_reel(deck: DeckModel, number: int, now: float = 1.0) -> Shown:
    return deck.shown(now)[number]


def test_a_new_session_with_the_same_movie_opens_nothing_and_shows_no_step() -> None:
    deck = on_air()
    serial = on_reel(deck, 0).serial
    assert seen(deck, 1.5) == [("a.mov", 115, 1.0)]
    deck.forget(1.6)
    assert seen(deck, 1.7) == [("a.mov", 121, 1.0)], "it goes on by the old ticks"
    assert deck.open(1, 0, "a.mov", 0) == (("ready", 1), True)
    assert seen(deck, 1.8) == [("a.mov", 124, 1.0)]
    deck.apply(5, {0: Command(1, 127.0, 30.0, 1.0)}, 1.9)
    assert seen(deck, 1.9) == [("a.mov", 127, 1.0)]
    assert on_reel(deck, 0, 1.9).serial == serial, "nothing was opened anew"


def test_two_players_with_the_movie_of_the_session_before_share_no_reel() -> None:
    deck = on_air()
    deck.forget(1.6)
    assert deck.open(1, 0, "a.mov", 0) == (("ready", 1), True)
    assert deck.open(2, 1, "a.mov", 0) == (("opening", 2), True), "the one that is there is taken: it opens another"
    deck.opened(2, 1000)
    deck.apply(5, {0: Command(1, 127.0, 0.0, 0.5), 1: Command(2, 10.0, 0.0, 0.5)}, 1.9)
    assert sorted(seen(deck, 1.9)) == [("a.mov", 10, 0.5), ("a.mov", 127, 0.5)]


def test_a_new_session_with_another_movie_shows_the_old_one_until_the_new_is_ready() -> None:
    deck = on_air()
    deck.forget(1.6)
    deck.open(1, 0, "b.mov", 5)
    assert seen(deck, 1.7) == [("a.mov", 121, 1.0)]
    deck.apply(5, {0: Command(1, 5.0, 0.0, 1.0)}, 1.8)
    assert seen(deck, 1.9) == [("a.mov", 127, 1.0)], "asked for, but not there yet"
    deck.opened(1, 50)
    assert seen(deck, 1.9) == [("b.mov", 5, 1.0)]
    assert [one.path for one in deck.shown(1.9)].count("a.mov") == 0, "its file is let go"


def test_a_slow_opening_after_a_restart_keeps_the_picture_as_long_as_it_takes() -> None:
    deck = on_air()
    deck.forget(1.6)
    deck.open(1, 0, "b.mov", 5)
    deck.apply(5, {0: Command(1, 5.0, 0.0, 1.0)}, 1.8)
    held = 100 + int(30 * FREEWHEEL)
    assert seen(deck, 60.0) == [("a.mov", held, 1.0)]


def test_a_new_session_that_fades_in_fades_over_what_was_there() -> None:
    deck = on_air(rate=0.0)
    deck.forget(1.6)
    deck.open(1, 0, "b.mov", 5)
    deck.opened(1, 50)
    deck.apply(5, {0: Command(1, 5.0, 0.0, 0.25)}, 1.7)
    assert seen(deck, 1.7) == [("a.mov", 100, 0.75), ("b.mov", 5, 0.25)]
    deck.apply(6, {0: Command(1, 5.0, 0.0, 1.0)}, 1.72)
    assert seen(deck, 1.72) == [("b.mov", 5, 1.0)]


def test_a_stream_from_nobody_known_drives_nothing_until_a_welcome() -> None:
    deck = on_air()
    deck.apply(3, {0: Command(7, 0.0, 0.0, 1.0)}, 2.0)
    assert seen(deck, 2.1) == [("a.mov", 133, 1.0)], "its clip 7 may be any movie"
    deck.trust()
    deck.apply(4, {0: Command(7, 8.0, 0.0, 1.0)}, 2.2)
    assert seen(deck, 2.2) == [("a.mov", 8, 1.0)], "it was the same session after all"


def test_a_second_server_beside_the_one_that_is_followed_is_ignored() -> None:
    deck = on_air()
    for n in range(1, 30):
        deck.apply(START + n, {0: Command(7, 100.0 + n / 2, 30.0, 1.0)}, 1.0 + n / 60)
        deck.apply(50_000 + n, {0: Command(7, 3.0, 0.0, 0.0)}, 1.001 + n / 60)
    assert deck.strangers == 29
    assert seen(deck, 1.5) == [("a.mov", 115, 1.0)]


def test_the_server_that_we_have_left_is_not_followed_while_it_goes_on() -> None:
    deck = on_air()
    deck.shun()
    deck.apply(START + 1, {0: Command(7, 3.0, 0.0, 0.0)}, 1.0 + 1 / 60)
    assert deck.strangers == 1
    assert seen(deck, 1.1) == [("a.mov", 103, 1.0)]
    deck.forget(1.2)
    deck.apply(77, {0: Command(1, 3.0, 0.0, 0.0)}, 1.2)
    assert deck.clock.tick == 77


def test_a_replaced_clip_stands_until_the_new_one_is_there_and_asked_for() -> None:
    deck = on_air()
    deck.open(8, 0, "b.mov", 3)
    held = seen(deck, 1.5)[0]
    assert held[0] == "a.mov"
    assert seen(deck, 1.9) == [held]
    deck.opened(8, 50)
    assert seen(deck, 1.9) == [held]
    deck.apply(START + 54, {0: Command(8, 3.0, 0.0, 1.0)}, 1.9)
    assert seen(deck, 1.9) == [("b.mov", 3, 1.0)]


def test_without_a_free_reel_the_faintest_picture_gives_way_after_a_moment() -> None:
    deck = DeckModel(1)
    for player in range(3):
        deck.open(player + 1, player, f"{player}.mov", 0)
        deck.opened(player + 1, 10)
    levels = (0.5, 0.2, 0.3)
    deck.apply(1, {n: Command(n + 1, 0.0, 0.0, level) for n, level in enumerate(levels)}, 1.0)
    deck.forget(1.1)
    deck.open(1, 0, "new.mov", 0)
    assert {path for path, _, _ in seen(deck, 1.1)} == {"0.mov", "1.mov", "2.mov"}
    assert {path for path, _, _ in seen(deck, 1.1 + NO_REEL)} == {"0.mov", "2.mov"}
    assert "new.mov" in [one.path for one in deck.shown(1.1 + NO_REEL)]


def test_a_movie_that_is_lost_while_it_is_seen_keeps_its_picture() -> None:
    deck = on_air()
    deck.shown(1.2)
    deck.failed(7, "it was lost")
    [kept] = [one for one in deck.shown(1.4) if one.level > 0]
    assert (kept.path, kept.frame) == ("a.mov", None), "None: it stays as it is"


def test_what_comes_next_is_the_newest_hidden_clip_that_is_ready() -> None:
    deck = on_air()
    assert deck.prepared is None
    deck.open(8, 1, "b.mov", 0)
    assert deck.prepared is None
    deck.opened(8, 10)
    deck.open(9, 2, "c.mov", 0)
    deck.opened(9, 10)
    assert deck.prepared is not None
    assert deck.prepared.open_id == 9


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_levels_of_players_add_up_to_what_the_stream_says(order: tuple[int, int]) -> None:
    deck = on_air()
    deck.open(8, 1, "b.mov", 0)
    deck.opened(8, 10)
    commands = {0: Command(7, 1.0, 0.0, 0.4), 1: Command(8, 1.0, 0.0, 0.6)}
    deck.apply(START + 1, {n: commands[n] for n in order}, 1.02)
    assert sum(one.level for one in deck.shown(1.02)) == pytest.approx(1.0)
