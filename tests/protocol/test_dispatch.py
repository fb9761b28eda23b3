"""Packets to commands: every documented example, ids, buttons, patterns, aliases, time tags, and totality."""

from __future__ import annotations

import math
import random
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packets import bundle, doubles, floats, ints, mutate, mutated, nested, padded, raw, texts

from server.protocol.command import Command, Forward, Rejection, Source
from server.protocol.dispatch import PATTERNS_MAX, RESULTS_MAX, Dispatcher, Result
from server.protocol.documentation import endpoints_markdown
from server.protocol.encode import message
from server.protocol.endpoints import ALIASES, BY_ADDRESS, COMMANDS, FEEDBACK, SECTIONS
from server.protocol.row import Row

HERE = Source("127.0.0.1", 9000)
NOW, WALL = 1000.0, 1_700_000_000.0
DECKS = 4


def dispatch(packet: bytes, dispatcher: Dispatcher | None = None) -> list[Result]:
    return (dispatcher or Dispatcher(DECKS)).dispatch(packet, HERE, NOW, WALL)


def one(packet: bytes) -> Result:
    result, = dispatch(packet)
    return result


def command(packet: bytes) -> Command:
    result = one(packet)
    assert isinstance(result, Command), result
    return result


def rejection(packet: bytes) -> Rejection:
    result = one(packet)
    assert isinstance(result, Rejection), result
    assert result.text.isprintable()
    return result


def ntp(seconds: float) -> int:
    return round((WALL + 2_208_988_800 + seconds) * 2 ** 32)


# rows -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.address)
def test_the_documented_example_of_every_command_works(row: Row) -> None:
    found = command(message(row.example_address(), *row.example))

    assert found.row is row
    assert found.args[:len(row.example)] == pytest.approx(row.example)
    assert len(found.args) == len(row.args)
    assert found.source == HERE
    assert (found.request, found.due, found.relative, found.asks) == (None, None, "", False)
    assert row.example_line() in endpoints_markdown()


@pytest.mark.parametrize("row", FEEDBACK, ids=lambda row: row.address)
def test_what_the_server_says_cannot_be_told_to_it(row: Row) -> None:
    found = rejection(message(row.example_address(), *row.example))

    assert found.code in ("input", "address")


@pytest.mark.parametrize("row", [row for name in list(SECTIONS)[:5] for row in SECTIONS[name]], ids=lambda r: r.address)
def test_every_row_of_a_deck_has_a_short_form(row: Row) -> None:
    address = row.example_address().removeprefix("/deck/1")

    found = command(message(address, *row.example))

    if address not in BY_ADDRESS:
        assert found.row is row
        assert found.where[0] == 0
    assert found.args == command(message(row.example_address(), *row.example)).args


@pytest.mark.parametrize(("address", "where"), [
    ("/deck/2/frame", (2,)), ("/deck/4/mark/3", (4, 3)), ("/mark/999", (0, 999)), ("/deck/1/axis/seed", (1, "seed")),
    ("/axis/größe", (0, "größe")), ("/deck/3/mark/12/set", (3, 12)), ("/clock/tempo", ()),
])
def test_placeholders_become_where(address: str, where: tuple[Any, ...]) -> None:
    args = () if "mark" in address else (60.0,)

    assert command(message(address, *args)).where == where


@pytest.mark.parametrize(("alias", "address"), ALIASES.items())
def test_aliases_of_old_controllers(alias: str, address: str) -> None:
    args = () if "panic" in alias else (0.5,)

    assert command(message(alias, *args)) == command(message(address, *args))


def test_old_controllers_keep_their_second_fader_for_servers_with_one_deck() -> None:
    result, = dispatch(message("/play/MovieIndex2", 0.5), Dispatcher(1))

    assert isinstance(result, Rejection)
    assert result.code == "address"


@pytest.mark.parametrize("packet", [floats("/FX/hue_shift", 0.5), ints("/preset", 3), raw("/param1", "", b""),
                                    floats("/extra/xy1/x", 0.25), b"/page\0\0\0"])
def test_effects_are_handed_on_untouched(packet: bytes) -> None:
    assert one(packet) == Forward(packet, HERE)
    assert dispatch(bundle(ints("/frame", 1), packet))[1] == Forward(packet, HERE)


# arguments ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packet", [ints("/deck/1/frame", 7), floats("/deck/1/frame", 7.2), doubles("/deck/1/frame", 6.5),
                                    texts("/deck/1/frame", "7"), raw("/deck/1/frame", "h", struct.pack(">q", 7)),
                                    padded(b"/deck/1/frame") + struct.pack(">i", 7)])
def test_a_frame_in_any_spelling(packet: bytes) -> None:
    assert command(packet).args == (7,)


def test_what_has_no_type_tags_is_read_as_the_row_says() -> None:
    assert command(padded(b"/deck/1/level") + struct.pack(">f", 0.5)).args == (0.5,)
    assert command(padded(b"/deck/1/range") + struct.pack(">ii", 3, 9)).args == (3, 9)
    assert "type tags" in rejection(padded(b"/deck/1/load") + b"abcd").text
    assert "type tags" in rejection(padded(b"/deck/1/range") + b"abcd").text


def test_a_release_of_a_button_is_nothing() -> None:
    assert dispatch(floats("/deck/1/play", 0.0)) == []
    assert command(floats("/deck/1/play", 1.0)).args == ()


