"""One line of progress on a terminal, with an estimate of what is left; says nothing where nobody reads it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TextIO

_EVERY: Final = 0.1
"""Seconds between two lines."""
_WIDTH: Final = 78


def _speed(done: int, spent: float) -> str:
    return f"{done / spent:.0f} a second" if done >= spent or not done else f"{spent / done:.0f} s each"


class ProgressLine:
    """A context manager that is called with (done, total) and leaves an empty line behind."""

    def __init__(self, label: str, *, stream: TextIO | None = None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._label = label
        self._stream = stream or sys.stderr
        self._clock = clock
        self._began = self._said = clock()
        self._shown = self._stream.isatty()

    def __call__(self, done: int, total: int) -> None:
        """Say how far it is, at most ten times a second."""
        now = self._clock()
        if not self._shown or now - self._said < _EVERY:
            return
        self._said = now
        spent = now - self._began
        left = round(spent * (total - done) / max(done, 1))
        text = (f"{self._label}: {100 * done // max(total, 1)} %, {left // 60}:{left % 60:02d} left, "
                f"{done} of {total}, {_speed(done, max(spent, 1e-9))}")
        self._stream.write(f"\r{text[:_WIDTH]:<{_WIDTH}}")
        self._stream.flush()

    def say(self, text: str) -> None:
        """Say what is only true for a moment, where nothing can be counted yet."""
        if self._shown:
            self._said = self._clock()
            self._stream.write(f"\r{f'{self._label}: {text}'[:_WIDTH]:<{_WIDTH}}")
            self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._shown:
            self._stream.write(f"\r{'':<{_WIDTH}}\r")
            self._stream.flush()
