"""A whole song made: the pictures that it lists and lacks, then the transitions that are planned and missing.

What is there and whole is left alone, what is damaged is put aside and made again; so it may be stopped, or killed,
and called again. It chooses no models and starts no workers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from server.errors import Cancelled, InputError, IntersceneError, MediaError, OutputError, PathRefused
from server.library.formats.prompt_definitions import FILE_NAME
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Picture, Presence, Transition
from server.library.naming import song_name
from server.library.songs.listing import PICTURES
from server.library.songs.new_song import SIZE
from server.library.songs.recipe import with_recipe
from server.library.songs.song_folder import OpenSong, open_with_catalogue
from server.library.songs.song_size import wanted_of
from server.media.indexing import index_of
from server.media.part_file import write_file
from server.production.making_claim import alone_in, still_there
from server.production.observed import observations_in, warnings
from server.production.quarantine import Moved, damaged_things, quarantine
from server.production.song_check import check_song
from server.production.song_movies import ends_of, make_movie, rate_of, recipe_for, unjudged, wanted
from server.production.stage_frames import StagePicture
from server.production.stage_song import StageFrames, make_stills, usable_size
from server.production.transition import FRAMES, MORPH, TransitionOptions, job_of, judged, judged_size
from server.production.workbench import Workbench
from server.production.worker_jobs import kept_in
from server.render.job import PictureJob, Size
from server.units import Seconds

AUTO: Final = "auto"
PICTURE_QUALITY: Final = 92
JUDGING: Final = "judging"
_ODDITIES: Final = 6
Progress = Callable[[str, int, int], None]
"""Is told (stage, done, of): pictures one by one, transitions by their frames, `judging` what was not judged yet."""


@dataclass(frozen=True, slots=True)
class MakeChoice:
    """What is made and how. `model` empty: transitions are morphs, and no pictures are made.

    `mode` auto: walk between pictures that this model made, else bridge, without a model morph. None: as the song's
    settings have it, else the model's own.
    """

    model: str = ""
    mode: str = AUTO
    frames: int | None = None
    rate: Fraction | None = None
    quality: int = 88
    seed: int = 0
    steps: int | None = None
    depth: float = 0.5
    guidance: float | None = None
    embedding: str = "lerp"
    decoder: str = "full"
    pictures: bool = True
    transitions: bool = True
    most: int | None = None
    judge: bool = True


@dataclass(slots=True)
class Stage:
    """What one stage of a run came to; `wanted` is None until it is begun."""

    wanted: int | None = None
    made: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    frames: int = 0
    seconds: Seconds = 0.0


@dataclass(slots=True)
class MakeReport:
    """A run as it goes on; `notes` are lines for a person, each once."""

    song: str
    pictures: Stage = field(default_factory=Stage)
    transitions: Stage = field(default_factory=Stage)
    put_aside: tuple[str, ...] = ()
    device: str = ""
    model: str = ""
    stopped: bool = False
    trouble: str = ""
    """Why nothing more could be written."""
    notes: dict[str, None] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        def of(stage: Stage) -> dict[str, Any]:
            return {"wanted": stage.wanted, "made": stage.made, "left": [list(each) for each in stage.left],
                    "frames": stage.frames, "seconds": round(stage.seconds, 2),
                    "seconds_a_frame": round(stage.seconds / stage.frames, 4) if stage.frames else None}

        return {"song": self.song, "device": self.device, "model": self.model, "stopped": self.stopped,
                "trouble": self.trouble,
                "pictures": of(self.pictures), "transitions": of(self.transitions),
                "put_aside": list(self.put_aside), "notes": list(self.notes)}


class SongMaker:
    """Makes one song with one workbench. `moment` names what is put aside; `passing` is told how far a model loads."""

    def __init__(self, song: Path, bench: Workbench, choice: MakeChoice, moment: str,
                 progress: Progress | None = None, passing: Callable[[str], None] | None = None) -> None:
        self._song, self._bench, self._choice, self._moment = song, bench, choice, moment
        self._progress = progress
        self.report = MakeReport(song.name, model=choice.model)
        bench.say = kept_in(self.report.notes, passing)

    def run(self) -> MakeReport:
        """Make what is missing. What was finished stays when it is cancelled, by Ctrl-C too, or when the disk is full:
        then the report says `stopped` or which `trouble`.

        Raises MissingFile, LibraryError, and OutputError where another program makes this song.
        """
        with alone_in(self._song):
            try:
                self._make()
            except (Cancelled, KeyboardInterrupt):
                self.report.stopped = True
            except OutputError as reason:
                self.report.trouble = str(reason)
        self.report.device = self._bench.pool.status().device
        return self.report

    def _make(self) -> None:
        opened = self._checked()
        if self._choice.pictures:
            with self._timed(self.report.pictures):
                self._pictures(opened)
            opened = open_with_catalogue(self._song)
        if self._choice.transitions:
            with self._timed(self.report.transitions):
                self._transitions(opened)
            if self.report.transitions.made:
                still_there(self._song)
                make_stills(self._song, cancelled=self._bench.cancelled)

    def _checked(self) -> OpenSong:
        report = check_song(self._song, cancelled=self._bench.cancelled)
        wrong = [str(each) for each in report.oddities if each.file == FILE_NAME and not each.note]
        for text in wrong[:_ODDITIES]:
            self._note(text)
        if len(wrong) > _ODDITIES:
            self._note(f"{FILE_NAME} has {len(wrong) - _ODDITIES} more oddities: interscene song check")
        damaged = damaged_things(report)
        if not damaged:
            return report.song
        moved: Moved = quarantine(self._song, damaged, self._moment)
        self.report.put_aside = moved.paths
        return open_with_catalogue(self._song)

    @contextmanager
    def _timed(self, stage: Stage) -> Iterator[None]:
        began = self._bench.now()
        try:
            yield
        finally:
            stage.seconds = max(0.0, self._bench.now() - began)

    # pictures ---------------------------------------------------------------------------------

    def _pictures(self, opened: OpenSong) -> None:
        missing = [picture for picture in opened.graph.pictures.values() if picture.presence is Presence.MISSING]
        stage = self.report.pictures
        stage.wanted = len(missing)
        if missing and not self._choice.model:
            why = "they are made by a model, and there is none: interscene model add FILE"
            stage.left.append((f"{len(missing)} pictures", why))
            return
        size = self._size(opened) if missing else SIZE
        for place, picture in enumerate(missing):
            self._tell("pictures", place, len(missing))
            if not picture.prompt.strip():
                stage.left.append((picture.id.stem, "it has no prompt"))
                continue
            if picture.settings.get("mask"):
                self._note("masks are not used: pictures are made from their prompts alone")
            try:
                stage.made.append(self._picture(picture, size))
                stage.frames += 1
            except (Cancelled, OutputError):
                raise
            except IntersceneError as reason:
                stage.left.append((picture.id.stem, str(reason)))
        self._tell("pictures", len(missing), len(missing))

    def _picture(self, picture: Picture, size: Size) -> str:
        file, listed = self._place_for(picture), recipe_for(self._song, picture)
        chosen, guidance = self._choice, listed.get("guidance")
        job = PictureJob(f"picture-{picture.id.node}"[:200], picture.prompt, picture.id.seed, size, chosen.model,
                         str(listed.get("negative") or ""), chosen.steps,
                         chosen.guidance if chosen.guidance is not None else guidance, PICTURE_QUALITY, chosen.decoder)
        jpeg, facts = self._bench.picture(job)
        still_there(self._song)
        write_file(self._song / file, with_recipe(jpeg, facts), overwrite=False)
        return file

    def _place_for(self, picture: Picture) -> str:
        """Where its file will be. Raises PathRefused, InputError where it cannot be."""
        try:
            file = f"{PICTURES}/{song_name(picture.id.stem)}.jpg"
        except PathRefused as reason:
            raise PathRefused(f"{str(reason).partition(';')[0]}; rename it in the list of prompts") from None
        if (self._song / file).exists():
            raise InputError(f"{file} is there already, and yet not taken for it; interscene song check says why")
        return file

    def _size(self, opened: OpenSong) -> Size:
        return wanted_of(self._song).size or opened.size or SIZE

    # transitions ------------------------------------------------------------------------------

    def _transitions(self, opened: OpenSong) -> None:
        jobs = wanted(opened.graph)[:self._choice.most]
        self.report.transitions.wanted = len(jobs)
        if self._choice.judge:
            self._judge(unjudged(opened))
        if not jobs:
            return
        stages = StageFrames(self._song, usable_size(opened))
        frames = self._choice.frames or wanted_of(self._song).steps or FRAMES
        for text in self._forecast(opened, stages.size, frames):
            self._note(text)
        for place, job in enumerate(jobs):
            def step(done: int, _of: int, before: int = place * frames) -> None:
                still_there(self._song)
                self._tell("transitions", before + done, len(jobs) * frames)

            step(0, frames)
            try:
                self.report.transitions.made.append(self._transition(opened, stages, job, frames, step))
                self.report.transitions.frames += frames
            except (Cancelled, OutputError):
                raise
            except IntersceneError as reason:
                self.report.transitions.left.append((f"{job.first.node} to {job.second.node}", str(reason)))

    def _transition(self, opened: OpenSong, stages: StageFrames, job: Transition, frames: int,
                    step: Callable[[int, int], None]) -> str:
        ends = ends_of(opened, stages, job)
        chosen = self._choice
        mode = self._mode({str(end.recipe.get("model") or "") for end in (ends.first, ends.second)})
        options = TransitionOptions(
            mode, frames, chosen.seed, chosen.rate or rate_of(opened), chosen.quality, True,
            chosen.model if mode != MORPH else "", chosen.steps, chosen.depth, chosen.guidance, chosen.embedding,
            chosen.decoder)
        began = self._bench.now()
        made = make_movie(opened, ends, job, options, step=step, cancelled=self._bench.cancelled,
                          making=self._bench.transition)
        if mode == MORPH:
            self._bench.took(MORPH, stages.size, frames, self._bench.now() - began)
        if chosen.judge:
            self._figures(self._song / made)
        return made

    def _judge(self, movies: Sequence[Path]) -> None:
        """Those that an earlier run made and did not come to judge."""
        for place, movie in enumerate(movies):
            self._tell("judging", place, len(movies))
            if self._bench.cancelled is not None and self._bench.cancelled():
                raise Cancelled("judging was cancelled; the next run goes on from there")
            try:
                self._figures(movie)
            except MediaError as reason:
                self.report.transitions.left.append((movie.stem, str(reason)))

    def warnings(self) -> list[str]:
        """What earlier programs saw fail on this card that is planned again. Raises MissingFile, LibraryError."""
        opened = open_with_catalogue(self._song)
        frames = self._choice.frames or wanted_of(self._song).steps or FRAMES
        return self._forecast(opened, self._size(opened), frames) if wanted(opened.graph) else []

    def _forecast(self, opened: OpenSong, size: Size, frames: int) -> list[str]:
        if not (self._choice.model and self._choice.transitions) or self._choice.mode == MORPH:
            return []
        return list(warnings(observations_in(self._song, opened.listing), self._bench.device, size, frames))

    def _figures(self, movie: Path) -> None:
        """Judge a movie, and remember how long that took."""
        began, index = self._bench.now(), index_of(movie)
        judged(movie, index)
        self._bench.took(JUDGING, judged_size((index.width, index.height)), index.count, self._bench.now() - began)

    def _mode(self, made_by: set[str]) -> str:
        if self._choice.mode != AUTO:
            return self._choice.mode
        if not self._choice.model:
            return MORPH
        return "walk" if made_by == {self._choice.model} else "bridge"

    # ------------------------------------------------------------------------------------------

    def seconds_left(self) -> Seconds | None:
        """How long all of it will take, from earlier runs on this computer; None when nothing like it was made."""
        opened, chosen = open_with_catalogue(self._song), self._choice
        missing = [each for each in opened.graph.pictures.values()
                   if each.presence is Presence.MISSING and each.prompt.strip()]
        if not (chosen.model and chosen.pictures):
            missing = []
        known: list[Seconds | None] = []
        if missing:
            job = PictureJob("estimate", "", 0, self._size(opened), chosen.model, "", chosen.steps, None,
                             PICTURE_QUALITY, chosen.decoder)
            known.append(self._bench.seconds_left(job, len(missing)))
        if chosen.transitions:
            known += self._transitions_left(opened, {each.id for each in missing})
        return None if None in known else math.fsum(each for each in known if each is not None)

    def _transitions_left(self, opened: OpenSong, coming: set[PictureId]) -> list[Seconds | None]:
        """How long the transitions of each mode will take, those between pictures that are still to come included."""
        made_by: dict[PictureId, str] = dict.fromkeys(coming, self._choice.model)
        modes: Counter[str] = Counter()
        for each in wanted(opened.graph, coming)[:self._choice.most]:
            for end in (each.first, each.second):
                if end not in made_by:
                    recipe = recipe_for(self._song, opened.graph.pictures[end])
                    made_by[end] = str(recipe.get("model") or "")
            modes[self._mode({made_by[each.first], made_by[each.second]})] += 1
        some = StagePicture("estimate", b"", self._size(opened))
        frames = self._choice.frames or wanted_of(self._song).steps or FRAMES
        left = [self._bench.would_take(MORPH, some.size, frames * count) if mode == MORPH else
                self._bench.seconds_left(job_of(some, some, TransitionOptions(
                    mode, frames, model=self._choice.model, steps=self._choice.steps, decoder=self._choice.decoder)),
                    count) for mode, count in modes.items()]
        if self._choice.judge:
            old = sum(index_of(movie).count for movie in unjudged(opened))
            judging = self._bench.would_take(JUDGING, judged_size(some.size), frames * modes.total() + old)
            left += [] if judging is None else [judging]
        return left

    def _note(self, text: str) -> None:
        self.report.notes.setdefault(text)

    def _tell(self, stage: str, done: int, of: int) -> None:
        if self._progress is not None and of:
            self._progress(stage, done, of)


def check_choice(choice: MakeChoice) -> None:
    """Refuse what cannot be made before anything is begun. Raises InputError, OutOfRange."""
    if choice.mode not in (AUTO, MORPH) and not choice.model:
        raise InputError(f"the mode {choice.mode} needs a model: --model NAME; interscene model list shows them")
    options = TransitionOptions(
        MORPH if choice.mode == AUTO else choice.mode, choice.frames or FRAMES, choice.seed,
        choice.rate or Fraction(30), choice.quality, True, choice.model, choice.steps, choice.depth, choice.guidance,
        choice.embedding, choice.decoder)
    some = StagePicture("any", b"", SIZE)
    job_of(some, some, options)
