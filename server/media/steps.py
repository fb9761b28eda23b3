"""How far neighbouring pictures of a transition lie apart, and how evenly. Arrays in, numbers out.

The distance is FLIP (Andersson et al., "FLIP: A Difference Evaluator for Alternating Images", HPG 2020), by its
authors' own package: of the measures that need no trained weights it is the steadiest over contents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.errors import InputError

Picture = NDArray[np.uint8]
"""(height, width, 3) RGB."""


def flip(first: Picture, second: Picture) -> float:
    """Mean FLIP of two pictures of one size, 0 (the same) to 1. Raises InputError without its package."""
    measure = _flip()
    one, two = (np.ascontiguousarray(picture, dtype=np.float32) / np.float32(255) for picture in (first, second))
    _, mean, _ = measure(one, two, "LDR", applyMagma=False)
    return float(mean)


def rmse(first: Picture, second: Picture) -> float:
    """Root mean square distance in levels, 0 to 255."""
    apart = np.subtract(first, second, dtype=np.float32).ravel()
    return float(np.sqrt(np.dot(apart, apart) / apart.size))


def steps_of(pictures: Iterable[Picture]) -> list[float]:
    """FLIP from each picture to the next."""
    return [flip(one, two) for one, two in pairwise(pictures)]


def evenness(steps: Sequence[float]) -> float:
    """1 - Gini coefficient of the steps: 1 when all are equal, 0 when one has everything.

    He et al., "AID: Attention Interpolation of Text-to-Image Diffusion", NeurIPS 2024, call it smoothness.
    """
    ordered = np.sort(np.asarray(steps, dtype=np.float64))
    total = ordered.sum()
    if ordered.size < 2 or total <= 0:
        return 1.0
    ranks = np.arange(1, ordered.size + 1)
    return float(1 - (2 * (ranks * ordered).sum() / (ordered.size * total) - (ordered.size + 1) / ordered.size))


def peak(steps: Sequence[float]) -> float:
    """The largest step beside the mean one; 1 where nothing moves."""
    mean = float(np.mean(steps)) if len(steps) else 0.0
    return float(np.max(steps)) / mean if mean > 0 else 1.0


def _flip() -> Any:
    try:
        from flip_evaluator import evaluate
    except ImportError:
        raise InputError("transitions are judged by the package flip-evaluator, which there is for Windows, macOS "
                         "and Linux on usual processors; on this machine it is missing") from None
    return evaluate
