"""JPEG pictures to pixels and back: simplejpeg, OpenCV for what simplejpeg does not know. It opens no files.

One decoder throughout: two decoders differ in chroma by more than an eye forgives at a cut.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from server.errors import DamagedMovie, InputError, NotAMovie
from server.index.jpeg import jpeg_header, jpeg_problem

Picture = NDArray[np.uint8]
"""(height, width, 3) RGB."""
Plane = NDArray[np.uint8]

_SUBSAMPLING: Final = {"420": "420", "422": "422", "444": "444", "gray": "Gray"}


def decode_rgb(jpeg: bytes, out: Picture | None = None) -> Picture:
    """Decode to RGB (height, width, 3), into `out` when it is given. Raises NotAMovie, DamagedMovie.

    `out` is a C-contiguous array of exactly that shape; reuse it, fresh memory costs page faults.
    """
    try:
        picture: Picture = simplejpeg.decode_jpeg(jpeg, "RGB", buffer=out)
    except ValueError:
        picture = _decode_otherwise(jpeg)
        if out is not None:
            out[:] = picture
            return out
    return picture


def decode_thumbnail(jpeg: bytes) -> Plane:
    """Decode the luma at 1/8 size, (ceil(height / 8), ceil(width / 8)). Raises NotAMovie, DamagedMovie."""
    try:
        small: Plane = simplejpeg.decode_jpeg(jpeg, "GRAY", min_height=1, min_width=1, min_factor=8)
    except ValueError:
        import cv2

        picture = _decode_otherwise(jpeg)
        size = -(-picture.shape[1] // 8), -(-picture.shape[0] // 8)
        eighth = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.cvtColor(eighth, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return small[..., 0]


def encode_rgb(picture: NDArray[np.uint8], quality: int, chroma: str = "420") -> bytes:
    """Encode RGB (height, width, 3) as baseline JPEG, quality 1 to 100; `chroma` 420, 422, 444, gray."""
    subsampling = _SUBSAMPLING.get(chroma)
    if subsampling is None:
        raise InputError(f"chroma is one of {', '.join(_SUBSAMPLING)}, not {chroma!r}")
    data: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(picture), quality, "RGB", subsampling)
    return data


def encode_planes(y: Plane, u: Plane, v: Plane, quality: int) -> bytes:
    """Encode full-range BT.601 planes as baseline JPEG, quality 1 to 100; the shape of `u` says chroma."""
    data: bytes = simplejpeg.encode_jpeg_yuv_planes(y, u, v, quality)
    return data


def _decode_otherwise(jpeg: bytes) -> Picture:
    import cv2

    header = jpeg_header(jpeg)
    # OpenCV fills what is missing with grey and says nothing, so the structure is judged first.
    problem = jpeg_problem(jpeg)
    if problem is not None:
        raise DamagedMovie(f"this JPEG {problem}; copy or make it again")
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    decoded = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), flags)
    if decoded is None:
        raise NotAMovie(f"this JPEG ({header.process}, {header.bits} bit, {header.components} components) "
                        "is of a kind that cannot be read; save it again as an ordinary JPEG")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)
