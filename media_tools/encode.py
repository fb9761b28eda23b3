"""`interscene encode`: make a movie with instant access from pictures, a concat list, a sequence, or any movie."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from media_tools import argument_types
from media_tools.movie_output import movie_output
from media_tools.movie_report import say_movie
from media_tools.progress import ProgressLine
from server.errors import InputError
from server.library.sequence_source import pictures_of_sequence
from server.library.sequences import is_sequence
from server.media.encode import CHROMAS, EncodeOptions, EncodeReport, encode
from server.media.encoders import EFFORTS
from server.media.patterns import expanded, has_magic
from server.media.placement import FITS
from server.media.presets import AUTO, PRESETS, automatic_preset, preset_named, with_preset
from server.media.sources import Source

HELP: Final = "make a movie with instant access from pictures or any movie"

_DIRECT: Final = ("rate", "source_rate", "size", "fit", "quality", "chroma", "effort", "workers", "inbetween", "hold",
                  "dissolve", "salvage", "overwrite")
"""Options that encoding takes as they are; None where the person said nothing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "presets:\n" + "\n".join(f"  {preset.name:<16}{preset.doc}" for preset in PRESETS) + (
        f"\n  {AUTO:<16}the best of them that TouchDesigner decodes in time")
    parser.add_argument("paths", nargs="+", metavar="SOURCE",
                        help="pictures, a folder of them, \"shots/*.png\", frame%%06d.png, a concat list (.txt), "
                             "a transition sequence (.csv), or movies; the last path is the movie to write, or a "
                             "folder for its next take")
    _add_picture_arguments(parser)
    time = parser.add_argument_group("time")
    time.add_argument("--rate", type=argument_types.rate, metavar="FPS",
                      help="frames a second (as the source; 30 for pictures)")
    time.add_argument("--source-rate", type=argument_types.rate, metavar="FPS",
                      help="frames a second of numbered pictures (as --rate; 10 with --inbetween)")
    time.add_argument("--inbetween", action="store_true", default=None,
                      help="draw the frames between those of slow material, by optical flow; originals stay exact")
    time.add_argument("--hold", type=argument_types.seconds, metavar="SECONDS", help="show every picture so long")
    time.add_argument("--dissolve", type=argument_types.seconds, metavar="SECONDS",
                      help="dissolve from every picture to the next in so long")
    work = parser.add_argument_group("work")
    work.add_argument("--workers", type=argument_types.count, metavar="N", help="threads (one a core)")
    work.add_argument("--reencode", action="store_true", help="encode anew even JPEGs that fit as they are")
    work.add_argument("--salvage", action="store_true", default=None,
                      help="keep what can be read: damaged pictures are left out; of a movie, the frame before is "
                           "shown in place of a damaged one")
    work.add_argument("--overwrite", action="store_true", default=None, help="replace the movie if it is there")
    work.add_argument("--song", help="what the take is called when the last path is a folder (as the first source)")
    work.add_argument("--transitions", type=Path, metavar="DIR", help="where the transitions of a sequence lie")
    work.add_argument("--section", help="only this section of a sequence")


def _add_picture_arguments(parser: argparse.ArgumentParser) -> None:
    look = parser.add_argument_group("picture")
    look.add_argument("--preset", metavar="NAME", help="one of those below; what is given beside it counts more")
    look.add_argument("--size", type=argument_types.size, metavar="WxH", help="size of the movie (as the source)")
    look.add_argument("--fit", choices=tuple(FITS), help="contain: black beside; cover: cut off; stretch (contain)")
    look.add_argument("--quality", type=argument_types.quality, metavar="1-100",
                      help="one scale for both efforts (85)")
    look.add_argument("--chroma", choices=CHROMAS, help="colour resolution (420, or as the source's JPEGs)")
    look.add_argument("--effort", choices=EFFORTS, help="fast: for live work; small: fewer bytes to decode (fast)")


def run(options: argparse.Namespace) -> int:
    """Encode; return the exit code."""
    if len(options.paths) < 2:
        raise InputError("name what to encode, and last the movie to write or a folder for it")
    given = [Path(text) for text in options.paths[:-1]]
    named = expanded(given)
    sources, warnings = _sources(named, options)
    chosen = _encode_options(sources, options)
    kind = "inbetween" if options.inbetween else "movie"
    out = movie_output(options.paths[-1], song=options.song or _song_of(given[0]), kind=kind,
                       source=None if options.song or kind == "movie" else named[0],
                       overwrite=bool(options.overwrite))
    with ProgressLine(f"encoding {out.name}") as progress:
        try:
            report = encode(sources, out, chosen, lambda state: progress(state.done, state.of))
        except KeyboardInterrupt:
            print(f"\n{out.name} was cancelled; nothing of it was kept", file=sys.stderr)
            raise
    say_movie(report.out, report.index, _notes(report), (*warnings, *report.warnings))
    return 0


def _sources(named: list[Path], options: argparse.Namespace) -> tuple[list[Path | Source], list[str]]:
    sources: list[Path | Source] = []
    warnings: list[str] = []
    for path in named:
        if not is_sequence(path):
            sources.append(path)
            continue
        pictures, found = pictures_of_sequence(path, folder=options.transitions, section=options.section,
                                               rate=options.source_rate)
        sources.append(pictures)
        warnings.extend(found)
    return sources, warnings


def _encode_options(sources: list[Path | Source], options: argparse.Namespace) -> EncodeOptions:
    given: dict[str, Any] = {name: value for name in _DIRECT if (value := getattr(options, name)) is not None}
    chosen = replace(EncodeOptions(keep=not options.reencode), **given)
    if options.preset is None:
        return chosen
    preset = automatic_preset(sources, chosen) if options.preset == AUTO else preset_named(options.preset)
    if options.preset == AUTO:
        print(f"preset {preset.name}: {preset.doc}")
    return with_preset(chosen, preset, given)


def _song_of(first: Path) -> str:
    """What a take is called that nobody named: as its first source."""
    if has_magic(first):
        return re.split(r"[*?\[]", first.stem)[0].rstrip("_- .") or first.absolute().parent.name or "movie"
    return first.absolute().stem.partition("%")[0].rstrip("_- .") or "movie"


def _notes(report: EncodeReport) -> list[str]:
    notes = []
    if report.copied:
        notes.append(f"{report.copied} of {report.index.count} frames are the source's own JPEGs, byte for byte")
    if report.dropped:
        notes.append(f"{report.dropped} frames of the source were left out to keep the rate")
    if report.doubled:
        notes.append(f"{report.doubled} frames repeat the one before to keep the rate")
    return notes
