"""Pictures as the texture operators compute them: uint8 RGBA, (height, width, 4), as 8-bit textures are."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


@lru_cache(maxsize=32)
def filled(height: int, width: int, rgba: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)) -> Picture:
    """One colour; 0 to 1."""
    picture = np.empty((height, width, 4), dtype=np.uint8)
    picture[:] = quantised(np.array(rgba, dtype=np.float32) * 255)
    picture.setflags(write=False)
    return picture


def quantised(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)


def of_rgb(rgb: NDArray[np.uint8]) -> Picture:
    """An opaque picture."""
    picture = np.empty((*rgb.shape[:2], 4), dtype=np.uint8)
    picture[..., :3], picture[..., 3] = rgb, 255
    return picture


def scaled(picture: Picture, height: int, width: int) -> Picture:
    """Nearest neighbours."""
    if picture.shape[:2] == (height, width):
        return picture
    rows = np.arange(height) * picture.shape[0] // height
    columns = np.arange(width) * picture.shape[1] // width
    result: Picture = picture[rows[:, None], columns]
    return result


def fitted(picture: Picture, height: int, width: int, how: str,
           ground: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)) -> Picture:
    """Fill, or keep the shape: inside, outside, by one side, or pixel for pixel; always centred."""
    high, wide = picture.shape[:2]
    if how == "fill" or (high, wide) == (height, width):
        return scaled(picture, height, width)
    across, up = width / wide, height / high
    factor = {"fithorz": across, "fitvert": up, "fitbest": min(across, up), "fitoutside": max(across, up),
              "fitworst": max(across, up), "nativeres": 1.0}[how]
    inner = scaled(picture, max(1, round(high * factor)), max(1, round(wide * factor)))
    out = filled(height, width, ground).copy()
    top, left = (height - inner.shape[0]) // 2, (width - inner.shape[1]) // 2
    y, x = max(0, top), max(0, left)
    part = inner[max(0, -top):, max(0, -left):][:height - y, :width - x]
    out[y:y + part.shape[0], x:x + part.shape[1]] = part
    return out


def times(picture: Picture, factor: float, *, alpha: bool = True) -> Picture:
    """Every channel scaled."""
    if factor == 1.0:
        return picture
    result = quantised(picture.astype(np.float32) * np.float32(factor))
    if not alpha:
        result[..., 3] = picture[..., 3]
    return result


def blended(first: Picture, second: Picture, amount: float) -> Picture:
    """From one to the other."""
    if amount <= 0.0:
        return first
    if amount >= 1.0:
        return second
    return quantised(first * np.float32(1 - amount) + second * np.float32(amount))


def combined(operand: str, first: Picture, second: Picture) -> Picture:
    """Two pictures of one size; channels are premultiplied. KeyError for an operand that is not known here."""
    if operand == "add":
        added: Picture = np.minimum(first.astype(np.uint16) + second, 255).astype(np.uint8)
        return added
    if operand == "over" and not first.any():
        return second
    a, b = first.astype(np.float32), second.astype(np.float32)
    alpha_a, alpha_b = a[..., 3:] / 255, b[..., 3:] / 255
    results: dict[str, Any] = {
        "over": lambda: a + b * (1 - alpha_a), "under": lambda: b + a * (1 - alpha_b),
        "multiply": lambda: a * b / 255, "maximum": lambda: np.maximum(a, b), "minimum": lambda: np.minimum(a, b),
        "average": lambda: (a + b) / 2, "subtract": lambda: a - b, "difference": lambda: np.abs(a - b),
        "screen": lambda: 255 - (255 - a) * (255 - b) / 255, "atop": lambda: a * alpha_b + b * (1 - alpha_a),
        "inside": lambda: a * alpha_b, "outside": lambda: a * (1 - alpha_b)}
    return quantised(results[operand]())
