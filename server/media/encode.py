"""Anything that can be seen to an all-intra movie with its index: parallel, in order, all or nothing.

It knows no command line and no library; sources, encoders and the writer do the work.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from server.errors import Cancelled, InputError, MediaError, OutOfRange
from server.index.format import MAX_SIDE, FrameIndex, Mark
from server.media.difference import Thumbnail, difference
from server.media.encoders import EFFORTS, Encoder, Target, quantiser_of
from server.media.inbetween import bake
from server.media.opening import all_broken, open_sources
from server.media.parallel import cores, ordered_map
from server.media.picture import LOSSES
from server.media.placement import FITS, Size
from server.media.shots import PictureShot, Rendered, Shot
from server.media.sources import DEFAULT_RATE, Findings, Source
from server.media.stills import PictureSequence, Slideshow
from server.media.writer import PIXEL_FORMATS, MovieWriter
from server.units import RATE_MAX, format_rate

CHROMAS: Final = ("420", "422", "444")
INBETWEEN_RATE: Final = Fraction(10)
"""The rate at which pictures come when in-betweens are wanted and nobody says how many a second there are."""


@dataclass(frozen=True, slots=True)
class EncodeOptions:
    """How to encode; None means as the first source is, or the default that the field names."""

    rate: Fraction | None = None
    """Frames a second of the movie; of pictures without a rate: 30."""
    source_rate: Fraction | None = None
    """Frames a second of numbered pictures; as `rate`, and 10 with in-betweens."""
    size: Size | None = None
    """(width, height)."""
    largest: Size | None = None
    """Shrink to lie within this, keeping the shape; never enlarge."""
    fit: str = "contain"
    quality: int = 85
    chroma: str | None = None
    """`420`, `422`, `444`; as the JPEGs of the first source are, else 420."""
    effort: str = "fast"
    workers: int | None = None
    inbetween: bool = False
    hold: Fraction | None = None
    dissolve: Fraction | None = None
    keep: bool = True
    """Copy JPEGs that fit as they are, byte for byte, instead of encoding them anew."""
    salvage: bool = False
    """Keep what can be read: of a movie, the frame before in place of a torn one; of pictures, those that are whole."""
    overwrite: bool = False
    made: Mapping[str, Any] = field(default_factory=dict)
    """Provenance to store beside what encoding itself notes."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is; `of` is an estimate."""

    done: int
    of: int


@dataclass(frozen=True, slots=True)
class EncodeReport:
    """What was made, and everything that is not as the source was."""

    out: Path
    index: FrameIndex
    bytes: int
    """Size of the movie file."""
    copied: int
    """Frames that are the source's own JPEGs."""
    dropped: int
    doubled: int
    warnings: tuple[str, ...]


def encode(sources: Sequence[Path | Source], out: Path, options: EncodeOptions | None = None,
           progress: Callable[[Progress], None] | None = None,
           cancelled: Callable[[], bool] | None = None) -> EncodeReport:
    """Encode sources, one after the other, into one movie and publish it with its index.

    Raises InputError and OutOfRange for options, MissingFile, NotAMovie and DamagedMovie for sources, OutputError,
    and Cancelled when `cancelled` says so; in each case nothing is left behind.
    """
    options = options or EncodeOptions()
    _check(options)
    findings = Findings(salvage=options.salvage)
    rate_of_pictures = options.source_rate or (INBETWEEN_RATE if options.inbetween else None)
    opened = open_sources(sources, findings, rate=rate_of_pictures, hold=options.hold, dissolve=options.dissolve)
    _note_inbetweens(opened, options, findings)
    try:
        return _encode(opened, out, options, findings, progress, cancelled)
    except MediaError as reason:
        if (refusal := all_broken(opened)) is not None:
            raise type(reason)(refusal) from None
        raise


