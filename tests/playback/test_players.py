"""Who holds which movie open: ids, renderers that leave, and players that are handed over."""

from __future__ import annotations

from decks import clip, empty, movies_on, opened

from server.playback.players import ID_LIMIT, LATE_LIMIT, Closed, Opened, Players, Want

TD = frozenset({"td"})


def test_ids_begin_again_at_one_below_what_a_channel_can_carry() -> None:
    players, opens = Players(next_id=ID_LIMIT - 1).assign([Want(1, "a", 0), Want(2, "b", 0)], TD, 0.0)

    assert [one.id for one in opens] == [ID_LIMIT - 1, 1], "0 is a player with nothing open"
    assert players.next_id == 2
    assert players.find(2, "b") is players.by_id(1)


def test_when_the_only_renderer_goes_nobody_is_waited_for() -> None:
    deck = empty("td").prepare(clip("a"), 0.0).take_at(0.0, 0.0).advance(0.0)[0]
    assert movies_on(deck, 0.5) == []

    deck = deck.left("td").advance(1.0)[0]

    assert [name for name, _ in movies_on(deck, 1.0)] == ["a"]
    assert deck.waiting_for() == ()


def test_when_the_last_that_is_waited_for_goes_the_others_go_on() -> None:
    deck, happenings = empty("left", "right").prepare(clip("a"), 0.0).advance(0.0)
    deck = deck.answered(opened(happenings)[0].id, "left", 0.05)
    assert not deck.prepared_ready

    assert deck.left("right").prepared_ready


def test_who_fails_takes_nothing_from_those_who_can_show_it_while_a_third_is_late() -> None:
    audience = frozenset({"left", "middle", "right"})
    players, (asked,) = Players().assign([Want(1, "a", 0)], audience, 0.0)
    players = players.answer(asked.id, "left", 0.1).answer(asked.id, "middle", 0.1)
    players = players.without_the_late(LATE_LIMIT, frozenset({1}))

    players = players.answer(asked.id, "left", 0.4, "damaged")
    assert players.slots[0].ready, "the middle one shows it"
    players = players.answer(asked.id, "middle", 0.5, "damaged")
    assert not players.slots[0].ready
    assert players.slots[0].failed == "", "the right one may still say so"


def test_a_movie_that_failed_for_one_walk_is_opened_anew_for_the_next() -> None:
    players, (first,) = Players().assign([Want(1, "a", 0, shared=True)], TD, 0.0)
    whole = players.answer(first.id, "td", 0.1).assign([Want(2, "a", 30, shared=True)], TD, 1.0)
    assert whole[1] == [], "what can be shown is handed over, and nothing opens"
    assert whole[0].find(2, "a") == whole[0].by_id(first.id)

    broken = players.answer(first.id, "td", 0.1, "no such file")
    broken, events = broken.assign([Want(2, "a", 30, shared=True)], TD, 1.0)
    later = broken.assign([Want(2, "a", 30, shared=True)], TD, 2.0)

    assert [type(one) for one in (*events, *later[1])] == [Closed, Opened]
    assert later[0].find(2, "a") is not None
