"""Generative pictures for a show without pictures: seeded, of any size, by name or by words. It knows no files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.errors import InputError
from server.media.canvas import Canvas, Floats
from server.production import art_fluid, art_geometry, art_growth, art_signs
from server.production.art_finish import FINISHES
from server.production.art_palette import NAMED, PALETTES, develop
from server.production.art_words import Recipe

KINDS: Final[dict[str, Callable[[Canvas, str], Floats]]] = {
    "silk": art_fluid.silk, "marble": art_fluid.marble, "streams": art_fluid.streams,
    "caustics": art_fluid.caustics, "nebula": art_fluid.nebula, "strata": art_fluid.strata,
    "cells": art_geometry.cells, "kaleidoscope": art_geometry.kaleidoscope, "ripples": art_geometry.ripples,
    "spiral": art_geometry.spiral, "bokeh": art_geometry.bokeh,
}
PATTERNS: Final[dict[str, Callable[[Canvas, str], Floats]]] = {
    "plasma": art_signs.plasma, "voronoi": art_geometry.cells, "flow": art_fluid.streams, "coral": art_growth.coral,
    "kaleidoscope": art_geometry.kaleidoscope, "rings": art_signs.rings, "rays": art_signs.rays,
    "spiral": art_geometry.spiral, "waves": art_signs.waves, "lightning": art_growth.lightning,
    "stars": art_growth.stars, "bokeh": art_geometry.bokeh, "marble": art_fluid.marble, "truchet": art_signs.truchet,
    "fractal": art_growth.fractal, "gradient": art_signs.gradient,
}
"""What the words of `art_word_table` draw."""
SPANS: Final = {"": 1.0, "sparse": 0.62, "dense": 1.7}
_LARGEST: Final = 16384


def draw(kind: str, seed: int, width: int, height: int, palette: str | None = None) -> NDArray[np.uint8]:
    """A (height, width, 3) RGB picture; the same seed is the same picture at any size. Raises InputError."""
    if kind not in KINDS:
        raise InputError(f"no kind of picture is called {kind!r}; choose from {', '.join(KINDS)}")
    if palette is not None and palette not in NAMED:
        raise InputError(f"no palette is called {palette!r}; choose from {', '.join(NAMED)}")
    _check_size(width, height)
    # A slope needs two pixels.
    canvas = Canvas(abs(seed), max(width, 2), max(height, 2))
    chosen = palette or str(canvas.rng.choice(sorted(PALETTES)))
    light = KINDS[kind](canvas, chosen)
    light *= (1 - 0.16 * (canvas.x ** 2 / max(canvas.aspect / 2, 0.5) ** 2 + canvas.y ** 2 * 2))[..., None]
    return develop(light, canvas.rng)[:height, :width]


def paint(recipe: Recipe, seed: int, width: int, height: int) -> NDArray[np.uint8]:
    """A (height, width, 3) RGB picture of a recipe's words; the same seed is the same picture. Raises InputError."""
    _check_size(width, height)
    canvas = Canvas(abs(seed), max(width, 2), max(height, 2), SPANS[recipe.density])
    light = PATTERNS[recipe.pattern](canvas, recipe.palette)
    for word in (recipe.motion, recipe.symmetry, recipe.light):
        if word:
            light = FINISHES[word](canvas, np.ascontiguousarray(light, dtype=np.float32))
    return develop(light, canvas.rng)[:height, :width]


def _check_size(width: int, height: int) -> None:
    if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
        raise InputError(f"a picture is 1 to {_LARGEST} pixels wide and high, not {width} x {height}")
