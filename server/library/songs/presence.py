"""A first look at one file of a song: is it there, whole at both ends, what does its index say. It decodes nothing."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Final

from server.errors import DamagedMovie, MediaError, MissingFile, NotAMovie
from server.index.format import RECOVERED
from server.index.jpeg import jpeg_header, jpeg_problem
from server.index.opening import open_index
from server.library.graph.song_graph import Presence
from server.library.songs.catalogue import GLANCE, UNREAD, Finding
from server.library.songs.listing import Stamp
from server.library.songs.stage_list import StageList, made_of

Size = tuple[int, int]
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_END: Final = b"\0\0\0\0IEND\xaeB`\x82"
_JPEG: Final = b"\xff\xd8\xff"
_JPEG_END: Final = b"\xff\xd9"
_COMMON: Final = (".png", ".jpg", ".jpeg")
_OTHERS: Final = (b"RIFF", b"II*\0", b"MM\0*", b"BM")
"""WebP, TIFF and BMP, which decoders recognise under any name."""
_HEAD: Final = 1 << 14
_TAIL: Final = 64
NO_SIZE: Final = (0, 0)


def glance_at_picture(path: Path, stamp: Stamp, stages: StageList | None = None, key: str = "") -> Finding:
    """Look at head and end of a picture file, and find its stage frame of this `key` in a list. Never raises."""
    size, problem, stage = NO_SIZE, wrong_kind(stamp, "picture"), ""
    if not problem:
        try:
            size, problem = _ends_of_picture(path)
            if stages and key and not problem:
                stage = stages.get(made_of(path.read_bytes(), key), "")
        except OSError as failure:
            stamp, problem = UNREAD, f"it cannot be read: {failure.strerror or failure}"
    presence = Presence.DAMAGED if problem else Presence.EXISTS
    return Finding(stamp, GLANCE, presence, problem, width=size[0], height=size[1], stage=stage,
                   stage_key=key if stage else "")


def glance_at_movie(path: Path, stamp: Stamp) -> Finding:
    """Look at the index of a movie, which is rebuilt and remembered where it is missing. Never raises."""
    problem = wrong_kind(stamp, "movie")
    if problem:
        return Finding(stamp, GLANCE, Presence.DAMAGED, problem)
    try:
        index = open_index(path)
    except MissingFile as failure:
        return Finding(UNREAD, GLANCE, Presence.DAMAGED, str(failure).partition(";")[0])
    except MediaError as failure:
        return Finding(stamp, GLANCE, Presence.DAMAGED, str(failure).partition(";")[0])
    if index.made is not None and RECOVERED in index.made:
        return Finding(stamp, GLANCE, Presence.DAMAGED, "it is cut short or was never finished: "
                       f"{index.count} frames of it were found", index.count, index.width, index.height)
    if not index.intra:
        return Finding(stamp, GLANCE, Presence.DAMAGED, "it is long-GOP and cannot be played by frame", index.count,
                       index.width, index.height)
    return Finding(stamp, GLANCE, Presence.EXISTS, "", index.count, index.width, index.height, index.ends)


def glance_at_frames(path: Path, stamp: Stamp) -> Finding:
    """Count the pictures of a folder of frames. Never raises."""
    if not stamp.folder:
        return Finding(stamp, GLANCE, Presence.DAMAGED, "it is a file where a folder of frames should be")
    try:
        with os.scandir(path) as entries:
            count = sum(1 for entry in entries if entry.name.lower().endswith((".png", ".jpg", ".jpeg")))
    except OSError as failure:
        return Finding(UNREAD, GLANCE, Presence.DAMAGED, f"it cannot be read: {failure.strerror or failure}")
    if not count:
        return Finding(stamp, GLANCE, Presence.DAMAGED, "the folder is there, but no frames are in it")
    return Finding(stamp, GLANCE, Presence.EXISTS, frames=count)


def wrong_kind(stamp: Stamp, what: str) -> str:
    """Say in words why this cannot be a picture or a movie at all; empty when it can."""
    if stamp.folder:
        return f"it is a folder where a {what} should be"
    return "it is empty (0 bytes)" if not stamp.size else ""


def picture_structure(data: bytes) -> tuple[Size, str]:
    """Width and height, and what is wrong with the structure of PNG or JPEG bytes, checksums included; else empty."""
    if data.startswith(_JPEG):
        return _jpeg_structure(data)
    if not data.startswith(_PNG):
        return NO_SIZE, ""
    place, size = 8, png_size(data)
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 8 + length
        if end + 4 > len(data):
            break
        if zlib.crc32(data[place + 4:end]) != int.from_bytes(data[end:end + 4], "big"):
            return size, "a checksum inside it is wrong"
        if kind == b"IEND":
            return size, ""
        place = end + 4
    return size, "it is cut short"


def png_size(head: bytes) -> Size:
    """Width and height from the first bytes of a PNG; zeros when it says none."""
    if len(head) < 24 or head[12:16] != b"IHDR":
        return NO_SIZE
    width, height = struct.unpack_from(">II", head, 16)
    return int(width), int(height)


def _jpeg_structure(data: bytes) -> tuple[Size, str]:
    problem = jpeg_problem(data)
    try:
        header = jpeg_header(data)
    except (NotAMovie, DamagedMovie):
        return NO_SIZE, f"it {problem}" if problem else "it is no JPEG"
    return (header.width, header.height), f"it {problem}" if problem else ""


def _ends_of_picture(path: Path) -> tuple[Size, str]:
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        tail = file.read()
    if head.startswith(_PNG):
        size = png_size(head)
        if size != NO_SIZE and tail.endswith(_PNG_END):
            return size, ""
    elif head.startswith(_JPEG):
        try:
            header = jpeg_header(head)
        except (NotAMovie, DamagedMovie):
            header = None  # a large profile or preview lies before it
        if header is not None and tail.rstrip(b"\0").endswith(_JPEG_END):
            return (header.width, header.height), ""
    elif not any(head):
        return NO_SIZE, "it holds nothing but zeros, as a file that was never fetched from its drive"
    elif path.suffix.lower() in _COMMON and not head.startswith(_OTHERS):
        return NO_SIZE, "it is no picture, whatever its name says"
    else:
        return NO_SIZE, ""
    return picture_structure(path.read_bytes())
