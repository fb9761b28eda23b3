"""Every kind of source, judged by the numbers in its pictures: each frame once, in order, none missing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_media import (
    HEIGHT,
    WIDTH,
    leftovers,
    save,
    save_jpegs,
    save_numbered,
    shown_numbers,
    write_video,
)

from server.errors import DamagedMovie, InputError, MediaError, MissingFile, NotAMovie, OutOfRange
from server.index.opening import open_index
from server.index.reader import FrameReader
from server.media.encode import EncodeOptions, EncodeReport, encode
from server.media.numbered import numbered_frame
from server.media.stills import DrawnFrames

COUNT = 20
IN_ORDER = list(range(COUNT))
MOVIES = {
    "h264.mp4": ("libx264", "yuv420p"), "h264.mkv": ("libx264", "yuv420p"), "mpeg4.avi": ("mpeg4", "yuv420p"),
    "mjpeg.avi": ("mjpeg", "yuvj420p"), "mjpeg.mov": ("mjpeg", "yuvj422p"), "mjpeg.mkv": ("mjpeg", "yuvj444p"),
    "prores.mov": ("prores_ks", "yuv422p10le"), "png.mov": ("png", "rgb24"), "ffv1.mkv": ("ffv1", "yuv444p"),
    "vp9.webm": ("libvpx-vp9", "yuv420p"), "rle.mov": ("qtrle", "rgb24")}


def encoded(source: Path | list[Path], out: Path, **options: object) -> EncodeReport:
    return encode(source if isinstance(source, list) else [source], out, EncodeOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("effort", ["fast", "small"])
@pytest.mark.parametrize("name", MOVIES)
def test_a_movie_keeps_every_frame(tmp_media: Path, name: str, effort: str) -> None:
    codec, layout = MOVIES[name]
    source = write_video(tmp_media / name, codec, layout, range(COUNT))

    report = encoded(source, tmp_media / "out.mov", effort=effort)

    assert shown_numbers(report.out) == IN_ORDER
    assert report.index.rate == 30
    assert (report.dropped, report.doubled, report.warnings) == (0, 0, ())


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".webp", ".jpg", ".PNG"])
def test_a_folder_of_pictures_in_natural_order(tmp_media: Path, suffix: str) -> None:
    save_numbered(tmp_media / "pics", range(COUNT), suffix, stem="Frame {}")

    report = encoded(tmp_media / "pics", tmp_media / "out.mov", rate=Fraction(25))

    assert shown_numbers(report.out) == IN_ORDER
    assert report.index.rate == 25
    assert report.warnings == ()


def test_a_numbered_pattern_begins_where_it_begins(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", range(7, 12))

    report = encoded(tmp_path / "pics" / "frame%06d.png", tmp_path / "out.mov")

    assert shown_numbers(report.out) == [7, 8, 9, 10, 11]


def test_a_gap_in_a_pattern_is_named(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", [0, 1, 3])

    with pytest.raises(MissingFile, match=r"frame000002\.png is missing"):
        encoded(tmp_path / "pics" / "frame%06d.png", tmp_path / "out.mov")
    report = encoded(tmp_path / "pics", tmp_path / "out.mov")
    assert shown_numbers(report.out) == [0, 1, 3]
    assert "gaps in its numbers, which were closed: 000002 missing" in report.warnings[0]


def test_other_files_in_a_folder_are_reported(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", range(2))
    (tmp_path / "pics" / "notes.txt").write_text("x")
    (tmp_path / "pics" / ".hidden.png").write_bytes(b"")

    report = encoded(tmp_path / "pics", tmp_path / "out.mov")

    assert report.index.count == 2
    assert report.warnings == (f"1 files in {tmp_path / 'pics'} are no pictures and were left out: notes.txt",)


def test_single_pictures_are_one_sequence(tmp_path: Path) -> None:
    paths = save_numbered(tmp_path / "pics", [5, 3, 9])

    report = encoded(paths, tmp_path / "out.mov")

    assert shown_numbers(report.out) == [5, 3, 9]
    assert report.index.marks == ()


def test_drawn_frames_are_asked_for_one_by_one(tmp_path: Path) -> None:
    held: list[int] = []

    def draw() -> object:
        for number in range(60):
            held.append(number)
            yield numbered_frame(number, WIDTH, HEIGHT)

    source = DrawnFrames("drawing", (WIDTH, HEIGHT), 60, draw)  # type: ignore[arg-type]
    ahead: list[int] = []
    report = encode([source], tmp_path / "out.mov", EncodeOptions(workers=2),
                    lambda progress: ahead.append(len(held) - progress.done))

    assert shown_numbers(report.out) == list(range(60))
    assert max(ahead) <= 6, "frames are drawn when they are needed, not before"


def test_sources_follow_each_other_with_a_mark_each(tmp_path: Path) -> None:
    movie = write_video(tmp_path / "first.mkv", "ffv1", "yuv420p", range(4))
    save_numbered(tmp_path / "second", range(50, 53))

    report = encoded([movie, tmp_path / "second"], tmp_path / "out.mov")

    assert shown_numbers(report.out) == [0, 1, 2, 3, 50, 51, 52]
    assert [(mark.frame, mark.name) for mark in report.index.marks] == [(0, "first"), (4, "second")]


def test_slow_pictures_are_repeated_to_the_rate(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", range(4))

    report = encoded(tmp_path / "pics", tmp_path / "out.mov", source_rate=Fraction(5), rate=Fraction(30))

    assert shown_numbers(report.out) == [number for number in range(4) for _ in range(6)]
    assert report.doubled == 20


def test_jpegs_of_the_right_kind_are_copied_byte_for_byte(tmp_path: Path) -> None:
    jpegs = save_jpegs(tmp_path / "pics", range(12), "422")

    report = encoded(tmp_path / "pics", tmp_path / "out.mov", quality=10)

    assert report.copied == 12
    with FrameReader(report.out, open_index(report.out)) as reader:
        assert [reader.read(frame) for frame in range(12)] == jpegs


def test_jpegs_of_a_movie_are_copied_and_reencoded_on_demand(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mov", "mjpeg", "yuvj420p", range(COUNT))

    copied = encoded(source, tmp_path / "copied.mov")
    anew = encoded(source, tmp_path / "anew.mov", keep=False, quality=40)

    assert (copied.copied, anew.copied) == (COUNT, 0)
    assert shown_numbers(copied.out) == shown_numbers(anew.out) == IN_ORDER
    assert anew.bytes < copied.bytes


@pytest.mark.parametrize("options", [{"chroma": "444"}, {"size": (128, 64)}])
def test_jpegs_of_another_kind_are_encoded(tmp_path: Path, options: dict[str, object]) -> None:
    save_jpegs(tmp_path / "pics", range(3))

    assert encoded(tmp_path / "pics", tmp_path / "out.mov", **options).copied == 0


def test_a_movie_longer_than_memory_is_streamed(tmp_path: Path) -> None:
    """However long, no more frames are held than are in flight."""
    source = write_video(tmp_path / "a.mkv", "ffv1", "yuv420p", range(200))

    report = encoded(source, tmp_path / "out.mov", workers=1)

    assert shown_numbers(report.out) == list(range(200))


@pytest.mark.parametrize(("name", "content", "kind", "says"), [
    ("gone.png", None, MissingFile, "is not there"),
    ("gone.mov", None, MissingFile, "is not there"),
    ("gone/", None, MissingFile, "is not there"),
    ("%04d.png", None, MissingFile, "no picture in"),
    ("empty.png", b"", NotAMovie, "is empty"),
    ("empty.mov", b"", NotAMovie, "is empty"),
    ("text.mov", b"hello" * 400, NotAMovie, "is no movie that can be opened .its data makes no sense"),
    ("text.png", b"hello" * 400, DamagedMovie, "cannot be read as a picture"),
    ("bad.jpg", b"\xff\xd8\xff\xe0", DamagedMovie, "ends before its picture data"),
    ("x" * 300 + ".mov", None, MissingFile, "is not there"),
    ("nul\0byte.mov", None, MissingFile, "is not there")])
def test_bad_sources_are_named_in_one_line(tmp_path: Path, name: str, content: bytes | None, kind: type[MediaError],
                                           says: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(kind, match=says) as caught:
        encoded(tmp_path / name, tmp_path / "out.mov")

    assert "\n" not in str(caught.value)
    assert "out.mov" not in " ".join(leftovers(tmp_path))


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "pics").mkdir()
    with pytest.raises(MissingFile, match="there are no pictures in"):
        encoded(tmp_path / "pics", tmp_path / "out.mov")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tiff", ".webp"])
def test_a_truncated_picture_ends_it(tmp_path: Path, suffix: str) -> None:
    paths = save_numbered(tmp_path / "pics", range(6), suffix)
    paths[3].write_bytes(paths[3].read_bytes()[:-30])

    with pytest.raises(DamagedMovie, match=paths[3].name):
        encoded(tmp_path / "pics", tmp_path / "out.mov")
    assert leftovers(tmp_path) == []


def test_sound_only_is_no_movie(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))

    with pytest.raises(NotAMovie, match="no picture in it"):
        encoded(tmp_path / "a.wav", tmp_path / "out.mov")


def test_nothing_to_encode_is_said() -> None:
    with pytest.raises(InputError, match="name something"):
        encode([], Path("out.mov"))


def test_held_pictures(tmp_path: Path) -> None:
    paths = save_numbered(tmp_path / "pics", [3, 4])

    report = encoded(paths, tmp_path / "out.mov", hold=Fraction(1, 10))

    assert shown_numbers(report.out) == [3, 3, 3, 4, 4, 4]
    assert [(mark.frame, mark.name) for mark in report.index.marks] == [(0, "frame000003"), (3, "frame000004")]


def test_dissolved_pictures_keep_the_originals_exact(tmp_path: Path) -> None:
    jpegs = save_jpegs(tmp_path / "pics", range(3))

    report = encoded(tmp_path / "pics", tmp_path / "out.mov", dissolve=Fraction(1, 3))

    assert report.index.count == 21
    with FrameReader(report.out, report.index) as reader:
        assert [reader.read(frame) for frame in (0, 10, 20)] == jpegs
    assert report.copied == 3


def test_a_dissolve_goes_evenly_from_one_picture_to_the_next(tmp_path: Path) -> None:
    pictures = [save(tmp_path / f"{level}.png", np.full((32, 32, 3), level, np.uint8)) for level in (0, 200)]

    report = encoded(pictures, tmp_path / "out.mov", hold=Fraction(1, 10), dissolve=Fraction(1, 10))

    with av.open(str(report.out)) as container:
        levels = [int(frame.to_ndarray(format="gray").mean()) for frame in container.decode(video=0)]
    assert levels == pytest.approx([0, 0, 0, 50, 100, 150, 200, 200, 200], abs=2)


def test_pictures_shorter_than_a_frame_are_refused(tmp_path: Path) -> None:
    paths = save_numbered(tmp_path / "pics", range(3))
    with pytest.raises(OutOfRange, match="shorter than a frame"):
        encoded(paths, tmp_path / "out.mov", hold=Fraction(1, 100))
    with pytest.raises(OutOfRange, match="shorter than a frame"):
        encoded(paths, tmp_path / "out.mov", hold=Fraction(0), dissolve=Fraction(0))