def _encode(opened: Sequence[Source], out: Path, options: EncodeOptions, findings: Findings,
            progress: Callable[[Progress], None] | None, cancelled: Callable[[], bool] | None) -> EncodeReport:
    target, rate = _target(opened[0], options), _rate(opened, options)
    work = _Work(opened, target, rate, options, findings)
    with MovieWriter(out, width=target.width, height=target.height, rate=rate, chroma=target.chroma,
                     made=_made(opened, target, options), overwrite=options.overwrite) as movie, \
            closing(work.run(movie)) as steps:
        for done in steps:
            if cancelled is not None and cancelled():
                raise Cancelled(f"{out.name} was cancelled after {done} frames; nothing of it was kept")
            if progress is not None:
                progress(Progress(done, max(done, work.expected)))
    return work.report(out, movie.index)


def _note_inbetweens(opened: Sequence[Source], options: EncodeOptions, findings: Findings) -> None:
    if not options.inbetween:
        return
    if options.source_rate is None and any(isinstance(source, PictureSequence) for source in opened):
        findings.warn(f"the pictures are taken as {INBETWEEN_RATE} pictures a second; --source-rate 5 if they are 5")
    if any(isinstance(source, Slideshow) for source in opened):
        findings.warn("pictures that are held or dissolved get no in-betweens: --inbetween does nothing for them")


class _Work:
    """One encoding: shots from all sources, through the encoder, into the writer, with everything counted."""

    def __init__(self, sources: Sequence[Source], target: Target, rate: Fraction, options: EncodeOptions,
                 findings: Findings) -> None:
        self._sources, self._target, self._rate, self._options = sources, target, rate, options
        self._findings = findings
        self._sizes: dict[Size, set[str]] = {}
        self._sized = "pictures"
        self._losses: dict[str, tuple[int, str]] = {}
        self._copied = 0
        self._before: Thumbnail | None = None
        self.expected = sum(source.frames(rate) for source in sources)

    def run(self, movie: MovieWriter) -> Generator[int, None, None]:
        """Encode everything into the movie; yield the number of frames done after each shot."""
        encoder = Encoder(self._target)

        def work(item: tuple[Shot, str | None]) -> tuple[Shot, str | None, Rendered]:
            return item[0], item[1], item[0].render(encoder)

        with closing(self._shots()) as shots, \
                closing(ordered_map(work, shots, workers=self._options.workers or cores())) as finished:
            for shot, mark, rendered in finished:
                if mark is not None:
                    movie.marks.append(Mark(movie.count, mark))
                self._add(movie, shot, rendered)
                yield movie.count

    def report(self, out: Path, index: FrameIndex) -> EncodeReport:
        """Sum up."""
        warnings = [*self._findings.warnings, *self._loss_lines()]
        if len(self._sizes) > 1:
            often = sorted(self._sizes.items(), key=lambda item: -len(item[1]))[:4]
            sizes = ", ".join(f"{len(names)} of {size[0]}×{size[1]}" for size, names in often)
            warnings.append(f"the {self._sized} have {len(self._sizes)} sizes ({sizes}): all were made "
                            f"{self._target.width}×{self._target.height} with fit {self._target.fit}")
        return EncodeReport(out, index, index.movie.bytes, self._copied, self._findings.tally.dropped,
                            self._findings.tally.doubled, tuple(warnings))

    def _shots(self) -> Generator[tuple[Shot, str | None], None, None]:
        for source in self._sources:
            first = len(self._sources) > 1
            for shot in self._shots_of(source):
                yield shot, shot.mark or (Path(source.name).stem if first else None)
                first = False

    def _shots_of(self, source: Source) -> Iterator[Shot]:
        if not self._options.inbetween or source.rate is None:
            return source.shots(self._rate, self._findings)
        if source.rate > self._rate:
            raise InputError(f"{source.name} has {format_rate(source.rate)} frames a second already, more than the "
                             f"{format_rate(self._rate)} wanted: there is nothing to put in between")
        return bake(source.shots(source.rate, self._findings), source.rate, self._rate)

    def _add(self, movie: MovieWriter, shot: Shot, rendered: Rendered) -> None:
        thumbnail = rendered.encoded.thumbnail
        apart = 0.0 if self._before is None else difference(self._before, thumbnail)
        for _ in range(shot.repeat):
            movie.add(rendered.encoded.jpeg, apart)
            apart = 0.0
        self._before = thumbnail
        self._copied += shot.repeat if rendered.copied else 0
        if rendered.size is not None:
            is_picture = isinstance(shot, PictureShot)
            self._sized = self._sized if is_picture else "sources"
            # A movie counts as one, like a picture that is shown again.
            name = shot.name if is_picture else shot.name.rpartition(", frame ")[0]
            self._sizes.setdefault(rendered.size, set()).add(name)
        for loss in rendered.losses:
            count, example = self._losses.get(loss, (0, shot.name))
            self._losses[loss] = count + 1, example

    def _loss_lines(self) -> list[str]:
        return [f"{example} {LOSSES[loss]}" + (f", and {count - 1} more" if count > 1 else "")
                for loss, (count, example) in sorted(self._losses.items())]


