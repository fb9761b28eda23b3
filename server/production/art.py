"""Generative pictures for a show without pictures: seeded, of any size. It knows no files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.errors import InputError
from server.media.canvas import Canvas, Floats
from server.production import art_fluid, art_geometry
from server.production.art_palette import PALETTES, develop

KINDS: Final[dict[str, Callable[[Canvas, str], Floats]]] = {
    "silk": art_fluid.silk, "marble": art_fluid.marble, "streams": art_fluid.streams,
    "caustics": art_fluid.caustics, "nebula": art_fluid.nebula, "strata": art_fluid.strata,
    "cells": art_geometry.cells, "kaleidoscope": art_geometry.kaleidoscope, "ripples": art_geometry.ripples,
    "spiral": art_geometry.spiral, "bokeh": art_geometry.bokeh,
}
_LARGEST: Final = 16384


def draw(kind: str, seed: int, width: int, height: int, palette: str | None = None) -> NDArray[np.uint8]:
    """A (height, width, 3) RGB picture; the same seed is the same picture at any size. Raises InputError."""
    if kind not in KINDS:
        raise InputError(f"no kind of picture is called {kind!r}; choose from {', '.join(KINDS)}")
    if palette is not None and palette not in PALETTES:
        raise InputError(f"no palette is called {palette!r}; choose from {', '.join(PALETTES)}")
    if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
        raise InputError(f"a picture is 1 to {_LARGEST} pixels wide and high, not {width} x {height}")
    # A slope needs two pixels.
    canvas = Canvas(abs(seed), max(width, 2), max(height, 2))
    chosen = palette or str(canvas.rng.choice(sorted(PALETTES)))
    light = KINDS[kind](canvas, chosen)
    light *= (1 - 0.16 * (canvas.x ** 2 / max(canvas.aspect / 2, 0.5) ** 2 + canvas.y ** 2 * 2))[..., None]
    return develop(light, canvas.rng)[:height, :width]
