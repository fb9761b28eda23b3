"""Time from outside in a show: the beat follows MIDI clock and timecode, decks and stories follow timecode."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stage import TICK, Stage, plain_movie
from test_cue import told

from server.protocol.timecode.device_time import DeviceTime
from server.protocol.timecode.heard import MtcHeard
from server.show.view import clock_values, value

sys.path.append(str(Path(__file__).parents[1] / "protocol"))
from time_senders import clocks, full_frame, quarter_frames


class Desk:
    """A MIDI device: what it sends reaches the show in the order of time, with jitter."""

    def __init__(self, stage: Stage, name: str = "desk", jitter: float = 0.0) -> None:
        self.stage, self.decoder, self.jitter, self.chance = stage, DeviceTime(name), jitter, random.Random(5)

    def send(self, data: list[int], at: float) -> None:
        heard = self.decoder.feed(data, at + self.chance.uniform(0, self.jitter))
        if heard is not None:
            self.stage.show.apply(heard, self.stage.now)

    def run(self, sent: list[tuple[float, list[int]]], until: float, each: Callable[[], object] = lambda: None) -> None:
        """Tick the show until a time, what was sent meanwhile between the ticks."""
        waiting = [one for one in sent if one[0] >= self.stage.now - TICK]
        while self.stage.now < until:
            while waiting and waiting[0][0] <= self.stage.now:
                at, data = waiting.pop(0)
                self.send(data, at)
            self.stage.wait(TICK)
            each()


def mtc(label_frame: int, seconds: float, start: float = 0.0) -> list[tuple[float, list[int]]]:
    return list(quarter_frames(label_frame, int(seconds * 25 / 2), "25", start=start))


def said(stage: Stage, address: str, where: tuple[int, ...] = ()) -> Any:
    values = value(stage.show.state, address, where, stage.now)
    assert values is not None
    return values[0]


def clock(stage: Stage, name: str) -> Any:
    return clock_values(stage.show.state, stage.now)[name][0]


def due(stage: Stage, seconds: float) -> float:
    return seconds * 30


def playing(decks: int = 2) -> Stage:
    stage = Stage(decks)
    stage.disk["long.mov"] = plain_movie("long.mov", count=3000)
    return stage.do("/deck/1/load", "long.mov").do("/deck/1/loop", "hold").wait(0.25)


# the beat -------------------------------------------------------------------------------------


def test_the_beat_follows_midi_clock_through_jitter() -> None:
    stage = Stage()
    desk = Desk(stage, jitter=0.008)
    stage.do("/clock/source", "midi")
    assert clock(stage, "lock") == "waiting"
    start = 0.5
    errors: list[float] = []
    desk.send([0xFA], start - 0.001)
    desk.run(list(clocks(134.0, 12.0, start=start)), 11.0,
             lambda: errors.append(clock(stage, "beat") - (stage.now - start) * 134 / 60))
    assert clock(stage, "lock") == "locked"
    assert clock(stage, "tempo") == pytest.approx(134.0, abs=0.2)
    # Jitter is only ever late: half of it stays as a constant, 4 ms, and the rest goes.
    assert max(abs(error) for error in errors[-300:]) * 60 / 134 < 0.007
    assert said(stage, "/midi/state/playing")
    assert said(stage, "/midi/state/device") == "desk"
    assert said(stage, "/midi/state/song") == pytest.approx((stage.now - start) * 134 / 60, abs=0.1)


def test_start_makes_the_next_tick_the_one_whatever_was_counted_before() -> None:
    stage = Stage()
    desk = Desk(stage)
    stage.do("/clock/source", "midi")
    sent = list(clocks(120.0, 8.0))
    desk.run(sent, 2.1)
    desk.send([0xFA], 2.1)
    at = next(time for time, _ in sent if time >= stage.now - TICK)
    desk.run(sent, 2.5)
    assert clock(stage, "beat") == pytest.approx((stage.now - at) * 2, abs=0.01)
    assert clock(stage, "tempo") == pytest.approx(120, abs=0.5)


def test_silence_leaves_the_beat_going_at_the_last_tempo() -> None:
    stage = Stage()
    stage.do("/clock/source", "midi")
    Desk(stage).run(list(clocks(90.0, 4.0)), 4.0)
    before = clock(stage, "beat")
    stage.wait(10.0)
    assert clock(stage, "lock") == "freewheel"
    assert clock(stage, "beat") - before == pytest.approx(15.0, abs=0.05)


def test_clock_that_is_not_the_source_is_heard_and_not_followed() -> None:
    stage = Stage()
    Desk(stage).run(list(clocks(90.0, 4.0)), 4.0)
    assert clock(stage, "tempo") == 120.0
    assert said(stage, "/midi/state/tempo") == pytest.approx(90, abs=0.5)
    assert said(stage, "/midi/state/lock") == "locked"


@pytest.mark.parametrize("command", [("/clock/nudge", -0.25), ("/clock/downbeat",)])
@pytest.mark.parametrize("source", ["midi", "mtc"])
def test_what_a_hand_corrects_stays_corrected(source: str, command: tuple[Any, ...]) -> None:
    stage = Stage()
    desk = Desk(stage)
    stage.do("/clock/source", source)
    sent = list(clocks(120.0, 10.0)) if source == "midi" else mtc(0, 10.0)
    desk.run(sent, 3.8)
    then, before = stage.now, clock(stage, "beat")
    stage.do(*command)
    moved = clock(stage, "beat") - before
    assert abs(moved) > 0.02
    desk.run(sent, 8.0)
    assert clock(stage, "beat") - before == pytest.approx((stage.now - then) * 2 + moved, abs=0.05)


def test_beats_along_timecode_are_counted_from_its_zero_at_the_tempo_that_is_set() -> None:
    stage = Stage()
    desk = Desk(stage)
    stage.do("/clock/source", "mtc").do("/clock/tempo", 100.0)
    sent = mtc(25 * 60, 8.0)
    desk.run(sent, 2.0)
    assert clock(stage, "beat") == pytest.approx((60 + stage.now) * 100 / 60, abs=0.02)
    stage.do("/clock/tempo", 150.0)
    desk.run(sent, 3.0)
    assert (clock(stage, "tempo"), clock(stage, "lock")) == (150.0, "locked")
    assert clock(stage, "beat") == pytest.approx((60 + stage.now) * 150 / 60, abs=0.02)
    stage.wait(20.0)
    assert clock(stage, "lock") == "lost"
    assert clock(stage, "beat") == pytest.approx((60 + stage.now) * 150 / 60, abs=0.05), "beats go on in any case"


def test_one_device_is_followed_until_it_is_silent() -> None:
    stage = Stage()
    one, two = Desk(stage, "one"), Desk(stage, "two")
    stage.do("/clock/source", "mtc")
    for k in range(60):
        stage.wait(TICK)
        stage.show.apply(MtcHeard("one", stage.now, 25 * stage.now, "25", 1), stage.now)
        stage.show.apply(MtcHeard("two", stage.now, 9000 + k, "25", 1), stage.now)
    assert said(stage, "/mtc/state/device") == "one"
    assert said(stage, "/mtc/state/seconds") == pytest.approx(stage.now, abs=0.01)
    stage.wait(3.0)
    two.send(full_frame("00:06:00:00", "25"), stage.now)
    assert said(stage, "/mtc/state/device") == "two"
    stage.do("/clock/device", "ONE")
    one.send(full_frame("00:00:07:00", "25"), stage.now)
    two.send(full_frame("00:00:09:00", "25"), stage.now)
    assert said(stage, "/mtc/state/label") == "00:00:07:00"


# decks ----------------------------------------------------------------------------------------


def test_a_deck_follows_time_code_through_jitter_and_drop_outs() -> None:
    stage = playing()
    desk = Desk(stage, jitter=0.005)
    stage.do("/deck/1/chase", "mtc")
    assert said(stage, "/deck/{n}/chase", (1,)) == "mtc"
    assert stage.state("following") == "mtc waiting"
    sent = [one for one in mtc(250, 30.0) if not 8.0 < one[0] < 9.0]
    errors: list[float] = []
    before: list[float] = []
    steps: list[float] = []

    def look() -> None:
        errors.append(stage.state("seconds") - (10 + stage.now))
        before.append(stage.state("seconds"))
        if len(before) > 200:
            steps.append(before[-1] - before[-2])

    desk.run(sent, 20.0, look)
    assert stage.state("following") == "mtc locked"
    assert max(abs(error) for error in errors[128:]) * 30 < 0.5, "within half a frame of the clip"
    assert max(abs(step - TICK) for step in steps) < TICK / 20, "no jump, and no trim above 1 % and its rounding"
    assert abs(stage.state("drift")) < 0.5


def test_it_freewheels_for_as_long_as_it_may_and_then_holds() -> None:
    stage = playing()
    stage.do("/timecode/freewheel", 1.0).do("/deck/1/chase", "mtc")
    Desk(stage).run(mtc(0, 3.0), 3.0)
    last = stage.show.state.time.mtc.follower.heard or 0.0
    stage.wait(1.0)
    assert stage.state("following") == "mtc freewheel"
    assert stage.state("playing")
    stage.wait(3.0)
    assert (stage.state("following"), stage.state("playing")) == ("mtc lost", False)
    assert stage.state("seconds") == pytest.approx(last + 1.25, abs=0.05)
    desk = Desk(stage)
    begun = stage.now
    desk.run(mtc(1000, 2.0, start=begun), begun + 1.0)
    assert stage.state("seconds") == pytest.approx(40 + stage.now - begun, abs=0.03)


def test_a_locate_is_shown_standing_and_a_small_error_is_trimmed() -> None:
    stage = playing()
    desk = Desk(stage)
    stage.do("/deck/1/chase", "mtc").do("/timecode/offset", -3600.0)
    desk.send(full_frame("01:00:20:00", "25"), stage.now)
    stage.wait(0.1)
    assert (stage.state("seconds"), stage.state("playing")) == (20.0, False)
    assert stage.state("following") == "mtc standing"
    begun = stage.now
    desk.run(mtc(90_000 + 501, 4.0, start=begun), begun + 0.5)
    stage.do("/deck/1/nudge", 1.0)
    desk.run(mtc(90_000 + 501, 4.0, start=begun), begun + 1.0)
    assert stage.state("speed") == pytest.approx(0.99, abs=0.006)
    assert stage.state("drift") == pytest.approx(-1.0, abs=0.35)


def test_a_start_of_the_deck_is_where_its_in_point_is_due() -> None:
    stage = playing()
    stage.do("/deck/1/chase/start", "00:00:10:00").do("/deck/1/in", 300).do("/deck/1/chase", "timecode")
    assert said(stage, "/deck/{n}/chase/start", (1,)) == "00:00:10:00"
    for _ in range(64):
        stage.do("/timecode/seconds", 12.0 + stage.now).wait(TICK)
    assert stage.state("frame") == pytest.approx(300 + 30 * (2 + stage.now), abs=1)
    for k in range(20):
        stage.do("/timecode/label", f"00:00:05:{k:02d}").wait(1 / 25)
    assert (stage.state("frame"), stage.state("following")) == (300, "timecode before")


def test_decks_that_follow_nothing_are_left_alone_and_one_let_go_plays_on() -> None:
    stage = playing()
    stage.do("/deck/2/load", "b.mov").do("/deck/1/chase", "mtc").wait(0.1)
    desk = Desk(stage)
    begun = stage.now
    desk.run(mtc(500, 4.0, start=begun), begun + 2.0)
    assert stage.state("frame", 2) == pytest.approx(30 * stage.now - 7.5, abs=2)
    stage.do("/deck/1/chase", "off")
    here = stage.state("seconds")
    stage.wait(5.0)
    assert stage.state("seconds") == pytest.approx(here + 5.0, abs=0.05)
    assert (stage.state("speed"), stage.state("following")) == (1.0, "")


def test_a_disengaged_server_follows_no_time() -> None:
    stage = playing()
    stage.do("/deck/1/chase", "mtc")
    desk = Desk(stage)
    desk.send(full_frame("00:00:20:00", "25"), stage.now)
    stage.wait(0.1).do("/system/engaged", False)
    desk.send(full_frame("00:00:50:00", "25"), stage.now)
    stage.wait(0.1)
    assert stage.state("seconds") == 20.0
    stage.do("/deck/1/play")
    assert said(stage, "/mtc/state/seconds") == 20.0


@pytest.mark.parametrize("text", ["nonsense", "25:00:00:00", "00:00:00:77", ""])
def test_timecode_that_is_none_is_refused_in_words(text: str) -> None:
    stage = playing().do("/timecode/label", text, "#t").do("/deck/1/chase/start", text, "#s")
    codes = [(address, args[:2]) for address, args in stage.answers()]
    assert codes == [("/error", ("t", "input")), ("/error", ("s", "input"))]


# stories --------------------------------------------------------------------------------------


def test_a_story_follows_timecode_from_section_to_section() -> None:
    stage = told()
    stage.do("/deck/1/chase", "timecode").do("/timecode/freewheel", 0.0)
    seen = []
    for _ in range(round(5.5 / TICK)):
        stage.do("/timecode/seconds", stage.now).wait(TICK)
        seen.append((stage.now, stage.seen(), stage.state("cue")))
    where = {name: [(t, frame) for t, (movie, frame), _ in seen if movie == f"section_{name}"]
             for name in ("1", "2", "finale")}
    for begin, (name, found) in zip((0.0, 2.0, 4.0), where.items(), strict=True):
        assert found, f"section {name} was never seen"
        assert all(abs(frame - min(30 * (t - begin), 59)) <= 1.5 for t, frame in found), name
    assert where["2"][0][0] == pytest.approx(2.0, abs=0.1)
    assert stage.state("cue") == "finale"


def test_a_story_is_located_into_the_middle_of_a_section() -> None:
    stage = told()
    stage.do("/deck/1/chase", "mtc").wait(0.1)
    desk = Desk(stage)
    desk.send(full_frame("00:00:05:00", "25"), stage.now)
    stage.wait(0.2)
    assert (stage.seen(), stage.state("cue"), stage.state("playing")) == (("section_finale", 30), "finale", False)
    desk.send(full_frame("00:00:00:10", "25"), stage.now)
    stage.wait(0.2)
    assert (stage.seen(), stage.state("cue"), stage.state("armed")) == (("section_1", 12), "1", "2")


def test_a_section_that_cannot_be_played_takes_no_time() -> None:
    stage = told(bad="2")
    stage.do("/deck/1/chase", "mtc").wait(0.1)
    Desk(stage).send(full_frame("00:00:03:00", "25"), stage.now)
    stage.wait(0.2)
    assert (stage.seen(), stage.state("cue")) == (("section_finale", 30), "finale")


def test_a_section_whose_movie_is_gone_is_asked_for_once() -> None:
    stage = told()
    del stage.disk["song/stories/night/section_2.mov"]
    stage.do("/deck/1/chase", "mtc").wait(0.1)
    Desk(stage).send(full_frame("00:00:03:00", "25"), stage.now)
    stage.wait(2.0)
    asked = [event for event in stage.events if getattr(event, "name", "").endswith("section_2.mov")]
    assert len(asked) == 1
    assert stage.state("following") == "mtc opening"


def test_a_walk_is_not_chased_and_says_so() -> None:
    stage = told()
    stage.do("/deck/1/cue/guard", 0.0).do("/go/picture", "c-3").wait(0.2)
    stage.show.state = stage.show.state.with_cue(1, type(stage.show.state.cue(1))())
    stage.do("/deck/1/chase", "mtc")
    Desk(stage).send(full_frame("00:00:03:00", "25"), stage.now)
    stage.wait(0.1)
    assert stage.state("following") == "mtc walk"
