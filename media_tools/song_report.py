"""What verbs print about a song: what it holds, and what is odd about its files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from server.library.formats.oddity import Oddity, counted
from server.library.graph.song_graph import SongGraph
from server.library.songs.file_graph import resolve
from server.library.songs.song_files import SongFiles, read_song_folder

MOST: Final = 500
"""Lines: of more nobody reads any."""
_SEQUENCES: Final = "scene_sequence"


def say_oddities(oddities: Sequence[Oddity]) -> None:
    """Print each oddity on a line of its own: those to look at, then those that change nothing."""
    important = [each for each in oddities if not each.note]
    notes = [each for each in oddities if each.note]
    for title, group in (("to look at", important), ("only so that you know", notes)):
        if group:
            print(f"{title}:")
            for each in group[:MOST]:
                print(f"  {each}")
            if len(group) > MOST:
                print(f"  and {len(group) - MOST} more; put these right first, and look again with: "
                      "interscene song check")
            print()


def say_song(path: Path, graph: SongGraph, files: SongFiles) -> None:
    """Print what a song holds, in a few lines."""
    there = sum(bool(picture.file) for picture in graph.pictures.values())
    print(f"{path}: {counted(len(graph.pictures), 'picture')} ({there} on disk) in "
          f"{counted(len(graph.scenes), 'scene')}, {counted(len(graph.transitions), 'transition')}")
    for name, steps in graph.sequences.items():
        hops = sum(step.hops for step in steps) + max(0, len(steps) - 1)
        sections = len({step.section for step in steps})
        print(f"  sequence {name or '(plain)'}: {counted(len(steps), 'scene')}, {counted(hops, 'hop')}, "
              f"{counted(sections, 'section')}")
    if files.size is not None:
        print(f"  size {files.size[0]}x{files.size[1]}")


def warn_of_sequences(song: Path) -> None:
    """Say what in a song's scene sequences means nothing, before something is made that leaves it out."""
    for each in resolve(read_song_folder(song)).oddities:
        if each.file.startswith(_SEQUENCES) and not each.note:
            print(f"WARNING: {each}", file=sys.stderr)
