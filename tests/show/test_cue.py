"""Stories as cues: go, back, stop, arm, and the guard against a second press."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from stage import plain_movie
from walks import WalkStage

from server.index.format import Mark
from server.library.songs.stories import Story, StorySection


def sections(*names: str, bad: str = "") -> tuple[StorySection, ...]:
    return tuple(StorySection(name, f"stories/night/section_{name}.mov", 60, Fraction(30),
                              problem="it is cut short" if name == bad else "") for name in names)


@pytest.fixture
def stage() -> WalkStage:
    return told()


def told(bad: str = "") -> WalkStage:
    stage = WalkStage().begin()
    stage.story = Story("night", "night", sections("1", "2", "finale", bad=bad))
    marks = (Mark(0, "a / a-1", "x", "a field", 1), Mark(30, "b-2 (bridge)", "y", "sea", 2), Mark(59, "c-3", "z"))
    for name in ("1", "2", "finale"):
        path = f"song/stories/night/section_{name}.mov"
        stage.disk[path] = plain_movie(path, count=60, marks=marks)
    stage.do("/deck/1/story", "night", "#s")
    return stage


def cue(stage: WalkStage) -> tuple[Any, ...]:
    return tuple(stage.state(name) for name in ("story", "cue", "armed", "cues"))


def test_a_story_is_ready_with_its_first_section_armed(stage: WalkStage) -> None:
    assert stage.answers()[-1] == ("/ack", ("s",))
    assert cue(stage) == ("night", "", "1", 3)


def test_go_plays_the_section_to_its_end_and_holds(stage: WalkStage) -> None:
    stage.do("/cue/go").wait(1.0)
    assert (stage.seen(), cue(stage)[1:3]) == (("section_1", 30), ("1", "2"))
    assert [stage.state(n) for n in ("picture", "next", "hops", "goal")] == ["b-2", "c-3", 1, "c-3"]
    assert stage.wait(5.0).seen() == ("section_1", 59)
    stage.do("/deck/1/cue/go").wait(0.5)
    assert stage.seen() == ("section_2", 15)


def test_a_second_press_is_a_slip(stage: WalkStage) -> None:
    stage.do("/cue/go").wait(0.25).do("/cue/go", "#1")
    assert stage.answers()[-1][1][:2] == ("1", "not-now")
    assert cue(stage)[1] == "1"
    stage.wait(0.5).do("/cue/go").wait(0.1)
    assert cue(stage)[1] == "2"
    stage.do("/cue/guard", 0.0).do("/cue/go").wait(0.1)
    assert cue(stage)[1] == "finale"


def test_the_guard_stays_as_it_was_set_when_another_story_comes(stage: WalkStage) -> None:
    stage.do("/cue/guard", 3.0).do("/deck/1/story", "night").do("/cue/go").wait(2.5).do("/cue/go", "#1")
    assert stage.answers()[-1][1][:2] == ("1", "not-now")
    assert stage.wait(0.6).do("/cue/go").wait(0.1).state("cue") == "2"


def test_after_the_last_section_there_is_nothing_until_one_is_armed(stage: WalkStage) -> None:
    stage.do("/cue/arm", "finale").do("/cue/go").wait(1.0).do("/cue/go", "#1")
    assert stage.answers()[-1][1][:2] == ("1", "not-now")
    assert cue(stage)[1:3] == ("finale", "")
    stage.do("/cue/arm", 2).do("/cue/go").wait(0.5)
    assert stage.seen() == ("section_2", 15)


def test_back_and_stop(stage: WalkStage) -> None:
    stage.do("/cue/back", "#0")
    assert stage.answers()[-1][1][:2] == ("0", "not-now")
    stage.do("/cue/go").wait(1.0).do("/cue/go").wait(1.0).do("/cue/back").wait(0.5)
    assert (stage.seen(), cue(stage)[1:3]) == (("section_1", 15), ("1", "2"))
    stage.do("/cue/stop").wait(2.0)
    assert (stage.seen(), cue(stage)[1:3]) == (("section_1", 15), ("1", "1"))
    stage.do("/cue/go").wait(0.5)
    assert stage.seen() == ("section_1", 15)


@pytest.mark.parametrize("name", ["4", "0", "zz", "-1", "99999999999999999999"])
def test_arming_what_is_not_there_is_refused(stage: WalkStage, name: str) -> None:
    stage.do("/cue/arm", name, "#1")
    assert stage.answers()[-1][1][:2] == ("1", "input")
    assert cue(stage)[2] == "1"


def test_without_a_story_every_cue_says_what_to_do() -> None:
    for address, args in (("/cue/go", ()), ("/cue/back", ()), ("/cue/arm", ("1",)), ("/cue/stop", ())):
        stage = WalkStage().begin().do(address, *args, "#1")
        assert stage.answers()[-1][1][:2] == ("1", "not-now")


def test_a_section_that_cannot_be_played_is_said_and_the_others_can(stage: WalkStage) -> None:
    stage = told(bad="1")
    assert any("cut short" in c.text for c in stage.show.complaints)
    stage.do("/cue/go", "#1")
    assert stage.answers()[-1][1][:2] == ("1", "not-now")
    stage.do("/cue/arm", "2").do("/cue/go").wait(0.5)
    assert stage.seen() == ("section_2", 15)


def test_from_a_story_a_walk_leads_out(stage: WalkStage) -> None:
    stage.do("/cue/go").wait(2.5).do("/go/picture", "d").wait(2.0)
    assert (stage.state("picture"), stage.state("song")) == ("d-4", "song")


def test_the_next_section_is_opened_in_time(stage: WalkStage) -> None:
    stage.do("/cue/go").wait(0.5)
    prepared = stage.show.state.deck(1).prepared
    assert prepared is not None
    assert prepared.clip.spans[0].movie.name.endswith("section_2.mov")
    asked = len(stage.events)
    stage.wait(1.0).do("/cue/go")
    assert not [e for e in stage.events[asked:] if type(e).__name__ == "NeedMovie" and e.name.endswith("section_2.mov")]
