"""Drawings of shapes to pixels and to PNG or JPEG files. It knows shapes and nothing of what they stand for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.errors import OutOfRange
from server.media.shapes import Band, Colour, Disc, Drawing, Point, Strokes, Words, flattened
from server.media.written import write_picture

SUFFIXES: Final = (".png", ".jpg", ".jpeg")
_LONGEST_SIDE: Final = 16_000
_SHIFT: Final = 4
"""Fractional bits of the coordinates that OpenCV is given."""
_REACH: Final = 1 << 26

Pixels = NDArray[np.uint8]


def draw(drawing: Drawing, scale: float = 2.0) -> Pixels:
    """Paint a drawing as RGB (height, width, 3), `scale` pixels for each of its own; less where it would not fit.

    Raises OutOfRange for one that does not fit at all.
    """
    longest = max(drawing.width, drawing.height)
    if longest > _LONGEST_SIDE:
        raise OutOfRange(f"the drawing is {drawing.width}×{drawing.height}, more than a picture holds; write an .svg")
    scale = min(scale, _LONGEST_SIDE / longest)
    size = max(1, round(drawing.height * scale)), max(1, round(drawing.width * scale))
    canvas: Pixels = np.empty((*size, 3), dtype=np.uint8)
    canvas[:] = drawing.ground
    painter = _Painter(canvas, scale, drawing.ground)
    for shape in drawing.shapes:
        if isinstance(shape, Strokes):
            painter.strokes(shape)
        elif isinstance(shape, Band):
            painter.band(shape)
        elif isinstance(shape, Disc):
            painter.disc(shape)
        else:
            painter.words(shape)
    return canvas


def write_drawing(drawing: Drawing, out: Path, *, overwrite: bool = False) -> tuple[int, int]:
    """Write a drawing as .png or .jpg, all or nothing; return its size in pixels. Raises OutputError, OutOfRange."""
    pixels = draw(drawing)
    write_picture(out, pixels, overwrite=overwrite)
    return pixels.shape[1], pixels.shape[0]


class _Painter:
    """A canvas, and how shapes get onto it."""

    def __init__(self, canvas: Pixels, scale: float, ground: Colour) -> None:
        self._canvas = canvas
        self._scale = scale
        self._ground = ground
        # Only OpenCV 5 draws outlines of letters; before, its letters are strokes, and ASCII.
        self._font: Any = cv2.FontFace("sans") if hasattr(cv2, "FontFace") else None

    def strokes(self, shape: Strokes) -> None:
        """All curves of one look into one mask, which is then laid over the canvas once."""
        dash = _without_caps(shape.dash, shape.width)
        lines = [line for curve in shape.curves for line in _dashed(flattened(curve), dash)]
        if not lines:
            return
        points = [self._fixed(line) for line in lines]
        box = self._box(np.concatenate(points) / (1 << _SHIFT), shape.width * self._scale + 2)
        if box is None:
            return
        left, top, right, bottom = box
        mask = np.zeros((bottom - top, right - left), dtype=np.uint8)
        width = max(1, round(shape.width * self._scale))
        # A line thinner than a pixel is painted fainter instead.
        opacity = shape.opacity * min(1.0, shape.width * self._scale / width)
        corner = np.array([left, top], dtype=np.int32) << _SHIFT
        cv2.polylines(mask, [line - corner for line in points], False, 255, width, cv2.LINE_AA, _SHIFT)
        self._lay(box, mask, shape.colour, opacity)

    def band(self, shape: Band) -> None:
        points = self._fixed(shape.points)
        box = self._box(points / (1 << _SHIFT), 2)
        if box is None:
            return
        left, top, right, bottom = box
        mask = np.zeros((bottom - top, right - left), dtype=np.uint8)
        cv2.fillPoly(mask, [points - (np.array([left, top], dtype=np.int32) << _SHIFT)], 255, cv2.LINE_AA, _SHIFT)
        self._lay(box, mask, shape.colour, shape.opacity)

    def disc(self, shape: Disc) -> None:
        centre = tuple(int(value) for value in self._fixed([shape.centre])[0])
        for radius, colour in ((shape.radius + shape.rim, shape.rim_colour), (shape.radius, shape.colour)):
            cv2.circle(self._canvas, centre, round(radius * self._scale * (1 << _SHIFT)), colour, -1, cv2.LINE_AA,
                       _SHIFT)

    def words(self, shape: Words) -> None:
        size = max(1, round(shape.size * self._scale))
        wide = self._text_width(shape.text, size, shape.bold)
        shift = {"start": 0.0, "middle": wide / 2, "end": wide}[shape.anchor]
        x, y = round(shape.at[0] * self._scale - shift), round(shape.at[1] * self._scale)
        if shape.halo:
            reach = max(1, round(self._scale))
            for dx, dy in ((-reach, 0), (reach, 0), (0, -reach), (0, reach), (-reach, -reach), (reach, reach),
                           (-reach, reach), (reach, -reach)):
                self._text(shape.text, (x + dx, y + dy), size, self._ground, shape.bold)
        self._text(shape.text, (x, y), size, shape.colour, shape.bold)

    def _text(self, text: str, at: tuple[int, int], size: int, colour: Colour, bold: bool) -> None:
        if self._font is not None:
            # wrapped at the canvas' edge it would come in again on the left
            cv2.putText(self._canvas, text, at, colour, self._font, size, 700 if bold else 400, 0, (-_REACH, _REACH))
        else:
            cv2.putText(self._canvas, _ascii(text), at, cv2.FONT_HERSHEY_SIMPLEX, size / 30, colour,
                        2 if bold else 1, cv2.LINE_AA)

    def _text_width(self, text: str, size: int, bold: bool) -> float:
        if self._font is None:
            return float(cv2.getTextSize(_ascii(text), cv2.FONT_HERSHEY_SIMPLEX, size / 30, 2 if bold else 1)[0][0])
        box = cv2.getTextSize((0, 0), text, (0, 0), self._font, size, 700 if bold else 400, 0, (-_REACH, _REACH))
        return float(box[2])

    def _fixed(self, points: Sequence[Point]) -> NDArray[np.int32]:
        # OpenCV's integers are pixel centres, those of a drawing are corners.
        scaled = np.array(points, dtype=np.float64) * self._scale - 0.5
        return np.rint(np.clip(scaled * (1 << _SHIFT), -_REACH, _REACH)).astype(np.int32)

    def _box(self, points: NDArray[np.float64], margin: float) -> tuple[int, int, int, int] | None:
        height, width = self._canvas.shape[:2]
        left, top = np.floor(points.min(axis=0) - margin).astype(int)
        right, bottom = np.ceil(points.max(axis=0) + margin).astype(int)
        box = max(0, int(left)), max(0, int(top)), min(width, int(right)), min(height, int(bottom))
        return box if box[0] < box[2] and box[1] < box[3] else None

    def _lay(self, box: tuple[int, int, int, int], mask: Pixels, colour: Colour, opacity: float) -> None:
        left, top, right, bottom = box
        under = self._canvas[top:bottom, left:right]
        cover = (mask.astype(np.float32) * (opacity / 255))[..., None]
        under[:] = np.rint(under + (np.array(colour, dtype=np.float32) - under) * cover).astype(np.uint8)


def _without_caps(dash: tuple[float, float] | None, width: float) -> tuple[float, float] | None:
    """OpenCV rounds the ends of a line, half its width beyond them: dashes are cut shorter by that."""
    if dash is None:
        return None
    cut = min(width, dash[0] - 0.5)
    return dash[0] - cut, dash[1] + cut


def _dashed(points: Sequence[Point], dash: tuple[float, float] | None) -> Iterator[list[Point]]:
    """A line as the pieces of it that are drawn."""
    if dash is None:
        yield list(points)
        return
    drawn, skipped = dash
    along, piece, period = 0.0, [points[0]], drawn + skipped
    for one, other in pairwise(points):
        length, done = math.dist(one, other), 0.0
        while done < length:
            inside = along % period < drawn - 1e-9
            left = (drawn - along % period) if inside else (period - along % period)
            step = min(max(left, 1e-6), length - done)
            done, along = done + step, along + step
            at = (one[0] + (other[0] - one[0]) * done / length, one[1] + (other[1] - one[1]) * done / length)
            if inside:
                piece.append(at)
                if along % period >= drawn - 1e-9 or along % period < 1e-9:
                    yield piece
                    piece = [at]
            else:
                piece = [at]
    if len(piece) > 1:
        yield piece


def _ascii(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
