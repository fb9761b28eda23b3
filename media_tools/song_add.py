"""`interscene song add`: add pictures to a song."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from server.errors import InputError
from server.library.formats.oddity import counted
from server.library.songs.adding import add_pictures
from server.library.songs.listing import PICTURE_SUFFIXES
from server.media.patterns import expanded

HELP: Final = ("add pictures to a song; what a file is called says who it is: name_seed.png. A picture without a seed "
               "in its name gets the next free number")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE",
                        help="picture files, folders of them, or patterns like \"new/*.png\"")
    parser.add_argument("--prompt", default="", metavar="TEXT", help="the prompt of names that are new to the song")
    parser.add_argument("--overwrite", action="store_true", help="replace pictures that are there and differ")


def run(options: argparse.Namespace) -> int:
    """Add; return the exit code."""
    pictures: list[Path] = []
    for path in expanded(options.pictures):
        pictures += sorted(each for each in path.iterdir() if each.suffix.lower() in PICTURE_SUFFIXES
                           ) if path.is_dir() else [path]
    if not pictures:
        raise InputError(f"there are no pictures in {options.pictures[0]}; name picture files")
    added = add_pictures(options.song, pictures, prompt=options.prompt, overwrite=options.overwrite)
    for each in added:
        why = ("it is there already" if each.known else
               f"its name has no seed: it is number {each.id.seed}" if each.numbered else "")
        print(f"{each.source.name} is {each.id.stem}" + (f" ({why})" if why else ""))
    print(f"{counted(sum(not each.known for each in added), 'picture')} added to {options.song}")
    return 0
