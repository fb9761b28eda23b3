"""Picture files to upright 8-bit RGB, saying what was lost on the way. It knows no movies.

JPEG goes through the one JPEG decoder, the rest through OpenCV, always from memory: OpenCV opens no file whose
name is not ASCII on Windows.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from server.errors import DamagedMovie, NotAMovie
from server.index.identity import unreadable
from server.media.jpeg import PIXELS_MAX, decode_rgb
from server.media.orientation import orientation_of, upright

SUFFIXES: Final = frozenset((".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".bmp", ".dib",
                             ".ppm", ".pgm", ".pnm", ".pbm", ".jp2", ".tga", ".hdr", ".exr", ".avif"))
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def _silence() -> None:
    """OpenCV's own complaints name no file; ours do. Version 4 and 5 keep the switch in different places."""
    switch = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
    switch(0)


_silence()

ALPHA: Final = "alpha"
DEEP: Final = "deep"
FLOATS: Final = "floats"
LOSSES: Final = {
    ALPHA: "has transparency: it was laid over black",
    DEEP: "has 16 bits a channel: a JPEG keeps 8",
    FLOATS: "has floating-point values: they were cut to 0…1",
}
"""What a decoded picture can have lost, and how to say it."""


@dataclass(frozen=True, slots=True)
class LoadedPicture:
    """RGB (height, width, 3), and the keys of `LOSSES` that apply."""

    rgb: NDArray[np.uint8]
    losses: frozenset[str] = frozenset()


def is_picture(path: Path) -> bool:
    """Whether a name looks like a picture; its bytes are not looked at."""
    return path.suffix.lower() in SUFFIXES


def read_picture(path: Path) -> bytes:
    """Read a picture file. Raises MissingFile, NotAMovie when it is empty or a folder."""
    if path.is_dir():
        raise NotAMovie(f"{path} is a folder, not a picture")
    try:
        data = path.read_bytes()
    except OSError as reason:
        raise unreadable(path, reason) from None
    if not data:
        raise NotAMovie(f"{path} is empty; copy or make it again")
    return data


def load_picture(path: Path) -> LoadedPicture:
    """Decode a picture file. Raises MissingFile, NotAMovie, DamagedMovie, all naming the file."""
    return decode_picture(read_picture(path), path)


def decode_picture(data: bytes, path: Path) -> LoadedPicture:
    """Decode the bytes of a picture; `path` is only named in errors. Raises NotAMovie, DamagedMovie."""
    try:
        if data[:3] == b"\xff\xd8\xff":
            try:
                rgb, losses = decode_rgb(data), frozenset[str]()
            except (NotAMovie, DamagedMovie) as reason:
                raise type(reason)(f"{path}: {reason}") from None
        else:
            rgb, losses = _decode(data, path)
        return LoadedPicture(np.ascontiguousarray(upright(rgb, orientation_of(data))), losses)
    except MemoryError:
        raise NotAMovie(f"{path} is larger than the memory there is; make it smaller") from None


def _decode(data: bytes, path: Path) -> tuple[NDArray[np.uint8], frozenset[str]]:
    _check_png(data, path)
    try:
        decoded = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        decoded = None
    if decoded is None:
        kind = DamagedMovie if is_picture(path) else NotAMovie
        raise kind(f"{path} cannot be read as a picture: it is cut short, broken, or of a kind that is not known; "
                   "save it again as PNG or JPEG")
    pixels, losses = _as_bytes(decoded)
    alpha = _colour_key(data, decoded)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    elif pixels.shape[2] == 4:
        alpha = pixels[..., 3]
    rgb = np.ascontiguousarray(pixels[..., 2::-1])
    if alpha is None or bool((alpha == 255).all()):
        return rgb, losses
    return over_black(rgb, alpha), losses | {ALPHA}


def over_black(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay RGB (height, width, 3) with straight alpha (height, width) over black."""
    cover = np.repeat(alpha[..., None], 3, axis=2)
    return np.asarray(cv2.multiply(rgb, cover, scale=1 / 255), dtype=np.uint8)


def _as_bytes(decoded: NDArray[Any]) -> tuple[NDArray[np.uint8], frozenset[str]]:
    if decoded.ndim == 3 and decoded.shape[2] == 1:
        decoded = decoded[..., 0]
    if decoded.dtype == np.uint8:
        return decoded, frozenset()
    if decoded.dtype == np.uint16:
        return ((decoded.astype(np.uint32) + 128) // 257).astype(np.uint8), frozenset({DEEP})
    floats = np.nan_to_num(decoded.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0)
    return np.rint(floats.clip(0, 1) * 255).astype(np.uint8), frozenset({FLOATS})


def _check_png(data: bytes, path: Path) -> None:
    """Walk the chunks of a PNG: some versions of OpenCV turn a cut-off one into a half black picture."""
    if data[:8] != _PNG:
        return
    width, height = struct.unpack_from(">II", data, 16) if len(data) >= 24 else (0, 0)
    if width * height > PIXELS_MAX:
        raise NotAMovie(f"{path} states {width}×{height} pixels; make it smaller")
    place = 8
    while place + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 8 + length
        if end + 4 > len(data):
            break
        if zlib.crc32(data[place + 4:end]) != int.from_bytes(data[end:end + 4], "big"):
            raise DamagedMovie(f"{path} is damaged: a checksum in it is wrong; copy or make it again")
        if name == b"IEND":
            return
        place = end + 4
    raise DamagedMovie(f"{path} is cut short; copy or make it again")


def _colour_key(data: bytes, decoded: NDArray[Any]) -> NDArray[np.uint8] | None:
    """The alpha of a grey PNG with one transparent level, which OpenCV ignores."""
    if data[:8] != _PNG or decoded.ndim != 2:
        return None
    found = data.find(b"tRNS", 8, data.find(b"IDAT"))
    if found < 0 or data[found - 4:found] != b"\0\0\0\2":
        return None
    level = int.from_bytes(data[found + 4:found + 6], "big")
    bits = data[24]
    scaled = level * 255 // ((1 << bits) - 1) if bits < 8 else level
    return np.where(decoded == scaled, 0, 255).astype(np.uint8)


def picture_size(path: Path) -> tuple[int, int]:
    """Return width and height as shown. Raises as load_picture does."""
    height, width = load_picture(path).rgb.shape[:2]
    return width, height


