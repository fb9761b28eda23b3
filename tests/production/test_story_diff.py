"""Plan and result side by side, in words."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from built_songs import make_song

from server.errors import MissingFile
from server.library.sequences import SequenceRow, TransitionSequence, parse_sequence
from server.production.story_build import build_story
from server.production.story_diff import diff, diff_files, plan_and_result, summary
from server.production.story_plan import BuildOptions


def sequence(text: str, section: str = "1") -> TransitionSequence:
    nodes = text.split()
    return TransitionSequence(tuple(SequenceRow(f"{one}-1", f"{other}-1", section)
                                    for one, other in pairwise(nodes)))


@pytest.mark.parametrize(("plan", "result", "lines"), [
    ("a b c", "a b c", []),
    ("a b c", "a b", ["planned hop 2 not in the story: b-1 → c-1"]),
    ("a b", "a b c d", ["hops 2 to 3 not planned: b-1 → c-1 → d-1"]),
    ("a b c d", "a b x c d", ["hops 2 to 3: planned b-1 → c-1, gone b-1 → x-1 → c-1"])])
def test_what_differs_is_said_by_hop(plan: str, result: str, lines: list[str]) -> None:
    assert diff(sequence(plan), sequence(result)) == lines


def test_another_section_is_said() -> None:
    assert diff(sequence("a b"), sequence("a b", "2")) == [
        "hop 1 (a-1 → b-1) was planned for section 1 and is in section 2"]


def test_seeds_that_an_older_program_has_cut_mean_the_same() -> None:
    plan = parse_sequence(b"c1,c2,section\nblue eye-7823,blue eye-4448,1\n")
    result = parse_sequence(b"c1,c2,section\nblue eye-7823859632332002,blue eye-4448535586702350,1\n")

    assert diff(plan, result) == []
    assert summary(plan, result) == "1 hops planned in 1 sections, 1 in the story in 1; 1 the same"


def test_bridges_are_said(tmp_path: Path) -> None:
    song = make_song(tmp_path / "hills", edges="none")
    build_story(song, BuildOptions(bridge=True))

    lines = diff_files(*plan_and_result(song, "main"))

    assert len(lines) == 5
    assert all("is a morph, because its transition is missing" in line for line in lines)


def test_the_plan_by_which_transitions_were_made_is_kept_beside_the_result(tmp_path: Path) -> None:
    song = make_song(tmp_path / "hills")
    (song / "story").mkdir()
    planned = b",scene_from,c1,c2,section,reversed,input_image_folder\n0,dawn,dawn-1001,dusk-9006,1,False,\n"
    (song / "story" / "trans_sequence_gen.csv").write_bytes(planned)

    report = build_story(song, BuildOptions())

    assert (report.folder / "trans_sequence_gen.csv").read_bytes() == planned
    assert any("planned dawn-1001 → dusk-9006" in line for line in diff_files(*plan_and_result(song, "main")))


def test_a_story_without_a_plan_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"trans_sequence_gen\.csv is not there"):
        plan_and_result(tmp_path, "main")
