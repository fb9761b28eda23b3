"""A whole song made by a worker: what is whole stays, what is damaged is made again, what does not fit gets smaller."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import painters
import pytest

import cli
from server.errors import InputError, OutOfRange, OutputError
from server.index.reader import FrameReader
from server.library.formats.observations import Observation, format_observations
from server.library.formats.prompt_definitions import FILE_NAME
from server.library.songs.new_song import make_song
from server.library.songs.recipe import recipe_of
from server.library.songs.song_folder import open_song
from server.media.indexing import index_of
from server.media.part_file import write_file
from server.production import making
from server.production.make_report import report_lines
from server.production.making import MakeChoice, MakeReport, Progress, SongMaker, check_choice
from server.production.making_claim import alone_in
from server.production.run_log import RunLog
from server.production.song_check import check_song
from server.production.song_movies import wanted
from server.production.workbench import Workbench

sys.path.append(str(Path(__file__).parents[1] / "render"))
from inline_pool import InlinePool

MODEL = "abc123"
CHOICE = MakeChoice(MODEL, frames=5, judge=False)
TABLE = "name,prompt,seeds,guidance_scale,negative_prompt\nsun,a sun,1001 1002,7.5,dull\nsea,the sea,2001 2002,,\n"

Run = Callable[..., MakeReport]


@pytest.fixture
def song(tmp_path: Path) -> Path:
    make_song(tmp_path / "emit", size=(64, 64), frames=5)
    (tmp_path / "emit" / FILE_NAME).write_text(TABLE, encoding="utf-8")
    return tmp_path / "emit"


@pytest.fixture
def make(song: Path, tmp_path: Path) -> Iterator[Run]:
    """Makes the song as a choice says; `room` is the memory of the card in pixels."""
    pools: list[InlinePool] = []

    def run(choice: MakeChoice = CHOICE, *, room: int = 0, cancelled: Callable[[], bool] | None = None,
            progress: Progress | None = None) -> MakeReport:
        pools.append(InlinePool(painters.TABLE, options={"room": room}))
        ticks = itertools.count()
        bench = Workbench(pools[-1], RunLog(tmp_path / "models"), lambda: float(next(ticks)), cancelled=cancelled)
        return SongMaker(song, bench, choice, "2026-11-20 12.00.00", progress).run()

    yield run
    for pool in pools:
        pool.close()


@pytest.fixture
def planned(song: Path, make: Run) -> Path:
    """All pictures, and a plan."""
    make()
    assert cli.main(["song", "plan", str(song)]) == 0
    return song


def test_every_picture_is_made_and_says_what_it_was_made_from(song: Path, make: Run) -> None:
    report = make()

    assert sorted(report.pictures.made) == [f"prompt_images/{name}.jpg" for name in (
        "sea_2001", "sea_2002", "sun_1001", "sun_1002")]
    assert (report.pictures.left, report.device, report.stopped) == ([], painters.DEVICE, False)
    recipe = recipe_of((song / "prompt_images" / "sun_1001.jpg").read_bytes())
    assert (recipe["prompt"], recipe["seed"], recipe["model"], recipe["guidance"], recipe["negative"]) == (
        "a sun", "1001", MODEL, 7.5, "dull")
    assert not check_song(song).bad
    assert make().pictures.made == []


def test_planned_transitions_walk_between_pictures_of_the_model(planned: Path, make: Run) -> None:
    asked = wanted(open_song(planned))
    report = make()

    assert len(report.transitions.made) == len(asked) > 0
    graph = open_song(planned)
    for edge in (each.edge for each in asked):
        found = graph.transitions[edge]
        index = index_of(planned / found.movie)
        with FrameReader(planned / found.movie, index) as reader:
            ends = [(planned / graph.pictures[which].file).read_bytes() for which in (found.first, found.second)]
            assert [reader.read(0), reader.read(index.count - 1)] == ends, "a picture of the song's size is the frame"
        made = dict(index.made or {})
        assert (made["generator"], made["model"], index.count) == ("walk", MODEL, 5)
    assert not check_song(planned).bad
    assert index_of(planned / "stills.mov").count == len(graph.pictures), "all of them can be stood on at once"
    assert make().transitions.made == []


def test_pictures_of_another_model_are_bridged_and_without_a_model_morphed(planned: Path, make: Run) -> None:
    one = make(replace(CHOICE, model="other", most=1)).transitions.made[0]
    other = make(MakeChoice(frames=5, judge=True, most=1)).transitions.made[0]

    assert dict(index_of(planned / one).made or {})["generator"] == "bridge"
    morph = dict(index_of(planned / other).made or {})
    assert morph["generator"] == "morph"
    assert morph["judgement"]["identical_ends"] == [True, True]


def test_without_a_model_missing_pictures_are_said(song: Path, make: Run) -> None:
    report = make(MakeChoice(frames=5))
    assert report.pictures.made == []
    assert report.pictures.left[0][0] == "4 pictures"


def test_what_is_damaged_is_put_aside_and_made_again(song: Path, make: Run) -> None:
    make()
    whole = (song / "prompt_images" / "sea_2001.jpg").read_bytes()
    (song / "prompt_images" / "sea_2001.jpg").write_bytes(whole[:200])

    report = make()

    assert report.put_aside == ("prompt_images/sea_2001.jpg",)
    assert report.pictures.made == ["prompt_images/sea_2001.jpg"]
    assert (song / "prompt_images" / "sea_2001.jpg").read_bytes() == whole
    assert list((song / "quarantine").rglob("sea_2001.jpg"))


def test_one_that_cannot_be_made_does_not_keep_the_others_back(song: Path, make: Run) -> None:
    (song / FILE_NAME).write_text(TABLE + "hell,something impossible,1,,\nnone,,1,,\n", encoding="utf-8")
    report = make()

    assert len(report.pictures.made) == 4
    assert dict(report.pictures.left) == {
        "hell_1": "this prompt cannot be painted; write another one", "none_1": "it has no prompt"}


def test_stopped_it_keeps_what_is_whole_and_goes_on(song: Path, make: Run) -> None:
    report = make(cancelled=(song / "prompt_images" / "sun_1002.jpg").exists)

    assert report.stopped
    there = len(list((song / "prompt_images").glob("*.jpg")))
    assert 0 < there < 4
    assert len(make().pictures.made) == 4 - there


def test_what_did_not_fit_is_made_smaller_and_remembered(planned: Path, make: Run, tmp_path: Path) -> None:
    report = make(room=64 * 64 * 3)

    assert report.transitions.left == []
    made = [dict(index_of(planned / path).made or {})["batches"] for path in report.transitions.made]
    assert made == [[2]] * len(made)
    assert any("in batches of 2" in note for note in report.notes)
    failed = [run.batch for run in RunLog(tmp_path / "models").runs if not run.fits]
    assert failed == [8, 4], "tried once, then known"


def test_what_fits_by_no_means_is_left_with_the_reason(song: Path, make: Run) -> None:
    report = make(room=10)
    assert report.pictures.made == []
    assert all("not even one frame" in reason for _, reason in report.pictures.left)


@pytest.fixture
def left(song: Path, tmp_path: Path) -> Iterator[Callable[..., float | None]]:
    """How many seconds the song would take; each job takes one in these tests."""
    pool = InlinePool(painters.TABLE)
    yield lambda choice=CHOICE: SongMaker(song, Workbench(pool, RunLog(tmp_path / "models"), lambda: 0.0), choice,
                                          "now").seconds_left()
    pool.close()


def test_the_time_it_will_take_is_known_once_something_was_made(planned: Path, make: Run,
                                                                left: Callable[[], float | None]) -> None:
    count = len(wanted(open_song(planned)))
    assert left() is None
    make(replace(CHOICE, most=1))
    assert left() == pytest.approx((count - 1) * 1.0)


def test_the_time_counts_morphs_and_judging(planned: Path, make: Run, left: Callable[..., float | None]) -> None:
    count, morphs = len(wanted(open_song(planned))), MakeChoice(frames=5)
    assert count > 2
    assert left(morphs) is None, "nothing like it was made here"
    make(replace(morphs, most=1, judge=False))
    assert left(replace(morphs, judge=False)) == pytest.approx(count - 1)
    make(replace(morphs, most=1))
    # What the first run made without figures was judged by the second.
    assert left(morphs) == pytest.approx(2 * (count - 2))


def test_what_an_older_program_saw_fail_on_this_card_is_told_before_and_in_the_report(
        planned: Path, make: Run, tmp_path: Path) -> None:
    (planned / "interpolation_observations.txt").write_bytes(format_observations([
        Observation("1", painters.DEVICE, 64, 64, 2, 2, success=False)]))
    with closing(InlinePool(painters.TABLE)) as pool:
        maker = SongMaker(planned, Workbench(pool, RunLog(tmp_path / "models"), lambda: 0.0), CHOICE, "now")
        (told,) = maker.warnings()
    assert "64×64 to 5 frames failed before" in told
    assert told in make(replace(CHOICE, most=1)).notes
    assert not make(MakeChoice(frames=5, most=1)).notes, "morphs need no card"


def test_how_far_a_model_is_loaded_passes_by_and_is_not_kept(
        song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[str] = []
    with closing(InlinePool(painters.TABLE)) as pool:
        maker = SongMaker(song, Workbench(pool, RunLog(tmp_path / "models"), lambda: 0.0), CHOICE, "now",
                          passing=passed.append)
        maker._bench.say("preparing", "reading turbo (1 of 5)")
        maker._bench.say("size", "565 → 560")
    assert passed == ["reading turbo (1 of 5)"]
    assert list(maker.report.notes) == ["565 → 560"]


def test_the_time_counts_transitions_between_pictures_that_are_still_to_come(
        planned: Path, make: Run, left: Callable[[], float | None]) -> None:
    make()
    gone = [planned / "prompt_images" / f"{name}.jpg" for name in ("sun_1001", "sun_1002", "sea_2001", "sea_2002")]
    for path in [*gone, *(planned / "transitions").iterdir()]:
        path.unlink()
    graph = open_song(planned)
    count = len(wanted(graph, graph.pictures))
    assert count > 0
    assert left() == pytest.approx(4 + count)
    assert not list((planned / "transitions").iterdir())


def test_a_damaged_picture_does_not_keep_the_time_from_being_told(planned: Path, make: Run,
                                                                  left: Callable[[], float | None]) -> None:
    make(replace(CHOICE, most=1))
    for path in (planned / "prompt_images").glob("*.jpg"):
        path.write_bytes(path.read_bytes()[:300])
    left()


def test_names_that_no_file_can_have_are_left_and_lead_nowhere(song: Path, make: Run) -> None:
    (song / FILE_NAME).write_text(TABLE + "../../out,a dog,1,,\nhell/x,a cat,1,,\nnul,a cow,1,,\n", encoding="utf-8")
    report = make()

    assert [len(report.pictures.made), len(report.pictures.left)] == [4 + 1, 2], "nul_1 is no device"
    assert all("rename it" in why for _, why in report.pictures.left)
    assert not list(song.parent.rglob("*out_1*")) + list(song.rglob("hell*"))


def test_a_picture_whose_file_is_in_the_way_does_not_keep_the_others_back(song: Path, make: Run) -> None:
    def appear(stage: str, done: int, _of: int) -> None:
        if (stage, done) == ("pictures", 1):
            (song / "prompt_images" / "sun_1002.jpg").write_bytes(b"somebody's")

    report = make(progress=appear)
    assert len(report.pictures.made) == 3
    assert "there already" in report.pictures.left[0][1]


def test_a_prompt_of_any_length_ends_no_worker(song: Path, make: Run) -> None:
    (song / FILE_NAME).write_text(f"name,prompt,seeds\nlong,{'red cat ' * 9000},1\nsun,a sun,2\n", encoding="utf-8")
    report = make()

    assert len(report.pictures.made) == 1
    [(name, why)] = report.pictures.left
    assert name == "long_1"
    assert "shorten it" in why


def test_only_one_program_makes_a_song(song: Path, make: Run) -> None:
    with alone_in(song), pytest.raises(OutputError, match="another program"):
        make()
    assert len(make().pictures.made) == 4
    assert not list((song / ".interscene").glob("making*"))


def test_who_was_killed_keeps_nobody_from_making_it(song: Path, make: Run) -> None:
    (song / ".interscene").mkdir(exist_ok=True)
    (song / ".interscene" / "making").write_bytes(b"")
    assert len(make().pictures.made) == 4


def test_a_song_that_is_renamed_meanwhile_does_not_grow_where_it_was(planned: Path, make: Run) -> None:
    elsewhere = planned.with_name("other name")

    def rename(stage: str, done: int, _of: int) -> None:
        if (stage, done) == ("transitions", 1):
            planned.rename(elsewhere)

    report = make(progress=rename)
    assert "not there any more" in report.trouble
    assert report.transitions.made == []
    assert not planned.exists()
    elsewhere.rename(planned)
    assert make().transitions.left == []
    assert not list(planned.rglob("*.part"))


def test_a_full_disk_ends_it_and_what_was_made_is_told(song: Path, make: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []

    def until_full(path: Path, data: bytes, *, overwrite: bool = True) -> None:
        if len(written) == 2:
            raise OutputError("the disk is full; free some space and try again")
        written.append(path)
        write_file(path, data, overwrite=overwrite)

    monkeypatch.setattr(making, "write_file", until_full)
    report = make()

    assert (len(report.pictures.made), report.stopped) == (2, False)
    assert report.device == painters.DEVICE
    lines = "\n".join(report_lines(report))
    assert "2 of 4 made" in lines
    assert "it ended early: the disk is full" in lines


def test_ctrl_c_ends_it_with_what_is_known(song: Path, make: Run) -> None:
    def interrupt(_stage: str, done: int, _of: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    report = make(progress=interrupt)
    assert (report.stopped, report.device, len(report.pictures.made)) == (True, painters.DEVICE, 1)
    lines = report_lines(report)
    assert lines[0].startswith("pictures: 1 of 4 made")
    assert not any("nothing to make" in line for line in lines)


def test_what_was_made_and_not_yet_judged_is_judged_by_the_next_run(planned: Path, make: Run) -> None:
    [path] = make(replace(CHOICE, most=1)).transitions.made
    assert "judgement" not in (index_of(planned / path).made or {})

    make(replace(CHOICE, most=1, judge=True))

    index = index_of(planned / path)
    assert "judgement" in (index.made or {})
    assert all(mark.prompt for mark in index.marks)


def test_damaged_stage_frames_are_made_again(planned: Path, make: Run) -> None:
    make(replace(CHOICE, most=1))
    for path in (planned / "stage_frames").glob("*.jpg"):
        path.write_bytes(path.read_bytes()[:100])
    assert make().transitions.left == []


def test_a_report_is_plain_values(song: Path, make: Run) -> None:
    document = make().document()
    assert document["pictures"]["frames"] == 4
    assert document["pictures"]["seconds_a_frame"] > 0
    assert document["transitions"]["seconds_a_frame"] is None


@pytest.mark.parametrize("choice", [MakeChoice(mode="bridge"), MakeChoice(frames=2), MakeChoice("m", mode="nonsense"),
                                    MakeChoice(quality=0), MakeChoice("m", steps=0), MakeChoice("m", depth=2.0)])
def test_nonsense_is_refused_before_anything_begins(choice: MakeChoice) -> None:
    with pytest.raises((InputError, OutOfRange)):
        check_choice(choice)


@pytest.mark.parametrize(("table", "told"), [
    ("name,prompt\nsun,a sun\n", "no column 'seeds'"), ("", "empty"), ("foo;bar\n1;2\n", "foo"),
    ("name,prompt,seeds\n" + "".join(f"p{number},x,\n" for number in range(30)), "26 more")])
def test_a_list_of_which_nothing_can_be_made_says_why(song: Path, make: Run, table: str, told: str) -> None:
    make()
    (song / FILE_NAME).write_text(table, encoding="utf-8")
    report = make()
    assert told in "\n".join(report_lines(report))
    assert len(report.notes) < 10
