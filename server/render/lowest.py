"""A worker goes behind everything else of its machine: scheduling class, who is killed first when memory ends.

Called before anything heavy is imported, so that every thread that a library starts inherits it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path
from typing import Any, Final

IDLE_PRIORITY_CLASS: Final = 0x40
NICEST: Final = 19
_SCORE: Final = Path("/proc/self/oom_score_adj")
_FIRST_TO_GO: Final = "1000"


def go_behind(system: str = sys.platform, library: Any = None) -> bool:
    """Take the lowest scheduling class; True where any other work gets a core at once, whatever this process does.

    Linux: SCHED_IDLE. Windows: the idle class. macOS has none that keeps the fast cores: it gets the last nice value.
    """
    if system == "win32":
        kernel = library or ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
        return bool(kernel.SetPriorityClass(kernel.GetCurrentProcess(), IDLE_PRIORITY_CLASS))
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, NICEST)
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        return True
    return False


def go_first_when_memory_ends(score: Path = _SCORE) -> None:
    """Linux: let the kernel end this process before any other. Elsewhere nothing."""
    with contextlib.suppress(OSError):
        if score.exists():
            score.write_text(_FIRST_TO_GO, encoding="ascii")


def die_with(parent: int, system: str = sys.platform, library: Any = None) -> bool:
    """Ask the system to kill this process when its parent goes, however; False where it offers no such thing.

    Linux: PR_SET_PDEATHSIG, which means the thread that started us, so that thread has to live as long. Windows: the
    parent holds a job object (`confinement.py`). Everywhere the wire's end is noticed, too.
    """
    if system != "linux":
        return False
    libc = library or ctypes.CDLL(None, use_errno=True)
    asked = libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0) == 0
    if os.getppid() != parent:
        os._exit(_ORPHAN)  # it went before it could be asked
    return bool(asked)


_PR_SET_PDEATHSIG: Final = 1
_SIGKILL: Final = 9
_ORPHAN: Final = 4
