"""Export: a song folder as the folders that the older programs read, so that people can go back.

Files are copied as they are. What those programs cannot tell apart or read is told in words.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.errors import Cancelled, InputError, MissingFile
from server.library.formats.env_folders import FILE_NAME as ENV
from server.library.formats.env_folders import EnvFolders, format_env_folders
from server.library.formats.generation_settings import PATTERN as SETTINGS
from server.library.formats.gexf import format_gexf
from server.library.formats.oddity import Oddity, counted, listed
from server.library.formats.prompt_definitions import FILE_NAME as DEFINITIONS
from server.library.formats.scene_sequence import PATTERN as SEQUENCE
from server.library.graph.identity import edge_of
from server.library.graph.song_graph import SongGraph
from server.library.songlist import FILE_NAME as SONG_LIST
from server.library.songs.file_graph import resolve
from server.library.songs.importing import in_order
from server.library.songs.links import LinkedFolders, Way, is_junction, said_of_links
from server.library.songs.listing import FRAMES, HIDDEN, MASKS, META, MOVIES, STAGE, STORY, is_folder
from server.library.songs.naming import Names
from server.library.songs.song_files import SongFiles, read_song_folder
from server.library.songs.song_gexf import FILE_NAME as GEXF
from server.library.songs.song_gexf import gexf_of_song
from server.library.songs.staging import StagedFolder, check_space, copy_failure, copy_file, inside_each_other
from server.media.part_file import PART

FrameWriter = Callable[[SongGraph, Path], Iterable[Oddity]]
META_FOLDER: Final = "meta"
MEDIA_FOLDER: Final = "media"
_MADE: Final = frozenset((STAGE, "quarantine"))
_MADE_FILES: Final = re.compile(r"(?:atlas|stills)(?: ~\d+)?\.mov(?:\.frames)?")
_SILENT: Final = frozenset((HIDDEN, ".DS_Store", ".git"))
_INPUT_FOLDERS: Final = frozenset((MASKS,))
_SMALL_FOLDERS: Final = frozenset((MASKS, META, STORY))


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was exported, and what the older programs will make of it."""

    folder: Path
    files: SongFiles
    graph: SongGraph
    copied: int
    bytes: int
    oddities: tuple[Oddity, ...] = ()


def export_song(song: Path, folder: Path, *, split: bool = False, inputs_only: bool = False, overwrite: bool = False,
                graph: bool = False, frames: FrameWriter | None = None,
                progress: Callable[[int, int], None] | None = None,
                cancelled: Callable[[], bool] | None = None) -> ExportReport:
    """Write a song as the older programs read it, as a whole or not at all.

    `split`: as `meta/<song>` and `media/<song>` with a `.env` that names both, as they have had it since 2024, and
    with the song list that lies beside the song.
    `inputs_only`: without pictures and movies. Left out is what can be made again: stage frames, atlas, stills.
    `graph`: with the graph as it is now as GEXF.
    `frames`: what writes movies as folders of frames, into the folder that the media of the song are in.
    Raises MissingFile, InputError, OutputError, Cancelled.
    """
    if inside_each_other(song, folder):
        raise InputError(f"{folder} and {song} lie in each other; export to a folder elsewhere")
    files = read_song_folder(song)
    resolved = resolve(files)
    name = song.absolute().name
    left_out: list[Oddity] = []
    places = {path: _place(path, name) if split else path
              for path in _exported(song, inputs_only, LinkedFolders(folder), left_out)}
    if not places:
        raise InputError(f"there is nothing to export in {song}; name a song folder")
    size = sum((song / path).stat().st_size for path in places)
    with StagedFolder(folder, overwrite=overwrite) as staged:
        check_space(folder, size)
        _copy(song, staged.path, places, progress, cancelled)
        if split:
            env = EnvFolders(media=str(folder.absolute() / MEDIA_FOLDER), meta=str(folder.absolute() / META_FOLDER))
            staged.write(ENV, format_env_folders(env))
            left_out += _with_song_list(song, staged)
            for part in (META_FOLDER, MEDIA_FOLDER):
                staged.folder(f"{part}/{name}")
        media = staged.path / _place("", name) if split else staged.path
        if graph:
            staged.write((media / STORY / GEXF).relative_to(staged.path).as_posix(),
                         format_gexf(gexf_of_song(resolved.graph)))
        said = frames(resolved.graph, media) if frames is not None else _without_frames(files, resolved.graph)
        staged.publish()
    return ExportReport(folder, files, resolved.graph, len(places), size,
                        in_order([*left_out, *_going_back(resolved.graph), *said]))


