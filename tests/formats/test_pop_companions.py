"""What lies beside the settings of a Pop-Diffusion run: durations, and what a graphics card managed."""

from __future__ import annotations

import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import made, refusal, said

from server.errors import InputError
from server.library.formats.observations import Observation, format_observations, frames_after, parse_observations
from server.library.formats.oddity import Oddities
from server.library.formats.run_stats import RunStats, format_run_stats, parse_run_stats

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).map(str.strip)
OBSERVATIONS = st.lists(st.builds(Observation, NAMES, NAMES, *[st.integers(0, 10**6)] * 4,
                                  st.sampled_from([True, False, None])), max_size=5, unique_by=lambda one: one.run)


def test_durations() -> None:
    data = made("made_dunes(1)_stats.txt")
    oddities = Oddities("f")
    stats = parse_run_stats(data, oddities)
    assert stats.gpu == "Tesla P100-PCIE-16GB"
    assert stats.durations["frame_durations"] == (81234, 80991.5, 82010)
    assert stats.average() == pytest.approx(81411.8333)
    assert stats.average("object_detection_durations") is None
    assert stats.interpolation == 64000
    assert format_run_stats(stats) == data
    assert said(oddities) == ""


def test_durations_that_are_none_and_averages_of_something_else() -> None:
    oddities = Oddities("f")
    data = json.dumps({"frame_durations": ["80", None, -3, "x", 100], "average_frame_duration": 7}).encode()
    stats = parse_run_stats(data, oddities)
    assert stats.durations["frame_durations"] == (80, 100)
    assert "3 of 5 entries are no durations" in said(oddities)
    assert "average_frame_duration is 7 and the mean of its list is 90" in said(oddities)


@given(st.text(max_size=9), st.lists(st.floats(0, 1e9), max_size=5).map(tuple), st.none() | st.floats(0.5, 1e9))
def test_durations_are_read_back_as_they_were_written(gpu: str, values: tuple[float, ...], more: float | None) -> None:
    stats = RunStats(gpu, {"frame_durations": values}, more)
    again = parse_run_stats(format_run_stats(stats), Oddities("f"))
    assert (again.gpu, again.durations["frame_durations"], again.interpolation) == (gpu, values, more)


@pytest.mark.parametrize("name", ["json", "pairs", "first"])
def test_observations_in_three_spellings(name: str) -> None:
    oddities = Oddities("f")
    found = parse_observations(made(f"made_interpolation_observations_{name}.txt"), oddities)
    assert said(oddities) == ""
    assert [one.passes for one in found] == {"json": [7, 9], "pairs": [9, 5], "first": [7, 8, 9]}[name]
    assert [one.success for one in found] == {"json": [True, False], "pairs": [False, True],
                                              "first": [True, None, False]}[name]
    assert {one.height for one in found} == ({512} if name == "json" else {448})
    assert [one.run for one in found] == {"json": ["made_dunes(1)", "made_dunes(2)"], "pairs": ["2", "3"],
                                          "first": ["1", "2", "3"]}[name]


def test_lines_that_are_no_attempt_are_said() -> None:
    oddities = Oddities("f")
    found = parse_observations(b"p100, [1,2], 3 frames, 4 interp - fail\nI should try a V100\n", oddities)
    assert len(found) == 1
    assert "f, line 2: 'I should try a V100' is no attempt; it is left out" in said(oddities)
    oddities = Oddities("f")
    assert parse_observations(b'{"a": {"gpu": "x"}, "b": 3}', oddities) == ()
    assert said(oddities).count("is no attempt with") == 2


@given(OBSERVATIONS)
def test_observations_are_read_back_as_they_were_written(found: list[Observation]) -> None:
    assert parse_observations(format_observations(found), Oddities("f")) == tuple(found)


@given(st.binary(max_size=60) | st.text("p10,[] framesintp-={}\"\n", max_size=60).map(str.encode))
def test_any_bytes_give_observations_or_an_error_in_words(data: bytes) -> None:
    for parse in (parse_observations, parse_run_stats):
        assert "f" in (refusal(partial(parse, data, Oddities("f"))) or "f")


def test_how_many_frames_in_betweening_gives() -> None:
    assert [frames_after(290, passes) for passes in (0, 1, 4)] == [290, 579, 4625]
    with pytest.raises(InputError):
        frames_after(0, 1)
