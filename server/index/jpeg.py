"""The structure of a JPEG picture, read from its segments. Decodes nothing."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from server.errors import DamagedMovie, NotAMovie

_PROCESSES: Final = {0xC0: "baseline", 0xC1: "extended", 0xC2: "progressive", 0xC3: "lossless",
                     0xC5: "hierarchical", 0xC6: "hierarchical", 0xC7: "hierarchical",
                     0xC9: "arithmetic", 0xCA: "arithmetic", 0xCB: "arithmetic",
                     0xCD: "arithmetic", 0xCE: "arithmetic", 0xCF: "arithmetic"}
HUFFMAN: Final = frozenset({"baseline", "extended", "progressive"})
_PIXELS_PER_BYTE: Final = 8 * 64
_SLACK: Final = 128
# Relative luma sampling (horizontal, vertical) over both chroma components.
_CHROMA: Final[Mapping[tuple[float, float], str]] = {
    (1, 1): "444", (2, 1): "422", (2, 2): "420", (1, 2): "440", (4, 1): "411", (4, 2): "410"}
_SOI, _EOI, _SOS, _DHT, _APP1, _APP14, _TEM = 0xD8, 0xD9, 0xDA, 0xC4, 0xE1, 0xEE, 0x01
# In entropy-coded data 0xFF is followed by a stuffed zero, a restart marker or fill; else it has ended.
_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What the segments before the picture data say."""

    width: int
    height: int
    chroma: str
    """`420`, `422`, `440`, `444`, `411`, `410`, `gray`, or `other`."""
    process: str
    """`baseline`, `extended`, `progressive`, `lossless`, `hierarchical` or `arithmetic`."""
    bits: int
    components: int
    orientation: int | None
    """The value of an EXIF orientation tag; decoders disagree on whether to obey it."""
    huffman: bool
    """False: it relies on the standard Huffman tables, as many Motion-JPEG files do."""
    transform: int | None
    """The colour transform of an Adobe segment: 0 RGB or CMYK, 1 YCbCr, 2 YCCK."""
    scan: int
    """Where the entropy-coded data begins, in bytes."""

    @property
    def muxable(self) -> bool:
        """Whether it can be a frame of a movie untouched: what TouchDesigner and every decoder show alike."""
        return (self.process == "baseline" and self.bits == 8 and self.components in (1, 3) and self.huffman
                and self.orientation in (None, 1) and self.chroma not in ("other", "410")
                and not (self.components == 3 and self.transform == 0))


def jpeg_header(data: bytes | memoryview) -> JpegHeader:
    """Read the header of a JPEG, whose end may be missing. Raises NotAMovie, or DamagedMovie if broken."""
    frame: _Frame | None = None
    process = ""
    orientation = transform = None
    huffman = False
    for marker, start, stop in segments(data):
        payload = bytes(data[start:stop])
        if marker in _PROCESSES:
            process, frame = _PROCESSES[marker], _frame(payload)
        elif marker == _DHT:
            huffman = True
        elif marker == _APP1 and orientation is None:
            orientation = _orientation(payload)
        elif marker == _APP14 and payload[:5] == b"Adobe" and len(payload) >= 12:
            transform = payload[11]
        elif marker == _SOS:
            if frame is None:
                raise DamagedMovie("this JPEG has no frame header; make the picture again")
            return JpegHeader(width=frame.width, height=frame.height, chroma=frame.chroma, process=process,
                              bits=frame.bits, components=frame.components, orientation=orientation,
                              huffman=huffman, transform=transform, scan=stop)
    raise DamagedMovie("this JPEG ends before its picture data; copy or make it again")


