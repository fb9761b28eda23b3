"""Keeps the log of the show: a thread that writes what the show thread put down, and lets the oldest of it go."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

from server.app.priority import raise_this_thread
from server.app.show_log_folder import FOLDER, log_files, new_run, segment_path
from server.errors import InputError
from server.settings.resolved import Settings
from server.show.log_format import Head, SegmentPacker, head_bytes
from server.show.loop import ShowLoop
from server.show.scribe import Began, Scribe, Step, Ticked
from server.units import Seconds

log = logging.getLogger("interscene.log")

TURN: Final[Seconds] = 0.1
"""How often what was put down is written: what a dying process loses."""
SYNC: Final[Seconds] = 5.0
"""How often the disk is waited for: what a power cut loses."""
SEGMENT: Final[Seconds] = 600.0
SEGMENT_BYTES: Final = 16 << 20
AGAIN: Final[Seconds] = 30.0
"""How long nothing is written after the disk refused."""
MEGABYTE: Final = 1 << 20


class ShowLog:
    """Writes below `folder`, which is made when it is needed. Time is that of the steps; `wall`: the time of day."""

    def __init__(self, scribe: Scribe, folder: Path, run: int, wall: Callable[[], Seconds], *,
                 most_bytes: int, most_seconds: Seconds) -> None:
        self._scribe, self._wall = scribe, wall
        self._root, self._run = folder, run
        self._most_bytes, self._most_seconds = most_bytes, most_seconds
        self._folder: Path | None = None
        self._file: BinaryIO | None = None
        self._packer = SegmentPacker()
        self._number = 0
        self._size = 0
        self._began: Seconds = 0.0
        self._synced: Seconds = 0.0
        self._resting: Seconds | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="show log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write what is left; returns when it is on the disk, or the disk does not answer."""
        self._stopping.set()
        self._thread.join(timeout=2.0)

    def turn(self) -> None:
        """Write what was put down since the last time."""
        steps = self._scribe.take()
        if self._resting is not None:
            self._rest(steps)
            return
        begin = 0
        for place, step in enumerate(steps):
            if isinstance(step, Began):
                self._write(steps[begin:place])
                self._begin(step)
                begin = place
        self._write(steps[begin:])

    # segments ---------------------------------------------------------------------------------

    def _begin(self, began: Began) -> None:
        """Another segment, which begins with the whole show."""
        if began.lost:
            log.warning("the show log is %d steps short: more came in than could be written", began.lost)
        self.close()
        self._resting = None
        self._packer = SegmentPacker()
        self._number += 1
        try:
            if self._folder is None:
                self._folder = new_run(self._root, self._run, self._wall())
            self._file = segment_path(self._folder, self._number).open("xb", buffering=0)
            self._put(head_bytes(Head(self._run, self._number, self._wall())))
            self._make_room()
        except OSError as problem:
            self._refused(problem, began.now)
        self._size, self._began, self._synced = 0, began.now, began.now

    def _write(self, steps: list[Step]) -> None:
        """Some steps as a block; what comes before a segment has begun means nothing and is left out."""
        if self._file is None or not steps:
            return
        now = steps[-1].deadline if isinstance(steps[-1], Ticked) else steps[-1].now
        try:
            block = self._packer.block(steps)
        except InputError as problem:
            # What refers to a step that is missing means nothing either.
            log.error("the show log has a gap: %s", problem)
            self.close()
            self._give_up(now)
            return
        try:
            self._put(block)
            if now - self._synced >= SYNC:
                self._synced = now
                os.fsync(self._file.fileno())
        except OSError as problem:
            self._refused(problem, now)
            return
        self._size += len(block)
        if now - self._began >= SEGMENT or self._size >= SEGMENT_BYTES:
            self._began = now
            self._size = 0
            self._scribe.begin_anew()

    def _put(self, data: bytes) -> None:
        assert self._file is not None
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest):]

    def _make_room(self) -> None:
        """Let the oldest segments of all runs go, but none of those that are still within their limits."""
        files = log_files(self._root)
        sizes = {path: (one.st_size, one.st_mtime) for path in files if (one := _stat(path)) is not None}
        total, oldest = sum(size for size, _ in sizes.values()), self._wall() - self._most_seconds
        for path, (size, written) in sizes.items():
            if total <= self._most_bytes - SEGMENT_BYTES and written >= oldest:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size
            with contextlib.suppress(OSError):
                path.parent.rmdir()

    # trouble ----------------------------------------------------------------------------------

    def _refused(self, problem: OSError, now: Seconds) -> None:
        log.error("the show log cannot be written below %s: %s; the show goes on without it, and it is tried again "
                  "every %d s", self._root, problem.strerror or problem, AGAIN)
        self.close()
        self._give_up(now)

    def _give_up(self, now: Seconds) -> None:
        self._resting = now

    def _rest(self, steps: list[Step]) -> None:
        """Leave things out until it is time to try again."""
        for step in steps:
            now = step.deadline if isinstance(step, Ticked) else step.now
            if self._resting is not None and now - self._resting >= AGAIN:
                self._resting = None
                self._scribe.begin_anew()

    def close(self) -> None:
        """End the segment; another one begins when the show is put down anew."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.fsync(self._file.fileno())
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def _keep(self) -> None:
        # As high as the show's thread: on a busy machine one below would be stopped while it holds the interpreter.
        raise_this_thread()
        while not self._stopping.wait(TURN):
            self._turn()
        self._turn()
        self.close()

    def _turn(self) -> None:
        try:
            self.turn()
        except Exception:  # the top of a thread: the show can do without its log
            log.exception("the show log could not be written")


def keep_log(loop: ShowLoop, settings: Settings, folder: Path, wall: Callable[[], Seconds], stack: ExitStack) -> None:
    """Write the log of a show that has a scribe, into a folder of its own in `folder`; it ends with the stack."""
    if loop.scribe is None:
        return
    writer = ShowLog(loop.scribe, folder / FOLDER, loop.show.about.session, wall,
                     most_bytes=settings.show_log_size * MEGABYTE, most_seconds=settings.show_log_hours * 3600.0)
    writer.start()
    stack.callback(writer.stop)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
