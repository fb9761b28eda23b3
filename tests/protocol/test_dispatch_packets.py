"""Packets to commands: patterns, bundles and time tags, the quick way, values from JSON, and totality."""

from __future__ import annotations

import random
import struct

import pytest
from dispatching import DECKS, HERE, NOW, WALL, commands, dispatch, ntp, rejection
from hypothesis import given
from hypothesis import strategies as st
from packets import bundle, floats, ints, mutate, mutated, nested, raw, texts

from server.protocol.command import Command, Forward, Rejection, Source
from server.protocol.dispatch import PATTERNS_MAX, RESULTS_MAX, Dispatcher, Result
from server.protocol.encode import message
from server.protocol.endpoints import COMMANDS, FEEDBACK
from server.protocol.row import Row


def test_a_pattern_means_every_deck_in_order_and_no_short_form() -> None:
    found = commands(message("/deck/*/frame", 5, "#p"))

    assert [(one.where, one.args, one.request) for one in found] == [((n,), (5,), "p") for n in range(1, DECKS + 1)]
    assert len(commands(message("//frame", 5))) == DECKS
    assert [one.where for one in commands(message("/deck/[!1-2]/play"))] == [(3,), (4,)]
    assert [one.row.address for one in commands(message("/{song,nothing}", "emit"))] == ["/song"]


def test_a_pattern_acts_where_its_arguments_fit_and_complains_once_where_they_fit_nowhere() -> None:
    assert {one.row.address for one in commands(message("/deck/1/{frame,play}", 3))} == {
        "/deck/{n}/frame", "/deck/{n}/play"}
    assert {one.row.address for one in commands(message("/deck/1/{frame,load}", 3.0))} == {"/deck/{n}/frame"}
    assert rejection(message("/deck/*/speed", 99.0)).code == "range"


def test_one_packet_may_not_search_for_long() -> None:
    packet = bundle(*(message(f"/deck/{'?' * n}/play{n}*") for n in range(1, PATTERNS_MAX + 4)))

    found = dispatch(packet)

    texts_ = [one.text for one in found if isinstance(one, Rejection)]
    assert sum("at most 8 new patterns" in text for text in texts_) == 3


def test_known_patterns_are_not_searched_again() -> None:
    packet = bundle(*(message("/deck/*/play") for _ in range(PATTERNS_MAX * 2)))

    assert len(commands(packet)) == PATTERNS_MAX * 2 * DECKS


@pytest.mark.timeout(20)
def test_hostile_patterns_end() -> None:
    for pattern in ("/" + "*" * 24 + "z", "/" + "*?" * 8, "/deck/" + "*" * 10 + "{a,b,c,d}" * 4, "//" * 100):
        assert len(dispatch(message(pattern))) >= 1


@pytest.mark.parametrize(("time", "due"), [
    (1, None), (0, None), (ntp(0), None), (ntp(-59), None), (ntp(0.5), NOW + 0.5), (ntp(59.9), NOW + 59.9),
])
def test_time_tags_on_the_servers_clock(time: int, due: float | None) -> None:
    dispatcher = Dispatcher(1)
    found = dispatch(bundle(ints("/frame", 1), time=time), dispatcher)[0]

    assert isinstance(found, Command)
    assert found.due == (pytest.approx(due, abs=1e-6) if due else None)
    assert dispatcher.counts.absurd_times == 0


@pytest.mark.parametrize("time", [ntp(61), ntp(-61), 2, 2 ** 64 - 1, 1 << 32])
def test_time_tags_of_clocks_that_are_not_set_mean_now_and_are_counted(time: int) -> None:
    dispatcher = Dispatcher(1)
    found = dispatch(bundle(ints("/frame", 1), floats("/FX/a", 1), time=time), dispatcher)

    assert [one.due for one in found if isinstance(one, Command | Forward)] == [None, None]
    assert dispatcher.counts.absurd_times == 2


def test_a_bundle_keeps_its_order_and_survives_a_bad_part() -> None:
    found = dispatch(bundle(ints("/deck/1/frame", 1), b"nonsense", bundle(ints("/deck/2/frame", 2)), ints("/none"),
                            ints("/deck/1/frame", 3)))

    assert [one.args[0] if isinstance(one, Command) else one.code for one in found if not isinstance(one, Forward)] == [
        1, "packet", 2, "address", 3]