def segments(data: bytes | memoryview) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, start, stop) of each payload up to the first scan. Raises as jpeg_header does."""
    if len(data) < 3 or data[0] != 0xFF or data[1] != _SOI or data[2] != 0xFF:
        raise NotAMovie("this is no JPEG picture")
    position, end = 2, len(data)
    while position + 4 <= end:
        if data[position] != 0xFF:
            raise DamagedMovie("this JPEG has a broken header; make the picture again")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == _TEM:
            position += 2
            continue
        if marker in (0x00, _SOI, _EOI) or 0xD0 <= marker <= 0xD7:
            raise DamagedMovie("this JPEG has a broken header; make the picture again")
        length = data[position + 2] << 8 | data[position + 3]
        stop = position + 2 + length
        if length < 2 or stop > end:
            break
        yield marker, position + 4, stop
        if marker == _SOS:
            return
        position = stop


def jpeg_end(data: bytes, start: int) -> int | None:
    """Return where a picture ends (behind its EOI) whose entropy-coded data begins at `start`.

    None: not in these bytes. Raises DamagedMovie where something else begins before it has ended.
    """
    position = start
    while (match := _MARKER.search(data, position)) is not None:
        marker, position = data[match.end() - 1], match.end()
        if marker == _EOI:
            return position
        if position + 2 > len(data):
            return None
        length = data[position] << 8 | data[position + 1]
        if marker in (_SOI, _TEM) or length < 2:
            raise DamagedMovie("this JPEG breaks off; make the picture again")
        position += length
    return None


def too_many_pixels(width: int, height: int, size: int) -> bool:
    """Whether `size` bytes of a Huffman-coded JPEG cannot hold so many pixels: each 8×8 block takes a bit at least.

    Decoders believe the header, and would fill gigabytes for a few hundred bytes.
    """
    return width * height > _PIXELS_PER_BYTE * (size + _SLACK)


def jpeg_problem(data: bytes) -> str | None:
    """Say in words what is wrong with the structure of a picture, or None. Total; decodes nothing."""
    try:
        header = jpeg_header(data)
        end = jpeg_end(data, header.scan)
    except NotAMovie:
        return "is no JPEG"
    except DamagedMovie as reason:
        return f"is broken ({str(reason).partition(';')[0]})"
    if end is None:
        return "is cut short: it has no end of picture"
    if end - header.scan <= 2:
        return "holds no picture data"
    if header.process in HUFFMAN and too_many_pixels(header.width, header.height, len(data)):
        return f"states {header.width}×{header.height} pixels, more than its {len(data)} bytes can hold"
    # Containers pad to even or aligned sizes with zeros (or fill bytes); decoders skip those.
    if data[end:].strip(b"\x00\xff"):
        return f"has {len(data) - end} bytes behind its end (interlaced fields, or two pictures in one)"
    return None


class _Frame(NamedTuple):
    bits: int
    height: int
    width: int
    components: int
    chroma: str


def _frame(payload: bytes) -> _Frame:
    if len(payload) < 6:
        raise DamagedMovie("this JPEG has a broken frame header; make the picture again")
    bits, height, width, components = struct.unpack_from(">BHHB", payload)
    if not width or not height or not components or len(payload) < 6 + 3 * components:
        raise DamagedMovie("this JPEG has a broken frame header; make the picture again")
    sampling = [(payload[7 + 3 * i] >> 4, payload[7 + 3 * i] & 15) for i in range(components)]
    return _Frame(bits, height, width, components, _chroma(sampling))


def _chroma(sampling: list[tuple[int, int]]) -> str:
    if len(sampling) == 1:
        return "gray"
    (luma_h, luma_v), *rest = sampling
    ratios = {(luma_h / h, luma_v / v) for h, v in rest[:2] if h and v}
    if len(sampling) != 3 or len(ratios) != 1 or any(not h or not v for h, v in rest):
        return "other"
    return _CHROMA.get(next(iter(ratios)), "other")


def _orientation(payload: bytes) -> int | None:
    """The orientation of the first EXIF directory; anything odd reads as none."""
    if payload[:6] != b"Exif\x00\x00" or payload[6:8] not in (b"II", b"MM"):
        return None
    order = "<" if payload[6:8] == b"II" else ">"
    tiff = payload[6:]
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, directory)
        for i in range(entries):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * i)
            if tag == 0x0112 and kind == 3:
                return int(value)
    except struct.error:
        return None
    return None
