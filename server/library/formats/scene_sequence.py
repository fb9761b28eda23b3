"""`scene_sequence.csv` and its variants: in which order a song goes through its scenes. It knows no pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from server.errors import InputError
from server.library.formats.csv_table import CsvTable, Record, new_table, one_line, parse_csv
from server.library.formats.oddity import Oddities, Oddity, counted, listed
from server.library.graph.song_graph import SceneStep

FILE_NAME: Final = "scene_sequence.csv"
PATTERN: Final = re.compile(r"scene_sequence(?:_(?P<variant>.+))?\.csv", re.IGNORECASE)
COLUMNS: Final = ("scene", "duration", "section", "start", "avoid")
RANDOM: Final = "random"
_MOST_HOPS: Final = 10_000
_WHOLE: Final = re.compile(r"([0-9]{1,9})(?:[.,]0*)?")
_SECTION: Final = re.compile(r"([0-9]+)[.,]0*")


@dataclass(frozen=True, slots=True)
class SequenceLine:
    """A row as it stands there: pictures are still texts (`name_seed`), of which the seed may be cut to four digits."""

    scene: str
    hops: int = 0
    section: str = "1"
    start: tuple[str, ...] = ()
    random: bool = False
    avoid: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class SceneSequence:
    """The rows in their order, and the table they come from."""

    lines: tuple[SequenceLine, ...]
    table: CsvTable
    oddities: tuple[Oddity, ...] = ()

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections in order."""
        return tuple(dict.fromkeys(line.section for line in self.lines))


def variant_of(file: str) -> str | None:
    """The name of a variant by that of its file, "" for the plain one; None when it is no scene sequence."""
    match = PATTERN.fullmatch(file)
    return None if match is None else match["variant"] or ""


def file_of(variant: str) -> str:
    """The name of a variant's file."""
    return f"scene_sequence_{variant}.csv" if variant else FILE_NAME


def parse_scene_sequence(data: bytes, file: str = FILE_NAME) -> SceneSequence:
    """Read a scene sequence. Raises InputError with file and line."""
    oddities = Oddities(file)
    table = parse_csv(data, oddities, known=COLUMNS)
    head = table.records[table.head].line
    if not table.has("scene"):
        raise InputError(f"{file}, line {head}: there is no column 'scene'; a sequence has {', '.join(COLUMNS)}")
    for column, meant in (("duration", "0 hops"), ("section", "1"), ("start", "no anchors")):
        if not table.has(column):
            oddities.say(head, f"there is no column {column!r}", f"{meant} for every row")
    _say_numbers(table, oddities)
    lines: list[SequenceLine] = []
    for row in table.rows:
        if not table.get(row, "scene"):
            oddities.say(row.line, "the row names no scene", "it is left out")
            continue
        lines.append(_line(table, row, lines[-1].section if lines else "1", oddities))
    if not lines:
        oddities.say(None, "the sequence has no rows", "all scenes are visited in the order of the song")
    return SceneSequence(tuple(lines), table, tuple(oddities))


def format_scene_sequence(steps: Iterable[SceneStep]) -> bytes:
    """The bytes of a scene sequence, as the older programs read it; `avoid` is written only where it is used."""
    rows = list(steps)
    avoid = any(step.avoid for step in rows)
    columns = ("", "scene", "duration", "section", "start", *(("avoid",) if avoid else ()))
    table = new_table(columns)
    for number, step in enumerate(rows):
        start = RANDOM if step.random and not step.start else ",".join(each.stem for each in step.start)
        values = {"": str(number), "scene": step.scene, "duration": str(step.hops), "section": step.section,
                  "start": start}
        if avoid:
            values["avoid"] = ",".join(each.stem for each in sorted(step.avoid))
        table = table.with_row(values)
    return table.bytes()


def _line(table: CsvTable, row: Record, section_before: str, oddities: Oddities) -> SequenceLine:
    scene = one_line(table.get(row, "scene"))
    start, random = _pictures(table.get(row, "start"))
    avoid, random_avoided = _pictures(table.get(row, "avoid"))
    if random and start:
        oddities.say(row.line, f"start of {scene!r} names pictures and says random, too", "the pictures count")
        random = False
    if random_avoided:
        oddities.say(row.line, f"avoid of {scene!r} says random, which names no picture", "it is not used")
    return SequenceLine(scene, _hops(table, row, scene, oddities), _section(table, row, section_before, oddities),
                        start, random, avoid, table.others(row, ("", "0", *COLUMNS)), row.line)


def _hops(table: CsvTable, row: Record, scene: str, oddities: Oddities) -> int:
    text = table.get(row, "duration")
    match = _WHOLE.fullmatch(text)
    if match is not None:
        hops = int(match[1])
        if hops > _MOST_HOPS:
            oddities.say(row.line, f"duration of {scene!r} is {hops} hops", f"at most {_MOST_HOPS} are made")
        return min(hops, _MOST_HOPS)
    if text or table.has("duration"):
        oddities.say(row.line, f"duration of {scene!r} is {text!r}, and a whole number of hops is expected",
                     "0 is taken")
    return 0


def _section(table: CsvTable, row: Record, before: str, oddities: Oddities) -> str:
    text = one_line(table.get(row, "section"))
    if not text:
        if table.has("section"):
            oddities.say(row.line, "the row has no section", f"it goes with the row before: {before}")
        return before
    match = _SECTION.fullmatch(text)
    return match[1] if match is not None else text


def _pictures(text: str) -> tuple[tuple[str, ...], bool]:
    """The pictures of a list, and whether `random` is in it."""
    words = [word.strip() for word in re.split(r"[,;\r\n]", text)]
    named = tuple(dict.fromkeys(word for word in words if word and word.casefold() != RANDOM))
    return named, any(word.casefold() == RANDOM for word in words)


def _say_numbers(table: CsvTable, oddities: Oddities) -> None:
    """The first column is what the older programs numbered rows by, before somebody sorted them anew."""
    first = table.columns[0].strip() if table.columns else ""
    if first not in ("", "0") and not first.startswith("Unnamed:"):
        return
    numbers: Sequence[str] = [row.cells[0].strip() if row.cells else "" for row in table.rows]
    blank, twice = numbers.count(""), len(set(numbers)) < len(numbers)
    if numbers and (blank or twice or numbers not in ([str(n) for n in range(len(numbers))],
                                                      [str(n + 1) for n in range(len(numbers))])):
        why = [counted(blank, "blank")] * bool(blank) + ["numbers that come twice"] * twice
        oddities.note(table.records[table.head].line,
                      f"the first column numbers the rows in no order ({listed(numbers, 4)}"
                      f"{'; ' if why else ''}{', '.join(why)})", "not used: the order of the rows counts; kept")
