"""Folders of frames of the older programs to movies whose first and last frames are their pictures' stage frames.

Every movie is made whole or not at all, one that is there is kept, and the folders stay: it may be called again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

from server.errors import Cancelled, DamagedMovie, MediaError
from server.index.format import Mark
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Presence
from server.library.songs.catalogue import READ, Finding, save_catalogue
from server.library.songs.listing import FRAMES, MOVIES
from server.library.songs.naming import Named, Names, movie_name
from server.library.songs.song_folder import OpenSong
from server.library.songs.versions import next_version
from server.media.difference import Thumbnail, difference, thumbnail_of_jpeg
from server.media.encoders import Encoded, Encoder, Target
from server.media.indexing import index_of
from server.media.parallel import ordered_map
from server.media.shots import PictureShot
from server.media.writer import MovieWriter
from server.production.check_frames import ALIKE, Likeness, contents_of, examine_frame
from server.production.check_picture import reason_of
from server.production.song_check import check_song
from server.production.stage_song import StageFrame, StageFrames, usable_size

USUAL_RATE: Final = Fraction(10)
"""Frames a second at which the older programs play."""
QUALITY: Final = 88
_UNCLEAR: Final = ("its name can mean several pictures, and its end frames look like none of them, or like more than "
                   "one; rename it with the whole seeds")
_LONGEST: Final = 210
"""Bytes of a movie's path; its index, while it is written, has a longer name, and 255 is the most."""
_SURE: Final = 2.0
"""How many times better the ends must fit the other way round before a folder is taken to run backwards."""


@dataclass(frozen=True, slots=True)
class ConvertOptions:
    """`rate`: that of the song's movies, else 10. `effort`: small for the fewest bytes, fast for live work."""

    rate: Fraction | None = None
    quality: int = QUALITY
    effort: str = "small"


@dataclass(slots=True)
class ConvertReport:
    """What became of every folder: made, there already, or left as it is and why; and what is to be told of some."""

    made: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


class _Job(NamedTuple):
    folder: str
    first: PictureId
    second: PictureId
    frames: tuple[Path, ...]


def convert_song(song: Path, options: ConvertOptions = ConvertOptions(), *, names: Sequence[str] = (),
                 progress: Callable[[int, int], None] | None = None,
                 cancelled: Callable[[], bool] | None = None) -> ConvertReport:
    """Make movies of all folders of frames of a song, or of those named; `progress` counts frames.

    Every folder is checked before. Raises MissingFile, LibraryError, OutputError, Cancelled.
    """
    opened = check_song(song, cancelled=cancelled).song
    report = ConvertReport()
    maker = _Maker(opened, options, report)
    jobs = [job for path in _folders(opened, names) if (job := _job(opened, path, report)) is not None]
    total, done = sum(len(job.frames) for job in jobs), 0
    for job in jobs:
        if cancelled is not None and cancelled():
            break
        with closing(maker.make(job)) as frames:
            for _ in frames:
                done += 1
                if progress is not None:
                    progress(min(done, total), total)
                if cancelled is not None and cancelled():
                    break
    if cancelled is not None and cancelled():
        raise Cancelled(f"converting {opened.graph.name} was cancelled; the {len(report.made)} movies that were "
                        "finished are kept, and the next run goes on from there")
    save_catalogue(song, opened.catalogue)
    return report


def _folders(song: OpenSong, names: Sequence[str]) -> list[str]:
    known = Names(song.graph.pictures)
    wanted = {edge for name in names if (named := known.of_transition(Path(name).name)) is not None
              for edge in named.edges}
    return [path for path in sorted(song.listing) if path.casefold().startswith(f"{FRAMES}/")
            and (not names or path in names or Path(path).name in names
                 or bool(wanted.intersection(_edges(known, path))))]


def _edges(known: Names, path: str) -> Sequence[tuple[PictureId, PictureId]]:
    named = known.of_transition(path.rpartition("/")[2])
    return () if named is None else named.edges


def _job(song: OpenSong, path: str, report: ConvertReport) -> _Job | None:
    """What is to be made of a folder; None, with the reason in the report, when nothing is."""
    known, found = Names(song.graph.pictures), song.catalogue.findings.get(path)
    named = known.of_transition(path.rpartition("/")[2])
    if found is None or named is None:
        report.left.append((path, "its name is not 'name-seed to name-seed'"))
        return None
    ends = _ends(song, known, named, found)
    if ends is None:
        report.left.append((path, _UNCLEAR))
        return None
    if found.presence not in (Presence.EXISTS, Presence.STALE):
        report.left.append((path, found.reason))
        return None
    for each in ends:
        picture = song.graph.pictures.get(each)
        if picture is None or picture.presence is not Presence.EXISTS:
            why = "is not in the song" if picture is None else f"is {picture.presence.value}"
            report.left.append((path, f"its picture {each.stem} {why}"))
            return None
    if len(movie_name(*ends).encode()) > _LONGEST:
        report.left.append((path, "the name of its movie would be too long; rename the prompt"))
        return None
    there = song.graph.between(*ends)
    if there is not None and there.playable:
        report.there.append(there.movie)
        return None
    try:
        frames = contents_of(song.folder / path)[0].in_order()
    except OSError as reason:
        report.left.append((path, f"it cannot be read: {reason.strerror or reason}"))
        return None
    return _Job(path, *ends, tuple(song.folder / path / name for name in frames))


