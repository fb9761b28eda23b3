"""The truth about the files of a song: what exists, is missing, damaged, or made for older pictures, and why.

What is known of unchanged files is taken from the catalogue. Nothing of the song is changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from server.errors import Cancelled
from server.index.opening import sidecar
from server.library.formats.oddity import Oddity
from server.library.graph.song_graph import Presence
from server.library.songs.catalogue import DEEP, READ, Finding, save_catalogue
from server.library.songs.listing import FRAMES, MOVIE_SUFFIX, MOVIES, PICTURE_SUFFIXES, PICTURES, SCENES, Stamp
from server.library.songs.naming import Names
from server.library.songs.song_folder import OpenSong, combine, open_with_catalogue
from server.library.songs.song_size import STAGE_QUALITY
from server.media.parallel import ordered_map
from server.production.check_frames import FramesInQuestion, Likeness, contents_of, examine_frames
from server.production.check_movie import examine_movie
from server.production.check_picture import examine_picture, settled
from server.production.song_oddities import oddities_of
from server.production.stage_song import StageFrames

Progress = Callable[[int, int], None]
Cancel = Callable[[], bool]
PICTURE: Final = "picture"
TRANSITION: Final = "transition"
_SAVE_EVERY: Final = 2_000


@dataclass(frozen=True, slots=True)
class Item:
    """One picture or transition, and what it is worth. `path`: where it lies in the song folder; empty: nowhere."""

    kind: str
    name: str
    path: str
    presence: Presence
    reason: str = ""
    notes: tuple[str, ...] = ()
    frames: int = 0


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found. `looked`: files that were looked at now, the others were known."""

    song: OpenSong
    items: tuple[Item, ...]
    oddities: tuple[Oddity, ...] = ()
    looked: int = 0
    deep: bool = False
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def bad(self) -> tuple[Item, ...]:
        """Those that are damaged or stale."""
        return tuple(item for item in self.items if item.presence in (Presence.DAMAGED, Presence.STALE))


def check_song(folder: Path, *, deep: bool = False, progress: Progress | None = None,
               cancelled: Cancel | None = None) -> CheckReport:
    """Look at every file of a song that is not known as it is; `deep` decodes every frame.

    What was found out is kept in the catalogue, also when it is cancelled. Raises MissingFile, LibraryError,
    Cancelled.
    """
    indexless = _without_index(folder)
    song = open_with_catalogue(folder)
    looked = 0
    # Pictures first: what transitions are worth depends on them.
    for work in (_pictures_to_read, _transitions_to_read):
        todo = work(song, deep, cancelled)
        looked += len(todo)
        _examine(song, todo, progress, cancelled)
        song = combine(folder, song.listing, song.catalogue)
    save_catalogue(folder, song.catalogue)
    items = (*_picture_items(song), *_transition_items(song))
    counts = {kind: dict(Counter(item.presence.value for item in items if item.kind == kind))
              for kind in (PICTURE, TRANSITION)}
    return CheckReport(song, items, (*oddities_of(song), *_spare(song, items), *indexless), looked, deep, counts)


Todo = Sequence[tuple[str, Callable[[], Finding]]]


def _examine(song: OpenSong, todo: Todo, progress: Progress | None, cancelled: Cancel | None) -> None:
    try:
        for done, ((path, _), finding) in enumerate(zip(todo, ordered_map(_call, todo), strict=True), 1):
            if cancelled is not None and cancelled():
                raise Cancelled(f"the check of {song.graph.name} was cancelled after {done - 1} of {len(todo)} files; "
                                "what was found out is kept, and the next check goes on from there")
            song.catalogue.findings[path] = finding
            if progress is not None:
                progress(done, len(todo))
            if done % _SAVE_EVERY == 0:
                save_catalogue(song.folder, song.catalogue)
    except BaseException:
        save_catalogue(song.folder, song.catalogue)
        raise


def _call(each: tuple[str, Callable[[], Finding]]) -> Finding:
    return each[1]()


