"""A whole song made: the pictures that it lists and lacks, then the transitions that are planned and missing.

What is there and whole is left alone, what is damaged is put aside and made again; so it may be stopped, or killed,
and called again. It chooses no models and starts no workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from server.errors import Cancelled, InputError, IntersceneError, OutputError
from server.library.graph.song_graph import Picture, Presence, Transition
from server.library.songs.listing import PICTURES
from server.library.songs.new_song import SIZE
from server.library.songs.recipe import with_recipe
from server.library.songs.song_folder import OpenSong, open_with_catalogue
from server.library.songs.song_size import wanted_of
from server.media.part_file import write_file
from server.production.quarantine import Moved, damaged_things, quarantine
from server.production.song_check import check_song
from server.production.song_movies import Ends, ends_of, make_movie, rate_of, recipe_for, wanted
from server.production.stage_frames import StagePicture
from server.production.stage_song import StageFrames, make_stills, usable_size
from server.production.transition import FRAMES, MORPH, TransitionOptions, job_of
from server.production.workbench import Workbench
from server.production.worker_jobs import kept_in
from server.render.job import PictureJob, Size
from server.units import Seconds

AUTO: Final = "auto"
PICTURE_QUALITY: Final = 92
Progress = Callable[[str, int, int], None]
"""Is told (stage, done, of): pictures one by one, transitions by their frames."""


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
    """What one stage of a run came to."""

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
    notes: dict[str, None] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        def of(stage: Stage) -> dict[str, Any]:
            return {"made": stage.made, "left": [list(each) for each in stage.left], "frames": stage.frames,
                    "seconds": round(stage.seconds, 2),
                    "seconds_a_frame": round(stage.seconds / stage.frames, 4) if stage.frames else None}

        return {"song": self.song, "device": self.device, "model": self.model, "stopped": self.stopped,
                "pictures": of(self.pictures), "transitions": of(self.transitions),
                "put_aside": list(self.put_aside), "notes": list(self.notes)}


class SongMaker:
    """Makes one song with one workbench. `moment` names what is put aside."""

    def __init__(self, song: Path, bench: Workbench, choice: MakeChoice, moment: str,
                 progress: Progress | None = None) -> None:
        self._song, self._bench, self._choice, self._moment = song, bench, choice, moment
        self._progress = progress
        self.report = MakeReport(song.name, model=choice.model)
        bench.say = kept_in(self.report.notes)

    def run(self) -> MakeReport:
        """Make what is missing. What was finished stays when it is cancelled: then the report says `stopped`.

        Raises MissingFile, LibraryError, OutputError.
        """
        try:
            opened = self._checked()
            if self._choice.pictures:
                with self._timed(self.report.pictures):
                    self._pictures(opened)
                opened = open_with_catalogue(self._song)
            if self._choice.transitions:
                with self._timed(self.report.transitions):
                    self._transitions(opened)
                if self.report.transitions.made:
                    make_stills(self._song, cancelled=self._bench.cancelled)
        except Cancelled:
            self.report.stopped = True
        self.report.device = self._bench.device
        return self.report

    def _checked(self) -> OpenSong:
        report = check_song(self._song, cancelled=self._bench.cancelled)
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
        listed = recipe_for(self._song, picture)
        chosen, guidance = self._choice, listed.get("guidance")
        job = PictureJob(f"picture-{picture.id.node}"[:200], picture.prompt, picture.id.seed, size, chosen.model,
                         str(listed.get("negative") or ""), chosen.steps,
                         chosen.guidance if chosen.guidance is not None else guidance, PICTURE_QUALITY, chosen.decoder)
        jpeg, facts = self._bench.picture(job)
        file = f"{PICTURES}/{picture.id.stem}.jpg"
        write_file(self._song / file, with_recipe(jpeg, facts), overwrite=False)
        return file

    def _size(self, opened: OpenSong) -> Size:
        return wanted_of(self._song).size or opened.size or SIZE

    # transitions ------------------------------------------------------------------------------

    def _transitions(self, opened: OpenSong) -> None:
        jobs = wanted(opened.graph)[:self._choice.most]
        if not jobs:
            return
        stages = StageFrames(self._song, usable_size(opened))
        frames = self._choice.frames or wanted_of(self._song).steps or FRAMES
        for place, job in enumerate(jobs):
            def step(done: int, _of: int, before: int = place * frames) -> None:
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
        mode = self._mode(ends)
        options = TransitionOptions(
            mode, frames, chosen.seed, chosen.rate or rate_of(opened), chosen.quality, True,
            chosen.model if mode != MORPH else "", chosen.steps, chosen.depth, chosen.guidance, chosen.embedding,
            chosen.decoder)
        return make_movie(opened, ends, job, options, step=step, cancelled=self._bench.cancelled,
                          making=self._bench.transition, judge=chosen.judge)

    def _mode(self, ends: Ends) -> str:
        if self._choice.mode != AUTO:
            return self._choice.mode
        if not self._choice.model:
            return MORPH
        made_by = {str(end.recipe.get("model") or "") for end in (ends.first, ends.second)}
        return "walk" if made_by == {self._choice.model} else "bridge"

    # ------------------------------------------------------------------------------------------

    def seconds_left(self) -> Seconds | None:
        """How long all of it will take, from earlier runs on this computer; None when nothing like it was made."""
        opened = open_with_catalogue(self._song)
        chosen, total = self._choice, 0.0
        missing = [each for each in opened.graph.pictures.values() if each.presence is Presence.MISSING]
        if chosen.model and chosen.pictures and missing:
            job = PictureJob("estimate", "", 0, self._size(opened), chosen.model, "", chosen.steps, None,
                             PICTURE_QUALITY, chosen.decoder)
            each = self._bench.seconds_left(job, len(missing))
            if each is None:
                return None
            total += each
        jobs = wanted(opened.graph)[:chosen.most] if chosen.transitions and chosen.model else []
        if jobs:
            first = ends_of(opened, StageFrames(self._song, usable_size(opened)), jobs[0])
            options = TransitionOptions(self._mode(first), chosen.frames or wanted_of(self._song).steps or FRAMES,
                                        model=chosen.model, steps=chosen.steps, decoder=chosen.decoder)
            each = self._bench.seconds_left(job_of(first.first, first.second, options), len(jobs))
            if each is None:
                return None
            total += each
        return total

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
