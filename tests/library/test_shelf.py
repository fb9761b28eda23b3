"""The shelf: frame bytes by name from many threads, few open files, and movies that change behind its back."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from server.errors import FrameOutOfRange, MissingFile, NotAMovie, PathRefused, ServeError
from server.index.format import FrameIndex
from server.library.media_folder import MediaFolder
from server.library.shelf import MovieShelf
from server.media.indexing import index_of
from server.media.jpeg import encode_rgb
from server.media.writer import MovieWriter


def write(path: Path, level: int, count: int = 5) -> list[bytes]:
    """A movie of `count` grey frames, each a level brighter than the one before; returns its JPEGs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = [encode_rgb(np.full((64, 96, 3), level + i, np.uint8), 90) for i in range(count)]
    with MovieWriter(path, width=96, height=64, rate=Fraction(30), overwrite=True) as movie:
        for picture in pictures:
            movie.add(picture)
    return pictures


def test_frames_come_back_byte_for_byte(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.mov", 10), write(tmp_path / "song/b.mov", 90)

    with MovieShelf(MediaFolder(tmp_path)) as shelf:
        assert [shelf.jpeg("a.mov", i) for i in range(5)] == first
        assert shelf.jpeg("song/b.mov", 4) == second[4]
        assert shelf.index("song/b.mov").count == 5


def test_a_movie_is_opened_once_while_it_is_in_use(tmp_path: Path) -> None:
    write(tmp_path / "a.mov", 10)
    opened: list[Path] = []

    with MovieShelf(MediaFolder(tmp_path), open_movie=_counting(opened)) as shelf:
        for i in range(5):
            shelf.jpeg("a.mov", i)
            shelf.index("a.mov")

    assert len(opened) == 1


def test_a_movie_that_changed_on_disk_is_opened_anew(tmp_path: Path) -> None:
    write(tmp_path / "a.mov", 10)
    with MovieShelf(MediaFolder(tmp_path)) as shelf:
        shelf.jpeg("a.mov", 0)

        pictures = write(tmp_path / "a.mov", 120, count=9)

        assert shelf.jpeg("a.mov", 8) == pictures[8]
        assert shelf.index("a.mov").count == 9
        assert shelf.open_files == 1


def test_a_movie_that_is_touched_is_looked_at_again(tmp_path: Path) -> None:
    write(tmp_path / "a.mov", 10)
    opened: list[Path] = []
    with MovieShelf(MediaFolder(tmp_path), open_movie=_counting(opened)) as shelf:
        shelf.jpeg("a.mov", 0)
        os.utime(tmp_path / "a.mov", ns=(1, 1))
        shelf.jpeg("a.mov", 0)

    assert len(opened) == 2


def test_open_files_and_indexes_stay_few(tmp_path: Path) -> None:
    names = [f"{i}.mov" for i in range(8)]
    pictures = {name: write(tmp_path / name, 10 * i) for i, name in enumerate(names)}
    opened: list[Path] = []

    with MovieShelf(MediaFolder(tmp_path), most_indexes=4, most_files=2, open_movie=_counting(opened)) as shelf:
        for name in names:
            assert shelf.jpeg(name, 2) == pictures[name][2]
            assert shelf.open_files <= 2
        assert len(opened) == 8
        shelf.jpeg("7.mov", 0)
        shelf.index("4.mov")
        assert len(opened) == 8
        shelf.jpeg("0.mov", 0)
        assert len(opened) == 9


def test_many_threads_may_read_while_movies_come_and_go(tmp_path: Path) -> None:
    names = [f"{i}.mov" for i in range(6)]
    pictures = {name: write(tmp_path / name, 20 * i) for i, name in enumerate(names)}

    with (MovieShelf(MediaFolder(tmp_path), most_indexes=3, most_files=1) as shelf,
          ThreadPoolExecutor(8) as pool):
        asked = [(names[i % 6], i % 5) for i in range(600)]
        for (name, frame), data in zip(asked, pool.map(lambda ask: shelf.jpeg(*ask), asked), strict=True):
            assert data == pictures[name][frame]


def test_closing_waits_for_nobody_and_refuses_what_comes_later(tmp_path: Path) -> None:
    write(tmp_path / "a.mov", 10)
    shelf = MovieShelf(MediaFolder(tmp_path))
    shelf.jpeg("a.mov", 0)

    shelf.close()
    shelf.close()

    assert shelf.open_files == 0
    with pytest.raises(ServeError):
        shelf.jpeg("a.mov", 0)


def test_a_movie_that_is_being_opened_holds_up_no_other(tmp_path: Path) -> None:
    write(tmp_path / "slow.mov", 10)
    expected = write(tmp_path / "fast.mov", 50)
    entered, leave = threading.Event(), threading.Event()

    def open_movie(path: Path) -> FrameIndex:
        if path.name == "slow.mov":
            entered.set()
            assert leave.wait(20)
        return index_of(path)

    with MovieShelf(MediaFolder(tmp_path), open_movie=open_movie) as shelf, ThreadPoolExecutor(1) as pool:
        slow = pool.submit(shelf.index, "slow.mov")
        assert entered.wait(20)
        assert shelf.jpeg("fast.mov", 0) == expected[0]
        leave.set()
        assert slow.result(20).count == 5


def test_errors_name_the_movie_and_the_rest_goes_on(tmp_path: Path) -> None:
    expected = write(tmp_path / "a.mov", 10)
    (tmp_path / "empty.mov").touch()

    with MovieShelf(MediaFolder(tmp_path)) as shelf:
        with pytest.raises(MissingFile, match=r"gone\.mov"):
            shelf.jpeg("gone.mov", 0)
        with pytest.raises(NotAMovie, match=r"empty\.mov"):
            shelf.index("empty.mov")
        with pytest.raises(FrameOutOfRange):
            shelf.jpeg("a.mov", 5)
        with pytest.raises(PathRefused):
            shelf.jpeg("../a.mov", 0)
        assert shelf.jpeg("a.mov", 4) == expected[4]
        (tmp_path / "a.mov").unlink()
        with pytest.raises(MissingFile, match=r"a\.mov"):
            shelf.jpeg("a.mov", 0)


def _counting(opened: list[Path]) -> Callable[[Path], FrameIndex]:
    def open_movie(path: Path) -> FrameIndex:
        opened.append(path)
        return index_of(path)

    return open_movie
