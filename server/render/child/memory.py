"""How much memory this process has taken, and a watch that ends it before the machine suffers.

A limit on address space would refuse what CUDA merely reserves, so what is really taken is looked at instead.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from server.units import Seconds

LOOK: Final[Seconds] = 0.25
_STATM: Final = Path("/proc/self/statm")


def taken(statm: Path = _STATM, system: str = sys.platform) -> int | None:
    """Bytes in memory now (Linux) or at most so far (macOS); None on Windows, where the job object has the limit."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if system == "darwin":
        import resource

        usage: Any = resource.getrusage(resource.RUSAGE_SELF)
        return int(usage.ru_maxrss)
    return None


def watch(limit: int, beyond: Callable[[int], None], *, stop: threading.Event,
          measure: Callable[[], int | None] = taken, every: Seconds = LOOK) -> None:
    """Call `beyond` once with what was taken, when it is more than `limit` bytes; until told to stop."""
    while not stop.wait(every):
        now = measure()
        if now is None:
            return
        if now > limit:
            beyond(now)
            return
