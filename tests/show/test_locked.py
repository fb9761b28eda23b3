"""What a song has locked stays what it is while the show runs, whoever asks and however."""

from __future__ import annotations

from typing import Any

import pytest
from stage import Stage


@pytest.mark.parametrize("said", [
    ("/clock/tempo", 90.0), ("/clock/tempo", "+", 5.0), ("/clock/tap",), ("/clock/source", "outside")])
def test_a_locked_tempo_is_changed_by_nothing(said: tuple[Any, ...]) -> None:
    stage = Stage(locked={"/clock/tempo": "tempo"})
    for _ in range(4):
        stage.now += 0.25
        stage.do(*said, "#1")

    assert stage.show.state.beat.tempo.bpm == 120.0
    answers = stage.answers()
    assert [args[:2] for _, args in answers] == [("1", "locked")] * 4
    assert "tempo is locked" in answers[0][1][2]
    assert "[locked]" in answers[0][1][2]


def test_a_locked_tempo_follows_no_beats_from_outside() -> None:
    stage = Stage(locked={"/clock/tempo": "tempo"}).do("/clock/source", "outside")
    for beat in range(8):
        stage.now += 1.0
        stage.do("/clock/beats", float(beat), 60.0)

    assert stage.show.state.beat.tempo.bpm == 120.0


def test_a_locked_setting_of_decks_is_locked_on_every_deck_and_in_the_short_form() -> None:
    stage = Stage(locked={"/deck/{n}/fade": "fade"})
    for address in ("/deck/1/fade", "/deck/2/fade", "/fade", "/deck/*/fade"):
        stage.do(address, 3.0)

    assert [deck.fade for deck in stage.show.state.decks] == [0.0, 0.0]
    assert {args[1] for _, args in stage.answers()} == {"locked"}


def test_what_is_locked_can_be_asked_for_and_the_rest_goes_on() -> None:
    stage = Stage(locked={"/clock/tempo": "tempo"})
    assert stage.do("/clock/tempo", "?").answers() == [("/clock/tempo", (120.0,))]
    assert stage.do("/clock/downbeat", "#2").do("/clock/quantise", "bar", "#3").answers() == [
        ("/ack", ("2",)), ("/ack", ("3",))]


def test_a_panic_and_a_disengaged_server_are_as_ever() -> None:
    stage = Stage(locked={"/clock/tempo": "tempo"}).do("/system/engaged", 0)
    stage.answers()
    assert stage.do("/clock/tempo", 90.0, "#1").answers()[0][1][:2] == ("1", "disengaged")
