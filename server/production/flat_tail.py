"""Whether a picture is only partly there, although its file is whole: the rest was filled by whatever saved it.

A program that reads a half fetched picture fills what is missing with one value, exactly, in every channel of every
pixel down to the last row, and the picture breaks off there. Art that is dark is never that exact, a frame of black
bars has them at the top too, and what fades into black does not break off.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_FILLS: Final = (0, 127, 128, 129, 255)
"""Black or white memory, and the mid-grey that JPEG decoders put."""
_LEAST: Final = 1 / 32
"""Part of the height."""
_STEP: Final = 12
"""Levels by which the last row with a picture in it must differ from the filling, on average."""
_WIDE: Final = 0.6
"""Part of the width in which it must differ at all."""


def missing_part(rgb: NDArray[np.uint8]) -> str:
    """Say in words how much of a picture (height, width, 3) was filled in; empty when all of it is there."""
    height = rgb.shape[0]
    fill = rgb[-1, -1]
    if int(fill[0]) not in _FILLS or not bool((fill == fill[0]).all()):
        return ""
    flat = (rgb == fill[0]).all(axis=(1, 2))
    if flat.all():
        return f"every pixel is {_named(fill)}: nothing was drawn, or nothing of it arrived"
    rows = int(np.argmin(flat[::-1]))
    if rows < max(2, height * _LEAST) or flat[0]:
        return ""
    apart = np.abs(rgb[height - rows - 1].astype(np.int16) - int(fill[0])).max(axis=1)
    # The row in which it broke off may be filled from the middle on.
    above = np.abs(rgb[height - rows - 2].astype(np.int16) - int(fill[0])).max(axis=1)
    edge = np.maximum(apart, above)
    if float(edge.mean()) < _STEP or float((edge > 2).mean()) < _WIDE:
        return ""
    return (f"its last {rows} of {height} rows are exactly {_named(fill)} and the picture breaks off there: "
            f"the lower {round(100 * rows / height)} % was cut off before it was saved")


def _named(fill: NDArray[np.uint8]) -> str:
    return {0: "black", 255: "white"}.get(int(fill[0]), f"grey ({int(fill[0])})")
