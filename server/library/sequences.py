"""`trans_sequence.csv` and its relatives: the final order of a story's transitions, editable by hand.

Read with any newline, byte order mark and stray rows, and written back with every column that is not known here.
It finds the folders and movies that a sequence means; it decodes nothing.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

from server.errors import InputError, LibraryError, MissingFile
from server.library.formats.csv_table import parse_csv
from server.library.formats.oddity import Oddities, listed
from server.media.part_file import write_file

COLUMNS: Final = ("scene_from", "c1", "c2", "section", "reversed", "input_image_folder")
_FILE: Final = re.compile(r"(?:trans|transition)_sequence.*\.csv", re.IGNORECASE)
_TRUE: Final = frozenset(("true", "1", "1.0", "yes", "y", "t"))
_FALSE: Final = frozenset(("false", "0", "0.0", "no", "n", "f", ""))
_NODE: Final = re.compile(r"(?P<name>.+)-(?P<seed>\d+)")
_SHORT_SEED: Final = 4
_FOLDERS: Final = ("transition_images", "transitions")
_MOVIES: Final = (".mov", ".mp4", ".mkv", ".avi")


@dataclass(frozen=True, slots=True)
class SequenceRow:
    """One transition, from picture `c1` to picture `c2`; `reversed` when it was made the other way round."""

    c1: str
    c2: str
    section: str = ""
    reversed: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)
    """Every other column, as it stood there."""


@dataclass(frozen=True, slots=True)
class TransitionSequence:
    """All rows, and the columns in the order in which they are written back."""

    rows: tuple[SequenceRow, ...]
    columns: tuple[str, ...] = ("", *COLUMNS)

    def sections(self) -> Iterator[tuple[str, tuple[SequenceRow, ...]]]:
        """Yield (section, its rows) in order; a section that comes twice is two."""
        for section, rows in groupby(self.rows, key=lambda row: row.section):
            yield section, tuple(rows)


@dataclass(frozen=True, slots=True)
class FoundTransition:
    """Where a transition lies, and whether it must be played backwards to go from `c1` to `c2`."""

    row: SequenceRow
    path: Path
    backwards: bool


def is_sequence(path: Path) -> bool:
    """Whether a file name is that of a sequence, in either spelling."""
    return _FILE.fullmatch(path.name) is not None


def read_sequence(path: Path) -> TransitionSequence:
    """Read a sequence. Raises MissingFile, and InputError with the number of the line."""
    try:
        data = path.read_bytes()
    except OSError as reason:
        raise MissingFile(f"{path} cannot be read: {reason.strerror}; check the name and its disk") from None
    try:
        return parse_sequence(data)
    except InputError as reason:
        raise InputError(f"{path}: {reason}") from None


def write_sequence(path: Path, sequence: TransitionSequence) -> None:
    """Write a sequence, all or nothing. Raises OutputError."""
    write_file(path, format_sequence(sequence))


def parse_sequence(data: bytes, oddities: Oddities | None = None) -> TransitionSequence:
    """Parse the bytes of a sequence. Raises InputError with the number of the line."""
    said = Oddities("") if oddities is None else oddities
    try:
        table = parse_csv(data, said)
    except InputError as reason:
        raise InputError(str(reason).removeprefix(said.file).lstrip(",: ")) from None
    rows = [(row.line, [cell.strip() for cell in row.cells]) for row in table.rows]
    head = [cell.strip() for cell in table.columns]
    widest = max([len(head), *(len(cells) for _, cells in rows)])
    columns = _named([*head, *[""] * (widest - len(head))])
    missing = [name for name in ("c1", "c2") if name not in columns]
    if missing:
        raise InputError(f"the column {missing[0]!r} is missing; the first line has {listed(filter(None, head))}")
    return TransitionSequence(tuple(_row(number, columns, cells) for number, cells in rows), tuple(columns))


def format_sequence(sequence: TransitionSequence) -> bytes:
    """The bytes of a sequence, as a spreadsheet and the older programs read them."""
    out = io.StringIO()
    # Marks that separate cells elsewhere would be taken for that when they stand in names of columns.
    odd = any(mark in name for name in sequence.columns for mark in ";\t|")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL if odd else csv.QUOTE_MINIMAL).writerow(
        _shown(name) for name in sequence.columns)
    writer = csv.writer(out, lineterminator="\n")
    for number, row in enumerate(sequence.rows):
        known = {"c1": row.c1, "c2": row.c2, "section": row.section, "reversed": str(row.reversed)}
        cells = {**row.extra, **known}
        writer.writerow(cells.get(name, str(number) if name == "" else "") for name in sequence.columns)
    return out.getvalue().encode("utf-8")


def find_transitions(path: Path, rows: Sequence[SequenceRow], folder: Path | None = None) -> list[FoundTransition]:
    """Find the folder of pictures, or the movie, of every row; the paths that a file stores are never trusted.

    `folder` holds the transitions; unless given, it is `transition_images` or `transitions` beside or above the
    file. All that are missing are named at once. Raises LibraryError.
    """
    homes = [folder] if folder is not None else _homes(path)
    if not homes:
        raise LibraryError(f"there is no folder {_FOLDERS[0]} beside or above {path}; say where it is")
    found = [(row, _find(row, homes)) for row in rows]
    missing = [f"{row.c1} to {row.c2}" for row, place in found if place is None]
    if missing:
        shown = "; ".join(dict.fromkeys(missing[:5]))
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise LibraryError(f"not in {homes[0]}: {shown}{more}; make these transitions first")
    return [place for _, place in found if place is not None]


def frames_of(found: Sequence[FoundTransition], pictures: Callable[[Path], Sequence[Path]]) -> list[Path]:
    """Return all frames of folders in order, the doubled joint frame dropped.

    The last frame of a transition is the first of the next, wherever one ends on the picture that the next
    begins with. `pictures` lists a folder in order.
    """
    frames: list[Path] = []
    for number, transition in enumerate(found):
        own = list(pictures(transition.path))
        if transition.backwards:
            own.reverse()
        following = found[number + 1].row if number + 1 < len(found) else None
        doubled = following is not None and _short(following.c1) == _short(transition.row.c2)
        frames.extend(own[:-1] if doubled and len(own) > 1 else own)
    return frames


def _named(cells: Sequence[str]) -> list[str]:
    """The column names; what has none, or one twice, still gets one of its own, to be written back."""
    names: dict[str, None] = {}
    times: Counter[str] = Counter()
    for cell in cells:
        plain = name = cell.casefold() if cell.casefold() in COLUMNS else cell
        while name in names:
            times[plain] += 1
            name = f"{plain}\0{times[plain]}"
        names[name] = None
    return list(names)


def _shown(name: str) -> str:
    return name.partition("\0")[0]


def _row(number: int, columns: Sequence[str], cells: Sequence[str]) -> SequenceRow:
    values = dict(zip(columns, cells, strict=False))
    if not values.get("c1") or not values.get("c2"):
        raise InputError(f"line {number}: a row needs the two pictures c1 and c2")
    flag = values.get("reversed", "").casefold()
    if flag not in _TRUE and flag not in _FALSE:
        raise InputError(f"line {number}: reversed is true or false, not {values['reversed']!r}")
    extra = {name: value for name, value in values.items() if name not in ("c1", "c2", "section", "reversed")}
    return SequenceRow(values["c1"], values["c2"], _section(values.get("section", "")), flag in _TRUE, extra)


def _section(text: str) -> str:
    """Spreadsheets write the section 2 as 2.0."""
    return text[:-2] if re.fullmatch(r"\d+\.0", text) else text


def _homes(path: Path) -> list[Path]:
    above = list(path.absolute().parents)[:3]
    return [parent / name for parent in above for name in _FOLDERS if (parent / name).is_dir()]


def _find(row: SequenceRow, homes: Sequence[Path]) -> FoundTransition | None:
    """The way that the row says comes first; then, what exists counts: an edge is playable both ways."""
    for backwards in (row.reversed, not row.reversed):
        ends = (row.c2, row.c1) if backwards else (row.c1, row.c2)
        for name in dict.fromkeys((" to ".join(ends), " to ".join(map(_short, ends)))):
            if "/" in name or "\\" in name or name in (".", ".."):
                continue
            for home in homes:
                for place in (home / name, *(home / f"{name}{suffix}" for suffix in _MOVIES)):
                    if place.exists():
                        return FoundTransition(row, place, backwards)
    return None


def _short(node: str) -> str:
    """A node's name as the older programs wrote it: the seed cut to four digits."""
    match = _NODE.fullmatch(node)
    return node if match is None else f"{match['name']}-{match['seed'][:_SHORT_SEED]}"
