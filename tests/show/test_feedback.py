"""What subscribers are told: everything once, then what changed, no faster than they asked for."""

from __future__ import annotations

from typing import Any

import pytest
from stage import PERSON, Stage

from server.playback.clock import ManualClock
from server.protocol.command import Source
from server.protocol.endpoints import BY_ADDRESS, TABLE
from server.show.feedback import Feedback
from server.show.view import state_messages


class Ear:
    """Collects what is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[Source, str, tuple[Any, ...]]] = []

    def __call__(self, to: Source, address: str, args: tuple[Any, ...]) -> None:
        self.heard.append((to, address, args))

    def take(self) -> dict[str, tuple[Any, ...]]:
        heard, self.heard = {address: args for _, address, args in self.heard}, []
        return heard


@pytest.fixture
def stage() -> Stage:
    return Stage().do("/deck/1/load", "a.mov").do("/deck/1/pause")


def test_every_state_row_is_told_with_the_types_of_the_table(stage: Stage) -> None:
    kinds = {"i": int, "h": int, "f": float, "s": str, "T": bool}
    told = dict(state_messages(stage.show.state, 0.0, stage.show.counts()))

    for row in TABLE:
        if "/state/" in row.address:
            for deck in (1, 2):
                args = told[row.address.replace("{n}", str(deck))]
                assert [type(a) for a in args] == [kinds[arg.tag] for arg in row.args], row.address
    assert {a.replace("/deck/1/", "/deck/{n}/").replace("/deck/2/", "/deck/{n}/") for a in told} <= set(BY_ADDRESS)


def test_a_subscriber_hears_everything_once_and_then_only_changes(stage: Stage) -> None:
    ear, clock = Ear(), ManualClock()
    feedback = Feedback(stage.show, clock, ear)
    stage.do("/system/subscribe", "/deck/1/state/*", 10.0)

    feedback.turn(0.0)
    assert ear.take()["/deck/1/state/frame"] == (0,)
    stage.do("/deck/1/frame", 44)
    feedback.turn(0.05)
    assert ear.take() == {}
    feedback.turn(0.1)
    told = ear.take()
    assert told["/deck/1/state/frame"] == (44,)
    assert "/deck/1/state/movie" not in told
    assert not any(address.startswith("/deck/2") for address in told)


def test_answers_go_to_the_port_that_was_named(stage: Stage) -> None:
    ear = Ear()
    stage.do("/system/subscribe", "/clock/state/tempo", 10.0, 5555)
    Feedback(stage.show, ManualClock(), ear).turn(0.0)

    assert [(to.host, to.port, address) for to, address, _ in ear.heard] == [
        (PERSON.host, 5555, "/clock/state/tempo")]


def test_a_heartbeat_ten_times_a_second(stage: Stage) -> None:
    ear = Ear()
    feedback = Feedback(stage.show, ManualClock(), ear)
    stage.do("/system/subscribe", "/heartbeat", 60.0)
    for i in range(120):
        feedback.turn(i / 120)

    beats = [args[0] for _, address, args in ear.heard if address == "/heartbeat"]
    assert 9 <= len(beats) <= 11
    assert len(set(beats)) == len(beats)
    assert all(0 <= beat < 1 for beat in beats)


def test_a_client_that_does_not_renew_is_forgotten(stage: Stage) -> None:
    ear = Ear()
    feedback = Feedback(stage.show, ManualClock(), ear)
    stage.do("/system/subscribe")
    assert feedback.turn(1.0)
    assert not feedback.turn(200.0)

    stage.do("/system/subscribe").do("/system/unsubscribe")
    assert not feedback.turn(1.0)


def test_what_goes_wrong_is_told_once_to_those_who_listen(stage: Stage) -> None:
    ear = Ear()
    feedback = Feedback(stage.show, ManualClock(), ear)
    stage.do("/deck/1/load", "old trouble.mov").do("/system/subscribe", "/error", 10.0)
    feedback.turn(0.0)
    stage.do("/deck/1/load", "zebra.mov")
    feedback.turn(0.1)
    feedback.turn(0.2)

    assert [args for _, address, args in ear.heard if address == "/error"] == [
        ("", "library", "there is no movie zebra.mov")]


def test_the_whole_state_on_request(stage: Stage) -> None:
    ear = Ear()
    feedback = Feedback(stage.show, ManualClock(), ear)
    feedback.everything(PERSON)
    feedback.everything(PERSON)
    assert not feedback.turn(0.0)

    told = [address for _, address, _ in ear.heard]
    assert len(told) == len(set(told)) > 60
