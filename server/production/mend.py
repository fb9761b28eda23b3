"""Transitions whose pictures were exchanged get the new ones as their ends: two packets new, all others copied.
Where the song has got another size, all frames are brought to it, if that is asked for.

The mended movie gets a new name, for the old one may be open; the old one goes when nobody plays the song.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from server.errors import Cancelled, MediaError, MixedMovie
from server.index.format import FrameIndex, Mark
from server.index.reader import FrameReader
from server.library.graph.song_graph import Presence, Transition
from server.library.songs.listing import MOVIES
from server.library.songs.naming import Names, split_version
from server.library.songs.song_folder import OpenSong, open_with_catalogue
from server.library.songs.song_size import STAGE_QUALITY
from server.library.songs.versions import is_held, next_version, tidy
from server.media.difference import difference, thumbnail_of_jpeg
from server.media.indexing import index_of
from server.media.writer import MovieWriter
from server.production.check_frames import ALIKE
from server.production.check_picture import reason_of
from server.production.song_check import check_song
from server.production.stage_song import StageFrame, StageFrames, usable_size
from server.production.story_parts import CHROMA, Shape, resized


@dataclass(slots=True)
class MendReport:
    """What became of every stale transition, and which older movies went. `waiting` go when nobody plays the song."""

    mended: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def mend_song(song: Path, *, names: Sequence[str] = (), anyway: bool = False, resize: bool = False,
              progress: Callable[[int, int], None] | None = None,
              cancelled: Callable[[], bool] | None = None) -> MendReport:
    """Mend all stale transitions of a song, or those named; `anyway` also where a new end is a visible jump, `resize`
    also those of another size, whose frames are encoded once more.

    Raises MissingFile, LibraryError, OutputError, Cancelled.
    """
    opened = check_song(song, cancelled=cancelled).song
    report = MendReport()
    stages = StageFrames(song, usable_size(opened))
    stale = [each for each in opened.graph.transitions.values()
             if each.presence is Presence.STALE and each.movie and _is_named(opened, each, names)]
    for done, each in enumerate(stale):
        if cancelled is not None and cancelled():
            raise Cancelled(f"mending {opened.graph.name} was cancelled; the {len(report.mended)} that were mended are "
                            "kept")
        try:
            report.mended.append(_mend(opened, each, stages, anyway, resize))
        except MediaError as reason:
            report.left.append((each.movie, reason_of(reason, song / each.movie)))
        if progress is not None:
            progress(done + 1, len(stale))
    _tidy(song, report)
    return report


def mend_movie(movie: Path, out: Path, first: StageFrame, last: StageFrame, *, anyway: bool = False,
               shape: Shape | None = None) -> FrameIndex:
    """Write a movie again with other ends; every frame between them is copied byte for byte, or brought to a `shape`.

    Raises MixedMovie when the ends do not fit, or would jump; OutputError and what opening the movie raises.
    """
    index = index_of(movie)
    if index.pts is not None:
        raise MixedMovie(f"{movie.name}: its frame rate varies; make it again")
    end = index.count - 1
    with FrameReader(movie, index) as reader:
        def old(number: int) -> bytes:
            jpeg = reader.read(number)
            return jpeg if shape is None else resized(jpeg, shape)

        new = {0: first.jpeg(), end: last.jpeg()}
        if not anyway:
            _refuse_jumps(movie, index.count, old, new)
        made = {**(index.made or {}), "mended": {"from": movie.name, "ends": list(index.ends or ()),
                                                 **({} if shape is None else {"size": [index.width, index.height]})}}
        marks = [_remarked(mark, end, (first, last)) for mark in index.marks]
        size, chroma = (shape.size, CHROMA) if shape is not None else ((index.width, index.height), index.chroma)
        with MovieWriter(out, width=size[0], height=size[1], rate=index.rate, chroma=chroma,
                         marks=marks, axes=index.axes, ends=(first.hash, last.hash), made=made) as writer:
            for number in range(index.count):
                known = _known_step(index, number) if shape is None else math.nan if number else 0.0
                writer.add(new.get(number) or old(number), known)
    return writer.index


def _mend(song: OpenSong, transition: Transition, stages: StageFrames, anyway: bool, resize: bool) -> str:
    movie = song.folder / transition.movie
    index = index_of(movie)
    other = (index.width, index.height) != stages.size
    if other and not resize:
        raise MixedMovie(f"{movie}: it is {index.width}×{index.height}, and the song is {stages.size[0]}×"
                         f"{stages.size[1]}; make it again, or bring it to that size with --resize")
    ends = [stages.frame(song.graph.pictures[each]) for each in (transition.first, transition.second)]
    stem, _ = split_version(movie.stem)
    out = next_version(movie.with_name(stem + movie.suffix))
    shape = Shape(stages.size, STAGE_QUALITY, index.rate) if other else None
    mend_movie(movie, out, ends[0], ends[1], anyway=anyway, shape=shape)
    return out.relative_to(song.folder).as_posix()


def _refuse_jumps(movie: Path, count: int, old: Callable[[int], bytes], new: dict[int, bytes]) -> None:
    """A picture that is another one altogether needs another transition, not another frame."""
    for end, inside in ((0, 1), (count - 1, count - 2)) if count > 2 else ():
        beside = thumbnail_of_jpeg(old(inside))
        before = difference(thumbnail_of_jpeg(old(end)), beside)
        now = difference(thumbnail_of_jpeg(new[end]), beside)
        if not now <= before + ALIKE:
            where = "begins" if end == 0 else "ends"
            raise MixedMovie(f"{movie}: the picture that it {where} with is another one now ({now:.0f} levels from the "
                             f"frame beside it, and it was {before:.0f}); make the transition again, or mend it with "
                             "--anyway")


def _known_step(index: FrameIndex, number: int) -> float:
    """The distance of a frame to the one before it, where both are still the same; else it is to be measured."""
    if index.difference is None or number in (0, 1, index.count - 1):
        return 0.0 if number == 0 else math.nan
    return float(index.difference[number])


def _remarked(mark: Mark, end: int, stages: tuple[StageFrame, StageFrame]) -> Mark:
    if mark.picture is None or mark.frame not in (0, end):
        return mark
    return replace(mark, picture=stages[0 if mark.frame == 0 else 1].hash)


def _is_named(song: OpenSong, transition: Transition, names: Sequence[str]) -> bool:
    if not names:
        return True
    known = Names(song.graph.pictures)
    for name in names:
        named = known.of_transition(Path(name).name.removesuffix(".mov"))
        if name == transition.movie or (named is not None and transition.edge in named.edges):
            return True
    return False


def _tidy(song: Path, report: MendReport) -> None:
    """Remove movies of which there is a newer, whole version, unless somebody plays the song now."""
    graph = open_with_catalogue(song).graph
    whole = {each.movie for each in graph.transitions.values() if each.presence is Presence.EXISTS}
    report.removed, report.waiting = tidy(song, MOVIES, whole, held=is_held(song))
