"""How the worker goes behind everything else and cannot outlive its server, on every system, their calls faked."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from server.render.child import memory
from server.render.confinement import Confinement, start_options
from server.render.lowest import IDLE_PRIORITY_CLASS, die_with, go_behind, go_first_when_memory_ends


class Kernel:
    """What is asked of Windows."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._answer = 0 if refuses else 1
        self.CreateJobObjectW = _Callable(lambda *_: 77)

    def GetCurrentProcess(self) -> int:  # noqa: N802
        return -1

    def SetPriorityClass(self, *arguments: Any) -> int:  # noqa: N802
        self.asked.append(("priority", *arguments))
        return self._answer

    def SetInformationJobObject(self, job: Any, kind: int, limits: Any, size: int) -> int:  # noqa: N802
        self.asked.append(("limits", job.value, kind, bytes(limits._obj), size))
        return self._answer

    def AssignProcessToJobObject(self, job: Any, process: Any) -> int:  # noqa: N802
        self.asked.append(("assign", job.value, process.value))
        return self._answer

    def CloseHandle(self, job: Any) -> int:  # noqa: N802
        self.asked.append(("close", job.value))
        return 1


class _Callable:
    def __init__(self, call: Any) -> None:
        self._call, self.restype = call, None

    def __call__(self, *arguments: Any) -> Any:
        return self._call(*arguments)


def test_on_windows_it_takes_the_idle_class() -> None:
    kernel = Kernel()
    assert go_behind("win32", kernel)
    assert kernel.asked == [("priority", -1, IDLE_PRIORITY_CLASS)]
    assert not go_behind("win32", Kernel(refuses=True))
    assert start_options("win32") == {"creationflags": 0x200 | 0x40}
    assert start_options("linux") == {"start_new_session": True}


@pytest.mark.parametrize("memory_limit", [0, 1 << 30])
def test_on_windows_a_job_object_ends_it_with_its_server(memory_limit: int) -> None:
    kernel = Kernel()
    process = cast("subprocess.Popen[bytes]", SimpleNamespace(_handle=42))
    held = Confinement(process, memory_limit, system="win32", library=kernel)
    held.close()
    held.close()

    limits, assign, close = kernel.asked
    flags = int.from_bytes(limits[3][16:20], "little")
    assert limits[:3] == ("limits", 77, 9)
    assert flags == 0x2000 | (0x100 if memory_limit else 0)
    if sys.maxsize > 1 << 32:
        assert limits[4] == 144  # sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION) on 64 bits
        assert int.from_bytes(limits[3][112:120], "little") == memory_limit
    assert assign == ("assign", 77, 42)
    assert close == ("close", 77)


def test_refused_a_job_object_it_goes_on_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    process = cast("subprocess.Popen[bytes]", SimpleNamespace(_handle=42))
    Confinement(process, system="win32", library=Kernel(refuses=True)).close()
    assert "no job object" in caplog.text


def test_on_other_systems_there_is_nothing_to_hold() -> None:
    Confinement(cast("subprocess.Popen[bytes]", SimpleNamespace()), system="darwin").close()


def test_on_linux_it_asks_to_die_with_its_parent() -> None:
    import os

    asked: list[tuple[Any, ...]] = []
    libc = SimpleNamespace(prctl=lambda *arguments: asked.append(arguments) or 0)
    assert die_with(os.getppid(), "linux", libc)
    assert asked == [(1, 9, 0, 0, 0)]
    assert not die_with(os.getppid(), "darwin", libc)
    assert not die_with(os.getppid(), "win32", libc)
    assert len(asked) == 1


def test_memory_that_ends_takes_the_worker_first(tmp_path: Path) -> None:
    score = tmp_path / "oom_score_adj"
    go_first_when_memory_ends(score)
    assert not score.exists()
    score.write_text("0", encoding="ascii")
    go_first_when_memory_ends(score)
    assert score.read_text(encoding="ascii") == "1000"


def test_what_is_taken_is_read_where_the_system_tells_it(tmp_path: Path) -> None:
    import os

    statm = tmp_path / "statm"
    if hasattr(os, "sysconf"):
        statm.write_text("900 100 50 1 0 200 0\n", encoding="ascii")
        assert memory.taken(statm) == 100 * os.sysconf("SC_PAGE_SIZE")
        assert (memory.taken(tmp_path / "none", "darwin") or 0) > 0
    assert memory.taken(tmp_path / "none", "win32") is None


def test_the_watch_speaks_once_and_only_beyond_the_limit() -> None:
    measured, said = iter([10, 20, 101, 102]), []
    memory.watch(100, said.append, stop=threading.Event(), measure=lambda: next(measured), every=0.0)
    assert said == [101]
    memory.watch(100, said.append, stop=threading.Event(), measure=lambda: None, every=0.0)
    stopped = threading.Event()
    stopped.set()
    memory.watch(100, said.append, stop=stopped, measure=lambda: 1000, every=0.0)
    assert said == [101]
