"""Seeds as people and spreadsheets write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.library.formats.oddity import Oddities
from server.library.formats.seeds import parse_seeds


def read(text: str) -> tuple[tuple[int, ...], list[str]]:
    oddities = Oddities("p.csv")
    return parse_seeds(text, oddities, 3, "sun").values, [str(each) for each in oddities]


@pytest.mark.parametrize(("text", "seeds"), [
    ("1000 1001 1002", (1000, 1001, 1002)), ("6497, 3676,  3855", (6497, 3676, 3855)),
    ("9006264050842235", (9006264050842235,)), (str(2**200), (2**200,)), ("1\n2", (1, 2)), ("", ()), ("7;8", (7, 8)),
])
def test_every_run_of_digits_is_a_seed_of_any_size(text: str, seeds: tuple[int, ...]) -> None:
    assert read(text) == (seeds, [])


def test_leading_zeros_are_said_and_dropped() -> None:
    seeds, said = read("0001, 00003")
    assert seeds == (1, 3)
    assert len(said) == 1
    assert "0001" in said[0]
    assert "sun_1" in said[0]


def test_a_seed_that_comes_twice_counts_once() -> None:
    seeds, said = read("5, 6, 05")
    assert seeds == (5, 6)
    assert any("more than once" in line for line in said)


@pytest.mark.parametrize(("text", "seeds"), [("1000.0", (1000,)), ("1000.0 1001.00", (1000, 1001)),
                                              ("1E+2", (100,)), ("6.4975E+4", (64975,)), ("6,4975E+4", (64975,))])
def test_what_a_spreadsheet_wrote_without_loss_is_read(text: str, seeds: tuple[int, ...]) -> None:
    found, said = read(text)
    assert found == seeds
    assert said


@pytest.mark.parametrize("text", ["1.23E+15", "5.84223E+15", "1,23E+15", "9E15"])
def test_a_rounded_seed_is_left_out_and_said(text: str) -> None:
    seeds, said = read(f"12, {text}, 13")
    assert seeds == (12, 13)
    assert any("rounded" in line and text in line and "p.csv, line 3" in line for line in said)


def test_other_characters_are_said() -> None:
    seeds, said = read("1000-1003 and 5")
    assert seeds == (1000, 1003, 5)
    assert any("more than numbers" in line for line in said)


def test_an_absurd_number_is_left_out() -> None:
    seeds, said = read(f"{'9' * 5000} 4")
    assert seeds == (4,)
    assert any("5000 digits" in line for line in said)


@given(st.text(max_size=60))
def test_any_text_gives_seeds(text: str) -> None:
    seeds, _ = read(text)
    assert all(seed >= 0 for seed in seeds)
    assert len(set(seeds)) == len(seeds)


@given(st.lists(st.integers(0, 10**40), unique=True, max_size=8), st.sampled_from([" ", ", ", ",  ", ";", "\n"]))
def test_seeds_survive_being_written(seeds: list[int], between: str) -> None:
    assert read(between.join(map(str, seeds))) == (tuple(seeds), [])
