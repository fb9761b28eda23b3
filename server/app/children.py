"""Programs that a verb starts beside itself: a server, a stand-in deck. They end when this one does."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Any, Self

from server.errors import ServeError
from server.units import Seconds

START_LIMIT: Seconds = 20.0
STOP_LIMIT: Seconds = 5.0
LINES_KEPT = 40


def own_group() -> dict[str, Any]:
    """Options that keep Ctrl-C from a program we start: the terminal tells everybody, and we tell our own."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


class Child:
    """One program, its stdin held open: it stops by itself when that closes, also when we are killed."""

    def __init__(self, name: str, module: str, *arguments: str) -> None:
        self.name = name
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._log: list[str] = []
        # -P: a file of the folder one happens to be in must not stand for a module.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace", **own_group())
        self._readers = [threading.Thread(target=self._read, args=(stream,), daemon=True)
                         for stream in (self._process.stdout, self._process.stderr)]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._log.append(line.rstrip())
                del self._log[:-LINES_KEPT]
                self._lines.put(line.rstrip())

    def line_with(self, text: str) -> str:
        """Wait for a line that contains `text`. Raises ServeError with what the program said instead."""
        waited = 0.0
        while waited < START_LIMIT:
            try:
                line = self._lines.get(timeout=0.1)
            except Empty:
                waited += 0.1
                if self._process.poll() is not None:
                    break
                continue
            if text in line:
                return line
        said = "\n".join(self._log) or "it said nothing"
        raise ServeError(f"{self.name} did not start: {said}")

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask it to end, and see to it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join(STOP_LIMIT)


def start_server(songs: Sequence[Path], *arguments: str) -> tuple[Child, int, int]:
    """A server on free ports; returns it with its OSC and HTTP port."""
    child = Child("the server", "server", *(str(song) for song in songs), "--osc-port", "0", "--http-port", "0",
                  *arguments)
    try:
        line = child.line_with("listening osc=")
    except BaseException:
        child.stop()
        raise
    ports = dict(part.split("=") for part in line.split()[1:])
    return child, int(ports["osc"]), int(ports["http"])


def start_standin(osc_port: int, *arguments: str) -> Child:
    """A stand-in deck on free ports that shows what the server plays."""
    child = Child("the stand-in deck", "td_project.rehearsal", "--server", f"127.0.0.1:{osc_port}",
                  "--stream-port", "0", "--event-port", "0", *arguments)
    try:
        child.line_with("stand-in deck:")
    except BaseException:
        child.stop()
        raise
    return child
