"""Test pictures that say their own frame number, to people and to programs; it knows no movie's index.

The number stands there in digits, and once more as black and white cells: 24 bits of number and 16 of
checksum, in places that depend on the picture's shape only, so that they are found again after scaling.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.errors import OutOfRange
from server.index.format import FrameIndex, Mark
from server.media.difference import Thumbnail, difference, thumbnail_of_rgb
from server.media.jpeg import Picture, encode_rgb
from server.media.parallel import ordered_map
from server.media.writer import MovieWriter

NUMBER_LIMIT: Final = 1 << 24
SMALLEST: Final = 64
_BITS: Final = 40
_DARK, _LIGHT = 12, 243
_BARS: Final = ((191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0),
                (0, 0, 191), (255, 255, 255), (128, 128, 128), (0, 0, 0))
_GROUND: Final = (38, 42, 54)
_SWEEP: Final = 60
"""Frames in which the marker under the bars crosses the picture once."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the cells lie: the bottom `share` of the height, `columns` × `rows`; `salt` seeds the check."""

    columns: int
    rows: int
    share: Fraction
    salt: int


_STRIP: Final = _Layout(20, 2, Fraction(1, 8), 0x5A17)
_BLOCK: Final = _Layout(8, 5, Fraction(5, 8), 0xC3D2)


def numbered_frame(number: int, width: int, height: int) -> Picture:
    """Draw the test picture of one frame, RGB (height, width, 3), at least 64×64. Raises OutOfRange."""
    if not 0 <= number < NUMBER_LIMIT:
        raise OutOfRange(f"a test picture shows a number from 0 to {NUMBER_LIMIT - 1}, not {number}")
    if width < SMALLEST or height < SMALLEST:
        raise OutOfRange(f"a test picture is at least {SMALLEST}×{SMALLEST}, not {width}×{height}")
    layout = _layout_for(width, height)
    picture = _background(width, height).copy()
    _draw_marker(picture, number, layout)
    _draw_digits(picture, number, layout)
    _draw_cells(picture, number, layout)
    return picture


def read_number(picture: Picture) -> int | None:
    """Read the number from the cells of an RGB or grey picture at any scale; None where no valid code is."""
    for layout in (_STRIP, _BLOCK):
        if (number := _read_cells(picture, layout)) is not None:
            return number
    return None


