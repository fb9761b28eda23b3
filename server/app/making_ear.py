"""What a pool says of a job, handed to another thread as it comes. It understands none of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from server.units import Seconds

Kind = Literal["started", "frame", "progress", "note", "done", "failed"]


class Heard(NamedTuple):
    """One thing that was said of a job."""

    kind: Kind
    job: str
    args: tuple[Any, ...]


class Ear:
    """A `Sink`; `put` takes what is heard, from any thread, and returns at once."""

    def __init__(self, put: Callable[[Heard], None]) -> None:
        self._put = put

    def started(self, job: str, attempt: int, facts: Mapping[str, Any]) -> None:
        """See `Sink.started`."""
        self._put(Heard("started", job, (attempt, facts)))

    def frame(self, job: str, number: int, jpeg: bytes) -> None:
        """See `Sink.frame`."""
        self._put(Heard("frame", job, (number, jpeg)))

    def progress(self, job: str, done: int, of: int, eta: Seconds | None) -> None:
        """See `Sink.progress`."""
        self._put(Heard("progress", job, (done, of, eta)))

    def note(self, job: str, code: str, text: str) -> None:
        """See `Sink.note`."""
        self._put(Heard("note", job, (code, text)))

    def done(self, job: str, facts: Mapping[str, Any]) -> None:
        """See `Sink.done`."""
        self._put(Heard("done", job, (facts,)))

    def failed(self, job: str, code: str, text: str, retry: bool) -> None:
        """See `Sink.failed`."""
        self._put(Heard("failed", job, (code, text, retry)))
