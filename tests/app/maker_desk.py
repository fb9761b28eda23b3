"""A maker whose thread is the test, with a pool and a planner that do what they are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from server.app.judging import Judging
from server.app.maker import Maker
from server.app.making_bench import Bench
from server.app.navigator import Errand
from server.app.waiting_list import WaitingList
from server.library.models.registry import Registry
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame
from server.playback.clock import ManualClock
from server.render.job import Job, TransitionJob
from server.render.pool import PoolStatus, Priority, Sink
from server.show.events import Grew, JobTold, NeedJob, NeedTransition, News

SIZE = (64, 64)
FRAMES = 40


def picture(number: int) -> bytes:
    return encode_rgb(numbered_frame(number, *SIZE), 88)


class Pool:
    """Takes jobs and makes none; the test does, by `frames` and `done`."""

    def __init__(self) -> None:
        self.jobs: dict[str, tuple[Job, Sink, Priority]] = {}
        self.gone: list[str] = []
        self.clients: list[str] = []
        self.skipped: list[tuple[str, int | None]] = []
        self.budgets: list[tuple[float, float]] = []
        self.paused = self.closed = False
        self.turn: TransitionJob | None = None
        self.now = PoolStatus("ready", "toy")
        self.recovered = 0

    def submit(self, job: Job, sink: Sink, *, priority: Priority = "queued", deadline: float | None = None,
               client: str = "") -> None:
        self.jobs[job.id] = job, sink, priority
        self.clients.append(client)

    def cancel(self, job_id: str) -> bool:
        self.gone.append(job_id)
        return self.jobs.pop(job_id, None) is not None

    def skip(self, job_id: str, seed: int | None = None) -> bool:
        self.skipped.append((job_id, seed))
        return job_id in self.jobs

    def retarget(self, job_id: str, at: int, to: TransitionJob) -> bool:
        self.turn = to
        return job_id in self.jobs and not to.first.jpeg

    def pause(self, paused: bool) -> None:
        self.paused = paused

    def budget(self, launch_ms: float, duty: float) -> None:
        self.budgets.append((launch_ms, duty))

    def recover(self) -> None:
        self.recovered += 1

    def status(self) -> PoolStatus:
        return self.now

    def close(self) -> None:
        self.closed = True


class Planner:
    """Answers at once with two pictures that lie in the folder; `answer` may be exchanged."""

    def __init__(self, root: Path) -> None:
        (root / "song").mkdir()
        for node in "abcd":
            (root / "song" / f"{node}.jpg").write_bytes(picture(ord(node)))
        self.asked: list[tuple[str, ...]] = []
        self.made_: list[tuple[str, str]] = []
        self.refusal: dict[str, Any] | None = None
        self.neighbours: list[str] = []

    def ends(self, folder: str, start: str, end: str, answer: Errand) -> None:
        self.asked.append((start, end))
        told = [{"path": f"song/{node[0]}.jpg", "hash": node, "name": node, "prompt": "", "seed": "1", "negative": "",
                 "guidance": None} for node in (start, end)]
        answer(self.refusal or {"say": "ends", "first": told[0], "second": told[1], "size": list(SIZE),
                                "rate": [30, 1], "frames": FRAMES, "place": "song"})

    def lacking(self, folder: str, node: str, answer: Errand) -> None:
        answer({"say": "lacking", "to": self.neighbours})

    def made(self, folder: str, movie: str) -> None:
        self.made_.append((folder, movie))

    def map_of(self, folder: str) -> None:
        return None


class Desk:
    """A maker whose thread is the test: what is left in its inbox is done by `turn`."""

    def __init__(self, root: Path) -> None:
        self.root, self.clock, self.pool, self.planner = root, ManualClock(), Pool(), Planner(root)
        self.waiting = WaitingList(root)
        self.news: list[News] = []
        bench = Bench(root, self.clock, self.pool, Registry(root / "models"), self.waiting, Judging())
        self.maker = Maker(root, self.clock, self.pool, self.planner, bench, self.news.append)  # type: ignore[arg-type]

    def close(self) -> None:
        self.maker.turn_off()
        self.waiting.close()

    def do(self, *events: Any) -> Desk:
        for event in events:
            self.maker.want(event) if isinstance(event, NeedTransition) else self.maker.make(event)
        return self.settle()

    def settle(self) -> Desk:
        while self.maker.turn(wait=False):
            pass
        return self

    def want(self, start: str = "a-1", end: str = "b-1", **more: Any) -> Desk:
        return self.do(NeedTransition(1, "song", start, end, **more))

    def ask(self, start: str, end: str, ticket: int = 1, **more: Any) -> Desk:
        return self.do(NeedJob(ticket, 1, "song", "transition", start, end, **more))

    def only(self) -> tuple[TransitionJob, Sink, Priority]:
        (job, sink, priority), = self.pool.jobs.values()
        assert isinstance(job, TransitionJob)
        return job, sink, priority

    def frames(self, first: int, last: int, each: float = 0.01) -> Desk:
        """The job in the pool makes these frames, in so many seconds each."""
        job, sink, _ = self.only()
        for number in range(first, last + 1):
            self.clock.advance(each)
            sink.frame(job.id, number, picture(1000 + number))
            self.settle()
        return self

    def done(self) -> Desk:
        job, sink, _ = self.only()
        del self.pool.jobs[job.id]
        sink.done(job.id, {"recipe": 2})
        return self.settle()

    def told(self, number: str = "1") -> list[str]:
        """The states that a job went through."""
        states = [one.job.state for one in self.news if isinstance(one, JobTold) and one.job.id == number]
        return [state for i, state in enumerate(states) if not i or states[i - 1] != state]

    def grown(self, number: str = "1") -> list[int]:
        """How far it could be played, each time that it grew."""
        return [one.growing.hop().made for one in self.news if isinstance(one, Grew) and one.growing.job == number]
