"""A transition sequence as something to encode or to join. It decodes nothing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from server.errors import InputError
from server.index.identity import typed
from server.library.sequences import FoundTransition, find_transitions, frames_of, read_sequence
from server.media.join import JoinEntry
from server.media.sources import Findings, pictures_of
from server.media.stills import PictureSequence


def pictures_of_sequence(path: Path, *, folder: Path | None = None, section: str | None = None,
                         rate: Fraction | None = None) -> tuple[PictureSequence, tuple[str, ...]]:
    """Return the frames of a sequence whose transitions are folders of pictures, and warnings about the folders.

    With `section`, only of that one. Raises MissingFile, InputError, LibraryError.
    """
    found = _found(path, folder, section)
    movies = [each.path for each in found if not each.path.is_dir()]
    if movies:
        raise InputError(f"{movies[0].name} is a movie already; put movies together without loss with: "
                         f"interscene join {typed(path)} OUT.mov")
    findings = Findings()
    frames = frames_of(found, lambda each: pictures_of(each, findings))
    return PictureSequence(frames, rate), tuple(findings.warnings)


def entries_of_sequence(path: Path, *, folder: Path | None = None) -> list[JoinEntry]:
    """Return the movies of a sequence, to be joined. Raises MissingFile, InputError, LibraryError."""
    found = _found(path, folder, None)
    folders = [each.path for each in found if each.path.is_dir()]
    if folders:
        raise InputError(f"{folders[0].name} is a folder of pictures; make a movie of the sequence with: "
                         f"interscene encode {typed(path)} OUT.mov")
    return [JoinEntry(each.path, each.backwards, each.row.section) for each in found]


def sections_of(path: Path) -> list[str]:
    """Return the sections of a sequence in order."""
    return list(dict.fromkeys(row.section for row in read_sequence(path).rows))


def _found(path: Path, folder: Path | None, section: str | None) -> list[FoundTransition]:
    rows = [row for row in read_sequence(path).rows if section is None or row.section == section]
    if not rows:
        raise InputError(f"{path} has no transitions" + (f" in section {section!r}" if section is not None else ""))
    return find_transitions(path, rows, folder)
