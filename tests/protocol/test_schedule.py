"""Waiting commands: order, bound, and agreement with sorting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.protocol.schedule import Schedule


def test_those_due_at_once_keep_their_order() -> None:
    schedule: Schedule[str] = Schedule()
    for name, due in (("b", 2.0), ("a", 1.0), ("c", 2.0), ("d", 3.0)):
        assert schedule.push(name, due)

    assert schedule.pop_due(0.5) == []
    assert schedule.pop_due(2.0) == ["a", "b", "c"]
    assert len(schedule) == 1


def test_it_is_bounded_and_says_so() -> None:
    schedule: Schedule[int] = Schedule(limit=2)

    assert [schedule.push(n, 1.0) for n in range(3)] == [True, True, False]
    assert schedule.clear() == 2
    assert schedule.push(9, 1.0)


@given(st.lists(st.floats(0, 100)), st.lists(st.floats(0, 100)))
def test_everything_comes_out_once_and_in_time(dues: list[float], looks: list[float]) -> None:
    schedule: Schedule[int] = Schedule()
    for number, due in enumerate(dues):
        schedule.push(number, due)

    out: list[int] = []
    for now in sorted(looks):
        popped = schedule.pop_due(now)
        assert all(dues[number] <= now for number in popped)
        out += popped
    out += schedule.pop_due(1e9)

    assert out == sorted(range(len(dues)), key=lambda number: dues[number])
