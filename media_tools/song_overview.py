"""`interscene song overview`: where a song stands, or every song of a media folder, and the next command to type."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from server.errors import LibraryError, MissingFile
from server.index.identity import typed
from server.library.graph.song_graph import Presence
from server.production.overview import SceneLine, SongOverview, is_song, overview, overviews

HELP: Final = "say what is made, missing and broken, and the next thing to do"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("folder", type=Path, metavar="SONG", help="a song folder, or a media folder with songs in it")


def run(options: argparse.Namespace) -> int:
    """Say it; return the exit code."""
    folder: Path = options.folder
    if not folder.is_dir():
        raise MissingFile(f"there is no folder {folder}; name a song, or the folder that holds your songs")
    if is_song(folder):
        for line in _lines(overview(folder)):
            print(line)
        return 0
    code, found = 0, False
    for song, each in overviews(folder):
        found = True
        if isinstance(each, LibraryError):
            print(f"interscene: {each}", file=sys.stderr)
            code = 1
        else:
            print(f"{song.relative_to(folder)}: {_counts('picture', each.pictures)}, "
                  f"{_counts('transition', each.transitions)}; next: {each.next_step.command}")
    if not found:
        raise LibraryError(f"{folder} holds no songs; make one with: interscene song new {typed(folder / 'SONG')}")
    return code


def _lines(song: SongOverview) -> list[str]:
    size = "" if song.size is None else ", {}×{}".format(*song.size)
    lines = [f"{song.name}{size}", f"  {_counts('picture', song.pictures)}"
             + (f"; {song.never} never to be shown again" if song.never else "")]
    folders = f"; {song.folders} folders of frames to convert" if song.folders else ""
    lines.append(f"  {_counts('transition', song.transitions)}{folders}")
    if song.quarantined:
        lines.append(f"  {song.quarantined} things in quarantine")
    lines += ["scenes:", *(f"  {_scene(line)}" for line in song.scenes)] if song.scenes else []
    names = ", ".join(name or "scene_sequence.csv" for name in song.sequences)
    lines.append(f"sequences: {names}" if names else "sequences: none yet; every scene is visited in turn")
    if song.last_plan:
        when = datetime.fromtimestamp(song.last_changed_ns / 1e9).astimezone()
        lines.append(f"last plan: {song.last_plan}, {when:%Y-%m-%d %H:%M}")
    lines += [f"story {line}" for line in song.stories] or ["stories: none yet"]
    return [*lines, f"next: {song.next_step.command}", f"  {song.next_step.why}"]


def _scene(line: SceneLine) -> str:
    onward = "" if line.onward is None else f", {line.onward} to the next"
    dead = f", {line.dead_ends} picture{'' if line.dead_ends == 1 else 's'} without any" if line.dead_ends else ""
    return (f"{line.name}: {_counts('picture', line.pictures)}; transitions: {line.inside} of {line.possible} "
            f"inside{onward}{dead}")


def _counts(what: str, counts: Mapping[Presence, int]) -> str:
    total = sum(counts.values())
    if not total:
        return f"no {what}s"
    bad = [f"{counts[each]} {'with stale ends' if each is Presence.STALE else each.value}"
           for each in (Presence.MISSING, Presence.DAMAGED, Presence.STALE) if counts.get(each)]
    return f"{total} {what}{'' if total == 1 else 's'} ({', '.join(bad) or 'all there'})"
