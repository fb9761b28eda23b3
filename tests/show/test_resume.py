"""A show that died and goes on in another process: its stream is byte for byte what it would have been."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from making_stage import MakingStage
from stage import PERSON, TICK, Renderer, Stage
from walks import RING, WalkStage

from server.playback.tempo import Tempo
from server.protocol.command import Command, Source
from server.show.archive import packed, unpacked
from server.show.events import Mapped, NeedRoute
from server.show.resume import Sketcher, gone_on, settled, stood
from server.show.revive import mind_of, take_over
from server.show.show import About, Show
from server.show.state import ShowState

Kind = TypeVar("Kind", bound=Stage)


def reborn(stage: Kind, after: float = 0.0) -> Kind:
    """The same stage with another show, made of what the first would have left on disk; found after some time."""
    state, mind = unpacked(packed((Sketcher().sketch(stage.show.state), mind_of(stage.show))))
    other = copy.copy(stage)
    other.now += after
    other.ticks = round(other.now / TICK)
    other.sent, other.said, other.events = [], [], []
    other.show = Show(ShowState.fresh(len(stage.show.state.decks), TICK, Tempo(120.0, other.now)),
                      About("test", 1 / TICK, "/media", 7))
    other.show.state = gone_on(state, other.show.state)
    take_over(other.show, mind, other.now)
    other.settle()
    return other


def streams(stage: Stage, seconds: float) -> list[bytes]:
    """Every packet of the stream from now on."""
    stage.sent.clear()
    for _ in range(round(seconds)):
        stage.do("/td/health", 60.0, 1.0, 0, 0, 1.0, 10.0, source=Source("10.0.0.2", 7502)).wait(1.0)
    return [event.packet for event in stage.sent if event.port == 7501]


def looping(stage: Stage, td: Renderer) -> None:
    stage.do("/deck/1/load", "a.mov")
    td.ready()
    stage.wait(1.0).do("/deck/1/speed", 1.7).do("/deck/1/level", 0.5).wait(0.3)


def fading(stage: Stage, td: Renderer) -> None:
    looping(stage, td)
    stage.do("/deck/1/fade", 2.0).do("/deck/1/load", "b.mov")
    td.ready()
    stage.wait(0.7)


def frozen(stage: Stage, td: Renderer) -> None:
    looping(stage, td)
    stage.do("/deck/1/freeze", True).wait(0.4)


def bouncing_on_the_beat(stage: Stage, td: Renderer) -> None:
    looping(stage, td)
    stage.do("/clock/tempo", 97.0).do("/deck/1/pulse/multiply", 0.2).do("/deck/1/loop", "bounce").wait(0.2)


def waiting_for_a_bar(stage: Stage, td: Renderer) -> None:
    looping(stage, td)
    stage.do("/clock/quantise", "bar").do("/deck/1/load", "c.mov")
    td.ready()
    stage.wait(0.1)


def in_a_clip_of_spans(stage: Stage, td: Renderer) -> None:
    stage.do("/deck/1/load", "a.mov")
    td.ready()
    stage.do("/deck/1/in", 100).do("/deck/1/out", 180).do("/deck/1/reverse").wait(0.5)


@pytest.mark.parametrize("play", [looping, fading, frozen, bouncing_on_the_beat, waiting_for_a_bar,
                                  in_a_clip_of_spans])
@pytest.mark.parametrize("after", [0, 23])
def test_it_goes_on_as_if_nothing_had_been(play: Callable[[Stage, Renderer], None], after: int) -> None:
    stage = Stage()
    play(stage, Renderer(stage))
    other = reborn(stage, after * TICK)
    stage.wait(after * TICK)
    assert streams(other, 3.0) == streams(stage, 3.0)
    assert other.show.about.session == stage.show.about.session


def walking(pictures: str = "d", *, auto: bool = False, **more: object) -> WalkStage:
    stage = WalkStage(**more).begin()  # type: ignore[arg-type]
    stage.do("/deck/1/go/auto", auto) if auto else stage.do("/go/picture", pictures)
    stage.wait(0.7)
    return stage


def told_again(stage: WalkStage) -> WalkStage:
    """The planner has opened the song again."""
    stage.feed([Mapped("song", stage.graph)])
    return stage


def seen(stage: Stage, seconds: float) -> list[list[tuple[str, int]]]:
    """The frames on screen from now on, tick by tick."""
    return [stage.wait(TICK).screen() for _ in range(round(seconds / TICK))]


@pytest.mark.parametrize("packed", [False, True])
def test_a_walk_goes_on_to_where_it_was_going(packed: bool) -> None:
    stage = walking(packed=packed)
    other = reborn(stage, 16 * TICK)
    stage.wait(16 * TICK)
    assert seen(other, 0.5) == seen(stage, 0.5)
    told_again(other)
    assert seen(other, 5.0) == seen(stage, 5.0)
    assert other.state("picture") == "d-4"
    assert other.do("/go/picture", "a").wait(4.0).state("picture") == "a-1"


def test_a_walk_without_end_waits_for_its_song_and_goes_on() -> None:
    stage = walking(auto=True)
    other = reborn(stage, 3 * TICK)
    other.answers()
    other.do("/go/picture", "a", "#1")
    assert "being opened again" in other.answers()[0][1][2]
    other.wait(3.0)
    assert not any(isinstance(event, NeedRoute) for event in other.events), "there is no map yet to go by"
    told_again(other)
    assert len(set(other.passing(8.0))) > 3


def test_what_was_being_made_is_left_for_a_fade() -> None:
    stage = MakingStage(RING[:-1], lacks=(("e-5", "a-1"),))
    stage.begin()
    stage.do("/go/picture", "e").wait(0.2)
    stage.grow(("a-1", "e-5"), 20).wait(0.3)
    assert stage.show.state.making.growing
    other = reborn(stage, 4 * TICK)
    assert all(job.startswith("lost ") for job in other.show.state.making.growing)
    told_again(other)
    other.wait(8.0)
    assert other.state("picture") == "e-5"
    assert not other.show.state.making.growing, "its parts are nobody's any more"


def test_a_movie_on_its_way_still_comes() -> None:
    stage = Stage()
    stage.do("/deck/1/load", "a.mov").wait(0.2)
    stage.carry_out = lambda event: None  # type: ignore[method-assign]
    stage.do("/deck/2/load", "b.mov")
    del stage.carry_out
    other = reborn(stage).wait(0.3)
    assert other.screen(2)[0][0] == "b.mov"


def test_the_song_of_what_is_ready_is_entered_when_it_is_taken() -> None:
    stage = Stage()
    stage.do("/deck/1/prepare", "a.mov").wait(0.2)
    assert stage.show.state.song(1).name == ""
    assert reborn(stage).do("/deck/1/take").wait(0.2).show.state.song(1).name == "song"


def test_what_waits_for_its_time_is_done_in_time() -> None:
    stage = Stage()
    stage.do("/deck/1/load", "a.mov").wait(0.5)
    (command,) = stage.dispatcher.command("/deck/1/frame", [200], PERSON)
    assert isinstance(command, Command)
    stage.feed([replace(command, due=stage.now + 1.0)])
    other = reborn(stage, 0.5)
    assert other.wait(0.25).screen()[0][1] < 100
    assert other.wait(0.5).screen()[0][1] >= 200


def test_listeners_are_told_without_asking_again() -> None:
    stage = Stage()
    stage.do("/system/subscribe", "/deck/1/state/*", 30.0, 9100)
    other = reborn(stage)
    (listener,) = other.show.subscribers.present(other.now)
    assert (listener.to.port, listener.rate) == (9100, 30.0)
    assert listener.wants("/deck/1/state/frame")
    assert not listener.wants("/deck/2/state/frame")


def test_another_number_of_decks() -> None:
    stage = Stage(decks=3)
    stage.do("/deck/1/load", "a.mov").do("/deck/3/load", "c.mov").do("/select/deck", 3).wait(0.4)
    kept = Sketcher().sketch(stage.show.state)
    fewer = gone_on(kept, ShowState.fresh(2, TICK, Tempo(120.0)))
    assert (len(fewer.decks), len(fewer.walks), len(fewer.songs), len(fewer.cues), fewer.selected) == (2, 2, 2, 2, 2)
    more = gone_on(kept, ShowState.fresh(5, TICK, Tempo(120.0)))
    assert [deck.current is not None for deck in more.decks] == [True, False, True, False, False]


def test_ticks_are_no_change() -> None:
    stage = Stage()
    sketcher = Sketcher()
    stage.do("/deck/1/load", "a.mov").wait(0.5)
    before = settled(sketcher.sketch(stage.show.state))
    assert settled(sketcher.sketch(stage.wait(3.0).show.state)) == before
    assert settled(sketcher.sketch(stage.do("/deck/1/speed", 2.0).show.state)) != before


@pytest.mark.parametrize("play", [looping, fading, frozen, bouncing_on_the_beat, waiting_for_a_bar])
def test_after_a_start_of_the_computer_it_stands_where_it_was(play: Callable[[Stage, Renderer], None]) -> None:
    stage = Stage()
    play(stage, Renderer(stage))
    stage.do("/deck/1/mark/3/set").do("/clock/tempo", 97.0)
    deck, died = stage.show.state.deck(1), stage.now
    state = unpacked(packed(Sketcher().sketch(stage.show.state)))
    other = Stage()
    now = 17.0
    other.show.state = stood(state, died, ShowState.fresh(2, TICK, Tempo(120.0, now)), now)
    other.now, other.ticks = now, round(now / TICK)
    wanted = deck.pictures(died)[-1] if deck.frozen is None else None
    other.wait(2.0)
    (picture,) = other.screen()
    if wanted is not None:
        assert picture == (wanted.movie, wanted.frame)
    assert other.state("playing") is False
    assert other.show.state.hot_cues == stage.show.state.hot_cues
    assert other.show.state.beat.tempo.bpm == 97.0
    assert other.do("/deck/1/play").wait(1.0).screen() != [picture]
