"""A higher priority for one thread, on every system; refused, it harms nothing."""

from __future__ import annotations

import os
import threading

import pytest

from server.app.priority import NICE, THREAD_PRIORITY_HIGHEST, raise_this_thread


class Kernel:
    """What Windows offers of kernel32."""

    def __init__(self, answer: int) -> None:
        self.answer = answer
        self.asked: list[tuple[int, int]] = []

    def GetCurrentThread(self) -> int:  # noqa: N802 - Windows spells it so
        return -2

    def SetThreadPriority(self, thread: int, priority: int) -> int:  # noqa: N802 - Windows spells it so
        self.asked.append((thread, priority))
        return self.answer


def test_windows_is_asked_for_this_thread_only() -> None:
    kernel = Kernel(1)

    assert raise_this_thread("nt", kernel)
    assert kernel.asked == [(-2, THREAD_PRIORITY_HIGHEST)]
    assert not raise_this_thread("nt", Kernel(0))


def test_a_refusal_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    assert not raise_this_thread("posix")


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname != "Linux", reason="threads have their own niceness on Linux")
def test_on_linux_other_threads_keep_theirs() -> None:
    seen: list[tuple[bool, int]] = []

    def work() -> None:
        raised = raise_this_thread()
        seen.append((raised, os.getpriority(os.PRIO_PROCESS, 0)))

    before = os.getpriority(os.PRIO_PROCESS, 0)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    ((raised, nice),) = seen
    assert nice == (NICE if raised else before)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
