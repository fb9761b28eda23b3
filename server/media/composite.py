"""Two bent pictures blended into one, both read only where both are seen. It knows no files and no time.

The work is done on the planes of a 4:2:0 JPEG, with half the samples of RGB, and luma alone is read with care.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.media.colour import Planes, planes_of_rgb
from server.media.warp import Floats, Picture, mix

_TILE: Final = 80
"""Pixels of a tile's side, about: the smaller, the less is read in vain, and the more calls it takes."""
_CRISP: Final = 0.4
_TO_YCC: Final = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]],
                          dtype=np.float32)
"""ITU-R BT.601-7 as JPEG has it."""


@dataclass(frozen=True, slots=True)
class Layers:
    """How two pictures make one, on a small grid (rows, columns).

    `first` and `second` (rows, columns, 2): how far away each place reads its picture, right and down, in grid cells.
    `mask` (rows, columns): 0 shows the first picture, 1 the second. `tint` (rows, columns, 3): RGB levels to add.
    """

    first: Floats
    second: Floats
    mask: Floats
    tint: Floats


class Compositor:
    """Draws two pictures (height, width, 3) of one size through any layers; every thread may call it.

    `crisp` keeps detail that is read between its pixels; without, a fifth of it goes, and with it what flickers.
    """

    def __init__(self, first: Picture, second: Picture, *, crisp: bool = True) -> None:
        height, width = first.shape[:2]
        self._kernel = cv2.INTER_CUBIC if crisp else cv2.INTER_LINEAR
        self._planes = [_split(first), _split(second)]
        self._luma = _Ground(width, height)
        self._chroma = _Ground(-(-width // 2), -(-height // 2))

    def planes(self, layers: Layers) -> Planes:
        """Y, Cb and Cr of the picture that the layers make; Cb and Cr at half the size, rounded up."""
        tint = np.rint(cv2.transform(layers.tint, _TO_YCC)).astype(np.int16)
        (y1, c1), (y2, c2) = self._planes
        luma = cv2.add(self._drawn(y1, y2, layers), self._luma.grown(tint[..., 0]), dtype=cv2.CV_8U)
        ground = self._chroma
        one, two = (_sampled(chroma, ground.places(bend), cv2.INTER_LINEAR)
                    for chroma, bend in ((c1, layers.first), (c2, layers.second)))
        mixed = mix(one, two, ground.grown(layers.mask))
        cb, cr = cv2.split(cv2.add(mixed, ground.grown(tint[..., 1:]), dtype=cv2.CV_8U))
        return np.asarray(luma, np.uint8), np.asarray(cb, np.uint8), np.asarray(cr, np.uint8)

    def picture(self, layers: Layers) -> Picture:
        """The same as RGB (height, width, 3)."""
        y, cb, cr = self.planes(layers)
        wide = self._luma
        return np.asarray(cv2.cvtColor(cv2.merge((y, wide.grown(cr), wide.grown(cb))), cv2.COLOR_YCrCb2RGB), np.uint8)

    def _drawn(self, one: NDArray[np.uint8], two: NDArray[np.uint8], layers: Layers) -> NDArray[np.uint8]:
        ground, drawn = self._luma, np.empty_like(one)
        mask = ground.grown(layers.mask)
        first, second = ground.places(layers.first), ground.places(layers.second)
        for part, low, high in ground.tiles(layers.mask):
            if high <= 0:
                drawn[part] = self._read(one, first[part])
            elif low >= 1:
                drawn[part] = self._read(two, second[part])
            else:
                drawn[part] = mix(self._read(one, first[part]), self._read(two, second[part]), mask[part])
        return drawn

    def _read(self, plane: NDArray[np.uint8], places: Floats) -> NDArray[np.uint8]:
        return _sampled(plane, places, self._kernel)


class _Ground:
    """A plane of pixels that small fields are enlarged to."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        self._still = np.dstack((columns, rows))

    def grown(self, field: NDArray[Any]) -> NDArray[Any]:
        """A field (rows, columns, …) at the size of the plane."""
        return np.asarray(cv2.resize(field, self._size, interpolation=cv2.INTER_LINEAR))

    def places(self, bend: Floats) -> Floats:
        """Where every pixel reads. A field of places would lose its outermost pixels when it grows; this does not."""
        scale = np.array((self._size[0] / bend.shape[1], self._size[1] / bend.shape[0]), dtype=np.float32)
        grown = self.grown(bend * scale)
        return np.asarray(cv2.add(grown, self._still, dst=grown), dtype=np.float32)

    def tiles(self, mask: Floats) -> list[tuple[tuple[slice, slice], float, float]]:
        """(rows, columns) of each tile, with the least and the greatest that the mask can be in it."""
        across, down = (max(1, side // _TILE) for side in self._size)
        tiles = []
        for rows, near_rows in _cuts(mask.shape[0], self._size[1], down):
            for columns, near_columns in _cuts(mask.shape[1], self._size[0], across):
                seen = mask[near_rows, near_columns]
                tiles.append(((rows, columns), float(seen.min()), float(seen.max())))
        return tiles


def _split(picture: Picture) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    y, cb, cr = planes_of_rgb(np.ascontiguousarray(picture), "420", _CRISP)
    return np.ascontiguousarray(y), np.dstack((cb, cr))


def _cuts(cells: int, pixels: int, parts: int) -> list[tuple[slice, slice]]:
    """Spans of pixels, each with the cells of the grid that it depends on."""
    edges = [round(part * cells / parts) for part in range(parts + 1)]
    places = [round(edge * pixels / cells) for edge in edges]
    return [(slice(places[part], places[part + 1]), slice(max(edges[part] - 2, 0), edges[part + 1] + 2))
            for part in range(parts)]


def _sampled(plane: NDArray[np.uint8], places: Floats, kernel: int) -> NDArray[np.uint8]:
    # An empty array instead of None would be read as a map: OpenCV 5 never comes back from it.
    read = cv2.remap(plane, places, None, kernel, borderMode=cv2.BORDER_REFLECT)  # type: ignore[call-overload]
    return np.asarray(read, dtype=np.uint8)
