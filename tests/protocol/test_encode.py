"""Values to bytes: types by size, and one clear line for what OSC cannot carry."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packets import addresses, words

from server.errors import InputError
from server.protocol.encode import message
from server.protocol.osc import Message
from server.protocol.osc import message as parse

sendable: st.SearchStrategy[Any] = st.one_of(st.integers(-2 ** 63, 2 ** 63 - 1), st.floats(width=32, allow_nan=False),
                                             words, st.booleans(), st.none(), st.binary(min_size=1, max_size=40))


@given(address=addresses, values=st.lists(sendable, max_size=6))
def test_everything_sendable_comes_back(address: str, values: list[Any]) -> None:
    parsed = parse(message(address, *values))

    assert isinstance(parsed, Message)
    assert (parsed.address, list(parsed.args)) == (address, values)


def test_types_follow_size() -> None:
    parsed = parse(message("/a", 1, 2 ** 31, -2 ** 31, True, False, None, "x", 0.5))

    assert isinstance(parsed, Message)
    assert parsed.tags == "ihiTFNsf"


def test_doubles_keep_what_floats_lose() -> None:
    exact, rough = parse(message("/a", 0.1, double=True)), parse(message("/a", 0.1))

    assert isinstance(exact, Message)
    assert isinstance(rough, Message)
    assert exact.args == (0.1,)
    assert rough.args != (0.1,)


@pytest.mark.parametrize(("value", "reason"), [
    (2 ** 63, "does not fit into 64 bits; send it as text"), (-2 ** 63 - 1, "64 bits"), (1e300, "32 bits"),
    (-3.5e38, "32 bits"), ("a\0b", "cannot carry"), ("\ud800", "cannot carry"), ([1], "cannot be sent"),
    ({}, "cannot be sent"), (b"", "cannot be sent"),
])
def test_what_osc_cannot_carry_is_told(value: Any, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        message("/a", value)
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), 3.4028234663852886e38])
def test_the_largest_floats_can_be_sent(value: float) -> None:
    parsed = parse(message("/a", value))

    assert isinstance(parsed, Message)
    assert parsed.args == (value,)


@pytest.mark.parametrize("address", ["", "/a\0b", "/\ud800"])
def test_an_address_that_osc_cannot_carry_is_told(address: str) -> None:
    with pytest.raises(InputError):
        message(address)
