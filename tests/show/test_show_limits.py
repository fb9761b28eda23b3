"""Where numbers end and lists are full: ticks, ids, float32, renderers, addresses, subscribers, complaints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from stage import TICK, Renderer, Stage

from server.playback.players import ID_LIMIT
from server.protocol.command import Source
from server.show.complaints import COMPLAINTS_KEPT, COMPLAINTS_PER_SECOND
from server.show.renderers import RENDERERS_MAX
from server.show.show import ADDRESSES_MAX
from server.show.streaming import TICK_LIMIT
from server.show.subscribers import SUBSCRIBERS_MAX
from server.units import shown

EXACT = 1 << 24
"""Integers are exact in float32 below this."""


def errors(stage: Stage) -> list[tuple[Any, ...]]:
    return [args for kind, args in stage.answers() if kind == "/error"]


# numbers --------------------------------------------------------------------------------------


def test_ticks_wrap_below_what_a_float_holds() -> None:
    assert TICK_LIMIT == EXACT
    stage = Stage()
    stage.ticks = EXACT - 3
    stage.now = stage.ticks * TICK
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov").do("/deck/1/pause")

    told = [stage.wait(TICK) and td.stream()["tick"] for _ in range(4)]
    assert told == [EXACT - 2, EXACT - 1, 0, 1]


def test_ids_wrap_below_what_a_float_holds_and_are_never_the_one_for_nothing() -> None:
    assert ID_LIMIT == EXACT
    stage = Stage()
    td = Renderer(stage)
    deck = stage.show.state.deck(1)
    stage.show.put(replace(deck, players=replace(deck.players, next_id=EXACT - 2)))
    for name in ("a.mov", "b.mov", "c.mov"):
        stage.do("/deck/1/load", name).wait(0.25)
        td.ready()
        stage.wait(0.25)

    assert list(dict.fromkeys(args[0] for args in td.asked())) == [EXACT - 2, EXACT - 1, 1]
    assert stage.screen()[0][0] == "c.mov"
    assert 1 in [td.stream()[f"player/{i}/clip"] for i in range(3)]


@pytest.mark.parametrize("nudges", [(299, 5.0), (200, 0.5 - 2.0**-20), (200, -0.5), (0, -3.0), (7, 0.49999)])
def test_a_frame_that_stands_is_told_off_the_edges(nudges: tuple[int, float]) -> None:
    frame, by = nudges
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov")
    td.ready()
    stage.do("/deck/1/pause").do("/deck/1/loop", "hold").do("/deck/1/frame", frame).do("/deck/1/nudge", by)

    told = td.stream()["player/0/frame"]
    assert shown(told) == frame
    assert abs(told - frame) < 0.495


# lists ----------------------------------------------------------------------------------------


def test_a_renderer_too_many_pushes_out_the_one_that_was_heard_longest_ago() -> None:
    stage = Stage()
    crowd = []
    for i in range(RENDERERS_MAX):
        crowd.append(Renderer(stage, f"td {i}", 7502 + 10 * i))
        stage.wait(TICK)
    stage.do("/td/health", 60.0, 16.0, 0, 0, 4.0, 512.0, source=crowd[0].source)
    assert len(stage.show.renderers) == RENDERERS_MAX

    crowd.append(Renderer(stage, "one more", 9902))

    names = [renderer.name for renderer in stage.show.renderers]
    assert len(names) == RENDERERS_MAX
    assert set(names) == {"one more", "td 0", *(f"td {i}" for i in range(2, RENDERERS_MAX))}
    # A take does not wait for the one that was pushed out.
    stage.do("/deck/1/load", "a.mov")
    for renderer in crowd[:1] + crowd[2:]:
        renderer.ready()
    assert stage.screen() == [("a.mov", 0)]
    assert not crowd[1].asked()


def test_a_renderer_that_says_hello_again_pushes_out_nobody() -> None:
    stage = Stage()
    for i in range(RENDERERS_MAX):
        Renderer(stage, f"td {i}", 7502 + 10 * i)
    Renderer(stage, "td 3", 7532)

    assert len(stage.show.renderers) == RENDERERS_MAX


def test_answer_addresses_are_bounded_and_the_oldest_goes() -> None:
    stage = Stage()
    people = [Source("10.0.0.8", 1000 + i) for i in range(ADDRESSES_MAX + 1)]
    for person in people[:-1]:
        stage.do("/system/hello", "panel", 0, 5555, source=person)
    # One that is known already pushes out nobody.
    stage.do("/system/hello", "panel", 0, 6666, source=people[5])

    def answered(person: Source) -> int:
        stage.do("/system/ping", source=person)
        return stage.said[-1].to.port

    assert (answered(people[0]), answered(people[5])) == (5555, 6666)
    stage.do("/system/hello", "panel", 0, 5555, source=people[-1])
    assert [answered(person) for person in (people[0], people[1], people[-1])] == [1000, 5555, 5555]


def test_a_subscriber_too_many_pushes_out_the_one_that_renewed_longest_ago() -> None:
    stage = Stage()
    people = [Source(f"10.0.1.{i}", 1000) for i in range(SUBSCRIBERS_MAX + 1)]
    for person in people[:-1]:
        stage.do("/system/subscribe", source=person).wait(TICK)
    stage.do("/system/subscribe", source=people[0])
    assert len(stage.show.subscribers.present(stage.now)) == SUBSCRIBERS_MAX

    stage.do("/system/subscribe", source=people[-1])

    present = {one.source for one in stage.show.subscribers.present(stage.now)}
    assert present == {*people} - {people[1]}


def test_only_the_last_complaints_are_kept_and_their_numbers_go_on() -> None:
    stage = Stage()
    for i in range(COMPLAINTS_KEPT + 20):
        stage.do("/deck/1/frame", 5, f"#{i}")

    numbers = [complaint.number for complaint in stage.show.complaints]
    assert numbers == list(range(21, COMPLAINTS_KEPT + 21))


def test_a_flood_of_mistakes_is_answered_so_often_a_second() -> None:
    stage = Stage()
    for _ in range(50):
        stage.do("/deck/1/frame", 5)
    assert len(errors(stage)) == COMPLAINTS_PER_SECOND
    assert len(stage.show.complaints) == COMPLAINTS_PER_SECOND

    stage.wait(1.0)
    for _ in range(50):
        stage.do("/no/such/address")
    assert len(errors(stage)) == COMPLAINTS_PER_SECOND
    assert stage.show.rejected == 50


def test_who_asks_for_an_answer_gets_one_in_a_flood_too() -> None:
    stage = Stage()
    for _ in range(50):
        stage.do("/deck/1/frame", 5)
    errors(stage)
    stage.do("/deck/1/frame", 5, "#mine")

    assert [args[0] for args in errors(stage)] == ["mine"]

