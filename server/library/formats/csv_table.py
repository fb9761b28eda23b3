"""A CSV file as people save it: any encoding, newline and delimiter; every row keeps its own bytes.

The one CSV reader. What was not edited is written back byte for byte. It knows no column.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from server.errors import InputError
from server.library.formats.oddity import Oddities, counted, listed
from server.library.formats.text import UTF8, TextForm, decoded

_LINES: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_QUOTED: Final = re.compile(r'"[^"]*"')
_DELIMITERS: Final = ",;\t|"
_MOST_AGAIN: Final = 2_000_000
"""Lines in all that are looked at in vain: each quotation mark that is never closed costs all that follow it."""
_SEPARATOR: Final = re.compile(r'"?sep=([,;\t|])"?', re.IGNORECASE)
"""The first line by which some spreadsheets say what separates cells."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the number of its first line, its cells as they stand there, and the text they were read from."""

    line: int
    cells: tuple[str, ...]
    raw: str

    @property
    def empty(self) -> bool:
        return not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class CsvTable:
    """All records of a file, empty ones included; `head` is the number of the one that names the columns."""

    records: tuple[Record, ...]
    head: int = 0
    form: TextForm = UTF8
    delimiter: str = ","
    newline: str = "\n"
    places: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Column numbers by name as it is compared: without blanks around it, in small letters; the first counts."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, as they stand there."""
        return self.records[self.head].cells

    @property
    def rows(self) -> Iterator[Record]:
        """The rows below the head that are not empty."""
        return (record for record in self.records[self.head + 1:] if not record.empty)

    def has(self, column: str) -> bool:
        """Whether there is a column of this name."""
        return column in self.places

    def get(self, row: Record, column: str) -> str:
        """A cell without the blanks around it; empty where the row or the table has none."""
        place = self.places.get(column, -1)
        return row.cells[place].strip() if 0 <= place < len(row.cells) else ""

    def others(self, row: Record, known: Collection[str]) -> dict[str, str]:
        """The cells of all other columns that hold something, by the column's name (or `column 7`)."""
        taken = {self.places[name] for name in known if name in self.places}
        return {self._named(place): cell.strip() for place, cell in enumerate(row.cells)
                if place not in taken and cell.strip()}

    def with_cell(self, row: Record, column: str, text: str) -> CsvTable:
        """The table with one cell exchanged; all other rows keep their bytes. Raises InputError."""
        if column not in self.places:
            raise InputError(f"there is no column {column!r}; there are {listed(filter(None, self.columns))}")
        place = self.places[column]
        cells = [*row.cells, *[""] * (place + 1 - len(row.cells))]
        cells[place] = text
        ending = row.raw[len(row.raw.rstrip("\r\n")):]
        new = Record(row.line, tuple(cells), self._raw(cells, ending))
        records = tuple(new if record is row else record for record in self.records)
        return replace(self, records=replace(self, records=records)._closed())

    def with_row(self, values: Mapping[str, str]) -> CsvTable:
        """The table with a row more, behind the last that is not empty. Raises InputError for unknown columns."""
        return self.with_rows((values,))

    def with_rows(self, rows: Iterable[Mapping[str, str]]) -> CsvTable:
        """The table with rows more, behind the last that is not empty. Raises InputError for unknown columns."""
        rows = list(rows)
        if not rows:
            return self
        records = self._closed()
        last = max(number for number, record in enumerate(records) if not record.empty or number <= self.head)
        before = records[last]
        if not before.raw.endswith(("\r", "\n")):
            before = replace(before, raw=before.raw + self.newline)
        added = [before]
        for values in rows:
            cells = self._cells(values)
            line = added[-1].line + max(1, added[-1].raw.count("\n"))
            added.append(Record(line, cells, self._raw(cells, self.newline)))
        return replace(self, records=(*records[:last], *added, *records[last + 1:]))

    def _closed(self) -> tuple[Record, ...]:
        """The records as others can follow: a quotation mark that is never closed would take in what is written."""
        return tuple(replace(each, raw=self._raw(each.cells, each.raw[len(each.raw.rstrip("\r\n")):]))
                     if '"' in each.raw and _unclosed([each.raw], self.delimiter) else each for each in self.records)

    def _cells(self, values: Mapping[str, str]) -> tuple[str, ...]:
        unknown = sorted(set(values) - set(self.places))
        if unknown:
            raise InputError(f"there is no column {unknown[0]!r}; there are {listed(filter(None, self.columns))}")
        cells = [""] * len(self.columns)
        for name, text in values.items():
            cells[self.places[name]] = text
        return tuple(cells)

    def bytes(self) -> bytes:
        """The file."""
        return self.form.encoded("".join(record.raw for record in self.records))

    def _raw(self, cells: Collection[str], ending: str) -> str:
        out = io.StringIO()
        # Python's writer leaves a lone carriage return without quotation marks.
        bare = any("\r" in cell for cell in cells)
        csv.writer(out, delimiter=self.delimiter, lineterminator=ending,
                   quoting=csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL).writerow(cells)
        return out.getvalue()

    def _named(self, place: int) -> str:
        name = self.columns[place].strip() if place < len(self.columns) else ""
        return name or f"column {place + 1}"


