"""Which files make a song, where they come from, and where in the song folder they belong. It copies nothing."""

from __future__ import annotations

import io
import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from server.errors import InputError, MissingFile
from server.library.formats.env_folders import parse_env_folders
from server.library.formats.input_workbook import parse_input_workbook
from server.library.formats.oddity import Oddities, Oddity, counted, listed
from server.library.formats.prompt_definitions import FILE_NAME as DEFINITIONS
from server.library.formats.song_folders import (
    FolderKind,
    FoundFolders,
    FoundSong,
    SongPart,
    find_song_folders,
    kind_of_names,
    place_in_song,
)
from server.library.formats.tar_archives import SUFFIX, Archive, list_archive, open_member
from server.library.formats.transition_lists import ALL, FOLDER
from server.library.songs.links import LinkedFolders, Way, is_junction, said_of_links
from server.library.songs.listing import HIDDEN, same_text
from server.library.songs.staging import inside_each_other

_SYSTEM: Final = frozenset((".ds_store", "thumbs.db", "desktop.ini", "icon\r", "__macosx"))
_UNFINISHED: Final = (".part", ".partial", ".crdownload", ".download", ".tmp", ".!ut", ".icloud", ".gdownload")
_TEXTS: Final = (".csv", ".json", ".txt")
_RUNS: Final = "runs"
_AGAIN: Final = "not copied; make it readable, and import again with --overwrite"
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file of the song, by its path in it. It comes from a file, an archive, or was made of another format."""

    target: str
    size: int
    source: Path | None = None
    archive: Archive | None = None
    member: str = ""
    data: bytes | None = None

    @property
    def origin(self) -> str:
        """Where it comes from, for people."""
        return str(self.source) if self.source is not None else (
            f"{self.archive.path.name}: {self.member}" if self.archive is not None else "made from another file")


@dataclass(slots=True)
class ImportPlan:
    """The files by target, and what was odd while they were gathered."""

    files: dict[str, PlannedFile] = field(default_factory=dict)
    oddities: list[Oddity] = field(default_factory=list)
    parts: list[SongPart] = field(default_factory=list)
    links: LinkedFolders = field(default_factory=LinkedFolders)
    linked: list[str] = field(default_factory=list)
    """Files that are links."""
    _folded: dict[str, str] = field(default_factory=dict)
    _folders: set[str] = field(default_factory=set)
    _clashes: set[str] = field(default_factory=set)

    @property
    def bytes(self) -> int:
        return sum(each.size for each in self.files.values())

    def say(self, file: str, what: str, done: str, *, note: bool = False) -> None:
        self.oddities.append(Oddity(file, None, what, done, note))

    def add(self, new: PlannedFile) -> None:
        """Take a file in; of two with one name the first counts, also where one is a folder."""
        key = same_text(new.target)
        above = _folders_above(key)
        file = key if key in self._folders else next((each for each in above if each in self._folded), "")
        if file:
            if file not in self._clashes:
                self.say(new.target, f"{file} is a file in one place and a folder in another", "the first one is "
                         f"taken, and not this one ({new.origin})")
            self._clashes.add(file)
            return
        self._folders.update(above)
        there = self._folded.setdefault(key, new.target)
        old = self.files.get(there)
        if old is None:
            self.files[new.target] = new
        elif not _same(old, new):
            case = f" (as {old.target})" if old.target != new.target else ""
            self.say(new.target, f"it is there twice and differs: {old.origin}{case}, and {new.origin}",
                     "the first one is taken; name that folder first whose files count")


def plan_import(folders: Sequence[Path], song: Path) -> ImportPlan:
    """Gather the files of a song from folders and archives, whatever layout they have.

    The name of the new song chooses between several. Raises MissingFile, InputError.
    """
    plan = ImportPlan(links=LinkedFolders(song))
    for folder in folders:
        for part in _parts_of(folder, song, plan):
            if inside_each_other(part.path, song):
                raise InputError(f"{song} and {part.path} lie in each other; import into a folder elsewhere")
            if part not in plan.parts:
                plan.parts.append(part)
                _add_part(plan, part)
    plan.oddities.extend(said_of_links(plan.linked, "copied"))
    return plan


def _parts_of(folder: Path, new: Path, plan: ImportPlan) -> Sequence[SongPart]:
    """The parts of the song in one of the folders that a person named; the new song may lie among others there."""
    name = new.absolute().name
    if folder.is_file() and folder.suffix.lower() == SUFFIX:
        return [SongPart(FolderKind.ARCHIVE, folder)]
    if folder.is_file():
        raise InputError(f"{folder} is a file; name the folder it is in, or a .tar archive of a song")
    found = find_song_folders(folder)
    plan.oddities.extend(found.oddities)
    own = [part for song in found.songs for part in song.parts if part.path == folder]
    if own:
        _add_workbooks(plan, found, name)
        return own
    songs = list(found.songs)
    for env in found.env_files:
        songs += _songs_of_env(env, plan)
    there = new.resolve()
    songs = [FoundSong(song.name, tuple(part for part in song.parts if part.path.resolve() != there)) for song in songs]
    song = _chosen([song for song in songs if song.parts], name, folder, plan)
    _add_workbooks(plan, found, song.name if song else name)
    for path in found.song_lists:
        plan.say(path.name, "it lists several songs", "not a part of this one; put it into the folder that holds your "
                 "songs, where interscene serve reads it", note=True)
    if song is None:
        if plan.files:
            return []
        raise InputError(f"{folder} holds no song: no prompt_image_definitions.csv, no pictures in prompt_images, no "
                         "transitions; name the folder of one song")
    return song.parts


def _songs_of_env(path: Path, plan: ImportPlan) -> list[FoundSong]:
    """Songs in the folders that a `.env` file names, as far as they are on this machine."""
    oddities = Oddities(path.name)
    try:
        folders = parse_env_folders(path.read_bytes(), oddities)
    except OSError as reason:
        raise MissingFile(f"{path} cannot be read: {reason.strerror or reason}; check its permissions") from None
    songs: list[FoundSong] = []
    for text in folders.roots():
        root = (path.parent / Path(text).expanduser()) if text else path.parent
        if not root.is_dir():
            oddities.say(None, f"it names the folder {text!r}, which is not on this machine",
                         "not looked into; name the folder itself if it is elsewhere now")
            continue
        found = find_song_folders(root)
        songs += found.songs
        plan.oddities.extend(found.oddities)
    plan.oddities.extend(oddities)
    return songs


def _chosen(songs: Iterable[FoundSong], name: str, folder: Path, plan: ImportPlan) -> FoundSong | None:
    groups: dict[str, FoundSong] = {}
    for song in songs:
        key = same_text(song.name)
        before = groups.get(key)
        parts = (*before.parts, *(part for part in song.parts if part not in before.parts)) if before else song.parts
        groups[key] = FoundSong(song.name, parts)
    wanted = groups.get(same_text(name))
    if wanted is not None or not groups:
        return wanted
    if len(groups) == 1:
        only = next(iter(groups.values()))
        plan.say(only.name, f"it is the only song in {folder}", f"imported as {name!r}", note=True)
        return only
    raise InputError(f"{folder} holds several songs: {listed((song.name for song in groups.values()), 20)}; name the "
                     "folder of one, or call the new song like one of them")


def _add_part(plan: ImportPlan, part: SongPart) -> None:
    if part.kind is FolderKind.ARCHIVE:
        oddities = Oddities(part.path.name)
        archive = list_archive(part.path, oddities)
        plan.oddities.extend(oddities)
        _add_archive(archive, plan)
        return
    before = f"{_RUNS}/{part.path.name}/" if part.kind is FolderKind.BATCH else ""
    moved: list[str] = []
    for path, name, size in _walk(part.path, "", plan, ()):
        target = before + place_in_song(name, part.kind)
        if target != name and not before:
            moved.append(f"{name} to {target}")
        plan.add(PlannedFile(target, size, source=path))
    if moved:
        plan.say(part.path.name, f"the layout of an older program: {counted(len(moved), 'file')} lie elsewhere today",
                 f"put where they belong: {listed(moved)}")


def _add_archive(archive: Archive, plan: ImportPlan) -> None:
    """The files of an archive as those of a folder; one that was packed with its own folder counts like without."""
    below = _only_folder(archive)
    hidden: list[str] = []
    unfinished: list[str] = []
    for member in archive.members.values():
        name = member.name.removeprefix(below)
        if any(part.startswith(".") or part.casefold() in _SYSTEM for part in name.split("/")):
            hidden.append(name)
        elif _is_unfinished(name.rpartition("/")[2]):
            unfinished.append(name)
        else:
            plan.add(PlannedFile(place_in_song(name), member.size, archive=archive, member=member.name))
    if hidden:
        plan.say(archive.path.name, f"{counted(len(hidden), 'file')} hidden, or of the system: {listed(hidden)}",
                 "not copied", note=True)
    if unfinished:
        plan.say(archive.path.name, f"{counted(len(unfinished), 'file')} not fetched or written to the end: "
                 f"{listed(unfinished)}", "not copied; fetch them again")


def _only_folder(archive: Archive) -> str:
    """The folder that holds all of an archive, with its /; empty where the song begins at the top, as it should."""
    tops = {name.partition("/")[0] for name in archive.members if not name.startswith(".")}
    names = [name.split("/") for name in archive.members]
    if len(tops) != 1 or kind_of_names((), tops) is not None:
        return ""
    inside = [parts[1:] for parts in names if len(parts) > 1]
    kind = kind_of_names((parts[0] for parts in inside if len(parts) == 1), {parts[0] for parts in inside
                                                                            if len(parts) > 1})
    return f"{next(iter(tops))}/" if kind is not None else ""


def _is_unfinished(name: str) -> bool:
    return name.lower().endswith(_UNFINISHED) or name.startswith("~$")


def _walk(folder: Path, prefix: str, plan: ImportPlan, way: Way) -> Iterator[tuple[Path, str, int]]:
    """The files below a folder with their names relative to it; what is left out is said."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as reason:
        if not prefix:
            raise MissingFile(f"{folder} cannot be read: {reason.strerror or reason}; check its permissions") from None
        plan.say(prefix.rstrip("/"), f"the folder cannot be read: {reason.strerror or reason}", _AGAIN)
        return
    unfinished = [entry.name for entry in entries if _is_unfinished(entry.name)]
    if unfinished:
        plan.say(prefix.rstrip("/") or ".", f"{counted(len(unfinished), 'file')} not fetched or written to the end: "
                 f"{listed(unfinished)}", "not copied; fetch them again")
    for entry in entries:
        name = prefix + entry.name
        if entry.name.startswith(".") or entry.name.casefold() in _SYSTEM or entry.name in unfinished:
            if entry.name.startswith(".") and entry.name not in (".DS_Store", HIDDEN, ".env", ".git"):
                plan.say(name, "it is hidden", "not copied", note=True)
            continue
        if not _is_text(entry.name):
            plan.say(ascii(name), "its name is in no known encoding", "not copied; rename it")
        elif entry.is_dir(follow_symlinks=False) and not is_junction(entry):
            inside = list(_walk(Path(entry.path), f"{name}/", plan, way))
            yield from inside
            if not inside and entry.name.lower().endswith(_TEXTS):
                plan.say(name, "it is an empty folder where a file should be", "not copied; the song has no such file")
        else:
            yield from _file(entry, name, plan, way)


