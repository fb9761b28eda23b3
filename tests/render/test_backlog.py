"""The order in which things are made: urgency, turns among clients, and each client's own order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError, QueueFull
from server.render.backlog import Backlog
from server.render.pool import PRIORITIES

ENTRIES = st.lists(st.tuples(st.sampled_from(PRIORITIES), st.sampled_from("abc")), max_size=30)


def filled(entries: list[tuple[str, str]]) -> Backlog[int]:
    backlog: Backlog[int] = Backlog(100)
    for number, (priority, client) in enumerate(entries):
        backlog.put(str(number), number, priority, client)  # type: ignore[arg-type]
    return backlog


def taken(backlog: Backlog[int]) -> list[int]:
    found = []
    while (item := backlog.take()) is not None:
        found.append(item)
    return found


@given(ENTRIES)
def test_the_more_urgent_first_fairly_and_in_order(entries: list[tuple[str, str]]) -> None:
    backlog = filled(entries)
    foretold = list(backlog)

    order = taken(backlog)

    assert order == foretold
    assert sorted(order) == list(range(len(entries)))
    urgencies = [PRIORITIES.index(entries[number][0]) for number in order]  # type: ignore[arg-type]
    assert urgencies == sorted(urgencies)
    for priority in PRIORITIES:
        line = [number for number in order if entries[number][0] == priority]
        clients = [entries[number][1] for number in line]
        for client in "abc":
            own = [number for number in line if entries[number][1] == client]
            assert own == sorted(own)
        # Nobody comes again before everybody else who waits has had a turn.
        for place, client in enumerate(clients):
            again = clients.index(client, place + 1) if client in clients[place + 1:] else None
            if again is not None:
                between = clients[place + 1:again]
                assert {other for other in clients[again:] if other != client} <= set(between)


@given(ENTRIES, st.data())
def test_what_is_taken_out_leaves_the_others_in_order(entries: list[tuple[str, str]], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from([str(number) for number in range(len(entries))] or ["0"])))
    backlog = filled(entries)
    for name in gone:
        backlog.remove(name)
        assert backlog.remove(name) is None
        assert name not in backlog

    order = taken(backlog)
    assert sorted(map(str, order)) == sorted({str(number) for number in range(len(entries))} - gone)
    for entry in set(entries):
        line = [number for number in order if entries[number] == entry]
        assert line == sorted(line)
    assert len(backlog) == 0


def test_put_back_it_is_the_next_one() -> None:
    backlog = filled([("queued", "a"), ("queued", "b"), ("queued", "a")])
    first = backlog.take()
    assert first == 0
    backlog.put_back("0", 0, "queued", "a")
    assert taken(backlog) == [0, 1, 2]


def test_too_many_the_same_or_an_unknown_priority_are_refused() -> None:
    backlog: Backlog[int] = Backlog(1)
    with pytest.raises(InputError, match="live, queued, idle"):
        backlog.put("a", 1, "soon")  # type: ignore[arg-type]
    backlog.put("a", 1, "live")
    with pytest.raises(InputError, match="own"):
        backlog.put("a", 2, "live")
    with pytest.raises(QueueFull):
        backlog.put("b", 2, "live")
    assert backlog.get("a") == 1
