"""Morphs for the transitions that a song wants and does not have, so that it can be walked without any model.

Each is made whole or not at all, with its pictures' stage frames as ends; it may be called again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from server.errors import Cancelled, MediaError
from server.library.songs.song_folder import open_with_catalogue
from server.production.song_movies import ends_of, make_movie, rate_of, wanted
from server.production.stage_song import StageFrames, make_stills, usable_size
from server.production.transition import FRAMES, TransitionOptions


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
    options = TransitionOptions(frames=choice.frames, seed=choice.seed, rate=choice.rate or rate_of(opened),
                                quality=choice.quality)
    for place, job in enumerate(jobs):
        if cancelled is not None and cancelled():
            break

        def step(done: int, _of: int, before: int = place * choice.frames) -> None:
            if progress is not None:
                progress(before + done, len(jobs) * choice.frames)

        try:
            report.made.append(make_movie(opened, ends_of(opened, stages, job), job, options, step=step,
                                          cancelled=cancelled))
        except Cancelled:
            break
        except MediaError as reason:
            report.left.append((f"{job.first.node} to {job.second.node}", str(reason).partition(";")[0]))
    if cancelled is not None and cancelled():
        raise Cancelled(f"the morphs of {song.name} were stopped; the {len(report.made)} that were finished are kept, "
                        "and the next run goes on from there")
    make_stills(song)
    return report
