"""The two lists of a plan, written into a song. It decides nothing about what is to be made."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from server.errors import InputError
from server.library.formats.csv_table import CsvTable
from server.library.formats.transition_lists import (
    FOLDER,
    INTER,
    INTRA,
    PlannedTransition,
    TransitionList,
    format_interscene,
    format_intrascene,
    parse_transition_list,
)
from server.media.part_file import write_file


def write_lists(song: Path, planned: Sequence[PlannedTransition]) -> tuple[Path, Path]:
    """Write both lists of a plan into a song, each all or nothing; return their paths. Raises OutputError.

    What begins and ends in one scene goes into the list of those inside scenes. A list that says something else is
    kept beside the new one, as `….old.csv`.
    """
    inter = [each for each in planned if each.scene_from != each.scene_to]
    intra = [each for each in planned if each.scene_from == each.scene_to]
    folder = song / FOLDER
    written = (folder / INTER, folder / INTRA)
    for path, rows, formatted in zip(written, (inter, intra), (format_interscene, format_intrascene), strict=True):
        old = _bytes_of(path)
        data = formatted(rows, _parsed(old, path.name))
        if old is not None and old != data:
            write_file(path.with_suffix(".old.csv"), old)
        write_file(path, data)
    return written


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _parsed(data: bytes | None, file: str) -> TransitionList | None:
    """A list that can be read; one that cannot is only kept."""
    with contextlib.suppress(InputError):
        if data is not None:
            found = parse_transition_list(data, file)
            return replace(found, table=_unnumbered(found.table))
    return None


def _unnumbered(table: CsvTable) -> CsvTable:
    """The table without the numbers of its rows, which stand in a column without a name and are written anew."""
    place = table.places.get("", -1)
    return table if place < 0 else replace(table, records=tuple(
        replace(record, cells=(*record.cells[:place], "", *record.cells[place + 1:])) for record in table.records))
