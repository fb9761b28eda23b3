"""`interscene record LOG OUT.mov`: what was played, from a show log, as one movie of copied frames."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from server.app.played import Remarks, Shown, first_rate, played
from server.app.replaying import LoggedShow
from server.app.show_log_reading import ShowLogReader, parse_time, place_of, time_text
from server.errors import ArchiveDamaged, InputError, MissingFile, OutOfRange
from server.library.paths import inside
from server.media.picked import Picked, write_picked
from server.units import Seconds, format_rate, parse_rate

HELP: Final = "Make one movie of what was played on a deck, from a show log; frames are copied, not encoded again."
SUFFIX: Final = ".mov"
LOOK: Final[Seconds] = 1 / 60
_TELL: Final[Seconds] = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("log", help="the folder of a run, one file of it, or a media folder: then its newest run")
    parser.add_argument("out", metavar="OUT.mov", help="the movie to write")
    parser.add_argument("--deck", type=int, default=1, metavar="N", help="which deck (default: 1)")
    parser.add_argument("--from", dest="since", default="0", metavar="TIME",
                        help="where to begin, counted from the log's beginning: 90, 1:30 or 1:02:03")
    parser.add_argument("--to", dest="until", metavar="TIME", help="where to end")
    parser.add_argument("--rate", metavar="FPS", help="rate of the movie (default: that of the first clip)")
    parser.add_argument("--media-dir", type=Path, metavar="DIR",
                        help="where the movies lie now, if not where they lay then")
    parser.add_argument("--overwrite", action="store_true", help="replace the movie if it is there")


def run(options: argparse.Namespace) -> int:
    """Write the movie; returns the exit code."""
    out = _out(options.out)
    reader = ShowLogReader(place_of(options.log))
    since = parse_time(options.since)
    until = parse_time(options.until) if options.until is not None else None
    if until is not None and until <= since:
        raise OutOfRange(f"--to {options.until} does not lie behind --from {options.since}")
    log = LoggedShow(reader, since)
    if log.replay is None:
        raise ArchiveDamaged(f"nothing of {options.log} can be replayed: {'; '.join(reader.problems)}")
    decks = len(log.replay.show.state.decks)
    if not 1 <= options.deck <= decks:
        raise OutOfRange(f"the show had decks 1 to {decks}, not {options.deck}")
    media = options.media_dir or Path(log.replay.show.about.media_folder)
    rate = parse_rate(options.rate) if options.rate is not None else None
    first = first_rate(log, options.deck, LOOK, until)
    if first is None:
        raise InputError(f"nothing was seen on deck {options.deck} in this part of the log")
    remarks = Remarks()
    shown = _told(played(log, options.deck, rate or first, until, remarks))
    index = write_picked(_picked(shown, media), out, rate or first, generator="record", overwrite=options.overwrite)
    for line in (*remarks.lines(), *reader.problems):
        print(f"note: {line}", file=sys.stderr)
    print(f"{out}: {index.count} frames, {index.width}×{index.height}, {format_rate(index.rate)} fps, "
          f"{time_text(float(index.count / index.rate))}")
    return 0


def _out(text: str) -> Path:
    out = Path(text)
    if out.is_dir() or (out.suffix and out.suffix.lower() != SUFFIX):
        raise InputError(f"what is written is a {SUFFIX} movie; name it {out.with_suffix(SUFFIX).name!r}")
    return out if out.suffix else out.with_name(out.name + SUFFIX)


def _picked(shown: Iterable[Shown], media: Path) -> Iterator[Picked]:
    """Output frames as frames of files; where another movie begins, a mark is set."""
    paths: dict[str, Path] = {}
    last: Shown | None = None
    for one in shown:
        if one.movie not in paths:
            path = paths[one.movie] = inside(media, one.movie)
            if not path.is_file():
                raise MissingFile(f"{one.movie}, played at {time_text(one.at)}, is not in {media} any more; name "
                                  "another --media-dir, or a part without it with --from and --to")
        begins = last is None or one.movie != last.movie
        yield Picked(paths[one.movie], one.frame, Path(one.movie).stem if begins else "")
        last = one


def _told(shown: Iterable[Shown]) -> Iterator[Shown]:
    """Say how far it has come, for a person who watches."""
    said: Seconds = 0.0
    for one in shown:
        if one.at - said >= _TELL and sys.stderr.isatty():
            said = one.at
            print(f"  at {time_text(one.at)}", file=sys.stderr)
        yield one
