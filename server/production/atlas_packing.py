"""An atlas is packed: stage frames first, then transitions by packet copy, the most used ones where not all fit."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from server.errors import InputError, LibraryError, MediaError
from server.index.format import FrameIndex, Mark
from server.index.opening import sidecar
from server.index.reader import FrameReader
from server.library.graph.identity import Edge, PictureId, edge_of
from server.library.graph.song_graph import Picture, SongGraph, Transition
from server.library.sequences import is_sequence, read_sequence
from server.library.songs.listing import STORY
from server.library.songs.naming import Names
from server.library.songs.stories import STORIES
from server.library.songs.story_lock import read_lock
from server.library.songs.versions import is_held, next_version
from server.media.indexing import index_of
from server.media.parallel import ordered_map
from server.media.sweep import sweep_parts
from server.media.verify import verify
from server.media.writer import MovieWriter
from server.production.atlas import GENERATOR, NAME, Packed, atlas_versions
from server.production.build_steps import Clock, Observer, Steps, Work
from server.production.stage_song import StageFrames, shown_pictures, song_size
from server.production.story_parts import CHROMA, digest, hash_frames
from server.production.story_sources import OLD_RATE
from server.units import format_bytes

BUDGET: Final = 4_000_000_000
STEPS: Final = ("atlas: pictures", "atlas: transitions", "atlas: packing")
_PER_FRAME: Final = 64
_FIXED: Final = 16_384
"""Bytes of tables in the movie, a frame and in all: more than there are."""


@dataclass(frozen=True, slots=True)
class AtlasReport:
    """What was packed. `left_out`: transitions with the reason; `kept`: it was there already."""

    path: Path
    index: FrameIndex
    pictures: int
    edges: int
    left_out: tuple[tuple[Edge, str], ...] = ()
    kept: bool = False
    removed: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Still:
    picture: PictureId
    jpeg: Path
    bytes: int
    hash: str
    packed: Packed


@dataclass(frozen=True, slots=True)
class _Movie:
    transition: Transition
    index: FrameIndex
    packed: Packed

    @property
    def bytes(self) -> int:
        return int(self.index.size.sum()) + _PER_FRAME * self.index.count


def build_atlas(song: Path, graph: SongGraph, *, budget: int = BUDGET, uses: Mapping[Edge, int] | None = None,
                observer: Observer | None = None, clock: Clock | None = None,
                cancelled: Callable[[], bool] | None = None) -> AtlasReport:
    """Pack the stage frames and transitions of a song into one movie of at most `budget` bytes.

    `uses`: how often each transition is used, `uses_of` when not given. Raises LibraryError for a song without
    anything to pack, InputError for a budget that its pictures alone exceed, MediaError, OutputError, Cancelled.
    """
    song = song.resolve()
    sweep_parts(song, below=False)
    steps = Steps(STEPS, observer, clock=clock, cancelled=cancelled)
    size = song_size(song)
    with steps.step(STEPS[0]) as work:
        stills = _stills(song, graph, size, budget, work)
    with steps.step(STEPS[1]) as work:
        counted = uses_of(song, graph) if uses is None else uses
        movies, left_out = _movies(song, graph, size, budget - _size_of(stills), counted, work)
    if not stills and not movies:
        raise LibraryError(f"{graph.name} has neither pictures nor transitions to make an atlas of; "
                           "interscene song overview says what there is")
    with steps.step(STEPS[2]) as work:
        made = _made(stills, movies, left_out)
        kept = _kept(song, made, work)
        work.kept = kept is not None
        path, index = kept or _pack(next_version(song / NAME), size, stills, movies, made, graph, work)
        work.note(f"{path.name}: {format_bytes(index.movie.bytes)}, {len(stills)} pictures, {len(movies)} transitions"
                  + (f", {len(left_out)} left out" if left_out else ""))
    removed = () if kept or is_held(song) else _remove_older(song)
    return AtlasReport(path, index, len(stills), len(movies), tuple(left_out), kept is not None, removed)


def _remove_older(song: Path) -> tuple[Path, ...]:
    """Remove all atlases but the newest; one that is open stays where the system forbids to remove it."""
    removed = []
    for _, path in atlas_versions(song)[1:]:
        with contextlib.suppress(OSError):
            path.unlink()
            sidecar(path).unlink(missing_ok=True)
            removed.append(path)
    return tuple(removed)


def uses_of(song: Path, graph: SongGraph) -> Counter[Edge]:
    """How often every transition is used in the locked stories of a song, and in sequences of older programs."""
    found: Counter[Edge] = Counter()
    names = Names(graph.pictures)
    for folder in sorted((song / STORIES).glob("*/")):
        try:
            lock = read_lock(folder)
        except InputError:
            continue
        if lock is not None:
            found.update(edge_of(hop.first, hop.second) for hop in lock.hops)
        else:
            found.update(_edges_of(folder, names))
    found.update(_edges_of(song / STORY, names))
    return found


def _edges_of(folder: Path, names: Names) -> Iterable[Edge]:
    for path in sorted(folder.glob("*.csv")):
        if not is_sequence(path):
            continue
        try:
            rows = read_sequence(path).rows
        except (InputError, MediaError):
            continue
        for row in rows:
            first, second = names.pictures(row.c1), names.pictures(row.c2)
            if len(first) == len(second) == 1:
                yield edge_of(first[0], second[0])


def _stills(song: Path, graph: SongGraph, size: tuple[int, int], budget: int, work: Work) -> list[_Still]:
    frames = StageFrames(song, size)
    shown = shown_pictures(graph)

    def one(picture: Picture) -> _Still | None:
        try:
            frame = frames.frame(picture)
            return _Still(picture.id, frame.path, frame.path.stat().st_size, frame.hash,
                          Packed.of(song, picture.file, whole=True))
        except (MediaError, OSError):
            return None  # the check of the song says which pictures cannot be read, and why

    found = []
    for done, still in enumerate(ordered_map(one, shown), 1):
        found += [] if still is None else [still]
        work(done, len(shown))
    if _size_of(found) > budget:
        raise InputError(f"the {len(found)} pictures of {graph.name} alone have {format_bytes(_size_of(found))}; "
                         f"allow the atlas more than {format_bytes(budget)} with --budget")
    skipped = len(graph.pictures) - len(found)
    work.note(f"{len(found)} stage frames" + (f", {skipped} pictures have none" if skipped else ""))
    return found


def _size_of(stills: Sequence[_Still]) -> int:
    return _FIXED + sum(still.bytes + _PER_FRAME for still in stills)


def _movies(song: Path, graph: SongGraph, size: tuple[int, int], room: int, uses: Mapping[Edge, int],
            work: Work) -> tuple[list[_Movie], list[tuple[Edge, str]]]:
    """The transitions that fit, the most used first, and the others with the reason."""
    wanted = {edge: each for edge, each in graph.transitions.items()
              if each.playable and not graph.never.intersection(edge)}
    chosen: list[_Movie] = []
    left_out: list[tuple[Edge, str]] = []
    for done, edge in enumerate(in_order_of_use(wanted, uses), 1):
        work(done, len(wanted))
        try:
            movie = _movie(song, wanted[edge])
            problem = _misfit(movie, size)
            if not problem and movie.bytes > room:
                problem = f"it does not fit, used {uses.get(edge, 0)} times"
            if not problem:
                hash_frames(song / movie.transition.movie, movie.index)
        except MediaError as reason:
            problem = str(reason).partition(";")[0]
        if problem:
            left_out.append((edge, problem))
            continue
        room -= movie.bytes
        chosen.append(movie)
    work.note(f"{len(chosen)} chosen of {len(wanted)}")
    return chosen, left_out


def in_order_of_use(edges: Iterable[Edge], uses: Mapping[Edge, int]) -> list[Edge]:
    """The most used first; among equals those whose pictures have the fewest so far, so that nothing is cut off."""
    order: list[Edge] = []
    degree: Counter[PictureId] = Counter()
    groups: dict[int, list[Edge]] = {}
    for edge in sorted(edges):
        groups.setdefault(uses.get(edge, 0), []).append(edge)
    for count in sorted(groups, reverse=True):
        waiting, least = groups[count], 0
        while waiting:
            later = []
            for edge in waiting:
                if min(degree[edge[0]], degree[edge[1]]) > least:
                    later.append(edge)
                    continue
                order.append(edge)
                degree.update(edge)
            waiting, least = later, least + 1
    return order


def _movie(song: Path, transition: Transition) -> _Movie:
    path = song / transition.movie
    return _Movie(transition, index_of(path), Packed.of(song, transition.movie, whole=False))


def _misfit(movie: _Movie, size: tuple[int, int]) -> str:
    index = movie.index
    if (index.width, index.height, index.chroma) != (*size, CHROMA):
        return f"it is {index.width}×{index.height} {index.chroma}, the song {size[0]}×{size[1]} {CHROMA}"
    return "" if index.count > 1 else "it has one frame only"


def _made(stills: Sequence[_Still], movies: Sequence[_Movie], left_out: Sequence[tuple[Edge, str]]) -> dict[str, Any]:
    """What the index says is in the atlas: pictures by number, their frames, and what each was packed from."""
    numbers: dict[PictureId, int] = {}
    pictures = [still.picture for still in stills]
    pictures += [end for movie in movies for end in movie.transition.edge]
    for picture in pictures:
        numbers.setdefault(picture, len(numbers))
    edges, begin = [], len(stills)
    for movie in movies:
        first, second = numbers[movie.transition.first], numbers[movie.transition.second]
        edges.append([first, second, begin, begin + movie.index.count - 1, *movie.packed.made])
        begin += movie.index.count
    return {"generator": GENERATOR, "recipe": 1, "nodes": [picture.node for picture in numbers],
            "stills": [[numbers[still.picture], frame, still.hash, *still.packed.made]
                       for frame, still in enumerate(stills)],
            "edges": edges, "left_out": [[edge[0].node, edge[1].node, why] for edge, why in left_out]}


def _kept(song: Path, made: Mapping[str, Any], work: Work) -> tuple[Path, FrameIndex] | None:
    for _, path in atlas_versions(song)[:1]:
        try:
            index = index_of(path)
        except MediaError:
            return None
        if _content(index.made or {}) == _content(made):
            verdict = verify(path, progress=work)
            if verdict is not None and not verdict.problems:
                return path, index
    return None


def _content(made: Mapping[str, Any]) -> dict[str, Any]:
    """What is in an atlas; why anything else is not may change, as stories do."""
    return {key: value for key, value in made.items() if key != "left_out"}


def _pack(out: Path, size: tuple[int, int], stills: Sequence[_Still], movies: Sequence[_Movie],
          made: Mapping[str, Any], graph: SongGraph, work: Work) -> tuple[Path, FrameIndex]:
    rates = Counter(movie.index.rate for movie in movies)
    rate: Fraction = rates.most_common(1)[0][0] if rates else OLD_RATE
    of = len(stills) + sum(movie.index.count for movie in movies)
    marks = [_mark(graph, still, frame) for frame, still in enumerate(stills)]
    with MovieWriter(out, width=size[0], height=size[1], rate=rate, chroma=CHROMA, marks=marks, made=made) as writer:
        for still in stills:
            writer.add(_bytes_of(still))
            work(writer.count, of)
        for movie in movies:
            _copy(writer, out.parent, movie, lambda: work(writer.count, of))
    return out, writer.index


def _bytes_of(still: _Still) -> bytes:
    jpeg = still.jpeg.read_bytes()
    if digest(jpeg) != still.hash:
        raise LibraryError(f"the stage frame {still.jpeg.name} is not what its name says; remove it and build again")
    return jpeg


def _copy(writer: MovieWriter, song: Path, movie: _Movie, tick: Callable[[], None]) -> None:
    apart = movie.index.difference
    with FrameReader(song / movie.transition.movie, movie.index) as reader:
        for frame in range(movie.index.count):
            known = float(apart[frame]) if apart is not None and frame else float("nan")
            writer.add(reader.read(frame), known)
            tick()


def _mark(graph: SongGraph, still: _Still, frame: int) -> Mark:
    picture = graph.pictures[still.picture]
    scene = next(graph.scenes_of(still.picture), "")
    name = still.picture.node if scene in ("", still.picture.name) else f"{scene} / {still.picture.node}"
    return Mark(frame, name, still.hash, picture.prompt, still.picture.seed)
