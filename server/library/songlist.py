"""`song_list.csv`, as the old player's users have it: song names, their folders, where to begin. It opens no movie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.errors import InputError, MissingFile
from server.library.formats.csv_table import parse_csv
from server.library.formats.oddity import Oddities

FILE_NAME: Final = "song_list.csv"
_NAME, _FOLDER, _INDEX, _MODE = "song_name", "subfolder", "file_idx", "playback_mode"
_MODES: Final = range(3)
_NUMBERS_MAX: Final = 6


@dataclass(frozen=True, slots=True)
class SongEntry:
    """A song: the `file_idx`-th movie (from 0) of a folder that is written with any separators.

    `playback_mode` is TouchDesigner's: 0 locked to the timeline, 1 driven by index, 2 sequential; None is unsaid.
    """

    song_name: str
    subfolder: str
    file_idx: int = 0
    playback_mode: int | None = None


@dataclass(frozen=True, slots=True)
class SongList:
    """The songs in the list's order, and a line for every row that could not be used as it is."""

    entries: tuple[SongEntry, ...] = ()
    problems: tuple[str, ...] = ()


def read_song_list(path: Path) -> SongList:
    """Read a song list. Raises MissingFile, and InputError for a file that is none."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise MissingFile(f"{path.name} cannot be read: {problem.strerror or problem}") from problem
    return parse_song_list(data, path.name)


def parse_song_list(data: bytes, name: str = FILE_NAME) -> SongList:
    """Parse a song list: any encoding, newlines and delimiter, extra columns, empty rows.

    Raises InputError when the columns are not there.
    """
    oddities = Oddities(name)
    try:
        table = parse_csv(data, oddities)
    except InputError as problem:
        raise InputError(f"{problem}; its first line is {_NAME},{_FOLDER},{_INDEX},{_MODE}") from None
    if not table.has(_NAME) or not table.has(_FOLDER):
        raise InputError(f"{name} has no columns {_NAME} and {_FOLDER}; its first line is "
                         f"{_NAME},{_FOLDER},{_INDEX},{_MODE}")
    entries: dict[str, SongEntry] = {}
    problems = [str(each) for each in oddities if not each.note]
    for row in table.rows:
        values = {key: table.get(row, key) for key in (_NAME, _FOLDER, _INDEX, _MODE)}
        _add(entries, problems, values, f"{name}, line {row.line}")
    return SongList(tuple(entries.values()), tuple(problems))


def _add(entries: dict[str, SongEntry], problems: list[str], row: dict[str, str], place: str) -> None:
    """Take a row over, or say what keeps it from being used."""
    song = row.get(_NAME, "")
    if not song:
        problems.append(f"{place}: no {_NAME}; the row is left out")
        return
    if song in entries:
        problems.append(f"{place}: {song} is there twice; the first counts")
        return
    index, mode = _number(row.get(_INDEX, "")), _number(row.get(_MODE, ""))
    if index is None and row.get(_INDEX):
        problems.append(f"{place}: {_INDEX} of {song} is {row[_INDEX]!r}, no number from 0; its first movie is taken")
    if row.get(_MODE) and mode not in _MODES:
        problems.append(f"{place}: {_MODE} of {song} is {row[_MODE]!r}; 1 is driven by index, 2 is sequential")
        mode = None
    entries[song] = SongEntry(song, row.get(_FOLDER, "").replace("\\", "/").rstrip("/ "), index or 0, mode)


def _number(text: str) -> int | None:
    """A whole number from 0, also as spreadsheets write it: `2.0`."""
    whole, _, rest = text.partition(".")
    if not whole.isascii() or not whole.isdigit() or len(whole) > _NUMBERS_MAX or rest.strip("0"):
        return None
    return int(whole)
