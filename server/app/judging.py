"""Transitions that were made are judged when there is time, by a process of the lowest priority. It judges none."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from server.app.children import own_group
from server.app.navigator import HOME

log = logging.getLogger("interscene.maker")

MODULE: Final = "server.app.judge_movies"
LONGEST: Final = 1200
"""Frames; judging holds all of them."""


class Judging:
    """`add` returns at once; the process is started when it is first needed."""

    def __init__(self, module: str = MODULE) -> None:
        self._module = module
        self._movies: SimpleQueue[Path | None] = SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="judging", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End it; movies that were not judged yet are so when somebody asks."""
        self._closing = True
        self._movies.put(None)
        process = self._process
        if process is not None:
            process.kill()
        self._thread.join(timeout=2.0)

    def add(self, movie: Path, frames: int) -> None:
        """Have a movie judged, and the figures stored with it."""
        if frames <= LONGEST:
            self._movies.put(movie)

    def _run(self) -> None:
        while (movie := self._movies.get()) is not None and not self._closing:
            try:
                self._judge(movie)
            except OSError as reason:
                log.info("%s was not judged: %s", movie.name, reason)
        self._end()

    def _judge(self, movie: Path) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            self._end()
            places = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
            # -P: a file of the folder one happens to be in must not stand for a module.
            process = self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", self._module], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": places}, **own_group())
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(os.fsencode(movie) + b"\n")
        process.stdin.flush()
        said = process.stdout.readline().decode("utf-8", "replace").strip()
        if said != "judged" and not self._closing:
            log.info("%s was not judged: %s", movie.name, said or "the process ended")

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        process.wait()
