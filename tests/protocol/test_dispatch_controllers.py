"""Packets to addresses that no row has: told as moves where something is laid on them, else refused as before."""

from __future__ import annotations

import pytest
from dispatching import DECKS, HERE, NOW, WALL, dispatch

from server.protocol.command import Command, Forward, Rejection
from server.protocol.controllers.control import Control, Moved
from server.protocol.controllers.ears import Ears
from server.protocol.dispatch import Dispatcher, Result
from server.protocol.encode import message


@pytest.fixture
def ears() -> Ears:
    ears = Ears()
    ears.addresses = frozenset(("/1/fader1", "/FX/hue"))
    return ears


def said(ears: Ears, packet: bytes) -> list[Result]:
    return dispatch(packet, Dispatcher(DECKS, ears))


def test_an_address_that_something_is_laid_on_is_a_move(ears: Ears) -> None:
    assert said(ears, message("/1/fader1", 0.5)) == [Moved(Control("osc", "/1/fader1"), (0.5,), HERE)]
    assert said(ears, message("/1/fader1")) == [Moved(Control("osc", "/1/fader1"), (1.0,), HERE)]
    assert said(ears, message("/1/fader1", "x", True)) == [Moved(Control("osc", "/1/fader1"), (None, 1.0), HERE)]


def test_what_touchdesigner_answers_for_is_a_move_where_something_is_laid_on_it(ears: Ears) -> None:
    assert isinstance(said(ears, message("/FX/hue", 0.5))[0], Moved)
    assert [type(one) for one in said(ears, message("/FX/other", 0.5))] == [Forward]


def test_nothing_is_laid_on_rows_however_they_are_spelt(ears: Ears) -> None:
    ears.learning = True
    for address in ("/deck/1/level", "/level", "/play/MovieIndex1", "/deck/*/level"):
        assert {type(one) for one in said(ears, message(address, 0.5))} == {Command}, address


def test_while_a_control_is_waited_for_unknown_addresses_are_moves_and_effects_go_on(ears: Ears) -> None:
    assert isinstance(said(ears, message("/2/knob", 0.5))[0], Rejection)
    ears.learning = True
    assert said(ears, message("/2/knob", 0.5)) == [Moved(Control("osc", "/2/knob"), (0.5,), HERE)]
    assert [type(one) for one in said(ears, message("/FX/other", 0.5))] == [Forward, Moved]
    for address in ("/deck/9/level", "/system/engage", "/2/*"):
        assert isinstance(said(ears, message(address, 0.5))[0], Rejection), address


def test_a_dispatcher_hears_at_once_what_is_laid_and_what_is_not_any_more(ears: Ears) -> None:
    dispatcher = Dispatcher(DECKS, ears)
    packet = message("/1/fader1", 0.5)
    kinds = []
    for addresses in (("/1/fader1",), (), ("/1/fader1",)):
        ears.addresses = frozenset(addresses)
        kinds.append(type(dispatcher.dispatch(packet, HERE, NOW, WALL)[0]))
    assert kinds == [Moved, Rejection, Moved]


def test_data_without_type_tags_is_refused_in_words(ears: Ears) -> None:
    rejected, = said(ears, b"/1/fader1\0\0\0" + bytes(4))
    assert isinstance(rejected, Rejection)
    assert "without type tags" in rejected.text


def test_a_request_id_is_none_of_the_values(ears: Ears) -> None:
    moved, = said(ears, message("/1/fader1", 0.5, "#17"))
    assert moved == Moved(Control("osc", "/1/fader1"), (0.5,), HERE, None, "17")
    rejected, = said(ears, message("/1/fader1", "#"))
    assert isinstance(rejected, Rejection)
