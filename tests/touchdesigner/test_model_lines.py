"""The line that a player follows, and when the line before it still counts, with injected time."""

from __future__ import annotations

import pytest

from td_extensions.player_model import READY, Command, PlayerModel
from td_extensions.tick_clock import TickClock

TICK = 1 / 60
SENT = 10.0
JUST_BEFORE = SENT + TICK - 0.001
"""The evened moment of a cook that took in the tick of 10 + 1/60: it may lie a little before it."""


def player_at(frame: float, rate: float, clip: int = 1) -> tuple[PlayerModel, TickClock]:
    """A player that was told a line by the tick that was sent at 10."""
    clock, player = TickClock(60.0), PlayerModel(0, clip, "a.mov", 0, READY, 1000)
    clock.hear(600, SENT)
    player.tell(clock, 600, Command(clip, frame, rate, 1.0))
    player.position(SENT)
    clock.hear(601, SENT + TICK)
    return player, clock


def test_movement_that_goes_on_counts_from_its_own_tick() -> None:
    player, clock = player_at(100.0, 30.0)
    player.tell(clock, 601, Command(1, 100.5, 60.0, 1.0))
    assert player.position(JUST_BEFORE) == pytest.approx(100.5 - 0.03), "the slower line until then"
    assert player.position(SENT + TICK + 0.001) == pytest.approx(100.56)


def test_movement_that_stands_stands_where_it_was_going() -> None:
    player, clock = player_at(100.0, 30.0)
    player.tell(clock, 601, Command(1, 100.5, 0.0, 1.0))
    assert player.position(JUST_BEFORE) == pytest.approx(100.47)
    assert player.position(SENT + 2 * TICK) == 100.5


def test_a_hands_jump_is_seen_at_once() -> None:
    player, clock = player_at(100.0, 30.0)
    player.tell(clock, 601, Command(1, 500.0, 0.0, 1.0))
    assert player.position(JUST_BEFORE) == 500.0


@pytest.mark.parametrize("rate", [0.0, 30.0])
def test_what_stood_does_not_hold_up_what_comes(rate: float) -> None:
    player, clock = player_at(100.0, 0.0)
    player.tell(clock, 601, Command(1, 300.0, rate, 1.0))
    assert player.position(JUST_BEFORE) == 300.0


def test_the_line_of_another_clip_says_nothing_about_this_one() -> None:
    player, clock = player_at(100.0, 30.0)
    player.open_id = 2
    player.tell(clock, 601, Command(2, 700.0, 30.0, 1.0))
    assert player.position(JUST_BEFORE) == 700.0


def test_the_line_of_another_sender_says_nothing_about_this_one() -> None:
    player, _ = player_at(100.0, 30.0)
    fresh = TickClock(60.0)
    fresh.hear(3, SENT + TICK)
    player.tell(fresh, 3, Command(1, 700.0, 30.0, 1.0))
    assert player.position(JUST_BEFORE) == 700.0
