"""Whether a movie file is all there, by what its container says of its own length. Decodes and demuxes nothing.

FFmpeg ends a movie that is cut short without a word.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from server.index.identity import stat_of, unreadable
from server.index.sampletable import whole_frames
from server.units import format_bytes

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_HEAD: Final = 4096


def cut_short(movie: Path) -> str | None:
    """Say in words how much of a movie is there when its end is missing, else None. Raises MissingFile, NotAMovie."""
    counts = whole_frames(movie)
    if counts is not None:
        whole, listed = counts
        return None if whole == listed else f"{whole} of its {listed} frames are there"
    there = stat_of(movie).st_size
    try:
        with movie.open("rb") as file:
            stated = stated_bytes(file.read(_HEAD))
    except OSError as reason:
        raise unreadable(movie, reason) from None
    if stated is None or stated <= there:
        return None
    return f"{format_bytes(there)} of its {format_bytes(stated)} are there"


def stated_bytes(head: bytes) -> int | None:
    """Return the length that a Matroska or AVI file begins by stating; None where it states none."""
    if head[:4] == b"RIFF":
        riff = int.from_bytes(head[4:8], "little")
        return 8 + riff if 0 < riff < 0xFFFFFFFF else None  # what a recorder leaves that never came to the end
    if head[:4] != _EBML:
        return None
    size, place = _length(head, 4)
    if size is None or head[place + size:place + size + 4] != _SEGMENT:
        return None
    segment, begin = _length(head, place + size + 4)
    return None if segment is None else begin + segment


def _length(data: bytes, place: int) -> tuple[int | None, int]:
    """A length of EBML and where it ends; None when it is not there, or says that it is unknown."""
    first = data[place] if place < len(data) else 0
    width = 9 - first.bit_length()
    if width > 8 or place + width > len(data):
        return None, place
    value = int.from_bytes(data[place:place + width], "big") & (1 << 7 * width) - 1
    return None if value == (1 << 7 * width) - 1 else value, place + width
