"""Prompt definitions: names, seeds, settings of their own, and what people do to such files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from totality import value_or_refusal

from server.errors import InputError
from server.library.formats.prompt_definitions import PromptDefinitions, new_definitions, parse_prompt_definitions
from server.library.graph.identity import PictureId


def read(text: str) -> tuple[PromptDefinitions, list[str]]:
    found = parse_prompt_definitions(text.encode("utf-8"))
    return found, [str(each) for each in found.oddities]


def test_rows_become_prompts_with_settings_and_what_is_not_known() -> None:
    found, _ = read('name,prompt,negative_prompt,seeds,guidance_scale,mask,cnet_scale,mood,\n'
                    'sun,"a sun, low",fog,"1, 22"," 7.5",shapes/hex,0.5,calm,\n')
    prompt = found.prompts["sun"]
    assert prompt.text == "a sun, low"
    assert list(prompt.pictures) == [PictureId("sun", 1), PictureId("sun", 22)]
    assert prompt.settings == {"guidance_scale": "7.5", "negative_prompt": "fog", "mask": "shapes/hex",
                               "cnet_scale": "0.5"}
    assert prompt.extra == {"mood": "calm"}
    assert prompt.line == 2


def test_of_two_rows_with_one_name_the_first_counts_and_both_lines_are_named() -> None:
    found, said = read("name,prompt,seeds\nsun,a,1\nmoon,b,2\nsun,c,3\n")
    assert found.prompts["sun"].text == "a"
    assert list(found.pictures) == [PictureId("sun", 1), PictureId("moon", 2)]
    assert any("line 4" in line and "line 2" in line and "1 seed of this line not used" in line for line in said)


@pytest.mark.parametrize(("row", "words"), [
    (",a prompt,1", "no name"), ("sun,a,", "no seeds"), ("my-sun,a,1", "hyphen"), ("a to b,a,1", "' to '"),
    ("a/b,a,1", "files cannot have"), ("sun,a,1,seven", "no number"),
    ("sun," + "word " * 90 + ",1", "90 words"), ("sun,a,1.23E+15", "rounded"), ("sun,a,0007", "begin with zeros"),
])
def test_each_oddity_of_a_row_is_said_with_its_line(row: str, words: str) -> None:
    _, said = read(f"name,prompt,seeds,guidance_scale\nmoon,b,2,7\n{row}\n")
    assert any(line.startswith("prompt_image_definitions.csv, line 3: ") and words in line for line in said), said


@pytest.mark.parametrize(("head", "words"), [("title,prompt,seeds", "'name'"), ("name,prompt", "'seeds'"),
                                             ("name,seeds", "'prompt'")])
def test_a_column_that_is_missing_is_said(head: str, words: str) -> None:
    found, said = read(f"{head}\nsun,1,2\n")
    assert list(found.prompts) == ["sun"]
    assert any("line 1" in line and words in line for line in said)


def test_a_name_over_two_lines_is_one() -> None:
    found, _ = read('name,prompt,seeds\n"sun\nset",a,1\n')
    assert list(found.prompts) == ["sun set"]


def test_pictures_are_added_where_their_prompt_is_and_as_rows() -> None:
    data = b"\xef\xbb\xbfname,prompt,seeds,mood\r\nsun,a,1 2,calm\r\nmoon,b,\"3, 4\",\r\n,,,\r\n"
    found = parse_prompt_definitions(data)
    written = found.with_pictures({"sun": (9,), "moon": (10**20,), "star": (0, 1)}, "bright").bytes()
    assert written == (b"\xef\xbb\xbfname,prompt,seeds,mood\r\nsun,a,1 2 9,calm\r\n"
                       b"moon,b,\"3, 4, 100000000000000000000\",\r\nstar,bright,\"0, 1\",\r\n,,,\r\n")


def test_pictures_cannot_be_added_without_a_column_for_seeds() -> None:
    found = parse_prompt_definitions(b"name,prompt\nsun,a\n")
    with pytest.raises(InputError, match="seeds"):
        found.with_pictures({"sun": (1,)})


def test_a_new_file_takes_pictures() -> None:
    table = new_definitions().with_pictures({"sun": (1, 2)})
    again = parse_prompt_definitions(table.bytes())
    assert list(again.pictures) == [PictureId("sun", 1), PictureId("sun", 2)]
    assert not [each for each in again.oddities if not each.note]


@given(st.binary(max_size=200))
def test_any_bytes_give_definitions_or_a_refusal(data: bytes) -> None:
    for start in (b"", b"name,prompt,seeds\n"):
        whole = start + data
        found = value_or_refusal(lambda whole=whole: parse_prompt_definitions(whole), "prompt_image_definitions.csv")
        assert found is None or found.table.bytes() == whole


NAMES = st.text(alphabet="abc XYZ09_äß", min_size=1, max_size=8).map(str.strip).filter(bool)


@given(st.dictionaries(NAMES, st.lists(st.integers(0, 10**18), unique=True, min_size=1, max_size=4), max_size=5))
def test_what_is_added_is_there_when_read_again(wanted: dict[str, list[int]]) -> None:
    table = new_definitions().with_pictures({name: tuple(seeds) for name, seeds in wanted.items()}, "a prompt")
    again = parse_prompt_definitions(table.bytes())
    assert {name: list(prompt.seeds.values) for name, prompt in again.prompts.items()} == wanted
