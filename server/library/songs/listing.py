"""Which files a song folder holds, with what tells whether they changed. It reads names and stamps, never contents."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from server.errors import LibraryError, MissingFile
from server.index.format import SUFFIX

PICTURES: Final = "prompt_images"
SCENES: Final = "scenes"
FRAMES: Final = "transition_images"
MOVIES: Final = "transitions"
META: Final = "transition_meta"
STORY: Final = "story"
STAGE: Final = "stage_frames"
MASKS: Final = "masks"
HIDDEN: Final = ".interscene"
DEFINITIONS: Final = "prompt_image_definitions.csv"
PICTURE_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
MOVIE_SUFFIX: Final = ".mov"
_IGNORED: Final = (".part", ".tmp", ".partial", ".crdownload", ".download")
_BATCH: Final = 256


class Stamp(NamedTuple):
    """What tells one state of a file or folder from the next."""

    size: int
    mtime_ns: int
    folder: bool = False


Listing = dict[str, Stamp]
"""Stamps by path in the song folder, with `/`; indexes are left out, they belong to their movies."""


class _Place(NamedTuple):
    folder: str
    depth: int = 0
    """How many folders below it are looked into."""


_PLACES: Final = (_Place(""), _Place(PICTURES), _Place(SCENES, 1), _Place(META), _Place(STORY), _Place(FRAMES),
                  _Place(MOVIES))


def list_song(folder: Path) -> Listing:
    """List the files that the graph of a song is made from. Raises MissingFile, LibraryError."""
    listing: Listing = {}
    for batch in scan_song(folder):
        listing.update(batch)
    return listing


def scan_song(folder: Path) -> Iterator[Mapping[str, Stamp]]:
    """The same in small batches, so that a caller can do a little at a time. Raises MissingFile, LibraryError.

    What cannot be read below the folder is left out; hidden and unfinished files are too.
    """
    if not folder.is_dir():
        raise MissingFile(f"there is no song folder {folder}; check the name and whether its disk is connected")
    roots = _roots(folder)
    for place in _PLACES:
        for actual in roots.get(place.folder.casefold(), (place.folder,) if not place.folder else ()):
            yield from _scan(folder, actual, place.depth)


def same_text(text: str) -> str:
    """A name as it is compared where case, and the way accents are stored, may have changed on the way."""
    return unicodedata.normalize("NFC", text).casefold()


def by_place(paths: Iterable[str]) -> Mapping[str, list[str]]:
    """Paths by the folder of the song that they lie in, as it is called here; `""` for none."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        first, joint, _ = path.partition("/")
        places[first if joint else ""].append(path)
    for name in [name for name in places if name != name.casefold()]:
        places[name.casefold()].extend(places.pop(name))
    return places


def _roots(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """The folders of a song by folded name: a synced drive may have changed their case."""
    found: dict[str, tuple[str, ...]] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and is_folder(entry):
                    key = entry.name.casefold()
                    found[key] = (*found.get(key, ()), entry.name)
    except OSError as reason:
        raise LibraryError(f"the song folder {folder} cannot be read: {reason.strerror}; check its "
                           "permissions") from None
    return found


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder or a link to one; a link that leads to itself is none."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _scan(root: Path, folder: str, depth: int) -> Iterator[Mapping[str, Stamp]]:
    inner: list[str] = []
    prefix = f"{folder}/" if folder else ""
    try:
        with os.scandir(root / folder) as entries:
            while batch := list(islice(entries, _BATCH)):
                found = {prefix + entry.name: stamp for entry in batch
                         if not entry.name.endswith(SUFFIX) and (stamp := _stamp(entry)) is not None}
                if depth:
                    inner += [path for path, stamp in found.items() if stamp.folder]
                yield found
    except OSError:
        return
    for each in inner:
        yield from _scan(root, each, depth - 1)


def _stamp(entry: os.DirEntry[str]) -> Stamp | None:
    name = entry.name
    if name[0] == "." or name.endswith(_IGNORED):
        return None
    try:
        facts = entry.stat()
    except OSError:
        return None
    if stat.S_ISREG(facts.st_mode):
        return Stamp(facts.st_size, facts.st_mtime_ns)
    return Stamp(0, facts.st_mtime_ns, True) if stat.S_ISDIR(facts.st_mode) else None
