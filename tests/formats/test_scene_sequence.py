"""Scene sequences: rows, hops, sections, anchors, and what people do to such files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from totality import value_or_refusal

from server.errors import InputError
from server.library.formats.scene_sequence import (
    SceneSequence,
    SequenceLine,
    file_of,
    format_scene_sequence,
    parse_scene_sequence,
    variant_of,
)
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import SceneStep


def read(text: str) -> tuple[SceneSequence, list[str]]:
    found = parse_scene_sequence(text.encode())
    return found, [str(each) for each in found.oddities]


def test_a_row_is_a_scene_with_hops_section_anchors_and_what_to_avoid() -> None:
    found, _ = read(',scene,duration,section,start,avoid," "\n'
                    '9,s8,2,3,"ent goddess2_7467,ent goddess2_644079",ent goddess2_336,x\n')
    assert found.lines == (SequenceLine("s8", 2, "3", ("ent goddess2_7467", "ent goddess2_644079"), False,
                                        ("ent goddess2_336",), {"column 7": "x"}, 2),)


@pytest.mark.parametrize(("start", "random", "names"), [
    ("", False, ()), ("random", True, ()), (" Random ", True, ()), ("a_1", False, ("a_1",)),
    ('"a_1, b c_2"', False, ("a_1", "b c_2")), ("a_1;b_2", False, ("a_1", "b_2")), ('"a_1,a_1"', False, ("a_1",)),
])
def test_anchors(start: str, random: bool, names: tuple[str, ...]) -> None:
    found, _ = read(f"scene,duration,section,start\ns1,1,1,{start}\n")
    assert (found.lines[0].random, found.lines[0].start) == (random, names)


@pytest.mark.parametrize(("index", "said"), [("1\n2\n3", False), ("0\n1\n2", False), ("1\n1\n ", True),
                                             ("16\n4\n15", True)])
def test_the_first_column_never_matters_and_is_said_when_odd(index: str, said: bool) -> None:
    rows = "".join(f"{number},s{place},1,1,\n" for place, number in enumerate(index.split("\n")))
    for head in ("", "0", "Unnamed: 0"):
        found, lines = read(f"{head},scene,duration,section,start\n{rows}")
        assert [line.scene for line in found.lines] == ["s0", "s1", "s2"]
        assert any("first column" in line for line in lines) is said


@pytest.mark.parametrize(("row", "hops", "section", "words"), [
    (",s2,3.0,2.0,", 3, "2", ""), (",s2,three,1,", 0, "1", "'three'"), (",s2,,1,", 0, "1", "''"),
    (",s2,-2,1,", 0, "1", "'-2'"), (",s2,1,,", 1, "7", "no section"), (",s2,99999999,1,", 10_000, "1", "at most"),
    (',s2,1,1,"random,a_1"', 1, "1", "random"), (",s2,1,intro,", 1, "intro", ""),
])
def test_odd_cells_are_read_and_said(row: str, hops: int, section: str, words: str) -> None:
    found, said = read(f",scene,duration,section,start\n0,s1,0,7,\n{row}\n")
    assert (found.lines[1].hops, found.lines[1].section) == (hops, section)
    assert any("line 3" in line and words in line for line in said) is bool(words)


def test_a_row_without_a_scene_is_left_out() -> None:
    found, said = read("scene,duration\n,3\ns1,2\n")
    assert [line.scene for line in found.lines] == ["s1"]
    assert any("line 2" in line and "no scene" in line for line in said)
    assert any("'section'" in line for line in said)


def test_a_sequence_without_rows_is_said() -> None:
    assert any("no rows" in line for line in read(",scene,duration,section,start\n")[1])


def test_without_the_column_of_scenes_it_is_refused() -> None:
    with pytest.raises(InputError, match=r"scene_sequence\.csv, line 1.*'scene'"):
        read("duration,section\n1,2\n")


@pytest.mark.parametrize(("file", "variant"), [
    ("scene_sequence.csv", ""), ("scene_sequence_kv_fix.csv", "kv_fix"), ("Scene_Sequence.CSV", ""),
    ("scene_sequences.csv", None), ("my scene_sequence.csv", None)])
def test_variants_have_names(file: str, variant: str | None) -> None:
    assert variant_of(file) == variant
    if variant is not None:
        assert variant_of(file_of(variant)) == variant


IDS = st.builds(PictureId, st.text(alphabet="abc _1", min_size=1, max_size=6).map(str.strip).filter(bool).filter(
    lambda name: name.casefold() != "random"), st.integers(0, 10**20))
STEPS = st.builds(SceneStep, st.text(alphabet="abc ,\"x1", min_size=1, max_size=6).map(str.strip).filter(bool),
                  st.integers(0, 99), st.integers(1, 9).map(str),
                  st.lists(IDS, unique=True, max_size=3).map(tuple), st.just(False), st.frozensets(IDS, max_size=3))


@given(st.lists(STEPS, max_size=5))
def test_a_sequence_that_is_written_is_read_again(steps: list[SceneStep]) -> None:
    found = parse_scene_sequence(format_scene_sequence(steps))
    assert [(line.scene, line.hops, line.section, line.start, set(line.avoid)) for line in found.lines] == [
        (step.scene, step.hops, step.section, tuple(each.stem for each in step.start),
         {each.stem for each in step.avoid}) for step in steps]


def test_random_is_written_as_people_do() -> None:
    assert format_scene_sequence([SceneStep("s1", 3, "1", random=True)]) == (
        b",scene,duration,section,start\n0,s1,3,1,random\n")


@given(st.binary(max_size=200))
def test_any_bytes_give_a_sequence_or_a_refusal(data: bytes) -> None:
    for start in (b"", b",scene,duration,section,start,avoid\n"):
        whole = start + data
        found = value_or_refusal(lambda whole=whole: parse_scene_sequence(whole), "scene_sequence.csv")
        assert found is None or found.table.bytes() == whole
        assert found is None or all(line.hops >= 0 and line.scene for line in found.lines)
