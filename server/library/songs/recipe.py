"""What a picture was made from, written into its own JPEG as a comment: enough to make it again. It decodes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from server.errors import InputError, MediaError
from server.index.jpeg import segments

_MARK: Final = b"interscene recipe "
_COM: Final = 0xFE
_ROOM: Final = 65_533 - len(_MARK)
"""Bytes of text in one comment, whose two bytes of length count themselves (ISO 10918-1); the rest is in the next."""
_MOST: Final = 1 << 20


def with_recipe(jpeg: bytes, recipe: Mapping[str, Any]) -> bytes:
    """Put a recipe of plain values into a JPEG, in place of one that is there. Raises InputError for one too long."""
    text = json.dumps(dict(recipe), ensure_ascii=True, sort_keys=True).encode("ascii")
    if len(text) > _MOST:
        raise InputError(f"a recipe has at most {_MOST} bytes, not {len(text)}; shorten the prompt")
    bare = without_recipe(jpeg)
    comments = b"".join(_segment(text[at:at + _ROOM]) for at in range(0, len(text), _ROOM))
    # Behind the first segment: JFIF wants its own to be the first.
    behind = 4 + int.from_bytes(bare[4:6], "big")
    return bare[:behind] + comments + bare[behind:]


def recipe_of(jpeg: bytes | memoryview) -> dict[str, Any]:
    """The recipe in a JPEG; empty where there is none, or none that can be read."""
    data = bytes(jpeg)
    try:
        text = b"".join(data[start + len(_MARK):stop] for start, stop in _comments(data))
        recipe = json.loads(text) if text else {}
    except (ValueError, RecursionError, MediaError):
        return {}
    return recipe if isinstance(recipe, dict) else {}


def without_recipe(jpeg: bytes) -> bytes:
    """The same picture without its recipe. Raises NotAMovie, DamagedMovie for what is no JPEG."""
    for start, stop in reversed(_comments(jpeg)):
        jpeg = jpeg[:start - 4] + jpeg[stop:]
    return jpeg


def _comments(data: bytes) -> list[tuple[int, int]]:
    return [(start, stop) for marker, start, stop in segments(data)
            if marker == _COM and data.startswith(_MARK, start)]


def _segment(text: bytes) -> bytes:
    payload = _MARK + text
    return b"\xff\xfe" + (len(payload) + 2).to_bytes(2, "big") + payload