def _file(entry: os.DirEntry[str], name: str, plan: ImportPlan, way: Way) -> Iterator[tuple[Path, str, int]]:
    """What is no folder: a file, or what a link leads to."""
    try:
        if entry.is_dir():
            behind, why_not = plan.links.follow(Path(entry.path), way)
            if why_not:
                plan.say(name, f"it is {why_not}", "not followed")
                return
            plan.say(name, f"it is a link to the folder {Path(entry.path).resolve()}", "what is in that folder is "
                     "copied", note=True)
            yield from _walk(Path(entry.path), f"{name}/", plan, behind)
        elif entry.is_file():
            if entry.is_symlink():
                plan.linked.append(name)
            yield Path(entry.path), name, entry.stat().st_size
        else:
            plan.say(name, "it is a link that leads nowhere, or no file", "not copied")
    except OSError as reason:
        plan.say(name, f"it cannot be read: {reason.strerror or reason}", "not copied")


def _add_workbooks(plan: ImportPlan, found: FoundFolders, name: str) -> None:
    """Definitions and transitions from the spreadsheet of the earliest program."""
    for path in found.workbooks:
        oddities = Oddities(path.name)
        try:
            tabs = parse_input_workbook(path.read_bytes(), oddities)
        except InputError as reason:
            plan.say(path.name, str(reason).removeprefix(f"{path.name}: "), "it is not used")
            continue
        except OSError as reason:
            plan.say(path.name, f"it cannot be read: {reason.strerror or reason}", "it is not used")
            continue
        plan.oddities.extend(oddities)
        tab = next((each for song, each in tabs.items() if same_text(song) == same_text(name)), None)
        for target, data in ((DEFINITIONS, tab.definitions), (f"{FOLDER}/{ALL}", tab.transitions)) if tab else ():
            if data is not None and same_text(target) not in plan._folded:
                plan.add(PlannedFile(target, len(data), data=data))
                plan.say(path.name, f"it has a tab of the song {name!r}", f"written as {target}")


def _same(one: PlannedFile, other: PlannedFile) -> bool:
    if one.size != other.size:
        return False
    try:
        with open_planned(one) as first, open_planned(other) as second:
            while data := first.read(_BLOCK):
                if data != second.read(_BLOCK):
                    return False
    except (OSError, MissingFile):
        return False
    return True


@contextmanager
def open_planned(file: PlannedFile) -> Iterator[IO[bytes]]:
    """What a planned file holds, to be read from its beginning. Raises OSError, MissingFile."""
    if file.archive is not None:
        with open_member(file.archive, file.member) as stream:
            yield stream
        return
    with io.BytesIO(file.data or b"") if file.source is None else file.source.open("rb") as plain:
        yield plain


def _folders_above(key: str) -> list[str]:
    return [key[:place] for place, character in enumerate(key) if character == "/"]


def _is_text(name: str) -> bool:
    return not any(unicodedata.category(character) == "Cs" for character in name)
