"""Two bent pictures blended into one, both read only where both are seen. It knows no files and no time.

The work is done on the planes of a 4:2:0 JPEG, with half the samples of RGB, and luma alone is read with care. Planes
and maps are arrays of one channel: OpenCV reads interleaved ones in three times the time.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.media.colour import Plane, Planes, planes_of_rgb
from server.media.warp import Floats, Picture

YCC: Final = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]],
                      dtype=np.float32)
"""Levels of Y, Cb and Cr from levels of RGB (ITU-R BT.601-7 as JPEG has it)."""
_CRISP: Final = 0.4
_TILE: Final = 40
"""Pixels of a tile's side, about: the smaller, the less is read in vain, and the more calls it takes."""
_NEAR: Final = np.ones((5, 5), np.uint8)
"""Cells of the grid around one of a tile that the tile depends on."""
_BOTH: Final = 2
_HALF: Final[Floats] = np.array([1, -5, 20, 20, -5, 1], np.float32) / np.float32(32)
"""What lies half-way between pixels (ITU-T H.264, 8.4.2.2.1): no softer than they are, up to the finest detail."""
_HERE: Final[Floats] = np.ones(1, np.float32)

Part = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Layers:
    """How two pictures make one: single-precision fields on a small grid (rows, columns).

    `first` and `second` (2, rows, columns): how far away each place reads its picture, right and down, in grid cells.
    `mask`: 0 shows the first picture, 1 the second. `tint` (3, rows, columns): levels of Y, Cb and Cr to add.
    """

    first: Floats
    second: Floats
    mask: Floats
    tint: Floats


