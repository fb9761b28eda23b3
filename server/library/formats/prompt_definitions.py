"""`prompt_image_definitions.csv`: the prompts of a song and the seeds of their pictures. It looks at no other file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from server.library.formats.csv_table import CsvTable, Record, new_table, one_line, parse_csv
from server.library.formats.oddity import Oddities, Oddity, counted
from server.library.formats.seeds import Seeds, parse_seeds
from server.library.graph.identity import PictureId

FILE_NAME: Final = "prompt_image_definitions.csv"
SETTINGS: Final = ("guidance_scale", "negative_prompt", "mask", "cnet_scale")
"""Columns that go with every picture of a prompt."""
COLUMNS: Final = ("name", "prompt", "seeds", *SETTINGS)
_NUMBERS: Final = ("guidance_scale", "cnet_scale")
_RESERVED: Final = frozenset('<>"|?*:/\\')
_BETWEEN: Final = " to "
_PIECES: Final = re.compile(r"[^\W\d_]+|\d|[^\s\w]+|_+")
_TOKENS: Final = 75
"""What the text encoder of Stable Diffusion takes besides its marks for begin and end; a piece is at least one."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A row: what pictures of this name are made from. `extra`: columns that mean nothing here."""

    name: str
    text: str
    seeds: Seeds
    settings: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    line: int = 0

    @property
    def pictures(self) -> Iterator[PictureId]:
        """The pictures that the row asks for."""
        return (PictureId(self.name, seed) for seed in self.seeds.values)


@dataclass(frozen=True, slots=True)
class PromptDefinitions:
    """The prompts by name, in the order of the file, and the table they come from."""

    prompts: Mapping[str, Prompt]
    table: CsvTable
    oddities: tuple[Oddity, ...] = ()

    @property
    def pictures(self) -> Iterator[PictureId]:
        """Every picture that is asked for."""
        return (picture for prompt in self.prompts.values() for picture in prompt.pictures)

    def with_pictures(self, added: Mapping[str, tuple[int, ...]], prompt: str = "") -> CsvTable:
        """The table with seeds added to prompts by name; a name that is new gets a row. Others keep their bytes.

        `prompt`: the text of new rows. Raises InputError when there is no column for seeds.
        """
        table = self.table
        for name, seeds in added.items():
            old = self.prompts.get(name)
            if old is None:
                text = {"prompt": prompt} if prompt else {}
                table = table.with_row({_key(table): name, "seeds": _joined("", seeds), **text})
            else:
                row = next(row for row in table.rows if row.line == old.line)
                table = table.with_cell(row, "seeds", _joined(old.seeds.text, seeds))
        return table


def new_definitions(settings: Sequence[str] = SETTINGS[:1]) -> PromptDefinitions:
    """A file that names its columns, with these behind the seeds, and has no rows yet."""
    return PromptDefinitions({}, new_table((*COLUMNS[:3], *settings)))


def parse_prompt_definitions(data: bytes, file: str = FILE_NAME) -> PromptDefinitions:
    """Read prompt definitions. Raises InputError with file and line."""
    oddities = Oddities(file)
    table = parse_csv(data, oddities, known=COLUMNS)
    key = _key(table)
    line = table.records[table.head].line
    if key != "name":
        oddities.say(line, "no column is called 'name'", f"the first one ({table.columns[0]!r}) is taken for it")
    for column in ("prompt", "seeds"):
        if not table.has(column):
            oddities.say(line, f"there is no column {column!r}",
                         "no pictures are made of these rows" if column == "seeds" else "prompts are empty")
    prompts: dict[str, Prompt] = {}
    for row in table.rows:
        prompt = _prompt(table, row, key, oddities)
        if prompt is None:
            continue
        first = prompts.get(prompt.name)
        if first is not None:
            lost = [seed for seed in prompt.seeds.values if seed not in first.seeds.values]
            oddities.say(row.line, f"the name {prompt.name!r} is there twice; line {first.line} has it too",
                         "the first counts" + (f"; {counted(len(lost), 'seed')} of this line not used; give the "
                                               "line a name of its own" if lost else ""))
            continue
        prompts[prompt.name] = prompt
    return PromptDefinitions(prompts, table, tuple(oddities))


def _prompt(table: CsvTable, row: Record, key: str, oddities: Oddities) -> Prompt | None:
    name = one_line(table.get(row, key))
    if not name:
        oddities.say(row.line, "the row has no name", "it is left out; a picture is called by name and seed")
        return None
    _say_name(name, row.line, oddities)
    seeds = parse_seeds(table.get(row, "seeds"), oddities, row.line, name)
    if not seeds.values and table.has("seeds"):
        oddities.say(row.line, f"{name!r} has no seeds", "no picture is made of it; write seeds into its row")
    text = table.get(row, "prompt")
    pieces = len(_PIECES.findall(text))
    if pieces > _TOKENS:
        oddities.note(row.line, f"the prompt of {name!r} has {pieces} words and signs, and Stable Diffusion reads "
                                f"{_TOKENS}", "kept whole; its end had no effect on pictures made before")
    settings = {column: value for column in SETTINGS if (value := table.get(row, column))}
    for column in _NUMBERS:
        value = settings.get(column, "")
        if value and not _is_number(value):
            oddities.say(row.line, f"{column} of {name!r} is {value!r}, which is no number",
                         "it is not used; the settings file counts")
            del settings[column]
    return Prompt(name, text, seeds, settings, table.others(row, (key, *COLUMNS)), row.line)


def _say_name(name: str, line: int, oddities: Oddities) -> None:
    if "-" in name:
        oddities.say(line, f"the name {name!r} has a hyphen, at which the older programs cut names",
                     "used as it is: here the last hyphen counts; rename it before going back to them")
    if _BETWEEN in name:
        oddities.say(line, f"the name {name!r} has ' to ' in it, which stands between the pictures of a transition",
                     "used as it is; transitions of it are told apart by the pictures that there are")
    forbidden = sorted(set(name) & _RESERVED)
    if forbidden:
        oddities.say(line, f"the name {name!r} has {' '.join(forbidden)} in it, which files cannot have everywhere",
                     "used as it is, but its pictures cannot be saved; rename it")


def _key(table: CsvTable) -> str:
    return "name" if table.has("name") else table.columns[0].strip().casefold()


def _joined(text: str, seeds: tuple[int, ...]) -> str:
    """Seeds written behind those that are there, separated as those are."""
    between = ", " if "," in text or not text.strip() else " "
    return between.join(filter(None, (text.strip(), *map(str, seeds))))


def _is_number(text: str) -> bool:
    try:
        return float(text.replace(",", ".")) == float(text.replace(",", "."))
    except ValueError:
        return False


