"""Exploring prompts: what a person means, seeds nobody has yet, and keeping without hurting other columns."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from server.errors import InputError, LibraryError, MissingFile
from server.library.formats.prompt_definitions import FILE_NAME
from server.library.songs.new_song import make_song
from server.library.songs.recipe import with_recipe
from server.media.jpeg import encode_rgb
from server.production.exploring import REJECTED, SHEET, decide, draw, explored, fresh_seeds, numbered, place_of
from server.production.subjects import FOLDER, Subject, definitions_of, subjects

TABLE = ("name,prompt,seeds,guidance_scale,my note\r\n"
         "sun,a sun,1001 1002,7.5,lovely\r\nsunflower,a flower,2001,,\r\nmoon,,1,,\r\n")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    make_song(tmp_path / "song")
    (tmp_path / "song" / FILE_NAME).write_text(TABLE, encoding="utf-8", newline="")
    return tmp_path / "song"


def fill(song: Path, name: str, seeds: list[int], prompt: str) -> None:
    for seed in seeds:
        path = place_of(song, name, seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        shade = np.full((32, 48, 3), seed % 256, dtype=np.uint8)
        path.write_bytes(with_recipe(encode_rgb(shade, 90), {"prompt": prompt, "seed": str(seed)}))


def test_what_words_mean(song: Path) -> None:
    definitions = definitions_of(song)

    assert subjects(definitions, ["sun"]) == [Subject("sun", "a sun", guidance=7.5, known=True)]
    assert [each.name for each in subjects(definitions, ["sun*"])] == ["sun", "sunflower"]
    assert subjects(definitions, ["fire=a burning tree"]) == [Subject("fire", "a burning tree")]
    assert subjects(definitions, ["A great fire, at night"]) == [Subject("a_great_fire", "A great fire, at night")]
    assert subjects(definitions, ["sun", "su*"])[0].name == "sun"


@pytest.mark.parametrize(("words", "match"), [
    (["sunn"], "did you mean sun"), (["x*"], "begins with 'x'"), (["sun=another"], "already"),
    (["fire="], "no prompt behind"), (["moon"], "no prompt in"), (["fire=one", "fire=two"], "two prompts")])
def test_what_means_nothing_is_refused(song: Path, words: list[str], match: str) -> None:
    with pytest.raises(InputError, match=match):
        subjects(definitions_of(song), words)


@pytest.mark.parametrize("name", ["a/b", "..", "../up", "con:", "prn"])
def test_a_name_that_is_no_folder_is_refused(song: Path, name: str) -> None:
    (song / FILE_NAME).write_text(f"name,prompt,seeds\n{name},a prompt,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="another name"):
        subjects(definitions_of(song), ["*"])


def test_a_folder_that_is_no_song_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="song new"):
        definitions_of(tmp_path)


def test_seeds_are_new_four_digits_long_and_the_same_for_the_same_chance(song: Path) -> None:
    fill(song, "sun", [3000], "a sun")
    aside = song / FOLDER / "sun" / REJECTED
    aside.mkdir()
    place_of(song, "sun", 3000).replace(aside / "sun_3000.jpg")
    definitions = definitions_of(song)

    seeds = fresh_seeds(song, definitions, "sun", 500, random.Random(1))
    assert seeds == fresh_seeds(song, definitions, "sun", 500, random.Random(1))
    assert len(set(seeds)) == 500
    assert not {1001, 1002, 3000} & set(seeds)
    assert all(1000 <= seed <= 9999 for seed in seeds)
    with pytest.raises(InputError, match="at once"):
        fresh_seeds(song, definitions, "sun", 0, random.Random(1))


def test_what_is_kept_is_in_the_song_and_other_columns_stay(song: Path) -> None:
    fill(song, "sun", [3000, 4000, 5000], "a sun")
    assert draw(song, "sun") == song / FOLDER / "sun" / SHEET

    decided = decide(song, "sun", ["1"], ["all"])

    assert [each.id.stem for each in decided.kept] == ["sun_4000"]
    assert decided.rejected == ("sun_3000", "sun_5000")
    assert decided.other == ()
    assert (song / "prompt_images" / "sun_4000.jpg").is_file()
    assert (song / FILE_NAME).read_bytes().decode() == TABLE.replace("1001 1002", "1001 1002 4000")
    assert explored(song, "sun") == []
    assert not (song / FOLDER / "sun" / SHEET).exists()
    aside = sorted(each.name for each in (song / FOLDER / "sun" / REJECTED).iterdir())
    assert aside == ["sun_3000.jpg", "sun_5000.jpg"]


def test_a_new_prompt_gets_a_row(song: Path) -> None:
    fill(song, "fire", [3000, 4000], "a burning tree, at night")
    decide(song, "fire", ["0-1"], [])

    row = definitions_of(song).prompts["fire"]
    assert (row.text, row.seeds.values) == ("a burning tree, at night", (3000, 4000))


def test_a_prompt_that_was_changed_meanwhile_is_said(song: Path) -> None:
    fill(song, "sun", [3000], "another sun")
    decided = decide(song, "sun", ["0"], [])

    assert decided.other == ("sun_3000",)
    assert definitions_of(song).prompts["sun"].text == "a sun"


@pytest.mark.parametrize("word", ["3", "2-1", "one", "-1", "0-3"])
def test_numbers_that_are_not_on_the_sheet_change_nothing(song: Path, word: str) -> None:
    fill(song, "sun", [3000, 4000, 5000], "a sun")
    with pytest.raises(InputError):
        decide(song, "sun", [word], ["0"])
    assert len(explored(song, "sun")) == 3
    assert (song / FILE_NAME).read_bytes().decode() == TABLE


def test_nothing_to_decide_says_how_to_make_some(song: Path) -> None:
    with pytest.raises(MissingFile, match="interscene explore"):
        decide(song, "sun", ["0"], [])


def test_numbers_and_ranges() -> None:
    paths = [Path(str(number)) for number in range(5)]
    assert numbered(paths, ["4", "0-1", "1"]) == [paths[4], paths[0], paths[1]]
    assert numbered(paths, ["all"]) == paths


@pytest.mark.parametrize("word", ["nul=a cat", "con=a cat", f"{'a' * 200}=a cat", "nul !"])
def test_names_that_no_folder_can_have_are_refused_with_a_way_out(song: Path, word: str) -> None:
    with pytest.raises(InputError, match="NAME=PROMPT"):
        subjects(definitions_of(song), [word])


@pytest.mark.parametrize("name", ["../prompt_images", "sun/rejected", "", "x" * 5000, "a\0b"])
def test_choosing_leads_nowhere_else(song: Path, name: str) -> None:
    fill(song, "sun", [3000], "a sun")
    with pytest.raises(InputError):
        decide(song, name, ["all"], [])


def test_a_prompt_of_one_endless_word_gets_a_short_name(song: Path) -> None:
    [subject] = subjects(definitions_of(song), ["a" * 5000 + " cat"])
    assert len(subject.name) < 40
    assert len(subject.prompt) == 5004


def test_names_that_only_differ_in_case_are_two(song: Path) -> None:
    (song / FILE_NAME).write_text("name,prompt,seeds\nBurning_Tree,x,1\n", encoding="utf-8")
    assert subjects(definitions_of(song), ["burning tree"])[0].name == "burning_tree2"


def test_seeds_of_names_with_brackets_are_seen(song: Path) -> None:
    for number in range(1000, 1010):
        fill_song(song, f"a[b]_{number}")
    assert not set(range(1000, 1010)) & set(fresh_seeds(song, definitions_of(song), "a[b]", 500, random.Random(1)))


def test_folders_are_no_pictures(song: Path) -> None:
    fill(song, "sun", [3000], "a sun")
    (song / FOLDER / "sun" / "sun_4000.jpg").mkdir()
    assert len(explored(song, "sun")) == 1
    assert draw(song, "sun")


def fill_song(song: Path, stem: str) -> None:
    (song / "prompt_images").mkdir(exist_ok=True)
    (song / "prompt_images" / f"{stem}.jpg").write_bytes(b"")
