"""Concat lists of stories: frame by frame, and section by section."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import made, refusal, said

from server.errors import InputError
from server.library.formats.frame_folders import TransitionName
from server.library.formats.oddity import Oddities
from server.library.formats.video_list import (
    ListedTransition,
    VideoList,
    format_frame_list,
    format_section_list,
    parse_video_list,
)


def test_a_list_of_frames_says_its_transitions_and_their_direction() -> None:
    oddities = Oddities("videos.txt")
    found = parse_video_list(made("made_videos_frames.txt"), oddities)
    assert found.transitions == (
        ListedTransition(TransitionName("far dunes-1001", "far dunes-1002"), (0, 1, 2, 3)),
        ListedTransition(TransitionName("harbour_1-9006", "far dunes-1002"), (4, 3, 2, 1), backwards=True))
    assert found.rate == 10
    assert found.sections == ()
    assert said(oddities) == ""


def test_a_list_of_sections() -> None:
    found = parse_video_list(made("made_videos_sections.txt"), Oddities("videos.txt"))
    assert (found.sections, found.transitions, found.rate) == (("1", "2", "10"), (), None)


def test_a_transition_there_and_back_is_two() -> None:
    frames = [f"/x/a-1 to b-2/frame{number:06d}.png" for number in (0, 1, 2, 2, 1, 0, 0)]
    found = parse_video_list(format_frame_list(frames, Fraction(30000, 1001)), Oddities("f"))
    assert [(one.frames, one.backwards) for one in found.transitions] == [
        ((0, 1, 2), False), ((2, 1, 0), True), ((0,), False)]
    assert found.rate == Fraction(30000, 1001).limit_denominator(1000)


def test_what_a_list_names_besides_is_said_and_kept() -> None:
    oddities = Oddities("videos.txt")
    found = parse_video_list(b"file intro.mov\nduration 2\nfile 'section_2.mov'\nduration 0.5\n", oddities)
    assert found.sections == ("2",)
    assert "1 entry that name neither" in said(oddities)
    assert "frames are shown for different times" in said(oddities)
    assert [entry.file for entry in found.concat.entries] == ["intro.mov", "section_2.mov"]


@pytest.mark.parametrize("data", [b"", b" \n\n", b"\xef\xbb\xbf"])
def test_an_empty_list(data: bytes) -> None:
    assert parse_video_list(data, Oddities("f")) == VideoList()


def test_a_damaged_list_is_refused_with_the_line() -> None:
    with pytest.raises(InputError, match=r"videos\.txt, line 2: .*does not close"):
        parse_video_list(b"file a\nfile 'b\n", Oddities("videos.txt"))


def test_a_list_of_sections_is_what_ffmpeg_reads() -> None:
    data = format_section_list(["/shows/it's/sections/section_1.mov", "b b/section_2.mov"])
    assert data == b"file '/shows/it'\\''s/sections/section_1.mov'\nfile 'b b/section_2.mov'\n"
    assert parse_video_list(data, Oddities("f")).sections == ("1", "2")
    assert format_frame_list([], Fraction(10)) == b""
    with pytest.raises(InputError, match="rate"):
        format_frame_list(["a"], Fraction(0))


@given(st.binary(max_size=80) | st.text("file duration'\\ /frame0-to.png\n", max_size=80).map(str.encode))
def test_any_bytes_give_a_list_or_an_error_in_words(data: bytes) -> None:
    refusal(lambda: parse_video_list(data, Oddities("f")))
