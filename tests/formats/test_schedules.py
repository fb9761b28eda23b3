"""Schedules over the steps of a diffusion: runs of numbers, never evaluated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import refusal

from server.errors import InputError, OutOfRange
from server.library.formats.schedules import LONGEST, Schedule, format_schedule, parse_schedule, schedule

RUNS = st.lists(st.tuples(st.integers(-9, 9) | st.floats(-1e6, 1e6), st.integers(1, 500)), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("[20]*200+[8]*800", ((20, 200), (8, 800))),
        (" [ 0.2 ] * 400 + [0]*800 ", ((0.2, 400), (0, 800))),
        ("400*[2]+[1]", ((2, 400), (1, 1))),
        ("[12]*1000", ((12, 1000),)),
        ("[1, 2]*2", ((1, 1), (2, 1), (1, 1), (2, 1))),
        ("[20, 20, 8]", ((20, 2), (8, 1))),
        ("[5]*3+[5]*4", ((5, 7),)),
        ("[]*3+[5]", ((5, 1),)),
    ],
)
def test_what_people_write(text: str, runs: tuple[tuple[float, int], ...]) -> None:
    assert parse_schedule(text) == Schedule(runs)


@pytest.mark.parametrize("text", ["", "20", "[20]*", "[20]*200+", "[x]*3", "[20]*-1", "[[20]]*2", "[20]*2**9",
                                  "__import__('os')", "[20]*200+[8]*800;", "[1]*1.5"])
def test_what_is_no_schedule_is_quoted(text: str) -> None:
    with pytest.raises(InputError):
        parse_schedule(text)


@pytest.mark.parametrize("text", ["[1]*999999999", "999999999*[1]*999999999", "[1,2]*600000", "[]", "[1]*0"])
def test_lengths_that_no_schedule_has_are_refused_before_they_are_made(text: str) -> None:
    with pytest.raises(OutOfRange, match=str(LONGEST)):
        parse_schedule(text)


def test_steps_behind_the_end_have_the_last_value() -> None:
    found = parse_schedule("[20]*200+[8]*700")
    assert [found.at(step) for step in (0, 199, 200, 899, 5000)] == [20, 20, 8, 8, 8]
    assert "900 entries" in found.problems()[0]
    assert parse_schedule("[20]*200+[8]*1000").problems() == ()
    with pytest.raises(OutOfRange):
        found.at(-1)


@given(RUNS.map(schedule))
def test_what_is_written_is_read_back_the_same(found: Schedule) -> None:
    again = parse_schedule(format_schedule(found))
    assert again == found
    values = [value for value, count in found.runs for _ in range(count)]
    assert [again.at(step) for step in range(again.length)] == values


@given(st.text("[]0123456789*+,. -", max_size=30))
def test_any_text_gives_a_schedule_or_an_error_in_words(text: str) -> None:
    assert "\n" not in refusal(lambda: parse_schedule(text).problems())
