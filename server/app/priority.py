"""The show thread goes before other work of the same machine, where the system lets it: it does little, but on time."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from typing import Any, Final

NICE: Final = -10
"""POSIX; Linux gives it to the calling thread alone, macOS to the process. Only for those who may."""

THREAD_PRIORITY_HIGHEST: Final = 2
"""Windows, within the normal class: everybody may. Never real-time, which could starve the system itself."""


def raise_this_thread(system: str = os.name, library: Any = None) -> bool:
    """Ask for a higher priority for the calling thread; False where the system refuses, which harms nothing."""
    if system == "nt":
        kernel = library or _kernel()
        return bool(kernel.SetThreadPriority(kernel.GetCurrentThread(), THREAD_PRIORITY_HIGHEST))
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
        return True
    return False


def _kernel() -> Any:
    if sys.platform == "win32":
        return ctypes.windll.kernel32
    raise OSError("only Windows has a kernel32")
