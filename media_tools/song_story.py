"""`interscene song story`: the stories of a song, their versions, notes, and which one is approved for stage."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from media_tools.time_of_day import time_of_day
from server.errors import InputError
from server.library.formats.oddity import counted
from server.library.songs.stories import read_story
from server.production.story_stage import ListedStory, approve, list_stories, set_note, withdraw
from server.units import format_rate, format_seconds

HELP: Final = "list stories and their versions; note, approve for stage, withdraw"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("song", type=Path, metavar="SONG", help="the song folder")
    parser.add_argument("label", nargs="?", default="", metavar="LABEL",
                        help="one story: its newest version, or one of them as LABEL-2")
    parser.add_argument("--note", help="write a note to it")
    stage = parser.add_mutually_exclusive_group()
    stage.add_argument("--approve", action="store_true", help="approve it for stage: it is the one that is played")
    stage.add_argument("--withdraw", action="store_true", help="take the approval back")


def run(options: argparse.Namespace) -> int:
    """List or edit; return the exit code."""
    song = options.song.resolve()
    if options.label and (options.note is not None or options.approve or options.withdraw):
        _check_clear(song, options.label)
    name = read_story(song, options.label).name if options.label else ""
    lines: list[str] = []
    if options.note is not None:
        name = set_note(song, options.label, options.note).name
        lines.append(f"{name}: note written")
    if options.approve:
        lines += approve(song, options.label, date=time_of_day())
    if options.withdraw:
        lines += withdraw(song, options.label)
    for line in lines:
        print(line)
    listed = [each for each in list_stories(song) if name in ("", each.story.name)]
    for each in listed:
        _say(each, whole=bool(name))
    if not listed:
        print(f"{song.name} has no stories; build one with: interscene song build")
    return 0


def _check_clear(song: Path, label: str) -> None:
    """Refuse to edit one of several versions unless it is said which. Raises InputError."""
    versions = [f"{each.story.label}-{each.story.version}" for each in list_stories(song)
                if each.lock is not None and each.story.label == label]
    if len(versions) > 1:
        raise InputError(f"{label} has {len(versions)} versions; say which one: {', '.join(versions)}")


def _say(each: ListedStory, *, whole: bool) -> None:
    story, lock = each.story, each.lock
    frames = sum(section.frames for section in story.sections)
    rate = story.sections[0].rate if story.sections and story.sections[0].frames else None
    facts = [f"version {story.version} of {story.label}" if lock is not None else "not locked",
             counted(len(story.sections), "section")]
    if rate is not None:
        facts.append(f"{format_seconds(float(frames / rate))} at {format_rate(rate)} fps")
    if lock is not None:
        origin = f"from {lock.edited}" if lock.edited else (
            f"sequence {lock.sequence or 'plain'} {lock.sequence_hash[:8]}, seed {lock.seed}")
        facts += [origin, lock.date]
    print(f"{story.name}: {', '.join(facts)}" + (" - APPROVED FOR STAGE" if story.approved else ""))
    if story.note:
        print(f"  note: {story.note}")
    for section in story.sections if whole else ():
        print(f"  section {section.name}: {section.movie}, {section.frames} frames, {len(section.marks)} marks"
              + (f" - {section.problem}" if section.problem else ""))
    broken = [section for section in story.sections if section.problem]
    if story.problem or (broken and not whole):
        print(f"  PROBLEM: {story.problem or broken[0].problem}")
