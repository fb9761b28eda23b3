"""A song folder as a graph: its own files say what the song is, a look at every file says what of it is there.

What was found out before is taken from the catalogue while the files are as they were then. It decodes nothing.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from server.errors import LibraryError
from server.index.identity import typed
from server.library.graph.identity import Edge, PictureId
from server.library.graph.song_graph import Picture, Presence, SongGraph, Transition
from server.library.songs.catalogue import Catalogue, Finding, load_catalogue, save_catalogue
from server.library.songs.listing import (
    DEFINITIONS,
    FRAMES,
    MOVIE_SUFFIX,
    MOVIES,
    PICTURE_SUFFIXES,
    PICTURES,
    SCENES,
    Listing,
    Stamp,
    by_place,
    list_song,
)
from server.library.songs.naming import Named, Names
from server.library.songs.presence import glance_at_frames, glance_at_movie, glance_at_picture
from server.library.songs.song_size import STAGE_QUALITY, Size, stage_key, usual_size
from server.library.songs.stage_list import StageList, read_stage_list
from server.library.songs.structure import from_document, inputs_of, structure_of, to_document

Progress = Callable[[int, int], None]
_RANK: Final = {Presence.EXISTS: 3, Presence.STALE: 2, Presence.DAMAGED: 1, Presence.MISSING: 0}
_UNCONVERTED: Final = "it is a folder of frames; interscene song convert makes a movie of it"
_THREADS: Final = 8
_OTHER_SIZE: Final = "it is {}×{}, and the song is {}×{}"
_OLDER: Final = "it was made for another {} than the one that is there now; interscene song mend exchanges its end"


@dataclass(slots=True)
class OpenSong:
    """A song and what is known of its files; `new` counts what was looked at now."""

    folder: Path
    graph: SongGraph
    listing: Listing
    catalogue: Catalogue
    new: int = 0
    unclear: tuple[tuple[str, Named], ...] = field(default_factory=tuple)
    """Folders of frames and movies whose names can mean several pictures."""
    size: Size | None = None
    """At which size it is shown; None while neither settings nor pictures tell."""
    steps: int | None = None
    """How many frames its settings ask of a transition."""


def open_song(folder: Path, *, progress: Progress | None = None) -> SongGraph:
    """The graph of a song as its files are now. Raises MissingFile, LibraryError."""
    return open_with_catalogue(folder, progress=progress).graph


def open_with_catalogue(folder: Path, *, progress: Progress | None = None) -> OpenSong:
    """The same with what is known of every file. Raises MissingFile, LibraryError."""
    with without_collection():
        found = list_song(folder)
        opened = combine(folder, found, load_catalogue(folder), progress=progress)
    if opened.new:
        save_catalogue(folder, opened.catalogue)
    return opened


@contextlib.contextmanager
def without_collection() -> Iterator[None]:
    """A hundred thousand small values that all stay: looking through them for garbage takes a sixth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def combine(folder: Path, listing: Listing, catalogue: Catalogue, *, progress: Progress | None = None) -> OpenSong:
    """Make the graph from a listing, looking only at files of which nothing fresh is known. Raises LibraryError.

    `catalogue` is brought up to date; what is gone is forgotten.
    """
    places = by_place(listing)
    inputs, new = inputs_of(listing, places), 0
    structure = from_document(folder.name, catalogue.structure) if catalogue.inputs == inputs else None
    if structure is None:
        structure, new = structure_of(folder, listing, places), 1
        catalogue.structure, catalogue.inputs = to_document(structure), inputs
    base = structure.graph
    if not base.pictures and not places.get(MOVIES) and not places.get(FRAMES):
        if DEFINITIONS in listing:
            raise LibraryError(f"{folder.name} has no pictures yet; add some: interscene song add {typed(folder)} "
                               "PICTURE…")
        raise LibraryError(f"{folder} is no song: it has no prompt_image_definitions.csv that lists pictures, and "
                           "neither pictures nor transitions; interscene song new makes one")
    subjects = list(_subjects(places))
    new += _look(Looker(folder, structure.size), subjects, listing, catalogue, progress)
    kept = {path for path, _ in subjects}
    if len(kept) != len(catalogue.findings):
        new += 1
        catalogue.findings = {path: found for path, found in catalogue.findings.items() if path in kept}
    names = Names(base.pictures)
    size = structure.size or usual_size(
        (found.width, found.height) for path, look in subjects if look is glance_at_picture
        for found in (catalogue.findings[path],))
    key = stage_key(size, STAGE_QUALITY) if size else ""
    pictures = _with_files(base, names, subjects, catalogue.findings, key)
    transitions, unclear = _transitions(base, names, pictures, subjects, catalogue.findings, size)
    graph = replace(base, pictures=pictures, transitions=transitions)
    return OpenSong(folder, graph, listing, catalogue, new, unclear, size, structure.steps)


Look = Callable[[Path, Stamp], Finding]
Subject = tuple[str, Look]


def subjects_of(paths: Iterable[str]) -> Iterator[Subject]:
    """Those of some paths that stand for a picture or a transition, and how to look at each."""
    return _subjects(by_place(paths))


def _subjects(places: Mapping[str, Sequence[str]]) -> Iterator[Subject]:
    for place in (PICTURES, SCENES):
        for path in places.get(place, ()):
            if path.lower().endswith(PICTURE_SUFFIXES):
                yield path, glance_at_picture
    for path in places.get(MOVIES, ()):
        if path.endswith(MOVIE_SUFFIX):
            yield path, glance_at_movie
    for path in places.get(FRAMES, ()):
        yield path, glance_at_frames


