"""At which size a song is shown: what its settings say, else what most of its pictures have. It decodes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from server.errors import InputError
from server.library.formats.generation_settings import FILE_NAME, SettingsFile, parse_generation_settings

Size = tuple[int, int]
STAGE_QUALITY: Final = 92
"""JPEG quality of stage frames. It is one number for all songs: another one would make every transition stale."""


class Wanted(NamedTuple):
    """What settings say of transitions: their size, in multiples of 8, and how many frames they have."""

    size: Size | None = None
    steps: int | None = None


def of_settings(settings: Mapping[str, SettingsFile]) -> Wanted:
    """What counts of all settings files of a song: the plain one before its variants."""
    chosen = settings.get("") or next(iter(settings.values()), None)
    if chosen is None or not chosen.settings:
        return Wanted()
    usual = chosen.usual
    size = (usual.width, usual.height) if {"res_width", "res_height"} <= usual.values.keys() else None
    return Wanted(size, usual.frames if "interpolation_steps" in usual.values else None)


def wanted_of(song: Path) -> Wanted:
    """The same of a song folder, by its plain settings alone; nothing where they cannot be read."""
    try:
        return of_settings({"": parse_generation_settings((song / FILE_NAME).read_bytes())})
    except (OSError, InputError):
        return Wanted()


def usual_size(sizes: Iterable[Size]) -> Size | None:
    """The size that most pictures have, in even sides; None without pictures."""
    known = [size for size in sizes if min(size) >= 2]
    if not known:
        return None
    width, height = Counter(known).most_common(1)[0][0]
    return width // 2 * 2, height // 2 * 2


def stage_key(size: Size, quality: int) -> str:
    """What distinguishes the stage frames of one picture."""
    return f"{size[0]}x{size[1]}q{quality}"