@pytest.mark.parametrize(("packet", "code", "parts"), [
    (texts("/deck/1/load"), "input", ("takes 1 to 2 arguments, not 0", "usage: /deck/{n}/load s:movie")),
    (floats("/deck/1/speed", 17), "range", ("/deck/1/speed: speed is -16 to 16, not 17",)),
    (floats("/deck/1/speed", math.nan), "range", ("not nan",)),
    (ints("/deck/9/play"), "address", ("there is no deck 9: this server has 4, numbered from 1",)),
    (ints("/deck/0/play"), "address", ("there is no deck 0",)),
    (ints("/deck/1/spin"), "address", ("no endpoint has the address /deck/1/spin",)),
    (ints("/deck/1/mark/0"), "address", ("no endpoint",)), (ints("/deck/1/mark/1000"), "address", ("no endpoint",)),
    (ints("/deck/1/mark/²"), "address", ("no endpoint",)), (ints("/nothing/like*"), "address", ("no endpoint matches",)),
    (ints("/deck/1/{play"), "input", ("{ is never closed",)), (b"/x\x07\0", "address", ("/x\\x07",)),
    (b"hello world\n", "packet", ("begin with 'hello wo'",)), (raw("/deck/1/frame", "i"), "packet", ("ends inside",)),
    (raw("/deck/1/frame", "b", struct.pack(">i", 0)), "input", ("not 0 bytes of data",)),
    (ints("/deck/1/state/frame", 3), "input", ("is said by the server", "send it ?")),
])
def test_what_cannot_be_used_gets_one_clear_line(packet: bytes, code: str, parts: tuple[str, ...]) -> None:
    found = rejection(packet)

    assert found.code == code
    for part in parts:
        assert part in found.text


def test_a_huge_text_is_not_repeated() -> None:
    assert len(rejection(texts("/deck/1/speed", "x" * 60_000)).text) < 400
    assert len(rejection(texts("/" + "x" * 254)).text) < 400


def test_the_address_that_was_perhaps_meant() -> None:
    dispatcher = Dispatcher(2)
    near, = dispatcher.dispatch(message("/deck/1/pley"), HERE, NOW, WALL)
    far, = dispatcher.dispatch(message("/qqqqqqqqqq"), HERE, NOW, WALL)

    assert isinstance(near, Rejection)
    assert dispatcher.explain(near) == "no endpoint has the address /deck/1/pley; did you mean /deck/1/play?"
    assert isinstance(far, Rejection)
    assert dispatcher.explain(far) == far.text


# request ids, asking, relative ----------------------------------------------------------------------


def test_a_request_id_is_taken_off() -> None:
    assert (command(message("/deck/1/frame", 7, "#a b")).request, command(message("/play", "#1")).request) == ("a b", "1")
    load = command(message("/load", "#odd.mov", "#2"))
    assert (load.args, load.request) == (("#odd.mov", None), "2")


@pytest.mark.parametrize("packet", [message("/nothing", "#x"), message("/deck/1/speed", 99.0, "#x"),
                                    message("/load", "#x"), message("/deck/7/play", "#x"), message("/{", "#x")])
def test_a_rejection_carries_the_request_id(packet: bytes) -> None:
    assert rejection(packet).request == "x"


@pytest.mark.parametrize("request_", ["#", "#" + "x" * 65, "#\n"])
def test_a_request_id_is_short_and_printable(request_: str) -> None:
    found = rejection(message("/play", request_))

    assert (found.code, found.request) == ("input", None)
    assert "a request id is # and 1 to 64" in found.text


def test_values_can_be_asked_for() -> None:
    asked = command(message("/deck/2/speed", "?", "#q"))

    assert (asked.asks, asked.args, asked.where, asked.request) == (True, (), (2,), "q")
    assert command(message("/deck/1/state/remaining", "?")).asks
    assert command(message("/song", "?")).asks
    assert "has no value" in rejection(message("/deck/1/take", "?")).text
    assert "has no value" in rejection(message("/ack", "?")).text


@pytest.mark.parametrize(("args", "relative", "value"), [
    (("+", 10), "+", 10), (("-", 2.5), "+", -2.5), (("*", 2), "*", 2), (("+", "3"), "+", 3), (("-", 30_000.0), "+", -3e4),
])
def test_relative_changes(args: tuple[Any, ...], relative: str, value: float) -> None:
    found = command(message("/deck/1/speed", *args))

    assert (found.relative, found.args) == (relative, (value,))


@pytest.mark.parametrize(("address", "args"), [("/deck/1/speed", ("+", math.inf)), ("/deck/1/speed", ("+", "x")),
                                               ("/deck/1/song", ("+", 1)), ("/deck/1/step", ("+", 1)),
                                               ("/deck/1/range", ("+", 1))])
def test_relative_changes_that_mean_nothing(address: str, args: tuple[Any, ...]) -> None:
    rejection(message(address, *args))


# patterns -------------------------------------------------------------------------------------------


def commands(packet: bytes, dispatcher: Dispatcher | None = None) -> list[Command]:
    return [result for result in dispatch(packet, dispatcher) if isinstance(result, Command)]


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


# bundles and time -----------------------------------------------------------------------------------


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


# the quick way --------------------------------------------------------------------------------------

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
    for packet in (ints("/frame", 1), ints("/frame", 2), ints("/none", 1), b"x", floats("/FX/a", 1.0), floats("/play", 0.0)):
        dispatch(packet, dispatcher)

    counts = dispatcher.counts
    assert (counts.messages, counts.rejected, counts.forwarded) == (6, 2, 1)


# values that did not come as OSC --------------------------------------------------------------------


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


# totality -------------------------------------------------------------------------------------------

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