def colour_bars(width: int, height: int) -> Picture:
    """Draw ten bars: 75 % grey, yellow, cyan, green, magenta, red and blue, then white, half grey, black."""
    row = np.array(_BARS, dtype=np.uint8)[np.arange(width) * len(_BARS) // width]
    return np.ascontiguousarray(np.broadcast_to(row, (height, width, 3)))


def write_numbered(out: Path, count: int, width: int = 1280, height: int = 720,
                   rate: Fraction = Fraction(30), *,
                   quality: int = 85, chroma: str = "420", first: int = 0, overwrite: bool = False,
                   watch: Callable[[int], None] | None = None) -> FrameIndex:
    """Write a movie whose frame i shows the number first + i, with a mark at every quarter of it.

    `watch` is told how many frames are done; what it raises ends the work and leaves nothing behind.
    Raises OutOfRange, OutputError.
    """
    if not 0 < count <= NUMBER_LIMIT - first:
        raise OutOfRange(f"a numbered movie has 1 to {NUMBER_LIMIT - first} frames, not {count}")
    names = ("start", "quarter", "half", "three quarters")
    marks = [Mark(count * part // 4, name) for part, name in enumerate(names) if count >= 4 or part == 0]
    made = {"generator": "numbered", "settings": {"first": first, "quality": quality}}
    with MovieWriter(out, width=width, height=height, rate=rate, chroma=chroma, marks=marks, made=made,
                     overwrite=overwrite) as movie:
        work = partial(_encoded, width=width, height=height, quality=quality, chroma=chroma)
        before: Thumbnail | None = None
        for jpeg, thumbnail in ordered_map(work, range(first, first + count)):
            movie.add(jpeg, 0.0 if before is None else difference(before, thumbnail))
            before = thumbnail
            if watch is not None:
                watch(movie.count)
    return movie.index


def _encoded(number: int, *, width: int, height: int, quality: int, chroma: str) -> tuple[bytes, Thumbnail]:
    picture = numbered_frame(number, width, height)
    return encode_rgb(picture, quality, chroma), thumbnail_of_rgb(picture)


def _layout_for(width: int, height: int) -> _Layout:
    return _STRIP if width >= 640 and height >= 240 else _BLOCK


def _code_top(height: int, layout: _Layout) -> int:
    return height - int(height * layout.share)


def _bits(number: int, layout: _Layout) -> NDArray[np.uint8]:
    check = binascii.crc_hqx(number.to_bytes(3, "big"), layout.salt)
    return np.unpackbits(np.frombuffer(number.to_bytes(3, "big") + check.to_bytes(2, "big"), dtype=np.uint8))


def _draw_cells(picture: Picture, number: int, layout: _Layout) -> None:
    height, width = picture.shape[:2]
    top = _code_top(height, layout)
    levels = np.where(_bits(number, layout), _LIGHT, _DARK).astype(np.uint8)
    cells = levels.reshape(layout.rows, layout.columns)
    columns = np.arange(width) * layout.columns // width
    edges = [top + (height - top) * row // layout.rows for row in range(layout.rows + 1)]
    for row in range(layout.rows):
        picture[edges[row]:edges[row + 1]] = cells[row][columns][:, None]


def _read_cells(picture: Picture, layout: _Layout) -> int | None:
    height, width = picture.shape[:2]
    if width < layout.columns or height * layout.share < layout.rows:
        return None
    strip = picture[_code_top(height, layout):]
    grey = strip if strip.ndim == 2 else strip[..., :3].mean(axis=2, dtype=np.float32)
    quarters = layout.columns * 4, layout.rows * 4
    fine = cv2.resize(grey.astype(np.float32), quarters, interpolation=cv2.INTER_AREA)
    inner = fine.reshape(layout.rows, 4, layout.columns, 4)[:, 1:3, :, 1:3]
    levels = inner.mean(axis=(1, 3)).ravel()
    low, high = float(levels.min()), float(levels.max())
    place = (levels - low) / max(high - low, 1.0)
    if high - low < 80 or bool(np.any((place > 0.35) & (place < 0.65))):
        return None
    data = np.packbits(place > 0.5).tobytes()
    if binascii.crc_hqx(data[:3], layout.salt) != int.from_bytes(data[3:], "big"):
        return None
    return int.from_bytes(data[:3], "big")


@lru_cache(maxsize=4)
def _background(width: int, height: int) -> Picture:
    """Bars on top, a dark ground, and a line along every edge that shows when a player crops."""
    picture = np.empty((height, width, 3), dtype=np.uint8)
    picture[:] = _GROUND
    bars = _bars_height(height)
    picture[:bars] = colour_bars(width, bars)
    line = max(1, height // 360)
    for edge in (picture[:line], picture[-line:], picture[:, :line], picture[:, -line:]):
        edge[:] = 255
    return picture


def _bars_height(height: int) -> int:
    return height // 8


def _draw_marker(picture: Picture, number: int, layout: _Layout) -> None:
    """A block that crosses the picture once in sixty frames: uneven playback shows as uneven motion."""
    height, width = picture.shape[:2]
    bars, top = _bars_height(height), _code_top(height, layout)
    size = max(2, (top - bars) // 12)
    left = (width - size) * (number % _SWEEP) // (_SWEEP - 1)
    picture[bars:bars + size, left:left + size] = (255, 160, 0)


def _draw_digits(picture: Picture, number: int, layout: _Layout) -> None:
    height, width = picture.shape[:2]
    top, bottom = _bars_height(height), _code_top(height, layout)
    top += (bottom - top) // 10
    text = str(number)
    glyphs = _glyphs(*_digit_size(width, bottom - top, len(text)))
    tall, wide = glyphs.shape[1:3]
    x, y = (width - wide * len(text)) // 2, top + (bottom - top - tall) // 2
    for place, digit in enumerate(text):
        picture[y:y + tall, x + place * wide:x + (place + 1) * wide] = glyphs[int(digit)]


def _digit_size(width: int, room: int, digits: int) -> tuple[int, int]:
    """Height and width of one digit: as tall as the room allows, the same for one to six digits."""
    wide = min(width * 15 // 16 // max(digits, 6), room * 9 // 16)
    return max(4, min(room * 9 // 10, wide * 16 // 10)), max(3, wide)


@lru_cache(maxsize=8)
def _glyphs(tall: int, wide: int) -> Picture:
    """The ten digits, (10, tall, wide, 3), drawn large, cut to their ink, scaled down: smooth at any size."""
    canvases = np.stack([_large_digit(digit) for digit in range(10)])
    rows = np.flatnonzero(canvases.any(axis=(0, 2)))
    inks = [canvas[rows[0]:rows[-1] + 1, _ink(canvas)] for canvas in canvases]
    widest = max(ink.shape[1] for ink in inks)
    ground, letter = np.array(_GROUND, dtype=np.float32), np.array((255, 255, 255), dtype=np.float32)
    shapes = np.empty((10, tall, wide, 3), dtype=np.uint8)
    for digit, ink in enumerate(inks):
        margin = (widest - ink.shape[1] + widest // 5) // 2
        padded = np.pad(ink, ((0, 0), (margin, margin)))
        cover = cv2.resize(padded, (wide, tall), interpolation=cv2.INTER_AREA)
        shapes[digit] = np.rint(ground + (letter - ground) * (cover.astype(np.float32)[..., None] / 255))
    return shapes


def _large_digit(digit: int) -> NDArray[np.uint8]:
    # The font's metrics differ between OpenCV 4 and 5, so nothing is read from them: the ink is measured.
    canvas = np.zeros((600, 600), dtype=np.uint8)
    cv2.putText(canvas, str(digit), (150, 450), cv2.FONT_HERSHEY_SIMPLEX, 12.0, (255,), 30, cv2.LINE_AA)
    return canvas


def _ink(canvas: NDArray[np.uint8]) -> slice:
    columns = np.flatnonzero(canvas.any(axis=0))
    return slice(int(columns[0]), int(columns[-1]) + 1)
