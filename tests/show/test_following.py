"""A playhead that nobody follows: seen in the pictures, mended once, then said; and nothing of it while decks stand."""

from __future__ import annotations

import pytest
from stage import Renderer, Stage

SHOWN_EVERY = 0.5


@pytest.fixture
def stage() -> Stage:
    return Stage()


def cook(stage: Stage, seconds: float, *follows: Renderer, wedged: tuple[Renderer, ...] = ()) -> None:
    """Let time pass; some renderers show what they are told, the wedged say again what they showed last."""
    end = stage.now + seconds
    while stage.now < end:
        stage.wait(SHOWN_EVERY)
        for one in (*follows, *wedged):
            stage.do("/td/health", 60.0, 1.0, 0, 0, 1.0, 10.0, source=one.source)
        for one in wedged:
            there = stage.show.renderers.at(one.source.host, one.source.port)
            assert there is not None
            if 1 in there.shown:
                one.say("shown", *there.shown[1])
        for one in follows:
            for player in stage.show.state.deck(1).stream(stage.now):
                if player.level > 0:
                    one.say("shown", player.clip, round(player.frame))


def told(stage: Stage, word: str) -> list[str]:
    return [one.text for one in stage.show.complaints if one.code == "standing" and word in one.text]


def playing(stage: Stage, renderer: Renderer) -> int:
    """A movie on deck 1 that was shown for a moment; returns the number of its open."""
    stage.do("/deck/1/load", "a.mov")
    opened = renderer.ready()
    cook(stage, 1.0, renderer)
    return opened


def test_who_follows_is_left_alone(stage: Stage) -> None:
    td = Renderer(stage)
    opened = playing(stage, td)
    cook(stage, 10.0, td)
    assert [args[0] for args in td.asked()] == [opened] * len(td.asked())
    assert not told(stage, "")


def test_what_nobody_follows_is_opened_anew_and_stays_seen_until_it_is_there(stage: Stage) -> None:
    td = Renderer(stage)
    opened = playing(stage, td)
    cook(stage, 4.0, wedged=(td,))
    newest = td.asked()[-1]
    assert newest[0] != opened
    assert newest[2] == "a.mov"
    assert len(told(stage, "opened anew")) == 1
    seen = [one for one in stage.show.state.deck(1).stream(stage.now) if one.level > 0]
    assert [one.clip for one in seen] == [opened], "the picture of before stays until the new one is there"
    before = stage.show.state.deck(1).current
    assert before is not None
    td.ready()
    stage.wait(0.1)
    seen = [one for one in stage.show.state.deck(1).stream(stage.now) if one.level > 0]
    assert [one.clip for one in seen] == [newest[0]]
    assert seen[0].frame == pytest.approx(before.position(stage.now, stage.show.state.deck(1).drive) % 300, abs=1.0)
    cook(stage, 10.0, td)
    assert len(told(stage, "")) == 1


def test_a_loop_as_long_as_a_look_is_looked_at_too(stage: Stage) -> None:
    td = Renderer(stage)
    playing(stage, td)
    stage.do("/deck/1/in", 100).do("/deck/1/out", 129)
    cook(stage, 6.0, td)
    assert not told(stage, "")
    cook(stage, 6.0, wedged=(td,))
    assert told(stage, "opened anew")


def test_what_stands_all_the_same_is_said_aloud_and_not_opened_again(stage: Stage) -> None:
    td = Renderer(stage)
    playing(stage, td)
    cook(stage, 4.0, wedged=(td,))
    td.ready()
    count = len({args[0] for args in td.asked()})
    cook(stage, 12.0, wedged=(td,))
    assert len({args[0] for args in td.asked()}) == count
    assert len(told(stage, "STANDS")) == 1
    cook(stage, 40.0, wedged=(td,))
    assert len(told(stage, "STANDS")) == 2, "it is said again as long as it lasts"


def test_one_that_stands_beside_one_that_follows_takes_nothing_off_its_screen(stage: Stage) -> None:
    left, right = Renderer(stage, "left", 7502), Renderer(stage, "right", 7602)
    stage.do("/deck/1/load", "a.mov")
    left.ready()
    right.ready()
    cook(stage, 1.0, left, right)
    count = len({args[0] for args in left.asked()})
    cook(stage, 6.0, left, wedged=(right,))
    assert len({args[0] for args in left.asked()}) == count
    assert len(told(stage, "right STANDS")) == 1


@pytest.mark.parametrize("stop", [("/deck/1/pause",), ("/deck/1/freeze", True), ("/deck/1/speed", 0.0),
                                  ("/deck/1/speed", 0.01)])
def test_a_deck_that_stands_on_purpose_is_not_looked_at(stage: Stage, stop: tuple[object, ...]) -> None:
    td = Renderer(stage)
    playing(stage, td)
    stage.do(*stop)  # type: ignore[arg-type]
    cook(stage, 10.0, wedged=(td,))
    assert not told(stage, "")


def test_a_deck_that_is_not_cooked_is_not_judged(stage: Stage) -> None:
    td = Renderer(stage)
    playing(stage, td)
    for _ in range(10):
        stage.wait(1.0).do("/td/health", 60.0, 1.0, 0, 0, 1.0, 10.0, source=td.source)
    assert not told(stage, "")


def test_a_renderer_that_says_nothing_of_its_pictures_is_not_blamed(stage: Stage) -> None:
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov")
    td.ready()
    cook(stage, 10.0, wedged=(td,))
    assert not told(stage, "")
