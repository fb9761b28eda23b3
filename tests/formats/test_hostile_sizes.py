"""Texts that are made to cost much: what is said about them stays short, and what would take minutes is refused."""

from __future__ import annotations

import pytest

from server.errors import InputError
from server.library.formats.csv_table import new_table, parse_csv
from server.library.formats.json_text import parse_json
from server.library.formats.oddity import Oddities
from server.library.formats.scene_sequence import parse_scene_sequence
from server.library.formats.seeds import parse_seeds


def test_quotation_marks_that_open_in_every_line_are_refused() -> None:
    with pytest.raises(InputError, match=r"p\.csv, line \d+: quotation marks are opened and never closed in too many"):
        parse_csv(b"name,prompt,seeds\n" + b'x",,"\n' * 5000, Oddities("p.csv"))


@pytest.mark.parametrize("text", ["// a comment\n" * 5000 + "{}", "[" + "[1,],\n" * 5000 + "1]"])
def test_thousands_of_slips_in_json_are_told_in_a_few_lines(text: str) -> None:
    oddities = Oddities("s.json")
    parse_json(text.encode(), oddities)
    assert len(oddities) == 21
    assert any("4980 more" in str(each) for each in oddities)


def test_a_cell_of_many_seeds_that_come_twice_counts_each_once() -> None:
    seeds = list(range(15_000))
    assert parse_seeds(" ".join(map(str, seeds + seeds[:3])), Oddities("p.csv"), 2, "sun").values == tuple(seeds)


def test_rows_are_added_all_at_once_as_one_by_one() -> None:
    rows = [{"name": f"n{number}", "seeds": f"{number}, 1"} for number in range(5)]
    one_by_one = new_table(("name", "seeds"))
    for row in rows:
        one_by_one = one_by_one.with_row(row)
    assert new_table(("name", "seeds")).with_rows(rows) == one_by_one
    assert parse_csv(b"name,seeds", Oddities("p.csv")).with_rows([]).bytes() == b"name,seeds"


def test_line_breaks_inside_names_of_scenes_and_sections_are_blanks() -> None:
    sequence = parse_scene_sequence(b'scene,section\n"deep\nsea","part\r\none"\n')
    assert [(line.scene, line.section) for line in sequence.lines] == [("deep sea", "part one")]
