"""Lists of transitions: read in all shapes, written as the older programs read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from totality import value_or_refusal

from server.errors import InputError
from server.library.formats.transition_lists import (
    ALL,
    EXISTING,
    INTER,
    INTRA,
    ListedTransition,
    PlannedTransition,
    TransitionList,
    format_existing,
    format_interscene,
    format_intrascene,
    parse_transition_list,
)
from server.library.graph.identity import PictureId

A, B, C = PictureId("a", 1000), PictureId("b c", 9006264050842235), PictureId("a", 1001)


def read(text: str, file: str = INTER) -> tuple[TransitionList, list[str]]:
    found = parse_transition_list(text.encode(), file)
    return found, [str(each) for each in found.oddities]


def test_inter_rows_know_both_scenes() -> None:
    found, said = read(",from_name,from_seed,to_name,to_seed,compute,duration,scene_from,scene_to\n"
                       "0,a,1000,b c,9006264050842235,y,5,s1,s2\n")
    assert found.rows == (ListedTransition(A, B, True, "s1", "s2", 2),)
    assert not said


def test_intra_rows_know_one_scene_and_existing_ones_are_cut() -> None:
    intra, _ = read(",from_name,from_seed,to_name,to_seed,compute,duration,scene\n0,a,1000,a,1001,n,5,s1\n", INTRA)
    assert intra.rows == (ListedTransition(A, C, False, "s1", "s1", 2),)
    existing, _ = read(",from_name,from_seed,to_name,to_seed\n0,a,1000,b c,9006\n", EXISTING)
    assert existing.cut
    assert existing.rows[0].second == PictureId("b c", 9006)


def test_an_empty_list_of_existing_ones_has_other_columns() -> None:
    assert read(",nodes_from,nodes_to\n", EXISTING)[0].rows == ()


def test_the_combined_form_of_older_programs_is_read() -> None:
    found, _ = read("Unnamed: 0,from_name,from_seed,to_name,to_seed,compute,duration,scene,scene_from,scene_to\n"
                    "0,a,1000,a,1001,y,5,s1,,\n0,a,1000,b c,5,y,5,,s1,s2\n", ALL)
    assert [(row.scene_from, row.scene_to) for row in found.rows] == [("s1", "s1"), ("s1", "s2")]


@pytest.mark.parametrize(("row", "words"), [
    ("a,,b,2,y", "from_seed"), ("a,1.2E+15,b,2,y", "from_seed"), (",1,b,2,y", "from_name is empty"),
    ("a,1,a,1,y", "itself"), ("a,1,b,2,maybe", "'maybe'"), ("a,1 2,b,2,y", "not one seed"),
    ("x,5,y,6,n", "listed twice"),
])
def test_odd_rows_are_said_with_their_line(row: str, words: str) -> None:
    _, said = read(f",from_name,from_seed,to_name,to_seed,compute\n0,x,5,y,6,y\n1,{row}\n")
    assert any("line 3" in line and words in line for line in said), said


def test_seeds_as_spreadsheets_write_them_are_read() -> None:
    found, _ = read("from_name,from_seed,to_name,to_seed,compute\na,1000.0,b,2,Y\n")
    assert found.rows[0].first == A
    assert found.rows[0].compute


def test_a_list_without_its_columns_is_refused() -> None:
    with pytest.raises(InputError, match=r"line 1.*'from_name'"):
        read("scene,duration\ns1,2\n")


def test_existing_ones_are_written_cut_and_without_any_as_the_older_program_does() -> None:
    assert format_existing([(A, B)]) == b",from_name,from_seed,to_name,to_seed\n0,a,1000,b c,9006\n"
    assert format_existing([]) == b",nodes_from,nodes_to\n"


IDS = st.builds(PictureId, st.text(alphabet="abc_ ,\"0", min_size=1, max_size=6).map(str.strip).filter(bool),
                st.integers(0, 10**20))
PLANS = st.lists(st.builds(PlannedTransition, IDS, IDS, st.just("s1"), st.just("s 2"), st.booleans()).filter(
    lambda each: each.first != each.second), unique_by=lambda each: (each.first, each.second), max_size=6)


@given(PLANS)
def test_a_plan_that_is_written_is_read_again(plan: list[PlannedTransition]) -> None:
    inter = parse_transition_list(format_interscene(plan), INTER)
    assert [(row.first, row.second, row.compute, row.scene_from, row.scene_to) for row in inter.rows] == [
        (each.first, each.second, each.compute, each.scene_from, each.scene_to) for each in plan]
    intra = parse_transition_list(format_intrascene(plan), INTRA)
    assert [(row.first, row.second) for row in intra.rows] == [(each.first, each.second) for each in plan]


@given(st.binary(max_size=200))
def test_any_bytes_give_a_list_or_a_refusal(data: bytes) -> None:
    for start in (b"", b",from_name,from_seed,to_name,to_seed,compute\n"):
        value_or_refusal(lambda whole=start + data: parse_transition_list(whole, INTER), INTER)
