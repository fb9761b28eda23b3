"""First frames of transitions that nobody asked for yet, kept in memory: what was not used for longest goes first."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from server.app.making_task import Task
from server.render.job import TransitionJob, fingerprint

FRAMES_MOST: Final = 24
"""Frames of a beginning: enough for the first part."""
KEPT: Final = 8
BYTES_MOST: Final = 64 << 20

Frames = tuple[tuple[int, bytes], ...]


class Beginnings:
    """Used by the maker's thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Frames] = OrderedDict()
        self._pairs: dict[str, tuple[str, str, str]] = {}

    def has(self, folder: str, start: str, end: str) -> bool:
        """Whether a transition's beginning is kept, made in whatever way."""
        return (folder, start, end) in self._pairs.values()

    def add(self, task: Task, number: int, jpeg: bytes) -> bool:
        """Keep a frame; True when there are enough of this transition."""
        key = _key(task)
        self._kept[key] = (*self._kept.pop(key, ()), (number, jpeg))
        self._pairs[key] = task.folder, task.first, task.second
        while len(self._kept) > KEPT or sum(_size(frames) for frames in self._kept.values()) > BYTES_MOST:
            gone, _ = self._kept.popitem(last=False)
            self._pairs.pop(gone, None)
        job = task.job
        most = min(FRAMES_MOST, job.frames - 2) if isinstance(job, TransitionJob) else 0
        return len(self._kept.get(key, ())) >= most

    def take(self, task: Task) -> Frames:
        """The frames that are kept of a task's transition, made just as it would make them; they are its own now."""
        if task.what != "transition":
            return ()
        key = _key(task)
        self._pairs.pop(key, None)
        frames = self._kept.pop(key, ())
        return frames if frames and frames[0][0] == 1 else ()


def _key(task: Task) -> str:
    assert isinstance(task.job, TransitionJob)
    return fingerprint(task.job)


def _size(frames: Frames) -> int:
    return sum(len(jpeg) for _, jpeg in frames)
