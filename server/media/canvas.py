"""The plane that generative pictures and morphs are drawn on: coordinates, seeded noise, small shaping functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.media.warp import sample

Floats = NDArray[Any]
"""Single-precision values of every pixel; NumPy's types call each product with a number double."""

TAU = np.float32(2 * np.pi)
_TILE = 1024
_PERIODS = 8


def smoothstep(low: float, high: float, value: Floats) -> Floats:
    """0 below `low`, 1 above `high`, and a smooth rise between (`low` may be the greater)."""
    t: Floats = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


class Canvas:
    """A plane of any size whose drawing depends on the seed only: its height is `span`, its middle (0, 0)."""

    def __init__(self, seed: int, width: int, height: int, span: float = 1.0) -> None:
        self.rng = np.random.default_rng(seed)
        self.width, self.height, self.span = width, height, span
        self.aspect = width / height
        self.unit = height / span
        """Pixels of a length of 1."""
        columns = (np.arange(width, dtype=np.float32) + np.float32(0.5) - np.float32(width / 2)) / np.float32(self.unit)
        rows = (np.arange(height, dtype=np.float32) + np.float32(0.5)) / np.float32(self.unit) - np.float32(span / 2)
        self.x: Floats
        self.y: Floats
        self.x, self.y = (np.ascontiguousarray(part) for part in np.meshgrid(columns, rows))
        self._tiles: dict[float, Floats] = {}

    def between(self, low: float, high: float) -> np.float32:
        """A seeded number, evenly from [low, high)."""
        return np.float32(self.rng.uniform(low, high))

    def noise(self, x: Floats, y: Floats, scale: float, slope: float = 3.0) -> Floats:
        """Noise of mean 0 and deviation 1, about `scale` features a unit; each call is another field.

        Slope is how fast finer octaves fade: 2 stone, 3 clouds, 5 silk.
        """
        tile = self._tile(slope)
        shift = self.rng.uniform(0, _TILE, 2)
        step = np.float32(scale * _TILE / _PERIODS)
        # A remap reaches no further than 32767 pixels.
        u = (x * step + np.float32(shift[0])) % np.float32(_TILE)
        v = (y * step + np.float32(shift[1])) % np.float32(_TILE)
        return np.asarray(sample(tile, u, v, wrap=True, smooth=True), dtype=np.float32)

    def waves(self, x: Floats, y: Floats, scale: float, count: int = 12) -> Floats:
        """Silky noise of mean 0 and deviation 1 as a sum of plane waves.

        Exact to the last digit, so it may be differentiated, which sampled noise may not: a remap
        places its samples to a 32nd of a pixel, and slopes show that as stairs.
        """
        total = np.zeros_like(x)
        turn = self.rng.uniform(0, float(TAU))
        for i in range(count):
            angle = turn + (i + self.rng.uniform(-0.4, 0.4)) * np.pi / count
            pitch = float(TAU) * scale * 0.45 * 2 ** self.rng.uniform(-1.0, 1.0)
            across = np.float32(pitch * np.cos(angle)) * x
            across += np.float32(pitch * np.sin(angle)) * y
            across += np.float32(self.rng.uniform(0, float(TAU)))
            total += np.sin(across, out=across)
        return np.asarray(total * np.float32((2 / count) ** 0.5), dtype=np.float32)

    def slopes(self, height: Floats) -> tuple[Floats, Floats]:
        """How fast a field rises towards the right and downwards, a unit of length."""
        down, right = np.gradient(height)
        return right * np.float32(self.unit), down * np.float32(self.unit)

    def _tile(self, slope: float) -> Floats:
        """A repeating square of noise with a power-law spectrum."""
        if slope not in self._tiles:
            spectrum = np.fft.rfft2(self.rng.standard_normal((_TILE, _TILE), dtype=np.float32))
            period = np.hypot(np.fft.fftfreq(_TILE)[:, None], np.fft.rfftfreq(_TILE)[None, :]) * _TILE
            band = np.where(period >= 2, (_PERIODS ** 2 + period ** 2) ** (-slope / 2), 0.0)
            field = np.fft.irfft2(spectrum * band, s=(_TILE, _TILE))
            self._tiles[slope] = ((field - field.mean()) / field.std()).astype(np.float32)
        return self._tiles[slope]