class Compositor:
    """Draws two pictures (height, width, 3) of one size through any layers; every thread may call it.

    Luma is read between the pixels of a plane twice as fine. Read between its own it would lose a quarter of what an
    eye sees of fine detail, here more and there less, and a cubic kernel takes half as long again.
    """

    def __init__(self, first: Picture, second: Picture) -> None:
        height, width = first.shape[:2]
        one, two = (planes_of_rgb(np.ascontiguousarray(each), "420", _CRISP) for each in (first, second))
        self._y = _doubled(one[0]), _doubled(two[0])
        self._cb, self._cr = (one[1], two[1]), (one[2], two[2])
        self._luma = _Ground(width, height, 2)
        self._chroma = _Ground(-(-width // 2), -(-height // 2), 1)

    def planes(self, layers: Layers) -> Planes:
        """Y, Cb and Cr of the picture that the layers make; Cb and Cr at half the size, rounded up."""
        tint = np.rint(layers.tint).astype(np.int16)
        y = self._luma.seen(layers).drawn(self._y, tint[0])
        colour = self._chroma.seen(layers)
        return y, colour.drawn(self._cb, tint[1]), colour.drawn(self._cr, tint[2])

    def picture(self, layers: Layers) -> Picture:
        """The same as RGB (height, width, 3)."""
        y, cb, cr = self.planes(layers)
        size = y.shape[1], y.shape[0]
        red, blue = (cv2.resize(chroma, size, interpolation=cv2.INTER_LINEAR) for chroma in (cr, cb))
        return np.asarray(cv2.cvtColor(cv2.merge((y, red, blue)), cv2.COLOR_YCrCb2RGB), np.uint8)


class _Memory(threading.local):
    """Arrays of the size of a plane that a thread uses again and again: fresh ones cost page faults."""

    def __init__(self, height: int, width: int) -> None:
        self.places = np.empty((2, 2, height, width), np.float32)
        self.weights = np.empty((2, height, width), np.float32)
        self.reads = np.empty((2, height, width), np.uint8)
        self.tint = np.empty((height, width), np.int16)


class _Ground:
    """The pixels of a plane, which small fields are enlarged to; what is read there is `finer` times as fine."""

    def __init__(self, width: int, height: int, finer: int) -> None:
        self._width, self._height, self._finer = width, height, finer
        self._still = np.stack(np.meshgrid(np.arange(width, dtype=np.float32) * finer,
                                           np.arange(height, dtype=np.float32) * finer))
        self._memory = _Memory(height, width)

    def seen(self, layers: Layers) -> _Seen:
        """What is read where; it holds until the same thread asks again."""
        memory, (rows, columns) = self._memory, layers.mask.shape
        scale = np.array([[[self._width / columns]], [[self._height / rows]]], np.float32) * np.float32(self._finer)
        for bend, places in zip((layers.first, layers.second), memory.places, strict=True):
            for field, place, still in zip(bend * scale, places, self._still, strict=True):
                # A field of places would lose its outermost pixels when it grows; a bend does not.
                np.add(_grown(field, place), still, out=place)
        np.subtract(np.float32(1), _grown(layers.mask, memory.weights[1]), out=memory.weights[0])
        return _Seen(memory, self._runs(layers.mask))

    def _runs(self, mask: Floats) -> list[tuple[Part, int]]:
        """Tiles side by side in which the same is seen: their rows and columns, and 0, 1 or both."""
        down, across = (_cuts(*side) for side in zip(mask.shape, (self._height, self._width), strict=True))
        tiles = len(across) - 1, len(down) - 1
        # Means of tiles are 0 or 1 only where the whole tile is.
        least, most = (cv2.resize(near, tiles, interpolation=cv2.INTER_AREA)
                       for near in (cv2.erode(mask, _NEAR), cv2.dilate(mask, _NEAR)))
        seen = np.where(np.asarray(least) >= 1, 1, np.where(np.asarray(most) <= 0, 0, _BOTH))
        turns = seen[:, 1:] != seen[:, :-1]
        runs = []
        for number, row in enumerate(seen.tolist()):
            ends = [0, *(np.flatnonzero(turns[number]) + 1).tolist(), len(row)]
            runs += [((slice(down[number], down[number + 1]), slice(across[begin], across[end])), row[begin])
                     for begin, end in pairwise(ends)]
        return runs


@dataclass(frozen=True, slots=True)
class _Seen:
    """Where every pixel reads, and which of two planes."""

    memory: _Memory
    runs: Sequence[tuple[Part, int]]

    def drawn(self, planes: Sequence[Plane], tint: NDArray[np.int16]) -> Plane:
        """Two planes as one, with a tint (rows, columns) of levels added."""
        memory = self.memory
        drawn = np.empty(memory.tint.shape, np.uint8)
        for part, seen in self.runs:
            if seen != _BOTH:
                self._read(planes[seen], seen, part, drawn[part])
                continue
            one, two = (self._read(plane, number, part, memory.reads[number][part])
                        for number, plane in enumerate(planes))
            cv2.blendLinear(one, two, memory.weights[0][part], memory.weights[1][part], dst=drawn[part])
        return np.asarray(cv2.add(drawn, _grown(tint, memory.tint), dst=drawn, dtype=cv2.CV_8U), np.uint8)

    def _read(self, plane: Plane, number: int, part: Part, out: Plane) -> Plane:
        x, y = (places[part] for places in self.memory.places[number])
        return np.asarray(cv2.remap(plane, x, y, cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_REFLECT), np.uint8)


def _grown(field: NDArray[Any], out: NDArray[Any]) -> NDArray[Any]:
    """A small field at the size of `out`, which is overwritten with it."""
    return np.asarray(cv2.resize(field, out.shape[::-1], dst=out, interpolation=cv2.INTER_LINEAR))


def _cuts(cells: int, pixels: int) -> list[int]:
    """Pixels where tiles begin, and the end; no tile is smaller than a cell."""
    parts = max(1, min(pixels // _TILE, cells))
    return [part * pixels // parts for part in range(parts + 1)]


def _doubled(plane: Plane) -> Plane:
    """A plane twice as fine (2 · height, 2 · width): its own pixels, and what lies half-way to the right and below."""
    fine = np.empty((2 * plane.shape[0], 2 * plane.shape[1]), np.uint8)
    for below, down in enumerate((_HERE, _HALF)):
        for beside, right in enumerate((_HERE, _HALF)):
            # An anchor of 2 in 6 taps puts the result after the pixel, not before it.
            anchor = 2 * beside, 2 * below
            fine[below::2, beside::2] = cv2.sepFilter2D(plane, cv2.CV_8U, right, down, anchor=anchor,
                                                        borderType=cv2.BORDER_REFLECT)
    return fine
