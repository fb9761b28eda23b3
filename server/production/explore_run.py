"""Pictures to choose from: each prompt with many seeds, made by a worker into `explore_images`, and a sheet of each."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server.errors import Cancelled, IntersceneError, OutputError
from server.library.songs.new_song import SIZE
from server.library.songs.recipe import with_recipe
from server.library.songs.song_folder import open_with_catalogue
from server.library.songs.song_size import wanted_of
from server.media.part_file import write_file
from server.production.exploring import draw, fresh_seeds, place_of
from server.production.making_claim import still_there
from server.production.subjects import Subject, definitions_of
from server.production.workbench import Workbench
from server.production.worker_jobs import kept_in
from server.render.job import PictureJob, Size

QUALITY = 92


@dataclass(frozen=True, slots=True)
class ExploreChoice:
    """How pictures are made. None: as the prompt's row, the song's settings or the model have it."""

    model: str
    count: int = 12
    seeds: tuple[int, ...] = ()
    """Instead of `count` new ones."""
    size: Size | None = None
    steps: int | None = None
    guidance: float | None = None
    negative: str | None = None
    decoder: str = "full"


@dataclass(slots=True)
class ExploreReport:
    """The sheets by prompt, what was made, and (picture, why) for what was not; `notes` are lines, each once."""

    sheets: dict[str, Path] = field(default_factory=dict)
    made: list[Path] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    stopped: bool = False
    trouble: str = ""
    """Why nothing more could be written."""
    notes: dict[str, None] = field(default_factory=dict)


def explore(song: Path, bench: Workbench, subjects: Sequence[Subject], choice: ExploreChoice, chance: random.Random,
            progress: Callable[[int, int], None] | None = None,
            moment: Callable[[str], None] | None = None) -> ExploreReport:
    """Make the pictures and draw the sheets; what was finished is kept when it is cancelled, by Ctrl-C too, or when the
    disk is full. `moment` is told how far a model is loaded. Raises InputError, LibraryError."""
    report = ExploreReport()
    bench.say = kept_in(report.notes, moment)
    definitions = definitions_of(song)
    size = choice.size or wanted_of(song).size or open_with_catalogue(song).size or SIZE
    named = tuple(dict.fromkeys(choice.seeds))
    jobs = [(subject, _job(subject, seed, size, choice)) for subject in subjects
            for seed in named or fresh_seeds(song, definitions, subject.name, choice.count, chance)]
    try:
        for place, (subject, job) in enumerate(jobs):
            if progress is not None:
                progress(place, len(jobs))
            _one(song, bench, subject, job, report)
    except (Cancelled, KeyboardInterrupt):
        report.stopped = True
    except OutputError as reason:
        report.trouble = str(reason)
    _draw(song, subjects, report)
    return report


def _draw(song: Path, subjects: Sequence[Subject], report: ExploreReport) -> None:
    try:
        for subject in subjects:
            sheet = draw(song, subject.name)
            if sheet is not None:
                report.sheets[subject.name] = sheet
    except OutputError as reason:
        report.trouble = report.trouble or str(reason)


def _one(song: Path, bench: Workbench, subject: Subject, job: PictureJob, report: ExploreReport) -> None:
    try:
        jpeg, facts = bench.picture(job)
        path = place_of(song, subject.name, job.seed)
        still_there(song)
        write_file(path, with_recipe(jpeg, facts))
        report.made.append(path)
    except (Cancelled, OutputError):
        raise
    except IntersceneError as reason:
        report.left.append((f"{subject.name}_{job.seed}", str(reason)))


def _job(subject: Subject, seed: int, size: Size, choice: ExploreChoice) -> PictureJob:
    guidance = choice.guidance if choice.guidance is not None else subject.guidance
    negative = choice.negative if choice.negative is not None else subject.negative
    return PictureJob(f"explore-{subject.name}-{seed}"[:200], subject.prompt, seed, size, choice.model, negative,
                      choice.steps, guidance, QUALITY, choice.decoder)
