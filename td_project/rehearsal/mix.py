"""The program picture: players of a deck added by their levels, decks laid over one another; and PNG files.

Knows nothing of where pictures come from.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.errors import OutputError

Rgb = NDArray[np.uint8]
Layer = tuple[Rgb, float]
"""A picture, uint8 (height, width, 3), and its level from 0 to 1."""
BLACK = (720, 1280, 3)


def mix(decks: Sequence[Sequence[Layer]]) -> Rgb:
    """The picture that all decks make, as large as the first layer; black where there is none."""
    layers = [layer for deck in decks for layer in deck if layer[1] > 0]
    if not layers:
        return np.zeros(BLACK, dtype=np.uint8)
    height, width = layers[0][0].shape[:2]
    out = np.zeros((height, width, 3), dtype=np.float32)
    for deck in decks:
        opaque = min(1.0, sum(level for _, level in deck))
        if opaque > 0:
            out *= 1.0 - opaque
            for picture, level in deck:
                out += np.float32(level) * _fitted(picture, height, width)
    mixed: Rgb = np.clip(out + 0.5, 0, 255).astype(np.uint8)
    return mixed


def _fitted(picture: Rgb, height: int, width: int) -> Rgb:
    if picture.shape[:2] == (height, width):
        return picture
    rows = np.arange(height) * picture.shape[0] // height
    columns = np.arange(width) * picture.shape[1] // width
    fitted: Rgb = picture[rows[:, None], columns]
    return fitted


def write_png(path: Path, picture: Rgb) -> None:
    """Write an RGB picture. Raises OutputError."""
    height, width = picture.shape[:2]
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)
    rows[:, 1:] = picture.reshape(height, 3 * width)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error.strerror}); choose another place") from None
