"""Settings of generation: both shapes, old keys, texts that should be numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from totality import value_or_refusal

from server.errors import InputError
from server.library.formats.generation_settings import (
    PATTERN,
    SettingsFile,
    format_settings,
    parse_generation_settings,
)


def read(value: Any) -> tuple[SettingsFile, list[str]]:
    text = value if isinstance(value, str) else json.dumps(value)
    found = parse_generation_settings(text.encode())
    return found, [str(each) for each in found.oddities]


FLAT = {"song_name": "x", "res_height": 576, "res_width": 1024, "interpolation_steps": 30, "inference_steps": 40,
        "model_string": "m"}


def test_the_flat_shape_is_one_set_called_default() -> None:
    found, said = read(FLAT)
    assert not found.nested
    assert (found.usual.width, found.usual.height, found.usual.frames) == (1024, 576, 30)
    assert found.usual.inference_steps == 40
    assert any("older name" in line for line in said)


def test_the_nested_shape_has_names() -> None:
    found, said = read({"cell": {**FLAT, "res_width": 576, "res_height": 1024}, "default": FLAT})
    assert found.nested
    assert list(found.settings) == ["cell", "default"]
    assert found.usual.width == 1024
    assert found.settings["cell"].height == 1024
    assert said


def test_without_a_default_the_first_counts_and_that_is_said() -> None:
    found, said = read({"v15": FLAT, "14": FLAT})
    assert found.usual.name == "v15"
    assert any("'v15' is taken" in line for line in said)


def test_sizes_are_rounded_down_to_what_pictures_have() -> None:
    found, said = read({**FLAT, "res_height": 564})
    assert found.usual.height == 560
    assert any("564" in line and "560" in line for line in said)


def test_texts_become_what_they_say() -> None:
    found, said = read({"default": {
        "res_height": "512", "res_width": "768", "interpolation_steps": "20",
        "pipe_kwargs": {"num_inference_steps": "30", "control_guidance_start": "0.1", "eta": "True"}}})
    usual = found.usual
    assert (usual.width, usual.height, usual.frames, usual.inference_steps) == (768, 512, 20, 30)
    assert usual.pipe["control_guidance_start"] == pytest.approx(0.1)
    assert usual.pipe["eta"] is True
    assert sum("written as the text" in line for line in said) == 6


@pytest.mark.parametrize(("change", "words"), [
    ({"res_width": "wide"}, "res_width is 'wide'"), ({"res_width": -8}, "no size"), ({"res_width": True}, "res_width"),
    ({"res_width": 10**9}, "no size"), ({"interpolation_steps": 0}, "at least 2"), ({"pipe_kwargs": 7}, "pipe_kwargs"),
    ({"res_heigth": 1, "res_height": None}, "res_height"), ({"colour": "red"}, "not known"),
    ({"model_string": 4}, "model_string"), ({"interpolation_steps": 1e300}, "interpolation_steps"),
])
def test_what_cannot_be_is_said_and_something_usual_taken(change: dict[str, Any], words: str) -> None:
    found, said = read({**FLAT, **change})
    assert any(words in line for line in said), said
    assert found.usual.width % 8 == found.usual.height % 8 == 0
    assert found.usual.frames >= 2


def test_a_misspelt_key_is_named_with_what_is_meant() -> None:
    _, said = read({"res_heigth": 512, "res_width": 512})
    assert any("'res_heigth'" in line and "'res_height'" in line for line in said)


def test_what_stands_beside_named_settings_is_said() -> None:
    found, said = read({"default": FLAT, "note": "keep", "song_name": {}})
    assert found.settings["default"].width == 1024
    assert any("'note'" in line for line in said) or not found.nested


@pytest.mark.parametrize("text", ["[]", "7", '"x"', "{", "{'a': 1}", ""])
def test_what_are_no_settings_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"^tgen_settings\.json"):
        read(text)


@pytest.mark.parametrize(("name", "variant"), [("tgen_settings.json", None), ("tgen_settings_169.json", "169"),
                                               ("TGEN_settings.JSON", None)])
def test_variants_are_files_of_their_own(name: str, variant: str | None) -> None:
    match = PATTERN.fullmatch(name)
    assert match is not None
    assert match["variant"] == variant


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
                      | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
                      | st.dictionaries(st.sampled_from([*FLAT, "pipe_kwargs", "default", "x"]), inner, max_size=4),
                      max_leaves=15)


@given(st.dictionaries(st.sampled_from([*FLAT, "pipe_kwargs", "default", "cell"]), VALUES, max_size=5))
def test_any_object_gives_settings_that_can_be_used(value: dict[str, Any]) -> None:
    found, _ = read(value)
    usual = found.usual
    assert usual.width % 8 == usual.height % 8 == 0 < min(usual.width, usual.height)
    assert usual.frames >= 2
    assert found.value == value


@given(st.binary(max_size=120))
def test_any_bytes_give_settings_or_a_refusal(data: bytes) -> None:
    value_or_refusal(lambda: parse_generation_settings(data), "tgen_settings.json")


def test_settings_survive_being_written() -> None:
    assert parse_generation_settings(format_settings({"default": FLAT})).value == {"default": FLAT}
