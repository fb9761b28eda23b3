"""Main and backup: one plays, the other keeps in step and takes over; what differs is said."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from stage import TICK, Renderer, Stage, messages, plain_movie

from server.protocol.command import Source
from server.show.archive import packed
from server.show.events import JobOrder, NeedJob, NeedTransition, Send
from server.show.peer import ASK, TOLD
from server.show.peer_align import Steps
from server.show.peer_state import BACKUP, MAIN, PeerState
from server.show.peer_telling import differences, told_of
from server.show.show import About
from server.show.state import SongPlace
from server.show.view import system_values

PORTS = {MAIN: 7500, BACKUP: 7510}
HOST = "10.0.0.1"


class Pair:
    """Two stages whose servers know each other; the clocks of their computers differ, and packets may get lost."""

    def __init__(self, apart: float = 0.0, claims: bool = False, takeover_after: float = 0.0) -> None:
        self.main, self.backup = Stage(), Stage()
        self.cut = False
        self.td: Renderer
        for stage, role, other, session in ((self.main, MAIN, BACKUP, 7), (self.backup, BACKUP, MAIN, 8)):
            stage.show.about = About("test", 1 / TICK, "/media", session)
            stage.disk["long.mov"] = plain_movie("long.mov", count=3000)
            address = (HOST, PORTS[other]) if role == BACKUP or claims else None
            claim = 0.5 if claims and role == MAIN else None
            stage.show.state = replace(stage.show.state, peer=PeerState(
                role, role == MAIN and not claims, 0, role, "1.0", PORTS[role], address, takeover_after, claim))
        self.backup.ticks = round(apart / TICK)
        self.backup.now = self.backup.ticks * TICK
        self.seen = {MAIN: 0, BACKUP: 0}

    def both(self, address: str, *args: Any) -> Pair:
        self.main.do(address, *args)
        self.backup.do(address, *args)
        return self

    def wait(self, seconds: float, each: Callable[[], object] = lambda: None) -> Pair:
        for _ in range(round(seconds / TICK)):
            for role, stage, other in ((MAIN, self.main, self.backup), (BACKUP, self.backup, self.main)):
                stage.wait(TICK)
                self.carry(role, stage, other)
            self.carry(MAIN, self.main, self.backup)
            each()
        return self

    def carry(self, role: str, stage: Stage, other: Stage) -> None:
        """Bring what servers say to each other across."""
        said, self.seen[role] = stage.events[self.seen[role]:], len(stage.events)
        for event in said:
            if isinstance(event, Send) and event.address in (ASK, TOLD) and not self.cut:
                other.do(event.address, *event.args, source=Source(HOST, 40_000 + PORTS[role]))

    def apart(self) -> float:
        """By how many frames the playheads of both first decks differ."""
        return float(self.main.state("seconds") - self.backup.state("seconds")) * 30

    def value(self, name: str, role: str = BACKUP) -> Any:
        stage = self.backup if role == BACKUP else self.main
        return system_values(stage.show.state, {})[name][0]


def playing(pair: Pair) -> Pair:
    """Both were told to load a movie; the main one had to wait for its renderer, the backup for nobody."""
    td = Renderer(pair.main)
    pair.both("/deck/1/load", "long.mov").wait(0.2)
    td.ready()
    pair.td = td
    return pair.wait(1.0)


def packets(stage: Stage, since: int) -> int:
    return len([event for event in stage.sent[since:] if event.port == 7501])


def test_the_backup_plays_to_nobody_and_the_main_server_does() -> None:
    pair = playing(Pair())
    Renderer(pair.backup, port=7602)
    assert len(pair.backup.show.renderers) == 0
    assert pair.backup.sent == []
    assert not any(send.address == "/system/welcome" for send in pair.backup.said)
    before = len(pair.main.sent)
    pair.wait(0.5)
    assert packets(pair.main, before) >= 30
    assert (pair.value("role"), pair.value("active"), pair.value("peer")) == (BACKUP, False, "main main plays")
    assert pair.value("peer", MAIN) == "backup backup muted"


@pytest.mark.parametrize("apart", [0.0, 1234.5])
def test_the_backup_keeps_in_step_although_it_waited_for_no_renderer(apart: float) -> None:
    pair = playing(Pair(apart))
    assert pair.main.state("clip") == pair.backup.state("clip") == "long.mov"
    worst: list[float] = []
    pair.wait(5.0, lambda: worst.append(abs(pair.apart())))
    assert max(worst) < 0.6, "within a frame; a packet takes up to a tick here"
    assert pair.value("differences") == ""


def test_the_beat_is_the_same_too() -> None:
    pair = playing(Pair(apart=77.0)).both("/clock/tempo", 100.0).wait(1.0)
    beat = [stage.show.state.beat.tempo.beat(stage.now) for stage in (pair.main, pair.backup)]
    assert beat[0] == pytest.approx(beat[1], abs=0.05)


def test_what_people_set_is_left_alone_and_told_as_a_difference() -> None:
    pair = playing(Pair())
    pair.backup.do("/deck/1/speed", 0.5).do("/master/level", 0.25).do("/deck/2/load", "b.mov")
    pair.wait(0.5)
    assert pair.value("differences") == "", "not before it lasts"
    pair.wait(1.5)
    assert pair.backup.state("speed") == 0.5
    told = pair.value("differences")
    for words in ("deck 1: speed 0.5 here, speed 1 there", "master 0.25 here, 1.00 there",
                  "deck 2: b.mov here, nothing there"):
        assert words in told
    assert "deck 2: nothing here, b.mov there" in pair.value("differences", MAIN)
    pair.backup.do("/deck/1/speed", 1.0).do("/master/level", 1.0)
    pair.main.do("/deck/2/load", "b.mov").wait(0.2)
    pair.td.ready(deck=2)
    pair.wait(1.0)
    assert pair.value("differences") == ""


def test_taking_over_reaches_both_and_the_renderer_is_played_to_by_the_other() -> None:
    pair = playing(Pair(apart=50.0))
    pair.both("/system/takeover")
    before_main, before_backup = len(pair.main.sent), len(pair.backup.sent)
    pair.wait(1.0)
    assert (pair.value("active"), pair.value("active", MAIN)) == (True, False)
    assert packets(pair.main, before_main) <= 3
    assert packets(pair.backup, before_backup) >= 55
    welcomes = [send for send in pair.backup.said if send.address == "/system/welcome"]
    assert [(send.to.host, send.to.port, send.args[5], send.args[6]) for send in welcomes] == [
        ("10.0.0.2", 7502, 8, PORTS[BACKUP])]
    opens = [event for event in pair.backup.sent if b"/td/deck/1/open" in event.packet]
    assert opens
    assert {(event.host, event.port) for event in opens} == {("10.0.0.2", 7502)}
    assert pair.value("differences") == pair.value("differences", MAIN) == ""
    pair.both("/system/takeover").wait(1.0)
    assert (pair.value("active"), pair.value("active", MAIN)) == (False, True)


def last_tick(stage: Stage) -> int:
    return next(int(message.params[0]) for event in reversed(stage.sent) if event.port == 7501
                for message in messages(event.packet) if message.address == "/td/deck/1/tick")


def test_servers_that_were_started_together_are_told_apart_by_their_ticks() -> None:
    pair = playing(Pair(apart=0.1))
    before = last_tick(pair.main)
    pair.both("/system/takeover").wait(0.1)

    assert 1 << 22 < (last_tick(pair.backup) - before) % (1 << 24) < 3 << 22


def test_a_renderer_on_the_main_computer_is_reached_there() -> None:
    pair = Pair()
    source = Source("127.0.0.1", 7502)
    pair.main.do("/system/hello", "td", 7501, 7502, source=source).wait(0.1)
    pair.wait(0.5)
    pair.backup.do("/system/takeover")
    pair.wait(0.5)
    assert [renderer.host for renderer in pair.backup.show.renderers] == [HOST]


def test_a_main_server_that_died_is_taken_over_by_hand_and_by_itself_only_where_that_is_wanted() -> None:
    for after, active in ((0.0, False), (2.0, True)):
        pair = playing(Pair(takeover_after=after))
        pair.cut = True
        here = pair.backup.state("seconds")
        pair.wait(4.0)
        assert pair.value("active") is active
        assert pair.value("peer") == "main main silent"
        assert pair.backup.state("seconds") == pytest.approx(here + 4.0, abs=0.05)
        if not active:
            pair.backup.do("/system/takeover")
            pair.wait(0.1)
            assert pair.value("active") is True
            assert pair.backup.show.renderers.present()


def test_a_main_server_that_comes_back_finds_that_the_other_one_plays() -> None:
    pair = playing(Pair())
    pair.cut = True
    pair.wait(2.0)
    pair.backup.do("/system/takeover")
    pair.wait(1.0)
    assert (pair.value("active"), pair.value("active", MAIN)) == (True, True)
    pair.cut = False
    pair.wait(0.5)
    assert (pair.value("active"), pair.value("active", MAIN)) == (True, False)
    assert any("has taken over" in line.text for line in pair.main.show.complaints)


def test_a_main_server_asks_before_it_plays() -> None:
    pair = Pair(claims=True)
    assert pair.value("active", MAIN) is False
    pair.main.do("/system/takeover", "#t")
    assert pair.main.answers()[-1][1][:2] == ("t", "not-now")
    pair.wait(0.1)
    assert pair.value("active", MAIN) is True
    alone = Pair(claims=True)
    alone.cut = True
    alone.wait(0.75)
    assert alone.value("active", MAIN) is True
    late = Pair(claims=True)
    late.backup.do("/system/takeover")
    late.wait(1.0)
    assert (late.value("active"), late.value("active", MAIN)) == (True, False)


def test_a_muted_server_makes_nothing_and_says_so() -> None:
    pair = playing(Pair())
    show = pair.backup.show
    show.emit(NeedTransition(1, "song", "a", "b"))
    show.emit(NeedJob(1, 1, "song", "transition", "a", "b"))
    assert [event for event in show.take_events() if isinstance(event, NeedTransition | NeedJob)] == []


def test_a_muted_server_answers_whoever_asks_it() -> None:
    pair = playing(Pair())
    pair.backup.do("/deck/1/speed", "?").do("/system/ping", "you").do("/deck/1/load", "nothing.mov", "#1")
    pair.backup.do("/nonsense")
    said = [address for address, _ in pair.backup.answers()]
    assert said == ["/deck/1/speed", "/system/pong", "/error"]


@pytest.mark.parametrize("document", [None, b"", b"nonsense", packed(("not", "a show"))])
def test_what_no_server_says_is_refused_once(document: bytes | None) -> None:
    stage = Stage()
    args = [7500] if document is None else [7500, document]
    stage.do(ASK, *args, "#1").do(ASK, *args, "#2")
    first, second = stage.answers()
    assert (first[0], second[0]) == ("/error", "/ack")
    assert stage.show.state.peer.address is None


def test_what_a_hand_has_just_done_is_not_taken_back_by_what_was_told_before() -> None:
    pair = playing(Pair())
    pair.cut = True
    pair.wait(0.3)
    pair.both("/deck/1/frame", 2000)
    pair.cut = False
    pair.wait(2.0, lambda: None)
    for _ in range(6):
        pair.both("/deck/1/frame", 500)
        seen: list[float] = []
        pair.wait(0.4, lambda seen=seen: seen.append(pair.backup.state("frame")))  # type: ignore[misc]
        assert max(seen) < 520, "never back to the line of before"


def test_what_is_no_time_is_nothing_that_a_server_tells() -> None:
    stage = Stage()
    told = told_of(stage.show.state, 99, 60.0, (), math.nan, None)
    stage.do(ASK, 7500, packed(told), "#1")
    assert stage.answers()[0][1][:2] == ("1", "input")


def test_another_run_of_the_other_server_has_another_clock() -> None:
    pair = playing(Pair())
    pair.main.show.about = replace(pair.main.show.about, session=70)
    pair.main.ticks += 640_000
    pair.main.now = pair.main.ticks * TICK
    transport = pair.main.show.state.deck(1).current.transport  # type: ignore[union-attr]
    pair.main.show.put(pair.main.show.state.deck(1).change(
        lambda program: replace(program, transport=transport.seek(pair.main.now, 100.0))))
    worst: list[float] = []
    pair.wait(1.0)
    pair.wait(1.0, lambda: worst.append(abs(pair.apart())))
    assert max(worst) < 0.6


def test_what_a_backup_would_make_is_held_from_the_start() -> None:
    pair = Pair().wait(0.1)
    assert [event.order for event in pair.backup.events if isinstance(event, JobOrder)] == ["pause"]
    assert [event.order for event in pair.main.events if isinstance(event, JobOrder)] == []
    pair.both("/system/takeover").wait(0.5)
    assert [event.order for event in pair.backup.events if isinstance(event, JobOrder)] == ["pause", "go on"]
    assert [event.order for event in pair.main.events if isinstance(event, JobOrder)] == ["pause"]


def test_a_third_server_and_a_stranger_take_no_part() -> None:
    pair = playing(Pair())
    told = told_of(pair.main.show.state, 99, 60.0, (), 0.0, None)
    pair.main.do(ASK, 9999, packed(told), "#3", source=Source("10.0.0.77", 4000))
    pair.backup.do(TOLD, 9999, packed(told), "#4", source=Source("10.0.0.77", 4000))
    assert pair.main.show.state.peer.address == (HOST, PORTS[BACKUP])
    for stage in (pair.main, pair.backup):
        errors = [send.args[1] for send in stage.said if send.address == "/error"]
        assert errors == ["input"]


def test_a_server_that_is_given_its_own_address_says_so() -> None:
    stage = Stage()
    told = told_of(stage.show.state, stage.show.about.session, 60.0, (), 0.0, None)
    stage.do(ASK, 7500, packed(told), "#1")
    assert "asked by itself" in str(stage.answers()[0][1])


def test_movies_that_one_of_them_lacks_are_named_where_they_are() -> None:
    pair = playing(Pair())
    song = SongPlace("song", ("a.mov", "b.mov", "c.mov"))
    pair.main.show.state = pair.main.show.state.with_song(1, replace(song, movies=(*song.movies, "d.mov", "e.mov")))
    pair.backup.show.state = pair.backup.show.state.with_song(1, replace(song, movies=("a.mov", "z.mov")))
    pair.wait(2.0)
    assert pair.value("differences", MAIN) == (
        "deck 1: missing there: b.mov, c.mov, d.mov and 1 more; deck 1: 1 movie of song missing here")
    assert pair.value("differences") == "deck 1: missing there: z.mov; deck 1: 4 movies of song missing here"
    pair.backup.show.state = pair.backup.show.state.with_song(1, pair.main.show.state.song(1))
    pair.wait(1.0)
    assert pair.value("differences") == pair.value("differences", MAIN) == ""
    assert all(not deck.each for deck in pair.main.show.state.peer.told.decks)  # type: ignore[union-attr]


def test_every_difference_has_its_words() -> None:
    one, other = Stage(), Stage(decks=1)
    one.disk["b.mov"] = plain_movie("b.mov", count=200)
    one.do("/deck/1/load", "b.mov").do("/deck/1/fade", 2.0).do("/deck/1/level", 0.5).do("/clock/quantise", "bar")
    one.do("/clock/tempo", 90.0).do("/deck/1/chase", "mtc").do("/master/black", True)
    other.do("/deck/1/load", "b.mov").do("/system/engaged", False)
    here, there = (told_of(stage.show.state, n, 60.0 + n, (), 0.0, None) for n, stage in enumerate((one, other)))
    found = list(differences(replace(here, version="2"), there, 0.0, 0.0))
    assert found == [
        "version 2 here,  there", "60 ticks a second here, 61 there", "engaged here, disengaged there",
        "master black here, 1.00 there", "90.0 bpm here, 120.0 there", "launches wait for bar here, off there",
        "2 decks here, 1 there", "deck 1: b.mov is not the same here and there", "deck 1: level 0.50 here, 1.00 there",
        "deck 1: fade 2 s here, 0 s there", "deck 1: follows mtc here, off there"]


def test_keeping_in_step_changes_nothing_that_is_in_step() -> None:
    pair = playing(Pair())
    pair.wait(1.0)
    state = pair.backup.show.state
    told = told_of(state, 1, 60.0, (), pair.backup.now, None)
    steps = Steps()
    steps.look(state, pair.backup.now - 1)
    assert steps.aligned(state, told, 0.0, pair.backup.now) is state
