"""A movie of frames picked from other movies, in any order, by packet copy: nothing is encoded again.

It knows no reason why a frame was picked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from server.errors import DamagedMovie, InputError, MixedMovie, NotSeekable
from server.index.format import FrameIndex, Mark
from server.index.identity import encode_command
from server.index.jpeg import jpeg_problem
from server.index.reader import FrameReader
from server.media.indexing import index_of
from server.media.jpeg import jpeg_damage
from server.media.part_file import make_folders, remove_empty
from server.media.writer import MovieWriter

OPEN_MAX: Final = 16
"""Movies that are held open at a time."""
STEP_MAX: Final = 16
"""Frames between two that follow each other which count as played, not as jumped over."""


class Picked(NamedTuple):
    """One frame of a movie. `begins`: a mark of this name is set here, because something else begins."""

    path: Path
    frame: int
    begins: str = ""


@dataclass(slots=True)
class _Source:
    index: FrameIndex
    reader: FrameReader
    marks: dict[int, list[Mark]]


class _Sources:
    """Movies by their paths; the one that was used longest ago is closed for the next."""

    def __init__(self) -> None:
        self._open: dict[Path, _Source] = {}

    def get(self, path: Path) -> _Source:
        source = self._open.pop(path, None) or _opened(path)
        self._open[path] = source
        if len(self._open) > OPEN_MAX:
            self._open.pop(next(iter(self._open))).reader.close()
        return source

    def close(self) -> None:
        for source in self._open.values():
            source.reader.close()
        self._open.clear()


def write_picked(frames: Iterable[Picked], out: Path, rate: Fraction, *, generator: str, overwrite: bool = False
                 ) -> FrameIndex:
    """Write the frames as a movie, all or nothing; marks of the movies move along.

    Raises MixedMovie naming the first movie of another size or chroma, NotSeekable, MissingFile, DamagedMovie,
    OutputError, and InputError where there is no frame at all.
    """
    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        raise InputError("there is nothing to write: no frame was picked")
    with closing(_Sources()) as sources:
        shape = sources.get(first.path).index
        folders = make_folders(out.parent)
        try:
            with MovieWriter(out, width=shape.width, height=shape.height, rate=rate, chroma=shape.chroma,
                             overwrite=overwrite) as movie:
                names: dict[str, None] = {}
                last: Picked | None = None
                for picked in chain((first,), rest):
                    source = sources.get(picked.path)
                    _check_alike(source.index, shape, picked.path)
                    _mark(movie, source, picked, last)
                    _add(movie, source, picked, last)
                    names[picked.path.name] = None
                    last = picked
                movie.made = {"generator": generator, "sources": list(names)}
        except BaseException:
            remove_empty(folders)
            raise
    return movie.index


def _opened(path: Path) -> _Source:
    index = index_of(path)
    if not index.intra or index.codec != "mjpeg":
        raise NotSeekable(f"{path} is {index.codec}, and only Motion-JPEG frames can be copied; make it one with: "
                          f"{encode_command(path)}")
    marks: dict[int, list[Mark]] = {}
    for mark in index.marks:
        marks.setdefault(mark.frame, []).append(mark)
    return _Source(index, FrameReader(path, index), marks)


def _check_alike(index: FrameIndex, shape: FrameIndex, path: Path) -> None:
    if (index.width, index.height, index.chroma) != (shape.width, shape.height, shape.chroma):
        raise MixedMovie(f"{path} is {index.width}×{index.height} {index.chroma}, the first movie "
                         f"{shape.width}×{shape.height} {shape.chroma}, and a movie has one size; take a part without "
                         "it, or make it alike with: " + encode_command(
                             path, "alike", f"--size {shape.width}x{shape.height} --chroma {shape.chroma}"))


def _mark(movie: MovieWriter, source: _Source, picked: Picked, last: Picked | None) -> None:
    """Set a mark where something begins, and move those along that are come to, or stepped over at a higher speed."""
    if picked.begins:
        movie.marks.append(Mark(movie.count, picked.begins))
    passed: Iterable[int] = (picked.frame,)
    if last is not None and not picked.begins and last.path == picked.path:
        if last.frame == picked.frame:
            return
        if 0 < picked.frame - last.frame <= STEP_MAX:
            passed = range(last.frame + 1, picked.frame + 1)
    movie.marks.extend(replace(mark, frame=movie.count) for frame in passed for mark in source.marks.get(frame, ())
                       if mark.name != picked.begins)


def _add(movie: MovieWriter, source: _Source, picked: Picked, last: Picked | None) -> None:
    apart = _apart(source.index, picked, last)
    jpeg = source.reader.read(picked.frame)
    problem = jpeg_damage(jpeg) if math.isnan(apart) else jpeg_problem(jpeg)
    if problem is not None:
        raise DamagedMovie(f"{picked.path}, frame {picked.frame}: this picture {problem}; copy the movie again, or "
                           f"mend it with: {encode_command(picked.path, 'mended', '--salvage')}")
    movie.add(jpeg, apart)


def _apart(index: FrameIndex, picked: Picked, last: Picked | None) -> float:
    """The distance to the frame before, where it is known without decoding."""
    if last is None or last.path != picked.path:
        return math.nan
    if last.frame == picked.frame:
        return 0.0
    if abs(last.frame - picked.frame) != 1 or index.difference is None:
        return math.nan
    return float(index.difference[max(last.frame, picked.frame)])
