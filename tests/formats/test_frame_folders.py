"""Folders of frames judged by their names: numbers, gaps, doubles, copies, empty files, case."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import MissingFile
from server.library.formats.frame_folders import (
    FrameFolder,
    TransitionName,
    doubled_folders,
    frames_of_names,
    original_of,
    parse_transition_name,
    scan_frame_folder,
)


def folder(*names: str, empty: tuple[str, ...] = ()) -> FrameFolder:
    return frames_of_names([*((name, 9) for name in names), *((name, 0) for name in empty)])


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("far dunes-1001 to harbour_1-42", ("far dunes-1001", "harbour_1-42")),
        ("a-1 to b-2", ("a-1", "b-2")),
        ("road to nowhere-1001 to end-2", ("road to nowhere-1001", "end-2")),
        ("end-2 to road to nowhere-1001", ("end-2", "road to nowhere-1001")),
        ("a-b-1 to c-2", ("a-b-1", "c-2")),
        ("a-1 to b-2 to c-3", ("a-1", "b-2 to c-3")),
    ],
)
def test_names_of_transitions(name: str, ends: tuple[str, str]) -> None:
    assert parse_transition_name(name) == TransitionName(*ends)
    assert str(parse_transition_name(name)) == name


@pytest.mark.parametrize("name", ["", "a-1", "a to b", "a-1 to b", "a_1 to b_2", "wrong_num_images", "a-1to b-2"])
def test_what_is_no_name_of_a_transition(name: str) -> None:
    assert parse_transition_name(name) is None


def test_a_whole_folder_has_no_problem() -> None:
    found = folder(*(f"frame{number:06d}.png" for number in range(20)))
    assert found.problems(20) == ()
    assert found.remarks() == ()
    assert found.in_order()[-1] == "frame000019.png"
    assert found.problems(50) == ("20 frames, and the settings ask for 50",)


def test_everything_that_synced_drives_and_crashes_leave() -> None:
    found = folder("frame000000.png", "frame000001.png", "frame000001 (1).png", "Copy of frame000000.png",
                   "FRAME000003.PNG", "frame000003.png", "frame7.jpg", "desktop.ini",
                   ".DS_Store", "notes.txt", "frame000008.png.part", "sub/", empty=("frame000004.png",))
    assert found.in_order() == (*(f"frame00000{number}.png" for number in (0, 1, 3, 4)), "frame7.jpg")
    assert found.missing == (2, 5, 6)
    assert found.doubled == ("FRAME000003.PNG",)
    assert found.copies == ("Copy of frame000000.png", "frame000001 (1).png")
    assert found.empty == ("frame000004.png",)
    assert found.unfinished == ("frame000008.png.part",)
    assert found.others == ("notes.txt", "sub/")
    words = "\n".join(found.problems())
    for part in ("3 frames missing: 2, 5 to 6", "1 file empty (0 bytes): frame000004.png", "not written to the end",
                 "1 frame there twice: FRAME000003.PNG"):
        assert part in words
    assert "2 copies made by a synced drive" in found.remarks()[0]


def test_of_two_files_with_one_number_the_one_with_content_counts() -> None:
    found = frames_of_names([("frame000000.png", 0), ("frame0.png", 5)])
    assert found.frames == {0: "frame0.png"}
    assert found.empty == ()
    assert found.doubled == ("frame000000.png",)


def test_an_empty_folder_and_a_stray_number() -> None:
    assert folder().problems() == ("no frames are in it",)
    assert len(folder("frame000000.png", "frame999999999.png").missing) == 100_000


@pytest.mark.parametrize(
    ("name", "original"),
    [("frame000001 (1).png", "frame000001.png"), ("frame000001(12).png", "frame000001.png"), ("a (1)", "a"),
     ("a - Copy.png", "a.png"), ("a - Kopie (2).png", "a.png"), ("Copy of a.png", "a.png"), ("a copy 2.mov", "a.mov"),
     ("a-1 to b-2 (1)", "a-1 to b-2"), ("frame000001.png", None), ("a (final).png", None), ("(1).png", None)],
)
def test_names_of_copies(name: str, original: str | None) -> None:
    assert original_of(name) == original


def test_folders_that_are_there_twice() -> None:
    names = ["a-1 to b-2", "A-1 to b-2", "a-1 to b-2 (1)", "c-1 to d-2", "Büh-1 to x-2", "Bu\u0308h-1 to x-2"]
    assert doubled_folders(names) == {"A-1 to b-2": ("a-1 to b-2", "a-1 to b-2 (1)"),
                                      "Bu\u0308h-1 to x-2": ("Büh-1 to x-2",)}


def test_a_folder_on_disk(tmp_media: Path) -> None:
    for number in (0, 2):
        (tmp_media / f"frame{number:06d}.png").write_bytes(b"x" * number)
    (tmp_media / "frame000001.png").mkdir()
    found = scan_frame_folder(tmp_media)
    assert (found.missing, found.empty, found.others) == ((1,), ("frame000000.png",), ("frame000001.png/",))
    with pytest.raises(MissingFile):
        scan_frame_folder(tmp_media / "nowhere")


@given(st.sets(st.integers(0, 60), max_size=40), st.integers(0, 3))
def test_frames_and_gaps_together_are_all_numbers(numbers: set[int], seed: int) -> None:
    found = folder(*(f"frame{number:0{6 - seed}d}.png" for number in numbers))
    assert set(found.frames) == numbers
    assert set(found.frames) | set(found.missing) == set(range(max(numbers, default=-1) + 1))


@given(st.lists(st.tuples(st.text("frame0123456789 ().pngPNGJ-Copyof", max_size=20) | st.text(max_size=8),
                          st.integers(0, 2)), max_size=12))
def test_every_name_is_accounted_for(files: list[tuple[str, int]]) -> None:
    found = frames_of_names(files)
    for name, _ in files:
        assert name in (*found.frames.values(), *found.doubled, *found.copies, *found.unfinished, *found.others) \
            or name.startswith(".")
