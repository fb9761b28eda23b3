"""Hands in the middle of a show: renamed, reconnected, deleted, driven by expressions, followed and not followed."""

from __future__ import annotations

import contextlib
import socket
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fake_td.errors import tdError
from show_in_td import Together, together
from virtual_server import VirtualServer

from server.protocol.encode import message


def tell(stage: Together, address: str, *args: str | float) -> None:
    """Something that the server says, and a moment to take it in."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(message(address, *args), ("127.0.0.1", stage.ports[1]))
    stage.run(0.05)


def numbers(stage: Together, seconds: float) -> set[int | None]:
    """What was on screen in this time."""
    before = len(stage.seen)
    stage.run(seconds)
    return {seen.number for seen in stage.seen[before:]}


def follows(stage: Together) -> bool:
    stage.do("/deck/1/frame", 3)
    stage.run(0.3)
    return stage.seen[-1].number == 3


def test_another_name_is_told_and_nothing_is_seen_of_it(stage: Together) -> None:
    stage.comp.par.Name = "other"
    assert numbers(stage, 3.0) == {30}
    assert follows(stage)
    assert stage.server is not None
    assert "other" in {renderer.name for renderer in stage.server.show.renderers.present()}


def test_the_same_server_under_another_of_its_names(stage: Together) -> None:
    assert stage.server is not None
    stage.comp.par.Server = f"127.0.0.2:{stage.server.port}"
    assert numbers(stage, 1.0) == {30}
    stage.comp.par.Server = f"127.0.0.1:{stage.server.port}"
    assert numbers(stage, 1.0) == {30}
    assert follows(stage)


def test_reconnect_is_not_seen(stage: Together) -> None:
    stage.comp.par.Reconnect.pulse()
    assert numbers(stage, 1.5) == {30}
    stage.comp.par.Reconnect.pulse()
    stage.comp.par.Reconnect.pulse()
    assert numbers(stage, 1.5) == {30}
    assert follows(stage)


def test_follow_off_and_on_in_the_middle_of_a_fade_flashes_nothing(stage: Together) -> None:
    stage.comp.par.Follow = False
    assert numbers(stage, 0.5) == {30}
    stage.comp.par.Follow = True
    assert numbers(stage, 1.0) == {30}
    stage.do("/deck/1/load", "b.mov", 1.0)
    stage.run(0.9)
    stage.comp.par.Follow = False
    stage.run(0.3)
    stage.comp.par.Follow = True
    stage.run(1.0)
    assert stage.difference(stage.seen[-1]) <= 6
    assert stage.seen[-1].number == 1000


def test_a_file_that_a_hand_put_in_is_ours_again_with_follow(stage: Together) -> None:
    stage.comp.par.Follow = False
    stage.run(0.1)
    stage.comp.op("deck1/player0").par.file = str(stage.media / "b.mov")
    stage.run(0.5)
    stage.comp.par.Follow = True
    stage.run(1.5)
    assert stage.seen[-1].number == 30


def test_what_hands_say_without_follow_is_said_and_nothing_is_kept_for_later(stage: Together) -> None:
    stage.td.link.peers = 2
    stage.comp.par.Link = True
    stage.comp.par.Follow = False
    stage.run(8.0)
    stage.comp.par.Speed = 0.5
    stage.run(0.1)
    assert stage.server is not None
    assert stage.server.show.state.deck(1).current.transport.speed == 0.5  # type: ignore[union-attr]
    before = len(stage.td.sent)
    stage.comp.par.Follow = True
    stage.run(0.1)
    assert len(stage.td.sent) - before < 20


def test_a_new_server_hears_that_link_leads(stage: Together) -> None:
    stage.td.link.tempo, stage.td.link.peers, stage.td.link.began = 140.0, 2, stage.clock.now - 7.0
    stage.comp.par.Link = True
    stage.run(1.0)
    assert stage.server is not None
    port = stage.server.port
    stage.server.close()
    stage.server = VirtualServer(stage.media, session=2, now=stage.clock.now, network=stage.network, port=port)
    stage.run(2.0)
    assert stage.server.show.state.beat.source == "outside"


def test_an_expression_on_the_page_play_survives_what_the_server_says(stage: Together) -> None:
    stage.comp.par.Speed.expr = "0.5 + 0"
    stage.run(0.1)
    tell(stage, "/deck/1/state/speed", 0.75)
    assert stage.comp.par.Speed.mode.name == "EXPRESSION"
    assert stage.comp.par.Speed.eval() == 0.5


def test_the_page_shows_the_deck_that_is_chosen(stage: Together) -> None:
    tell(stage, "/deck/1/state/speed", 1.0)
    tell(stage, "/deck/2/state/speed", 0.25)
    tell(stage, "/deck/2/state/loop", "bounce")
    before = len(stage.td.sent)
    stage.comp.par.Playdeck = 2
    stage.run(0.1)
    assert stage.comp.par.Speed.eval() == 0.25
    assert stage.comp.par.Loop.eval() == "bounce"
    assert not any(b"/deck/2/" in data for _, data in stage.td.sent[before:]), "it says nothing new"


def test_a_media_folder_inside_the_projects_is_one_of_the_project(stage: Together) -> None:
    stage.td.project.__dict__["folder"] = stage.media.parent.as_posix()
    stage.comp.par.Mediafolder = stage.media.name
    stage.do("/deck/1/load", "b.mov", 0.0)
    stage.run(1.0)
    assert stage.seen[-1].number == 1000
    assert (stage.media / "b.mov").as_posix() == stage.comp.op("deck1/player1").par.file.eval()


@pytest.mark.parametrize("name", ["oscin_stream", "oscin_events", "oscout_server", "table_info", "deck1",
                                  "deck1/player0", "deck1/level_player0", "deck1/fit_player0"])
def test_what_a_hand_deleted_is_named_and_a_rebuild_makes_it_again(stage: Together, name: str) -> None:
    stage.comp.par.Sizew, stage.comp.par.Sizeh = 320, 192
    stage.run(0.1)
    stage.comp.op(name).destroy()
    stage.run(1.2)
    assert stage.comp.par.Status.eval() == f"{name} is gone; Rebuild on the page About makes it again"
    stage.comp.par.Rebuild.pulse()
    stage.run(2.0)
    assert stage.seen[-1].number == 30
    assert stage.seen[-1].picture.shape == (192, 320, 3)
    assert follows(stage)
    assert not [line for line in stage.log() if "by hand" in line], "what the component set itself is no artist's doing"


def test_how_a_hand_has_a_movie_read_stays_until_the_profile_is_another(stage: Together) -> None:
    player = stage.comp.op("deck1/player0")
    player.par.prereadframes = 42
    stage.comp.par.Rebuild.pulse()
    stage.run(1.0)
    stage.comp.par.reinitextensions.pulse()
    stage.run(1.0)
    assert player.par.prereadframes.eval() == 42
    stage.comp.par.Readprofile = "scrub"
    stage.run(0.1)
    assert player.par.prereadframes.eval() == 3


def test_a_deck_more_while_the_show_goes_on(media: Path) -> None:
    with together(media) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/pause")
        stage.do("/deck/1/frame", 30)
        stage.run(0.3)
        assert stage.server is not None
        for count in (2, 1):
            stage.comp.par.Decks = count
            stage.comp.par.Rebuild.pulse()
            assert numbers(stage, 3.0) == {30}
            assert sorted(stage.comp.ext.LinkExt.Renderer.decks) == list(range(1, count + 1))
            assert stage.comp.ext.LinkExt.Renderer.about.decks == ",".join(map(str, range(1, count + 1)))
        assert follows(stage)


def test_packets_that_make_no_sense_change_nothing(stage: Together) -> None:
    blob = b"/deck/1/state/frame\0,b\0\0\0\0\0\4abcd"
    for packet in (b"", b"x", b"/a", b"#bundle\0", b"\xff" * 50, b"#bundle\0" + bytes(8) + b"\0\0\0\x10/td/", blob,
                   message("/td/deck/1/open", 1), message("/td/deck/1/open", "a", 2, "b", 3.0),
                   message("/deck/x/state/clip", "a"), message("/deck/1/state/frame", "text"),
                   message("/job/1/x"), message("/ack"), message("/error", "a"), message("/td/deck/1/tick", "now")):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for port in stage.ports:
                out.sendto(packet, ("127.0.0.1", port))
    assert numbers(stage, 0.5) == {30}
    assert follows(stage)


def test_an_expression_that_cannot_be_worked_out_is_said(stage: Together) -> None:
    stage.comp.par.Sizew.expr = "op('nobody')[0]"
    stage.comp.par.Fit = "fill"
    assert numbers(stage, 1.0) <= {30, None}
    assert any("Sizew cannot be worked out" in line for line in stage.log())
    stage.comp.par.Sizew = 160
    stage.run(0.2)
    assert follows(stage)


def test_an_execute_dat_that_stands_is_no_end_of_the_show(stage: Together) -> None:
    stage.comp.op("execute_frames").par.active = False
    stage.run(0.3)
    assert follows(stage)
    stage.do("/deck/1/play")
    assert len(numbers(stage, 1.0)) > 20


def test_builds_whose_unload_keeps_no_memory(stage: Together, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(stage.comp.op("deck1/player0"))
    real = kind.unload
    monkeypatch.setattr(kind, "unload", lambda self: real(self))  # noqa: PLW0108 - it takes nothing else
    for movie, number in (("b.mov", 1000), ("c.mov", 2000), ("b.mov", 1000)):
        stage.load(movie)
        stage.do("/deck/1/frame", 0)
        stage.run(0.2)
        assert stage.seen[-1].number == number


@pytest.mark.parametrize(("members", "seconds"), [(("isOpen", "isFullyPreRead"), 0.01), (("isInvalid",), 0.02)])
def test_what_a_player_says_of_the_file_before_is_not_believed(
        stage: Together, monkeypatch: pytest.MonkeyPatch, members: tuple[str, ...], seconds: float) -> None:
    kind = type(stage.comp.op("deck1/player0"))
    begun: dict[str, float] = {}
    preload = kind.preload

    def noted(self: Any, *args: Any) -> None:
        begun[self.path] = stage.clock.now
        preload(self, *args)

    def stale(self: Any, real: property) -> bool:
        return stage.clock.now - begun.get(self.path, 0.0) < seconds or bool(real.__get__(self))

    monkeypatch.setattr(kind, "preload", noted)
    for member in members:
        monkeypatch.setattr(kind, member, property(partial(stale, real=getattr(kind, member))))
    stage.td.disk.open_time = lambda path, chance: 0.3
    stage.do("/deck/1/prepare", "b.mov")
    stage.run(0.2)
    assert [player.state for player in stage.comp.ext.LinkExt.Renderer.decks[1].players].count("opening") == 1
    before = len(stage.seen)
    stage.load("b.mov")
    assert {seen.number for seen in stage.seen[before:]} <= {30, *range(1000, 1090)}
    assert not [line for line in stage.log() if "cannot open" in line]


@pytest.mark.parametrize(("name", "value"), [("Marknumber", float("nan")), ("Frame", 10**30), ("Axisname", "☃ x/y"),
                                             ("Playdeck", float("inf"))])
def test_nonsense_on_the_page_play_is_said_and_not_sent(stage: Together, name: str, value: object) -> None:
    with contextlib.suppress(OverflowError, tdError):
        getattr(stage.comp.par, name).val = value
    stage.run(0.1)
    stage.comp.par.Speed = 0.25
    stage.run(0.1)
    assert follows(stage)
    assert stage.td.failures == []