class Looker:
    """Looks at single files of a song; what it needs for that is read when it is first needed."""

    def __init__(self, folder: Path, size: Size | None) -> None:
        self._folder = folder
        self._key = stage_key(size, STAGE_QUALITY) if size else ""
        self._stages: StageList | None = None

    def look(self, subject: Subject, stamp: Stamp) -> Finding:
        """Look at one file."""
        path, look = subject
        if look is not glance_at_picture:
            return look(self._folder / path, stamp)
        if self._stages is None:
            self._stages = read_stage_list(self._folder)
        return glance_at_picture(self._folder / path, stamp, self._stages, self._key)


def _look(looker: Looker, subjects: Sequence[Subject], listing: Listing, catalogue: Catalogue,
          progress: Progress | None) -> int:
    findings = catalogue.findings
    unknown = [each for each in subjects
               if (known := findings.get(each[0])) is None or known.stamp != listing[each[0]]]
    if not unknown:
        return 0
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="song") as pool:
        looks = pool.map(lambda each: looker.look(each, listing[each[0]]), unknown)
        for done, ((path, _), finding) in enumerate(zip(unknown, looks, strict=True), 1):
            findings[path] = finding
            if progress is not None:
                progress(done, len(unknown))
    return len(unknown)


def _with_files(base: SongGraph, names: Names, subjects: Sequence[Subject],
                findings: Mapping[str, Finding], key: str) -> dict[PictureId, Picture]:
    """The pictures with their files: of several the first whole one, those in `prompt_images` before copies."""
    best: dict[PictureId, tuple[str, Finding]] = {}
    for path, look in subjects:
        if look is not glance_at_picture:
            continue
        which = names.of_picture_file(path.rpartition("/")[2])
        finding = findings[path]
        if which is not None and (which not in best or _RANK[best[which][1].presence] < _RANK[finding.presence]):
            best[which] = path, finding
    pictures = {}
    for which, picture in base.pictures.items():
        file, found = best.get(which, ("", None))
        if found is None:
            pictures[which] = replace(picture, file="", presence=Presence.MISSING, reason="")
        else:
            stage = found.stage if found.stage_key == key else ""
            pictures[which] = replace(picture, file=file, stage=stage, presence=found.presence, reason=found.reason)
    return pictures


def _transitions(base: SongGraph, names: Names, pictures: Mapping[PictureId, Picture], subjects: Sequence[Subject],
                 findings: Mapping[str, Finding],
                 size: Size | None) -> tuple[dict[Edge, Transition], tuple[tuple[str, Named], ...]]:
    """Of several files for one edge the best counts: playable before not, movies before folders, then the newest."""
    found: dict[Edge, Transition] = {}
    versions: dict[Edge, int] = {}
    unclear: list[tuple[str, Named]] = []
    for path, look in subjects:
        if look is glance_at_picture:
            continue
        movie = path if look is glance_at_movie else ""
        named = _meant(names, path, movie, findings[path])
        if named is None:
            continue
        if not named.clear:
            asked = [edge for edge in named.edges if edge in base.transitions]
            if len(asked) != 1:
                unclear.append((path, named))
                continue
            one, other = _in_order(named, asked[0])
            named = Named((one,), (other,), named.version)
        first, second = named.first[0], named.second[0]
        if first not in pictures or second not in pictures or first == second:
            continue
        each = _transition(first, second, movie, findings[path], pictures, size)
        edge = (first, second) if first <= second else (second, first)
        rival = found.get(edge)
        if rival is None or _merit(each, named.version) > _merit(rival, versions[edge]):
            found[edge], versions[edge] = each, named.version
    return {**base.transitions, **found}, tuple(unclear)


def _meant(names: Names, path: str, movie: str, finding: Finding) -> Named | None:
    last = path[path.rfind("/") + 1:]
    named = names.of_transition(last[:-len(MOVIE_SUFFIX)] if movie else last)
    if named is None or finding.edge is None:
        return named
    return Named(names.pictures(finding.edge[0]), names.pictures(finding.edge[1]), named.version)


def _in_order(named: Named, edge: Edge) -> Edge:
    """The two pictures of an edge as the name has them, the one that it begins with first."""
    return edge if edge[0] in named.first and edge[1] in named.second else (edge[1], edge[0])


def _merit(transition: Transition, version: int) -> tuple[bool, int, bool, int]:
    return transition.playable, _RANK[transition.presence], bool(transition.movie), version


def _transition(first: PictureId, second: PictureId, movie: str, finding: Finding,
                pictures: Mapping[PictureId, Picture], size: Size | None) -> Transition:
    presence, reason = finding.presence, finding.reason
    if presence is Presence.EXISTS:
        if finding.width and size is not None and (finding.width, finding.height) != size:
            presence = Presence.STALE
            reason = _OTHER_SIZE.format(finding.width, finding.height, *size)
        elif finding.ends is not None:
            one, other = pictures[first].stage, pictures[second].stage
            if (one and one != finding.ends[0]) or (other and other != finding.ends[1]):
                older = first if one and one != finding.ends[0] else second
                presence, reason = Presence.STALE, _OLDER.format(older.node)
        elif not movie:
            reason = _UNCONVERTED
    return Transition(first, second, presence, movie, finding.frames, reason)
