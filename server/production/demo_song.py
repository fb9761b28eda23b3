"""A song out of pictures: their stage frames, a morph between each two neighbours, and all of it in one movie.

Every movie is made whole or not at all, and one that is whole and still right is kept: it may be called again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from server.errors import MediaError, OutputError
from server.index.format import Mark
from server.index.opening import write_sidecar
from server.media.difference import Thumbnail, difference, thumbnail_of_jpeg
from server.media.indexing import index_of
from server.media.join import join
from server.media.jpeg import decode_rgb, encode_planes
from server.media.numbered import write_numbered
from server.media.parallel import ordered_map
from server.media.writer import MovieWriter
from server.playback.clock import Clock, SystemClock
from server.production.stage_frames import StagePicture, drawn_pictures, pictures_from
from server.render.morph import RECIPE, Morph
from server.units import Seconds

RATE: Final = Fraction(30)
TRANSITION: Final[Seconds] = 3.0
NUMBERED: Final = 600
QUALITY: Final = 88
ALL: Final = "00-all.mov"
NUMBERED_MOVIE: Final = "test/numbered.mov"
"""In a folder of its own, so that a walk through the song does not come by."""
_TELL_EVERY: Final[Seconds] = 2.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Transition:
    """One edge: where its movie goes, and what it must be to be right."""

    out: Path
    first: StagePicture
    second: StagePicture
    frames: int
    seed: int

    @property
    def ends(self) -> tuple[str, str]:
        return self.first.hash, self.second.hash

    @property
    def made(self) -> dict[str, Any]:
        return {"generator": "morph", "recipe": RECIPE, "seed": str(self.seed),
                "settings": {"frames": self.frames, "quality": QUALITY, "rate": [RATE.numerator, RATE.denominator]}}

    @property
    def marks(self) -> tuple[Mark, Mark]:
        return self.first.mark(0), self.second.mark(self.frames - 1)


def make_demo_song(folder: Path, pictures: Path | None = None, progress: Tell | None = None, *,
                   seconds: Seconds = TRANSITION, clock: Clock | None = None) -> Path:
    """Make what is missing of a song in `folder`, from the pictures of a folder or from drawn ones; returns it.

    Neighbours, and the last with the first, get a transition of so many seconds. `progress` is told lines for a
    person, also about pictures that could not be used. Raises MediaError for fewer than two, OutputError.
    """
    tell = progress or (lambda _line: None)
    _make_folder(folder)
    if pictures is None:
        stage = drawn_pictures(folder / "pictures", QUALITY, tell)
    else:
        stage = pictures_from(pictures, QUALITY, tell)
    transitions = _plan(folder, stage, max(2, round(seconds * RATE) + 1))
    missing = [each for each in transitions if not _is_right(each.out, each.frames, each.ends, each.made)]
    work = _Work(tell, clock or SystemClock(), sum(each.frames for each in missing))
    for each in missing:
        tell(f"{each.first.name} → {each.second.name}")
        _morph(each, work.step)
    _join(folder / ALL, transitions, tell)
    _test_movie(folder / NUMBERED_MOVIE, stage[0], tell)
    tell(f"the song {folder.name} has {len(stage)} pictures and {len(transitions)} transitions")
    return folder


def _plan(folder: Path, stage: Sequence[StagePicture], frames: int) -> list[_Transition]:
    """A circle, so that the song can go on for ever; of two pictures one way, the other is it backwards."""
    pairs = list(zip(stage, [*stage[1:], stage[0]], strict=True))[:len(stage) if len(stage) > 2 else 1]
    digits = max(2, len(str(len(pairs))))
    return [_Transition(folder / f"{number:0{digits}}-{first.file_name}-{second.file_name}.mov", first, second,
                        frames, number)
            for number, (first, second) in enumerate(pairs, 1)]


def _is_right(movie: Path, frames: int, ends: tuple[str, str] | None, made: dict[str, Any]) -> bool:
    """Whether a movie of an earlier run is whole and was made from the same, so that it is kept."""
    try:
        index = index_of(movie)
    except MediaError:
        return False
    return index.count == frames and index.ends == ends and index.made == made


def _morph(plan: _Transition, step: Callable[[], None]) -> None:
    first, second = decode_rgb(plan.first.jpeg), decode_rgb(plan.second.jpeg)
    morph, last = Morph(first, second, plan.seed, frames=plan.frames), plan.frames - 1
    ends = {0: plan.first.jpeg, last: plan.second.jpeg}

    def frame(number: int) -> tuple[bytes, Thumbnail]:
        jpeg = ends.get(number) or encode_planes(*morph.planes(number / last), QUALITY)
        return jpeg, thumbnail_of_jpeg(jpeg)

    height, width = first.shape[:2]
    before: Thumbnail | None = None
    with MovieWriter(plan.out, width=width, height=height, rate=RATE, marks=plan.marks, ends=plan.ends,
                     made=plan.made, overwrite=True) as movie:
        for jpeg, thumbnail in ordered_map(frame, range(plan.frames)):
            movie.add(jpeg, 0.0 if before is None else difference(before, thumbnail))
            before = thumbnail
            step()


def _join(out: Path, transitions: Sequence[_Transition], tell: Tell) -> None:
    """All transitions in one movie, by packet copy, with a mark at every picture."""
    starts = [sum(each.frames - 1 for each in transitions[:place]) for place in range(len(transitions) + 1)]
    made = {"generator": "join", "parts": [[each.out.name, *each.ends] for each in transitions]}
    if _is_right(out, starts[-1] + 1, None, made):
        return
    tell("all transitions in one movie")
    index = join([each.out for each in transitions], out, overwrite=True).index
    stage = [each.first for each in transitions] + [transitions[-1].second]
    marks = tuple(picture.mark(start) for picture, start in zip(stage, starts, strict=True))
    write_sidecar(out, replace(index, marks=marks, made=made))


def _test_movie(out: Path, like: StagePicture, tell: Tell) -> None:
    try:
        if index_of(out).count == NUMBERED:
            return
    except MediaError:
        tell("a test movie with numbered frames")
    _make_folder(out.parent)
    width, height = (max(64, side) for side in like.size)
    write_numbered(out, NUMBERED, width, height, RATE, overwrite=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise OutputError(f"the folder {folder} cannot be made: {reason.strerror}; choose another one") from None


class _Work:
    """How many frames are done, and a line with an estimate now and then."""

    def __init__(self, tell: Tell, clock: Clock, total: int) -> None:
        self._tell, self._clock, self._total = tell, clock, total
        self._done = 0
        self._began = self._told = clock.now()

    def step(self) -> None:
        """One more frame."""
        self._done += 1
        now = self._clock.now()
        if now - self._told >= _TELL_EVERY:
            self._told = now
            left = (now - self._began) * (self._total - self._done) / self._done
            self._tell(f"{100 * self._done // self._total} %, about {max(1, round(left))} s left")
