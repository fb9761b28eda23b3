"""Stories built of real small movies, judged by bytes: frames, seams, seeds, kills, locks."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from built_songs import (
    FRAMES,
    build,
    expected_frames,
    frames_of,
    make_song,
    movies,
    pictures,
    write_scenes,
)

from server.errors import Cancelled, LibraryError
from server.library.sequence_source import entries_of_sequence
from server.library.songs.stories import UNFINISHED, read_stories, read_story
from server.library.songs.story_lock import LOCK, read_lock
from server.media.indexing import index_of
from server.media.join import join
from server.production.build_steps import Step, StepState
from server.production.story_build import build_story
from server.production.story_plan import BuildOptions

WHOLE = "hills_main_combined.mov"
REAL_SONGS = Path(__file__).parents[1] / "data" / "songs"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_song(tmp_path / "hills")


def test_a_story_is_every_frame_of_its_way_with_each_joint_once(song: Path) -> None:
    report = build(song)

    assert [hop.section for hop in report.lock.hops] == ["1", "1", "1", "1", "2"]
    whole = frames_of(report.folder / WHOLE)
    assert whole == expected_frames(song, report)
    first, second = (frames_of(report.folder / each.movie) for each in report.lock.sections)
    assert first[-1] == second[0]
    assert first + second[1:] == whole
    assert not list(song.rglob("*.part"))
    assert not (report.folder / UNFINISHED).exists()


def test_marks_at_every_joint_say_picture_prompt_seed_and_scene(song: Path) -> None:
    report = build(song)

    index = index_of(report.folder / WHOLE)
    hops = report.lock.hops
    assert [mark.frame for mark in index.marks] == [number * (FRAMES - 1) for number in range(len(hops) + 1)]
    way = [*(hop.first for hop in hops), hops[-1].second]
    assert [mark.seed for mark in index.marks] == [picture.seed for picture in way]
    assert [mark.prompt for mark in index.marks] == [f"a {picture.name} over hills" for picture in way]
    assert [mark.picture for mark in index.marks] == [report.lock.stage[picture] for picture in way]
    assert all(picture.node in mark.name for mark, picture in zip(index.marks, way, strict=True))


def test_the_same_seed_is_the_same_bytes_and_another_one_another_way(tmp_path: Path) -> None:
    one, other = make_song(tmp_path / "a" / "hills"), make_song(tmp_path / "b" / "hills")

    reports = [build(each, seed=7) for each in (one, other)]

    assert movies(reports[0].folder) == movies(reports[1].folder)
    ways = {build(one, seed=seed, label=f"seed {seed}").lock.hops for seed in range(6)}
    assert len(ways) > 1


def test_a_second_build_has_nothing_to_do(song: Path) -> None:
    first = build(song)
    stamps = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}

    again = build(song)

    assert again.kept
    assert {path: path.stat().st_mtime_ns for path in first.folder.iterdir()} == stamps


def test_a_stopped_build_keeps_what_is_whole_and_resumes_to_the_same_bytes(song: Path, tmp_path: Path) -> None:
    whole = movies(build(song, label="uncut", seed=3).folder)
    seen: list[Sequence[Step]] = []

    def in_the_whole() -> bool:
        return any(step.name == "whole" and step.state is StepState.RUNNING and step.done > 5 for step in seen[-1])

    with pytest.raises(Cancelled, match="--resume"):
        build_story(song, BuildOptions(label="cut", seed=3), observer=seen.append, cancelled=in_the_whole)

    folder = song / "stories" / "cut"
    assert sorted(movies(folder)) == ["section_1.mov", "section_2.mov"]
    assert not list(folder.glob("*.part"))
    assert "--resume" in read_story(song, "cut").problem
    assert seen[-1][[step.name for step in seen[-1]].index("whole")].state is StepState.STOPPED
    stamps = {path: path.stat().st_mtime_ns for path in folder.glob("*.mov")}

    report = build(song, label="cut", resume=True)

    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert sorted(movies(folder).values()) == sorted(whole.values())
    assert report.lock.seed == 3


def test_a_killed_build_leaves_nothing_half_and_resumes(song: Path, tmp_path: Path) -> None:
    code = f"""
import os
from pathlib import Path
from server.production.story_build import build_story
from server.production.story_plan import BuildOptions
from server.production.story_verify import story_seams
def watch(steps):
    if any(step.name == "section 2" and step.done > 2 for step in steps):
        os._exit(9)
