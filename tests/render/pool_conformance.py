"""What every pool must do, as tests: a class of them derives from `PoolConformance` and says what `pool` is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sinks import Recorder
from toys import content, contents, end, job

from server.errors import InputError, RenderError
from server.render.job import PictureJob, TransitionJob
from server.render.pool import WorkerPool

LONG = 3000


def held(pool: WorkerPool, name: str, at: int = 5, **more: object) -> tuple[Recorder, TransitionJob]:
    """A long job that has come to frame `at` and is kept from going far beyond it."""
    sink, wanted = Recorder(), job(name, frames=LONG)
    sink.hold(at)
    pool.submit(wanted, sink, **more)  # type: ignore[arg-type]
    sink.wait(lambda: sink.count(name) >= at)
    return sink, wanted


class PoolConformance:
    """`pool` knows the modes of `toys.TABLE`."""

    def test_frames_come_in_order_each_once_and_as_the_job_says(self, pool: WorkerPool) -> None:
        sink, wanted = Recorder(), job("one", seed=10 ** 40)
        pool.submit(wanted, sink)

        assert sink.end_of("one") == ("done", {"since": False, "generator": "count"})
        assert sink.frames["one"] == contents(wanted)
        assert sink.starts == [("one", 1, {"device": "toy", "model": ""})]
        assert sink.progresses[-1] == ("one", 48, 48)
        assert pool.status().device == "toy"

    def test_a_job_begins_where_it_is_told_to(self, pool: WorkerPool) -> None:
        sink, wanted = Recorder(), job("late", start=40)
        pool.submit(wanted, sink)
        nothing = job("nothing", start=49)
        pool.submit(nothing, sink)

        assert sink.end_of("late")[0] == sink.end_of("nothing")[0] == "done"
        assert sink.frames["late"] == contents(wanted)
        assert sink.numbers("nothing") == []

    def test_a_picture_is_one_frame_with_its_facts(self, pool: WorkerPool) -> None:
        sink = Recorder()
        pool.submit(PictureJob("p", "a lake", 7, (64, 64), "m"), sink)

        assert sink.end_of("p") == ("done", {"seed": "7"})
        assert sink.frames["p"] == [(0, b"\xff\xd8('a lake', 7)\xff\xd9")]

    def test_cancelled_a_job_says_no_more(self, pool: WorkerPool) -> None:
        sink, _ = held(pool, "long")

        assert pool.cancel("long")
        sink.release()

        assert sink.end_of("long")[:2] == ("failed", "cancelled")
        after = Recorder()
        pool.submit(job("after"), after)
        assert after.end_of("after")[0] == "done"
        assert sink.count("long") < LONG - 2
        assert not pool.cancel("long")
        assert not pool.cancel("unheard of")

    def test_what_waits_can_be_cancelled(self, pool: WorkerPool) -> None:
        sink, _ = held(pool, "long")
        waiting = Recorder()
        pool.submit(job("waits"), waiting)

        assert pool.cancel("waits")
        sink.release()

        assert waiting.end_of("waits")[:2] == ("failed", "cancelled")
        assert waiting.count("waits") == 0
        pool.cancel("long")

    def test_one_id_is_one_job(self, pool: WorkerPool) -> None:
        sink, _ = held(pool, "twin")

        with pytest.raises(InputError, match="twin"):
            pool.submit(job("twin"), Recorder())
        pool.submit(job("other"), Recorder())
        with pytest.raises(InputError, match="other"):
            pool.submit(job("other"), Recorder())
        sink.release()
        pool.cancel("twin")
        assert sink.end_of("twin")[1] == "cancelled"

    def test_an_end_without_its_picture_is_refused(self, pool: WorkerPool) -> None:
        with pytest.raises(InputError, match="without its picture"):
            pool.submit(replace(job("blind"), first=replace(end("a"), jpeg=b"")), Recorder())

    def test_the_more_urgent_goes_first_and_what_gave_way_goes_on(self, pool: WorkerPool) -> None:
        idle, wanted = held(pool, "idle", priority="idle")
        order = Recorder()
        pool.submit(job("queued"), order, priority="queued")
        pool.submit(job("live"), order, priority="live", deadline=0.5)
        idle.release()

        assert idle.end_of("idle")[0] == "done"
        assert order.ended == ["live", "queued"]
        assert idle.frames["idle"] == contents(wanted)
        assert [code for _, code, _ in idle.notes] == ["waiting"]
        assert [attempt for _, attempt, _ in idle.starts] == [1, 2]

    def test_clients_take_turns(self, pool: WorkerPool) -> None:
        first, _ = held(pool, "first")
        order = Recorder()
        for name, client in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("b2", "b")):
            pool.submit(job(name), order, client=client)
        first.release()
        pool.cancel("first")

        order.wait(lambda: len(order.ended) == 5)
        assert order.ended == ["a1", "b1", "a2", "b2", "a3"]

    def test_skipped_it_is_made_with_another_seed_from_there_on(self, pool: WorkerPool) -> None:
        sink, wanted = held(pool, "skipped")

        assert pool.skip("skipped", 10 ** 30)
        sink.release()

        _, facts = sink.end_of("skipped")
        [[at, seed]] = facts["skips"]
        assert seed == str(10 ** 30)
        assert sink.frames["skipped"] == contents(wanted)[:at - 1] + contents(
            replace(wanted, seed=10 ** 30, start=at))
        assert not pool.skip("skipped", 1)

    def test_retargeted_it_leaves_after_the_frame_that_was_named(self, pool: WorkerPool) -> None:
        sink, wanted = held(pool, "edge")
        detour = replace(job("detour"), first=replace(end("?"), jpeg=b""), second=end("c"))

        assert pool.retarget("edge", 200, detour)
        sink.release()

        left = sink.end_of("edge")[1]["retargeted"]
        there = content(wanted, 200)
        assert left == {"at": 200, "to": "detour", "first": there}
        assert sink.numbers("edge") == list(range(1, 201))
        assert sink.end_of("detour")[1]["since"] is True
        assert sink.frames["detour"] == contents(replace(detour, first=replace(detour.first, jpeg=there)))

    def test_retargeted_with_a_picture_it_leaves_at_once(self, pool: WorkerPool) -> None:
        sink, wanted = held(pool, "edge")
        detour = replace(job("detour"), first=replace(end("here"), jpeg=content(wanted, 3)), second=end("c"))

        assert pool.retarget("edge", 3, detour)
        sink.release()

        assert sink.end_of("edge")[1]["retargeted"]["to"] == "detour"
        assert sink.count("edge") < LONG - 2
        assert sink.end_of("detour")[0] == "done"
        assert sink.frames["detour"] == contents(detour)

    def test_what_is_not_being_made_cannot_be_retargeted(self, pool: WorkerPool) -> None:
        sink, _ = held(pool, "edge")
        detour = replace(job("detour"), first=replace(end("?"), jpeg=b""))

        assert not pool.retarget("unheard of", 5, detour)
        assert not pool.retarget("edge", 2, detour)
        assert not pool.retarget("edge", LONG, detour)
        sink.release()
        pool.cancel("edge")
        sink.end_of("edge")

    def test_a_cancelled_detour_is_not_made(self, pool: WorkerPool) -> None:
        sink, _ = held(pool, "edge")
        assert pool.retarget("edge", 200, replace(job("detour", frames=LONG), first=replace(end("?"), jpeg=b"")))

        assert pool.cancel("detour")
        sink.release()

        assert sink.end_of("detour")[:2] == ("failed", "cancelled")
        assert sink.end_of("edge")[0] == "done"
        after = Recorder()
        pool.submit(job("after"), after)
        assert after.end_of("after")[0] == "done"
        assert "detour" not in sink.frames

    def test_paused_it_holds_and_goes_on(self, pool: WorkerPool) -> None:
        sink, wanted = Recorder(), job("paused")
        pool.pause(True)
        pool.submit(wanted, sink)
        after = Recorder()
        pool.submit(job("cancelled"), after)
        pool.cancel("cancelled")
        assert after.end_of("cancelled")[1] == "cancelled"
        assert sink.count("paused") == 0

        pool.pause(False)

        assert sink.end_of("paused")[0] == "done"
        assert sink.frames["paused"] == contents(wanted)

    def test_paused_a_job_can_still_be_cancelled(self, pool: WorkerPool) -> None:
        sink, _ = held(pool, "long")
        pool.pause(True)
        sink.release()
        assert pool.cancel("long")
        pool.pause(False)

        after = Recorder()
        pool.submit(job("after"), after)
        assert after.end_of("after")[0] == "done"

    def test_a_budget_slows_and_breaks_nothing(self, pool: WorkerPool) -> None:
        sink, wanted = Recorder(), job("budget", frames=12)
        pool.budget(8.0, 0.5)
        pool.submit(wanted, sink)

        assert sink.end_of("budget")[0] == "done"
        assert sink.frames["budget"] == contents(wanted)
        pool.budget(0.0, 1.0)

    def test_a_mode_that_there_is_not_is_said(self, pool: WorkerPool) -> None:
        sink = Recorder()
        pool.submit(job("odd", "no-such-mode"), sink)

        how, code, text, retry = sink.end_of("odd")
        assert (how, code, retry) == ("failed", "render", False)
        assert "count" in text

    @pytest.mark.parametrize("mode", ["wrong", "short"])
    def test_a_generator_that_leaves_frames_out_is_found_out(self, pool: WorkerPool, mode: str) -> None:
        sink = Recorder()
        pool.submit(job("odd", mode), sink)

        assert sink.end_of("odd")[:2] == ("failed", "render")

    def test_closed_it_lets_go_of_everything(self, pool: WorkerPool) -> None:
        sink, _ = held(pool, "long")
        waiting = Recorder()
        pool.submit(job("waits"), waiting)
        sink.release()

        pool.close()
        pool.close()

        assert sink.end_of("long")[1] == waiting.end_of("waits")[1] == "cancelled"
        assert pool.status().state == "off"
        with pytest.raises(RenderError, match="closed"):
            pool.submit(job("late"), Recorder())