def _exported(song: Path, inputs_only: bool, links: LinkedFolders, said: list[Oddity]) -> Iterator[str]:
    """The files of a song that are people's own, by their paths in it. Links are followed, and said."""
    waiting: list[tuple[str, Way]] = [("", ())]
    linked: list[str] = []
    while waiting:
        prefix, way = waiting.pop()
        for entry in _entries(song / prefix):
            path = prefix + entry.name
            if entry.name.startswith(".") or entry.name.endswith(PART):
                if entry.name not in _SILENT:
                    said.append(Oddity(path, None, "it is hidden, or was never written to the end", "not exported",
                                       note=True))
                continue
            if is_folder(entry):
                if path in _MADE or (inputs_only and path.split("/")[0] not in _SMALL_FOLDERS):
                    continue
                behind = way if _is_plain(entry) else _behind(Path(entry.path), path, way, links, said)
                waiting += [] if behind is None else [(f"{path}/", behind)]
            elif not Path(entry.path).is_file():
                said.append(Oddity(path, None, "it is a link that leads nowhere, or no file", "not exported"))
            elif not _MADE_FILES.fullmatch(path) and not (inputs_only and _is_media(path)):
                linked += [path] if entry.is_symlink() else []
                yield path
    said.extend(said_of_links(linked, "exported"))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as reason:
        raise MissingFile(f"{folder} cannot be read: {reason.strerror or reason}; check its permissions") from None


def _behind(link: Path, path: str, way: Way, links: LinkedFolders, said: list[Oddity]) -> Way | None:
    """The way behind a link to a folder; None where it is not followed."""
    try:
        behind, why_not = links.follow(link, way)
    except OSError as reason:
        behind, why_not = way, f"a link that cannot be followed: {reason.strerror or reason}"
    said.append(Oddity(path, None, f"it is {why_not}", "not exported") if why_not else
                Oddity(path, None, f"it is a link to the folder {link.resolve()}", "what is in that folder is exported",
                       note=True))
    return None if why_not else behind


def _is_plain(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and not is_junction(entry)


def _with_song_list(song: Path, staged: StagedFolder) -> Iterator[Oddity]:
    """Copy the list of songs that the old player reads, all songs in it."""
    path = song.absolute().parent / SONG_LIST
    try:
        staged.write(SONG_LIST, path.read_bytes())
    except FileNotFoundError:
        return
    except OSError as reason:
        yield Oddity(SONG_LIST, None, f"it cannot be read: {reason.strerror or reason}", "not exported")


def _is_media(path: str) -> bool:
    """Whether a file is neither an input nor a plan: what takes the room."""
    return path.split("/")[0] not in _SMALL_FOLDERS and not path.lower().endswith((".csv", ".json", ".txt"))


def _place(path: str, song: str) -> str:
    """Where a file belongs when inputs and media lie apart."""
    top = path.split("/")[0]
    is_input = top in _INPUT_FOLDERS or path == DEFINITIONS or SETTINGS.fullmatch(path) or SEQUENCE.fullmatch(path)
    return f"{META_FOLDER if is_input else MEDIA_FOLDER}/{song}/{path}"


def _copy(song: Path, root: Path, places: Mapping[str, str], progress: Callable[[int, int], None] | None,
          cancelled: Callable[[], bool] | None) -> None:
    for number, (path, place) in enumerate(places.items()):
        if cancelled is not None and cancelled():
            raise Cancelled("the export was cancelled; nothing of it was kept")
        if progress is not None:
            progress(number, len(places))
        target = root / place
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_file(song / path, target)
        except OSError as reason:
            raise copy_failure(song / path, target, reason) from None


def _going_back(graph: SongGraph) -> Iterator[Oddity]:
    """What the older programs cannot read or tell apart."""
    hyphened = sorted({picture.name for picture in graph.pictures if "-" in picture.name})
    if hyphened:
        yield Oddity(DEFINITIONS, None, f"names with a hyphen, at which the older programs cut names: "
                     f"{listed(map(repr, hyphened))}", "written as they are; rename them before using those programs")
    aliases: defaultdict[str, list[str]] = defaultdict(list)
    for picture in graph.pictures:
        aliases[picture.alias].append(picture.stem)
    for alias, stems in aliases.items():
        if len(stems) > 1:
            yield Oddity(DEFINITIONS, None, f"{' and '.join(stems)} are both {alias} for the older programs",
                         "written as they are; those programs will take one for the other")


def _without_frames(files: SongFiles, graph: SongGraph) -> Iterator[Oddity]:
    """Transitions that the older programs will not see."""
    names = Names(graph.pictures)
    framed = {edge_of(named.first[0], named.second[0]) for path in files.frame_folders
              if (named := names.of_transition(path.rpartition("/")[2])) is not None and named.clear}
    only = [each for each in graph.transitions.values() if each.movie and each.edge not in framed]
    if only:
        yield Oddity(MOVIES, None, f"{counted(len(only), 'transition')} as movies, and not as the folders of frames "
                     "that the older programs read",
                     f"written as movies; --frames writes their pictures into {FRAMES}, too")
