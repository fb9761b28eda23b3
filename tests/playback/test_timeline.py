"""Clips: what a clip frame is in which movie, and that reversing mirrors everything."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from server.errors import FrameOutOfRange, InputError
from server.index.format import Axis, FrameIndex, Mark, MovieIdentity
from server.playback.timeline import Clip, Movie, Span, path_length
from server.units import shown

RATE = Fraction(30)
quick = settings(max_examples=100)


def movie(name: str = "a", count: int = 10, marks: tuple[Mark, ...] = (), rate: Fraction = RATE,
          steps: list[float] | None = None) -> Movie:
    way = None if steps is None else path_length(np.array([0.0, *steps]))
    return Movie(name, count, rate, 640, 360, marks, (), way)


@st.composite
def clips(draw: st.DrawFn) -> Clip:
    spans = []
    for k in range(draw(st.integers(1, 5))):
        count = draw(st.integers(1, 9))
        steps = draw(st.lists(st.floats(0, 100), min_size=count - 1, max_size=count - 1)) if count > 1 else None
        marks = tuple(Mark(frame, f"{k}:{frame}") for frame in draw(st.sets(st.integers(0, count - 1))))
        source = movie(str(k), count, marks, steps=steps)
        spans.append(Span(source, draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))))
    return Clip.from_spans("clip", spans)


def test_a_whole_movie() -> None:
    clip = Clip.of_movie(movie(count=7, marks=(Mark(3, "drop"),)))
    assert (clip.name, clip.count, clip.rate) == ("a", 7, RATE)
    assert clip.marks == (Mark(3, "drop"),)
    assert clip.place(4.25)[2:] == (4.25, 1)


def test_spans_follow_one_another() -> None:
    a, b = movie("a"), movie("b", rate=Fraction(24))
    clip = Clip.from_spans("walk", [Span(a, 2, 4), Span(b, 9, 8), Span(a, 0, 0)])
    seen = [(clip.place(x).movie.name, clip.place(x).position) for x in range(clip.count)]
    assert seen == [("a", 2), ("a", 3), ("a", 4), ("b", 9), ("b", 8), ("a", 0)]
    assert [clip.span_start(i) for i in range(3)] == [0, 3, 5]
    assert clip.rate == RATE
    assert [clip.place(x).direction for x in (0, 3, 5)] == [1, -1, 1]


def test_between_centres_a_reversed_span_runs_backwards() -> None:
    clip = Clip.from_spans("back", [Span(movie(), 9, 0)])
    assert clip.place(2.25).position == pytest.approx(6.75)
    assert clip.place(1.75).position == pytest.approx(7.25)


@quick
@given(clips(), st.floats(-1e6, 1e6))
def test_every_position_has_a_place_inside_its_span(clip: Clip, x: float) -> None:
    place = clip.place(x)
    span = clip.spans[place.span]
    assert place.movie is span.movie
    assert min(span.first, span.last) <= shown(place.position) <= max(span.first, span.last)
    assert place.direction == span.direction


@quick
@given(clips(), st.data())
def test_the_movie_frame_shown_is_that_of_the_clip_frame_shown(clip: Clip, data: st.DataObject) -> None:
    frame = data.draw(st.integers(0, clip.count - 1))
    x = frame + data.draw(st.one_of(st.just(-0.5), st.floats(-0.5, 0.499999)))
    place = clip.place(x)
    centre = clip.place(float(frame))
    assert shown(x) == frame
    assert centre.span == place.span
    assert shown(place.position) == centre.position
    assert abs(place.position - (centre.position + place.direction * (x - frame))) < 1e-5


@quick
@given(clips())
def test_reversing_mirrors_frames_marks_and_path_length(clip: Clip) -> None:
    back = clip.reversed()
    last = clip.count - 1
    for frame in range(clip.count):
        here, there = clip.place(frame), back.place(last - frame)
        assert (here.movie, here.position) == (there.movie, there.position)
    assert {(mark.frame, mark.name) for mark in back.marks} == {(last - mark.frame, mark.name) for mark in clip.marks}
    assert [mark.frame for mark in back.marks] == sorted(mark.frame for mark in back.marks)
    assert (clip.path_length is None) == (back.path_length is None)
    if clip.path_length is not None and back.path_length is not None:
        np.testing.assert_allclose(back.path_length, clip.path_length[-1] - clip.path_length[::-1], atol=1e-9)


@quick
@given(clips())
def test_marks_lie_on_the_frames_they_mark(clip: Clip) -> None:
    for mark in clip.marks:
        place = clip.place(mark.frame)
        assert mark.name == f"{place.movie.name}:{shown(place.position)}"


def test_marks_outside_a_span_are_not_the_clips() -> None:
    marks = (Mark(0, "in"), Mark(5, "middle", prompt="sea", seed=2**70), Mark(9, "out"))
    clip = Clip.from_spans("part", [Span(movie(marks=marks), 7, 3)])
    assert clip.marks == (Mark(2, "middle", prompt="sea", seed=2**70),)


def test_path_length_adds_the_differences_between_neighbours() -> None:
    source = movie(count=4, steps=[1.0, 2.0, 4.0])
    assert list(Clip.from_spans("part", [Span(source, 1, 3)]).path_length) == [0.0, 2.0, 6.0]  # type: ignore[arg-type]
    assert list(Clip.from_spans("back", [Span(source, 3, 1)]).path_length) == [0.0, 4.0, 6.0]  # type: ignore[arg-type]
    joined = Clip.from_spans("both", [Span(source, 0, 1), Span(source, 3, 2)])
    assert list(joined.path_length) == [0.0, 1.0, 1.0, 5.0]  # type: ignore[arg-type]
    assert Clip.from_spans("some", [Span(source, 0, 1), Span(movie(), 0, 1)]).path_length is None


@pytest.mark.parametrize(("difference", "expected"), [
    (None, None),
    ([np.nan], None),
    ([5.0], None),
    ([0.0, np.nan, np.nan], None),
    ([np.nan, 1.0, np.nan, 3.0], [0.0, 1.0, 3.0, 6.0]),
    ([7.0, 1.0, np.inf, 3.0], [0.0, 1.0, 3.0, 6.0]),
    ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
])
def test_unmeasured_differences_count_as_the_mean(
        difference: list[float] | None, expected: list[float] | None) -> None:
    given_array: NDArray[np.float32] | None = None if difference is None else np.array(difference, np.float32)
    way = path_length(given_array)
    assert (None if way is None else list(way)) == expected
    if given_array is not None and difference is not None:
        np.testing.assert_array_equal(given_array, np.array(difference, np.float32))


def test_a_movie_is_read_from_its_index() -> None:
    index = FrameIndex(MovieIdentity("clip.mov", 1, 2, ""), "mjpeg", 64, 48, "420", Fraction(30000, 1001), 3,
                       np.arange(3, dtype=np.uint64), np.ones(3, np.uint32),
                       difference=np.array([0, 2, 3], np.float32), marks=(Mark(1, "m"),), axes=(Axis("x", (0.0, 1.0)),))
    source = Movie.of("songs/clip.mov", index)
    assert (source.name, source.count, source.rate, source.width, source.height) == (
        "songs/clip.mov", 3, Fraction(30000, 1001), 64, 48)
    assert (source.marks, source.axes) == (index.marks, index.axes)
    assert list(source.path_length) == [0.0, 2.0, 5.0]  # type: ignore[arg-type]


@pytest.mark.parametrize(("first", "last"), [(0, 10), (-1, 3), (10, 0), (4, -2)])
def test_a_span_outside_its_movie_is_refused(first: int, last: int) -> None:
    with pytest.raises(FrameOutOfRange, match=r"a has frames 0\.\.9"):
        Span(movie(), first, last)


def test_a_clip_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="'empty' has no spans"):
        Clip.from_spans("empty", [])
