"""From the paths that a person names to the sources that are encoded. It decodes nothing but first frames."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from server.errors import InputError, MissingFile
from server.media.concat_source import ConcatSource
from server.media.movie_source import MovieSource
from server.media.picture import is_picture
from server.media.sources import (
    LIST_SUFFIXES,
    Findings,
    Source,
    is_pattern,
    is_there,
    pictures_of,
    pictures_of_pattern,
    shown,
)
from server.media.stills import PictureSequence, Slideshow


def open_sources(given: Sequence[Path | Source], findings: Findings, *, rate: Fraction | None = None,
                 hold: Fraction | None = None, dissolve: Fraction | None = None) -> list[Source]:
    """Open every source; picture files that follow each other are one. `rate` is that of numbered pictures.

    With `hold` or `dissolve`, in seconds, pictures become a slideshow. Raises what the sources do.
    """
    if not given:
        raise InputError("name something to encode: pictures, a folder of them, a concat list, or a movie")
    sources: list[Source] = []
    for single, run in groupby(given, key=lambda each: isinstance(each, Path) and is_picture(each)
                               and not is_pattern(each)):
        if single:
            paths = [path for path in run if isinstance(path, Path)]
            sources.append(_pictures(_present(paths), rate, hold, dissolve))
            continue
        for each in run:
            sources.append(_open(each, findings, rate, hold, dissolve) if isinstance(each, Path) else each)
    return sources


def _open(path: Path, findings: Findings, rate: Fraction | None, hold: Fraction | None,
          dissolve: Fraction | None) -> Source:
    if is_pattern(path):
        return _pictures(pictures_of_pattern(path), rate, hold, dissolve)
    _present([path])
    if path.is_dir():
        return _pictures(pictures_of(path, findings), rate, hold, dissolve)
    if path.suffix.lower() in LIST_SUFFIXES:
        return ConcatSource(path)
    return MovieSource(path)


def _pictures(paths: Sequence[Path], rate: Fraction | None, hold: Fraction | None,
              dissolve: Fraction | None) -> Source:
    if hold is None and dissolve is None:
        return PictureSequence(paths, rate)
    return Slideshow(paths, hold or Fraction(0), dissolve or Fraction(0))


def _present(paths: Sequence[Path]) -> Sequence[Path]:
    for path in paths:
        if not is_there(path):
            raise MissingFile(f"{shown(path)} is not there; check the name and whether its disk is connected")
    return paths