def _ends(song: OpenSong, known: Names, named: Named, found: Finding) -> tuple[PictureId, PictureId] | None:
    if found.edge is not None:
        first, second = (known.pictures(node) for node in found.edge)
        return (first[0], second[0]) if len(first) == len(second) == 1 else None
    if named.clear:
        return named.first[0], named.second[0]
    asked = [edge for edge in named.edges if edge in song.graph.transitions]
    if len(asked) != 1:
        return None
    one, other = asked[0]
    return (one, other) if one in named.first and other in named.second else (other, one)


class _Maker:
    """Makes one movie after the other; what all of them share is read once."""

    def __init__(self, song: OpenSong, options: ConvertOptions, report: ConvertReport) -> None:
        self._song, self._options, self._report = song, options, report
        self._size = usable_size(song)
        self._stages = StageFrames(song.folder, self._size)
        self._likeness = Likeness(song.folder, song.graph.pictures, self._size)
        self._rate = options.rate or _usual_rate(song)
        target = Target(*self._size, "420", options.quality, options.effort, "cover")
        self._encoder = Encoder(target)

    def make(self, job: _Job) -> Generator[None, None, None]:
        """Make the movie of one folder, yielding after each frame; a closed iterator leaves nothing of it."""
        try:
            job = self._forwards(job)
            yield from self._write(job)
        except MediaError as reason:
            why = reason_of(reason, self._song.folder / job.folder)
            self._report.left.append((job.folder, why))
            old = self._song.catalogue.findings[job.folder]
            self._song.catalogue.findings[job.folder] = old._replace(level=READ, presence=Presence.DAMAGED, reason=why)

    def _forwards(self, job: _Job) -> _Job:
        """The job with its pictures in the order of the frames, and a word about ends that are far from them."""
        far = self._likeness.far
        straight = far(job.frames[0], job.first), far(job.frames[-1], job.second)
        crossed = far(job.frames[0], job.second), far(job.frames[-1], job.first)
        if max(crossed) <= ALIKE and _SURE * sum(crossed) < sum(straight):
            self._report.notes.append((job.folder, "its frames run the other way than its name says"))
            return job._replace(first=job.second, second=job.first)
        for which, apart, place in ((job.first, straight[0], "first"), (job.second, straight[1], "last")):
            if apart > ALIKE:
                note = (f"its {place} frame is {apart:.0f} levels from the picture {which.stem} that took its place: "
                        "there will be a jump")
                self._report.notes.append((job.folder, note))
        return job

    def _write(self, job: _Job) -> Iterator[None]:
        ends = [self._stages.frame(self._song.graph.pictures[each]) for each in (job.first, job.second)]
        out = next_version(self._song.folder / movie_name(job.first, job.second))
        last = len(job.frames) - 1
        width, height = self._size
        made = {"generator": "convert", "source": Path(job.folder).name,
                "settings": {"quality": self._options.quality, "effort": self._options.effort}}
        pinned = {0: _encoded(ends[0]), last: _encoded(ends[1])}

        def frame(number: int) -> Encoded:
            return pinned.get(number) or _rendered(job.frames[number], self._encoder)

        before: Thumbnail | None = None
        with MovieWriter(out, width=width, height=height, rate=self._rate, marks=self._marks(job, ends, last),
                         ends=(ends[0].hash, ends[1].hash), made=made) as movie:
            for jpeg, thumbnail in ordered_map(frame, range(len(job.frames))):
                movie.add(jpeg, 0.0 if before is None else difference(before, thumbnail))
                before = thumbnail
                yield
        self._report.made.append(out.relative_to(self._song.folder).as_posix())

    def _marks(self, job: _Job, ends: Sequence[StageFrame], last: int) -> list[Mark]:
        return [Mark(place, which.node, stage.hash, self._song.graph.pictures[which].prompt or None, which.seed)
                for place, which, stage in ((0, job.first, ends[0]), (last, job.second, ends[1]))]


def _rendered(path: Path, encoder: Encoder) -> Encoded:
    """A frame between the ends; the check before has decoded the last one only."""
    _, problem = examine_frame(path)
    if problem:
        raise DamagedMovie(f"{path}: {problem}")
    return PictureShot(path).render(encoder).encoded


def _encoded(stage: StageFrame) -> Encoded:
    jpeg = stage.jpeg()
    return Encoded(jpeg, thumbnail_of_jpeg(jpeg))


def _usual_rate(song: OpenSong) -> Fraction:
    """The rate that most of the song's movies have, so that they can be joined."""
    rates: Counter[Fraction] = Counter()
    for path, finding in song.catalogue.findings.items():
        if path.startswith(f"{MOVIES}/") and finding.presence is Presence.EXISTS and len(rates) < 2:
            rates[index_of(song.folder / path).rate] += 1
    return rates.most_common(1)[0][0] if rates else USUAL_RATE
