"""The real worker in its own process: a pool, and one that survives whatever happens to that process."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pool_conformance import PoolConformance, held
from sinks import PATIENCE, Recorder
from toys import TABLE, contents, job

from server.media.jpeg import encode_planes, encode_rgb
from server.playback.clock import SystemClock
from server.production.art import draw
from server.render import local_pool
from server.render.job import End, TransitionJob
from server.render.local_pool import LocalPool, PoolOptions
from server.render.messages import Done, Frame, Message, Note, Start
from server.render.morph import Morph
from server.render.worker_process import WorkerProcess, runnable

HERE = Path(__file__).parent
REPO = HERE.parents[1]
POSIX = os.name == "posix"
MakePool = Callable[..., LocalPool]


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker finds the generators of the tests."""
    monkeypatch.setenv("PYTHONPATH", str(HERE))


@pytest.fixture
def make(toys: None, tmp_path: Path) -> Iterator[MakePool]:
    """Pools that are closed afterwards; their toys leave marks in `tmp_path`."""
    with contextlib.ExitStack() as stack:
        def made(*, options: dict[str, Any] | None = None, **more: Any) -> LocalPool:
            told = {"folder": str(tmp_path), **(options or {})}
            more = {"generators": TABLE, "back_off": (0.05,), **more}
            pool = LocalPool(SystemClock().now, PoolOptions(options=told, **more))
            stack.callback(pool.close)
            return pool
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[list[LocalPool]]:
    pools: list[LocalPool] = []
    yield pools
    for pool in pools:
        pool.close()


class TestLocalPool(PoolConformance):
    @pytest.fixture
    def pool(self, shared: list[LocalPool], toys: None) -> LocalPool:
        """One process for all of them, as in a long show; another one once it was closed."""
        if not shared or shared[-1].status().state == "off":
            shared.append(LocalPool(SystemClock().now, PoolOptions(generators=TABLE)))
        return shared[-1]


def made(pool: LocalPool, mode: str, name: str = "job", **more: Any) -> Recorder:
    """Have a job made, and wait for its end."""
    sink = Recorder()
    pool.submit(job(name, mode, **more), sink)
    sink.end_of(name)
    return sink


def test_killed_at_any_frame_the_job_goes_on_and_its_frames_are_the_same(make: MakePool) -> None:
    pool = make()
    sink, wanted = held(pool, "killed")
    assert pool.pid is not None

    psutil.Process(pool.pid).kill()
    sink.release()

    assert sink.end_of("killed")[0] == "done"
    assert sink.frames["killed"] == contents(wanted)
    assert [attempt for _, attempt, _ in sink.starts] == [1, 2]
    [(_, code, text)] = sink.notes
    assert code == "again"
    assert "tried again" in text
    assert pool.status().restarts == 1


@pytest.mark.parametrize("mode", ["crash", pytest.param("stop", marks=pytest.mark.skipif(not POSIX, reason="SIGSTOP")),
                                  "stall"])
def test_crashed_stopped_or_stalled_it_is_started_again(make: MakePool, mode: str) -> None:
    sink = made(make(hang=0.4, stall=0.4), mode)

    assert sink.ends["job"][0] == "done"
    assert sink.frames["job"] == contents(job("job", mode))
    reason = {"crash": "code 77", "stop": "no answer", "stall": "no sign of life"}[mode]
    assert reason in sink.notes[0][2]


@pytest.mark.skipif(not POSIX, reason="SIGSTOP")
def test_a_worker_that_only_gets_no_core_is_waited_for(make: MakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkerProcess, "starves", lambda self: True)
    sink = made(make(hang=0.3, patience=3.0), "stop")

    assert sink.ends["job"][0] == "done"
    assert "no answer for 0.9 s" in sink.notes[0][2]


@pytest.mark.parametrize(("states", "wants"), [
    ((b"1 (python) S 2 3", b"4 (a) R b) T 2"), False), ((b"1 (python) S 2 3", b"2 (x) R 2"), True), ((b"",), False)])
def test_who_wants_a_core_is_told_by_the_states_of_threads(tmp_path: Path, states: tuple[bytes, ...],
                                                           wants: bool) -> None:
    for number, state in enumerate(states):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "stat").write_bytes(state)
    assert runnable(tmp_path) is wants
    assert not runnable(tmp_path / "none")


