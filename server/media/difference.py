"""How far two neighbouring frames lie apart: RMS distance of their luma at 1/8 size, in 8-bit levels.

One definition for encoding, packet copy and `index --full`; it knows no files.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from server.media.jpeg import decode_thumbnail

Thumbnail = NDArray[np.uint8]
"""(ceil(height / 8), ceil(width / 8)) luma."""


def thumbnail_of_jpeg(jpeg: bytes) -> Thumbnail:
    """The mean of every 8×8 block, as JPEG stores it: nothing but the DC coefficients is transformed."""
    return decode_thumbnail(jpeg)


def thumbnail_of_rgb(rgb: NDArray[np.uint8]) -> Thumbnail:
    """The same from pixels (height, width, 3), before they are encoded."""
    return thumbnail_of_luma(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8))


def thumbnail_of_luma(luma: NDArray[np.uint8], step: tuple[int, int] = (1, 1)) -> Thumbnail:
    """The same from a full-range luma plane, of which each sample stands for `step` (across, down) pixels."""
    across, down = 8 // step[0], 8 // step[1]
    height, width = luma.shape
    small: NDArray[np.uint8] = luma
    while across > 2 and down > 2 and height % down == 0 and width % across == 0:
        # Halving step by step is vectorised in OpenCV and takes a sixth of the time of one step.
        across, down, height, width = across // 2, down // 2, height // 2, width // 2
        small = _averaged(small, width, height)
    return _averaged(small, -(-width // across), -(-height // down))


def difference(previous: Thumbnail, current: Thumbnail) -> float:
    """RMS distance of two thumbnails in levels 0 to 255; of different sizes it is NaN."""
    if previous.shape != current.shape:
        return float("nan")
    apart = np.subtract(previous, current, dtype=np.float32).ravel()
    return float(np.sqrt(np.dot(apart, apart) / apart.size))


def _averaged(luma: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