def _pictures_to_read(song: OpenSong, _deep: bool, _cancelled: Cancel | None) -> Todo:
    stages = StageFrames(song.folder, song.size, STAGE_QUALITY) if song.size is not None else None
    key = stages.key if stages is not None else ""
    findings = song.catalogue.findings
    return [(path, partial(examine_picture, song.folder / path, stamp, stages))
            for path, stamp in song.listing.items()
            if _is_picture(path) and path in findings and not settled(findings, path, stamp, key)]


def _is_picture(path: str) -> bool:
    return path.lower().startswith((f"{PICTURES}/", f"{SCENES}/")) and path.lower().endswith(PICTURE_SUFFIXES)


def _transitions_to_read(song: OpenSong, deep: bool, cancelled: Cancel | None) -> Todo:
    names = Names(song.graph.pictures)
    likeness = Likeness(song.folder, song.graph.pictures, song.size)
    level = DEEP if deep else READ
    todo: list[tuple[str, Callable[[], Finding]]] = []
    for path, finding in song.catalogue.findings.items():
        stamp, place = song.listing[path], path.partition("/")[0].casefold()
        if place == MOVIES:
            if finding.stamp != stamp or finding.level < level:
                todo.append((path, partial(examine_movie, song.folder / path, stamp, deep=deep, cancelled=cancelled)))
        elif place == FRAMES:
            asked = FramesInQuestion(song.folder / path, stamp, names.of_transition(path.rpartition("/")[2]),
                                     song.steps)
            if not _known(finding, asked, stamp, level):
                todo.append((path, partial(examine_frames, asked, likeness, deep=deep, cancelled=cancelled)))
    return todo


def _known(finding: Finding, asked: FramesInQuestion, stamp: Stamp, level: int) -> bool:
    """Whether a folder of frames is as it was; frames may have been written over without the folder telling."""
    if finding.stamp != stamp or finding.level < level or finding.stage_key != asked.key:
        return False
    try:
        return contents_of(asked.path)[1] == finding.stage
    except OSError:
        return False


def _picture_items(song: OpenSong) -> Iterator[Item]:
    for which, picture in song.graph.pictures.items():
        found = song.catalogue.findings.get(picture.file)
        reason = picture.reason or ("no file of it is there" if picture.presence is Presence.MISSING else "")
        yield Item(PICTURE, which.stem, picture.file, picture.presence, reason, found.notes if found else ())


def _transition_items(song: OpenSong) -> Iterator[Item]:
    names = Names(song.graph.pictures)
    paths = {each.edge: each.movie for each in song.graph.transitions.values()}
    folders = {}
    for path, finding in song.catalogue.findings.items():
        if path.partition("/")[0].casefold() == FRAMES:
            named = names.of_transition(path.rpartition("/")[2])
            ends = finding.edge or ((named.first[0].node, named.second[0].node) if named and named.clear else None)
            if ends is not None:
                folders[frozenset(ends)] = path
    for edge, each in song.graph.transitions.items():
        path = paths[edge] or folders.get(frozenset((each.first.node, each.second.node)), "")
        found = song.catalogue.findings.get(path)
        reason = each.reason or ("no file of it is there" if each.presence is Presence.MISSING else "")
        yield Item(TRANSITION, f"{each.first.node} to {each.second.node}", path, each.presence, reason,
                   found.notes if found else (), each.frames)


def _spare(song: OpenSong, items: Sequence[Item]) -> Iterator[Oddity]:
    """Damaged files in whose place the song has others."""
    used = {item.path for item in items}
    for path, finding in song.catalogue.findings.items():
        if finding.presence is Presence.DAMAGED and path not in used:
            yield Oddity(path, None, finding.reason, "it is not used: another file counts, or none is meant")


def _without_index(folder: Path) -> list[Oddity]:
    """Movies whose index is missing; opening them makes it anew."""
    try:
        movies = sorted(path for path in (folder / MOVIES).iterdir()
                        if path.suffix == MOVIE_SUFFIX and not path.name.startswith(".") and path.is_file())
    except OSError:
        return []
    return [Oddity(f"{MOVIES}/{movie.name}", None, "its index was missing", "made anew from the movie itself",
                   note=True) for movie in movies if not sidecar(movie).is_file()]
