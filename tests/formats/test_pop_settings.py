"""Pop-Diffusion settings of both key generations: typed, kept, changed, and mapped to Stable Diffusion."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import made, said

from server.errors import InputError
from server.library.formats.key_frames import constant, key_frames, parse_key_frames
from server.library.formats.oddity import Oddities
from server.library.formats.pop_keys import INPUT, KEYS, plain_name
from server.library.formats.pop_mapping import to_stable_diffusion
from server.library.formats.pop_settings import (
    PopSettings,
    format_pop_settings,
    parse_pop_settings,
    run_file,
    with_prompts,
)
from server.library.formats.schedules import parse_schedule
from server.library.formats.weighted_prompts import PromptTimeline, WeightedPrompt

PLAIN, LATER = "made_dunes(0)_settings.txt", "made_dunes(1)_settings.txt"


def read(name: str) -> tuple[PopSettings, Oddities]:
    oddities = Oddities(name)
    return parse_pop_settings(made(name), oddities), oddities


def of(values: dict[str, Any], oddities: Oddities | None = None) -> PopSettings:
    given_values = {"text_prompts": {"0": ["a:1"]}} | values
    return parse_pop_settings(json.dumps(given_values).encode(), Oddities("f") if oddities is None else oddities)


@pytest.mark.parametrize("name", [PLAIN, LATER])
def test_what_is_read_and_not_changed_is_written_back_byte_for_byte(name: str) -> None:
    assert format_pop_settings(read(name)[0]) == made(name)


def test_the_earlier_generation_is_typed() -> None:
    settings, oddities = read(PLAIN)
    assert settings.generation == "plain"
    assert settings.values["seed"] == 9006264050842235
    assert settings.values["turbo_steps"] == 6
    assert settings.values["use_secondary_model"] is True
    assert settings.values["eta"] == constant(0.9)
    assert settings.values["angle"] == parse_key_frames("0: (0), 60: (-1.5), 90: (0)")
    assert settings.values["cut_overview"] == parse_schedule("[20]*200+[16]*200+[10]*200+[8]*200+[2]*200")
    assert settings.values["transformation_percent"] == (0.09,)
    assert settings.unknown == {"a_setting_of_tomorrow": "kept"}
    assert "settings that are not known: a_setting_of_tomorrow; kept as they are" in said(oddities)
    assert "frame 40: behind the last ':' of 'a harbour at night: blue hour' stands no weight" in said(oddities)


def test_the_later_generation_is_typed_the_same_under_plain_names() -> None:
    settings, oddities = read(LATER)
    assert settings.generation == "input"
    types = {name: type(settings.values[name]) for name in ("use_checkpoint", "steps", "seed", "skip_steps", "vr_mode")}
    assert types == {"use_checkpoint": bool, "steps": int, "seed": int, "skip_steps": int, "vr_mode": bool}
    assert settings.values["clip_guidance_scale"] == key_frames([(0, 8), (100, 2)])
    assert settings.values["intermediate_saves"] == (0,)
    assert settings.unknown == {}
    assert "numbers and switches stored as text: use_secondary_model" in said(oddities)
    assert "cut_icgray_p: it has 800 entries and 1000 are needed" in said(oddities)
    assert "text_prompts: frame 10: the weights sum to 0" in said(oddities)


def test_frame_numbers_of_the_later_generation_are_still_to_be_multiplied() -> None:
    settings, _ = read(LATER)
    assert settings.multiplier == 2
    assert settings.in_frames("zoom") == parse_key_frames("0: (1), 50: (1.04), 100: (10)")
    assert settings.in_frames("max_frames") == 100
    assert settings.in_frames("fps") == 12
    assert settings.in_frames("nothing") is None
    assert settings.captions().until(50) == (20, 40)
    assert of({"absolute_frame_multiplier": 3, "zoom": "0: (1), 5: (2)"}).in_frames("zoom").keys[1][0] == 5


def test_a_change_is_stored_in_the_form_that_stood_there() -> None:
    settings, _ = read(LATER)
    changed = settings.changed("steps", 30).changed("vr_mode", value=True).changed("zoom", parse_key_frames("0: (2)"))
    assert {name: changed.stored[name] for name in ("steps", "vr_mode", "zoom_input")} == {
        "steps": "30", "vr_mode": "True", "zoom_input": "0: (2)"}
    assert read(PLAIN)[0].changed("use_secondary_model", value=False).stored["use_secondary_model"] is False
    again = parse_pop_settings(format_pop_settings(changed), Oddities("f"))
    assert again.values == changed.values
    with pytest.raises(InputError, match="no setting of Pop-Diffusion"):
        settings.changed("bpm", 120)
    with pytest.raises(InputError, match="is no whole"):
        settings.changed("steps", "many")


def test_other_prompts() -> None:
    settings, _ = read(PLAIN)
    prompts = PromptTimeline(((0, (WeightedPrompt("a reef", 2),)),))
    again = parse_pop_settings(format_pop_settings(with_prompts(settings, prompts)), Oddities("f"))
    assert again.prompts["text_prompts"] == prompts


def test_what_is_of_no_such_type_is_left_out_and_said_and_kept_in_the_file() -> None:
    oddities = Oddities("f")
    settings = of({"antarctic_prompt_frames": "soon", "steps": "some", "zoom": "0: 8", "max_frames_input": 9,
                   "max_frames": 8, "text_prompts": []}, oddities)
    assert set(settings.values) == {"max_frames", "antarctic_prompt_frames"}
    assert settings.captions().until(99) == ()
    assert settings.in_frames("max_frames") == 9
    assert settings.generation == "mixed"
    assert settings.stored["steps"] == "some"
    for words in ("antarctic_prompt_frames: 'soon' is no frame", "steps: 'some' is no whole",
                  "zoom: '0: 8' is no key frames", "text_prompts: text_prompts: prompts by frame",
                  "there are no text_prompts", "max_frames stands there in both spellings"):
        assert words in said(oddities)


def test_both_spellings_give_the_same_whichever_comes_first() -> None:
    assert of({"zoom": "1", "zoom_input": "2"}).values["zoom"] == of({"zoom_input": "2", "zoom": "1"}).values["zoom"]


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "empty"), (b"[1]", "a list"), (b'{\n"a": 1\n"b": 2}', "line 3"),
     (b'{"a": ' + b"9" * 9000 + b"}", "9000 digits"),
     (b"[" * 100_000, "nested"), (b"\x00\x01", "zero bytes")],
)
def test_what_is_no_settings_file_is_refused_with_the_line(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as error:
        parse_pop_settings(data, Oddities("made(0)_settings.txt"))
    assert "made(0)_settings.txt" in str(error.value)


@given(st.dictionaries(st.sampled_from([*KEYS, "zoom_input", "text_prompts", "else"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)), max_size=6))
def test_any_object_gives_settings_and_comes_back_as_it_was(stored: dict[str, Any]) -> None:
    data = json.dumps(stored, indent=4, ensure_ascii=False).encode("utf-8", "surrogatepass")
    settings = parse_pop_settings(data, Oddities("f"))
    assert format_pop_settings(settings) == data
    to_stable_diffusion(settings)


def test_names_of_runs() -> None:
    assert run_file("my (best) run(12)_settings.txt") == ("my (best) run", 12, "settings")
    assert run_file("new_antarct_test(-1)_settings.txt") == ("new_antarct_test", -1, "settings")
    assert run_file("a(0)_prompt_generator.txt") == ("a", 0, "prompt_generator")
    assert run_file("old-style-3_settings.txt") == ("old-style", 3, "settings")
    assert run_file("all_prompt_generator.txt") is None
    assert plain_name("zoom" + INPUT) == "zoom"
    assert plain_name("free_input") == "free_input"


def test_what_applies_to_stable_diffusion() -> None:
    mapped = to_stable_diffusion(read(PLAIN)[0])
    assert mapped.settings == {"res_width": 768, "res_height": 560, "pipe_kwargs": {"num_inference_steps": 60}}
    assert mapped.seed == 9006264050842235
    assert mapped.frames == 120
    assert [(scene.frame, scene.prompt, scene.negative_prompt) for scene in mapped.scenes] == [
        (0, "a lighthouse made of folded paper, trending on artstation, fog", "text"),
        (40, "a harbour at night: blue hour", "people")]
    assert mapped.init_image == ""
    assert mapped.init_strength is None
    assert mapped.strength is not None
    assert [round(mapped.strength.at(frame), 3) for frame in (1, 50, 100)] == [0.15, 0.345, 0.15]
    assert mapped.camera["zoom"].at(50) == pytest.approx(1.02)
    assert any("height 564 is no multiple of 8: 560" in words for words in mapped.said)
    assert any("drew height 564 as 512" in words for words in mapped.said)


def test_what_does_not_apply_is_listed_with_a_reason() -> None:
    settings, _ = read(PLAIN)
    mapped = to_stable_diffusion(settings)
    used = {"width", "height", "steps", "seed", "max_frames", "init_image", "skip_steps", "frames_skip_steps", "angle",
            "zoom", "translation_x", "translation_y"}
    assert set(mapped.left_out) == (set(settings.values) | set(settings.unknown)) - used
    assert all(mapped.left_out.values())
    assert "guidance_scale is another thing" in mapped.left_out["clip_guidance_scale"]


def test_a_run_from_a_picture_and_multiplied_frames() -> None:
    mapped = to_stable_diffusion(read(LATER)[0])
    assert mapped.init_image == "start.png"
    assert mapped.init_strength == 0.25
    assert [scene.frame for scene in mapped.scenes] == [0, 10]
    assert mapped.frames == 100
    assert mapped.seed == 44287095
    assert of({"set_seed": "77"}).values["set_seed"] == "77"
    assert to_stable_diffusion(of({"set_seed": "77"})).seed == 77
    assert to_stable_diffusion(of({"set_seed": "random_seed"})).seed is None
