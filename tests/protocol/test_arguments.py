"""Coercion: what a row accepts, what it becomes, and how everything else is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError, OutOfRange
from server.protocol.arguments import TEXT_MAX, Coercer
from server.protocol.endpoints import BY_ADDRESS, COMMANDS
from server.protocol.osc import IMPULSE
from server.protocol.row import Arg, Row

DECK = "/deck/{n}"


def coerced(address: str, *args: Any) -> tuple[Any, ...] | None:
    return Coercer(BY_ADDRESS[address])(args)


@pytest.mark.parametrize(("address", "given_", "expected"), [
    (f"{DECK}/frame", 120, 120), (f"{DECK}/frame", 119.5, 120), (f"{DECK}/frame", 119.4, 119),
    (f"{DECK}/frame", "12", 12), (f"{DECK}/frame", True, 1), (f"{DECK}/frame", "1e2", 100),
    (f"{DECK}/speed", 2, 2.0), (f"{DECK}/speed", "-0.5", -0.5), (f"{DECK}/speed", -16.0, -16.0),
    (f"{DECK}/loop", "bounce", "bounce"), (f"{DECK}/loop", "Loop", "loop"), (f"{DECK}/loop", 3, "next"),
    (f"{DECK}/loop", 2.0, "bounce"), (f"{DECK}/loop", True, "loop"), (f"{DECK}/loop", False, "hold"),
    (f"{DECK}/freeze", 1, True), (f"{DECK}/freeze", 0.0, False), (f"{DECK}/freeze", 1.0, True),
    (f"{DECK}/freeze", "off", False), (f"{DECK}/freeze", True, True),
    (f"{DECK}/song", "1984", "1984"), (f"{DECK}/song", 1984, "1984"), (f"{DECK}/song", "a\nb\x07", "a\\nb\\x07"),
    (f"{DECK}/song", "Bühne 🎬", "Bühne 🎬"),
])
def test_plain_meanings_are_taken(address: str, given_: Any, expected: Any) -> None:
    values = coerced(address, given_)

    assert values == (expected,)
    assert type(values[0]) is type(expected)


@pytest.mark.parametrize(("address", "args", "reason"), [
    (f"{DECK}/frame", (-1,), "frame is 0 to 16777215, not -1"), (f"{DECK}/frame", (2 ** 24,), "not 16777216"),
    (f"{DECK}/frame", (2 ** 63 - 1,), "0 to 16777215"), (f"{DECK}/frame", (math.nan,), "not nan"),
    (f"{DECK}/speed", (16.5,), "speed is -16 to 16, not 16.5"), (f"{DECK}/speed", (math.inf,), "not inf"),
    (f"{DECK}/speed", (-math.inf,), "not -inf"), (f"{DECK}/position", (math.nan,), "not nan"),
    (f"{DECK}/position", (120.0,), "position is 0 to 1, not 120"), (f"{DECK}/position", (2 ** 63,), "not 9223"),
    (f"{DECK}/loop", ("spin",), "hold, loop, bounce or next, or a number from 0 to 3, not 'spin'"),
    (f"{DECK}/loop", (4,), "not 4"), (f"{DECK}/loop", (0.5,), "not 0.5"), (f"{DECK}/loop", (math.nan,), "not nan"),
    ("/select/deck", (0,), "deck is at least 1, not 0"), ("/clock/tempo", ("1e999",), "tempo is a number from 20"),
])
def test_what_is_out_of_range_is_refused_with_the_range(address: str, args: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(OutOfRange) as caught:
        coerced(address, *args)
    assert reason in str(caught.value)


@pytest.mark.parametrize(("address", "args", "reason"), [
    (f"{DECK}/frame", (), "takes 1 argument, not 0"), (f"{DECK}/frame", (1, 2), "takes 1 argument, not 2"),
    (f"{DECK}/load", (), "takes 1 to 2 arguments, not 0"), (f"{DECK}/play", (1, 1), "takes no argument, not 2"),
    (f"{DECK}/play", ([1],), "takes no argument, not [1]"), (f"{DECK}/play", ("now",), "a button is a number"),
    (f"{DECK}/frame", ("twelve",), "frame is a number, not 'twelve'"), (f"{DECK}/frame", ([12],), "not [12]"),
    (f"{DECK}/frame", (None,), "not None"), (f"{DECK}/frame", (IMPULSE,), "not impulse"),
    (f"{DECK}/frame", (b"\0\0",), "not 2 bytes of data"), (f"{DECK}/frame", ("9" * 65,), "frame is a number"),
    (f"{DECK}/song", (1.5,), "song is a text, not 1.5"),
    (f"{DECK}/song", ("x" * 1025,), "at most 1024 bytes, not 1025"),
    (f"{DECK}/song", ("ü" * 513,), "at most 1024 bytes, not 1026"),
    (f"{DECK}/freeze", ("maybe",), "on is 1 or 0, true or false, not 'maybe'"),
    (f"{DECK}/freeze", (math.nan,), "not nan"),
])
def test_what_cannot_be_meant_is_refused_with_what_arrived(address: str, args: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(InputError) as caught:
        coerced(address, *args)
    assert reason in str(caught.value)


@pytest.mark.parametrize(("given_", "expected"), [(1.25, 1.0), (-0.001, 0.0), (2.0, 1.0), (-1.0, 0.0), (0.5, 0.5)])
def test_a_fader_that_overshoots_is_held_at_its_end(given_: float, expected: float) -> None:
    assert coerced(f"{DECK}/level", given_) == (expected,)


@pytest.mark.parametrize("args", [(), (1.0,), (1,), (127,), (True,), (None,), (IMPULSE,), ("1",)])
def test_a_button_acts(args: tuple[Any, ...]) -> None:
    assert coerced(f"{DECK}/play", *args) == ()


@pytest.mark.parametrize("args", [(0.0,), (0.5,), (0.999,), (0,), (False,), ("0",)])
def test_a_button_that_is_let_go_does_nothing(args: tuple[Any, ...]) -> None:
    assert coerced(f"{DECK}/play", *args) is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_button_refuses_what_is_no_number(value: float) -> None:
    with pytest.raises(OutOfRange):
        coerced(f"{DECK}/play", value)


def test_what_is_left_out_becomes_its_default() -> None:
    assert coerced(f"{DECK}/load", "a.mov") == ("a.mov", None)
    assert coerced(f"{DECK}/freeze") == (None,)
    assert coerced(f"{DECK}/freeze", IMPULSE) == (None,)
    assert coerced(f"{DECK}/step") == (1,)
    assert coerced("/system/subscribe") == ("*", 10.0, 0)
    assert coerced("/system/hello", "pad") == ("pad", 0, 0, 1, "", 60.0, 0, "all")


def test_a_blob_is_taken_as_it_is() -> None:
    row = Row("/x", (Arg("data", "b"),))

    assert Coercer(row)((b"\0\xff",)) == (b"\0\xff",)
    with pytest.raises(InputError, match="data is a blob, not 'x'"):
        Coercer(row)(("x",))


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4)
    | st.just(IMPULSE) | st.just("x" * (TEXT_MAX + 1)), lambda inner: st.lists(inner, max_size=3), max_leaves=4)
TYPES = {"i": int, "h": int, "f": float, "s": str, "T": bool, "b": bytes}


@given(row=st.sampled_from(COMMANDS), args=st.lists(anything, max_size=4))
def test_what_comes_out_is_what_the_row_promises(row: Row, args: list[Any]) -> None:
    values, reason = _outcome(row, tuple(args))
    if reason:
        assert reason.isprintable()
        return

    assert values is not None or row.trigger
    for arg, value in zip(row.args, values or (), strict=False):
        if arg.optional and value == arg.default:
            continue
        assert type(value) is TYPES[arg.tag]
        assert arg.choices is None or value in arg.choices
        if arg.tag in "ihf":
            assert math.isfinite(value)
            assert arg.low is None or value >= arg.low
            assert arg.high is None or value <= arg.high


def _outcome(row: Row, args: tuple[Any, ...]) -> tuple[tuple[Any, ...] | None, str]:
    try:
        return Coercer(row)(args), ""
    except InputError as problem:
        return None, str(problem)
