"""Contact sheets."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from made_media import leftovers, save_numbered, write_video

from server.errors import InputError, MissingFile, NotAMovie, OutOfRange, OutputError
from server.index.format import Mark
from server.index.opening import open_index
from server.media.numbered import read_number, write_numbered
from server.media.sheet import SheetOptions, draw_sheet, frames_for

CELL = SheetOptions(columns=3, rows=2, cell=96)


def cells(sheet: Path, count: int, columns: int, width: int, height: int) -> list[int | None]:
    """The numbers that the small pictures show."""
    picture = cv2.cvtColor(cv2.imread(str(sheet)), cv2.COLOR_BGR2RGB)
    found = []
    for number in range(count):
        x, y = 8 + number % columns * (width + 8), 8 + number // columns * (height + 30)
        found.append(read_number(np.ascontiguousarray(picture[y:y + height, x:x + width])))
    return found


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_frames_evenly_in_time_with_first_and_last(tmp_path: Path, suffix: str) -> None:
    write_numbered(tmp_path / "a.mov", 31, 192, 128)

    assert draw_sheet(tmp_path / "a.mov", tmp_path / f"s{suffix}", CELL) == 6
    assert cells(tmp_path / f"s{suffix}", 6, 3, 96, 64) == [0, 6, 12, 18, 24, 30]


def test_frames_at_marks(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.mov", 40, 192, 128)

    assert draw_sheet(tmp_path / "a.mov", tmp_path / "s.png", SheetOptions(columns=2, cell=96, at_marks=True)) == 4
    assert cells(tmp_path / "s.png", 4, 2, 96, 64) == [0, 10, 20, 30]


def test_a_short_movie_has_a_short_sheet(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.mov", 2, 192, 128)

    assert draw_sheet(tmp_path / "a.mov", tmp_path / "s.png", CELL) == 2
    assert cells(tmp_path / "s.png", 2, 2, 96, 64) == [0, 1]


def test_other_codecs_and_folders(tmp_path: Path) -> None:
    write_video(tmp_path / "h.mp4", "libx264", "yuv420p", range(16), width=192, height=128)
    save_numbered(tmp_path / "pics", range(7), width=192, height=128)

    assert draw_sheet(tmp_path / "h.mp4", tmp_path / "h.png", CELL) == 6
    assert cells(tmp_path / "h.png", 6, 3, 96, 64) == [0, 3, 6, 9, 12, 15]
    assert draw_sheet(tmp_path / "pics", tmp_path / "p.png", CELL) == 7
    assert cells(tmp_path / "p.png", 7, 3, 96, 64) == list(range(7))


def test_labels_say_number_and_time(tmp_path: Path) -> None:
    index = write_numbered(tmp_path / "a.mov", 31, 192, 128)

    draw_sheet(tmp_path / "a.mov", tmp_path / "s.png", CELL)

    picture = cv2.imread(str(tmp_path / "s.png"), cv2.IMREAD_GRAYSCALE)
    assert (picture[74:92, 10:90] > 120).any(), "something bright is written under the first picture"
    assert [frame for frame, _ in frames_for(index, CELL)] == [0, 6, 12, 18, 24, 30]


def test_refusals(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.mov", 2, 64, 64)
    (tmp_path / "text.mov").write_bytes(b"x" * 500)
    (tmp_path / "there.png").write_bytes(b"mine")
    for source, out, options, kind in (
            ("a.mov", "s.gif", CELL, InputError), ("a.mov", "s.png", SheetOptions(columns=0), OutOfRange),
            ("a.mov", "s.png", SheetOptions(cell=5), OutOfRange), ("gone.mov", "s.png", CELL, MissingFile),
            ("text.mov", "s.png", CELL, NotAMovie), ("a.mov", "there.png", CELL, OutputError),
            ("a.mov", "there.png/s.png", CELL, OutputError)):
        with pytest.raises(kind):
            draw_sheet(tmp_path / source, tmp_path / out, options)
    assert (tmp_path / "there.png").read_bytes() == b"mine"
    assert not [name for name in leftovers(tmp_path) if name.endswith(".part")]


def test_a_movie_without_marks_has_none_to_show(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mov", "mjpeg", "yuvj420p", range(3))
    index = open_index(tmp_path / "a.mov")
    with pytest.raises(InputError, match="no marks"):
        frames_for(index, SheetOptions(at_marks=True))
    assert Mark(0, "x") not in index.marks
