"""The component's shells in a TouchDesigner: what it says of itself, obeys, saves and leaves alone."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from component_builder import build
from fake_td import FakeTouchDesigner, Quirks
from show_in_td import Together, together

from server.protocol.encode import message

MakeTd = Callable[..., FakeTouchDesigner]


def test_follow_off_writes_nothing_and_the_server_does_not_wait(stage: Together) -> None:
    stage.comp.par.Follow = False
    stage.run(0.1)
    level = stage.comp.op("deck1/level_player0")
    player = stage.comp.op("deck1/player0")
    level.par.opacity, player.par.index = 0.25, 77
    stage.do("/deck/1/frame", 3)
    stage.run(6.0)
    assert (level.par.opacity.eval(), player.par.index.eval()) == (0.25, 77), "the artist's hand wins"
    assert "Follow is off" in stage.comp.par.Status.eval()
    assert stage.server is not None
    assert stage.server.show.renderers.present() == []
    stage.comp.par.Follow = True
    stage.run(2.0)
    assert stage.seen[-1].number == 3
    assert "linked" in stage.comp.par.Status.eval()


def test_saved_and_opened_again_no_movie_opens_before_the_welcome(
        stage: Together, make_td: MakeTd, tmp_path: Path) -> None:
    path = stage.comp.save(tmp_path / "show.tox")
    other = make_td("2023.12600")
    comp = other.find(other.root, "/project1").loadTox(path)
    comp.par.Server = "127.0.0.1:9"
    comp.par.Streamport, comp.par.Eventport = 47811, 47812
    other.view(comp.op("out1"))
    other.frame(120)
    assert other.disk.opens == []
    assert comp.op("deck1/player0").par.file.eval() == ""
    assert comp.par.Connected.eval() == 0


def test_it_works_when_the_repository_is_gone(make_td: MakeTd) -> None:
    import sys

    td = make_td()
    comp = build(td, 9, 47813, 47814)
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in ("td_extensions",
                                                                                                     "td_project")}
    try:
        sys.modules["td_extensions"] = None  # type: ignore[assignment]
        comp.par.reinitextensions.pulse()
        comp.op("deck1").par.reinitextensions.pulse()
        td.view(comp.op("out1"))
        td.frame(30)
        assert "no server answers" in comp.par.Status.eval()
    finally:
        del sys.modules["td_extensions"]
        sys.modules.update(hidden)


def test_the_state_is_a_chop_and_the_pages_follow_it(stage: Together) -> None:
    stage.do("/deck/1/loop", "bounce")
    stage.do("/deck/1/speed", 0.5)
    stage.run(0.5)
    _tell_state(stage)
    stage.run(0.6)
    state = stage.comp.op("state")
    assert state["deck1/frame"].eval() == 30
    assert state["deck1/speed"].eval() == 0.5
    assert stage.comp.par.Speed.eval() == 0.5
    assert stage.comp.par.Loop.eval() == "bounce"
    assert ["deck1/clip", "a.mov"] in [[cell.val for cell in row][:2] for row in stage.comp.op("info").rows()]


def _tell_state(stage: Together) -> None:
    """What the server's feedback thread does."""
    from server.show.view import state_messages

    assert stage.server is not None
    show = stage.server.show
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for address, args in state_messages(show.state, stage.clock.now, show.counts()):
            out.sendto(message(address, *args), ("127.0.0.1", stage.ports[1]))


def test_a_parameter_of_the_page_play_is_a_command(stage: Together) -> None:
    stage.comp.par.Frame = 44
    stage.run(0.3)
    assert stage.seen[-1].number == 44
    stage.comp.par.Markset.pulse()
    stage.comp.par.Speed = 2.0
    stage.comp.par.Play.pulse()
    stage.run(0.5)
    assert stage.server is not None
    transport = stage.server.show.state.deck(1).current.transport  # type: ignore[union-attr]
    assert (transport.speed, transport.playing) == (2.0, True)


def test_an_artists_functions_are_called_and_their_mistakes_are_said(stage: Together) -> None:
    stage.comp.op("callbacks").text = (
        "def onReady(info):\n    me.store('ready', info['path'])\n\n\ndef onTake(info):\n    raise ValueError('oh')\n")
    stage.do("/deck/1/prepare", "b.mov")
    stage.run(1.0)
    assert stage.comp.op("callbacks").fetch("ready") == "b.mov"
    _tell_state(stage)
    stage.run(0.1)
    stage.do("/deck/1/take")
    stage.run(0.5)
    _tell_state(stage)
    stage.run(0.8)
    assert any("onTake: ValueError: oh" in line for line in stage.log())
    assert stage.seen[-1].number == 1000, "and the show goes on"


def test_preview_shows_what_comes_next(stage: Together) -> None:
    preview = stage.comp.op("preview1")
    stage.td.view(preview)
    stage.do("/deck/1/prepare", "b.mov")
    stage.run(1.0)
    from server.media.numbered import read_number

    assert read_number(preview._picture[..., :3]) == 1000
    assert stage.seen[-1].number == 30


