"""Colours of the generative pictures: palettes, light and the way to 8 bits. It knows no shapes."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.media.canvas import Floats

_STEPS: Final = 4096

PALETTES: Final[dict[str, tuple[str, ...]]] = {
    "ember": ("07050c", "24102c", "6f1c3f", "cf4b30", "f3a94c", "fff0cc"),
    "tide": ("030b12", "07283a", "0d6570", "46b09c", "cdebcb", "fbfae8"),
    "orchid": ("09071a", "2a1856", "753a9c", "dc74ac", "ffcdbf", "fff3e6"),
    "moss": ("070b08", "182b22", "41623a", "a3a650", "ead98f", "fbf6dc"),
    "lagoon": ("02040f", "0a2452", "1b66ad", "5cc1d6", "e9f0cf", "fffbe8"),
    "persimmon": ("0b0d18", "223158", "675a8e", "e57b63", "ffc98c", "fff2d9"),
    "verdigris": ("060c0c", "123a38", "36877a", "8fbf9a", "d99a5b", "fde7bf"),
    "dusk": ("060a16", "1a2549", "573f7c", "c4567a", "f79b6b", "ffe6bd"),
    "copper": ("08080a", "1d2129", "4a4f5d", "a0603c", "e8a873", "fff0df"),
}
"""Dark to light, as hexadecimal sRGB. One of these is taken where none is named."""
NAMED: Final[dict[str, tuple[str, ...]]] = {
    **PALETTES,
    "gold": ("0b0703", "33200a", "7d5310", "cd9320", "f7cf5e", "fff6d2"),
    "violet": ("05030f", "190d45", "4420a0", "7c52e0", "b7a0f5", "efeaff"),
    "rose": ("0e0309", "40091f", "991c54", "e64f8d", "ff9fbf", "ffe9ef"),
    "silver": ("060607", "1d1e21", "4a4c51", "8b8e94", "c9ccd0", "f8f9fa"),
    "aurora": ("050513", "2a1260", "3c4bb0", "1fa98a", "7fe57a", "f0ffd8"),
    "rainbow": ("3b0f70", "2b50c8", "19a6a0", "6cc644", "f4c430", "f4543c"),
}


def to_linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light of sRGB values 0..1 (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


_TO_LMS: Final = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                           [0.2119034982, 0.6806995451, 0.1073969566],
                           [0.0883024619, 0.2817188376, 0.6299787005]])
_TO_LAB: Final = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                           [1.9779984951, -2.4285922050, 0.4505937099],
                           [0.0259040371, 0.7827717662, -0.8086757660]])


@lru_cache(maxsize=len(NAMED))
def ramp(name: str) -> Floats:
    """(4096, 3) linear light from dark to light, even to the eye: interpolated in Oklab (Ottosson 2020)."""
    stops = np.array([[int(colour[i:i + 2], 16) / 255 for i in (0, 2, 4)] for colour in NAMED[name]])
    lab = np.cbrt(to_linear(stops) @ _TO_LMS.T) @ _TO_LAB.T
    places = np.linspace(0, 1, len(stops))
    fine = np.linspace(0, 1, _STEPS)
    lab = np.stack([np.interp(fine, places, lab[:, i]) for i in range(3)], axis=1)
    # Corners of a piecewise ramp show as lines in a smooth picture.
    width = _STEPS // 12
    kernel = np.hanning(2 * width + 1)
    padded = np.pad(lab, ((width, width), (0, 0)), mode="edge")
    lab = np.stack([np.convolve(padded[:, i], kernel / kernel.sum(), "valid") for i in range(3)], axis=1)
    linear = ((lab @ np.linalg.inv(_TO_LAB).T) ** 3) @ np.linalg.inv(_TO_LMS).T
    return np.asarray(np.clip(linear, 0, None), dtype=np.float32)


def colour(value: Floats, palette: str) -> Floats:
    """(…, 3) linear light of values 0 (dark) to 1 (light); values outside are held."""
    place = np.clip(value * np.float32(_STEPS - 1), 0, _STEPS - 1).astype(np.int32)
    return np.take(ramp(palette), place, axis=0)


def develop(light: Floats, rng: np.random.Generator) -> NDArray[np.uint8]:
    """8-bit sRGB of linear light: highlights rolled off, one step of triangular noise against banding."""
    knee = np.float32(0.7)
    over = np.maximum(light - knee, 0)
    rolled = np.minimum(light, knee) + (1 - knee) * (1 - np.exp(-over / (1 - knee)))
    fine = np.linspace(0, 1, 1 << 14)
    curve = 255 * np.where(fine <= 0.0031308, fine * 12.92, 1.055 * fine ** (1 / 2.4) - 0.055)
    # The curve is steep near black: a square-root index keeps its steps below a quarter of a level.
    place = np.sqrt(np.clip(rolled, 0, 1)) * np.float32(fine.size - 1)
    srgb = np.interp(fine ** 2, fine, curve).astype(np.float32)[place.astype(np.int32)]
    shape = (*light.shape[:2], 1)
    noise = rng.random(shape, dtype=np.float32) - rng.random(shape, dtype=np.float32)
    return np.asarray(np.clip(srgb + noise + np.float32(0.5), 0, 255), dtype=np.uint8)
