"""Small pictures of large ones, as a page shows them in lists. It opens no files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import simplejpeg

from server.errors import DamagedMovie, NotAMovie
from server.media.jpeg import encode_rgb, refuse_too_large
from server.media.picture import decode_picture

QUALITY: Final = 80


def small_jpeg(data: bytes, path: Path, width: int) -> bytes:
    """The bytes of a picture as a JPEG at most `width` wide. `path` is only named in errors.

    A JPEG is decoded at an eighth to a half of its size where that is enough. Raises NotAMovie, DamagedMovie.
    """
    rgb = _reduced(data, width)
    if rgb is None:
        rgb = decode_picture(data, path).rgb
    if rgb.shape[1] > width:
        height = max(1, round(rgb.shape[0] * width / rgb.shape[1]))
        rgb = np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return encode_rgb(rgb, QUALITY)


def _reduced(data: bytes, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | None:
    """A JPEG at the smallest size that is wide enough; None for what is no plain JPEG, and for one that is turned."""
    if data[:3] != b"\xff\xd8\xff" or b"Exif\0\0" in data[:64]:
        return None
    try:
        refuse_too_large(data)
        return np.asarray(simplejpeg.decode_jpeg(data, "RGB", min_width=width, min_height=1), dtype=np.uint8)
    except (ValueError, NotAMovie, DamagedMovie):
        return None


def strip_jpeg(frames: Sequence[tuple[bytes, Path]], width: int, height: int) -> bytes:
    """Pictures beside each other as one JPEG, each cut to `width` x `height`. Raises NotAMovie, DamagedMovie."""
    whole = np.zeros((height, width * len(frames), 3), dtype=np.uint8)
    for place, (data, path) in enumerate(frames):
        rgb = _reduced(data, max(width, height * 4))
        if rgb is None:
            rgb = decode_picture(data, path).rgb
        scale = max(width / rgb.shape[1], height / rgb.shape[0])
        size = max(width, round(rgb.shape[1] * scale)), max(height, round(rgb.shape[0] * scale))
        small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        left, top = (size[0] - width) // 2, (size[1] - height) // 2
        whole[:, place * width:(place + 1) * width] = small[top:top + height, left:left + width]
    return encode_rgb(whole, QUALITY)
