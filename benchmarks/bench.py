"""What every subject is given: where to work, how much time to take, and the processes of the peers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from server.errors import InputError
from server.media.numbered import read_number

REPOSITORY: Final = Path(__file__).resolve().parent.parent
FOREIGN: Final = frozenset(("torchcodec", "decord"))
"""Peers that live in an environment of their own where there is one."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: `folder` is for files, `quick` shortens, `peer_python` has the peers that this Python has not."""

    folder: Path
    quick: bool = False
    peer_python: str = sys.executable
    say: Callable[[str], None] = field(default=lambda _line: None)

    def few(self, many: int, quick: int) -> int:
        """How often to do something."""
        return quick if self.quick else many

    def peer(self, name: str, movie: Path) -> Peer:
        """Start a peer. Raises PeerMissing."""
        return Peer(name, movie, self.peer_python if name in FOREIGN else sys.executable, self.folder)


class PeerMissing(InputError):
    """A peer is not installed here; its figures are left out and say so."""

    code = "peer"


class Peer:
    """A process that fetches frames of one movie one way, and times itself."""

    def __init__(self, name: str, movie: Path, python: str, folder: Path) -> None:
        self.name = name
        self._spill = folder / f"{name}.rgb"
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OPENCV_LOG_LEVEL": "SILENT"}
        self._process = subprocess.Popen([python, "-m", "benchmarks.peers", name, str(movie)], env=environment,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                         text=True, cwd=folder)
        if self._line() != "ready":
            reason = self._process.communicate()[1].strip().splitlines()
            raise PeerMissing(reason[-1] if reason else f"{name} cannot be started")

    def open(self) -> int:
        """Nanoseconds until the movie was open."""
        return int(self._ask("open"))

    def frames(self, numbers: Sequence[int]) -> list[int]:
        """Nanoseconds until each frame was there as RGB."""
        return [int(part) for part in self._ask(" ".join(("frames", *map(str, numbers)))).split()]

    def shown(self) -> list[int | None]:
        """The numbers that the frames since the last call show."""
        shape = tuple(int(part) for part in self._ask(f"spill {self._spill}").split())
        return [read_number(picture) for picture in np.fromfile(self._spill, np.uint8).reshape(shape)]

    def close(self) -> None:
        """End the process."""
        if self._process.poll() is None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=30)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        self._spill.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _ask(self, line: str) -> str:
        if self._process.stdin is None:
            raise PeerMissing(f"{self.name} has gone")
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._line()
        if not answer:
            reason = self._process.communicate()[1].strip().splitlines()
            raise PeerMissing(f"{self.name} failed at {line!r}: {reason[-1] if reason else 'without a word'}")
        return answer

    def _line(self) -> str:
        return "" if self._process.stdout is None else self._process.stdout.readline().strip()
