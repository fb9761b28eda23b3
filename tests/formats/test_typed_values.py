"""Settings from old files in the types they were meant to have, whatever they were stored as."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import refusal

from server.errors import InputError
from server.library.formats.key_frames import constant, key_frames
from server.library.formats.python_literal import parse_literal
from server.library.formats.schedules import schedule
from server.library.formats.typed_values import Kind, read_typed, write_typed

NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
LITERALS = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4), max_leaves=12)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    "switch": st.booleans(),
    "whole": st.integers(-(10**40), 10**40),
    "number": NUMBERS,
    "text": st.text(max_size=20),
    "list": st.lists(LITERALS, max_size=4),
    "mapping": st.dictionaries(st.text(max_size=6), LITERALS, max_size=4),
    "key frames": st.dictionaries(st.integers(0, 9999), NUMBERS.map(float), min_size=1, max_size=4).map(
        lambda keys: key_frames(keys.items())) | st.floats(-9, 9).map(constant),
    "schedule": st.lists(st.tuples(st.integers(0, 40), st.integers(1, 900)), min_size=1, max_size=4).map(schedule),
}
ANY = st.sampled_from(list(VALUES)).flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind]))


@pytest.mark.parametrize(
    ("kind", "given_value", "value"),
    [
        ("switch", "True", True), ("switch", "False", False), ("switch", True, True), ("switch", "0", False),
        ("switch", " yes ", True),
        ("whole", "60", 60), ("whole", 60.0, 60), ("whole", "60.0", 60), ("whole", "-3", -3),
        ("whole", "9006264050842235", 9006264050842235), ("whole", 10**40, 10**40),
        ("number", "0.06", 0.06), ("number", "30000", 30000), ("number", ".98", 0.98), ("number", "1e3", 1000.0),
        ("text", "None", "None"), ("text", 7, "7"),
        ("list", "[0.09]", (0.09,)), ("list", [0.09], (0.09,)), ("list", "5, 9, 34", (5, 9, 34)), ("list", 0, (0,)),
        ("list", "", ()), ("list", "['a', (1, 2)]", ("a", (1, 2))),
        ("mapping", "{'0': [1]}", {"0": (1,)}), ("mapping", '{"a": {"b": null}}', {"a": {"b": None}}),
        ("mapping", {0: "x"}, {"0": "x"}),
        ("key frames", "30000", constant(30000)), ("key frames", 0.9, constant(0.9)),
        ("key frames", "0: (8), 100: (2)", key_frames([(0, 8), (100, 2)])),
        ("schedule", [4, 4, 2], schedule([(4, 2), (2, 1)])), ("schedule", "[4]*2+[2]*1", schedule([(4, 2), (2, 1)])),
    ],
)
def test_old_files_are_read_into_the_right_types(kind: Kind, given_value: object, value: object) -> None:
    found = read_typed(kind, given_value)
    assert found == value
    assert type(found) is type(value) or isinstance(found, Mapping)


@pytest.mark.parametrize(
    ("kind", "given_value"),
    [
        ("switch", "perhaps"), ("switch", 2), ("switch", None), ("switch", []),
        ("whole", "1.5"), ("whole", True), ("whole", "seed"), ("whole", 1e300), ("whole", None), ("whole", "9" * 5000),
        ("number", "nan"), ("number", float("inf")), ("number", "1e999"), ("number", [1]), ("number", False),
        ("text", []), ("text", {}),
        ("list", {}), ("list", None), ("list", "[1, 2"), ("list", "[__import__('os')]"), ("list", "[" * 100),
        ("mapping", []), ("mapping", "[1]"), ("mapping", "{1}"), ("mapping", "{[1]: 2}"),
        ("key frames", "0: 8"), ("key frames", None), ("schedule", "20"), ("schedule", ["a"]),
    ],
)
def test_what_is_of_no_such_type_is_said(kind: Kind, given_value: object) -> None:
    with pytest.raises(InputError, match=f"is no {kind}"):
        read_typed(kind, given_value)


@given(ANY)
def test_values_survive_a_file(case: tuple[Kind, Any]) -> None:
    kind, value = case
    typed = read_typed(kind, value) if kind not in ("key frames", "schedule") else value
    assert read_typed(kind, json.loads(json.dumps(write_typed(typed)))) == typed


@given(ANY)
def test_values_survive_a_file_that_stores_everything_as_text(case: tuple[Kind, Any]) -> None:
    kind, value = case
    typed = read_typed(kind, value) if kind not in ("key frames", "schedule") else value
    stored = json.loads(json.dumps(write_typed(typed, like="as text")))
    assert isinstance(stored, str)
    assert read_typed(kind, stored) == typed


@given(LITERALS)
def test_what_python_prints_is_read_back(value: Any) -> None:
    assert parse_literal(repr(value)) == value
    assert parse_literal(json.dumps(value)) == value


@given(st.text("[](){}'\",:0123456789.eE+-TrueFalsNon\\ux ", max_size=40) | st.text(max_size=40))
def test_any_text_gives_a_value_or_an_error_in_words(text: str) -> None:
    for kind in VALUES:
        assert "\n" not in refusal(partial(read_typed, kind, text))


def test_single_values_in_round_brackets_are_no_list() -> None:
    assert parse_literal("(1)") == 1
    assert parse_literal("(1,)") == (1,)
    assert parse_literal("()") == ()
