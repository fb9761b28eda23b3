"""How often a server is started again, what is left away, and what a supervisor and a server say to each other."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.app.life import Order, Told, telling, told
from server.app.restarts import MOST, WITHIN, Again, Restarts
from server.app.watchdog import LOOKS, Standstill, Watchdog


def test_five_in_a_minute_then_safe_then_bare_then_never() -> None:
    restarts = Restarts()
    found = [restarts.after(number * 1.0) for number in range(3 * MOST + 1)]
    assert [one and (one.safe, one.bare) for one in found] == [
        *[(False, False)] * MOST, *[(True, False)] * MOST, *[(True, True)] * MOST, None]
    assert restarts.total == 3 * MOST
    assert restarts.after(1e9) is None, "it is over for good"


def test_a_death_now_and_then_is_none_of_this() -> None:
    restarts = Restarts()
    assert {restarts.after(number * WITHIN / (MOST - 0.5)) for number in range(100)} == {Again(0.0, False, False)}


def test_once_safe_it_stays_safe_until_a_person_starts_it() -> None:
    restarts = Restarts()
    for number in range(MOST + 1):
        restarts.after(float(number))
    assert restarts.after(1e6) == Again(0.5, True, False)


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())), st.lists(st.text()), st.booleans())
def test_an_order_arrives_as_it_was_given(given_: dict[str, object], songs: list[str], safe: bool) -> None:
    order = Order(given_, songs, {"osc_port": [7500], "http_port": 1, "token": "t"}, 3, safe)
    line = order.line()
    assert line.count(b"\n") == 1
    assert Order.of(line) == order


@pytest.mark.parametrize("line", [b"", b"{}", b"[1]", b"7", b'{"given": {}, "other": 1}', b"\xff\n"])
def test_what_is_no_order(line: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        Order.of(line)


@given(st.text())
def test_lines_for_people_are_no_signs(line: str) -> None:
    if not line.startswith("\x01interscene "):
        assert told(line) is None


@pytest.mark.parametrize("damaged", ["", "{", "[]", "7", '"say"', "{}", '{"say": "x", "ports": 7}'])
def test_damaged_signs_are_none(damaged: str) -> None:
    assert told("\x01interscene " + damaged) is None


def test_signs() -> None:
    assert told(telling("lives")) == Told("lives")
    assert told(telling("reached", ports={"http_port": 1})) == Told("reached", {"http_port": 1})
    assert json.loads(telling("lives").partition(" ")[2]) == {"say": "lives"}


def test_a_show_that_stands_is_ended_after_so_many_looks() -> None:
    ticks, lives, ended = [0], [0], [0]
    dog = Watchdog(lambda: ticks[0], lambda: lives.__setitem__(0, lives[0] + 1),
                   lambda: ended.__setitem__(0, ended[0] + 1))
    for _ in range(10):
        ticks[0] += 60
        dog.look()
    assert (lives[0], ended[0]) == (10, 0)
    for _ in range(LOOKS):
        assert ended[0] == 0
        dog.look()
    assert ended[0] == 1
    assert lives[0] == 10, "what stands is not said to live"


def test_one_tick_between_looks_is_enough() -> None:
    standstill = Standstill()
    assert not any(standstill.look(number // (LOOKS - 1)) for number in range(100))
