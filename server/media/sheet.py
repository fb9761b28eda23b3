"""Contact sheets: many small pictures of a movie or a folder on one, each with its number. It opens no movie itself
but through the index, and other codecs through PyAV.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.errors import InputError, MediaError, MissingFile, NotAMovie, OutOfRange
from server.index.format import FrameIndex
from server.index.reader import FrameReader
from server.media.indexing import index_of
from server.media.jpeg import decode_rgb
from server.media.parallel import ordered_map
from server.media.picture import is_picture, load_picture
from server.media.placement import place, place_rgb
from server.media.presentation import Presentation
from server.media.sources import Findings, pictures_of
from server.media.written import write_picture
from server.units import format_seconds

Picture = NDArray[np.uint8]

SUFFIXES: Final = (".png", ".jpg", ".jpeg")
MOST: Final = 10_000
_GROUND: Final = (24, 26, 32)
_INK: Final = (214, 218, 226)
_GAP: Final = 8
_LABEL: Final = 22
_SIDE_MAX: Final = 32_000


@dataclass(frozen=True, slots=True)
class SheetOptions:
    """`columns` × `rows` pictures, each `cell` pixels wide; a folder that has more goes on in more rows."""

    columns: int = 6
    rows: int = 5
    cell: int = 320
    at_marks: bool = False
    """The frames that have marks, instead of frames evenly in time."""
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class _Cell:
    picture: Picture
    label: str


def draw_sheet(source: Path | Sequence[Path], out: Path, options: SheetOptions | None = None,
               findings: Findings | None = None) -> int:
    """Draw a sheet of a movie, of a folder of pictures, or of several files, one picture each; return how many.

    Of several, one that cannot be read is left blank, and told to the findings. Raises MissingFile,
    NotAMovie, DamagedMovie, InputError, OutputError.
    """
    options = options or SheetOptions()
    if min(options.columns, options.rows) < 1 or options.columns * options.rows > MOST:
        raise OutOfRange(f"a sheet has 1 to {MOST} pictures, not {options.columns}×{options.rows}")
    if not 32 <= options.cell <= 4096:
        raise OutOfRange(f"a picture on a sheet is 32 to 4096 pixels wide, not {options.cell}")
    if out.suffix.lower() not in SUFFIXES:
        raise InputError(f"a sheet is a {' or '.join(SUFFIXES)} file, not {out.name!r}")
    if not isinstance(source, Path):
        cells = _of_files(source, options, findings or Findings())
    else:
        cells = _of_folder(source, options) if source.is_dir() else _of_movie(source, options)
    sheet = _laid_out(cells, options.columns)
    write_picture(out, sheet, overwrite=options.overwrite)
    return len(cells)


def frames_for(index: FrameIndex, options: SheetOptions) -> list[tuple[int, str]]:
    """Say which frames are drawn, in order, and the name of the mark at each ('' for none)."""
    if options.at_marks:
        if not index.marks:
            raise InputError(f"{index.movie.name} has no marks; draw it evenly in time instead")
        ordered = sorted(index.marks, key=lambda mark: mark.frame)
        return [(mark.frame, mark.name) for mark in ordered][:MOST]
    wanted = min(options.columns * options.rows, index.count)
    if wanted == 1:
        return [(0, "")]
    return [(round(number * (index.count - 1) / (wanted - 1)), "") for number in range(wanted)]


def _of_movie(movie: Path, options: SheetOptions) -> list[_Cell]:
    index = index_of(movie, remember=False)
    frames = frames_for(index, options)
    labels = ["  ".join(filter(None, (str(frame), format_seconds(float(index.seconds_of(frame))), name)))
              for frame, name in frames]
    pictures = _pictures_at(movie, index, [frame for frame, _ in frames], options.cell)
    return [_Cell(picture, label) for picture, label in zip(pictures, labels, strict=True)]


def _pictures_at(movie: Path, index: FrameIndex, frames: Sequence[int], cell: int) -> list[Picture]:
    if index.codec == "mjpeg" and index.intra:
        with FrameReader(movie, index) as reader:
            return list(ordered_map(partial(_from_reader, reader, cell), frames))
    with Presentation(movie) as shown:
        return [_small(shown.decode_at(min(frame, shown.count - 1)).rgb(), cell) for frame in frames]


def _of_folder(folder: Path, options: SheetOptions) -> list[_Cell]:
    paths = [path for path in pictures_of(folder, Findings()) if not is_sheet(path)]
    if not paths:
        raise MissingFile(f"there are no pictures in {folder} but sheets; name the folder that holds them")
    _check_count(paths)
    pictures = ordered_map(lambda path: _small(load_picture(path).rgb, options.cell), paths)
    return [_Cell(picture, f"{number}  {path.stem}")
            for number, (picture, path) in enumerate(zip(pictures, paths, strict=True))]


def _of_files(paths: Sequence[Path], options: SheetOptions, findings: Findings) -> list[_Cell]:
    """A picture itself, and the middle frame of a movie."""
    _check_count(paths)
    pictures: list[Picture | None] = []
    for path in paths:
        try:
            pictures.append(_small(load_picture(path).rgb, options.cell) if is_picture(path)
                            else _middle(path, options.cell))
        except MediaError as reason:
            findings.warn(f"{reason}; its place on the sheet is blank")
            pictures.append(None)
    known = next((picture for picture in pictures if picture is not None), None)
    if known is None:
        raise NotAMovie(f"none of the {len(paths)} files can be read: {findings.warnings[0].rpartition(';')[0]}")
    return [_Cell(np.zeros_like(known) if picture is None else picture, f"{number}  {path.stem}")
            for number, (picture, path) in enumerate(zip(pictures, paths, strict=True))]


def _middle(movie: Path, cell: int) -> Picture:
    index = index_of(movie, remember=False)
    return _pictures_at(movie, index, [index.count // 2], cell)[0]


def is_sheet(path: Path) -> bool:
    """Whether a name is that of a sheet, which is drawn on no other."""
    return path.suffix.lower() in SUFFIXES and path.stem.endswith("_sheet")


def _check_count(paths: Sequence[Path]) -> None:
    if len(paths) > MOST:
        raise OutOfRange(f"these are {len(paths)} pictures, and a sheet holds {MOST}; choose fewer")


def _from_reader(reader: FrameReader, cell: int, frame: int) -> Picture:
    return _small(decode_rgb(reader.read(frame)), cell)


def _small(picture: Picture, cell: int) -> Picture:
    height = max(1, round(picture.shape[0] * cell / picture.shape[1]))
    return np.ascontiguousarray(place_rgb(picture, place((picture.shape[1], picture.shape[0]), (cell, height),
                                                         "stretch")))


def _laid_out(cells: Sequence[_Cell], columns: int) -> Picture:
    columns = min(columns, len(cells))
    rows = -(-len(cells) // columns)
    width = cells[0].picture.shape[1]
    height = max(cell.picture.shape[0] for cell in cells)
    step_x, step_y = width + _GAP, height + _LABEL + _GAP
    size = columns * step_x + _GAP, rows * step_y + _GAP
    if max(size) > _SIDE_MAX:
        raise OutOfRange(f"the sheet would be {size[0]}×{size[1]} pixels; use fewer or smaller pictures")
    sheet = np.empty((size[1], size[0], 3), dtype=np.uint8)
    sheet[:] = _GROUND
    for number, cell in enumerate(cells):
        x, y = _GAP + number % columns * step_x, _GAP + number // columns * step_y
        tall = cell.picture.shape[0]
        sheet[y:y + tall, x:x + width] = cell.picture
        _write_label(sheet[y + height:y + height + _LABEL, x:x + width], cell.label)
    return sheet


def _write_label(strip: Picture, label: str) -> None:
    # OpenCV's letters are ASCII; another one would be drawn as question marks without a word.
    text = "".join(letter if " " <= letter <= "~" else "?" for letter in label)
    scale = 0.48
    while text:
        (wide, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
        if wide <= strip.shape[1] - 4:
            break
        text = text[:max(0, math.floor(len(text) * (strip.shape[1] - 4) / wide) - 1)]
    cv2.putText(strip, text, (2, _LABEL - 7), cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, 1, cv2.LINE_AA)
