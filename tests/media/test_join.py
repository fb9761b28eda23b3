"""Joining movies by packet copy, judged by bytes and by the numbers in the pictures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from made_media import leftovers, shown_numbers, write_video

from server.errors import Cancelled, InputError, MissingFile, MixedMovie, NotSeekable, OutputError
from server.index.format import Axis, Mark
from server.index.opening import open_index, write_sidecar
from server.index.reader import FrameReader
from server.media.concat import read_concat
from server.media.encode import Progress
from server.media.indexing import full_index
from server.media.join import JoinEntry, entries_of_list, join
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame
from server.media.writer import MovieWriter


def movie(path: Path, numbers: range, marks: tuple[Mark, ...] = (), *, width: int = 64, chroma: str = "420",
          rate: Fraction = Fraction(30), axes: tuple[Axis, ...] = ()) -> Path:
    with MovieWriter(path, width=width, height=64, rate=rate, chroma=chroma, marks=marks, axes=axes) as writer:
        for number in numbers:
            writer.add(encode_rgb(numbered_frame(number, width, 64), 85, chroma))
    return path


def test_joints_are_kept_once_and_everything_else_untouched(tmp_media: Path) -> None:
    parts = [movie(tmp_media / "a.mov", range(10)), movie(tmp_media / "b 'é'.mov", range(9, 15)),
             movie(tmp_media / "c.mov", range(15, 18))]

    report = join(parts, tmp_media / "out.mov")

    assert shown_numbers(report.out) == list(range(18))
    assert report.joints == 1
    assert [(mark.frame, mark.name) for mark in report.index.marks] == [(0, "a"), (9, "b 'é'"), (15, "c")]
    with FrameReader(parts[1], open_index(parts[1])) as source, FrameReader(report.out, report.index) as joined:
        assert [joined.read(10 + frame) for frame in range(5)] == [source.read(1 + frame) for frame in range(5)]


def test_a_movie_backwards(tmp_path: Path) -> None:
    a = movie(tmp_path / "a.mov", range(5), (Mark(1, "early"), Mark(4, "late")))

    report = join([JoinEntry(a), JoinEntry(a, backwards=True)], tmp_path / "out.mov")

    assert shown_numbers(report.out) == [0, 1, 2, 3, 4, 3, 2, 1, 0]
    assert [(mark.frame, mark.name) for mark in report.index.marks] == [
        (0, "a"), (1, "early"), (4, "late"), (4, "a"), (4, "late"), (7, "early")]


def test_checksums_and_differences_are_carried_or_measured(tmp_path: Path) -> None:
    a, b = movie(tmp_path / "a.mov", range(4)), movie(tmp_path / "b.mov", range(900, 904))
    foreign = write_video(tmp_path / "c.mov", "mjpeg", "yuvj420p", range(4), width=64)

    index = join([a, JoinEntry(b, backwards=True), foreign], tmp_path / "out.mov").index
    full = full_index(tmp_path / "out.mov")

    assert full is not None
    assert index.difference is not None
    assert full.difference is not None
    assert not np.isnan(index.difference).any()
    assert index.difference.tolist() == pytest.approx(full.difference.tolist(), abs=0.01)
    assert index.crc32 is not None
    assert full.crc32 is not None
    assert index.crc32.tolist() == full.crc32.tolist()


def test_seeds_and_prompts_of_marks_survive(tmp_path: Path) -> None:
    mark = Mark(2, "sun", picture="sun_7", prompt="a sun", seed=2**100)
    a, b = movie(tmp_path / "a.mov", range(3)), movie(tmp_path / "b.mov", range(5, 9), (mark,))

    index = join([a, b], tmp_path / "out.mov").index

    assert Mark(5, "sun", picture="sun_7", prompt="a sun", seed=2**100) in index.marks


def test_sections_become_movies_of_their_own(tmp_path: Path) -> None:
    a, b, c = (movie(tmp_path / f"{name}.mov", numbers) for name, numbers in
               (("a", range(4)), ("b", range(3, 8)), ("c", range(7, 9))))

    report = join([JoinEntry(a, section="1"), JoinEntry(b, section="1"), JoinEntry(c, section="2/x"),
                   JoinEntry(a, section="1")], tmp_path / "out.mov", sections=True)

    folder = tmp_path / "out_sections"
    assert [path.name for path in report.sections] == ["section_1.mov", "section_2-x.mov", "section_1-3.mov"]
    assert [shown_numbers(path) for path in report.sections] == [[*range(8)], [7, 8], [0, 1, 2, 3]]
    assert shown_numbers(report.out) == [*range(9), 0, 1, 2, 3]
    assert [entry.file for entry in read_concat(folder / "videos.txt").entries] == [
        path.name for path in report.sections]
    again = join(entries_of_list(folder / "videos.txt"), tmp_path / "again.mov")
    assert shown_numbers(again.out) == shown_numbers(report.out)


def test_sections_are_taken_back_when_the_whole_fails(tmp_path: Path) -> None:
    a = movie(tmp_path / "a.mov", range(4))
    (tmp_path / "out.mov").write_bytes(b"mine")

    with pytest.raises(OutputError, match="already there"):
        join([a], tmp_path / "out.mov", sections=True)
    assert not (tmp_path / "out_sections").exists()
    assert (tmp_path / "out.mov").read_bytes() == b"mine"


@pytest.mark.parametrize(("other", "says"), [
    ({"width": 128}, r"b\.mov is 128×64 420, the first movie 64×64 420; .* --size 64x64 --chroma 420"),
    ({"chroma": "444"}, r"b\.mov is 64×64 444"),
    ({"rate": Fraction(25)}, r"b\.mov has 25 frames a second, the first movie 30; join frame by frame with --rate 30")])
def test_movies_that_differ_are_named_with_the_remedy(tmp_path: Path, other: dict[str, object], says: str) -> None:
    parts = [movie(tmp_path / "a.mov", range(3)), movie(tmp_path / "b.mov", range(3), **other)]  # type: ignore[arg-type]

    with pytest.raises(MixedMovie, match=says):
        join(parts, tmp_path / "out.mov")
    assert "out.mov" not in leftovers(tmp_path)


def test_a_given_rate_joins_frame_by_frame(tmp_path: Path) -> None:
    varying = write_video(tmp_path / "v.mkv", "mjpeg", "yuvj420p", [0, 33, 500, 533, 900], width=64,
                          time_base=Fraction(1, 1000))
    a = movie(tmp_path / "a.mov", range(3), rate=Fraction(25))

    with pytest.raises(MixedMovie, match=r"v\.mkv has a varying rate"):
        join([a, varying], tmp_path / "out.mov")
    report = join([a, varying], tmp_path / "out.mov", rate=Fraction(50))

    assert report.index.rate == 50
    assert shown_numbers(report.out) == [0, 1, 2, 0, 1, 2, 3, 4]


def test_a_long_gop_movie_is_refused_with_the_remedy(tmp_path: Path) -> None:
    source = write_video(tmp_path / "h.mp4", "libx264", "yuv420p", range(9), width=64)
    with pytest.raises(NotSeekable, match="interscene encode"):
        join([source], tmp_path / "out.mov")


def test_a_missing_movie_and_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        join([tmp_path / "gone.mov"], tmp_path / "out.mov")
    with pytest.raises(InputError, match="name the movies"):
        join([], tmp_path / "out.mov")


def test_lists_that_are_not_of_whole_movies(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_text("file a.png\nduration 1\n")
    with pytest.raises(InputError, match="lists a picture"):
        entries_of_list(tmp_path / "l.txt")
    (tmp_path / "l.txt").write_text("file a.mov\ninpoint 1\n")
    with pytest.raises(InputError, match="a part of a movie"):
        entries_of_list(tmp_path / "l.txt")


def test_progress_and_cancelling(tmp_path: Path) -> None:
    parts = [movie(tmp_path / "a.mov", range(5)), movie(tmp_path / "b.mov", range(4, 9))]
    told: list[Progress] = []
    join(parts, tmp_path / "out.mov", progress=told.append)
    assert told[-1] == Progress(10, 10)

    with pytest.raises(Cancelled):
        join(parts, tmp_path / "no.mov", cancelled=lambda: len(told) > 0)
    assert "no.mov" not in " ".join(leftovers(tmp_path))


def test_axes_that_cannot_be_kept_are_said(tmp_path: Path) -> None:
    a = movie(tmp_path / "a.mov", range(2), axes=(Axis("x", (0.0, 1.0)),))
    assert join([a], tmp_path / "out.mov").warnings == ("a.mov has axes, which a joined movie cannot keep",)


def test_a_movie_whose_index_lost_its_marks_is_joined_all_the_same(tmp_path: Path) -> None:
    a = movie(tmp_path / "a.mov", range(3))
    b = movie(tmp_path / "b.mov", range(3, 6))
    write_sidecar(a, open_index(b))

    assert shown_numbers(join([a, b], tmp_path / "out.mov").out) == [0, 1, 2, 3, 4, 5]
