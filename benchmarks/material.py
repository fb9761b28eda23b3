"""Pictures and movies to measure with: 1080p, rich in detail, the frame number readable in every picture."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.errors import OutputError
from server.index.format import FrameIndex
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame
from server.media.parallel import ordered_map
from server.media.warp import mix
from server.media.writer import MovieWriter
from server.production.art import draw
from server.units import format_bytes

Picture = NDArray[np.uint8]
WIDTH: Final = 1920
HEIGHT: Final = 1080
RATE: Final = Fraction(30)
FRAME_BYTES: Final = 400_000
"""What a frame of an MJPEG show at 1080p weighs."""
_SCENES: Final = (("nebula", 22), ("marble", 7), ("cells", 21), ("streams", 5))


class Footage:
    """Moving pictures that cost a codec what footage does: drifting layers, film grain; frame i shows i."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT, *, grain: float = 4.0, code: bool = True) -> None:
        self._layers = [draw(kind, seed, width, height) for kind, seed in _SCENES]
        rng = np.random.default_rng(1)
        self._grain = np.rint(rng.normal(0, grain, (2 * height, 2 * width))).astype(np.int8)
        self._blend = np.ascontiguousarray(np.broadcast_to(np.linspace(0, 1, width, dtype=np.float32),
                                                           (height, width)))
        self._code = code

    def frame(self, number: int) -> Picture:
        """RGB (height, width, 3)."""
        first = self._layers[number // 75 % len(self._layers)]
        second = self._layers[(number // 75 + 1) % len(self._layers)]
        height, width = first.shape[:2]
        picture: Picture = mix(np.roll(first, (number * 2, -number * 3), (0, 1)), np.roll(second, number * 4, 1),
                      np.roll(self._blend, number * 5, 1))
        top, left = number * 389 % height, number * 577 % width
        grain = self._grain[top:top + height, left:left + width, None]
        picture = np.asarray(np.clip(picture.astype(np.int16) + grain, 0, 255), dtype=np.uint8)
        if self._code:
            strip = height - height // 8
            picture[strip:] = numbered_frame(number, width, height)[strip:]
        return picture


def heavy_pictures(count: int, size: int = FRAME_BYTES) -> list[bytes]:
    """JPEGs at 1080p of about `size` bytes each; picture i shows the number i."""
    footage = Footage()
    quality = _quality_for(footage.frame(0), size)
    return list(ordered_map(lambda number: encode_rgb(footage.frame(number), quality), range(count)))


def write_movie(out: Path, pictures: Sequence[bytes], count: int) -> FrameIndex:
    """A movie of `count` frames that goes round the pictures. Raises OutputError when the disk is too small."""
    need = int(1.1 * count * sum(map(len, pictures)) / len(pictures))
    free = shutil.disk_usage(out.parent).free
    if free < need + 2_000_000_000:
        raise OutputError(f"{format_bytes(need)} are needed in {out.parent} and {format_bytes(free)} are free; "
                          "name another folder with --folder")
    with MovieWriter(out, width=WIDTH, height=HEIGHT, rate=RATE) as movie:
        for number in range(count):
            movie.add(pictures[number % len(pictures)], 0.0)
    return movie.index


def raw_frames(path: Path, width: int, height: int) -> Iterator[Picture]:
    """The pictures of a file of bare rgb24 frames, one at a time."""
    size = width * height * 3
    with path.open("rb", buffering=0) as file:
        while len(data := file.read(size)) == size:
            yield np.frombuffer(data, np.uint8).reshape(height, width, 3)


def _quality_for(picture: Picture, size: int) -> int:
    low, high = 40, 99
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(encode_rgb(picture, middle)) <= size else (low, middle - 1)
    return low
