"""Prompts with weights, and lists of them by frame."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import made, said

from server.errors import InputError, OutOfRange
from server.library.formats.oddity import Oddities
from server.library.formats.weighted_prompts import (
    PromptTimeline,
    WeightedPrompt,
    format_prompt,
    format_prompt_file,
    parse_prompt,
    parse_prompt_file,
    read_timeline,
    shares,
    weights_vanish,
    write_timeline,
)

PROMPTS = st.builds(WeightedPrompt, st.text(max_size=20).map(str.strip),
                    st.floats(-1e6, 1e6) | st.integers(-9, 9).map(float))
TIMELINES = st.dictionaries(st.integers(0, 10_000), st.lists(PROMPTS, max_size=4).map(tuple), max_size=5).map(
    lambda frames: PromptTimeline(tuple(sorted(frames.items()))))


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("a red door:4", WeightedPrompt("a red door", 4)),
        ("text:-2", WeightedPrompt("text", -2)),
        ("a red door", WeightedPrompt("a red door", 1)),
        ("a harbour at night: blue hour", WeightedPrompt("a harbour at night: blue hour", 1)),
        ("ratio 16:9:0.5", WeightedPrompt("ratio 16:9", 0.5)),
        ("https://example.org/a.png", WeightedPrompt("https://example.org/a.png", 1)),
        ("https://example.org/a.png:2", WeightedPrompt("https://example.org/a.png", 2)),
        ("a : 1.5 ", WeightedPrompt("a", 1.5)),
        (":3", WeightedPrompt("", 3)),
        ("", WeightedPrompt("", 1)),
        ("a:nan", WeightedPrompt("a:nan", 1)),
        ("a:1e999", WeightedPrompt("a:1e999", 1)),
    ],
)
def test_what_people_write(text: str, prompt: WeightedPrompt) -> None:
    assert parse_prompt(text) == prompt


@given(PROMPTS)
def test_a_prompt_is_read_back_as_it_was_written(prompt: WeightedPrompt) -> None:
    assert parse_prompt(format_prompt(prompt)) == prompt


def test_a_list_counts_until_the_next_one_begins() -> None:
    timeline = read_timeline({"10": ["a"], "40": ["b:2"]}, Oddities("x"))
    assert [timeline.at(frame)[0].text for frame in (0, 10, 39, 40, 999)] == ["a", "a", "a", "b", "b"]
    assert timeline.times(3).at(119)[0].text == "a"
    assert timeline.times(3).at(120)[0].text == "b"
    assert PromptTimeline().at(3) == ()
    with pytest.raises(OutOfRange):
        timeline.times(0)


def test_weights_that_sum_to_nothing_are_said() -> None:
    oddities = Oddities("settings.txt")
    timeline = read_timeline({"0": ["a:1", "b:-1"], "5": ["c:2", "d:-1"]}, oddities, "text_prompts")
    assert "text_prompts: frame 0: the weights sum to 0" in said(oddities)
    assert "frame 5" not in said(oddities)
    assert weights_vanish(timeline.at(0))
    assert shares(timeline.at(5)) == (2, -1)
    with pytest.raises(InputError, match="sum to 0"):
        shares(timeline.at(0))


def test_what_is_no_frame_with_prompts_is_kept_and_said() -> None:
    oddities = Oddities("f")
    given_value = {"0": ["a", "b:x"], "soon": ["c"], "3": 7, "00": ["d"], "4": "e:2", "-1": ["f"]}
    timeline = read_timeline(given_value, oddities)
    assert [frame for frame, _ in timeline.frames] == [0, 4]
    assert set(timeline.others or {}) == {"soon", "3", "00", "-1"}
    assert "'soon' is no frame" in said(oddities)
    assert "'00' stands there twice" in said(oddities)
    assert "behind the last ':' of 'b:x' stands no weight" in said(oddities)


def test_prompts_by_frame_are_an_object() -> None:
    with pytest.raises(InputError, match="text_prompts: prompts by frame"):
        read_timeline(["a"], Oddities("f"), "text_prompts")


@given(TIMELINES)
def test_a_timeline_is_read_back_as_it_was_written(timeline: PromptTimeline) -> None:
    assert read_timeline(json.loads(json.dumps(write_timeline(timeline))), Oddities("f")) == timeline


def test_a_file_of_captions() -> None:
    oddities = Oddities("antarctic_text_prompts.txt")
    data = made("made_antarctic_text_prompts.txt")
    timeline = parse_prompt_file(data, oddities)
    assert timeline.at(25) == (WeightedPrompt("a man standing on a dune,trending on Artstation"),)
    assert format_prompt_file(timeline) == data
    assert said(oddities) == ""