def test_the_table_says_how_far_each_reel_is(stage: Together) -> None:
    def reels() -> dict[str, str]:
        rows = [[cell.val for cell in row] for row in stage.comp.op("info").rows()]
        return {row[3]: row[4] for row in rows[1:] if row[0] == "1" and row[3]}

    stage.td.disk.open_time = lambda path, chance: 1.5
    stage.do("/deck/1/prepare", "b.mov")
    stage.run(1.0)
    player = next(op for op in (stage.comp.op(f"deck1/player{n}") for n in range(3))
                  if op.par.file.eval().endswith("b.mov"))
    assert reels() == {"a.mov": "open", "b.mov": "opening"}
    index = player.par.index.eval()
    stage.do("/deck/1/seconds", 1.0)
    stage.run(0.2)
    assert player.par.index.eval() == index, "nothing is written on a player that is not open yet"
    stage.run(1.5)
    assert reels() == {"a.mov": "open", "b.mov": "open"}


def test_ableton_links_beats_reach_the_server(stage: Together) -> None:
    stage.td.link.tempo, stage.td.link.peers, stage.td.link.began = 140.0, 2, stage.clock.now - 7.0
    stage.comp.par.Link = True
    stage.run(4.0)
    assert stage.server is not None
    beat = stage.server.show.state.beat
    assert beat.source == "outside"
    assert beat.tempo.bpm == pytest.approx(140.0, abs=0.5)
    assert beat.tempo.beat(stage.clock.now) == pytest.approx(stage.td.link.beats_at(stage.clock.now), abs=0.1)
    stage.comp.par.Link = False
    stage.run(0.2)
    assert stage.server.show.state.beat.source == "internal"


def test_controllers_that_are_handed_on_are_channels(stage: Together) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(message("/FX/hue_shift", 0.25), ("127.0.0.1", stage.ports[0]))
        out.sendto(message("/param3", 0.75), ("127.0.0.1", stage.ports[0]))
        stage.run(0.1)
    controls = stage.comp.op("controls")
    assert [controls["FX/hue_shift"].eval(), controls["param3"].eval()] == [0.25, 0.75]
    assert controls["td/deck/1/tick"] is None
    stage.comp.par.Clearcontrols.pulse()
    stage.run(0.1)
    assert controls["FX/hue_shift"] is None
    assert stage.seen[-1].number == 30


def test_the_size_and_the_shape_are_the_artists(stage: Together) -> None:
    stage.comp.par.Sizew, stage.comp.par.Sizeh, stage.comp.par.Fit = 320, 320, "fill"
    stage.run(0.1)
    assert stage.seen[-1].picture.shape == (320, 320, 3)
    stage.comp.par.Readprofile = "scrub"
    stage.run(0.1)
    assert stage.comp.op("deck1/player0").par.frametimeoutstrat.eval() == "seeking"
    stage.comp.par.Smooth = True
    stage.run(0.1)
    assert bool(stage.comp.op("deck1/player0").par.interp.eval())


@pytest.mark.parametrize("blends", [True, False], ids=["a build that blends", "one that does not"])
def test_smooth_shows_what_lies_between_two_frames(media: Path, blends: bool) -> None:
    with together(media, quirks=Quirks(interp_blends_in_specify=blends)) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/speed", 0.1)
        stage.comp.par.Smooth = True
        stage.run(0.5)
        begin = len(stage.seen)
        stage.run(1.0)
        pictures = {seen.picture.tobytes() for seen in stage.seen[begin:]}
        asked = {frame for seen in stage.seen[begin:] for _, frame, _ in stage.commanded(seen)}
        assert len(asked) <= 5
        assert (len(pictures) > 40) is blends, "a picture of its own for every cook"
        if not blends:
            assert {seen.number for seen in stage.seen[begin:]} <= {*asked, min(asked) - 1}


def test_black_when_the_server_is_lost_if_that_is_wanted(stage: Together) -> None:
    stage.comp.par.Lostserver = "black"
    stage.run(0.1)
    assert stage.server is not None
    stage.server.close()
    stage.server = None
    stage.run(1.9)
    assert stage.seen[-1].number == 30
    stage.run(1.5)
    assert stage.seen[-1].picture.max() == 0
    assert "silent" in stage.comp.par.Status.eval()
    assert stage.comp.comment == stage.comp.par.Status.eval()


def test_health_says_how_touchdesigner_is_doing(stage: Together) -> None:
    stage.run(2.0)
    assert stage.server is not None
    [renderer] = stage.server.show.renderers.present()
    fps, frame_ms, dropped, misses, decode_ms, gpu_mb = renderer.health
    assert fps == pytest.approx(60, abs=0.5)
    assert frame_ms >= 0
    assert (dropped, misses) >= (0, 0)
    assert decode_ms > 0
    assert gpu_mb > 0
    assert renderer.shown[1][1] == 30
    assert (renderer.build, renderer.largest) == ("2023.12600", 16384)
    stage.do("/deck/1/prepare", "b.mov")
    stage.run(2.0)
    held = [one.gpuMemory for one in stage.comp.op("deck1").children if one.name.startswith("player")]
    assert sum(each > 0 for each in held) > 1
    assert renderer.health[5] == pytest.approx(sum(held) / 1e6, rel=1e-3), "of all movies together"


def test_a_message_from_elsewhere_is_not_obeyed(media: Path) -> None:
    with together(media) as stage:
        ext: Any = stage.comp.ext.LinkExt
        ext.Event("/system/welcome", ["intruder", 1, 60.0, 1, "/elsewhere", 99], "10.0.0.66")
        stage.run(0.1)
        assert ext.Renderer.server == "virtual"
        stage.run(0.6)
        assert any("10.0.0.66" in line for line in stage.log())
