"""Bending pictures: resampling, blur and dense flow over OpenCV. It knows no files and no frame numbers."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]
"""(height, width, 3) RGB."""


def one_thread_a_call() -> None:
    """Keep OpenCV, in this whole process, from spreading a call over all cores: who counts threads counts them all."""
    cv2.setNumThreads(1)


def sample(field: NDArray[Any], x: NDArray[Any], y: NDArray[Any], *,
           wrap: bool = False, smooth: bool = False) -> NDArray[Any]:
    """The field read at column x, row y (in its own pixels); outside it repeats (`wrap`) or mirrors."""
    border = cv2.BORDER_WRAP if wrap else cv2.BORDER_REFLECT
    kernel = cv2.INTER_CUBIC if smooth else cv2.INTER_LINEAR
    return np.asarray(cv2.remap(field, x, y, kernel, borderMode=border))


def resize(picture: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    """The picture at another size: averaged when it shrinks, smooth when it grows."""
    shrinks = width * height < picture.shape[0] * picture.shape[1]
    return np.asarray(cv2.resize(picture, (width, height),
                                 interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC))


def blur(field: NDArray[Any], sigma: float) -> NDArray[Any]:
    """Gaussian blur; sigma in pixels."""
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))


def grey(picture: Picture) -> Picture:
    """(height, width) luma."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def dense_flow(first: Picture, second: Picture) -> Floats:
    """(height, width, 2) motion in pixels from one grey picture to another (DIS, fast preset), smoothed."""
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(first, second, None)  # type: ignore[call-overload]
    return np.asarray(cv2.GaussianBlur(flow, (0, 0), 3), dtype=np.float32)


def mix(first: Picture, second: Picture, mask: Floats) -> Picture:
    """`first` where the (height, width) mask is 0, `second` where it is 1, and in proportion between."""
    weight = np.ascontiguousarray(mask, dtype=np.float32)
    return np.asarray(cv2.blendLinear(second, first, weight, 1 - weight), dtype=np.uint8)
