"""The musical clock from the show's side, time tags, latency, and the commands that are never ignored."""

from __future__ import annotations

from typing import Any

import pytest
from stage import PERSON, TICK, Renderer, Stage

from server.protocol.command import Source
from server.show.events import FullState
from server.show.view import clock_values


def clock(stage: Stage, name: str) -> Any:
    return clock_values(stage.show.state, stage.now)[name][0]


def at(stage: Stage, due: float, address: str, *args: Any) -> None:
    """Send a command with a time tag."""
    (command,) = stage.dispatcher.command(address, list(args), PERSON)
    command.due = due
    stage.feed([command])


def frames_in(stage: Stage) -> float:
    """The playhead of deck 1, to a fraction of a frame."""
    return float(stage.state("seconds")) * 30


def follow(stage: Stage, seconds: float, beat: float) -> None:
    """Beats from outside, 120 a minute, `beat` at time 0."""
    for _ in range(round(seconds / TICK)):
        stage.wait(TICK).do("/clock/beats", beat + stage.now * 2)


# the musical clock ----------------------------------------------------------------------------


def test_a_tempo_goes_on_from_the_present_beat() -> None:
    stage = Stage().wait(1.25).do("/clock/tempo", 60.0)

    assert (clock(stage, "tempo"), clock(stage, "beat")) == (60.0, pytest.approx(2.5))
    assert clock(stage.wait(1.0), "beat") == pytest.approx(3.5)


def test_a_tempo_by_hand_takes_over_from_taps_and_from_nothing_else() -> None:
    stage = Stage()
    for _ in range(4):
        stage.do("/clock/tap").wait(0.5)
    assert clock(stage, "source") == "tap"
    assert clock(stage.do("/clock/tempo", 90.0), "source") == "internal"
    assert clock(stage.do("/clock/source", "outside").do("/clock/tempo", 80.0), "source") == "outside"


def test_a_nudge_makes_the_same_beat_come_later() -> None:
    stage = Stage().wait(1.0).do("/clock/nudge", 0.25)
    assert clock(stage, "beat") == pytest.approx(1.75)

    stage.do("/deck/1/load", "a.mov").do("/clock/quantise", "beat").do("/deck/1/load", "b.mov")
    assert stage.wait(0.125 - TICK).screen()[0][0] == "a.mov"
    assert stage.wait(TICK).screen() == [("b.mov", 0)]


def test_the_downbeat_makes_now_the_first_beat_of_a_bar() -> None:
    stage = Stage().wait(1.375).do("/clock/downbeat")
    assert (clock(stage, "beat"), clock(stage, "phase")) == (4.0, 0.0)

    stage.do("/deck/1/load", "a.mov").wait(TICK).do("/clock/quantise", "bar").do("/deck/1/load", "b.mov")
    assert stage.wait(2.0 - 2 * TICK).screen()[0][0] == "a.mov"
    assert stage.wait(TICK).screen() == [("b.mov", 0)]


@pytest.mark.parametrize(("command", "shift"), [(("/clock/nudge", 0.25), -0.25), (("/clock/downbeat",), -1.0)])
def test_what_a_hand_corrects_stays_corrected_while_beats_come_from_outside(command: tuple[Any, ...],
                                                                           shift: float) -> None:
    stage = Stage().do("/clock/source", "outside")
    follow(stage, 1.5, 10.0)
    stage.do(*command)
    assert clock(stage, "beat") == pytest.approx(13.0 + shift, abs=0.01)

    follow(stage, 1.0, 10.0)
    assert clock(stage, "beat") == pytest.approx(15.0 + shift, abs=0.01)


@pytest.mark.parametrize("verb", ["load", "take"])
@pytest.mark.parametrize(("ahead", "beat"), [(0.0, 0.5), (100.0, 0.5), (200.0, 1.0)])
def test_what_comes_shorter_before_a_beat_than_ahead_waits_for_the_next_one(verb: str, ahead: float,
                                                                            beat: float) -> None:
    stage = Stage().do("/deck/1/load", "a.mov").do("/clock/quantise", "beat").do("/clock/ahead", ahead)
    stage.do("/deck/1/prepare", "b.mov").wait(0.375)
    stage.do("/deck/1/take") if verb == "take" else stage.do("/deck/1/load", "b.mov")

    stage.wait(beat - 0.375 - TICK)
    assert stage.screen()[0][0] == "a.mov"
    assert stage.wait(TICK).screen() == [("b.mov", 0)]


def test_launches_hit_the_beat_where_they_are_seen() -> None:
    stage = Stage().do("/deck/1/load", "a.mov").do("/clock/quantise", "beat").do("/master/latency", 125.0)
    stage.do("/deck/1/prepare", "b.mov").wait(0.25).do("/deck/1/take")

    assert stage.wait(0.125 - TICK).screen()[0][0] == "a.mov"
    assert stage.wait(TICK).screen() == [("b.mov", 0)]


# latency --------------------------------------------------------------------------------------


