"""The movie writer: byte for byte, exact rates, and all or nothing whatever happens in between."""

from __future__ import annotations

import errno
import math
import subprocess
import sys
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_media import leftovers, shown_numbers

from server.errors import DamagedMovie, InputError, MixedMovie, NotAMovie, OutOfRange, OutputError
from server.index.format import Axis, Mark
from server.index.opening import open_index, sidecar
from server.index.reader import FrameReader
from server.media import part_file
from server.media.difference import difference, thumbnail_of_jpeg
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame
from server.media.sweep import sweep_parts
from server.media.writer import MovieWriter, _time_scale


def jpeg(number: int = 0, width: int = 64, height: int = 64, chroma: str = "420") -> bytes:
    return encode_rgb(numbered_frame(number, width, height), 85, chroma)


def write(out: Path, jpegs: list[bytes], **more: Any) -> MovieWriter:
    with MovieWriter(out, width=64, height=64, rate=Fraction(30), **more) as movie:
        for each in jpegs:
            movie.add(each)
    return movie


def test_every_frame_is_stored_byte_for_byte(tmp_media: Path) -> None:
    out, jpegs = tmp_media / "clip.mov", [jpeg(number) for number in range(40)]

    index = write(out, jpegs).index

    with FrameReader(out, open_index(out)) as reader:
        assert [reader.read(frame) for frame in range(40)] == jpegs
    assert shown_numbers(out) == list(range(40))
    assert index.crc32 is not None
    assert index.crc32.tolist() == [zlib.crc32(each) for each in jpegs]
    assert leftovers(tmp_media) == ["clip.mov", "clip.mov.frames"]


def test_the_index_is_the_one_that_is_read(tmp_path: Path) -> None:
    marks, axes = (Mark(1, "b", seed=2**70), Mark(0, "a")), (Axis("x", (0.0, 1.0)),)

    index = write(tmp_path / "a.mov", [jpeg(0), jpeg(1)], marks=marks, axes=axes, ends=("f", "l"),
                  made={"generator": "test"}).index

    read = open_index(tmp_path / "a.mov", remember=False)
    assert (read.marks, read.axes, read.ends, read.made) == (marks, axes, ("f", "l"), {"generator": "test"})
    assert read.movie == index.movie
    assert read.movie.name == "a.mov"


def test_differences_are_measured_unless_given(tmp_path: Path) -> None:
    jpegs = [jpeg(number) for number in (0, 9, 9, 200)]
    with MovieWriter(tmp_path / "a.mov", width=64, height=64, rate=Fraction(30)) as movie:
        movie.add(jpegs[0])
        movie.add(jpegs[1], 12.5)
        movie.add(jpegs[2])
        movie.add(jpegs[3])

    thumbnails = [thumbnail_of_jpeg(each) for each in jpegs]
    assert movie.index.difference is not None
    assert movie.index.difference.tolist() == pytest.approx(
        [0.0, 12.5, 0.0, difference(thumbnails[2], thumbnails[3])])


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(60000, 1001), Fraction(30), Fraction(1, 3),
                                  Fraction(25, 2), Fraction(1000), Fraction(12345, 678)])
def test_no_frame_time_is_rounded(tmp_path: Path, rate: Fraction) -> None:
    out = tmp_path / "a.mov"
    with MovieWriter(out, width=64, height=64, rate=rate) as movie:
        for number in range(7):
            movie.add(jpeg(number))

    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        times = [frame.pts * frame.time_base for frame in container.decode(stream)]
        assert times == [number / rate for number in range(7)]
        assert stream.average_rate == rate
    sidecar(out).unlink()
    assert open_index(out, remember=False).rate == rate