build_story(Path({str(song)!r}), BuildOptions(seed=5), observer=watch)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 9
    folder = song / "stories" / "main"
    assert list(folder.glob("section_2.mov.part"))
    section = (folder / "section_1.mov").stat().st_mtime_ns

    report = build(song, resume=True)

    assert (folder / "section_1.mov").stat().st_mtime_ns == section
    assert not list(song.rglob("*.part"))
    assert frames_of(folder / WHOLE) == expected_frames(song, report)
    assert report.lock.seed == 5


def test_resume_without_anything_to_go_on_with_is_refused(song: Path) -> None:
    with pytest.raises(LibraryError, match="no unfinished build"):
        build(song, resume=True)


def test_missing_transitions_stop_the_build_with_a_list_and_the_command(tmp_path: Path) -> None:
    dawn, noon = (pictures(scene)[0] for scene in ("dawn", "noon"))
    song = make_song(tmp_path / "hills", edges=[(dawn, noon)])
    write_scenes(song, [("dawn", 0, 1), ("noon", 0, 1), ("dusk", 0, 1)])

    with pytest.raises(LibraryError, match="missing") as caught:
        build(song)

    text = str(caught.value)
    assert "noon-" in text
    assert "song plan" in text
    assert "--bridge" in text
    assert not list((song / "stories").rglob("*.mov"))


def test_the_result_is_written_in_the_form_of_the_older_programs(song: Path) -> None:
    report = build(song)

    with (report.folder / "trans_sequence_main.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:8] == ["", "path_section", "section", "scene_from", "c1", "c2", "reversed",
                                 "input_image_folder"]
    for row, hop in zip(rows, report.lock.hops, strict=True):
        first, _, second = Path(row["input_image_folder"]).stem.partition(" to ")
        assert (row["c1"], row["c2"]) == (hop.first.node, hop.second.node)
        assert (second, first) == (row["c1"], row["c2"]) if row["reversed"] == "True" else (
            (first, second) == (row["c1"], row["c2"]))
    assert (report.folder / "trans_sequence_gen.csv").read_text(encoding="utf-8").startswith(",scene_from,c1,c2")
    assert (report.folder / "videos.txt").is_file()


def test_stories_are_listed_with_what_a_cue_needs(song: Path) -> None:
    report = build(song)

    story, = read_stories(song)

    assert (story.name, story.locked, story.playable, story.approved) == ("main", True, True, False)
    assert [section.movie for section in story.sections] == ["stories/main/section_1.mov", "stories/main/section_2.mov"]
    assert all(section.marks and section.frames for section in story.sections)
    assert story.whole == f"stories/main/{WHOLE}"
    lock = read_lock(report.folder)
    assert lock == report.lock
    assert (report.folder / LOCK).stat().st_size > 0


def test_ctrl_c_leaves_only_what_is_whole(song: Path) -> None:
    seen: list[Sequence[Step]] = []

    def watch(steps: Sequence[Step]) -> None:
        seen.append(steps)
        if any(step.name == "section 1" and step.state is StepState.RUNNING and step.done == 3 for step in steps):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_story(song, BuildOptions(), observer=watch)

    assert not list(song.rglob("*.part"))
    assert not movies(song / "stories" / "main")
    assert next(step for step in seen[-1] if step.name == "section 1").state is StepState.STOPPED


def test_sections_that_files_cannot_tell_apart_get_names_of_their_own(song: Path, tmp_path: Path) -> None:
    a, b, c = pictures("dawn")
    edited = tmp_path / "edited.csv"
    rows = [(a, b, "x/y"), (b, c, "X-Y"), (c, a, "x/y"), (a, c, "..")]
    edited.write_text("c1,c2,section\n" + "".join(f"{one.node},{two.node},{name}\n" for one, two, name in rows),
                      encoding="utf-8")

    lock = build(song, hops_file=edited).lock

    assert len({each.movie.casefold() for each in lock.sections}) == 4
    assert lock.sections[0].movie == "section_x-y.mov"
    assert all((song / "stories" / "main" / each.movie).is_file() for each in lock.sections)


def test_the_result_joins_to_the_very_same_frames(song: Path, tmp_path: Path) -> None:
    report = build(song)

    entries = entries_of_sequence(report.folder / "trans_sequence_main.csv")
    join(entries, tmp_path / "joined.mov")

    assert frames_of(tmp_path / "joined.mov") == frames_of(report.folder / WHOLE)
