"""`interscene sheet`: draw a contact sheet of a movie or of a folder of pictures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from media_tools import argument_types
from server.errors import InputError
from server.library.naming import derived_path
from server.media.sheet import SheetOptions, draw_sheet
from server.units import format_bytes

HELP: Final = "draw a contact sheet of a movie or of a folder of pictures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("source", type=Path, metavar="MOVIE", help="a movie, or a folder of pictures")
    parser.add_argument("out", type=Path, nargs="?", metavar="OUT.png",
                        help="the .png or .jpg to write (beside the movie, under its name)")
    parser.add_argument("--columns", type=argument_types.count, default=6, metavar="N", help="pictures in a row (6)")
    parser.add_argument("--rows", type=argument_types.count, default=5, metavar="N",
                        help="rows (5); a folder takes as many as it needs")
    parser.add_argument("--cell", type=argument_types.count, default=320, metavar="PX", help="width of a picture (320)")
    parser.add_argument("--marks", action="store_true", help="the frames that have marks, instead of evenly in time")
    parser.add_argument("--overwrite", action="store_true", help="replace the sheet if it is there")


def run(options: argparse.Namespace) -> int:
    """Draw the sheet; return the exit code."""
    if options.out is None and options.source.is_dir():
        raise InputError("name the .png or .jpg to write: a folder of pictures is not filled with a sheet of itself")
    out = options.out or derived_path(options.source, "sheet", ".png")
    count = draw_sheet(options.source, out, SheetOptions(options.columns, options.rows, options.cell, options.marks,
                                                         options.overwrite))
    print(f"{out}: {count} pictures, {format_bytes(out.stat().st_size)}")
    return 0
