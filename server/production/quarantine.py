"""Damaged things out of the way, with the reason beside them, and back again. Nothing is ever deleted here.

`quarantine/<time>/` holds what was taken out at one time, in the folders that it lay in, and `reason.txt`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from server.errors import LibraryError, OutputError, PathRefused
from server.index.format import SUFFIX
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Presence
from server.library.media_folder import QUARANTINE, close_to, folded
from server.library.paths import inside, shortened
from server.library.songs.listing import FRAMES, MOVIE_SUFFIX, MOVIES
from server.library.songs.naming import Names
from server.library.songs.song_folder import OpenSong
from server.media.part_file import make_folders, remove_empty
from server.production.song_check import CheckReport

REASONS: Final = "reason.txt"
_HEAD: Final = "# path in the song, a tab, and why it was taken out; interscene song restore puts it back\n"


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved, by its path in the song, and what could not be, with the reason."""

    folder: Path
    paths: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = field(default_factory=tuple)


def quarantine(song: Path, reasons: Iterable[tuple[str, str]], moment: str) -> Moved:
    """Move things, each a path in the song and the reason, to a folder named after the `moment`.

    An index goes with its movie. What leads out of the song, by its name or as a link, stays. Raises OutputError.
    """
    folder = _free(song / QUARANTINE, moment)
    made = make_folders(folder)
    moved, kept, lines = [], [], []
    for path, reason in dict(reasons).items():
        try:
            source = inside(song, path)
        except PathRefused as refused:
            kept.append((path, str(refused)))
            continue
        if not source.exists():
            continue
        problem = _move(source, folder / path)
        if problem:
            kept.append((path, problem))
            continue
        moved.append(path)
        lines.append(f"{path}\t{' '.join(reason.split())}\n")
        _write(folder / REASONS, _HEAD + "".join(lines))
        index = source.with_name(source.name + SUFFIX)
        if index.is_file():
            _move(index, folder / f"{path}{SUFFIX}")
    if not moved:
        remove_empty(made)
    return Moved(folder, tuple(moved), tuple(kept))


def damaged_things(report: CheckReport) -> list[tuple[str, str]]:
    """What a check found damaged, with the reason; stale things can still be played and stay."""
    found = [(item.path, item.reason) for item in report.items if item.presence is Presence.DAMAGED and item.path]
    used = {path for path, _ in found}
    # A file that is not the song's best for a picture or edge may be damaged, too.
    found += [(path, finding.reason) for path, finding in report.song.catalogue.findings.items()
              if finding.presence is Presence.DAMAGED and path not in used]
    return found


def things_named(song: OpenSong, names: Sequence[str]) -> list[str]:
    """The paths in the song that names mean: of files, pictures or transitions. Raises LibraryError, PathRefused."""
    found: list[str] = []
    for name in names:
        paths = _paths_of(song, name)
        if not paths:
            known = [*song.catalogue.findings, *(each.stem for each in song.graph.pictures)]
            near = close_to(name, {folded(text): text for text in known})
            raise LibraryError(f"{song.graph.name} has nothing that is called {shortened(name)}"
                               + (f"; did you mean {near[0]}?" if near else "; interscene song check lists all names"))
        found += paths
    return list(dict.fromkeys(found))


def restore(song: Path, moment: str = "", names: Sequence[str] = ()) -> Moved:
    """Put things back where they were, all of the last time if none are named; nothing is written over.

    Raises LibraryError when there is nothing to put back, or not what is named.
    """
    folder = _folder_of(song, moment)
    lines = _lines(folder)
    wanted = {path: reason for path, reason in lines.items()
              if not names or any(path == name or Path(path).name == name or Path(path).stem == name
                                  for name in names)}
    if not wanted:
        raise LibraryError(f"{folder.name} holds nothing that is called {', '.join(names)}; there is "
                           f"{', '.join(list(lines)[:5]) or 'nothing'}")
    moved, kept = [], []
    for path in wanted:
        target = inside(song, path)
        problem = _move(folder / path, target)
        if problem:
            kept.append((path, problem))
            continue
        moved.append(path)
        index = folder / f"{path}{SUFFIX}"
        if index.is_file():
            _move(index, target.with_name(target.name + SUFFIX))
        del lines[path]
        _write(folder / REASONS, _HEAD + "".join(f"{each}\t{reason}\n" for each, reason in lines.items()))
    if not lines:
        with contextlib.suppress(OSError):
            (folder / REASONS).unlink()
        _remove_empty_below(folder)
    return Moved(folder, tuple(moved), tuple(kept))


def _paths_of(song: OpenSong, name: str) -> list[str]:
    plain = name.replace("\\", "/").strip("/")
    if plain in song.listing:
        return [plain]
    names = Names(song.graph.pictures)
    pictures = {*names.pictures(plain), *([which] if (which := names.of_picture_file(f"{plain}.png")) else [])}
    paths = [path for path in song.catalogue.findings
             if pictures and names.of_picture_file(path.rpartition("/")[2]) in pictures]
    named = names.of_transition(plain.removesuffix(MOVIE_SUFFIX))
    if named is not None:
        paths += [path for path in song.catalogue.findings if _edges(names, path) & set(named.edges)]
    return paths


def _edges(names: Names, path: str) -> set[tuple[PictureId, PictureId]]:
    place, _, last = path.rpartition("/")
    if place.casefold() not in (MOVIES, FRAMES):
        return set()
    named = names.of_transition(last.removesuffix(MOVIE_SUFFIX))
    return set(named.edges) if named is not None else set()


def _move(source: Path, target: Path) -> str:
    """Move a file or folder; return why not, empty when it was moved."""
    if target.exists():
        return "something of that name is there already"
    try:
        make_folders(target.parent)
        source.rename(target)
    except OutputError as reason:
        return str(reason)
    except OSError as reason:
        return f"it cannot be moved: {reason.strerror or reason}; close what plays it"
    return ""


def _free(parent: Path, moment: str) -> Path:
    """A folder that is not there yet, named after the moment."""
    for number in range(1, 1000):
        folder = parent / (moment if number == 1 else f"{moment} {number}")
        if not folder.exists():
            return folder
    raise OutputError(f"{parent} has too many folders called {moment}; tidy it up")


def _folder_of(song: Path, moment: str) -> Path:
    try:
        folders = sorted(path for path in (song / QUARANTINE).iterdir() if (path / REASONS).is_file())
    except OSError:
        folders = []
    if not folders:
        raise LibraryError(f"{song.name} has nothing in quarantine")
    found = [path for path in folders if path.name.startswith(moment)]
    if not found:
        raise LibraryError(f"nothing was taken out of {song.name} at {shortened(moment)}; there is "
                           f"{', '.join(path.name for path in folders)}")
    return found[-1]


def _lines(folder: Path) -> dict[str, str]:
    try:
        text = (folder / REASONS).read_text(encoding="utf-8", errors="replace")
    except OSError as reason:
        raise LibraryError(f"{folder / REASONS} cannot be read: {reason.strerror}") from None
    rows = (line.partition("\t") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {path: reason for path, _, reason in rows}


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as reason:
        raise OutputError(f"{path} cannot be written: {reason.strerror}; free some space") from None


def _remove_empty_below(folder: Path) -> None:
    below = [path for path in folder.rglob("*") if path.is_dir()]
    below.sort(key=lambda path: len(path.parts), reverse=True)
    remove_empty([*below, folder, folder.parent])
