"""The steps of a long operation on a terminal: a line for each that ends, one that moves for the one that runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self, TextIO

from server.production.build_steps import Step, StepState

_EVERY: Final = 0.1
"""Seconds between two lines of one step."""
_WIDTH: Final = 78
_OPEN: Final = (StepState.WAITING, StepState.RUNNING)


class StepLines:
    """A context manager that is called with all steps whenever one changes; where nobody reads, only ends are told."""

    def __init__(self, *, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._moves = self._stream.isatty()
        self._told: set[str] = set()
        self._last = -_EVERY
        self._shown = False

    def __call__(self, steps: Sequence[Step]) -> None:
        """Tell what has changed."""
        of = len(steps)
        if not self._shown:
            self._shown = True
            self._line(f"steps: {', '.join(step.name for step in steps)}")
        for number, step in enumerate(steps, 1):
            if step.state not in _OPEN and step.name not in self._told:
                self._told.add(step.name)
                self._line(f"[{number}/{of}] {step.line}")
            elif step.state is StepState.RUNNING and self._moves and self._clock() - self._last >= _EVERY:
                self._last = self._clock()
                self._stream.write(f"\r{f'[{number}/{of}] {step.line}'[:_WIDTH]:<{_WIDTH}}")
                self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._moves:
            self._stream.write(f"\r{'':<{_WIDTH}}\r")
            self._stream.flush()

    def _line(self, text: str) -> None:
        if self._moves:
            self._stream.write(f"\r{'':<{_WIDTH}}\r")
        self._stream.write(text + "\n")
        self._stream.flush()