def test_one_packet_is_bounded() -> None:
    found = dispatch(bundle(*(b"/a\0\0" for _ in range(6000))))

    assert len(found) == RESULTS_MAX + 1
    assert isinstance(found[-1], Rejection)
    assert "at most 4096" in found[-1].text


NUMBERS = [row for row in COMMANDS if len(row.args) <= 2]


@given(row=st.sampled_from(NUMBERS), tags=st.text("ifdh", max_size=3), data=st.data())
def test_the_second_message_means_what_the_first_does(row: Row, tags: str, data: st.DataObject) -> None:
    kinds = {"i": st.integers(-2 ** 31, 2 ** 31 - 1) | st.integers(0, 2), "f": st.floats(width=32) | st.just(1.0),
             "d": st.floats() | st.just(0.5), "h": st.integers(-2 ** 63, 2 ** 63 - 1)}
    layout = ">" + tags.replace("h", "q")
    packets = [raw(row.example_address(), tags, struct.pack(layout, *(data.draw(kinds[tag]) for tag in tags)))
               for _ in range(3)]
    known = Dispatcher(DECKS)
    for packet in packets:
        dispatch(packet, known)

    for packet in packets:
        assert dispatch(packet, known) == dispatch(packet) == dispatch(bundle(packet), known)
    assert known.counts.messages == 9


def test_what_it_learns_is_bounded() -> None:
    dispatcher = Dispatcher(1)
    for number in range(10_000):
        dispatcher.dispatch(floats(f"/deck/1/axis/a{number}", 1.0), HERE, NOW, WALL)
    assert len(dispatcher._quick) <= 8192
    for number in range(600):
        dispatcher.dispatch(floats(f"/deck/1/pl*{number}"), HERE, NOW, WALL)
    assert len(dispatcher._targets._patterns) <= 256


def test_it_counts() -> None:
    dispatcher = Dispatcher(1)
    for packet in (ints("/frame", 1), ints("/frame", 2), ints("/none", 1), b"x", floats("/FX/a", 1.0),
                   floats("/play", 0.0)):
        dispatch(packet, dispatcher)

    counts = dispatcher.counts
    assert (counts.messages, counts.rejected, counts.forwarded) == (6, 2, 1)


def test_json_values_mean_the_same() -> None:
    dispatcher = Dispatcher(DECKS)
    web = Source("10.0.0.2", 0, "http")

    assert dispatcher.command("/deck/*/frame", [5, "#x"], HERE) == dispatch(message("/deck/*/frame", 5, "#x"))
    assert dispatcher.command("/FX/hue", [0.5], web) == [Forward(floats("/FX/hue", 0.5), web)]
    for address, args in (("frame", []), ("/" + "x" * 300, []), ("/frame", [{}]), ("/frame", [10 ** 400]),
                          ("/frame", [[1] * 1000]), ("/FX/a", [{}]), ("/frame", [None]), ("/frame\n", [1])):
        result, = dispatcher.command(address, args, web)
        assert isinstance(result, Rejection)
        assert result.text.isprintable()
        assert len(result.text) < 400


SEEDS = [message(row.example_address(), *row.example) for row in (*COMMANDS, *FEEDBACK)] + [
    message("/deck/*/{play,pause}"), message("/deck/[1-3]/frame", 5, "#1"), message("/speed", "+", 0.5),
    bundle(ints("/frame", 1), texts("/song", "emit", "#2"), time=ntp(3)), nested(5, floats("/FX/hue", 0.5))]


@given(packet=mutated(SEEDS) | st.binary(max_size=100))
def test_anything_gives_results(packet: bytes) -> None:
    _check(dispatch(packet, _KNOWN))


@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_million_mutated_packets_give_results() -> None:
    chance = random.Random(7)
    dispatcher = Dispatcher(DECKS)
    for _ in range(1_000_000):
        _check(dispatch(mutate(chance, chance.choice(SEEDS)), dispatcher))


_KNOWN = Dispatcher(DECKS)


def _check(results: list[Result]) -> None:
    for result in results:
        assert isinstance(result, Command | Rejection | Forward)
        if isinstance(result, Rejection):
            assert result.text.isprintable()
            assert len(result.text) < 600
        if isinstance(result, Command) and not result.asks and not result.relative:
            assert len(result.args) == len(result.row.args)