@given(st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=1001))
def test_ticks_are_a_multiple_of_any_rate(rate: Fraction) -> None:
    ticks, step = _time_scale(rate)

    assert Fraction(ticks, step) == rate
    assert 0 < ticks < 2**31


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-1), Fraction(1001), Fraction(2**40 + 1, 2**40)])
def test_impossible_rates_are_refused(tmp_path: Path, rate: Fraction) -> None:
    with pytest.raises(OutOfRange):
        MovieWriter(tmp_path / "a.mov", width=64, height=64, rate=rate)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("bad", "kind", "says"), [
    (jpeg(1, 66, 64), MixedMovie, "frame 2 of a.mov is 66×64 420"),
    (jpeg(1, chroma="444"), MixedMovie, "frame 2 of a.mov is 64×64 444"),
    (jpeg(1)[:-2], DamagedMovie, "frame 2 of a.mov is cut short"),
    (b"no picture", NotAMovie, "no JPEG"),
    (b"", NotAMovie, "no JPEG"),
    (bytes(cv2.imencode(".jpg", numbered_frame(1, 64, 64), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1]), MixedMovie,
     "progressive")])
def test_one_wrong_picture_ends_it_and_leaves_nothing(tmp_path: Path, bad: bytes, kind: type[Exception],
                                                      says: str) -> None:
    with pytest.raises(kind, match=says):
        write(tmp_path / "a.mov", [jpeg(0), jpeg(1), bad, jpeg(3)])
    assert list(tmp_path.iterdir()) == []


def test_padding_behind_a_picture_is_no_damage(tmp_path: Path) -> None:
    assert write(tmp_path / "a.mov", [jpeg(0) + b"\0" * 3]).index.count == 1


def test_a_movie_without_frames_is_none(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no frames"):
        write(tmp_path / "a.mov", [])
    assert list(tmp_path.iterdir()) == []


def test_a_mark_behind_the_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="behind"):
        write(tmp_path / "a.mov", [jpeg(0)], marks=[Mark(1, "late")])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [{"width": 0}, {"width": 70_000}, {"chroma": "411"}])
