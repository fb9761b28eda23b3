"""Morphs for the transitions that a song wants and does not have, so that it can be walked without any model.

Each is made whole or not at all, with its pictures' stage frames as ends; it may be called again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from server.errors import Cancelled, MediaError
from server.index.format import Mark
from server.index.opening import write_sidecar
from server.library.graph.song_graph import Presence, SongGraph, Transition
from server.library.songs.naming import movie_name
from server.library.songs.song_folder import OpenSong, open_with_catalogue
from server.library.songs.versions import next_version
from server.media.indexing import index_of
from server.production.stage_frames import StagePicture
from server.production.stage_song import StageFrames, make_stills, usable_size
from server.production.transition import FRAMES, TransitionOptions, make_transition

USUAL_RATE: Final = Fraction(30)
_LOOKED_AT: Final = 50


@dataclass(frozen=True, slots=True)
class MorphChoice:
    """`rate`: that of the song's movies, else 30."""

    frames: int = FRAMES
    rate: Fraction | None = None
    quality: int = 88
    seed: int = 0


@dataclass(slots=True)
class MorphReport:
    """Paths of the movies that were made, and (transition, why) for each that was not."""

    made: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


def morph_song(song: Path, choice: MorphChoice = MorphChoice(), *, most: int | None = None,
               progress: Callable[[int, int], None] | None = None,
               cancelled: Callable[[], bool] | None = None) -> MorphReport:
    """Make the transitions that are listed and missing, in the order of the plan; `progress` counts frames.

    Afterwards every picture also has its place in `stills.mov`. Raises LibraryError, OutputError, Cancelled.
    """
    opened = open_with_catalogue(song)
    report, jobs = MorphReport(), wanted(opened.graph)[:most]
    stages = StageFrames(song, usable_size(opened))
    options = TransitionOptions(frames=choice.frames, seed=choice.seed, rate=choice.rate or _rate_of(opened),
                                quality=choice.quality)
    for place, job in enumerate(jobs):
        if cancelled is not None and cancelled():
            break

        def step(done: int, _of: int, before: int = place * choice.frames) -> None:
            if progress is not None:
                progress(before + done, len(jobs) * choice.frames)

        try:
            report.made.append(_make(opened, stages, job, options, step, cancelled))
        except Cancelled:
            break
        except MediaError as reason:
            report.left.append((f"{job.first.node} to {job.second.node}", str(reason).partition(";")[0]))
    if cancelled is not None and cancelled():
        raise Cancelled(f"the morphs of {song.name} were stopped; the {len(report.made)} that were finished are kept, "
                        "and the next run goes on from there")
    make_stills(song)
    return report


def wanted(graph: SongGraph) -> list[Transition]:
    """The transitions of which nothing is there, both of whose pictures can be shown."""
    usable = {picture.id for picture in graph.pictures.values() if picture.presence is Presence.EXISTS}
    return [each for each in graph.transitions.values() if each.presence is Presence.MISSING and not each.movie
            and each.first in usable and each.second in usable]


def _make(song: OpenSong, stages: StageFrames, job: Transition, options: TransitionOptions,
          step: Callable[[int, int], None], cancelled: Callable[[], bool] | None) -> str:
    pictures = [song.graph.pictures[which] for which in (job.first, job.second)]
    frames = [stages.frame(picture) for picture in pictures]
    first, second = (StagePicture(picture.id.node, frame.jpeg(), stages.size, seed=picture.id.seed)
                     for picture, frame in zip(pictures, frames, strict=True))
    out = next_version(song.folder / movie_name(job.first, job.second))
    index = make_transition(first, second, out, options, step=step, cancelled=cancelled)
    marks = tuple(Mark(place, picture.id.node, frame.hash, picture.prompt or None, picture.id.seed)
                  for place, picture, frame in zip((0, index.count - 1), pictures, frames, strict=True))
    write_sidecar(out, replace(index, marks=marks))
    return out.relative_to(song.folder).as_posix()


def _rate_of(song: OpenSong) -> Fraction:
    """The rate that most of the song's movies have, so that a walk has one speed."""
    rates: Counter[Fraction] = Counter()
    movies = [each.movie for each in song.graph.transitions.values() if each.playable]
    for movie in movies[:_LOOKED_AT]:
        rates[index_of(song.folder / movie).rate] += 1
    return rates.most_common(1)[0][0] if rates else USUAL_RATE
