"""Where a source picture comes to lie in a movie's frame: contain, cover or stretch. Arithmetic and resampling only.

Corners lie on even pixels, so that planes with halved chroma can be cut and padded without smearing colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Size = tuple[int, int]
"""(width, height)."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Scale a picture to `scaled`, cut `crop` = (left, top, width, height) out of it, put that at `corner`."""

    target: Size
    scaled: Size
    crop: tuple[int, int, int, int]
    corner: Size

    @property
    def fills(self) -> bool:
        """Whether the scaled picture is the whole frame, with nothing cut and nothing black."""
        return self.scaled == self.target


def _stretch(_: Size, target: Size) -> Placement:
    return Placement(target, target, (0, 0, *target), (0, 0))


def _contain(size: Size, target: Size) -> Placement:
    scale = min(target[0] / size[0], target[1] / size[1])
    inner = _scaled(size, target, scale)
    corner = tuple((outer - side) // 2 // 2 * 2 for outer, side in zip(target, inner, strict=True))
    return Placement(target, inner, (0, 0, *inner), (corner[0], corner[1]))


def _cover(size: Size, target: Size) -> Placement:
    scale = max(target[0] / size[0], target[1] / size[1])
    outer = tuple(max(math.ceil(side * scale - 1e-6), wanted) for side, wanted in zip(size, target, strict=True))
    left, top = ((side - wanted) // 2 // 2 * 2 for side, wanted in zip(outer, target, strict=True))
    return Placement(target, (outer[0], outer[1]), (left, top, *target), (0, 0))


FITS: Final[Mapping[str, Callable[[Size, Size], Placement]]] = {
    "contain": _contain, "cover": _cover, "stretch": _stretch}
"""contain: all of the picture, with black beside it; cover: no black, the rest cut away; stretch: distorted."""


def place(size: Size, target: Size, fit: str) -> Placement:
    """Say where a picture of a (displayed) size lies in a frame of the target size."""
    return _stretch(size, target) if size == target else FITS[fit](size, target)


def place_rgb(picture: NDArray[np.uint8], placement: Placement) -> NDArray[np.uint8]:
    """Scale, cut and pad RGB (height, width, 3); the very same array when there is nothing to do."""
    picture = scale(picture, placement.scaled)
    left, top, width, height = placement.crop
    picture = picture[top:top + height, left:left + width]
    return picture if (width, height) == placement.target else _padded(picture, placement.target, placement.corner, 0)


def place_planes(planes: tuple[NDArray[np.uint8], ...], placement: Placement) -> tuple[NDArray[np.uint8], ...]:
    """Cut and pad full-range Y, U and V planes of an already scaled picture; black is 0, 128, 128."""
    left, top, width, height = placement.crop
    full = planes[0].shape
    placed = []
    for plane, black in zip(planes, (0, 128, 128), strict=True):
        x, y = (-(-full[1] // plane.shape[1]), -(-full[0] // plane.shape[0]))  # chroma steps: 1 or 2
        part = plane[top // y:top // y + -(-height // y), left // x:left // x + -(-width // x)]
        size = -(-placement.target[0] // x), -(-placement.target[1] // y)
        corner = placement.corner[0] // x, placement.corner[1] // y
        placed.append(part if part.shape == size[::-1] else _padded(part, size, corner, black))
    return tuple(placed)


def scale(picture: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Resample to (width, height): averaged when it shrinks, cubic when it grows."""
    height, width = picture.shape[:2]
    if (width, height) == size:
        return picture
    shrinks = size[0] * size[1] < width * height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=method), dtype=np.uint8)


def _scaled(size: Size, target: Size, factor: float) -> Size:
    """The scaled size inside the target; even sides unless a side fills the target."""
    sides = []
    for side, outer in zip(size, target, strict=True):
        wanted = min(outer, max(1, round(side * factor)))
        sides.append(outer if outer - wanted < 2 else max(2, wanted // 2 * 2))
    return sides[0], sides[1]


def _padded(part: NDArray[np.uint8], size: Size, corner: Size, black: int) -> NDArray[np.uint8]:
    canvas = np.full((size[1], size[0], *part.shape[2:]), black, dtype=np.uint8)
    height, width = part.shape[:2]
    canvas[corner[1]:corner[1] + height, corner[0]:corner[0] + width] = part
    return canvas
