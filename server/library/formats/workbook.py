"""Excel workbooks (.xlsx) as sheets of texts, nothing but their values. Strict and small: it runs no formula.

A workbook is a zip of XML; what would unpack to more than such a file ever holds is refused before it is unpacked.
"""

from __future__ import annotations

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from server.errors import InputError
from server.library.formats.oddity import Oddities
from server.library.formats.plain_xml import Element, parse_xml
from server.library.paths import shortened

Rows = tuple[tuple[str, ...], ...]
_BOOK: Final = "xl/workbook.xml"
_LINKS: Final = "xl/_rels/workbook.xml.rels"
_TEXTS: Final = "xl/sharedStrings.xml"
_LARGEST: Final = 64 << 20
_MOST_COLUMNS: Final = 16_384
_MOST_ROWS: Final = 1_048_576
_MOST_CELLS: Final = 2_000_000
_CELL: Final = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_DIGITS_KEPT: Final = 10**15
"""Excel keeps fifteen digits; what a longer number ended in is lost."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """Rows of cells by the name of the sheet, in the order of the book; rows and cells that are missing are empty."""

    sheets: Mapping[str, Rows] = field(default_factory=dict)


def parse_workbook(data: bytes, oddities: Oddities) -> Workbook:
    """Parse a workbook. Raises InputError for what is none, is locked, or would unpack to absurd sizes."""
    file = oddities.file
    with _readable(file):
        archive = zipfile.ZipFile(io.BytesIO(data))
    texts = _shared_texts(archive, file)
    links = _links(archive, file)
    sheets: dict[str, Rows] = {}
    for group in _member(archive, _BOOK, file).each("sheets"):
        for sheet in group.each("sheet"):
            name, target = sheet.attributes.get("name", ""), links.get(sheet.attributes.get("id", ""))
            if target is None or target not in archive.namelist():
                oddities.say(None, f"the sheet {shortened(name)} is named and not there", "it is left out")
                continue
            sheets[name] = _rows(_member(archive, target, file), texts, name, oddities)
    return Workbook(sheets)


def rows_to_csv(rows: Rows) -> bytes:
    """Rows as the bytes of a CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


@contextmanager
def _readable(file: str) -> Iterator[None]:
    """Put what `zipfile` raises over damaged bytes into words."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, RuntimeError,
            ValueError, IndexError) as reason:
        what = "it is locked with a password" if "encrypted" in str(reason) else "it is no .xlsx workbook, or cut short"
        raise InputError(f"{file} cannot be read: {what}; save it again, or as CSV") from None


def _member(archive: zipfile.ZipFile, name: str, file: str) -> Element:
    try:
        facts = archive.getinfo(name)
    except KeyError:
        raise InputError(f"{file} is a zip file, but no workbook: {name} is not in it") from None
    if facts.file_size > _LARGEST:
        raise InputError(f"{file}: {name} would unpack to {facts.file_size} bytes, which no such file has")
    if facts.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(f"{file}: {name} is compressed in a way that no workbook is; save it again, or as CSV")
    with _readable(file), archive.open(facts) as stream:
        data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise InputError(f"{file}: {name} unpacks to more than it says; it is not read")
    return parse_xml(data, f"{file}, {name}")


def _links(archive: zipfile.ZipFile, file: str) -> dict[str, str]:
    """Which file of the zip a sheet's id means."""
    found = {}
    for link in _member(archive, _LINKS, file).each("Relationship"):
        target = link.attributes.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
        found[link.attributes.get("Id", "")] = path
    return found


def _shared_texts(archive: zipfile.ZipFile, file: str) -> list[str]:
    if _TEXTS not in archive.namelist():
        return []
    return [_text_of(one) for one in _member(archive, _TEXTS, file).each("si")]


def _text_of(element: Element) -> str:
    """The text of a cell; how it is spoken, where East Asian files say so, is no part of it."""
    if element.tag == "t":
        return element.text
    return "".join(_text_of(child) for child in element.children if child.tag in ("t", "r"))


def _rows(sheet: Element, texts: list[str], name: str, oddities: Oddities) -> Rows:
    grid: dict[int, dict[int, str]] = {}
    number, cells = 0, 0
    for data in sheet.each("sheetData"):
        for row in data.each("row"):
            said = row.attributes.get("r", "")
            number = int(said) if said.isascii() and said.isdigit() and len(said) <= 7 else number + 1
            if not 1 <= number <= _MOST_ROWS:
                raise InputError(f"{oddities.file}, sheet {shortened(name)}: a row is numbered {number}; no workbook "
                                 "has such a row")
            place = -1
            for cell in row.each("c"):
                place = _column(cell.attributes.get("r", ""), place, oddities, name)
                value = _value(cell, texts, f"sheet {shortened(name)}, row {number}", oddities)
                cells += 1
                if value:
                    grid.setdefault(number, {})[place] = value
    if cells > _MOST_CELLS:
        raise InputError(f"{oddities.file}, sheet {shortened(name)} has {cells} cells, which no such sheet has")
    return tuple(_filled(grid))


def _filled(grid: Mapping[int, Mapping[int, str]]) -> Iterator[tuple[str, ...]]:
    """All rows up to the last that holds something, each up to its own last cell; of gaps of rows, one row."""
    previous = 0
    for number in sorted(grid):
        if number > previous + 1:
            yield ()
        row = grid[number]
        yield tuple(row.get(place, "") for place in range(max(row) + 1))
        previous = number


def _column(name: str, before: int, oddities: Oddities, sheet: str) -> int:
    """The number of a column from 0: A is 0, AA is 26. A cell without a name stands behind the one before."""
    match = _CELL.fullmatch(name)
    if match is None and name:
        raise InputError(f"{oddities.file}, sheet {shortened(sheet)}: {shortened(name)} is no name of a cell")
    place = before + 1
    if match is not None:
        place = -1
        for letter in match[1]:
            place = (place + 1) * 26 + ord(letter) - ord("A")
    if place >= _MOST_COLUMNS:
        raise InputError(f"{oddities.file}, sheet {shortened(sheet)}: a row has more than {_MOST_COLUMNS} cells")
    return place


def _value(cell: Element, texts: list[str], place: str, oddities: Oddities) -> str:
    kind = cell.attributes.get("t", "n")
    inline = cell.first("is")
    if kind == "inlineStr":
        return _text_of(inline) if inline is not None else ""
    value = cell.first("v")
    text = value.text if value is not None else ""
    if kind == "s":
        number = text.strip()
        if not (number.isascii() and number.isdigit() and len(number) <= 9) or int(number) >= len(texts):
            oddities.say(None, f"{place}: a text is numbered {shortened(text)}, which is not there", "it is empty")
            return ""
        return texts[int(number)]
    if kind == "b":
        return "True" if text.strip() == "1" else "False"
    if kind == "e":
        oddities.say(None, f"{place}: a cell says {shortened(text)}", "it is empty")
        return ""
    return _number(text, place, oddities) if kind == "n" else text


def _number(text: str, place: str, oddities: Oddities) -> str:
    """Whole numbers without a point, as they were typed."""
    try:
        number = float(text)
    except ValueError:
        return text
    if not number.is_integer():
        return text
    whole = int(text) if text.strip().lstrip("+-").isdigit() else int(number)
    if abs(whole) >= _DIGITS_KEPT:
        oddities.say(None, f"{place}: the number {whole} has more digits than a spreadsheet keeps",
                     "it is taken as it stands; if it is a seed, compare it with the name of its picture")
    return str(whole)
