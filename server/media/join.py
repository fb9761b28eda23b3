"""Movies put one behind another by packet copy: nothing is decoded but a thumbnail at every joint.

A frame that ends one movie and begins the next is kept once. Marks move along, and every movie leaves one.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from server.errors import Cancelled, DamagedMovie, InputError, MixedMovie, NotSeekable
from server.index.format import FrameIndex, Mark
from server.index.identity import encode_command, typed
from server.index.jpeg import jpeg_problem
from server.index.opening import sidecar
from server.index.reader import FrameReader
from server.media.concat import ConcatEntry, read_concat, write_concat
from server.media.encode import Progress
from server.media.indexing import index_of
from server.media.jpeg import jpeg_damage
from server.media.part_file import make_folders, remove_empty
from server.media.picture import is_picture
from server.media.writer import MovieWriter
from server.units import format_rate

LIST_NAME: Final = "videos.txt"


@dataclass(frozen=True, slots=True)
class JoinEntry:
    """One movie to join, forwards or backwards; `section` says into which file of its own it also goes."""

    path: Path
    backwards: bool = False
    section: str = ""


@dataclass(frozen=True, slots=True)
class JoinReport:
    """What was made: the whole movie, the sections if they were asked for, and what was dropped."""

    out: Path
    index: FrameIndex
    joints: int
    """Doubled frames that were kept once."""
    sections: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Opened:
    entry: JoinEntry
    index: FrameIndex

    def source_frame(self, place: int) -> int:
        """The stored frame that is shown at a place, counted from the beginning of the entry."""
        return self.index.count - 1 - place if self.entry.backwards else place


def join(entries: Sequence[JoinEntry | Path], out: Path, *, rate: Fraction | None = None, sections: bool = False,
         overwrite: bool = False, progress: Callable[[Progress], None] | None = None,
         cancelled: Callable[[], bool] | None = None) -> JoinReport:
    """Join movies of one size, chroma and rate into `out`, all or nothing; a given `rate` replaces theirs.

    With `sections`, every run of entries of one section also becomes `<out>_sections/section_<name>.mov`, with a
    concat list beside. Raises MixedMovie naming the first movie that differs, NotSeekable, OutputError, Cancelled,
    and what opening the movies raises.
    """
    opened = [_open(entry if isinstance(entry, JoinEntry) else JoinEntry(entry)) for entry in entries]
    if not opened:
        raise InputError("name the movies to join, or a list of them")
    _check_alike(opened, rate)
    made: list[Path] = []
    folders = make_folders(out.parent)
    try:
        if sections:
            made = _write_sections(opened, out, rate, overwrite, cancelled)
        index, joints = _write(opened, out, rate, overwrite, progress, cancelled)
    except BaseException:
        _remove(made)
        remove_empty(folders)
        raise
    warnings = tuple(f"{each.entry.path.name} has axes, which a joined movie cannot keep"
                     for each in opened if each.index.axes)
    return JoinReport(out, index, joints, tuple(made), warnings)


def entries_of_list(path: Path) -> list[JoinEntry]:
    """Read a concat list of whole movies. Raises InputError for pictures and for parts of movies."""
    entries = []
    for entry in read_concat(path).entries:
        file = path.parent / entry.file
        if is_picture(file) or entry.inpoint is not None or entry.outpoint is not None:
            what = "a picture" if is_picture(file) else "a part of a movie"
            raise InputError(f"{path.name} lists {what} ({entry.file}), and joining copies whole movies; "
                             f"make one movie of it with: interscene encode {typed(path)} OUT.mov")
        entries.append(JoinEntry(file, entry.backwards))
    return entries


def _open(entry: JoinEntry) -> _Opened:
    index = index_of(entry.path)
    if not index.intra or index.codec != "mjpeg":
        raise NotSeekable(f"{entry.path} is {index.codec}, and joining copies Motion-JPEG frames; make it one with: "
                          f"{encode_command(entry.path)}")
    return _Opened(entry, index)


def _check_alike(opened: Sequence[_Opened], rate: Fraction | None) -> None:
    first = opened[0].index
    for each in opened[1:]:
        index, name = each.index, each.entry.path
        if (index.width, index.height, index.chroma) != (first.width, first.height, first.chroma):
            raise MixedMovie(
                f"{name} is {index.width}×{index.height} {index.chroma}, the first movie "
                f"{first.width}×{first.height} {first.chroma}; make it alike with: "
                + encode_command(name, "alike", f"--size {first.width}x{first.height} --chroma {first.chroma}"))
    for each in opened:
        index, name = each.index, each.entry.path
        if rate is None and (index.rate != first.rate or index.pts is not None):
            own = "a varying rate" if index.pts is not None else f"{format_rate(index.rate)} frames a second"
            raise MixedMovie(f"{name} has {own}, the first movie {format_rate(first.rate)}; join frame by frame with "
                             f"--rate {format_rate(first.rate)}, or keep its speed with: "
                             + encode_command(name, "alike", f"--rate {format_rate(first.rate)}"))


def _write(opened: Sequence[_Opened], out: Path, rate: Fraction | None, overwrite: bool,
           progress: Callable[[Progress], None] | None = None,
           cancelled: Callable[[], bool] | None = None) -> tuple[FrameIndex, int]:
    first = opened[0].index
    of = sum(each.index.count for each in opened)
    made = {"generator": "join", "sources": [each.entry.path.name for each in opened]}
    joints = 0
    with MovieWriter(out, width=first.width, height=first.height, rate=rate or first.rate, chroma=first.chroma,
                     made=made, overwrite=overwrite) as movie:
        last: bytes | None = None
        for each in opened:
            for place, jpeg, apart in _frames(each):
                if cancelled is not None and cancelled():
                    raise Cancelled(f"{out.name} was cancelled after {movie.count} frames; nothing of it was kept")
                if place == 0:
                    doubled = jpeg == last
                    joints += doubled
                    _move_marks(movie, each, movie.count - doubled)
                    if doubled:
                        continue
                _check(each, place, jpeg, inside=math.isnan(apart))
                movie.add(jpeg, apart)
                last = jpeg
                if progress is not None:
                    progress(Progress(movie.count + joints, of))
    return movie.index, joints


def _frames(each: _Opened) -> Iterator[tuple[int, bytes, float]]:
    """Yield (place, JPEG, distance to the frame before it in this order, NaN where nobody has measured it)."""
    apart = each.index.difference
    with FrameReader(each.entry.path, each.index) as reader:
        for place in range(each.index.count):
            frame = each.source_frame(place)
            known = math.nan
            if apart is not None and place:
                known = float(apart[frame + 1 if each.entry.backwards else frame])
            yield place, reader.read(frame), known


def _check(each: _Opened, place: int, jpeg: bytes, *, inside: bool) -> None:
    """Look at the structure of a picture, and `inside` it where it is to be measured anyway."""
    problem = jpeg_damage(jpeg) if inside else jpeg_problem(jpeg)
    if problem is not None:
        raise DamagedMovie(f"{each.entry.path}, frame {each.source_frame(place)}: this picture {problem}; copy the "
                           f"movie again, or mend it with: {encode_command(each.entry.path, 'mended', '--salvage')}")


def _move_marks(movie: MovieWriter, each: _Opened, begin: int) -> None:
    """Add a mark with the movie's name where it begins, and its own where they are now."""
    name = each.entry.path.stem
    movie.marks.append(Mark(begin, name))
    moved = [replace(mark, frame=begin + each.source_frame(mark.frame)) for mark in each.index.marks]
    movie.marks.extend(sorted((mark for mark in moved if (mark.frame, mark.name) != (begin, name)),
                              key=lambda mark: mark.frame))


