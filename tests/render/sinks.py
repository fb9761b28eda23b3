"""What a test is told about its jobs, and waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

PATIENCE = 60.0


class Recorder:
    """A `Sink` that writes everything down; `hold` keeps it from returning at a frame until `release`."""

    def __init__(self) -> None:
        self.frames: dict[str, list[tuple[int, bytes]]] = {}
        self.starts: list[tuple[str, int, Mapping[str, Any]]] = []
        self.notes: list[tuple[str, str, str]] = []
        self.progresses: list[tuple[str, int, int]] = []
        self.ends: dict[str, tuple[Any, ...]] = {}
        self.ended: list[str] = []
        self._changed = threading.Condition()
        self._held: int | None = None

    def hold(self, number: int) -> None:
        """Keep the pool waiting when this frame comes."""
        self._held = number

    def release(self) -> None:
        with self._changed:
            self._held = None
            self._changed.notify_all()

    def started(self, job: str, attempt: int, facts: Mapping[str, Any]) -> None:
        with self._changed:
            self.starts.append((job, attempt, facts))
            self._changed.notify_all()

    def frame(self, job: str, number: int, jpeg: bytes) -> None:
        with self._changed:
            assert job not in self.ends, "a frame after the end"
            self.frames.setdefault(job, []).append((number, jpeg))
            self._changed.notify_all()
            while self._held == number:
                self._changed.wait()

    def progress(self, job: str, done: int, of: int, eta: float | None) -> None:
        with self._changed:
            self.progresses.append((job, done, of))

    def note(self, job: str, code: str, text: str) -> None:
        with self._changed:
            self.notes.append((job, code, text))
            self._changed.notify_all()

    def done(self, job: str, facts: Mapping[str, Any]) -> None:
        self._end(job, ("done", dict(facts)))

    def failed(self, job: str, code: str, text: str, retry: bool) -> None:
        self._end(job, ("failed", code, text, retry))

    def _end(self, job: str, how: tuple[Any, ...]) -> None:
        with self._changed:
            assert job not in self.ends, "two ends of one job"
            self.ends[job] = how
            self.ended.append(job)
            self._changed.notify_all()

    def wait(self, happens: Callable[[], bool]) -> None:
        """Wait until it is so."""
        with self._changed:
            assert self._changed.wait_for(happens, PATIENCE), (self.ends, self.notes, {
                job: len(frames) for job, frames in self.frames.items()})

    def end_of(self, job: str) -> tuple[Any, ...]:
        """Wait for a job to be over, and say how."""
        self.wait(lambda: job in self.ends)
        return self.ends[job]

    def numbers(self, job: str) -> list[int]:
        return [number for number, _ in self.frames.get(job, [])]

    def count(self, job: str) -> int:
        return len(self.frames.get(job, []))