def _check(options: EncodeOptions) -> None:
    for name, value, choices in (("fit", options.fit, FITS), ("effort", options.effort, EFFORTS),
                                 ("chroma", options.chroma or "420", CHROMAS)):
        if value not in choices:
            raise InputError(f"{name} is one of {', '.join(choices)}, not {value!r}")
    if not 1 <= options.quality <= 100:
        raise OutOfRange(f"quality goes from 1 to 100, not {options.quality}")
    if options.workers is not None and options.workers < 1:
        raise OutOfRange(f"at least one worker is needed, not {options.workers}")
    for name, seconds in (("hold", options.hold), ("dissolve", options.dissolve)):
        if seconds is not None and seconds < 0:
            raise OutOfRange(f"{name} is a time in seconds, not {float(seconds):g}")
    for size in (options.size, options.largest):
        if size is not None and not all(1 <= side <= MAX_SIDE for side in size):
            raise OutOfRange(f"a picture has 1 to {MAX_SIDE} pixels a side, not {size[0]}×{size[1]}")
    for rate in (options.rate, options.source_rate):
        if rate is not None and not 0 < rate <= RATE_MAX:
            raise OutOfRange(f"a frame rate lies between 0 and {RATE_MAX}, not {float(rate):g}")


def _target(first: Source, options: EncodeOptions) -> Target:
    width, height = options.size or first.size
    if options.largest is not None:
        width, height = _within((width, height), options.largest)
    chroma = options.chroma or (first.chroma if first.chroma in CHROMAS else None) or "420"
    assert chroma in PIXEL_FORMATS
    return Target(width, height, chroma, options.quality, options.effort, options.fit, options.keep)


def _within(size: Size, largest: Size) -> Size:
    """The size, shrunk to lie within another in even sides; untouched where it does already."""
    factor = min(Fraction(largest[0], size[0]), Fraction(largest[1], size[1]))
    if factor >= 1:
        return size
    width, height = (max(2, math.floor(side * factor / 2 + Fraction(1, 4)) * 2) for side in size)
    return min(width, largest[0]), min(height, largest[1])


def _rate(sources: Sequence[Source], options: EncodeOptions) -> Fraction:
    if options.rate is not None:
        return options.rate
    if options.inbetween:
        return DEFAULT_RATE
    return next((source.rate for source in sources if source.rate is not None), DEFAULT_RATE)


def _made(sources: Sequence[Source], target: Target, options: EncodeOptions) -> dict[str, Any]:
    quality = {"quality": target.quality}
    if target.effort == "small":
        quality["quantiser"] = quantiser_of(target.quality)
    settings = {"effort": target.effort, "fit": target.fit, "inbetween": options.inbetween, **quality}
    return {"generator": "encode", "settings": settings, "sources": [source.name for source in sources],
            **options.made}