def _write_sections(opened: Sequence[_Opened], out: Path, rate: Fraction | None, overwrite: bool,
                    cancelled: Callable[[], bool] | None) -> list[Path]:
    runs: list[tuple[str, list[_Opened]]] = []
    for each in opened:
        if not runs or runs[-1][0] != each.entry.section:
            runs.append((each.entry.section, []))
        runs[-1][1].append(each)
    folder = out.with_name(f"{out.stem}_sections")
    folders = make_folders(folder)
    made: list[Path] = []
    try:
        for path, (_, run) in zip(_section_paths(folder, [name for name, _ in runs]), runs, strict=True):
            _write(run, path, rate, overwrite, None, cancelled)
            made.append(path)
        write_concat(folder / LIST_NAME, [ConcatEntry(path.name) for path in made])
    except BaseException:
        _remove(made)
        remove_empty(folders)
        raise
    return made


def _remove(movies: Sequence[Path]) -> None:
    """Take back movies that were published, because what they belong to was not."""
    for movie in movies:
        movie.unlink(missing_ok=True)
        sidecar(movie).unlink(missing_ok=True)
    for folder in {movie.parent for movie in movies}:
        (folder / LIST_NAME).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()


def _section_paths(folder: Path, names: Sequence[str]) -> list[Path]:
    """One path a section; a section without a name, or one that comes again, is numbered by its place."""
    paths: list[Path] = []
    for number, name in enumerate(names, start=1):
        safe = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name) or str(number)
        path = folder / f"section_{safe}.mov"
        paths.append(path if path not in paths else folder / f"section_{safe}-{number}.mov")
    return paths
