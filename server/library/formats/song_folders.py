"""Which folders below a folder are songs, in the layouts of all eras. It reads names, and opens no file."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from server.errors import MissingFile
from server.library.formats import env_folders, input_workbook
from server.library.formats.oddity import Oddity
from server.library.formats.pop_settings import run_file
from server.library.formats.tar_archives import archive_name
from server.library.songlist import FILE_NAME as SONG_LIST

_INPUT: Final = re.compile(r"prompt_image_definitions\.csv|tgen_settings.*\.json|scene_sequence.*\.csv", re.IGNORECASE)
_LIST: Final = re.compile(r"(?:interscene|intrascene|existing|all)_transitions\.csv", re.IGNORECASE)
_SEQUENCE: Final = re.compile(r"trans(?:ition)?_sequence.*\.csv", re.IGNORECASE)
_MEDIA: Final = frozenset(("prompt_images", "transition_images", "transitions", "transitions_rev", "scenes",
                           "transition_meta", "story", "stories", "explore_images"))
_SONG_DATA: Final = "prompt_data"
_META: Final = "transition_meta"
_STORY: Final = "story"
_DEEPEST: Final = 5
_MOST_FOLDERS: Final = 20_000


class FolderKind(StrEnum):
    """What a folder or a file holds of a song."""

    COMBINED = "inputs and pictures in one folder"
    META = "inputs only"
    MEDIA = "pictures, transitions and stories without inputs"
    LISTS = "lists of transitions only"
    BATCH = "runs of Pop-Diffusion"
    ARCHIVE = "an archive"


class SongPart(NamedTuple):
    """A folder or an archive that belongs to a song."""

    kind: FolderKind
    path: Path


@dataclass(frozen=True, slots=True)
class FoundSong:
    """A song by its name, and where its parts lie: inputs before pictures before archives, the oldest first."""

    name: str
    parts: tuple[SongPart, ...]


@dataclass(frozen=True, slots=True)
class FoundFolders:
    """Everything below a folder that has to do with songs."""

    songs: tuple[FoundSong, ...] = ()
    env_files: tuple[Path, ...] = ()
    workbooks: tuple[Path, ...] = ()
    song_lists: tuple[Path, ...] = ()
    oddities: tuple[Oddity, ...] = ()


class _Names(NamedTuple):
    files: list[str]
    folders: list[str]
    links: list[str]


def find_song_folders(*roots: Path) -> FoundFolders:
    """Find the songs at and below folders; the parts of one name are put together. Raises MissingFile."""
    search = _Search()
    for root in dict.fromkeys(roots):
        search.look(root, 0, root)
    return FoundFolders(_grouped(search.parts), tuple(search.env_files), tuple(search.workbooks),
                        tuple(search.song_lists), tuple(search.oddities))


def kind_of_names(files: Iterable[str], folders: Iterable[str], data: Iterable[str] = ()) -> FolderKind | None:
    """What a folder is by the names in it; `data` are the files of its `prompt_data`. None: no song."""
    names = [*files, *data]
    inputs = any(_INPUT.fullmatch(name) for name in names)
    media = any(folder.casefold() in _MEDIA for folder in folders)
    if inputs:
        return FolderKind.COMBINED if media else FolderKind.META
    if media:
        return FolderKind.MEDIA
    if any(_LIST.fullmatch(name) for name in names):
        return FolderKind.LISTS
    return FolderKind.BATCH if any(run_file(name) for name in names) else None


def place_in_song(path: str, kind: FolderKind = FolderKind.COMBINED) -> str:
    """Where a file of an old layout, by its path relative to its part and with /, belongs in a song folder."""
    folder, _, name = path.rpartition("/")
    if folder.casefold() not in ("", _SONG_DATA) or (not folder and kind is not FolderKind.LISTS):
        return path
    if _INPUT.fullmatch(name):
        return name
    if _LIST.fullmatch(name):
        return f"{_META}/{name}"
    return f"{_STORY}/{name}" if _SEQUENCE.fullmatch(name) else path


class _Search:
    """Walks folders and collects what it finds."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, SongPart]] = []
        self.env_files: list[Path] = []
        self.workbooks: list[Path] = []
        self.song_lists: list[Path] = []
        self.oddities: list[Oddity] = []
        self._looked_at = 0

    def look(self, folder: Path, depth: int, root: Path) -> None:
        """Look at a folder, and below it where it is no song. Raises MissingFile for the root."""
        names = self._names(folder, depth, root)
        if names is None:
            return
        self._files(folder, names.files)
        data = next((name for name in names.folders if name.casefold() == _SONG_DATA), None)
        inner = self._names(folder / data, depth + 1, root) if data else None
        kind = kind_of_names(names.files, names.folders, inner.files if inner else ())
        if kind is not None:
            self.parts.append((folder.resolve().name if folder.name in ("", "..") else folder.name,
                               SongPart(kind, folder)))
            return
        if depth >= _DEEPEST:
            return
        for name in names.links:
            self._say(folder / name, root, "it is a link to a folder", "it is not followed; name that folder itself")
        for name in names.folders:
            self.look(folder / name, depth + 1, root)

    def _files(self, folder: Path, names: Sequence[str]) -> None:
        for name in names:
            archive = archive_name(name)
            if archive is not None:
                self.parts.append((archive.song, SongPart(FolderKind.ARCHIVE, folder / name)))
            for wanted, found in ((env_folders.FILE_NAME, self.env_files), (input_workbook.FILE_NAME, self.workbooks),
                                  (SONG_LIST, self.song_lists)):
                if name.casefold() == wanted:
                    found.append(folder / name)

    def _names(self, folder: Path, depth: int, root: Path) -> _Names | None:
        self._looked_at += 1
        if self._looked_at > _MOST_FOLDERS:
            if self._looked_at == _MOST_FOLDERS + 1:
                self._say(folder, root, f"more than {_MOST_FOLDERS} folders were looked at",
                          "the rest is not; name the folder that holds the songs")
            return None
        try:
            with os.scandir(folder) as entries:
                return _sorted_out(entries)
        except OSError as reason:
            words = reason.strerror or str(reason)
            if not depth:
                raise MissingFile(f"{folder} cannot be read: {words}; check the name and its disk") from None
            self._say(folder, root, f"it cannot be read ({words})", "it is left out")
            return None

    def _say(self, path: Path, root: Path, what: str, done: str) -> None:
        self.oddities.append(Oddity(path.relative_to(root).as_posix(), None, what, done))


def _sorted_out(entries: Iterable[os.DirEntry[str]]) -> _Names:
    names = _Names([], [], [])
    for entry in entries:
        if entry.name.startswith(".") and entry.name != env_folders.FILE_NAME:
            continue
        try:
            is_folder, is_link = entry.is_dir(), entry.is_symlink()
        except OSError:
            continue
        (names.links if is_folder and is_link else names.folders if is_folder else names.files).append(entry.name)
    for found in names:
        found.sort()
    return names


def _grouped(parts: Iterable[tuple[str, SongPart]]) -> tuple[FoundSong, ...]:
    """Songs by name; case and the spelling of accents may differ between disks."""
    songs: dict[str, tuple[str, list[SongPart]]] = {}
    for name, part in parts:
        songs.setdefault(unicodedata.normalize("NFC", name).casefold(), (name, []))[1].append(part)
    order = {FolderKind.COMBINED: 0, FolderKind.META: 0, FolderKind.LISTS: 1, FolderKind.MEDIA: 2,
             FolderKind.BATCH: 3, FolderKind.ARCHIVE: 4}
    return tuple(FoundSong(name, tuple(sorted(found, key=lambda part: (order[part.kind], part.path.name))))
                 for name, found in (songs[key] for key in sorted(songs)))
