"""What the maker does at the end of things: disks without room, panic, figures, and a card that is shared."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from maker_desk import FRAMES, Desk, picture

from server.app.beginnings import Beginnings
from server.app.making_task import Task
from server.index.opening import open_index
from server.library.models.model import Licence, Model
from server.show.events import Health, Jobbed, JobOrder, JobTold, NeedDetour, NeedJob
from server.show.making_state import Recipe

MOVIE = "song/transitions/a-1 to b-1.mov"
TURBO = Model(Path(), "c0ffee" * 8, "turbo", "checkpoint", "sd2", "turbo", 1, "kl", "epsilon", ".", 1, Licence())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(Desk(tmp_path)) as desk:
        yield desk


def test_every_movie_is_judged_and_says_how_far_it_had_to_step_down(
        desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[tuple[Path, int]] = []
    monkeypatch.setattr(desk.maker.floor.bench.judging, "add", lambda movie, frames: judged.append((movie, frames)))
    desk.want()
    job, sink, _ = desk.only()
    sink.note(job.id, "rung", "every second frame")
    desk.frames(1, FRAMES - 2).done()
    assert judged == [(desk.root / MOVIE, FRAMES)]
    assert (open_index(desk.root / MOVIE).made or {})["rungs"] == "every second frame"


def test_without_room_on_the_disk_nothing_is_begun(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    desk.ask("a-1", "b-1")
    assert desk.told()[-1] == "failed"
    last = [one.job for one in desk.news if isinstance(one, JobTold)][-1]
    assert "make room" in last.reason
    assert desk.pool.jobs == {}
    assert not (desk.root / "song" / "transitions").exists()


def test_panic_ends_what_decks_wait_for_and_holds_the_rest(desk: Desk) -> None:
    desk.want("a-1", "b-1").ask("c-1", "d-1")
    desk.do(JobOrder("panic"))
    assert desk.told("1")[-1] == "cancelled"
    assert desk.told("2") == ["waiting"]
    assert [job.first.name for job, _, _ in desk.pool.jobs.values()] == ["c-1"]  # type: ignore[union-attr]
    assert desk.pool.paused


def test_a_renderer_that_began_anew_counts_its_drops_from_nothing(desk: Desk) -> None:
    for dropped in (100, 100, 3):
        desk.clock.advance(1.0)
        desk.do(Health("td@127.0.0.1:7502", 60.0, 16.0, dropped, on_air=True))
    assert [duty for _, duty in desk.pool.budgets] == [1.0, 0.5]


def test_a_renderer_that_has_gone_holds_nobody_back(desk: Desk) -> None:
    for name, dropped in (("gone", 0), ("gone", 5), ("here", 0)):
        desk.do(Health(f"{name}@127.0.0.1:7502", 60.0, 16.0, dropped, on_air=True))
    assert desk.pool.budgets[-1][1] == 0.5
    for _ in range(12):
        desk.clock.advance(1.0)
        desk.do(Health("here@127.0.0.1:7502", 60.0, 16.0, 0, on_air=True))
    assert desk.pool.budgets[-1][1] == 1.0


def test_a_detour_from_the_very_next_frame_waits_for_that_frame(desk: Desk) -> None:
    desk.want().frames(1, 10)
    desk.do(NeedDetour(5, 1, "1", 11, "c-1", Recipe()))
    assert Jobbed(5, "2") in desk.news
    assert desk.pool.turn is not None
    assert desk.pool.turn.first.jpeg == b"", "it is not there yet"


def test_a_beginning_whose_first_frames_are_gone_is_of_no_use(desk: Desk) -> None:
    job = desk.want().only()[0]
    ahead, wish = (Task("", what, "song", "a-1", "b-1", Recipe(), job=job) for what in ("ahead", "transition"))
    for first, taken in ((5, ()), (1, ((1, b"1"), (2, b"2")))):
        beginnings = Beginnings()
        for number in (first, first + 1):
            beginnings.add(ahead, number, str(number).encode())
        assert beginnings.take(wish) == taken


def test_a_picture_tells_of_loading_and_of_its_steps(desk: Desk) -> None:
    folder = desk.root / "models" / "turbo"
    folder.mkdir(parents=True)
    TURBO.write(folder)
    song = desk.root / "song"
    (song / "prompt_image_definitions.csv").write_text("name,prompt,seeds\n", encoding="utf-8")
    desk.do(NeedJob(1, 1, "song", "picture", recipe=Recipe(seed="42"), name="rose", prompt="a rose"))
    (job, sink, _), = desk.pool.jobs.values()

    def now() -> Task:
        return desk.settle().maker.floor.tasks["1"]

    sink.note(job.id, "preparing", "reading turbo (0 of 5)")
    assert (now().state, now().reason) == ("loading", "reading turbo (0 of 5)")
    sink.started(job.id, 1, {"device": "toy"})
    sink.progress(job.id, 5, 20, 3.0)
    view = now().view()
    assert (view.state, view.reason, view.progress, view.eta) == ("making", "", 5 / 21, 3.0)
    assert (view.mode, view.frames) == ("", 0), "those are of transitions"
    sink.frame(job.id, 0, picture(7))
    sink.done(job.id, {"prompt": "a rose", "seed": "42"})
    assert (now().view().state, now().view().progress) == ("done", 1.0)
