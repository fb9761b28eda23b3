"""Bytes of frames by number, through both doors: POSIX positional reads and the handle per thread of Windows."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from index_samples import plain_index
from stamped_movies import long_gop_movie, steady_movie

from server.errors import DamagedMovie, FrameOutOfRange, MissingFile, NotSeekable, OutOfRange
from server.index.format import MovieIdentity
from server.index.reader import Door, FrameReader, HandleDoor, PositionalDoor
from server.media.indexing import index_of

DOORS = [HandleDoor, *([PositionalDoor] if hasattr(os, "preadv") else [])]


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    path = tmp_path_factory.mktemp("reader") / "clip.mov"
    return path, steady_movie(path, 20)


@pytest.mark.parametrize("door", DOORS)
def test_any_frame_in_any_order(movie: tuple[Path, list[bytes]], door: type[Door]) -> None:
    path, jpegs = movie
    with FrameReader(path, index_of(path), door=door) as reader:
        buffer = bytearray(reader.largest)
        for frame in np.random.default_rng(1).permutation(20).tolist():
            assert reader.read(frame) == jpegs[frame]
            assert bytes(reader.read_into(frame, buffer)) == jpegs[frame]
            assert bytes(reader.read_into(frame, memoryview(buffer)[5:] if frame == 3 else buffer)) == jpegs[frame]


@pytest.mark.parametrize("door", DOORS)
def test_many_threads_read_at_once(movie: tuple[Path, list[bytes]], door: type[Door]) -> None:
    path, jpegs = movie
    start = threading.Barrier(8)
    with FrameReader(path, index_of(path), door=door) as reader, ThreadPoolExecutor(8) as pool:

        def work(seed: int) -> bool:
            buffer = bytearray(reader.largest)
            start.wait(10)
            order = np.random.default_rng(seed).integers(0, 20, 300).tolist()
            return all(reader.read_into(frame, buffer) == jpegs[frame] and reader.read(frame) == jpegs[frame]
                       for frame in order)

        assert all(pool.map(work, range(8)))


@pytest.mark.parametrize("door", DOORS)
def test_frames_that_are_not_there(movie: tuple[Path, list[bytes]], door: type[Door]) -> None:
    path, _ = movie
    with FrameReader(path, index_of(path), door=door) as reader:
        for frame in (-1, 20, 2**63):
            with pytest.raises(FrameOutOfRange, match=f"frames 0 to 19, not {frame}"):
                reader.read(frame)
            with pytest.raises(FrameOutOfRange):
                reader.read_into(frame, bytearray(reader.largest))


@pytest.mark.parametrize("door", DOORS)
def test_a_buffer_that_is_too_small(movie: tuple[Path, list[bytes]], door: type[Door]) -> None:
    path, _ = movie
    with FrameReader(path, index_of(path), door=door) as reader, pytest.raises(OutOfRange, match="always enough"):
        reader.read_into(0, bytearray(10))


@pytest.mark.parametrize("door", DOORS)
def test_a_movie_cut_short_while_it_is_open(tmp_path: Path, door: type[Door]) -> None:
    path = tmp_path / "clip.mov"
    jpegs = steady_movie(path, 20)
    with FrameReader(path, index_of(path), door=door) as reader:
        os.truncate(path, int(index_of(path).offset[10]) + 50)
        assert reader.read(3) == jpegs[3]
        for frame in (10, 15):
            with pytest.raises(DamagedMovie, match=f"ends inside frame {frame}"):
                reader.read(frame)
            with pytest.raises(DamagedMovie, match="has changed since it was opened"):
                reader.read_into(frame, bytearray(reader.largest))


@pytest.mark.parametrize("door", DOORS)
def test_a_closed_reader_reads_nothing(movie: tuple[Path, list[bytes]], door: type[Door]) -> None:
    path, _ = movie
    reader = FrameReader(path, index_of(path), door=door)
    reader.close()
    reader.close()

    with pytest.raises(MissingFile):
        reader.read(0)
    with pytest.raises(MissingFile):
        reader.read_into(0, bytearray(reader.largest))


@pytest.mark.parametrize("door", DOORS)
def test_handles_are_given_back(movie: tuple[Path, list[bytes]], door: type[Door], tmp_path: Path) -> None:
    path = tmp_path / "clip.mov"
    steady_movie(path, 5)
    with FrameReader(path, index_of(path), door=door) as reader, ThreadPoolExecutor(3) as pool:
        list(pool.map(reader.read, range(5)))

    path.unlink()  # Windows refuses while anybody holds it
    assert not path.exists()


@pytest.mark.parametrize("door", DOORS)
def test_a_movie_that_is_gone(tmp_path: Path, door: type[Door]) -> None:
    with pytest.raises(MissingFile, match="is not there"):
        FrameReader(tmp_path / "gone.mov", plain_index(), door=door)


class _InPieces:
    """A network file system that answers at most seven bytes at a time."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()

    def read(self, size: int, offset: int) -> bytes:
        return self.data[offset:offset + min(size, 7)]

    def read_into(self, buffer: memoryview, offset: int) -> int:
        part = self.read(len(buffer), offset)
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        pass


def test_reads_in_pieces_are_put_together(movie: tuple[Path, list[bytes]]) -> None:
    path, jpegs = movie
    with FrameReader(path, index_of(path), door=_InPieces) as reader:
        assert reader.read(7) == jpegs[7]
        assert bytes(reader.read_into(7, bytearray(reader.largest))) == jpegs[7]


def test_offsets_beyond_four_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    place = 5 << 30
    with path.open("wb") as file:
        file.seek(place)
        file.write(b"picture")
    index = plain_index(1, offset=np.array([place], np.uint64), size=np.array([7], np.uint32),
                        movie=MovieIdentity("large.bin", place + 7, 0, ""))
    for door in DOORS:
        with FrameReader(path, index, door=door) as reader:
            assert reader.read(0) == b"picture"


def test_a_long_gop_movie_is_refused_with_the_command_that_fixes_it(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "long.mp4"
    long_gop_movie(path)

    with pytest.raises(NotSeekable, match=r'run: interscene encode "long\.mp4" "long-intra\.mov"'):
        FrameReader(path, index_of(path))
