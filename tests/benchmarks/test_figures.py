"""Figures: verdicts, the stored report, and the tables for people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.figures import (
    BEGIN,
    END,
    Figure,
    absent,
    amount,
    markdown_table,
    put_into,
    read_report,
    report,
    text_table,
    write_report,
)
from benchmarks.machine import machine_facts
from server.errors import InputError

FIGURES = [
    Figure("frame bytes", "random frames a second", 36_736.4, "", 20_000, spread=(36_000.0, 37_000.0), rounds=15),
    Figure("cold open", "to the first frame", 25.0, "ms", 20, at_least=False, note="18,000 frames"),
    Figure("frame bytes", "beside bare preadv", 0.987, "×"),
    absent("encoding", "speed | size", "ffmpeg is not on PATH"),
]


@pytest.mark.parametrize(("value", "limit", "at_least", "passed"), [
    (2.0, 2.0, True, True), (1.99, 2.0, True, False), (2.0, 2.0, False, True), (2.01, 2.0, False, False),
    (None, 2.0, True, None), (2.0, None, True, None), (float("inf"), 2.0, False, False)])
def test_a_limit_is_kept_or_not(value: float | None, limit: float | None, at_least: bool, passed: bool | None) -> None:
    assert Figure("x", "y", value, limit=limit, at_least=at_least).passed is passed


@pytest.mark.parametrize(("value", "unit", "text"), [
    (36_736.4, "", "36,736"), (1.2345, "×", "1.23×"), (25, "ms", "25.0 ms"), (0.0612, "ms", "0.0612 ms"),
    (0, "", "0"), (-1.35, "ms", "-1.35 ms"), (999.6, "%", "1000%"), (12.0, "%", "12.0%")])
def test_numbers_have_three_digits_and_a_unit(value: float, unit: str, text: str) -> None:
    assert amount(value, unit) == text


def test_a_report_says_whether_all_is_reached_and_all_was_measured() -> None:
    document = report(FIGURES, {"cores": "2 cores"}, quick=True)

    assert document["format"] == "interscene.bench"
    assert (document["accepted"], document["complete"], document["quick"]) == (False, False, True)
    assert [entry["passed"] for entry in document["figures"]] == [True, False, None, None]
    assert report(FIGURES[:1], {}, quick=False)["accepted"]


def test_a_stored_report_comes_back_whole(tmp_path: Path) -> None:
    machine = machine_facts()
    write_report(report(FIGURES, machine, quick=False), tmp_path / "results" / "run.json")

    figures, facts = read_report(tmp_path / "results" / "run.json")

    assert figures == FIGURES
    assert facts == json.loads(json.dumps(machine))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "interscene.bench", "version": 2}',
                                  '{"format": "interscene.bench", "version": 1, "machine": {}, "figures": [{}]}'])
def test_a_foreign_file_is_no_report(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(InputError, match="is no report"):
        read_report(tmp_path / "run.json")
    with pytest.raises(InputError):
        read_report(tmp_path / "missing.json")


def test_the_table_for_a_terminal_is_aligned() -> None:
    lines = text_table(FIGURES).splitlines()

    assert [line.split()[0] for line in lines] == ["frame", "cold", "frame", "encoding"]
    assert lines[0].split()[-3:] == ["≥", "20,000", "yes"]
    assert lines[1].split()[-6:-2] == ["≤", "20.0", "ms", "NO"]
    assert "not measured" in lines[3]
    assert lines[3].endswith("ffmpeg is not on PATH")
    assert len({line.index("36,736") if "36,736" in line else line.index("25.0") for line in lines[:2]}) == 1


def test_the_table_for_the_readme_has_four_columns_and_the_machine() -> None:
    table = markdown_table(FIGURES, {"processor": "Some CPU", "cores": "2 cores"})

    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(FIGURES)
    assert {row.count("|") for row in rows} == {5}
    assert "| cold open: to the first frame (18,000 frames) | 25.0 ms | ≤ 20.0 ms | NO |" in rows
    assert "Some CPU, 2 cores" in table


def test_the_table_goes_between_its_marks_and_nowhere_else(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n{BEGIN}\nold\n{END}\nrest\n", encoding="utf-8")

    put_into(readme, "new | table")
    put_into(readme, "new | table")

    assert readme.read_text(encoding="utf-8") == f"# Title\n{BEGIN}\nnew | table\n{END}\nrest\n"
    readme.write_text("# Title\n", encoding="utf-8")
    with pytest.raises(InputError, match="two lines"):
        put_into(readme, "table")


def test_machine_facts_name_no_person_and_no_folder() -> None:
    text = json.dumps(machine_facts())

    assert str(Path.home()) not in text
    assert str(Path.cwd()) not in text
    assert "Python 3" in text
