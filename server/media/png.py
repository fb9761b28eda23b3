"""Pictures as PNG, for programs that read nothing else."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_EFFORT = 3
"""zlib's level: higher ones cost far more time than they save bytes on photographs."""


def encode_png(rgb: NDArray[np.uint8]) -> bytes:
    """The bytes of an RGB picture (height, width, 3)."""
    done, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, _EFFORT])
    assert done, "an RGB picture can always be a PNG"
    return data.tobytes()
