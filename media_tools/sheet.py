"""`interscene sheet`: draw a contact sheet of a movie, or of a folder of movies or pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from media_tools import argument_types
from server.errors import InputError
from server.library.media_folder import SUFFIXES, natural_order
from server.library.naming import derived_path, free_path
from server.media.patterns import expanded, has_magic
from server.media.sheet import SheetOptions, draw_sheet, is_sheet
from server.media.sources import Findings
from server.units import format_bytes

HELP: Final = "draw a contact sheet of a movie, or of a folder of movies or pictures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("source", type=Path, metavar="MOVIE",
                        help="a movie; a folder of movies or a pattern like \"takes/*.mov\", of which each "
                             "gives its middle frame; or a folder of pictures")
    parser.add_argument("out", type=Path, nargs="?", metavar="OUT.png",
                        help="the .png or .jpg to write (of take n_001_movie.mov: n_001_sheet.png beside it; of any "
                             "other n.mov, and of a folder n of movies, in it: the first n_001_sheet.png, "
                             "n_002_sheet.png … that is free; pictures need a name here)")
    parser.add_argument("--columns", type=argument_types.count, default=6, metavar="N", help="pictures in a row (6)")
    parser.add_argument("--rows", type=argument_types.count, default=5, metavar="N",
                        help="rows (5); a folder takes as many as it needs")
    parser.add_argument("--cell", type=argument_types.count, default=320, metavar="PX", help="width of a picture (320)")
    parser.add_argument("--marks", action="store_true", help="the frames that have marks, instead of evenly in time")
    parser.add_argument("--overwrite", action="store_true", help="replace the sheet if it is there")


def run(options: argparse.Namespace) -> int:
    """Draw the sheet; return the exit code."""
    found = expanded([options.source])
    sources: Path | list[Path] = found[0]
    if has_magic(options.source):
        sources = [path for path in found if not is_sheet(path)] or found
    elif found[0].is_dir():
        sources = _movies_of(found[0]) or found[0]
    out = options.out or _beside(sources, options)
    findings = Findings()
    count = draw_sheet(sources, out, SheetOptions(options.columns, options.rows, options.cell, options.marks,
                                                  options.overwrite), findings)
    for line in findings.warnings:
        print(f"WARNING: {line}", file=sys.stderr)
    print(f"{out}: {count} pictures, {format_bytes(out.stat().st_size)}")
    return 0


def _movies_of(folder: Path) -> list[Path]:
    found = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()
             and not path.name.startswith(".")]
    return sorted(found, key=lambda path: natural_order(path.name))


def _beside(sources: Path | list[Path], options: argparse.Namespace) -> Path:
    if isinstance(sources, Path) and not sources.is_dir():
        return derived_path(sources, "sheet", ".png", overwrite=options.overwrite)
    if isinstance(sources, list) and options.source.is_dir():
        return free_path(options.source, options.source.absolute().name, "sheet", ".png")
    raise InputError("name the .png or .jpg to write: a folder of pictures is not filled with a sheet of itself")