def new_table(columns: Collection[str], *, newline: str = "\n") -> CsvTable:
    """A table without rows, as it is made where there was no file."""
    empty = CsvTable((), newline=newline)
    record = Record(1, tuple(columns), empty._raw(columns, newline))
    return replace(empty, records=(record,), places=_places(record.cells))


def one_line(text: str) -> str:
    """A name as it is compared: a line break that got into its cell counts as a blank."""
    return " ".join(text.split()) if "\n" in text or "\r" in text else text


def parse_csv(data: bytes, oddities: Oddities, *, known: Collection[str] = ()) -> CsvTable:
    """Read a CSV file; whatever is odd about it as such is said. Raises InputError with file and line.

    `known`: names of columns in small letters, one of which the row that names the columns must have.
    """
    text, form = decoded(data, oddities)
    lines = _LINES.findall(text)
    if not any(line.strip(" \t\r\n,;") for line in lines):
        raise InputError(f"{oddities.file}: the file is empty" + (
            f"; its first line is to name the columns: {','.join(known)}" if known else ""))
    said = _SEPARATOR.fullmatch(lines[0].strip(" \r\n"))
    delimiter = said[1] if said else _delimiter(lines)
    records = tuple(_records(lines, delimiter, oddities))
    head = next((number for number, record in enumerate(records)
                 if not record.empty and not (said and number == 0)), None)
    if head is None:
        raise InputError(f"{oddities.file}: the file has no row that names the columns")
    places = _places(records[head].cells)
    if known and not places.keys() & set(known):
        raise InputError(f"{oddities.file}, line {records[head].line}: this line is to name the columns "
                         f"({','.join(known)}), and has {listed(map(repr, records[head].cells), 4)}")
    newline = "\r\n" if "\r\n" in text else "\r" if "\r" in text and "\n" not in text else "\n"
    table = CsvTable(records, head, form, delimiter, newline, places)
    _say_form(table, oddities)
    _say_columns(table, oddities, known)
    _say_ragged(table, oddities)
    return table


def _records(lines: list[str], delimiter: str, oddities: Oddities) -> Iterator[Record]:
    """Split lines into records. A quotation mark that is never closed spoils its own line only."""
    at = looked_at = 0
    while at < len(lines):
        consumed: list[str] = []
        reader = csv.reader(_noted(lines, at, consumed), delimiter=delimiter)
        try:
            for cells in reader:
                if len(consumed) > 1 and at + len(consumed) == len(lines) and _unclosed(consumed, delimiter):
                    break
                yield Record(at + 1, tuple(cells), "".join(consumed))
                at += len(consumed)
                consumed.clear()
            else:
                return
        except csv.Error as reason:
            if len(consumed) <= 1 or not _unclosed(consumed, delimiter):
                raise InputError(f"{oddities.file}, line {at + 1}: {reason}; save the file as CSV again") from None
        looked_at += len(consumed)
        if looked_at > _MOST_AGAIN:
            raise InputError(f"{oddities.file}, line {at + 1}: quotation marks are opened and never closed in too many "
                             "lines; save the file as CSV again")
        oddities.say(at + 1, "a quotation mark is opened and never closed",
                     "it is read as part of the text; put a second one where the cell ends")
        plain = next(csv.reader([lines[at].replace('"', "")], delimiter=delimiter), [])
        yield Record(at + 1, tuple(plain), lines[at])
        at += 1


