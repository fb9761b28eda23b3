"""The lists of transitions: what is to be made between and inside scenes, and what there is. It looks at no folder.

Planners hand over `PlannedTransition`s and get the bytes of `interscene_transitions.csv` and
`intrascene_transitions.csv`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from server.errors import InputError
from server.library.formats.csv_table import CsvTable, Record, new_table, parse_csv
from server.library.formats.oddity import Oddities, Oddity
from server.library.formats.seeds import parse_seeds
from server.library.graph.identity import ALIAS_DIGITS, Edge, PictureId, edge_of

FOLDER: Final = "transition_meta"
INTER: Final = "interscene_transitions.csv"
INTRA: Final = "intrascene_transitions.csv"
EXISTING: Final = "existing_transitions.csv"
ALL: Final = "all_transitions.csv"
FILE_NAMES: Final = (INTER, INTRA, EXISTING, ALL)
SECONDS: Final = 5
"""What the older programs write as the duration, and never use."""
_ENDS: Final = ("from_name", "from_seed", "to_name", "to_seed")
_INTER_COLUMNS: Final = ("", *_ENDS, "compute", "duration", "scene_from", "scene_to")
_INTRA_COLUMNS: Final = ("", *_ENDS, "compute", "duration", "scene")
_EXISTING_COLUMNS: Final = ("", *_ENDS)
_NONE_EXISTING: Final = ("", "nodes_from", "nodes_to")
_KNOWN: Final = (*_ENDS, "compute", "duration", "scene_from", "scene_to", "scene", "nodes_from", "nodes_to")
_YES: Final = frozenset(("y", "yes", "true", "1", "1.0", "t"))
_NO: Final = frozenset(("n", "no", "false", "0", "0.0", "f", ""))


class PlannedTransition(NamedTuple):
    """A transition that is wanted, between two pictures that are in these scenes; to be made if `compute`."""

    first: PictureId
    second: PictureId
    scene_from: str = ""
    scene_to: str = ""
    compute: bool = True
    duration: int = SECONDS


@dataclass(frozen=True, slots=True)
class ListedTransition:
    """A row. Of `existing_transitions.csv` the seeds are cut to four digits: `first` and `second` are aliases there."""

    first: PictureId
    second: PictureId
    compute: bool = True
    scene_from: str = ""
    scene_to: str = ""
    line: int = 0

    @property
    def edge(self) -> Edge:
        return (self.first, self.second) if self.first <= self.second else (self.second, self.first)


@dataclass(frozen=True, slots=True)
class TransitionList:
    """The rows that can be used, and the table they come from."""

    rows: tuple[ListedTransition, ...]
    table: CsvTable
    cut: bool = False
    """Seeds are cut to four digits, as in the names of folders."""
    oddities: tuple[Oddity, ...] = field(default=())


def parse_transition_list(data: bytes, file: str) -> TransitionList:
    """Read any of the four lists. Raises InputError with file and line."""
    oddities = Oddities(file)
    table = parse_csv(data, oddities, known=_KNOWN)
    cut = file.endswith(EXISTING)
    missing = [name for name in _ENDS if not table.has(name)]
    if missing:
        if not table.has("nodes_from"):
            raise InputError(f"{file}, line {table.records[table.head].line}: there is no column {missing[0]!r}; "
                             f"a list of transitions has {', '.join(_ENDS)}")
        return TransitionList((), table, cut, tuple(oddities))
    rows: list[ListedTransition] = []
    seen: dict[tuple[PictureId, PictureId], int] = {}
    for record in table.rows:
        row = _row(table, record, oddities)
        if row is None:
            continue
        earlier = seen.setdefault((row.first, row.second), row.line)
        if earlier != row.line:
            oddities.note(row.line, f"{row.first.node} to {row.second.node} is listed twice; line {earlier} has it too",
                          "the first counts")
            continue
        rows.append(row)
    return TransitionList(tuple(rows), table, cut, tuple(oddities))


def format_interscene(planned: Iterable[PlannedTransition], before: TransitionList | None = None) -> bytes:
    """The bytes of `interscene_transitions.csv`, as the older programs write and read it.

    Columns of the list `before` that nobody here knows go with their rows.
    """
    return _formatted(_INTER_COLUMNS, [(each, (*_ends(each), each.compute, each.duration, each.scene_from,
                                               each.scene_to)) for each in planned], before)


def format_intrascene(planned: Iterable[PlannedTransition], before: TransitionList | None = None) -> bytes:
    """The same for `intrascene_transitions.csv`."""
    return _formatted(_INTRA_COLUMNS, [(each, (*_ends(each), each.compute, each.duration, each.scene_from))
                                       for each in planned], before)


def format_existing(edges: Iterable[tuple[PictureId, PictureId]]) -> bytes:
    """The bytes of `existing_transitions.csv`; seeds are cut to four digits, as those programs expect."""
    rows = [(one.name, _cut(one.seed), other.name, _cut(other.seed)) for one, other in edges]
    return _lines(_EXISTING_COLUMNS, rows) if rows else new_table(_NONE_EXISTING).bytes()


def _row(table: CsvTable, record: Record, oddities: Oddities) -> ListedTransition | None:
    ends: list[PictureId] = []
    for name_column, seed_column in (("from_name", "from_seed"), ("to_name", "to_seed")):
        name = table.get(record, name_column)
        seeds = parse_seeds(table.get(record, seed_column), Oddities(""), None, name).values if name else ()
        if len(seeds) != 1:
            shown = table.get(record, seed_column) if name else ""
            what = f"{seed_column} of {name!r} is {shown!r}, not one seed" if name else f"{name_column} is empty"
            oddities.say(record.line, what, "the row is left out")
            return None
        ends.append(PictureId(name, seeds[0]))
    if ends[0] == ends[1]:
        oddities.say(record.line, f"{ends[0].node} leads to itself", "the row is left out")
        return None
    compute = table.get(record, "compute").casefold()
    if compute not in _YES and compute not in _NO:
        oddities.say(record.line, f"compute is {compute!r}, and y or n are expected", "taken as n")
    scene = table.get(record, "scene")
    return ListedTransition(ends[0], ends[1], compute in _YES, table.get(record, "scene_from") or scene,
                            table.get(record, "scene_to") or scene, record.line)


def _ends(planned: PlannedTransition) -> tuple[str, int, str, int]:
    return planned.first.name, planned.first.seed, planned.second.name, planned.second.seed


def _cut(seed: int) -> str:
    return str(seed)[:ALIAS_DIGITS]


def _formatted(columns: Sequence[str], rows: Sequence[tuple[PlannedTransition, Sequence[object]]],
               before: TransitionList | None) -> bytes:
    extra: dict[Edge, dict[str, str]] = {}
    if before is not None:
        records = {record.line: record for record in before.table.rows}
        extra = {row.edge: before.table.others(records[row.line], _KNOWN) for row in before.rows}
    more = list(dict.fromkeys(name for each, _ in rows for name in extra.get(edge_of(each.first, each.second), {})))
    return _lines((*columns, *more), [
        (*cells, *(extra.get(edge_of(each.first, each.second), {}).get(name, "") for name in more))
        for each, cells in rows])


def _lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for number, row in enumerate(rows):
        writer.writerow((number, *(("y" if cell else "n") if isinstance(cell, bool) else cell for cell in row)))
    return out.getvalue().encode("utf-8")
