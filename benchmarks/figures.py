"""What a benchmark says: figures with their limits, the report they stand in, and its tables. It measures nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from server.errors import InputError

FORMAT: Final = "interscene.bench"
VERSION: Final = 1
BEGIN: Final = "<!-- bench: written by interscene bench --readme -->"
END: Final = "<!-- bench: end -->"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; `limit` is what it must reach, None where it is told for comparison only."""

    subject: str
    name: str
    value: float | None
    """None: not measured here, and `note` says why."""
    unit: str = ""
    limit: float | None = None
    at_least: bool = True
    spread: tuple[float, float] | None = None
    """The middle half of the rounds."""
    rounds: int = 1
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the limit is kept; None without a limit or a measurement."""
        if self.limit is None or self.value is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def must(self) -> str:
        """The limit in words."""
        if self.limit is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {amount(self.limit, self.unit)}"

    @property
    def verdict(self) -> str:
        """One word for a table."""
        if self.value is None:
            return "not measured"
        return {True: "yes", False: "NO", None: ""}[self.passed]


def absent(subject: str, name: str, reason: str) -> Figure:
    """A figure that this machine cannot give."""
    return Figure(subject, name, None, note=reason)


def amount(value: float, unit: str = "") -> str:
    """A number with as many digits as it is worth, and its unit."""
    if math.isnan(value):
        text = "nan"
    elif value == 0 or abs(value) >= 1000:
        text = f"{value:,.0f}"
    else:
        digits = max(0, 2 - math.floor(math.log10(abs(value))))
        text = f"{value:.{digits}f}"
    return f"{text}{'' if unit in ('×', '%') else ' '}{unit}".rstrip()


def report(figures: Sequence[Figure], machine: Mapping[str, Any], *, quick: bool) -> dict[str, Any]:
    """The whole run as it is stored; `accepted` needs every figure with a limit to be measured and to keep it."""
    return {"format": FORMAT, "version": VERSION, "quick": quick, "machine": dict(machine),
            "accepted": all(figure.passed is not False for figure in figures),
            "complete": all(figure.value is not None for figure in figures),
            "figures": [{**asdict(figure), "passed": figure.passed} for figure in figures]}


def write_report(document: Mapping[str, Any], out: Path) -> None:
    """Store a report as JSON with a line for each fact, so that two can be compared."""
    out.parent.mkdir(parents=True, exist_ok=True)
    # NumPy's numbers are no JSON; `item` makes plain ones of them.
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False, default=lambda number: number.item())
    out.write_text(text + "\n", encoding="utf-8")


def read_report(path: Path) -> tuple[list[Figure], dict[str, Any]]:
    """The figures and the machine of a stored report. Raises InputError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT or document["version"] != VERSION:
            raise ValueError
        return [_figure(entry) for entry in document["figures"]], dict(document["machine"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path} is no report of interscene bench; make one with --json {path.name}") from None


def _figure(entry: dict[str, Any]) -> Figure:
    facts = {key: value for key, value in entry.items() if key != "passed"}
    spread = facts.pop("spread")
    return Figure(**facts, spread=None if spread is None else (spread[0], spread[1]))


def text_table(figures: Iterable[Figure]) -> str:
    """The figures for a terminal."""
    rows = [(f.subject, f.name, "" if f.value is None else amount(f.value, f.unit), f.must, f.verdict, f.note)
            for f in figures]
    widths = [max(len(row[i]) for row in rows) if rows else 0 for i in range(5)]
    padded = [[*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]] for row in rows]
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def markdown_table(figures: Iterable[Figure], machine: Mapping[str, Any]) -> str:
    """The figures for the README, with the machine they were taken on."""
    lines = ["| what | measured | must be | reached |", "|---|---|---|---|"]
    for figure in figures:
        measured = "–" if figure.value is None else amount(figure.value, figure.unit)
        name = f"{figure.subject}: {figure.name}" + (f" ({figure.note})" if figure.note else "")
        cells = (name, measured, figure.must or "–", figure.verdict or "–")
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    where = ", ".join(str(machine[key]) for key in ("processor", "cores", "system", "python") if key in machine)
    return "\n".join([*lines, "", f"Medians of one run on: {where}."])


def put_into(readme: Path, table: str) -> None:
    """Replace what lies between the two marks of a README. Raises InputError where it has none."""
    text = readme.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise InputError(f"{readme.name} has no place for the table; put these two lines there: {BEGIN} and {END}")
    readme.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
