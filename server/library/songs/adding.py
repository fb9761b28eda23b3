"""Pictures that come into a song: the files get their places, and the definitions their rows, all or nothing."""

from __future__ import annotations

import contextlib
import filecmp
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.errors import InputError, LibraryError, MissingFile, NotAMovie, OutputError
from server.library.formats.prompt_definitions import (
    FILE_NAME,
    PromptDefinitions,
    new_definitions,
    parse_prompt_definitions,
)
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Presence
from server.library.songs.listing import PICTURE_SUFFIXES, PICTURES, Stamp
from server.library.songs.naming import Names, copy_of
from server.library.songs.presence import glance_at_picture
from server.library.songs.staging import check_space, copy_file
from server.media.part_file import output_error, write_file

_FORBIDDEN: Final = frozenset('<>"|?*:/\\')
_OFTEN: Final = " \t._"


@dataclass(frozen=True, slots=True)
class AddedPicture:
    """A picture and the file it came from. `numbered`: its name had no seed, and it got the next free number."""

    id: PictureId
    source: Path
    file: str
    numbered: bool = False
    known: bool = False
    """It was there already, the same; nothing was done."""


@dataclass(frozen=True, slots=True)
class _Song:
    folder: Path
    definitions: PromptDefinitions
    files: dict[PictureId, Path]


def add_pictures(song: Path, pictures: Sequence[Path], *, prompt: str = "",
                 overwrite: bool = False) -> tuple[AddedPicture, ...]:
    """Add picture files to a song; a name that ends in `_seed` says who they are, others get a number.

    Raises LibraryError, MissingFile, InputError, NotAMovie, OutputError; then nothing was added.
    """
    there = _read(song)
    added = _named(there, pictures, overwrite)
    new = [each for each in added if not each.known]
    check_space(song / PICTURES, sum(each.source.stat().st_size for each in new))
    seeds: defaultdict[str, list[int]] = defaultdict(list)
    listed = set(there.definitions.pictures)
    for each in new:
        if each.id not in listed:
            seeds[each.id.name].append(each.id.seed)
    table = there.definitions.with_pictures({name: tuple(found) for name, found in seeds.items()}, prompt)
    _write(song, new, table.bytes() if seeds else None)
    for each in new:
        old = there.files.get(each.id)
        if old is not None and old != song / each.file:
            _remove((old,))  # the same picture as a file of another kind, which has been replaced
    return added


def _write(song: Path, new: Sequence[AddedPicture], definitions: bytes | None) -> None:
    """Copy the pictures and write the definitions, or leave the song as it was."""
    parts = {each.file: song / f"{each.file}.part" for each in new}
    placed: list[Path] = []
    try:
        (song / PICTURES).mkdir(exist_ok=True)
        for each in new:
            copy_file(each.source, parts[each.file])
        for file, part in parts.items():
            final = song / file
            if not final.exists():
                placed.append(final)
            part.replace(final)
        if definitions is not None:
            write_file(song / FILE_NAME, definitions)
    except (OSError, OutputError) as reason:
        _remove((*parts.values(), *placed))
        raise reason if isinstance(reason, OutputError) else output_error(song / PICTURES, reason) from None
    except KeyboardInterrupt:
        _remove((*parts.values(), *placed))
        raise


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _read(song: Path) -> _Song:
    if not song.is_dir():
        raise LibraryError(f"there is no song {song}; make it with: interscene song new {song}")
    path = song / FILE_NAME
    try:
        definitions = parse_prompt_definitions(path.read_bytes(), FILE_NAME)
    except FileNotFoundError:
        definitions = new_definitions()
    except OSError as reason:
        raise MissingFile(f"{path} cannot be read: {reason.strerror or reason}; check its permissions") from None
    names = Names(definitions.pictures)
    folder = song / PICTURES
    files = {which: path for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
             if (which := names.of_picture_file(path.name)) is not None}
    return _Song(song, definitions, files)


def _named(song: _Song, pictures: Sequence[Path], overwrite: bool) -> tuple[AddedPicture, ...]:
    """Who the pictures are. Every problem is raised before anything is written."""
    taken = {*song.definitions.pictures, *song.files}
    added: list[AddedPicture] = []
    for path in pictures:
        _check(path)
        suffix = path.suffix.lower()
        stem = copy_of(path.stem) or path.stem
        which, numbered = _identity(stem, {each.name for each in taken})
        if numbered:
            which = _there(song, which.name, path) or _free(which.name, {*taken, *(each.id for each in added)})
        file = song.files.get(which, song.folder / PICTURES / f"{which.stem}{suffix}")
        twin = next((each for each in added if each.id == which), None)
        if twin is not None:
            raise InputError(f"{path.name} and {twin.source.name} would both be {which.stem}; rename one of them")
        known = file.exists() and filecmp.cmp(path, file, shallow=False)
        if file.exists() and not known and not overwrite:
            raise InputError(f"{which.stem} is in the song already, as another picture; give {path.name} another "
                             "number, or replace the one that is there with --overwrite")
        target = file if file.suffix.lower() == suffix else file.with_suffix(suffix)
        added.append(AddedPicture(which, path, f"{PICTURES}/{target.name}", numbered, known))
    return tuple(added)


def _check(path: Path) -> None:
    try:
        facts = path.stat()
    except OSError as reason:
        raise MissingFile(f"{path} cannot be read: {reason.strerror or reason}; check the name") from None
    if path.suffix.lower() not in PICTURE_SUFFIXES or path.is_dir():
        raise NotAMovie(f"{path} is no picture; pictures end in {', '.join(PICTURE_SUFFIXES)}")
    finding = glance_at_picture(path, Stamp(facts.st_size, facts.st_mtime_ns))
    if finding.presence is Presence.DAMAGED:
        raise NotAMovie(f"{path} cannot be added: {finding.reason}; make or fetch it again")


def _identity(stem: str, names: Collection[str]) -> tuple[PictureId, bool]:
    """The identity that a stem says, and whether it lacks a seed; what no file could be called is replaced."""
    clean = "".join("_" if character in _FORBIDDEN or ord(character) < ord(" ") else character
                    for character in unicodedata.normalize("NFC", stem))
    try:
        which = PictureId.of_stem(clean)
    except (InputError, ValueError):
        name = clean if clean in names else clean.replace("-", "_").strip(_OFTEN)
        return PictureId(name or "picture", 0), True
    if which.name in names:
        return which, False
    # Older programs cut names at hyphens, files that begin with a dot are hidden, and tables drop blanks at the ends.
    return PictureId(which.name.replace("-", "_").strip(" .") or "picture", which.seed), False


def _there(song: _Song, name: str, path: Path) -> PictureId | None:
    """The picture of that name that is the same file: who adds a folder twice has no picture twice."""
    return next((which for which, file in song.files.items()
                 if which.name == name and filecmp.cmp(path, file, shallow=False)), None)


def _free(name: str, taken: set[PictureId]) -> PictureId:
    seed = 0
    while PictureId(name, seed) in taken:
        seed += 1
    return PictureId(name, seed)
