"""Which way up a picture is to be shown, by its EXIF tag in JPEG, PNG, WebP or TIFF bytes. It decodes nothing."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_TAG: Final = 0x0112
_SHORT: Final = 3
_PNG: Final = b"\x89PNG\r\n\x1a\n"

_TURNS: Final[Mapping[int, Callable[[NDArray[Any]], NDArray[Any]]]] = {
    2: lambda picture: picture[:, ::-1],
    3: lambda picture: picture[::-1, ::-1],
    4: lambda picture: picture[::-1],
    5: lambda picture: np.swapaxes(picture, 0, 1),
    6: lambda picture: np.swapaxes(picture, 0, 1)[:, ::-1],
    7: lambda picture: np.swapaxes(picture, 0, 1)[::-1, ::-1],
    8: lambda picture: np.swapaxes(picture, 0, 1)[::-1],
}


def orientation_of(data: bytes) -> int:
    """Return the EXIF orientation, 1 to 8; 1, upright, where there is none or it makes no sense."""
    for tiff in _exif_blocks(data):
        value = _orientation(tiff)
        if value is not None:
            return value
    return 1


def upright(picture: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn and mirror a picture (height, width, …) as its orientation says; a view where possible."""
    turn = _TURNS.get(orientation)
    return picture if turn is None else turn(picture)


def _exif_blocks(data: bytes) -> Iterator[bytes]:
    if data[:2] == b"\xff\xd8":
        yield from _in_jpeg(data)
    elif data[:8] == _PNG:
        yield from _in_chunks(data, 8, ">", b"eXIf", size_first=True, trailer=4)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        yield from _in_chunks(data, 12, "<", b"EXIF", size_first=False, trailer=0)
    elif data[:4] in (b"II*\x00", b"MM\x00*"):
        yield data


def _in_jpeg(data: bytes) -> Iterator[bytes]:
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:
        if data[place + 1] == 0xFF:
            place += 1
            continue
        length = int.from_bytes(data[place + 2:place + 4], "big")
        if data[place + 1] == 0xE1 and data[place + 4:place + 10] == b"Exif\0\0":
            yield data[place + 10:place + 2 + length]
        place += 2 + length


def _in_chunks(data: bytes, place: int, order: str, wanted: bytes, *, size_first: bool,
               trailer: int) -> Iterator[bytes]:
    while place + 8 <= len(data):
        if size_first:
            length, name = struct.unpack_from(order + "I4s", data, place)
        else:
            name, length = struct.unpack_from(order + "4sI", data, place)
            length += length % 2
        if name == wanted:
            yield data[place + 8:place + 8 + length].removeprefix(b"Exif\0\0")
        place += 8 + length + trailer


def _orientation(tiff: bytes) -> int | None:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, directory)
        for entry in range(entries):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * entry)
            if tag == _TAG:
                return value if kind == _SHORT and 1 <= value <= 8 else None
    except struct.error:
        return None
    return None
