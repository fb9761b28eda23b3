"""What is wrong with a transition though it moves evenly: flicker, double exposure, blur or noise, drifting colour.

Arrays in, numbers out; every measure is one that a known failure cannot pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from server.media.steps import Picture, rmse
from server.media.warp import dense_flow, grey, sample

_FLAT = 1e-6


def flicker(pictures: Sequence[Picture]) -> float:
    """How far pictures lie from the mean of their neighbours moved to them, beside the mean step. 0: nothing.

    Neighbours are moved by DIS optical flow, so that real motion is no flicker; a plain second difference would
    punish it.
    """
    steps = [rmse(one, two) for one, two in pairwise(pictures)]
    mean = float(np.mean(steps)) if steps else 0.0
    if len(pictures) < 3 or mean <= _FLAT:
        return 0.0
    greys = [grey(picture) for picture in pictures]
    return float(np.mean([_stray(pictures, greys, number) for number in range(1, len(pictures) - 1)])) / mean


def crossfade(first: Picture, second: Picture, count: int) -> list[Picture]:
    """The plain dissolve between two pictures: what a transition is measured beside."""
    parts = np.linspace(0.0, 1.0, count)
    return [np.asarray(cv2.addWeighted(first, 1 - part, second, part, 0), dtype=np.uint8) for part in parts]


def ghost(first: Picture, second: Picture, middle: Picture) -> float:
    """R² of the middle as a mixture of both ends and a constant: 1 is a double exposure, 0 a picture of its own."""
    wanted = middle.astype(np.float64).ravel()
    spread = float(((wanted - wanted.mean()) ** 2).sum())
    if spread <= _FLAT:
        return 0.0
    parts = np.stack([first.ravel(), second.ravel(), np.ones(wanted.size)], axis=1).astype(np.float64)
    found, *_ = np.linalg.lstsq(parts, wanted, rcond=None)
    return float(1 - ((wanted - parts @ found) ** 2).sum() / spread)


def sharpness(pictures: Sequence[Picture]) -> tuple[float, float]:
    """(lowest, highest) variance of the Laplacian inside, beside what the ends have.

    The lowest is beside the softer end: 0.5 is the blur of a double exposure. The highest is beside the sharper one:
    far above 1 is noise.
    """
    details = [float(cv2.Laplacian(grey(picture), cv2.CV_64F).var()) for picture in pictures]
    inside = details[1:-1] or details
    ends = details[0], details[-1]
    return (min(inside) / min(ends) if min(ends) > _FLAT else 1.0,
            max(inside) / max(ends) if max(ends) > _FLAT else 1.0)


def colour_drift(pictures: Sequence[Picture]) -> float:
    """How far mean colours leave the straight way from the first to the last, in levels 0 to 255."""
    means = np.array([mean_colour(picture) for picture in pictures])
    way = means[-1] - means[0]
    length = float(way @ way)
    along = np.clip((means - means[0]) @ way / length, 0, 1) if length > _FLAT else np.zeros(len(means))
    return float(np.linalg.norm(means - means[0] - along[:, None] * way, axis=1).max())


def mean_colour(picture: Picture) -> tuple[float, float, float]:
    """The mean of each channel, in levels."""
    red, green, blue, _ = cv2.mean(picture)
    return red, green, blue


def psnr(first: Picture, second: Picture) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures."""
    apart = rmse(first, second)
    return float("inf") if apart == 0 else float(20 * np.log10(255 / apart))


def _stray(pictures: Sequence[Picture], greys: Sequence[NDArray[np.uint8]], number: int) -> float:
    height, width = greys[number].shape
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    moved = []
    for neighbour in (number - 1, number + 1):
        flow = dense_flow(greys[number], greys[neighbour])
        moved.append(sample(pictures[neighbour], columns + flow[..., 0], rows + flow[..., 1]).astype(np.float32))
    return rmse(pictures[number], np.asarray((moved[0] + moved[1]) / 2))
