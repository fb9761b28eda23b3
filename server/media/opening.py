"""From the paths that a person names to the sources that are encoded. It decodes only what it must doubt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from server.errors import DamagedMovie, InputError, MediaError, MissingFile
from server.media.concat_source import ConcatSource
from server.media.parallel import ordered_map
from server.media.picture import is_picture, load_picture
from server.media.recovered_source import movie_source
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
            sources.append(_pictures(_present(paths), findings, rate, hold, dissolve))
            continue
        for each in run:
            sources.append(_open(each, findings, rate, hold, dissolve) if isinstance(each, Path)
                           else _given(each, findings, rate, hold, dissolve))
    return sources


def broken_pictures(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Yield every picture that cannot be decoded, and why. Decodes them all."""
    for path, reason in zip(paths, ordered_map(_fault, paths), strict=True):
        if reason is not None:
            yield path, reason


def all_broken(sources: Sequence[Source]) -> str | None:
    """Word one refusal that names every broken picture of the sources; None when no picture is."""
    paths = [path for source in sources for path in _pictures_in(source)]
    broken = list(dict.fromkeys(broken_pictures(paths)))
    if not broken:
        return None
    named = ", ".join(f"{path} ({reason})" for path, reason in broken)
    what = "this picture" if len(broken) == 1 else f"these {len(broken)} pictures"
    return f"{what} cannot be read: {named}; copy or make again, or leave out with --salvage"


def _pictures_in(source: Source) -> Sequence[Path]:
    if isinstance(source, PictureSequence | Slideshow):
        return source.paths
    return source.pictures if isinstance(source, ConcatSource) else ()


def _listed(path: Path, findings: Findings) -> ConcatSource:
    source = ConcatSource(path)
    if not findings.salvage:
        return source
    broken = dict(broken_pictures(source.pictures))
    for picture, reason in broken.items():
        findings.warn(f"{picture} {reason}: it was left out")
    return ConcatSource(path, broken) if broken else source


def _open(path: Path, findings: Findings, rate: Fraction | None, hold: Fraction | None,
          dissolve: Fraction | None) -> Source:
    if is_pattern(path):
        return _pictures(pictures_of_pattern(path), findings, rate, hold, dissolve)
    _present([path])
    if path.is_dir():
        return _pictures(pictures_of(path, findings), findings, rate, hold, dissolve)
    _refuse_to_hold(str(path), findings, hold, dissolve)
    if path.suffix.lower() in LIST_SUFFIXES:
        return _listed(path, findings)
    return movie_source(path, findings)


def _given(source: Source, findings: Findings, rate: Fraction | None, hold: Fraction | None,
           dissolve: Fraction | None) -> Source:
    if isinstance(source, PictureSequence):
        return _pictures(source.paths, findings, source.rate or rate, hold, dissolve)
    _refuse_to_hold(source.name, findings, hold, dissolve)
    return source


def _refuse_to_hold(name: str, findings: Findings, hold: Fraction | None, dissolve: Fraction | None) -> None:
    for option, value in (("--hold", hold), ("--dissolve", dissolve)):
        if value is not None:
            findings.warn(f"{option} is for pictures: {name} was taken with its own times")


def _fault(path: Path) -> str | None:
    try:
        load_picture(path)
    except MediaError as reason:
        text = str(reason).removeprefix(str(path)).lstrip(": ")
        return text.partition(";")[0].removeprefix("this JPEG ")
    return None


def _readable(paths: Sequence[Path], findings: Findings) -> Sequence[Path]:
    broken = dict(broken_pictures(paths))
    for path, reason in broken.items():
        findings.warn(f"{path} {reason}: it was left out")
    kept = [path for path in paths if path not in broken]
    if not kept:
        raise DamagedMovie(f"none of the {len(paths)} pictures can be read, the first is {paths[0]} "
                           f"({broken[paths[0]]}); make them again")
    return kept


def _pictures(paths: Sequence[Path], findings: Findings, rate: Fraction | None, hold: Fraction | None,
              dissolve: Fraction | None) -> Source:
    if findings.salvage:
        paths = _readable(paths, findings)
    if hold is None and dissolve is None:
        return PictureSequence(paths, rate)
    return Slideshow(paths, hold or Fraction(0), dissolve or Fraction(0))


def _present(paths: Sequence[Path]) -> Sequence[Path]:
    for path in paths:
        if not is_there(path):
            raise MissingFile(f"{shown(path)} is not there; check the name and whether its disk is connected")
    return paths
