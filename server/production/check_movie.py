"""One movie of a song: does its file hold what its index says, and which stage frames are its first and last frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from server.errors import MediaError, MissingFile
from server.index.format import RECOVERED, FrameIndex
from server.index.jpeg import jpeg_problem
from server.index.reader import FrameReader
from server.library.graph.song_graph import Presence
from server.library.songs.catalogue import DEEP, READ, UNREAD, Finding
from server.library.songs.listing import Stamp
from server.library.songs.presence import wrong_kind
from server.library.songs.stage_list import sha1
from server.media.completeness import cut_short
from server.media.indexing import index_of
from server.media.verify import verify
from server.production.check_picture import reason_of

_NO_DAMAGE: Final = ("its index", "it has changed without its time changing")
_BLACK: Final = ": it is black"


def examine_movie(path: Path, stamp: Stamp, *, deep: bool,
                  cancelled: Callable[[], bool] | None = None) -> Finding:
    """Look at a movie's structure and both ends, with `deep` at every frame of it, decoded. Never raises."""
    level = DEEP if deep else READ
    problem = wrong_kind(stamp, "movie")
    if problem:
        return Finding(stamp, level, Presence.DAMAGED, problem)
    try:
        index = index_of(path)
        problem = cut_short(path) or ""
        if problem:
            problem = f"it is cut short: {problem}"
        elif index.made is not None and RECOVERED in index.made:
            problem = f"it is cut short or was never finished: {index.count} frames of it were found"
        elif not index.intra or index.codec != "mjpeg":
            problem = f"it is {index.codec}, not Motion-JPEG; interscene encode makes it one"
        finding = Finding(stamp, level, Presence.DAMAGED if problem else Presence.EXISTS, problem, index.count,
                          index.width, index.height)
        if problem:
            return finding
        finding = _with_ends(finding, path, index)
        if deep and finding.presence is not Presence.DAMAGED:
            finding = _verified(finding, path, cancelled)
    except MediaError as reason:
        # What cannot be read now is not what the file is.
        return Finding(UNREAD if isinstance(reason, MissingFile) else stamp, level, Presence.DAMAGED,
                       reason_of(reason, path))
    return finding


def ends_of(path: Path, index: FrameIndex) -> tuple[bytes, bytes]:
    """The first and the last frame of a movie, byte for byte. Raises MediaErrors."""
    with FrameReader(path, index) as reader:
        return reader.read(0), reader.read(index.count - 1)


def _with_ends(finding: Finding, path: Path, index: FrameIndex) -> Finding:
    frames = ends_of(path, index)
    for which, jpeg in zip(("first", "last"), frames, strict=True):
        problem = jpeg_problem(jpeg)
        if problem is not None:
            return finding._replace(presence=Presence.DAMAGED, reason=f"its {which} frame {problem}")
    first, last = (sha1(jpeg) for jpeg in frames)
    otherwise = index.ends is not None and index.ends != (first, last)
    notes = ("its index names other ends than it has; what it has counts",) if otherwise else ()
    if index.count < 2:
        return finding._replace(presence=Presence.DAMAGED, reason="it has one frame only, and needs one for each end")
    return finding._replace(ends=(first, last), notes=notes)


def _verified(finding: Finding, path: Path, cancelled: Callable[[], bool] | None) -> Finding:
    verdict = verify(path, full=True, cancelled=cancelled)
    if verdict is None:  # cancelled: it was not looked at this well
        return finding._replace(level=READ)
    problems = [text for text in verdict.problems if not text.startswith(_NO_DAMAGE) and not text.endswith(_BLACK)]
    notes = [text for text in verdict.problems if text not in problems]
    if problems:
        return finding._replace(presence=Presence.DAMAGED, reason="; ".join(problems), notes=tuple(notes))
    return finding._replace(notes=(*finding.notes, *notes))
