"""A drawn picture as a file of the kind that its name asks for. It knows nothing of what is on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.media.part_file import output_error, write_file

_QUALITY: Final = 92


def write_picture(out: Path, rgb: NDArray[np.uint8], *, overwrite: bool = False) -> None:
    """Write (height, width, 3) pixels as .png or .jpg, all or nothing. Raises OutputError."""
    kind = out.suffix.lower()
    options: list[Any] = [] if kind == ".png" else [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    done, data = cv2.imencode(kind, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise output_error(out, OSError("the picture could not be encoded"))
    write_file(out, data.tobytes(), overwrite=overwrite)
