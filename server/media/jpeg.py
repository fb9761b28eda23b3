"""JPEG pictures to pixels and back: simplejpeg, OpenCV for what simplejpeg does not know. It opens no files.

One decoder throughout: two decoders differ in chroma by more than an eye forgives at a cut.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from server.errors import DamagedMovie, InputError, NotAMovie
from server.index.jpeg import HUFFMAN, jpeg_header, jpeg_problem, too_many_pixels

Picture = NDArray[np.uint8]
"""(height, width, 3) RGB."""
Plane = NDArray[np.uint8]

PIXELS_MAX: Final = 1 << 28
"""Of one picture, as many as the largest texture has."""
_SUBSAMPLING: Final = {"420": "420", "422": "422", "444": "444", "gray": "Gray"}


def decode_rgb(jpeg: bytes, out: Picture | None = None, *, smooth: bool = True) -> Picture:
    """Decode to RGB (height, width, 3), into `out` when it is given. Raises NotAMovie, DamagedMovie.

    `out` is a C-contiguous array of exactly that shape; reuse it, fresh memory costs page faults. `smooth` blends
    4:2:0 chroma between its samples; without, as FFmpeg and torchcodec decode, it takes a tenth less time.
    """
    try:
        refuse_too_large(jpeg)
        picture: Picture = simplejpeg.decode_jpeg(jpeg, "RGB", buffer=out, fastupsample=not smooth)
    except ValueError as reason:
        if _only_extraneous(jpeg, reason):
            return np.asarray(simplejpeg.decode_jpeg(jpeg, "RGB", buffer=out, strict=False), dtype=np.uint8)
        picture = _decode_otherwise(jpeg, reason)
        if out is not None:
            out[:] = picture
            return out
    return picture


def decode_thumbnail(jpeg: bytes) -> Plane:
    """Decode the luma at 1/8 size, (ceil(height / 8), ceil(width / 8)). Raises NotAMovie, DamagedMovie."""
    try:
        refuse_too_large(jpeg)
        small: Plane = simplejpeg.decode_jpeg(jpeg, "GRAY", min_height=1, min_width=1, min_factor=8)
    except ValueError as reason:
        import cv2

        picture = decode_rgb(jpeg) if _only_extraneous(jpeg, reason) else _decode_otherwise(jpeg, reason)
        size = -(-picture.shape[1] // 8), -(-picture.shape[0] // 8)
        eighth = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.cvtColor(eighth, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return small[..., 0]


def jpeg_damage(jpeg: bytes) -> str | None:
    """Say in words what is wrong with a picture, its inside included, or None. Decodes it at 1/8 size."""
    problem = jpeg_problem(jpeg)
    if problem is None:
        try:
            decode_thumbnail(jpeg)
        except (NotAMovie, DamagedMovie) as reason:
            problem = str(reason).removeprefix("this JPEG ").partition(";")[0]
    return problem


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


def refuse_too_large(jpeg: bytes) -> None:
    """Raise DamagedMovie before a decoder takes memory for pixels that cannot be there; ValueError for no JPEG.

    A progressive one is unpacked whole before the first pixel: where that is too much, the decoder ends the process.
    """
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(jpeg, strict=False)
    except KeyError:  # it has no name for a chroma that its decoder may know all the same
        header = jpeg_header(jpeg)
        height, width = header.height, header.width
    if width * height > PIXELS_MAX or too_many_pixels(width, height, len(jpeg)):
        raise DamagedMovie(f"this JPEG states {width}×{height} pixels, more than its {len(jpeg)} bytes can hold, or "
                           "than is shown anywhere; make it again")


def _only_extraneous(jpeg: bytes, reason: ValueError) -> bool:
    """Whether all that is wrong are bytes that decoders skip, as some cameras and old programs leave them."""
    return "extraneous bytes before marker 0xd9" in str(reason) and jpeg_problem(jpeg) is None


def _decode_otherwise(jpeg: bytes, reason: ValueError) -> Picture:
    import cv2

    header = jpeg_header(jpeg)
    # OpenCV fills what is missing with grey and says nothing, so the structure is judged first.
    problem = jpeg_problem(jpeg)
    if problem is not None:
        raise DamagedMovie(f"this JPEG {problem}; copy or make it again")
    if header.bits == 8 and header.components in (1, 3) and header.process in HUFFMAN:
        # The other decoder would mend it with smears and print its complaint past us.
        raise DamagedMovie(f"this JPEG is damaged inside ({_words(reason)}); copy or make it again")
    if header.width * header.height > PIXELS_MAX:
        raise NotAMovie(f"this JPEG states {header.width}×{header.height} pixels; make it smaller")
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    decoded = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), flags)
    if decoded is None:
        raise NotAMovie(f"this JPEG ({header.process}, {header.bits} bit, {header.components} components) "
                        "is of a kind that cannot be read; save it again as an ordinary JPEG")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _words(reason: ValueError) -> str:
    return str(reason).removeprefix("Corrupt JPEG data: ").strip()