def test_the_master_latency_shows_what_belongs_later_on_every_deck_and_adds_to_the_decks_own() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov")
    td.ready(1)
    stage.do("/deck/2/load", "b.mov")
    td.ready(2)
    stage.do("/master/latency", 500.0).do("/deck/2/latency", -200.0).wait(1.0)

    assert td.stream(1)["player/0/frame"] == pytest.approx(45.0, abs=1e-3)
    assert td.stream(2)["player/0/frame"] == pytest.approx(39.0, abs=1e-3)
    assert (stage.state("frame", 1), stage.state("frame", 2)) == (45, 39)


def test_a_seek_under_latency_shows_its_frame_now() -> None:
    stage = Stage().do("/deck/1/load", "a.mov").do("/master/latency", 500.0).wait(1.0).do("/deck/1/frame", 200)

    assert stage.screen() == [("a.mov", 200)]
    assert stage.wait(1.0).screen() == [("a.mov", 230)]


# time tags ------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [0.25, 0.01, 0.0])
def test_a_command_whose_time_is_past_acts_as_if_it_had_come_in_time(late: float) -> None:
    stage = Stage().do("/deck/1/load", "a.mov").wait(1.0)
    at(stage, stage.now - late, "/deck/1/frame", 100)

    assert frames_in(stage) == pytest.approx(100 + 30 * late)
    assert frames_in(stage.wait(1.0)) == pytest.approx(130 + 30 * late)


@pytest.mark.parametrize("part", [0.0, 0.25, 0.75])
def test_a_command_for_later_acts_exactly_at_its_time_not_at_the_tick(part: float) -> None:
    stage = Stage().do("/deck/1/load", "a.mov").wait(1.0)
    due = stage.now + (8 + part) * TICK
    at(stage, due, "/deck/1/frame", 100)

    assert frames_in(stage.wait(8 * TICK - TICK)) == pytest.approx(stage.now * 30)
    stage.wait(2 * TICK)
    assert frames_in(stage) == pytest.approx(100 + 30 * (stage.now - due))


def test_commands_for_later_act_in_the_order_of_their_times() -> None:
    stage = Stage().do("/deck/1/load", "a.mov").do("/deck/1/pause")
    for part, frame in ((0.75, 3), (0.25, 1), (0.5, 2)):
        at(stage, part * TICK, "/deck/1/frame", frame)

    assert stage.wait(TICK).screen() == [("a.mov", 3)]


def test_a_message_for_touchdesigner_waits_for_its_time() -> None:
    stage = Stage()
    td = Renderer(stage)
    (forward,) = stage.dispatcher.command("/FX/hue", [0.5], PERSON)
    forward.due = 3.5 * TICK
    stage.feed([forward])

    def heard() -> int:
        return sum(m.address == "/FX/hue" for m in td.heard(td.stream_port))

    stage.wait(3 * TICK)
    assert heard() == 0
    stage.wait(TICK)
    assert heard() == 1


# what a disengaged server follows -------------------------------------------------------------


def test_a_disengaged_server_listens_to_its_renderers() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov").do("/system/engaged", False)
    stage.answers()
    td.ready()
    td.say("shown", td.asked()[-1][0], 7)
    for _ in range(8):
        stage.wait(1.0).do("/td/health", 60.0, 16.0, 0, 0, 4.0, 512.0, source=td.source)

    assert stage.screen()[0][0] == "a.mov"
    assert stage.show.counts()["renderers"] == ("td",)
    assert not [s for s in stage.said if s.address == "/error"]


def test_a_disengaged_server_answers_what_is_about_itself() -> None:
    stage = Stage().do("/system/engaged", False).do("/system/ping", "there?").do("/system/panic", "#1")
    stage.do("/clock/tempo", 90.0, "#2")

    assert [(kind, args[:2]) for kind, args in stage.answers()] == [
        ("/system/pong", ("there?",)), ("/ack", ("1",)), ("/error", ("2", "disengaged"))]
    assert clock(stage, "tempo") == 120.0


# answers --------------------------------------------------------------------------------------


def test_a_ping_comes_back_with_its_text_to_where_answers_go() -> None:
    stage = Stage().do("/system/ping", "hello")
    assert stage.answers() == [("/system/pong", ("hello",))]

    stage.do("/system/hello", "panel", 0, 5555).do("/system/ping")
    assert (stage.said[-1].to, stage.said[-1].args) == (Source(PERSON.host, 5555), ("",))


def test_the_whole_state_is_for_whoever_asked() -> None:
    stage = Stage().do("/system/hello", "panel", 0, 5555).do("/system/state")

    assert [event.to for event in stage.events if isinstance(event, FullState)] == [Source(PERSON.host, 5555)]


def test_what_a_renderer_has_shown_is_kept_by_deck() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/2/load", "a.mov")
    id_ = td.ready(2)
    td.say("shown", id_, 41, deck=2)
    stage.do("/td/deck/1/shown", id_, 5, source=PERSON)

    renderer = stage.show.renderers.at(*td.source[:2])
    assert renderer is not None
    assert renderer.shown == {2: (id_, 41)}
