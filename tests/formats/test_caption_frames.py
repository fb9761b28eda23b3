"""At which frames a run asks for a caption."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import refusal

from server.library.formats.caption_frames import CaptionFrames, format_caption_frames, parse_caption_frames


@pytest.mark.parametrize(
    ("text", "frames"),
    [("", ()), ("10,50", (10, 50)), (" 50 , 10, 10,", (10, 50)), ("x20", (20, 40, 60, 80)), ("X 50", (50,)),
     ("99,100,101", (99,))],
)
def test_what_people_write(text: str, frames: tuple[int, ...]) -> None:
    assert parse_caption_frames(text).until(100) == frames


@pytest.mark.parametrize("text", ["x0", "x", "ten", "1.5", "-3", "10;20", "x20,5"])
def test_what_is_no_frame_is_quoted(text: str) -> None:
    assert refusal(lambda: parse_caption_frames(text))


@given(st.builds(CaptionFrames, st.sets(st.integers(0, 9999), max_size=5).map(lambda found: tuple(sorted(found))))
       | st.builds(CaptionFrames, st.just(()), st.integers(1, 9999)))
def test_frames_are_read_back_as_they_were_written(frames: CaptionFrames) -> None:
    assert parse_caption_frames(format_caption_frames(frames)) == frames
