"""The maker with a pool and a planner that answer when told to: who gets what, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from maker_desk import FRAMES, Desk, picture

from server.app.maker import AHEAD, KEPT, KEPT_MOST, OPEN_MAX
from server.app.making_task import Task
from server.errors import OutputError
from server.library.models.model import Licence, Model
from server.library.songs.recipe import recipe_of
from server.render.job import PictureJob, TransitionJob
from server.render.pool import PoolStatus
from server.show.events import (
    Grew,
    Health,
    Jobbed,
    JobOrder,
    JobTold,
    NeedDetour,
    NeedJob,
    Standing,
    Stunted,
    Unused,
    WorkerTold,
)
from server.show.making_state import Recipe


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(Desk(tmp_path)) as desk:
        yield desk


def test_a_wish_becomes_parts_and_then_the_movie(desk: Desk) -> None:
    desk.want()
    job, _, priority = desk.only()
    assert (job.frames, job.start, job.mode, job.rate, priority) == (FRAMES, 1, "morph", Fraction(30), "live")
    desk.frames(1, FRAMES - 2).done()
    assert desk.told() == ["waiting", "making", "done"]
    assert desk.grown()[0] == 8
    assert desk.grown()[-1] == FRAMES
    assert desk.planner.made_ == [("song", "transitions/a-1 to b-1.mov")]
    assert (desk.root / "song/transitions/a-1 to b-1.mov").is_file()


def test_who_plays_it_hears_when_the_machine_gets_slower(desk: Desk) -> None:
    desk.want().frames(1, 10)
    told = [one.growing.due for one in desk.news if isinstance(one, Grew)]
    desk.clock.advance(1.0)
    desk.maker.turn(wait=False)
    later = [one.growing.due for one in desk.news if isinstance(one, Grew)]
    assert len(later) > len(told)
    assert (later[-1] or 0.0) > (told[-1] or 0.0) + 1.0


def test_the_same_wish_twice_is_one_job_also_the_other_way(desk: Desk) -> None:
    desk.want().want().want("b-1", "a-1").ask("a-1", "b-1")
    assert len(desk.pool.jobs) == 1
    assert desk.news.count(Jobbed(1, "1")) == 1


def test_the_pool_knows_who_asks_so_that_all_get_their_turn(desk: Desk) -> None:
    desk.ask("a-1", "b-1", client="osc 10.0.0.9:9000").ask("a-1", "c-1", ticket=2, client="http 10.0.0.8:1")
    desk.want("c-1", "d-1")
    assert desk.pool.clients == ["osc 10.0.0.9:9000", "http 10.0.0.8:1", "deck 1"]


def test_what_was_queued_is_made_first_when_a_deck_waits_for_it(desk: Desk) -> None:
    desk.ask("a-1", "b-1").frames(1, 12)
    assert desk.grown() == [], "nobody waits: parts are long"
    desk.want()
    job, _, priority = desk.only()
    assert (job.start, priority) == (13, "live")
    assert desk.grown() == [13], "what there is can be played at once"
    desk.frames(13, FRAMES - 2).done()
    assert desk.told()[-1] == "done"


def test_what_a_deck_has_left_gives_way_to_what_it_waits_for_now(desk: Desk) -> None:
    desk.want().frames(1, 10).do(JobOrder("relax", "1")).want("a-1", "c-1")
    told = {job.second.name: (job.start, priority) for job, _, priority in desk.pool.jobs.values()
            if isinstance(job, TransitionJob)}
    assert told == {"b-1": (11, "queued"), "c-1": (1, "live")}


def test_what_waits_is_estimated_by_what_others_took(desk: Desk) -> None:
    desk.ask("a-1", "b-1").frames(1, 10, each=0.5)
    desk.ask("c-1", "d-1", ticket=2)
    desk.clock.advance(1.0)
    desk.maker.turn(wait=False)
    told = [one.job for one in desk.news if isinstance(one, JobTold) and one.job.id == "2"][-1]
    assert told.eta == pytest.approx((FRAMES - 1) * 0.5)


def test_what_the_pool_says_of_a_job_that_was_withdrawn_is_not_heard(desk: Desk) -> None:
    desk.ask("a-1", "b-1").frames(1, 3)
    job, sink, _ = desk.only()
    desk.want()
    sink.frame(job.id, 4, picture(4))
    sink.failed(job.id, "cancelled", "it was cancelled", True)
    desk.settle().frames(4, FRAMES - 2).done()
    assert desk.told()[-1] == "done"


def test_a_refusal_of_the_planner_is_the_reason(desk: Desk) -> None:
    desk.planner.refusal = {"say": "endless", "code": "library", "text": "nothing shows b-1 yet"}
    desk.want()
    assert desk.told() == ["waiting", "failed"]
    told = [one.job for one in desk.news if isinstance(one, JobTold)][-1]
    assert told.reason == "nothing shows b-1 yet"
    desk.want()
    assert len(desk.planner.asked) == 1, "not again and again"
    desk.clock.advance(20.0)
    desk.planner.refusal = None
    desk.want()
    assert len(desk.pool.jobs) == 1


def test_a_song_that_is_not_open_yet_is_waited_for(desk: Desk) -> None:
    desk.planner.refusal = {"say": "endless", "code": "opening", "text": "song is not open yet"}
    desk.want()
    assert desk.told() == ["waiting"]
    desk.planner.refusal = None
    desk.clock.advance(1.0)
    desk.maker.turn(wait=False)
    desk.settle()
    assert len(desk.pool.jobs) == 1


def test_a_song_that_cannot_be_opened_is_not_waited_for_for_ever(desk: Desk) -> None:
    desk.planner.refusal = {"say": "endless", "code": "opening", "text": "song is not open yet"}
    desk.clock.advance(1.0)
    desk.want()
    for _ in range(200):
        desk.clock.advance(1.0)
        desk.maker.turn(wait=False)
        desk.settle()
    assert desk.told() == ["waiting", "failed"]


def test_failing_halfway_leaves_nothing_once_nobody_shows_it(desk: Desk) -> None:
    desk.want().frames(1, 20)
    job, sink, _ = desk.only()
    sink.failed(job.id, "worker", "the worker died twice", True)
    desk.settle()
    assert Stunted("1") in desk.news
    assert desk.told()[-1] == "failed"
    folder = desk.root / "song/transitions"
    assert list(folder.iterdir()), "decks may still show the parts"
    desk.do(Unused("1"))
    assert not folder.exists() or not list(folder.iterdir())


def test_too_many_are_refused(desk: Desk) -> None:
    for number in range(OPEN_MAX):
        desk.do(NeedJob(number, 1, "song", "transition", f"a-{number}", f"b-{number}"))
    desk.ask("c-1", "d-1", ticket=999)
    (refused,) = [one for one in desk.news if isinstance(one, Jobbed) and one.ticket == 999]
    assert (refused.code, "100 jobs are waiting" in refused.error) == ("queue-full", True)


def test_pause_cancel_skip_and_again(desk: Desk) -> None:
    desk.ask("a-1", "b-1").frames(1, 3).do(JobOrder("pause"))
    assert (desk.pool.paused, desk.told()[-1]) == (True, "paused")
    desk.do(JobOrder("go on"))
    assert (desk.pool.paused, desk.told()[-1]) == (False, "making")
    desk.do(JobOrder("skip", "1", 7))
    assert desk.pool.skipped[-1][1] == 7
    desk.do(JobOrder("cancel", "1"))
    assert (desk.told()[-1], desk.pool.jobs) == ("cancelled", {})
    assert desk.waiting.tasks() == []


def test_after_safe_mode_what_failed_is_made_again(desk: Desk) -> None:
    desk.ask("a-1", "b-1")
    job, sink, _ = desk.only()
    desk.pool.jobs.clear()
    desk.pool.now = PoolStatus("safe", reason="the worker died 5 times in a row")
    sink.failed(job.id, "safe", "the worker died 5 times in a row", True)
    desk.settle()
    (told,) = [one for one in desk.news if isinstance(one, WorkerTold) and one.worker.state == "safe"]
    assert told.note == "the worker died 5 times in a row"
    assert len(desk.waiting.tasks()) == 1, "it is not forgotten"
    desk.do(JobOrder("again"))
    assert desk.pool.recovered == 1
    assert len(desk.pool.jobs) == 1
    desk.frames(1, FRAMES - 2).done()
    assert desk.told("2")[-1] == "done"
    assert desk.waiting.tasks() == []


def test_a_detour_from_a_frame_that_is_still_to_come(desk: Desk) -> None:
    desk.want().frames(1, 10)
    old, sink, _ = desk.only()
    desk.do(NeedDetour(5, 1, "1", 15, "c-1", Recipe()))
    assert Jobbed(5, "2") in desk.news
    assert desk.pool.turn is not None
    desk.frames(11, 15)
    del desk.pool.jobs[old.id]
    sink.done(old.id, {"retargeted": {"at": 15, "to": desk.pool.turn.id, "first": picture(1015)}})
    desk.settle()
    detours = [one for one in desk.news if isinstance(one, Grew) and one.left == "1"]
    assert detours[0].growing.hop().made == 16, "up to the frame at which it leaves"
    assert detours[0].growing.due is not None, "it is slowed down before it would stop there"
    for number in range(1, FRAMES - 1):
        sink.frame(desk.pool.turn.id, number, picture(2000 + number))
    sink.done(desk.pool.turn.id, {})
    desk.settle()
    assert desk.told("2")[-1] == "done"
    assert [path.name for path in (desk.root / "song/detours").glob("*.mov")] == ["a-1 to b-1 at 15 to c-1.mov"]
    job, _, priority = desk.only()
    assert (job.start, priority) == (16, "idle"), "what was left is finished when there is time"


def test_a_detour_from_a_frame_that_is_there_already(desk: Desk) -> None:
    desk.want().frames(1, 20).do(NeedDetour(5, 1, "1", 10, "c-1", Recipe()))
    assert Jobbed(5, "2") in desk.news
    kinds = sorted((job.start, priority) for job, _, priority in desk.pool.jobs.values()
                   if isinstance(job, TransitionJob))
    assert kinds == [(1, "live"), (21, "idle")]


def detour(desk: Desk, ticket: int, job: str, at: int, end: str) -> str:
    """Leave a job at a frame that is there already; what the pool calls the detour."""
    desk.do(NeedDetour(ticket, 1, job, at, end, Recipe()))
    return next(job.id for job, _, priority in desk.pool.jobs.values() if priority == "live")


def test_a_detour_from_a_detour_goes_along_all_that_was_played(desk: Desk) -> None:
    desk.want().frames(1, 20)
    name = detour(desk, 5, "1", 10, "c-1")
    sink = desk.pool.jobs[name][1]
    for number in range(1, 20):
        desk.clock.advance(0.01)
        sink.frame(name, number, picture(2000 + number))
    desk.settle().do(NeedDetour(6, 1, "2", 10, "d-1", Recipe()))
    refused = next(one for one in desk.news if isinstance(one, Jobbed) and one.ticket == 6)
    assert (refused.code, "try again" in refused.error) == ("input", True), "it begins at frame 10 itself"
    desk.do(NeedDetour(7, 1, "2", 22, "d-1", Recipe()))
    assert Jobbed(7, "3") in desk.news
    growing = next(one.growing for one in reversed(desk.news) if isinstance(one, Grew) and one.growing.job == "3")
    assert growing.movie.count == 22 + FRAMES
    ends = [(part.begin, part.begin + part.count) for part in growing.parts]
    assert ends[0][0] == 0
    assert all(end == begin for (_, end), (begin, _) in pairwise(ends)), "no frame twice, none left out"
    assert ends[-1][1] == 23, "up to the frame at which it leaves"


def test_a_detour_that_has_no_place_on_the_disk_leaves_what_it_was_to_leave_alone(
        desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(task: Task) -> None:
        raise OutputError("the disk is full")

    desk.want().frames(1, 20)
    monkeypatch.setattr(desk.maker.floor.bench, "open_detour", full)
    desk.do(NeedDetour(5, 1, "1", 10, "c-1", Recipe()))
    assert Jobbed(5, code="input", error="the disk is full") in desk.news
    assert desk.told("2")[-1] == "failed"
    job, _, priority = desk.only()
    assert (job.start, priority) == (21, "live")
    assert [task.number for task in desk.maker.floor.open_tasks()] == ["1"]


def test_a_detour_to_a_picture_that_has_gone_leaves_no_job_behind(desk: Desk) -> None:
    desk.want().frames(1, 20)
    (desk.root / "song/c.jpg").unlink()
    desk.do(NeedDetour(5, 1, "1", 10, "c-1", Recipe()))
    assert next(one for one in desk.news if isinstance(one, Jobbed) and one.ticket == 5).error
    assert [task.number for task in desk.maker.floor.tasks.values()] == ["1"]


def test_an_error_that_nobody_foresaw_is_the_end_of_one_job_only(
        desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ask("a-1", "b-1", recipe=Recipe(seed="not a number"))
    assert desk.told("1")[-1] == "failed"
    desk.ask("a-1", "c-1").frames(1, 3)

    def gone(number: int, jpeg: bytes) -> None:
        raise OSError("stale file handle")

    monkeypatch.setattr(desk.maker.floor.tasks["2"].movie, "add", gone)
    job, sink, _ = desk.only()
    sink.frame(job.id, 4, picture(4))
    desk.settle()
    assert desk.told("2")[-1] == "failed"
    assert (desk.pool.jobs, desk.waiting.tasks()) == ({}, [])


def test_jobs_that_are_over_are_kept_for_a_while_and_not_too_many(desk: Desk) -> None:
    for number in range(KEPT_MOST + 20):
        desk.ask("a-1", "b-1", ticket=number).do(JobOrder("cancel"))
    assert sorted(map(int, desk.maker.floor.tasks)) == list(range(21, KEPT_MOST + 21))
    desk.clock.advance(KEPT + 1)
    desk.settle()
    assert desk.maker.floor.tasks == {}


def test_another_seed_is_still_the_one_when_the_server_runs_again(desk: Desk) -> None:
    desk.ask("a-1", "b-1").frames(1, 3).do(JobOrder("skip", "1", 7))
    assert [task.recipe.seed for task in desk.waiting.tasks()] == ["7"]


def test_a_picture_comes_into_the_song_with_what_it_was_made_from(desk: Desk) -> None:
    song = desk.root / "song"
    definitions = song / "prompt_image_definitions.csv"
    definitions.write_text("name,prompt,seeds,mood\nrose,a rose,4,red\n", encoding="utf-8")
    ask = NeedJob(1, 1, "song", "picture", recipe=Recipe(seed="42"), name="thistle", prompt="a field of thistles")
    desk.do(ask)
    (refused,) = [one for one in desk.news if isinstance(one, Jobbed)]
    assert "interscene model add" in refused.error
    model = desk.root / "models" / "turbo"
    model.mkdir(parents=True)
    known = Model(model, "c0ffee" * 8, "turbo", "checkpoint", "sd2", "turbo", 1, "kl", "epsilon", ".", 1, Licence())
    known.write(model)
    desk.do(ask)
    (job, sink, _), = desk.pool.jobs.values()
    assert isinstance(job, PictureJob)
    assert (job.prompt, job.seed, job.model) == ("a field of thistles", 42, "c0ffeec0ffeec0ff")
    sink.frame(job.id, 0, picture(7))
    sink.done(job.id, {"prompt": job.prompt, "seed": "42"})
    desk.settle()
    assert desk.told()[-1] == "done"
    made = (song / "prompt_images/thistle_42.jpg").read_bytes()
    assert recipe_of(made)["prompt"] == "a field of thistles"
    rows = definitions.read_text("utf-8").splitlines()
    assert rows[:2] == ["name,prompt,seeds,mood", "rose,a rose,4,red"]
    assert rows[2].startswith("thistle,a field of thistles,42")


def test_parts_that_a_killed_server_left_are_removed(desk: Desk) -> None:
    left = desk.root / "song/transitions/.a-1 to c-1.mov.making"
    left.mkdir(parents=True)
    (left / "12345678-000000.mov").write_bytes(b"half of it")
    (left / "owner-12345678").touch()
    desk.want()
    assert not left.exists()


def test_beginnings_are_made_for_nobody_and_used_by_the_first_who_asks(desk: Desk) -> None:
    desk.planner.neighbours = ["b-1", "c-1", "d-1"]
    desk.do(Standing(1, "song", "a-1", Recipe()))
    assert len(desk.pool.jobs) == AHEAD
    assert {priority for _, _, priority in desk.pool.jobs.values()} == {"idle"}
    assert not [one for one in desk.news if isinstance(one, JobTold)]
    for name, (job, sink, _) in list(desk.pool.jobs.items()):
        assert isinstance(job, TransitionJob)
        for number in range(1, 25):
            sink.frame(name, number, picture(number))
        desk.settle()
    assert desk.pool.jobs == {}, "a beginning is enough"
    desk.want("a-1", "b-1")
    assert desk.grown() == [25]
    assert desk.only()[0].start == 25


@pytest.mark.parametrize(("host", "heard"), [("127.0.0.1", True), ("10.0.0.2", False)])
def test_frames_that_touchdesigner_drops_beside_us_halve_what_is_taken(desk: Desk, host: str, heard: bool) -> None:
    for dropped in (100, 100, 103, 103):
        desk.clock.advance(1.0)
        desk.do(Health(f"td@{host}:7502", 60.0, 16.0, dropped, on_air=True))
    duties = [duty for _, duty in desk.pool.budgets]
    assert duties == ([1.0, 0.5] if heard else [])


def test_while_nothing_is_on_air_nothing_is_saved(desk: Desk) -> None:
    for dropped in (0, 10):
        desk.do(Health("td@127.0.0.1:7502", 60.0, 16.0, dropped, on_air=False))
    assert desk.pool.budgets == [(0.0, 1.0)]
