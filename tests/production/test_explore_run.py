"""Exploring makes pictures, each with its recipe, and a sheet; keeping them puts them into the song."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import painters
import pytest

from server.errors import InputError, OutOfRange
from server.library.songs.new_song import make_song
from server.library.songs.recipe import recipe_of
from server.library.songs.song_folder import open_song
from server.media.picture import picture_size
from server.production.explore_run import ExploreChoice, ExploreReport, explore
from server.production.exploring import decide, explored
from server.production.run_log import RunLog
from server.production.subjects import definitions_of, subjects
from server.production.workbench import Workbench

sys.path.append(str(Path(__file__).parents[1] / "render"))
from inline_pool import InlinePool

Run = Callable[..., ExploreReport]


@pytest.fixture
def song(tmp_path: Path) -> Path:
    make_song(tmp_path / "emit", size=(96, 64))
    return tmp_path / "emit"


@pytest.fixture
def run(song: Path, tmp_path: Path) -> Iterator[Run]:
    pool = InlinePool(painters.TABLE)

    def go(*words: str, cancelled: Callable[[], bool] | None = None,
           progress: Callable[[int, int], None] | None = None, **choice: object) -> ExploreReport:
        bench = Workbench(pool, RunLog(tmp_path / "models"), lambda: 0.0, cancelled=cancelled)
        wanted = subjects(definitions_of(song), words)
        return explore(song, bench, wanted, ExploreChoice("m", **choice),  # type: ignore[arg-type]
                       random.Random(1), progress)

    yield go
    pool.close()


def test_from_a_prompt_to_pictures_of_the_song(song: Path, run: Run) -> None:
    report = run("fire=a burning tree", "A quiet sea, at dawn", count=5)

    assert [len(explored(song, name)) for name in ("fire", "a_quiet_sea")] == [5, 5]
    assert all(picture_size(sheet)[0] > 300 for sheet in report.sheets.values())
    first = explored(song, "fire")[0]
    assert picture_size(first) == (96, 64)
    assert recipe_of(first.read_bytes())["prompt"] == "a burning tree"

    decide(song, "fire", ["0", "2-3"], ["all"])

    graph = open_song(song)
    assert len(graph.pictures) == 3
    assert {picture.prompt for picture in graph.pictures.values()} == {"a burning tree"}
    again = run("fire", count=5)
    assert not {path.name for path in again.made} & {path.name for path in report.made}


def test_seeds_that_are_named_and_settings_for_this_time(song: Path, run: Run) -> None:
    report = run("fire=a burning tree", seeds=(7, 2 ** 60), guidance=3.0, negative="rain", size=(64, 64))

    assert [path.name for path in report.made] == ["fire_7.jpg", f"fire_{2 ** 60}.jpg"]
    recipe = recipe_of(report.made[1].read_bytes())
    assert (recipe["seed"], recipe["guidance"], recipe["negative"]) == (str(2 ** 60), 3.0, "rain")


def test_what_cannot_be_made_is_said_and_the_rest_is_made(run: Run) -> None:
    report = run("hell=something impossible", "fire=a burning tree", count=2)

    assert len(report.made) == 2
    assert [reason for _, reason in report.left] == ["this prompt cannot be painted; write another one"] * 2
    assert list(report.sheets) == ["fire"]


def test_stopped_it_keeps_what_was_made_and_draws_it(song: Path, run: Run) -> None:
    report = run("fire=a burning tree", count=6, cancelled=lambda: len(explored(song, "fire")) >= 2)

    assert report.stopped
    assert len(explored(song, "fire")) == 2
    assert report.sheets["fire"].is_file()


@pytest.mark.parametrize("choice", [{"count": 0}, {"steps": 0}, {"size": (1, 1)}, {"seeds": (-1,), "decoder": "none"}])
def test_nonsense_makes_nothing(song: Path, run: Run, choice: dict[str, object]) -> None:
    with pytest.raises((InputError, OutOfRange)):
        run("fire=a burning tree", **choice)
    assert explored(song, "fire") == []


def test_ctrl_c_draws_what_there_is(song: Path, run: Run) -> None:
    def interrupt(done: int, _of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    report = run("fire=a burning tree", count=6, progress=interrupt)
    assert report.stopped
    assert len(report.made) == 2
    assert report.sheets["fire"].is_file()


def test_a_song_that_is_renamed_meanwhile_does_not_grow_where_it_was(song: Path, run: Run) -> None:
    def rename(done: int, _of: int) -> None:
        if done == 1:
            song.rename(song.with_name("other"))

    report = run("fire=a burning tree", count=3, progress=rename)
    assert "not there any more" in report.trouble
    assert not song.exists()


def test_the_same_seed_twice_is_one_picture(run: Run) -> None:
    assert len(run("fire=a burning tree", seeds=(7, 7)).made) == 1


def test_a_damaged_picture_on_the_sheet_stops_nothing(song: Path, run: Run) -> None:
    run("fire=a burning tree", count=2)
    path = explored(song, "fire")[0]
    path.write_bytes(path.read_bytes()[:100])
    assert len(run("fire=a burning tree", count=2).made) == 2
