"""Reading one value: numbers and switches as text, limits, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import InputError, OutOfRange
from server.settings.option import Kind, Option
from server.settings.resolved import OPTIONS
from server.settings.values import read_value, show_value

BASE = Path("/show")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=5)
    | st.sampled_from(["7500", "0.5", "True", "1e400", "-0", "127.0.0.1", "::1", "0.0.0.0/0", "~", "off", " 3 ", "٣"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


def option(kind: Kind, **more: Any) -> Option:
    return Option("thing", kind, None, "A thing.", **more)


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("whole", "7500", 7500),
        ("whole", " 30 ", 30),
        ("whole", "30.0", 30),
        ("whole", 30.0, 30),
        ("number", "0.5", 0.5),
        ("number", "1e2", 100.0),
        ("number", 3, 3.0),
        ("switch", "True", True),
        ("switch", "false", False),
        ("switch", "on", True),
        ("switch", "0", False),
        ("switch", 1, True),
        ("switch", False, False),
        ("text", " words ", "words"),
        ("choice", "BEAT", "beat"),
        ("folder", "songs", BASE / "songs"),
        ("folder", Path("/elsewhere"), Path("/elsewhere")),
        ("folder", "Bühne 🎬", BASE / "Bühne 🎬"),
        ("address", "0.0.0.0", "0.0.0.0"),
        ("address", "::1", "::1"),
        ("address", "localhost", "localhost"),
        ("address", "stage-2.local", "stage-2.local"),
        ("ports", 7500, (7500,)),
        ("ports", "7500", (7500,)),
        ("ports", "7500, 9000", (7500, 9000)),
        ("ports", ["7500", 9000, "7500 9001"], (7500, 9000, 9001)),
        ("networks", "192.168.1.7", ("192.168.1.7/32",)),
        ("networks", "192.168.1.7/24,::1", ("192.168.1.0/24", "::1/128")),
        ("networks", [], ()),
        ("networks", "", ()),
    ],
)
def test_what_people_write_is_understood(kind: Kind, written: object, value: object) -> None:
    read = read_value(option(kind, choices=("off", "beat", "bar")), written, BASE)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "written", "said"),
    [
        ("whole", "2.5", "no whole number"),
        ("whole", True, "no number"),
        ("whole", None, "None is no number"),
        ("whole", "", "no number"),
        ("whole", "0x10", "no number"),
        ("whole", 2**63, "outside 1 to 8"),
        ("whole", "9" * 400, "no number that can be used"),
        ("number", "nan", "no number that can be used"),
        ("number", "-inf", "no number that can be used"),
        ("number", math.inf, "no number that can be used"),
        ("number", 0.999, "0.999 is outside 1 to 8 beats"),
        ("number", [1], "no number"),
        ("switch", "maybe", "neither on nor off"),
        ("switch", 2, "neither on nor off"),
        ("switch", 1.0, "neither on nor off"),
        ("text", 3, "3 is no text"),
        ("text", "a\0b", "NUL"),
        ("text", "a" * 5000, "that long"),
        ("choice", "bars", "'bars' is none of off, beat or bar"),
        ("folder", "", "no folder"),
        ("folder", "https://example.org/a", "no folder of this machine"),
        ("address", "", "no address"),
        ("address", "my song", "for every network write 0.0.0.0"),
        ("address", "127.0.0.256", "no address"),
        ("address", "a" * 300, "no address"),
        ("ports", [], "at least one"),
        ("ports", "", "at least one"),
        ("ports", "3 x", "'x' is no number"),
        ("networks", "192.168.1.0/33", "no network such as"),
        ("networks", "anywhere", "no network such as"),
        ("networks", [3], "3 is no text"),
    ],
)
def test_what_makes_no_sense_is_refused_and_quoted(kind: Kind, written: object, said: str) -> None:
    limited = option(kind, low=1, high=8, unit="beats", choices=() if kind == "whole" else ("off", "beat", "bar"))
    if kind == "number":
        limited = option(kind, low=1, high=8, unit="beats")
    with pytest.raises(InputError) as caught:
        read_value(limited, written, BASE)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 160


def test_a_number_outside_its_limits_is_out_of_range() -> None:
    with pytest.raises(OutOfRange):
        read_value(option("whole", low=1, high=8), "9", BASE)


def test_home_is_home() -> None:
    assert read_value(option("folder"), "~/songs", BASE) == Path.home() / "songs"
    assert read_value(option("folder"), "~no-such-person/songs", BASE).is_relative_to(BASE)


@settings(max_examples=300)
@given(name=st.sampled_from(sorted(OPTIONS)), written=ANYTHING)
def test_anything_is_read_or_refused_in_one_line(name: str, written: object) -> None:
    try:
        value = read_value(OPTIONS[name], written, BASE)
    except InputError as error:
        said = str(error)
        assert said == " ".join(said.splitlines())
        return
    assert isinstance(value, type(OPTIONS[name].default))
    assert "\n" not in show_value(OPTIONS[name], value) or "\n" in str(written)


@given(name=st.sampled_from(sorted(OPTIONS)))
def test_every_default_is_a_value_of_its_own_option(name: str) -> None:
    default = OPTIONS[name].default
    read = read_value(OPTIONS[name], default, Path())
    assert read == (default.expanduser() if isinstance(default, Path) else default)
