"""Which stage frames a song has, and of what: each says so itself, in a comment. It makes none and decodes none."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from server.errors import MediaError
from server.index.jpeg import segments
from server.library.songs.listing import STAGE

SUFFIX: Final = ".jpg"
_COMMENT: Final = b"interscene stage "
_COM: Final = 0xFE
_HEAD: Final = 512

StageList = Mapping[str, str]
"""The hash of a stage frame by what it was made of."""


def made_of(data: bytes, key: str) -> str:
    """What a stage frame of these bytes of a picture file is known by; `key` is its size and quality."""
    return f"{sha1(data)} {key}"


def read_stage_list(song: Path) -> dict[str, str]:
    """All stage frames of a song that say what they were made of; none where they cannot be read."""
    found: dict[str, str] = {}
    try:
        files = [path for path in (song / STAGE).iterdir() if path.suffix == SUFFIX]
    except OSError:
        return found
    for path in files:
        with contextlib.suppress(OSError, MediaError):
            with path.open("rb") as file:
                head = file.read(_HEAD)
            for marker, start, stop in segments(head):
                if marker == _COM and head.startswith(_COMMENT, start):
                    found[head[start + len(_COMMENT):stop].decode("ascii", "replace")] = path.stem
    return found


def with_comment(jpeg: bytes, made: str) -> bytes:
    """Put into a JPEG what it was made of; behind the first segment, for JFIF wants its own to be the first."""
    text = _COMMENT + made.encode("ascii")
    behind = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:behind] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + jpeg[behind:]


def sha1(data: bytes) -> str:
    """The hexadecimal SHA-1 that names bytes."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
