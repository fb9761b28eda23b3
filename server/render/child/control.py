"""The worker's ear: what the server says while a job is made, and the generator's `Control`. It makes nothing.

One thread hears messages (`hear`), one makes jobs (everything else).
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from server.render.child.generator import Leave, Skip, Stop
from server.render.job import TransitionJob
from server.render.messages import (
    Budget,
    Cancel,
    Credit,
    Failed,
    Frame,
    Loaded,
    Message,
    Note,
    Pause,
    Ping,
    Pong,
    Progress,
    Retarget,
    Start,
)
from server.render.messages import Skip as SkipMessage
from server.units import Seconds

TELL: Final[Seconds] = 0.2
"""From one report of progress to the next."""
KEPT: Final = 64
"""Frames whose bytes are kept, for a detour that leaves where the worker has been already."""
REST_MOST: Final[Seconds] = 0.5
"""A rest is never longer: a duty cycle of nearly nothing would look like a hang."""


class LiveControl:
    """`generator.Control` for one job after the other; `send` takes messages, from both threads."""

    def __init__(self, now: Callable[[], Seconds], send: Callable[[Message], None], credits: int) -> None:  # noqa: A002
        self._now, self._send, self._credits = now, send, credits
        self._changed = threading.Condition()
        self._starts: deque[Start] = deque()
        self._cancelled: set[tuple[str, int]] = set()
        self._closed = self._paused = False
        self._launch_ms, self._duty = 0.0, 1.0
        self._start: Start | None = None
        self._skip: Skip | None = None
        self._retarget: Retarget | None = None
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._waiting, self._is_loaded, self._held = False, False, 0.0
        self._sign = self._resumed = self._told = now()
        self._base, self._made, self._made_since = math.nan, 0, now()

    # the hearing thread -------------------------------------------------------------------------

    def hear(self, message: Message) -> None:
        """Take what the server says; returns at once."""
        if isinstance(message, Ping):
            self._send(Pong(message.number, self.quiet()))
            return
        with self._changed:
            if isinstance(message, Start):
                self._starts.append(message)
            elif isinstance(message, Cancel):
                self._cancelled.add((message.job, message.attempt))
            elif isinstance(message, (SkipMessage, Retarget)):
                self._turned(message)
            elif isinstance(message, Pause):
                self._paused = message.paused
            elif isinstance(message, Budget):
                self._launch_ms, self._duty = message.launch_ms, min(max(message.duty, 0.01), 1.0)
            elif isinstance(message, Credit):
                self._credits += message.frames
            self._changed.notify_all()

    def _turned(self, message: SkipMessage | Retarget) -> None:
        if self._start is None or (message.job, message.attempt) != (self._start.job.id, self._start.attempt):
            return
        if isinstance(message, Retarget):
            self._retarget = message
        else:
            self._skip = Skip(self._start.job.seed + 1 if message.seed is None else message.seed)

    def close(self) -> None:
        """The server is gone: whatever is being made ends."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def quiet(self) -> Seconds:
        """How long the job in hand has given no sign of life; 0 while there is none, or it waits for the server."""
        with self._changed:
            return 0.0 if self._start is None or self._waiting else max(0.0, self._now() - self._sign)

    def current(self) -> tuple[str, int] | None:
        """Id and attempt of what is being made."""
        start = self._start
        return None if start is None else (start.job.id, start.attempt)

    # jobs, one after the other ------------------------------------------------------------------

    def next_job(self) -> Start | None:
        """Wait for a job and begin it; None when there will be none."""
        with self._changed:
            while not self._starts and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            start = self._starts.popleft()
        self._begin(start, None if start.due is None else self._now() + start.due)
        return start

    def _begin(self, start: Start, due_at: Seconds | None) -> None:
        with self._changed:
            self._start, self._skip, self._retarget, self._is_loaded = start, None, None, False
            self._kept.clear()
            job = start.job
            first = job.start if isinstance(job, TransitionJob) else 0
            rate = float(job.rate) if isinstance(job, TransitionJob) else 1.0
            # When frame 0 would have to be there, if it were made.
            self._base = math.nan if due_at is None else due_at - first / rate
            self._sign = self._resumed = self._told = self._made_since = self._now()
            self._made = 0

    def end(self) -> None:
        """The job in hand is over."""
        with self._changed:
            self._cancelled &= {(start.job.id, start.attempt) for start in self._starts}
            self._start = None

    def go_on_with(self, to: TransitionJob, number: int) -> Start:
        """Leave the way after frame `number` for a detour; its first frame is due when the next one would have been."""
        assert self._start is not None
        left = self.due(number + 1)
        start = Start(to, self._start.attempt, left)
        self._begin(start, None if left is None else self._now() + left)
        return start

    # generator.Control --------------------------------------------------------------------------

    def between(self) -> None:
        """See `generator.Control`."""
        with self._changed:
            worked = max(0.0, self._now() - self._resumed)
            self._wait(lambda: self._paused)
            until = self._now() + min(worked * (1 / self._duty - 1), REST_MOST)
            while (left := until - self._now()) > 0:
                self._look()
                self._changed.wait(left)
            self._look()
            self._sign = self._resumed = self._now()

    def alive(self) -> None:
        """See `generator.Control`."""
        with self._changed:
            self._sign = self._now()

    def due(self, number: int) -> Seconds | None:
        """See `generator.Control`."""
        start = self._start
        if start is None or math.isnan(self._base):
            return None
        rate = float(start.job.rate) if isinstance(start.job, TransitionJob) else 1.0
        return self._base + number / rate - self._now()

    def now(self) -> Seconds:
        """See `generator.Control`."""
        return self._now() - self._held

    def launch_ms(self) -> float:
        """See `generator.Control`."""
        return self._launch_ms or math.inf

    def loaded(self, facts: Mapping[str, Any]) -> None:
        """See `generator.Control`."""
        self._made_since = self._now()
        if self._is_loaded:
            return
        self._is_loaded = True
        self._say(lambda job, attempt: Loaded(job, attempt, dict(facts)))

    def preparing(self, done: int, of: int, text: str) -> None:
        """See `generator.Control`."""
        self.alive()
        self._say(lambda job, attempt: Note(job, attempt, "preparing", f"{text} ({done} of {of})"))

    def stepped(self, done: int, of: int) -> None:
        """See `generator.Control`."""
        self.alive()
        if self._now() - self._told >= TELL or done == of:
            self._told = self._now()
            eta = (of - done) * (self._now() - self._made_since) / max(done, 1)
            self._say(lambda job, attempt: Progress(job, attempt, done, of, max(0.0, eta)))

    def note(self, code: str, text: str) -> None:
        """See `generator.Control`."""
        self.alive()
        self._say(lambda job, attempt: Note(job, attempt, code, text))

    # frames out ---------------------------------------------------------------------------------

    def emit(self, number: int, jpeg: bytes) -> None:
        """Send a frame as soon as there is credit for it. Raises what `between` raises; then it was not sent."""
        with self._changed:
            self._look()
            self._wait(lambda: self._credits <= 0)
            self._credits -= 1
            self._sign = self._now()
            self._made += 1
        self._say(lambda job, attempt: Frame(job, attempt, number, jpeg))
        self._kept.append((number, jpeg))
        self._tell_progress(number)

    def left(self, number: int) -> tuple[int, TransitionJob] | None:
        """The detour to take now that frame `number` was sent, its first end filled in, and the frame it leaves at."""
        with self._changed:
            asked = self._retarget
            if asked is None:
                return None
            if asked.to.first.jpeg:
                self._retarget = None
                return asked.at, asked.to
            if number < asked.at:
                return None
            self._retarget = None
            jpeg = dict(self._kept).get(asked.at)
        if jpeg is None:
            self._say(lambda _job, attempt: Failed(asked.to.id, attempt, "late", f"frame {asked.at} was made long ago; "
                                                   "leave at a later one, or give its picture", False))
            return None
        return asked.at, replace(asked.to, first=replace(asked.to.first, jpeg=jpeg))

    def _tell_progress(self, number: int) -> None:
        start, now = self._start, self._now()
        if start is None or not isinstance(start.job, TransitionJob):
            return
        last = start.job.frames - 2
        if now - self._told < TELL and number != last:
            return
        self._told = now
        eta = (last - number) * (now - self._made_since) / max(self._made, 1)
        self._say(lambda job, attempt: Progress(job, attempt, number, last, max(0.0, eta)))

    def _say(self, make: Callable[[str, int], Message]) -> None:
        about = self.current()
        if about is not None:
            self._send(make(*about))

    def _wait(self, holds: Callable[[], bool]) -> None:
        """Wait while something holds us up, with an ear for what ends the job."""
        self._look()
        while holds():
            self._waiting, since = True, self._now()
            try:
                self._changed.wait()
            finally:
                self._waiting = False
                self._sign = self._now()
                self._held += self._sign - since
            self._look()

    def _look(self) -> None:
        """Raise what the server wants of the job in hand."""
        if self._closed or self.current() in self._cancelled:
            raise Stop
        if self._retarget is not None and self._retarget.to.first.jpeg:
            raise Leave
        if self._skip is not None:
            skip, self._skip = self._skip, None
            raise skip
