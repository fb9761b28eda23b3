"""Ticks, players and clips with injected time."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from td_extensions.deck_model import DeckModel
from td_extensions.player_model import Command, nearest
from td_extensions.tick_clock import FREEWHEEL, WRAP, TickClock, since

TICK = 1 / 60


def playing(clip: int, frame: float, rate: float = 0.0, level: float = 1.0) -> dict[int, Command]:
    return {0: Command(clip, frame, rate, level)}


def ready_deck(clip: int = 1, frames: int = 1000) -> DeckModel:
    deck = DeckModel(1)
    deck.open(clip, 0, "waves.mov", 0)
    deck.opened(clip, frames)
    return deck


def frame_at(deck: DeckModel, now: float) -> int:
    [(_, frame)] = deck.frames_to_show(now)
    return frame


def seen_at(deck: DeckModel, now: float) -> list[int | None]:
    """The frames that are visible."""
    return [shown.frame for shown in deck.shown(now) if shown.level > 0]


@given(st.integers(0, WRAP - 1), st.integers(-WRAP // 2, WRAP // 2 - 1))
def test_distance_survives_the_wrap(start: int, step: int) -> None:
    assert since((start + step) % WRAP, start) == step


@given(st.integers(-1000, 1000))
def test_halves_go_upwards(frame: int) -> None:
    assert nearest(frame - 0.5) == frame
    assert nearest(frame + 0.4999) == frame


def test_lateness_of_arrival_is_filtered_out() -> None:
    clock = TickClock(60)
    late = [0.0, 0.004, 0.012, 0.001, 0.016, 0.009, 0.0, 0.015]
    for tick in range(240):
        sent = 10 + tick * TICK
        clock.hear(tick, sent + late[tick % len(late)])
        assert clock.age(sent + 0.02) == pytest.approx(0.02, abs=1e-4)


@given(st.lists(st.floats(0, 0.015), min_size=60, max_size=200), st.integers(0, WRAP - 1))
def test_a_frame_never_goes_back_when_packets_are_late(late: list[float], first: int) -> None:
    deck = ready_deck(frames=100_000)
    last = -1
    for n, delay in enumerate([0.0, *late]):
        sent = 5 + n * TICK
        deck.apply((first + n) % WRAP, playing(1, n * 0.5, 30.0), sent + delay)
        frame = frame_at(deck, sent + 0.016)
        assert frame >= last
        assert abs(frame - (n * 0.5 + 30 * 0.016)) <= 0.52
        last = frame


def test_the_clock_follows_one_that_runs_fast_or_slow() -> None:
    for error in (-2e-4, 2e-4):
        clock = TickClock(60)
        for tick in range(6000):
            clock.hear(tick, tick * TICK * (1 + error))
        assert clock.age(5999 * TICK * (1 + error) + 0.01) == pytest.approx(0.01, abs=0.0075), "less than half a frame"


def test_a_restarted_sender_is_believed_at_once() -> None:
    clock = TickClock(60)
    clock.hear(5000, 100.0)
    clock.hear(3, 100.9)
    assert clock.age(100.91) == pytest.approx(0.01)


def test_a_sender_that_paused_is_believed_at_once() -> None:
    clock = TickClock(60)
    clock.hear(10, 1.0)
    clock.hear(11, 1.6)
    assert clock.age(1.61) == pytest.approx(0.01)


def test_a_packet_between_ticks_does_not_move_the_clock() -> None:
    deck = ready_deck()
    deck.apply(7, playing(1, 100, 60.0), 1.0)
    deck.apply(7, playing(1, 500, 60.0), 1.01)
    assert frame_at(deck, 1.01) == 501


def test_an_overtaken_packet_changes_nothing() -> None:
    deck = ready_deck()
    deck.apply(8, playing(1, 80), 1.0)
    assert deck.apply(7, playing(1, 70), 1.001) == []
    assert frame_at(deck, 1.001) == 80
    deck.apply(9, playing(1, 90), 1.017)
    assert frame_at(deck, 1.017) == 90


def test_ticks_wrap() -> None:
    deck = ready_deck()
    deck.apply(WRAP - 1, playing(1, 100, 60.0), 1.0)
    deck.apply(0, playing(1, 101, 60.0), 1.0 + TICK + 0.005)
    assert frame_at(deck, 1.0 + 2 * TICK) == 102


def test_it_freewheels_and_then_holds() -> None:
    deck = ready_deck(frames=10_000)
    deck.apply(1, playing(1, 100, 60.0), 5.0)
    assert frame_at(deck, 5.0 + FREEWHEEL - 0.5) == 100 + 90
    held = 100 + int(60 * FREEWHEEL)
    assert frame_at(deck, 5.0 + FREEWHEEL + 1) == held
    assert frame_at(deck, 5000.0) == held


def test_freewheeling_stays_inside_the_clip() -> None:
    deck = ready_deck(frames=120)
    deck.apply(1, playing(1, 100, 60.0), 5.0)
    assert frame_at(deck, 6.5) == 119
    deck.apply(97, playing(1, 10, -60.0), 6.6)
    assert frame_at(deck, 8.0) == 0


def test_a_player_holds_its_picture_while_the_stream_speaks_of_another_clip() -> None:
    deck = ready_deck(clip=1)
    deck.apply(1, playing(1, 250), 1.0)
    deck.apply(2, playing(2, 3, 60.0), 1.0 + TICK)
    assert frame_at(deck, 1.5) == 250


def test_a_clip_shows_its_first_frame_until_the_stream_speaks_of_it() -> None:
    deck = DeckModel(1)
    deck.open(4, 2, "waves.mov", 33)
    assert [(player.number, frame) for player, frame in deck.frames_to_show(0.0)] == [(2, 33)]


def test_open_is_idempotent() -> None:
    deck = DeckModel(1)
    assert deck.open(1, 0, "a.mov", 0) == (("opening", 1), True)
    assert deck.open(1, 0, "a.mov", 0) == (("opening", 1), False)
    assert deck.opened(1, 10) == ("ready", 1)
    assert deck.open(1, 0, "a.mov", 0) == (("ready", 1), False)


def test_a_failure_is_told_again() -> None:
    deck = DeckModel(1)
    deck.open(1, 0, "a.mov", 0)
    assert deck.failed(1, "no such file") == ("failed", 1, "no such file")
    assert deck.open(1, 0, "a.mov", 0) == (("failed", 1, "no such file"), False)
    assert deck.frames_to_show(0.0) == []


def test_a_later_open_replaces_and_an_older_copy_does_not_come_back() -> None:
    deck = DeckModel(1)
    deck.open(1, 0, "a.mov", 0)
    assert deck.open(2, 0, "b.mov", 0)[1]
    answer, start = deck.open(1, 0, "a.mov", 0)
    assert (answer[0], start) == ("failed", False)
    assert deck.players[0].path == "b.mov"
    assert deck.opened(1, 10) is None


def test_a_close_that_overtakes_its_open_wins() -> None:
    deck = DeckModel(1)
    deck.close(5)
    assert deck.open(5, 1, "a.mov", 0)[1] is False
    assert deck.player_of(5) is None


@pytest.mark.parametrize("player", [-1, 3, 2**31])
def test_there_are_three_players(player: int) -> None:
    answer, start = DeckModel(1).open(1, player, "a.mov", 0)
    assert answer[0] == "failed"
    assert not start


def test_a_level_before_ready_is_reported_once() -> None:
    deck = DeckModel(3)
    deck.open(9, 0, "a.mov", 0)
    assert deck.apply(0, playing(9, 0, 0, 0.0), 0.9) == []
    [line] = deck.apply(1, playing(9, 0, 0, 0.25), 1.0)
    assert "deck 3 player 0" in line
    assert "0.25" in line
    assert "clip 9" in line
    assert deck.apply(2, playing(9, 0, 0, 0.5), 1.1) == []


def test_a_level_for_a_clip_that_is_not_open_is_reported() -> None:
    deck = ready_deck(clip=1)
    assert deck.apply(0, playing(1, 0), 0.9) == []
    [line] = deck.apply(1, playing(2, 0), 1.0)
    assert "clip 2" in line
    assert "clip 1, ready" in line


def test_a_level_that_was_up_when_it_came_is_nobodys_fault() -> None:
    deck = DeckModel(1)
    assert deck.apply(1, playing(9, 0, 0, 1.0), 1.0) == []
    deck.open(9, 0, "a.mov", 0)
    assert deck.apply(2, playing(9, 0, 0, 1.0), 1.1) == []


def test_levels_stay_in_range() -> None:
    deck = ready_deck()
    deck.apply(1, playing(1, 0, 0, 7.0), 1.0)
    assert deck.players[0].level == 1.0
    deck.apply(2, playing(1, 0, 0, -7.0), 1.1)
    assert deck.players[0].level == 0.0


def test_a_new_session_starts_over_but_holds_the_picture() -> None:
    deck = ready_deck(clip=1)
    deck.apply(900, playing(1, 50), 1.0)
    deck.forget(2.0)
    assert deck.frames_to_show(2.0) == []
    assert seen_at(deck, 2.5) == [50]
    assert deck.open(1, 0, "b.mov", 0)[1], "ids of the old session mean nothing"
    assert seen_at(deck, 2.5) == [50], "on another reel"
    deck.opened(1, 10)
    deck.apply(3, playing(1, 4), 2.6)
    assert seen_at(deck, 2.61) == [4], "a level of the new session shows"


def test_a_new_session_that_shows_nothing_is_black_after_a_while() -> None:
    deck = ready_deck(clip=1)
    deck.apply(900, playing(1, 50), 1.0)
    deck.forget(2.0)
    assert seen_at(deck, 2.0 + FREEWHEEL - 0.01) == [50]
    assert seen_at(deck, 2.0 + FREEWHEEL) == []


def test_a_black_deck_holds_nothing_at_a_new_session() -> None:
    deck = ready_deck()
    deck.forget(1.0)
    assert seen_at(deck, 1.0) == []


def test_an_age_without_ticks_is_zero() -> None:
    clock = TickClock()
    assert clock.age(100.0) == 0.0
    assert math.isinf(clock.silent(100.0))


def test_an_open_id_with_another_path_is_a_new_clip() -> None:
    deck = ready_deck(clip=1)
    deck.apply(1, playing(1, 50), 1.0)
    assert deck.open(1, 0, "new.mov", 3) == (("opening", 1), True)
    assert deck.open(1, 0, "new.mov", 3) == (("opening", 1), False)
    assert (deck.players[0].path, deck.players[0].frames) == ("new.mov", 0)
    assert deck.opened(1, 10) == ("ready", 1)


def test_an_open_id_on_another_player_moves_there() -> None:
    deck = ready_deck(clip=1)
    assert deck.open(1, 2, "waves.mov", 0) == (("opening", 1), True)
    assert [player.open_id for player in deck.players] == [None, None, 1]


def test_closing_what_is_not_open_changes_nothing() -> None:
    deck = ready_deck(clip=4)
    deck.apply(1, playing(4, 50), 1.0)
    for clip in (3, 5, 5):
        deck.close(clip)
    assert (deck.players[0].open_id, deck.reels.ghosts, frame_at(deck, 1.0)) == (4, [], 50)


def test_a_picture_stays_after_its_close_until_its_level_drops() -> None:
    deck = ready_deck(clip=1)
    deck.apply(1, playing(1, 50, 0, 0.6), 1.0)
    deck.close(1)
    deck.close(1)
    deck.apply(2, playing(1, 51, 0, 0.3), 1.1)
    assert deck.reels.ghosts_of(0)
    deck.apply(3, playing(0, 0, 0, 0.0), 1.2)
    assert not deck.reels.ghosts_of(0)


@pytest.mark.parametrize("stream_first", [True, False])
def test_a_picture_stays_until_the_clip_after_it_is_ready_and_asked_for(stream_first: bool) -> None:
    deck = ready_deck(clip=1)
    deck.apply(1, playing(1, 50), 1.0)
    assert deck.open(2, 0, "new.mov", 0)[1]
    assert deck.reels.ghosts_of(0)
    for step in ("stream", "ready") if stream_first else ("ready", "stream"):
        assert deck.reels.ghosts_of(0)
        if step == "stream":
            deck.apply(2, playing(2, 3), 1.1)
        else:
            deck.opened(2, 10)
    assert not deck.reels.ghosts_of(0)


def test_a_failure_does_not_take_the_picture_before_it() -> None:
    deck = ready_deck(clip=1)
    deck.apply(1, playing(1, 50), 1.0)
    deck.open(2, 0, "new.mov", 0)
    deck.failed(2, "no such file")
    deck.apply(2, playing(2, 0), 1.1)
    assert deck.reels.ghosts_of(0)


def test_what_was_never_visible_does_not_stay() -> None:
    deck = DeckModel(1)
    deck.open(1, 0, "a.mov", 0)
    deck.apply(1, playing(1, 0), 1.0)
    deck.close(1)
    hidden = ready_deck()
    hidden.close(1)
    assert not deck.reels.ghosts_of(0)
    assert not hidden.reels.ghosts_of(0)


def test_a_picture_that_stays_is_held_over_a_new_session_too() -> None:
    deck = ready_deck(clip=1)
    deck.apply(1, playing(1, 50), 1.0)
    deck.close(1)
    deck.forget(1.1)
    assert seen_at(deck, 1.2) == [50]
    assert not deck.reels.ghosts_of(0)


@given(st.floats(), st.floats(), st.floats(), st.integers(-2**70, 2**70))
def test_any_number_gives_a_frame_of_the_clip(frame: float, rate: float, level: float, start: int) -> None:
    deck = DeckModel(1)
    deck.open(1, 0, "a.mov", start)
    assert 0 <= frame_at(deck, 1.0) <= WRAP
    deck.opened(1, 100)
    deck.apply(1, playing(1, 7), 1.0)
    deck.apply(2, playing(1, frame, rate, level), 1.0 + TICK)
    for now in (1.02, 2.5, 1e9):
        assert 0 <= frame_at(deck, now) < 100
        assert 0.0 <= deck.players[0].level <= 1.0
    if not all(map(math.isfinite, (frame, rate, level))):
        assert frame_at(deck, 1.02) == 7