def test_shapes_that_no_jpeg_has_are_refused(tmp_path: Path, more: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        MovieWriter(tmp_path / "a.mov", **{"width": 64, "height": 64, "rate": Fraction(30), **more})


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    out = tmp_path / "a.mov"
    write(out, [jpeg(0)])
    before = out.read_bytes()

    with pytest.raises(OutputError, match="already there"):
        write(out, [jpeg(1), jpeg(2)])
    assert out.read_bytes() == before

    assert write(out, [jpeg(1), jpeg(2)], overwrite=True).index.count == 2
    assert shown_numbers(out) == [1, 2]
    assert open_index(out, remember=False).count == 2


def test_a_movie_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "a.mov"

    def other_program() -> None:
        with MovieWriter(out, width=64, height=64, rate=Fraction(30)) as movie:
            movie.add(jpeg(0))
            out.write_bytes(b"other")

    with pytest.raises(OutputError, match="appeared"):
        other_program()
    assert out.read_bytes() == b"other"
    assert leftovers(tmp_path) == ["a.mov"]


@pytest.mark.parametrize("where", ["file/a.mov", "file/b/a.mov", "x" * 252 + ".mov"])
def test_places_that_cannot_be_written_are_named(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"the name is too long|the folder .*file.* cannot be made"):
        write(tmp_path / where, [jpeg(0)])


def test_a_folder_is_no_movie(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        write(tmp_path, [jpeg(0)])


def test_an_exception_in_between_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with MovieWriter(tmp_path / "a.mov", width=64, height=64, rate=Fraction(30)) as movie:
            movie.add(jpeg(0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


class FullDisk:
    """A file on a disk with room for so many bytes."""

    def __init__(self, file: IO[bytes], room: int, error: int) -> None:
        self._file, self._room, self._error = file, room, error

    def write(self, data: bytes) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(self._error, "from the operating system")
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.mark.parametrize("room", [0, 10, 3000, 20_000, 50_000])
@pytest.mark.parametrize(("error", "says"), [(errno.ENOSPC, "disk is full"), (errno.EIO, "from the operating")])
def test_a_full_disk_is_said_in_words_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int,
                                                         error: int, says: str) -> None:
    opened: Callable[[part_file.PartFile], IO[bytes]] = part_file.PartFile._open
    monkeypatch.setattr(part_file.PartFile, "_open", lambda self: FullDisk(opened(self), room, error))

    with pytest.raises(OutputError, match=says):
        write(tmp_path / "a.mov", [jpeg(number) for number in range(50)])
    assert list(tmp_path.iterdir()) == []


def test_a_failed_publication_brings_the_old_index_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "a.mov"
    write(out, [jpeg(0)], marks=[Mark(0, "mine")])

    def refuse(part: part_file.PartFile) -> None:
        raise OutputError("in use")

    monkeypatch.setattr(part_file.PartFile, "publish", refuse)
    with pytest.raises(OutputError, match="in use"):
        write(out, [jpeg(1), jpeg(2)], overwrite=True)

    assert leftovers(tmp_path) == ["a.mov", "a.mov.frames"]
    assert open_index(out, remember=False).marks == (Mark(0, "mine"),)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX")
def test_a_real_limit_of_the_system(tmp_path: Path) -> None:
    program = ("import resource, sys; from pathlib import Path; from server.errors import OutputError\n"
               "from server.media.numbered import write_numbered\n"
               "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
               "try: write_numbered(Path(sys.argv[1]), 300, 320, 180)\n"
               "except OutputError as error: print(error)\n")

    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.mov")], capture_output=True, text=True)

    assert "larger than this disk allows" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, sys
from fractions import Fraction
from pathlib import Path
from server.media import part_file, writer
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame
out, moment = Path(sys.argv[1]), sys.argv[2]
if moment == "index":
    writer.write_sidecar = lambda *_: os._exit(9)
if moment == "rename":
    part_file.PartFile.publish = lambda _: os._exit(9)
with writer.MovieWriter(out, width=64, height=64, rate=Fraction(30), overwrite=True) as movie:
    for number in range(100, 140):
        movie.add(encode_rgb(numbered_frame(number, 64, 64), 85))
        if moment == "frame" and number == 120:
            os._exit(9)
"""


@pytest.mark.parametrize("moment", ["frame", "index", "rename"])
@pytest.mark.parametrize("existing", [False, True])
def test_killed_at_any_moment_a_restart_finds_all_or_nothing(tmp_path: Path, moment: str, existing: bool) -> None:
    out = tmp_path / "a.mov"
    if existing:
        write(out, [jpeg(7)])

    done = subprocess.run([sys.executable, "-c", KILLED, str(out), moment], capture_output=True, text=True)
    assert done.returncode == 9, done.stderr
    assert "a.mov.part" in leftovers(tmp_path)

    removed = sweep_parts(tmp_path)

    complete = moment == "rename"
    assert [path.name for path in removed] == ([] if complete else ["a.mov.part"])
    if not complete and not existing:
        assert leftovers(tmp_path) == []
        return
    assert shown_numbers(out) == (list(range(100, 140)) if complete else [7])
    assert open_index(out, remember=False).count == (40 if complete else 1)
    assert leftovers(tmp_path) == ["a.mov", "a.mov.frames"]


def test_a_sweep_leaves_living_writers_alone(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    dead = tmp_path / "below" / "old.mov.part"
    dead.write_bytes(b"half")
    stranger = tmp_path / "download.part"
    stranger.write_bytes(b"not ours")
    with MovieWriter(tmp_path / "a.mov", width=64, height=64, rate=Fraction(30)) as movie:
        movie.add(jpeg(0))
        assert sweep_parts(tmp_path) == [dead]
        with pytest.raises(OutputError, match="another program"):
            write(tmp_path / "a.mov", [jpeg(1)])
    assert leftovers(tmp_path) == ["a.mov", "a.mov.frames", "download.part"]


def test_a_dead_part_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.mov.part").write_bytes(b"half a movie")

    assert write(tmp_path / "a.mov", [jpeg(0)]).index.count == 1
    assert leftovers(tmp_path) == ["a.mov", "a.mov.frames"]


def test_without_file_locks_it_works_as_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)

    assert write(tmp_path / "a.mov", [jpeg(0)]).index.count == 1
    assert sweep_parts(tmp_path) == []


def test_the_first_difference_is_zero_and_a_number() -> None:
    assert not math.isnan(difference(np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint8)))
    assert math.isnan(difference(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8)))
