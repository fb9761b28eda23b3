"""Messages to commands: every documented example, aliases, spellings, buttons, request ids, questions."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from dispatching import HERE, NOW, WALL, command, dispatch, one, rejection
from packets import bundle, doubles, floats, ints, padded, raw, texts

from server.protocol.command import Command, Forward, Rejection, Released, Source
from server.protocol.dispatch import Dispatcher
from server.protocol.documentation import endpoints_markdown
from server.protocol.encode import message
from server.protocol.endpoints import ALIASES, BY_ADDRESS, COMMANDS, FEEDBACK, SECTIONS
from server.protocol.row import Row
from server.protocol.targets import Targets


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


def test_the_second_fader_of_old_controllers_wants_a_second_deck() -> None:
    result, = dispatch(message("/play/MovieIndex2", 0.5), Dispatcher(1))

    assert isinstance(result, Rejection)
    assert result.text == "there is no deck 2: this server has 1, numbered from 1"


@pytest.mark.parametrize("packet", [floats("/FX/hue_shift", 0.5), ints("/preset", 3), raw("/param1", "", b""),
                                    floats("/extra/xy1/x", 0.25), b"/page\0\0\0"])
def test_effects_are_handed_on_untouched(packet: bytes) -> None:
    assert one(packet) == Forward(packet, HERE)
    assert dispatch(bundle(ints("/frame", 1), packet))[1] == Forward(packet, HERE)


@pytest.mark.parametrize("packet",
                         [ints("/deck/1/frame", 7), floats("/deck/1/frame", 7.2), doubles("/deck/1/frame", 6.5),
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
    (ints("/deck/1/mark/²"), "address", ("no endpoint",)),
    (ints("/nothing/like*"), "address", ("no endpoint matches",)),
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


@pytest.mark.parametrize(("address", "meant"), [
    ("/Deck/1/Play", "/deck/1/play"), ("/DECK/2/state/frme", "/deck/2/state/frame"), ("/deck/*/plai", "/deck/*/play"),
    ("/Deck/*/play", "/deck/*/play"), ("/deck/x/play", "/deck/1/play"), ("/deck/9/pley", "/deck/1/play"),
    ("/deck/9/play", None), ("/deck/*/nothing", None), ("/Play", "/play"), ("/clock/temp", "/clock/tempo"),
    ("/deck/²/play", "/deck/1/play"),
])
def test_large_letters_patterns_and_wrong_decks_find_what_was_meant(address: str, meant: str | None) -> None:
    assert Targets(2).suggestion(address) == meant


def test_a_pattern_without_a_match_says_where_addresses_are_listed() -> None:
    assert "interscene send --list" in rejection(ints("/deck/*/nothing")).text


def test_a_request_id_is_taken_off() -> None:
    assert (command(message("/deck/1/frame", 7, "#a b")).request, command(message("/play", "#1")).request) == ("a b",
                                                                                                               "1")
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
    (("+", 10), "+", 10), (("-", 2.5), "+", -2.5), (("*", 2), "*", 2), (("+", "3"), "+", 3),
    (("-", 30_000.0), "+", -3e4),
])
def test_relative_changes(args: tuple[Any, ...], relative: str, value: float) -> None:
    found = command(message("/deck/1/speed", *args))

    assert (found.relative, found.args) == (relative, (value,))


@pytest.mark.parametrize(("address", "args"), [("/deck/1/speed", ("+", math.inf)), ("/deck/1/speed", ("+", "x")),
                                               ("/deck/1/song", ("+", 1)), ("/deck/1/step", ("+", 1)),
                                               ("/deck/1/range", ("+", 1))])
def test_relative_changes_that_mean_nothing(address: str, args: tuple[Any, ...]) -> None:
    rejection(message(address, *args))


def test_a_button_that_is_let_go_is_no_command_but_is_heard_by_who_asks() -> None:
    dispatcher, heard = Dispatcher(2), list[Released]()
    packet = message("/deck/1/play", 0.5)
    assert dispatcher.dispatch(packet, Source("h", 1), 0.0, 0.0) == []
    dispatcher.released = heard.append
    for address in ("/deck/1/play", "/play"):
        # The first of an address is read the long way, the second as it was learnt.
        for _ in range(2):
            assert dispatcher.dispatch(message(address, 0.5), Source("h", 1), 0.0, 0.0) == []
    assert [(one.address, one.args) for one in heard] == [("/deck/1/play", (0.5,))] * 2 + [("/play", (0.5,))] * 2


def test_a_command_knows_how_it_was_spelt() -> None:
    dispatcher = Dispatcher(2)
    for address in ("/deck/1/frame", "/frame", "/play/MovieIndex1", "/deck/*/speed"):
        for _ in range(2):
            results = dispatcher.dispatch(message(address, 0.5), Source("h", 1), 0.0, 0.0)
            assert {one.said for one in results if isinstance(one, Command)} == {address}
