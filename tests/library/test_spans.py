"""Spans in one line of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import FrameOutOfRange, InputError
from server.library.spans import WrittenSpan, parse_spans

VISIBLE = st.characters(blacklist_characters=";", blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"])
NAMES = st.text(VISIBLE, min_size=1, max_size=20)
FRAMES = st.integers(-1, 999_999_999)


@given(st.lists(st.tuples(NAMES, FRAMES, FRAMES), min_size=1, max_size=8))
def test_what_is_written_is_read(spans: list[tuple[str, int, int]]) -> None:
    text = "; ".join(f"{name} {first} {last}" for name, first, last in spans)

    assert parse_spans(text) == tuple(WrittenSpan(*span) for span in spans)


@given(st.text(max_size=200))
def test_any_text_is_spans_or_a_clear_refusal(text: str) -> None:
    if any(part.strip() for part in text.split(";")):
        assert all(span.movie for span in parse_spans(text))
    else:
        with pytest.raises(InputError, match=r"waves\.mov"):
            parse_spans(text)


@pytest.mark.parametrize(("text", "spans"), [
    ("my clip 2.mov", [WrittenSpan("my clip 2.mov")]),
    ("take 1 2", [WrittenSpan("take", 1, 2)]),
    ("a.mov 5", [WrittenSpan("a.mov 5")]),
    ("a.mov -1 0;;", [WrittenSpan("a.mov", -1, 0)]),
    ("a.mov ² 0", [WrittenSpan("a.mov ² 0")]),
])
def test_names_may_hold_spaces_and_numbers(text: str, spans: list[WrittenSpan]) -> None:
    assert list(parse_spans(text)) == spans


def test_the_last_frame_has_a_name_of_its_own() -> None:
    assert WrittenSpan("a", -1, 0).within(10) == (9, 0)
    with pytest.raises(FrameOutOfRange, match="0 to 9"):
        WrittenSpan("a", 0, 10).within(10)
