"""Attributes as the OSCQuery proposal has them, and text commands of any origin."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError
from server.protocol.oscquery import (
    EXTENSIONS,
    READ,
    WRITE,
    Item,
    Method,
    added,
    changed,
    host_info,
    json_values,
    per_value,
    read_command,
    removed,
    renamed,
    type_tags,
)

MILES, METRES = Item("f", 0, 10, unit="distance.miles"), Item("f", 0, 987, unit="distance.m")
UNIT = Item("f", 0, 1, unit="distance.miles")
NESTED = (Item("i", 0, 100, unit="distance.mm"), (UNIT, UNIT), Item("i", 0, 100, unit="distance.mm"))


def test_two_floats_with_ranges_and_units() -> None:
    assert type_tags((MILES, METRES)) == "ff"
    assert json_values((MILES, METRES), (1.23, 456.78)) == [1.23, 456.78]
    assert per_value((MILES, METRES)) == {
        "RANGE": [{"MIN": 0.0, "MAX": 10.0}, {"MIN": 0.0, "MAX": 987.0}], "UNIT": ["distance.miles", "distance.m"]}


def test_arrays_are_mirrored_in_every_attribute() -> None:
    assert type_tags(NESTED) == "i[ff]i"
    assert json_values(NESTED, (100, (1.0, 1.0), 100)) == [100, [1.0, 1.0], 100]
    assert per_value(NESTED) == {
        "RANGE": [{"MIN": 0, "MAX": 100}, [{"MIN": 0.0, "MAX": 1.0}] * 2, {"MIN": 0, "MAX": 100}],
        "UNIT": ["distance.mm", ["distance.miles"] * 2, "distance.mm"]}


def test_colours_and_the_other_types_that_a_method_takes() -> None:
    method = Method((Item("r"),), READ | WRITE, overloads=((Item("f", 0, 1),) * 4, (Item("i", 0, 255),) * 4))
    assert json_values(method.items, (0xFA6432FF,)) == ["#FA6432FF"]
    assert method.attributes()["OVERLOADS"] == [
        {"TYPE": "ffff", "RANGE": [{"MIN": 0.0, "MAX": 1.0}] * 4},
        {"TYPE": "iiii", "RANGE": [{"MIN": 0, "MAX": 255}] * 4}]


def test_null_stands_where_there_is_nothing_to_say() -> None:
    items = (Item("s"), Item("b"), Item("N"), Item("I"), Item("f", 0), Item("f"))
    values = ("a", b"1", None, None, float("inf"), float("nan"))
    assert json_values(items, values) == ["a", None, None, None, None, None]
    assert per_value(items)["RANGE"] == [None, None, None, None, {"MIN": 0.0}, None]
    assert "RANGE" not in per_value((Item("s"),)), "Chataigne would make an empty menu of it"


def test_a_boolean_says_its_value_in_the_type_too() -> None:
    assert type_tags((Item("T"),)) == type_tags((Item("T"),), (True,)) == "T"
    assert type_tags((Item("T"),), (False,)) == "F"
    assert json_values((Item("T"),), (False,)) == [False]


def test_the_attributes_of_a_method() -> None:
    said = Method((Item("f", -1, 1, meaning="pan", clip="both"),), WRITE, "Pan", ("levels",), True).attributes()
    assert said == {"ACCESS": 2, "RANGE": [{"MIN": -1.0, "MAX": 1.0}], "EXTENDED_TYPE": ["pan"], "CLIPMODE": ["both"],
                    "DESCRIPTION": "Pan", "TAGS": ["levels"], "CRITICAL": True}
    assert Method((), 0).attributes() == {"ACCESS": 0}


def test_host_info() -> None:
    said = host_info("stage", "10.0.0.5", 7500, 7580)
    assert (said["NAME"], said["OSC_IP"], said["OSC_PORT"], said["OSC_TRANSPORT"]) == ("stage", "10.0.0.5", 7500, "UDP")
    assert (said["WS_IP"], said["WS_PORT"]) == ("10.0.0.5", 7580)
    assert said["EXTENSIONS"] == EXTENSIONS
    for name in ("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "TAGS", "EXTENDED_TYPE", "UNIT", "CRITICAL", "CLIPMODE",
                 "OVERLOADS", "HTML", "LISTEN", "PATH_CHANGED", "PATH_RENAMED", "PATH_REMOVED", "PATH_ADDED"):
        assert EXTENSIONS[name] is True, name


def test_news_of_the_address_space() -> None:
    assert json.loads(changed("/baz")) == {"COMMAND": "PATH_CHANGED", "DATA": "/baz"}
    assert json.loads(removed("/baz")) == {"COMMAND": "PATH_REMOVED", "DATA": "/baz"}
    assert json.loads(renamed("/a", "/b")) == {"COMMAND": "PATH_RENAMED", "DATA": {"OLD": "/a", "NEW": "/b"}}
    assert json.loads(added("/a", '{"FULL_PATH":"/a"}')) == {
        "COMMAND": "PATH_ADDED", "DATA": "/a", "FULL_PATH": "/a"}


def test_commands() -> None:
    assert read_command('{"COMMAND": "LISTEN", "DATA": "/foo"}') == ("LISTEN", "/foo")
    assert read_command('{"DATA": "/baz", "COMMAND": "IGNORE", "more": 1}') == ("IGNORE", "/baz")


@pytest.mark.parametrize(("text", "words"), [
    ("", "no JSON"), ("[]", "no JSON"), ("{", "no JSON"), ('{"COMMAND": "LISTEN"}', "DATA"), ("[" * 1000, "no JSON"),
    ('{"COMMAND": "LISTEN", "DATA": "foo"}', "begins with /"), ('{"COMMAND": "LISTEN", "DATA": 3}', "begins with /"),
    ('{"COMMAND": "START_OSC_STREAMING", "DATA": {}}', "START_OSC_STREAMING"), ('{"COMMAND": null}', "no command"),
    ('{"COMMAND": "LISTEN", "DATA": "/' + "a" * 2000 + '"}', "1024"),
])
def test_what_is_no_command_is_said(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_command(text)


LEAVES = st.none() | st.booleans() | st.text(max_size=8) | st.floats()
OBJECTS = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["COMMAND", "DATA", "x"]), inner | st.sampled_from(["LISTEN", "/foo"]), max_size=3), max_leaves=8)


@given(st.text(max_size=80) | OBJECTS.map(json.dumps))
def test_any_text_is_a_command_or_refused_in_words(text: str) -> None:
    try:
        command, path = read_command(text)
    except InputError:
        return
    assert command in ("LISTEN", "IGNORE")
    assert path.startswith("/")