def test_a_job_that_kills_every_worker_fails_and_the_next_one_is_made(make: MakePool) -> None:
    pool = make()

    assert made(pool, "poison").ends["job"][:2] == ("failed", "worker")
    assert made(pool, "count", "next").ends["next"][0] == "done"


def test_dying_again_and_again_it_gives_up_until_it_is_told(make: MakePool) -> None:
    pool = make(deaths=2)
    waiting = Recorder()
    bad = Recorder()
    pool.submit(job("bad", "poison"), bad)
    pool.submit(job("waits"), waiting)

    assert bad.end_of("bad")[0] == "failed"
    assert waiting.end_of("waits")[1] == "safe"
    status = pool.status()
    assert status.state == "safe"
    assert "2 times in a row" in status.reason
    assert made(pool, "count", "refused").ends["refused"][1] == "safe"

    pool.recover()

    assert made(pool, "count", "again").ends["again"][0] == "done"
    assert pool.status().state == "ready"


@pytest.mark.parametrize(("raises", "code", "attempts"), [
    ("ours", "render", 1), ("bug", "internal", 2), ("memory", "memory", 2), ("python", "memory", 2),
    ("device", "device", 2)])
def test_what_a_generator_raises_is_said(make: MakePool, raises: str, code: str, attempts: int) -> None:
    pool = make(options={"raises": raises})
    sink = made(pool, "raise")

    how, found, text, _ = sink.ends["job"]
    assert (how, found) == ("failed", code)
    assert len(sink.starts) == attempts
    assert {"ours": "no such thing", "bug": "ValueError", "memory": "too large", "python": "memory",
            "device": "fell off"}[raises] in text
    assert sink.frames["job"] == contents(job("job", "raise"))[:6]
    assert made(pool, "count", "next").ends["next"][0] == "done"


@pytest.mark.skipif(sys.platform != "linux", reason="the job object or the peak is looked at elsewhere")
def test_a_worker_that_takes_too_much_memory_is_ended(make: MakePool) -> None:
    pool = make(memory=256 << 20)

    assert made(pool, "hungry").ends["job"][1] == "memory"


def test_what_libraries_print_goes_to_the_log(make: MakePool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "interscene.worker")
    pool = make()

    assert made(pool, "noisy").ends["job"][0] == "done"
    pool.close()

    assert "a library says hello" in caplog.text
    assert "and another one, past Python" in caplog.text


def test_the_worker_has_no_more_than_it_needs_and_goes_behind_all_others(make: MakePool) -> None:
    pool = make()
    picture = encode_rgb(draw("silk", 1, 64, 48), 90)
    sink = Recorder()
    pool.submit(TransitionJob("m", End(picture, "a"), End(picture, "b"), "morph", 5, (64, 48)), sink)
    assert sink.end_of("m")[0] == "done"
    facts = made(pool, "loaded").ends["job"][1]

    assert not {"av", "pythonosc", "zeroconf", "aiohttp", "torch"} & set(facts["modules"])
    assert {"cv2", "simplejpeg"} <= set(facts["modules"])
    if sys.platform == "linux":
        assert facts["scheduler"] == os.SCHED_IDLE
        assert facts["nice"] == 19
        assert pool.pid is not None
        assert Path(f"/proc/{pool.pid}/oom_score_adj").read_text().strip() == "1000"


def test_morphs_of_the_worker_are_those_of_everybody(make: MakePool) -> None:
    first, second = (draw(kind, 3, 160, 90) for kind in ("silk", "cells"))
    ends = [End(encode_rgb(each, 95), name) for each, name in ((first, "a"), (second, "b"))]
    sink, frames = Recorder(), 9
    make().submit(TransitionJob("m", *ends, "morph", frames, (160, 90), seed=4, quality=80), sink)
    from server.media.jpeg import decode_rgb

    assert sink.end_of("m")[0] == "done"
    here = Morph(decode_rgb(ends[0].jpeg), decode_rgb(ends[1].jpeg), 4, frames=frames)
    assert sink.frames["m"] == [(number, encode_planes(*here.planes(number / (frames - 1)), 80))
                                for number in range(1, frames - 1)]
    assert sink.ends["m"][1]["curve"] == here.pace.document()


def test_a_morph_of_another_size_is_refused(make: MakePool) -> None:
    picture = encode_rgb(draw("silk", 1, 64, 48), 90)
    sink = Recorder()
    make().submit(TransitionJob("m", End(picture, "a"), End(picture, "b"), "morph", 5, (32, 48)), sink)

    assert sink.end_of("m")[:2] == ("failed", "input")
    assert "64×48" in sink.ends["m"][2]


