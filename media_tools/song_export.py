"""`interscene song export`: write a song as the folders that the older programs read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from media_tools.progress import ProgressLine
from media_tools.song_report import say_oddities, say_song
from server.library.songs.exporting import export_song
from server.production.export_frames import FrameExport

HELP: Final = "write a song as the folders that the older programs read, every file as it is in the song"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder to write")
    parser.add_argument("--split", action="store_true",
                        help="write meta/SONG and media/SONG, and a .env file that names both")
    parser.add_argument("--frames", action="store_true",
                        help="write transitions that are movies as folders of frames, too, which the older programs "
                             "read; that takes time and room")
    parser.add_argument("--graph", action="store_true",
                        help="write the graph as it is now into story/graph_existing_transitions.gexf, for Gephi")
    parser.add_argument("--inputs", action="store_true", help="leave pictures and movies out")
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there; others stay")


def run(options: argparse.Namespace) -> int:
    """Export; return the exit code."""
    with ProgressLine(f"exporting {options.song.name}") as progress:
        try:
            frames = FrameExport(options.song, progress) if options.frames else None
            report = export_song(options.song, options.folder, split=options.split, inputs_only=options.inputs,
                                 overwrite=options.overwrite, graph=options.graph, frames=frames,
                                 progress=progress)
        except KeyboardInterrupt:
            print(f"\nthe export of {options.song.name} was cancelled; nothing of it was kept", file=sys.stderr)
            raise
    say_oddities(report.oddities)
    say_song(options.song, report.graph, report.files)
    print(f"{report.copied} files, {report.bytes / 1e6:.1f} MB written to {report.folder}")
    return 0
