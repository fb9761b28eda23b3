"""JSON as people edit it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from totality import value_or_refusal

from server.errors import InputError
from server.library.formats.json_text import format_json, parse_json, parse_object
from server.library.formats.oddity import Oddities


def read(data: bytes | str) -> tuple[Any, list[str]]:
    oddities = Oddities("s.json")
    value = parse_json(data if isinstance(data, bytes) else data.encode(), oddities)
    return value, [str(each) for each in oddities]


@pytest.mark.parametrize(("text", "value", "said"), [
    ('{"a": 1,}', {"a": 1}, "line 1: a comma too many"), ('{\n"a": [1, 2,\n],}', {"a": [1, 2]}, "line 2"),
    ('{"a": 1} // why', {"a": 1}, "comment"), ('/* x\n */ {"a": 1}', {"a": 1}, "comment"),
    ('{"a": 1, "a": 2}', {"a": 2}, "more than once"), ('\ufeff{"a": 1}', {"a": 1}, "byte order mark"),
])
def test_what_people_leave_in_is_forgiven_and_said(text: str, value: object, said: str) -> None:
    found, lines = read(text)
    assert found == value
    assert any(said in line for line in lines)


@pytest.mark.parametrize("text", ['{"a": "// no comment, }"}', '{"a": "/* b */", "c": ",]"}', '{"u": "http://x"}'])
def test_what_stands_in_a_text_is_left_alone(text: str) -> None:
    assert read(text) == (json.loads(text), [])


@pytest.mark.parametrize(("text", "words"), [
    ('{\n"a": True}', "line 2.*small letters"), ("{'a': 1}", 'line 1.*between "'),
    ('{"a": 1\n"b": 2}', "line 2.*comma"),
    ('{"a": 1}}', "last bracket"), ('{"a":', "missing"), ("", "empty"), ('{"a": NaN}', "NaN"),
    ('{"a": ' + "9" * 5000 + "}", "5000 digits"), ("[" * 5000, "nested"), ("[" * 100 + "]" * 100, "nested"),
])
def test_damage_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        read(text)
    assert str(refused.value).startswith("s.json")
    assert "\n" not in str(refused.value)


def test_integers_keep_every_digit() -> None:
    assert read('{"seed": 9006264050842235123456789}')[0] == {"seed": 9006264050842235123456789}


def test_an_object_is_asked_for_in_words() -> None:
    with pytest.raises(InputError, match="a list"):
        parse_object(b"[1]", Oddities("s.json"))


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_refusal(data: bytes) -> None:
    value_or_refusal(lambda: read(data), "s.json")


@given(st.text(alphabet='{}[],:"\\/*\n 1truefalsn-.eE', max_size=60))
def test_any_scribble_gives_a_value_or_a_refusal(text: str) -> None:
    try:
        value, said = read(text)
    except InputError:
        return
    if not said:
        assert value == json.loads(text)


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
                      | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
                      | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=12)


@given(VALUES)
def test_a_value_survives_being_written(value: object) -> None:
    assert read(format_json(value)) == (value, [])
