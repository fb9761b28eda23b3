"""`interscene song check`: the truth about every file of a song; exit code 1 if anything is damaged or stale."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from media_tools.progress import ProgressLine
from media_tools.song_report import say_oddities
from server.index.identity import typed
from server.library.graph.song_graph import Presence
from server.production.overview import mending
from server.production.quarantine import Moved, damaged_things, quarantine
from server.production.song_check import PICTURE, TRANSITION, CheckReport, check_song

HELP: Final = "look at every file: what exists, is missing, damaged, or made for older pictures, and why"
_TOLD: Final = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("--deep", action="store_true", help="decode every frame of every transition as well")
    parser.add_argument("--quarantine", action="store_true",
                        help="move what is damaged to quarantine/, with the reason; interscene song restore undoes it")
    parser.add_argument("--all", action="store_true", help="name whole things and all missing ones, too")
    parser.add_argument("--json", action="store_true", help="print a JSON document instead of text")


def run(options: argparse.Namespace) -> int:
    """Check, and move what is damaged if asked to; return the exit code."""
    with kept_when_stopped("what was found out"), ProgressLine(f"checking {options.song.name}") as progress:
        report = check_song(options.song, deep=options.deep, progress=progress)
    moved = None
    if options.quarantine:
        moved = quarantine(options.song, damaged_things(report), moment())
    if options.json:
        print(json.dumps(document_of(report, moved), indent=2, ensure_ascii=False))
    else:
        _say(report, moved, options)
    return int(bool(report.bad))


@contextlib.contextmanager
def kept_when_stopped(what: str) -> Iterator[None]:
    """Say to a person who presses Ctrl-C what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        print(f"\nstopped; {what} is kept, and the next run goes on from there", file=sys.stderr)
        raise


def moment() -> str:
    """The time now, as the name of a folder on every system."""
    return f"{datetime.now().astimezone():%Y-%m-%d %H.%M.%S}"


def say_moved(moved: Moved, what: str) -> None:
    """Print what was moved and what could not be."""
    for path in moved.paths:
        print(f"{what}: {path}")
    for path, reason in moved.kept:
        print(f"WARNING: {path} stays: {reason}")


def document_of(report: CheckReport, moved: Moved | None) -> dict[str, Any]:
    """The report as JSON has it."""
    return {
        "song": report.song.graph.name, "size": report.song.size, "deep": report.deep, "looked": report.looked,
        "counts": report.counts,
        "items": [{"kind": item.kind, "name": item.name, "path": item.path, "presence": item.presence.value,
                   "reason": item.reason, "notes": list(item.notes), "frames": item.frames} for item in report.items],
        "oddities": [{"file": each.file, "line": each.line, "what": each.what, "done": each.done, "note": each.note}
                     for each in report.oddities],
        "quarantined": None if moved is None else {"folder": str(moved.folder), "paths": list(moved.paths),
                                                   "kept": [list(each) for each in moved.kept]}}


def _say(report: CheckReport, moved: Moved | None, options: argparse.Namespace) -> None:
    say_oddities(report.oddities)
    for presence in (Presence.DAMAGED, Presence.STALE, Presence.MISSING, Presence.EXISTS):
        _say_group(report, presence, options.all)
    noted = [item for item in report.items if item.notes and item.presence is Presence.EXISTS]
    if noted:
        print("usable, with a remark:")
        for item in noted if options.all else noted[:_TOLD]:
            print(f"  {item.name}: {'; '.join(item.notes)}")
        _say_rest(len(noted), options.all)
    if moved is not None:
        say_moved(moved, "quarantined")
    size = "no size yet" if report.song.size is None else "{}×{}".format(*report.song.size)
    deep = "" if report.deep else "; frames inside transitions were not decoded: --deep looks at them"
    print(f"{report.song.graph.name}, {size}: {_counted(report, PICTURE)}; {_counted(report, TRANSITION)}{deep}")
    where = typed(options.song)
    if moved is None and any(item.presence is Presence.DAMAGED for item in report.items):
        print(f"next: interscene song check {where} --quarantine")
    elif any(item.presence is Presence.STALE for item in report.items):
        print(f"next: interscene {mending(report.song)}")


def _say_group(report: CheckReport, presence: Presence, everything: bool) -> None:
    group = [item for item in report.items if item.presence is presence]
    if not group or (presence is Presence.EXISTS and not everything):
        return
    print(f"{presence.value}:")
    cut = presence is Presence.MISSING and not everything
    for item in group[:_TOLD] if cut else group:
        where = f" ({item.path})" if item.path and item.presence is not Presence.EXISTS else ""
        print(f"  {item.kind} {item.name}{where}" + (f": {item.reason}" if item.reason else ""))
    if cut:
        _say_rest(len(group), everything)


def _say_rest(count: int, everything: bool) -> None:
    if count > _TOLD and not everything:
        print(f"  and {count - _TOLD} more; --all names them")


def _counted(report: CheckReport, kind: str) -> str:
    counts = report.counts[kind]
    total = sum(counts.values())
    words = {Presence.EXISTS: "there", Presence.STALE: "with stale ends"}
    parts = [f"{counts[each.value]} {words.get(each, each.value)}"
             for each in (Presence.EXISTS, Presence.MISSING, Presence.DAMAGED, Presence.STALE) if each.value in counts]
    return f"{total} {kind}{'' if total == 1 else 's'}" + (f" ({', '.join(parts)})" if parts else "")
