"""What once ended the show, stuck a deck or fooled a renderer: each is a test."""

from __future__ import annotations

from typing import Literal

import pytest
from stage import PERSON, Renderer, Stage, messages, uneven_movie

from server.playback.clock import ManualClock
from server.protocol.command import Source
from server.protocol.endpoints import COMMANDS
from server.show.feedback import Feedback
from server.show.subscribers import PER_HOST_MAX
from server.show.view import state_messages


@pytest.fixture
def stage() -> Stage:
    return Stage().do("/deck/1/load", "a.mov")


def test_lowering_the_latency_right_after_a_cut_harms_nothing() -> None:
    stage = Stage().do("/deck/1/latency", 1000.0).do("/deck/1/load", "a.mov").do("/deck/1/latency", -1000.0)

    assert dict(state_messages(stage.show.state, stage.now, stage.show.counts()))["/deck/1/state/fading"] == (1.0,)
    assert stage.wait(2.0).screen()[0][0] == "a.mov"


@pytest.mark.parametrize("row", [row for row in COMMANDS if row.access == "rw"], ids=lambda row: row.address)
@pytest.mark.parametrize("engaged", [True, False])
def test_every_row_that_can_be_asked_answers_on_its_own_address(stage: Stage, row: object, engaged: bool) -> None:
    stage.do("/deck/1/loop/beats", 4.0).do("/system/engaged", engaged)
    address = row.address.replace("{n}", "1").replace("{name}", "x")  # type: ignore[attr-defined]
    stage.answers()
    stage.do(address, "?")

    assert [kind for kind, _ in stage.answers()] == [address]


def test_every_state_row_can_be_asked(stage: Stage) -> None:
    for address, args in list(state_messages(stage.show.state, stage.now, stage.show.counts())):
        stage.answers()
        stage.do(address, "?")
        (answer,) = stage.answers()
        assert answer[0] == address
        if not address.startswith("/system/state/messages"):
            assert answer[1] == args


def test_a_disengaged_server_hands_nothing_on() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/system/engaged", False).do("/FX/hue", 0.5)

    assert not [m for m in td.heard(td.stream_port) if m.address == "/FX/hue"]


def test_a_hello_between_open_and_ready_does_not_count_as_ready() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov")
    again = Renderer(stage)
    stage.wait(0.5)
    assert stage.screen() == []

    again.ready()
    assert stage.wait(0.1).screen()[0][0] == "a.mov"
    assert td.source == again.source


def test_two_living_renderers_of_one_name_are_both_served_and_it_is_said() -> None:
    stage = Stage()
    left, right = Renderer(stage, "stand-in", 7502), Renderer(stage, "stand-in", 7602)
    stage.do("/deck/1/load", "a.mov")

    assert left.asked()
    assert right.asked()
    assert any("another name" in complaint.text for complaint in stage.show.complaints)


def test_a_close_comes_after_the_stream_that_lowered_the_level() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov")
    first = td.ready()
    stage.do("/deck/1/load", "b.mov")
    td.ready()
    stage.wait(0.6)

    players: dict[int, tuple[int, float]] = {}
    still_seen: list[bool] = []
    for event in stage.sent:
        values = {m.address: m.params[0] for m in messages(event.packet)}
        for player in range(3):
            if f"/td/deck/1/player/{player}/clip" in values:
                players[player] = tuple(values[f"/td/deck/1/player/{player}/{name}"] for name in ("clip", "level"))
        if values.get("/td/deck/1/close") == first:
            still_seen.append(any(clip == first and level > 0 for clip, level in players.values()))
    assert still_seen == [False, False, False]


def test_a_silent_renderer_is_not_streamed_to() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov").wait(6.0)
    before = len(td.heard(td.stream_port))

    stage.wait(5.0)
    assert len(td.heard(td.stream_port)) == before


def test_back_to_the_file_on_screen_before_another_was_read_stays_there(stage: Stage) -> None:
    stage.do("/deck/1/file", 0.0)
    (other,) = stage.dispatcher.command("/deck/1/file", [0.5], PERSON)
    (back,) = stage.dispatcher.command("/deck/1/file", [0.0], PERSON)
    stage.show.apply(other, stage.now)
    stage.show.apply(back, stage.now)
    stage.settle()

    assert stage.wait(0.5).screen()[0][0] == "a.mov"


def test_panic_forgets_what_waits_for_its_time(stage: Stage) -> None:
    (later,) = stage.dispatcher.command("/deck/1/load", ["b.mov"], PERSON)
    later.due = 1.0
    stage.feed([later])
    stage.do("/system/panic").wait(2.0)

    assert stage.screen()[0][0] == "a.mov"


def test_in_and_out_here_are_the_frames_that_are_seen() -> None:
    stage = Stage()
    stage.disk["uneven.mov"] = uneven_movie()
    stage.do("/deck/1/load", "uneven.mov").do("/deck/1/pause").do("/deck/1/even", True).do("/deck/1/frame", 75)
    stage.do("/deck/1/in/here").do("/deck/1/frame", 200).do("/deck/1/out/here")

    assert (stage.state("in"), stage.state("out"), stage.screen()) == (75, 200, [("uneven.mov", 200)])


def test_the_state_of_a_frozen_deck_is_the_picture_that_is_seen(stage: Stage) -> None:
    stage.wait(1.0).do("/deck/1/freeze", True).do("/deck/1/speed", 2.0).wait(1.0)
    assert (stage.state("frame"), stage.state("frozen"), stage.state("speed")) == (30, True, 2.0)

    stage.do("/deck/1/freeze", False)
    assert (stage.state("frame"), stage.state("frozen")) == (90, False)


def test_many_subscriptions_from_one_host_push_out_only_its_own(stage: Stage) -> None:
    stage.do("/system/subscribe", source=PERSON)
    for port in range(100):
        stage.do("/system/subscribe", source=Source("10.0.0.66", 2000 + port))

    present = stage.show.subscribers.present(stage.now)
    assert PERSON in [one.source for one in present]
    assert len(present) == PER_HOST_MAX + 1


def test_feedback_goes_on_after_a_fault(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    def broken(_to: Source, address: str, _args: object) -> None:
        told.append(address)
        if len(told) == 1:
            raise ZeroDivisionError

    feedback = Feedback(stage.show, ManualClock(), broken)
    turns = 0

    def wait(_seconds: float) -> bool:
        nonlocal turns
        turns += 1
        if turns == 3:
            feedback._stopping.set()
        return False

    feedback._stopping.wait = wait  # type: ignore[method-assign, assignment]
    stage.do("/system/subscribe")
    feedback._run()

    assert "could not be told" in caplog.text
    assert len(told) > 1


@pytest.mark.parametrize(("kind", "times"), [("osc", 0), ("http", 1)])
def test_what_the_port_has_logged_is_not_logged_again(stage: Stage, caplog: pytest.LogCaptureFixture,
                                                     kind: Literal["osc", "http"], times: int) -> None:
    stage.do("/deck/1/nonsense", source=Source("127.0.0.1", 9, kind))
    Feedback(stage.show, ManualClock(), lambda *_: None).turn(stage.now)

    assert sum("/deck/1/nonsense" in record.getMessage() for record in caplog.records) == times
    assert "/deck/1/nonsense" in stage.show.complaints[-1].text
