"""What other processes use. Linux tells it itself; elsewhere psutil does, where it is installed."""

from __future__ import annotations

import os
from pathlib import Path


def cpu_seconds(pid: int) -> float | None:
    """Seconds of processor that a process has used, its threads together; None where nothing tells."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        # The name in brackets may hold spaces.
        words = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / float(os.sysconf("SC_CLK_TCK"))
    try:
        import psutil
    except ImportError:
        return None
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
