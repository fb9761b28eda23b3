"""Everything is saved under a name and brought back: at once, over a time, in parts, and what of it is still there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from snapshot_desk import Desk
from stage import Renderer, marked_movie, uneven_movie

from server.playback.clock import SystemClock
from server.protocol.endpoints import COMMANDS, TABLE
from server.show.snapshot_taking import NOT_SAVED, SAVED_OTHERWISE, SETTINGS, settings_of, taken
from server.show.view import value


@pytest.fixture
def desk() -> Desk:
    """Deck 1 plays, deck 2 is empty."""
    desk = Desk().do("/deck/1/load", "a.mov").wait(1.0)
    desk.answers()
    return desk


def test_every_row_with_a_value_is_saved_somehow(desk: Desk) -> None:
    missing = [row.address for row in TABLE if row.access == "rw" and row.address not in SETTINGS
               and row.address not in SAVED_OTHERWISE and not row.address.startswith(NOT_SAVED)]
    assert missing == []
    assert {row.address for row in COMMANDS} >= SAVED_OTHERWISE
    told = {one.address for one in settings_of(desk.show.state, desk.now)}
    assert {"/deck/2/fade", "/clock/tempo", "/clock/source", "/generate/mode", "/generate/seed", "/master/level",
            "/select/deck"} <= told


@pytest.mark.parametrize("said", [
    [("/deck/1/speed", 0.5), ("/deck/1/loop", "bounce"), ("/deck/1/range", 10, 200)],
    [("/deck/1/reverse",), ("/deck/1/in", 7), ("/deck/1/loop", "hold")],
    [("/deck/1/inner", 100, 120), ("/deck/1/frame", 110)],
    [("/deck/1/pause",), ("/deck/1/frame", 99)],
    [("/deck/1/speed", -2.0)],
    [("/deck/1/load", "uneven.mov"), ("/deck/1/even", True), ("/deck/1/frame", 30)],
    [("/deck/1/pulse/add", 0.1), ("/deck/1/pulse/multiply", 0.2), ("/deck/1/latency", 100.0)],
    [("/deck/1/clip", "b.mov 0 89; a.mov 120 30"), ("/deck/1/frame", 95)],
    [("/deck/1/loop", "bounce"), ("/deck/1/frame", 299), ("/wait", 2.0)],
])
def test_a_deck_plays_on_exactly_as_it_did(desk: Desk, said: list[tuple[Any, ...]]) -> None:
    desk.disk["uneven.mov"] = uneven_movie()
    twin = Desk()
    twin.disk["uneven.mov"] = desk.disk["uneven.mov"]
    for one in (desk, twin):
        one.disk["b.mov 0 89; a.mov 120 30"] = desk.disk["a.mov"]
    for command in said:
        desk.wait(command[1]) if command[0] == "/wait" else desk.do(*command)
    desk.wait(17 / 64).do("/snapshot/save", "x")
    twin.kept, twin.now, twin.ticks = desk.kept, desk.now, desk.ticks
    twin.do("/clock/tempo", 120.0).do("/snapshot/recall", "x", "#1")

    assert twin.answers() == [("/ack", ("1",))]
    for _ in range(40):
        assert twin.screen() == desk.screen()
        desk.wait(15 / 64)
        twin.wait(15 / 64)
    for name in ("speed", "loop", "in", "out", "even", "playing", "level", "clip"):
        assert twin.state(name) == desk.state(name), name


def test_settings_come_back_and_what_is_the_same_is_left_alone(desk: Desk) -> None:
    said = {"/deck/1/level": 0.25, "/deck/2/fade": 3.0, "/deck/1/go/how": "turn", "/clock/tempo": 96.0,
            "/clock/quantise": "off", "/clock/ahead": 20.0, "/master/level": 0.5, "/generate/mode": "bridge",
            "/generate/seed": "12345678901234567890", "/generate/live": False, "/deck/2/go/seed": 9,
            "/generate/depth": 0.75, "/clock/source": "outside", "/master/black": True, "/select/deck": 2}
    for address, wanted in said.items():
        desk.do(address, wanted)
    desk.do("/snapshot/save", "x").do("/select/deck", 1)
    for address, other in (("/deck/1/level", 1.0), ("/deck/2/fade", 0.0), ("/deck/1/go/how", "queue"),
                           ("/clock/source", "internal"), ("/clock/tempo", 140.0), ("/clock/ahead", 0.0),
                           ("/master/level", 1.0), ("/generate/mode", "walk"), ("/generate/seed", "1"),
                           ("/generate/live", True), ("/deck/2/go/seed", 1), ("/generate/depth", 0.1),
                           ("/master/black", False)):
        desk.do(address, other)
    desk.do("/snapshot/recall", "x")

    for address, wanted in said.items():
        words = address.split("/")
        row, where = (address, ()) if words[1] != "deck" else ("/deck/{n}/" + "/".join(words[3:]), (int(words[2]),))
        assert value(desk.show.state, row, where, desk.now) == (wanted,), address
    assert desk.said_of("snapshot") == []


def test_a_deck_that_was_empty_goes_black_and_hot_cues_come_back(desk: Desk) -> None:
    desk.do("/deck/1/mark/3/set").do("/snapshot/save", "x")
    desk.do("/deck/1/mark/3/clear").do("/deck/2/load", "b.mov").wait(0.5)
    desk.do("/snapshot/recall/over", "x", 2.0).wait(1.0)
    assert [p.level for p in desk.show.state.deck(2).pictures(desk.now)] == [pytest.approx(0.5, abs=0.02)]
    desk.wait(1.1)
    assert desk.screen(2) == []
    assert desk.show.state.hot_cues["a.mov"] == {3: 30}


def test_a_held_picture_is_held_again_while_time_goes_on_underneath(desk: Desk) -> None:
    desk.do("/deck/1/freeze", True).wait(2.0).do("/snapshot/save", "x")
    assert desk.screen() == [("a.mov", 30)]
    desk.do("/deck/1/load", "b.mov").do("/deck/1/freeze", False).wait(1.0)
    desk.do("/snapshot/recall/over", "x", 1.0).wait(1.1)
    assert desk.screen() == [("a.mov", 30)]
    assert desk.state("frozen")
    desk.wait(1.0).do("/deck/1/freeze", False).wait(0.1)
    assert desk.screen()[0][1] == pytest.approx(90 + 33, abs=3)


def test_a_deck_that_is_frozen_now_fades_from_its_still_picture(desk: Desk) -> None:
    desk.do("/snapshot/save", "x").do("/deck/1/load", "b.mov").wait(1.0).do("/deck/1/freeze", True).wait(1.0)
    assert desk.screen() == [("b.mov", 30)]
    desk.do("/snapshot/recall/over", "x", 2.0).wait(1.0)
    assert desk.screen()[0] == ("b.mov", 30)
    assert not desk.wait(1.1).state("frozen")
    assert desk.state("clip") == "a.mov"


def test_what_was_prepared_is_prepared_again(desk: Desk) -> None:
    desk.do("/deck/1/prepare", "c.mov").do("/snapshot/save", "x").do("/deck/1/load", "b.mov").wait(0.5)
    desk.do("/snapshot/recall", "x").wait(0.25)
    assert (desk.state("clip"), desk.state("next")) == ("a.mov", "c.mov")
    assert desk.do("/deck/1/take").wait(0.1).state("clip") == "c.mov"


def test_parts_of_a_snapshot_come_alone(desk: Desk) -> None:
    desk.do("/deck/2/load", "b.mov").do("/deck/1/level", 0.5).do("/clock/tempo", 90.0).do("/master/level", 0.25)
    desk.do("/snapshot/save", "x")
    for address, other in (("/deck/1/load", "c.mov"), ("/deck/2/load", "c.mov"), ("/deck/1/level", 1.0),
                           ("/clock/tempo", 120.0), ("/master/level", 1.0)):
        desk.do(address, other)
    desk.do("/snapshot/recall", "x", "clock").wait(0.1)
    assert (desk.show.state.beat.tempo.bpm, desk.show.state.master.level, desk.state("clip")) == (90.0, 1.0, "c.mov")
    desk.do("/snapshot/recall", "x", "deck 2").wait(0.1)
    assert (desk.state("clip"), desk.state("clip", 2), desk.state("level")) == ("c.mov", "b.mov", 1.0)
    desk.do("/snapshot/recall", "x", "Decks, master").wait(0.1)
    assert (desk.state("clip"), desk.state("level"), desk.show.state.master.level) == ("a.mov", 0.5, 0.25)
    desk.answers()
    desk.do("/snapshot/recall", "x", "clok", "#1")
    assert desk.answers()[0][1] == ("1", "input", "a snapshot has no part 'clok'; did you mean clock?")


def test_what_is_gone_is_said_and_the_rest_comes_back(desk: Desk) -> None:
    desk.do("/deck/2/load", "b.mov").do("/deck/1/level", 0.5).do("/snapshot/save", "x")
    desk.do("/deck/1/load", "c.mov").do("/deck/2/load", "c.mov").do("/deck/1/level", 1.0).wait(0.1)
    desk.gone.add("a.mov")
    desk.answers()
    desk.do("/snapshot/recall", "x", "#1").wait(0.1)

    assert desk.answers() == [("/ack", ("1",))]
    assert (desk.state("clip"), desk.state("clip", 2), desk.state("level")) == ("c.mov", "b.mov", 0.5)
    words = desk.said_of("snapshot")
    assert words == ["x: deck 1: there is no movie a.mov", "x: deck 1 keeps its picture: a.mov is not there any more"]
    assert "there is no movie a.mov" in str(value(desk.show.state, "/snapshot/state/gone", (), desk.now))
    desk.gone.clear()
    desk.do("/snapshot/recall", "x").wait(0.1)
    assert desk.show.state.snapshots.gone == ""


def test_a_movie_that_is_shorter_now_is_shown_as_far_as_it_goes(desk: Desk) -> None:
    desk.do("/deck/1/frame", 290).do("/deck/1/pause").do("/deck/1/in", 250).do("/snapshot/save", "x")
    desk.disk["a.mov"] = marked_movie().__class__("a.mov", 100, marked_movie().rate, 64, 64)
    desk.do("/snapshot/recall", "x").wait(0.1)
    assert desk.screen() == [("a.mov", 99)]
    assert (desk.state("in"), desk.state("out")) == (99, 99)


def test_a_snapshot_of_more_decks_is_recalled_on_those_that_there_are(desk: Desk) -> None:
    desk.do("/deck/2/load", "b.mov").do("/deck/2/level", 0.5).do("/snapshot/save", "x")
    small = Desk(1)
    small.kept = desk.kept
    small.do("/snapshot/recall", "x", "#1").wait(0.1)
    assert small.state("clip") == "a.mov"
    assert small.answers() == [("/ack", ("1",))]
    assert "x: deck 2 is left out: this server has 1" in small.said_of("snapshot")


def test_with_renderers_it_is_seen_when_they_are_ready(desk: Desk) -> None:
    desk.do("/snapshot/save", "x").do("/deck/1/load", "b.mov").wait(0.5)
    renderer = Renderer(desk)
    renderer.ready()
    desk.do("/snapshot/recall", "x").wait(0.25)
    assert desk.screen()[-1][0] == "b.mov"
    assert renderer.asked("open")[-1][2] == "a.mov"
    renderer.ready()
    desk.wait(0.1)
    assert desk.screen() == [("a.mov", pytest.approx(33, abs=2))], "it plays on from where it was saved"


def test_what_comes_after_the_picture_comes_with_renderers_too(desk: Desk) -> None:
    desk.do("/deck/1/prepare", "c.mov").do("/deck/1/freeze", True).wait(0.5).do("/snapshot/save", "x")
    desk.do("/deck/1/cancel").do("/deck/1/load", "b.mov").do("/deck/1/freeze", False).wait(0.5)
    renderer = Renderer(desk)
    answered: set[int] = set()

    def turn() -> None:
        for id_, *_ in renderer.asked("open"):
            if id_ not in answered:
                answered.add(id_)
                renderer.say("opening", id_)
                renderer.say("ready", id_)

    turn()
    desk.do("/snapshot/recall", "x")
    for _ in range(40):
        turn()
        desk.wait(1 / 64)
    assert desk.screen() == [("a.mov", 30)]
    assert desk.state("frozen")
    assert desk.state("next") == "c.mov"


@pytest.mark.parametrize(("changes", "code", "words"), [
    ({"version": 2}, "input", "a newer Interscene has written it (version 2"),
    ({"version": "1"}, "input", "whole number"),
    ({"format": "something"}, "input", "it is no snapshot"),
    ({"decks": 7}, "input", "a list"),
])
def test_a_document_that_is_no_snapshot_of_ours_is_refused_with_words(desk: Desk, changes: dict[str, Any], code: str,
                                                                      words: str) -> None:
    desk.do("/snapshot/save", "x")
    desk.change("x", **changes)
    desk.answers()
    desk.do("/snapshot/recall", "x", "#1")
    ((_, (_, told, text)),) = desk.answers()
    assert told == code
    assert words in text


def test_what_a_document_says_wrong_is_said_and_the_rest_counts(desk: Desk) -> None:
    desk.do("/deck/1/level", 0.5).do("/snapshot/save", "x").do("/deck/1/level", 1.0)
    document = json.loads(desk.kept["x"])
    document["settings"] |= {"/deck/1/fade": "long", "/deck/1/gone": 1.0, "/system/engaged": False, "/deck/9/fade": 1.0}
    document["decks"][1]["deck"] = "two"
    desk.change("x", **document)
    desk.do("/snapshot/recall", "x")
    assert desk.state("level") == 0.5
    words = "\n".join(desk.said_of("snapshot"))
    for part in ("/deck/1/fade: fade is a number", "no endpoint has the address /deck/1/gone",
                 "/system/engaged is no setting that a snapshot has", "there is no deck 9", "deck: a whole number"):
        assert part in words, words


def test_the_names_and_what_is_told_of_them(desk: Desk) -> None:
    from server.show.snapshot_events import SnapshotsSeen
    from server.show.snapshot_state import SnapshotEntry

    desk.feed([SnapshotsSeen((SnapshotEntry("chorus", "song", "2026-03-01T21:04:00Z", locked=True, versions=2),
                              SnapshotEntry("verse")))])
    desk.do("/snapshot/state/names", "?").do("/snapshot/list", "#1")
    assert desk.answers() == [
        ("/snapshot/state/names", ("chorus,verse",)),
        ("/snapshot/item", ("chorus", "song", "2026-03-01T21:04:00Z", True, 2)),
        ("/snapshot/item", ("verse", "global", "", False, 0)), ("/ack", ("1",))]


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", ".hidden", "a,b", "x.1", "what?", "nul", "c:", "é" * 100])
def test_names_that_no_file_may_have_are_refused(desk: Desk, name: str) -> None:
    desk.do("/snapshot/save", name, "#1")
    assert [args[:1] for _, args in desk.answers()] == [("1",)]
    assert desk.kept == {}


def test_saving_costs_the_show_no_more_than_a_tick(desk: Desk) -> None:
    """A ratio within one run: a save against a tick of the same show."""
    clock, state = SystemClock(), desk.show.state
    begin = clock.now()
    for _ in range(20):
        taken("x", state, desk.now)
    saves = clock.now() - begin
    begin = clock.now()
    desk.wait(20 / 64)
    assert saves < 20 * max(clock.now() - begin, 1e-6)


def test_a_recall_of_what_is_not_there_is_refused_also_without_a_request_id(desk: Desk) -> None:
    desk.do("/snapshot/save", "x").do("/snapshot/recall", "y")
    assert [args[1] for address, args in desk.answers() if address == "/error"] == ["library"]