def test_idle_for_long_it_ends_and_comes_back(make: MakePool) -> None:
    pool = make(unload=0.2)
    assert made(pool, "count").ends["job"][0] == "done"
    process = psutil.Process(pool.pid) if pool.pid is not None else None

    if process is not None:
        process.wait(PATIENCE)
    assert made(pool, "count", "next").ends["next"][0] == "done"
    assert pool.status().restarts == 0


def test_a_worker_that_talks_nonsense_is_ended(make: MakePool) -> None:
    pool = make(module="liar", deaths=2)
    sink = made(pool, "count")

    assert sink.ends["job"][0] == "failed"
    assert "cannot be read" in pool.status().reason


def test_a_worker_of_another_version_is_sent_away(make: MakePool) -> None:
    pool = make(module="stranger", deaths=2)

    assert made(pool, "count").ends["job"][1] == "safe"
    assert "version" in pool.status().reason


def test_a_worker_that_cannot_start_is_said(make: MakePool) -> None:
    pool = make(module="there.is.no.such.module", deaths=2)

    assert made(pool, "count").ends["job"][1] == "safe"
    assert "did not start" in pool.status().reason


class Held:
    """A worker's process whose server is stopped for 100 s as soon as it has given a job away."""

    pid = 0
    stopped = 0.0

    def __init__(self, _memory: int, **_: object) -> None:
        self.wire, self.news = self, list[list[Message]]()

    def send(self, message: Message) -> None:
        if isinstance(message, Start):
            wanted, about = message.job, (message.job.id, message.attempt)
            assert isinstance(wanted, TransitionJob)
            self.news = [[Note(*about, "size", "from before")],
                         [*(Frame(*about, *each) for each in contents(wanted)), Done(*about)]]

    def receive(self, timeout: float) -> list[Message]:
        if not self.news:
            threading.Event().wait(timeout)
            return []
        Held.stopped += 100.0
        return self.news.pop(0)

    def __getattr__(self, _name: str) -> Callable[..., bool]:
        return lambda *_: False


def test_a_server_that_was_stopped_itself_does_not_blame_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_pool, "WorkerProcess", Held)
    pool = LocalPool(lambda: SystemClock().now() + Held.stopped, PoolOptions(back_off=(0.01,)))
    try:
        sink = made(pool, "count")
        assert sink.ends["job"][0] == "done"
        assert (pool.status().restarts, [code for _, code, _ in sink.notes]) == (0, ["size"])
    finally:
        pool.close()


PARENT = """
import sys, threading
from server.playback.clock import SystemClock
from server.render.local_pool import LocalPool, PoolOptions
from sinks import Recorder
from toys import TABLE, job
pool, sink = LocalPool(SystemClock().now, PoolOptions(generators=TABLE)), Recorder()
sink.hold(5)
pool.submit(job("long", sys.argv[1], frames=3000), sink)
sink.wait(lambda: sink.count("long") >= 5)
print(pool.pid, flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("mode", ["count", "stall"])
def test_its_parent_killed_the_worker_goes_too(toys: None, mode: str) -> None:
    told = {**os.environ, "PYTHONPATH": os.pathsep.join((str(REPO), str(HERE)))}
    with subprocess.Popen([sys.executable, "-c", PARENT, mode], stdout=subprocess.PIPE, env=told) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))

        parent.kill()

        pause, clock = threading.Event(), SystemClock()
        end = clock.now() + PATIENCE
        while alive(worker) and clock.now() < end:
            pause.wait(0.02)
    assert not alive(worker)


def alive(process: psutil.Process) -> bool:
    """Whether it still does anything: one that nobody has waited for yet is dead."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_who_does_not_know_the_token_is_sent_away(make: MakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger who finds the port first does not become the worker."""
    strangers: list[socket.socket] = []
    real = socket.create_server

    def crowded(address: tuple[str, int], **more: Any) -> socket.socket:
        listener = real(address, **more)
        stranger = socket.create_connection(listener.getsockname())
        stranger.sendall(hashlib.sha256(b"a guess").hexdigest().encode() + b"\n")
        strangers.append(stranger)
        return listener

    monkeypatch.setattr(socket, "create_server", crowded)
    assert made(make(), "count").ends["job"][0] == "done"
    for stranger in strangers:
        stranger.close()
