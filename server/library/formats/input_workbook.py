"""`input_data.xlsx`: tabs `prompts_<song>` and `transitions_<song>`, each as the CSV file that succeeded it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from server.library.formats.oddity import Oddities, listed
from server.library.formats.workbook import Rows, Workbook, parse_workbook, rows_to_csv

FILE_NAME: Final = "input_data.xlsx"
_PROMPTS: Final = "prompts_"
_TRANSITIONS: Final = "transitions_"


@dataclass(frozen=True, slots=True)
class SongTabs:
    """The tabs of one song as CSV; None where there is none."""

    definitions: bytes | None = None
    transitions: bytes | None = None


def parse_input_workbook(data: bytes, oddities: Oddities) -> Mapping[str, SongTabs]:
    """The tabs of every song in a workbook; other tabs are said. Raises InputError for what is no workbook."""
    book = parse_workbook(data, oddities)
    others = [name for name in book.sheets if not name.startswith((_PROMPTS, _TRANSITIONS))]
    if others:
        oddities.note(None, f"tabs that belong to no song: {listed(others)}", "they are not read")
    songs = dict.fromkeys(name.partition("_")[2].strip() for name in book.sheets if name not in others)
    return {song: SongTabs(_csv(book, _PROMPTS + song), _csv(book, _TRANSITIONS + song)) for song in songs if song}


def _csv(book: Workbook, tab: str) -> bytes | None:
    rows: Rows | None = next((rows for name, rows in book.sheets.items() if name.strip() == tab), None)
    return None if rows is None else rows_to_csv(rows)