def _noted(lines: list[str], at: int, consumed: list[str]) -> Iterator[str]:
    for number in range(at, len(lines)):
        consumed.append(lines[number])
        yield lines[number]


def _unclosed(consumed: list[str], delimiter: str) -> bool:
    """Whether the text ends inside quotation marks: at any other place it could have gone on."""
    probe = "\0"
    try:
        cells = list(csv.reader([*consumed, probe], delimiter=delimiter))
    except csv.Error:
        return True
    return not cells or cells[-1] != [probe]


def _delimiter(lines: list[str]) -> str:
    first = _QUOTED.sub("", next(line for line in lines if line.strip(" \t\r\n,;")))
    return max(_DELIMITERS, key=first.count) if any(mark in first for mark in _DELIMITERS) else ","


def _places(cells: Collection[str]) -> dict[str, int]:
    return {cell.strip().casefold(): place for place, cell in reversed(list(enumerate(cells)))}


def _say_form(table: CsvTable, oddities: Oddities) -> None:
    if table.form.mark and table.form.encoding == "utf-8":
        ends = ", and its lines end as on Windows" if table.newline == "\r\n" else ""
        oddities.note(1, f"the file begins with a byte order mark, as spreadsheets write it{ends}",
                      "skipped, and kept")
    elif table.newline == "\r\n":
        oddities.note(1, "the lines end as on Windows", "read as they are, and kept")
    elif table.newline == "\r":
        oddities.note(1, "the lines end as on old Macintoshes", "read as they are, and kept")
    if table.delimiter != ",":
        name = {";": "semicolons", "\t": "tabs", "|": "bars"}.get(table.delimiter, repr(table.delimiter))
        oddities.note(table.records[table.head].line, f"cells are separated by {name}", "read and written that way")
    empty = [record.line for record in table.records if record.empty]
    if empty:
        oddities.note(empty[0], f"{counted(len(empty), 'row')} with nothing in {'it' if len(empty) == 1 else 'them'}",
                      "skipped, and kept in the file")


def _say_columns(table: CsvTable, oddities: Oddities, known: Collection[str]) -> None:
    line = table.records[table.head].line
    names = [cell.strip() for cell in table.columns]
    folded = [name.casefold() for name in names]
    # The first column without a name is the row number that the older programs wrote.
    unnamed = [place for place, name in enumerate(names) if not name and place]
    filled = [place for place in unnamed if any(place < len(row.cells) and row.cells[place].strip()
                                                for row in table.rows)]
    if filled:
        oddities.say(line, f"{counted(len(filled), 'column')} without a name "
                           f"({listed(place + 1 for place in filled)}) that hold something",
                     "not used, but kept; give it a name if it means something")
    elif unnamed:
        oddities.note(line, f"{counted(len(unnamed), 'empty column')} without a name", "not used, but kept")
    twice = sorted(name for name, times in Counter(folded).items() if name and times > 1)
    if twice:
        oddities.say(line, f"the column {listed(map(repr, twice))} is there more than once",
                     "the first counts, the others are kept")
    if known:
        others = [name for name in names if name and name.casefold() not in known and name != "0"
                  and not name.startswith("Unnamed:")]
        if others:
            oddities.note(line, f"columns that are not known here: {listed(others)}", "not used, but kept")


def _say_ragged(table: CsvTable, oddities: Oddities) -> None:
    width = len(table.columns)
    short = [row.line for row in table.rows if len(row.cells) < width]
    if short:
        oddities.note(short[0], f"{counted(len(short), 'row')} with fewer cells than there are columns",
                      "what is missing counts as empty")
    for row in table.rows:
        lines = len(_LINES.findall(row.raw))
        if lines > 1:
            oddities.say(row.line, f"a cell runs over {lines} lines",
                         "read as one text; if that is not meant, a quotation mark is missing or too many")
        if any(cell.strip() for cell in row.cells[width:]):
            oddities.say(row.line, f"the row has more cells than there are columns ({listed(row.cells[width:], 3)})",
                         "they are kept and not used; a comma inside a text needs quotation marks around the text")
